"""Which of the ways to train pays for a network: measured rules, on figures that are known before the first epoch.

Nothing here may depend on how far a training has come or on what was compiled before: a trial that goes on must take
the way that it took, or its figures would round differently.

Milliseconds per epoch on one core of a server, with 20 columns, plain graph and XLA; dropout 0.1 behind silu:

    layers      batch    rows   one network     five side by side   five times one
    2 x 32       32       300    2.7    1.1       3.8     1.3          14     6
    3 x 64       32     1,000    7.5    2.9      21       9.4          38    15
    3 x 256      32     1,000   53     16       229     119           265    82
    3 x 64      256    10,000   16     11        80      51            82    56
    2 x 128     256    10,000   17     12        89      62            87    61
    3 x 256     256    10,000  103     94       726     730           517   470
"""

from __future__ import annotations

from collections.abc import Sequence

# XLA saves the overhead of some hundred operations a step, and joins the passes of the optimizer over all parameters.
_SECONDS_A_STEP = 1.2e-4
_SECONDS_A_PARAMETER = 5e-9
# Against that, its matrix products and hyperbolic functions are slower, for every parameter and row.
_SECONDS_A_PRODUCT = 1.6e-11
# What must be saved: compilation takes up to a second, and its 15 megabytes are not given back until the process ends.
_WORTH_SECONDS = 3.0
# Most trainings end early.
_SHARE_OF_EPOCHS = 0.25


def pays_to_compile(*, parameters: int, batch: int, steps: int) -> bool:
    """Says whether XLA's compilation comes back in faster steps.

    Args:
        parameters: Of all networks that take a step together.
        batch: Rows of a step of one of them.
        steps: Of the whole training to its last epoch, of all folds that share what is compiled.
    """
    saved = _SECONDS_A_STEP + parameters * (_SECONDS_A_PARAMETER - batch * _SECONDS_A_PRODUCT)
    return saved * steps * _SHARE_OF_EPOCHS >= _WORTH_SECONDS


def pays_to_stack(*, parameters: int, batch: int) -> bool:
    """Says whether networks train faster side by side than one after the other.

    Args:
        parameters: Of one network.
        batch: Rows of a step of one network.
    """
    # Above, the products of each network keep the core busy, and side by side they no longer fit into its cache.
    return parameters * batch <= 1_000_000


def are_alike(lengths: Sequence[int]) -> bool:
    """True where folds are so equal in length that the shorter ones may be filled up to the longest."""
    return min(lengths) >= 0.95 * max(lengths)
