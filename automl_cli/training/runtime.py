"""How TensorFlow is loaded: quietly, with a chosen number of threads, out of the garbage collector's way."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any


@cache
def import_tensorflow() -> Any:
    """Imports TensorFlow without a word on stderr and returns it."""
    # Without these, the import writes to stderr. oneDNN would be a tenth faster and round differently on each CPU.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    with _silent_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices()  # only now it looks for graphics cards, and complains where there are none
    # It warns of functions that are traced again and again; here each network has its own.
    tf.get_logger().setLevel("ERROR")
    # Nobody differentiates an exported model, so that it lacks gradients needs no warning.
    logging.getLogger("absl").setLevel(logging.ERROR)
    return tf


@cache
def prepare_tensorflow(threads: int = 1) -> None:
    """Imports TensorFlow and Keras and settles how they use the machine; the first call of a process decides.

    Must come before the first tensor. One thread is the default: networks for tables are so small that a second
    thread waits more than it works, while a second process trains a second network.

    Args:
        threads: For the arithmetic inside one operation.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    tf = import_tensorflow()
    with _silent_stderr():
        import keras

    keras.utils.disable_interactive_logging()
    with suppress(RuntimeError):  # a process that has computed before keeps the threads that it has
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        # Operations of one small network depend on each other: there is nothing to run side by side.
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for card in tf.config.list_physical_devices("GPU"):
            # Worker, main process and proof take turns on a card: none may seize all of its memory.
            tf.config.experimental.set_memory_growth(card, True)
    # A hundred thousand objects of the imports live for ever; unfrozen, each collection would walk them all.
    gc.collect()
    gc.freeze()


def visible_gpus() -> list[str]:
    """Returns the names of the graphics cards that TensorFlow sees; imports TensorFlow."""
    return [device.name for device in import_tensorflow().config.list_physical_devices("GPU")]


@contextmanager
def training_precision() -> Iterator[None]:
    """Lets networks that are built inside compute in bfloat16 where a graphics card does that fast.

    Their weights stay float32. On a CPU, and on cards before Nvidia's Ampere, all is float32.
    """
    import keras

    kept = keras.config.dtype_policy()
    if _has_fast_bfloat16():
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(kept)


@cache
def _has_fast_bfloat16() -> bool:
    config = import_tensorflow().config
    details = [config.experimental.get_device_details(gpu) for gpu in config.list_physical_devices("GPU")]
    return bool(details) and all(detail.get("compute_capability", (0, 0)) >= (8, 0) for detail in details)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Closes the file descriptor itself: what TensorFlow's C++ says while it loads goes past `sys.stderr`."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


@contextmanager
def forgetting_gradients() -> Iterator[None]:
    """Lets the graphs that are traced inside be freed afterwards.

    TensorFlow registers the gradient of each `tf.custom_gradient` in a graph under a name of its own and never
    forgets it, nor the graph. SiLU has one and so has every step of a Keras optimizer: without this, a hundred
    trials leave 800 MB behind. No graph from inside may be differentiated again outside.
    """
    from tensorflow.python.framework import ops

    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            del registered[name]
