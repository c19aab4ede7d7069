"""What people see: talk on stderr, data on stdout."""
