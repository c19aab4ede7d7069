"""Which of the ways to train pays for a network: measured rules, on figures that are known before the first epoch.

Nothing here may depend on how far a training has come or on what was compiled before: a trial that goes on must take
the way that it took, or its figures would round differently.

Milliseconds per epoch, in a plain graph and by XLA, with 20 columns and one thread. Other work ran beside most of
these measurements, so only figures of one row compare; the constants below are a rough fit.

    layers                      batch    rows   one network    five side by side   five times one
    2 x 32 relu, dropout           32     300     5.5   2.3        7.6     2.6        28     12
    3 x 64 silu, dropout           32   1,000    20     4.7       53      13          98     24
    3 x 256 silu, dropout          32   1,000   106    33        458     239         530    165
    3 x 64 relu                   256  10,000    16    11         80      51          82     56
    2 x 128 relu                  256  10,000    35    24        178     125         174    122
    3 x 256 silu, dropout         256  10,000   207   188     not measured

Milliseconds per step of one network on another machine, 8 columns, one thread, in a plain graph and by XLA:

    mlp 3 x 256        64      1.6   0.8        tabm, 16 models of 2 x 128    32     2.2   1.4
                      256      4.0   2.7                                     256    20    11
                    1,024     14    13          the same, 8 models         1,024    43    24
    mlp 3 x 512     1,024     51    49          realmlp 3 x 256              128     3.0   1.9
    mlp 4 x 1024      512    143   114                                       512     8.9   6.3
"""

from __future__ import annotations

from collections.abc import Sequence

# XLA saves the overhead of some hundred operations a step, and joins the passes of the optimizer over all parameters
# and those over what hidden units put out.
_SECONDS_A_STEP = 1.2e-4
_SECONDS_A_PARAMETER = 5e-9
_SECONDS_AN_OUTPUT = 6e-9
# Against that, its matrix products and hyperbolic functions are slower, for every parameter and row.
_SECONDS_A_PRODUCT = 1.6e-11
# What must be saved: so much longer takes compilation, by itself and for every parameter.
_WORTH_SECONDS, _WORTH_SECONDS_A_PARAMETER = 0.5, 3e-6
# Most trainings end early, but none before its patience is at an end.
_SHARE_OF_EPOCHS = 0.25


def expected_epochs(epochs: int, *, patience: int) -> float:
    """Returns how many epochs a training takes that may take so many."""
    if not patience:
        return epochs
    return min(epochs, max(_SHARE_OF_EPOCHS * epochs, patience))


def pays_to_compile(*, parameters: int, units: int, batch: int, steps: float) -> bool:
    """Says whether XLA's compilation comes back in faster steps.

    Args:
        parameters: Of all networks that take a step together.
        units: Of the layers of all these networks.
        batch: Rows of a step of one of them, those of each model in it counted.
        steps: That are expected, of all folds that share what is compiled.
    """
    saved = _SECONDS_A_STEP + parameters * (_SECONDS_A_PARAMETER - batch * _SECONDS_A_PRODUCT)
    saved += units * batch * _SECONDS_AN_OUTPUT
    return saved * steps >= _WORTH_SECONDS + parameters * _WORTH_SECONDS_A_PARAMETER


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
