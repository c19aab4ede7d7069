"""How good predictions are: metrics, intervals and a verdict in plain words. NumPy only."""
