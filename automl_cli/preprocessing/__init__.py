"""Raw columns to tensors: Keras layers fitted on the training rows of a fold, from first to last one graph."""

from automl_cli.preprocessing.encoding import Preprocessing, encode
from automl_cli.preprocessing.fit import fit_preprocessing

__all__ = ["Preprocessing", "encode", "fit_preprocessing"]
