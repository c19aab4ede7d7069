"""Model families and their search spaces: data that people copy and edit, and builders of plain values."""
