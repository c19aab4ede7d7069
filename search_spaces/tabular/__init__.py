"""Families for tables: a YAML file of hyperparameters and a builder each."""
