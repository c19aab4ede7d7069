"""From trained members and their weights to one model."""
