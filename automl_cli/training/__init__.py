"""One trial, trained: from encoded arrays of each fold to weights, curves and out-of-fold predictions."""
