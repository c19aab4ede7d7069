"""From files to a table whose columns, target and rows for training and test are known."""
