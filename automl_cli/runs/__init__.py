"""The run folder: the only database of a run, its journal the only truth."""
