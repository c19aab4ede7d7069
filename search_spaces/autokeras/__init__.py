"""AutoKeras blocks as families."""
