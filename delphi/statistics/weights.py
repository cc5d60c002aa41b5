"""Weights of agreement: how much two levels of a scale that are not the same still agree."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import UnusableError

Weighting = Literal["unweighted", "linear", "quadratic", "ordinal"]


def agreement_weights(n_levels: int, kind: Weighting) -> NDArray[np.float64]:
    """Return float[level, level] weights of agreement on the full scale: 1 on the diagonal, 0 between its ends.

    "ordinal" is 1 - C(|i - j| + 1, 2) / C(n, 2) (Gwet 2014, Handbook of Inter-Rater Reliability). All levels of the scale
    count, used or not: with the unused left out, those that remain would have other weights.

    >>> agreement_weights(3, "linear").tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    apart = level_distance(n_levels, kind)
    return 1 - apart / max(1, int(apart.max()))


def level_distance(n_levels: int, kind: Weighting) -> NDArray[np.int64]:
    """Return int64[level, level]: how far apart two levels are, in whole steps of the kind of weights."""
    steps = np.abs(np.subtract.outer(np.arange(n_levels), np.arange(n_levels)))
    kinds: dict[str, NDArray[np.int64]] = {
        "unweighted": np.minimum(steps, 1),
        "linear": steps,
        "quadratic": steps**2,
        "ordinal": steps * (steps + 1) // 2,
    }
    if kind not in kinds:
        raise UnusableError(f"Weights are one of {', '.join(kinds)}; “{kind}” is none.")
    return kinds[kind]
