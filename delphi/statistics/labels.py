"""Words for a share of agreement, and the cut-off that a panel's own majorities set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The share in percent that has to be exceeded, and its label; up to 50 % it is dissent.
AWMF_LABELS = ((95, "strong consensus"), (75, "consensus"), (50, "majority consensus"))
DISSENT = "dissent"


@dataclass(frozen=True)
class Apmo:
    """The average percent of majority opinions of a panel, every array […], and which items reach it, bool[…, item].

    `majority_agreements` are the agreements on items that more than half agree with, `majority_disagreements` likewise; `percent`
    is their sum over `total_opinions` (0–100), nan without any. `passes` is whether the larger side's share of an item's opinions
    is at or above it, compared in whole numbers; an item without opinions never passes.
    """

    majority_agreements: NDArray[np.int64]
    majority_disagreements: NDArray[np.int64]
    total_opinions: NDArray[np.int64]
    percent: NDArray[np.float64]
    passes: NDArray[np.bool_]


def consensus_label(part: int, whole: int) -> str | None:
    """Return the AWMF label of part / whole: strong consensus above 95 %, consensus above 75 %, majority consensus above 50 %.

    The printed scale leaves exactly 50 % out; it is dissent here. None where the whole is 0. Compared in whole numbers.

    >>> consensus_label(19, 20), consensus_label(1, 2)
    ('consensus', 'dissent')
    """
    if whole == 0:
        return None
    return next((label for percent, label in AWMF_LABELS if 100 * part > percent * whole), DISSENT)


def apmo(agree: NDArray[np.int64], disagree: NDArray[np.int64], n_opinions: NDArray[np.int64]) -> Apmo:
    """Return the APMO cut-off of int64[…, item] numbers who agree, disagree and have any opinion; exactly half is no majority.

    It depends on the panel's own answers, so it is no rule to set beforehand. Source: Kapoor 1987 and Cottam et al. 2004, as
    given by von der Gracht 2012 (Technological Forecasting and Social Change 79:1525–1536).
    """
    agreements = np.where(2 * agree > n_opinions, agree, 0).sum(axis=-1)
    disagreements = np.where(2 * disagree > n_opinions, disagree, 0).sum(axis=-1)
    total = n_opinions.sum(axis=-1)
    majority = agreements + disagreements
    larger_side = np.maximum(agree, disagree)
    return Apmo(
        majority_agreements=agreements,
        majority_disagreements=disagreements,
        total_opinions=total,
        percent=100 * majority / np.where(total > 0, total, np.nan),
        passes=(n_opinions > 0) & (larger_side * total[..., None] >= majority[..., None] * n_opinions),
    )
