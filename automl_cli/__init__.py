"""From a table in a file to a tested, portable Keras model."""
