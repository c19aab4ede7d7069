"""TensorFlow loads without a word and with the threads that were asked for."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.keras

SCRIPT = """
from automl_cli.training.runtime import prepare_tensorflow
prepare_tensorflow(threads=1)
prepare_tensorflow(threads=1)
import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), float(tf.reduce_sum(tf.ones(3))))
"""


def test_nothing_is_said_and_one_thread_is_used():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    assert done.stdout.split() == ["1", "3.0"]
