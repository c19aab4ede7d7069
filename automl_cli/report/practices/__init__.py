"""The practices of training: what the tool does about each, and what a run shows of it."""
