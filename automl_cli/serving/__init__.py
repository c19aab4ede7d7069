"""From an exported model and new rows to predictions, with TensorFlow alone."""
