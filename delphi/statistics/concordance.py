"""Concordance of raters in how they order the items: Kendall's W, from sums over raters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.raters import chunks, memberships, require_complete
from delphi.statistics.ratio import ratio

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class RankSums:
    """What W needs of the raters of each group, all whole: row 0 is everybody.

    `totals` is int64[group, item], the sum over raters of twice the mid-rank they gave; `ties` is int64[group], the sum over
    raters and levels of t³ - t, where t items got the level.
    """

    n_items: int
    n_raters: Whole
    totals: Whole
    ties: Whole


@dataclass(frozen=True)
class KendallW:
    """Kendall's W 0–1, corrected for ties and not; χ², degrees of freedom and p of the corrected one; each [group]."""

    w: Floats
    w_uncorrected: Floats
    chi_square: Floats
    df: Whole
    p: Floats


def kendall_w(sums: RankSums) -> KendallW:
    """Return W = 12 S / (m² (n³ - n) - m Σ T) of m raters and n items (Kendall & Babington Smith 1939; Kendall 1970, ties).

    χ² = m (n - 1) W with n - 1 degrees of freedom, which is Friedman's. nan with fewer than two raters or items, and where no
    rater told any two items apart.
    """
    from scipy.special import chdtrc

    n, m = sums.n_items, sums.n_raters
    cube = n**3 - n
    most = m * cube - sums.ties  # of each rater; 0 where every rater gave all items the same
    # Twice the deviations of the rank sums from their mean: whole, so only their squares are rounded.
    deviations = (sums.totals - (m * (n + 1))[:, None]).astype(np.float64)
    spread = 3 * (deviations**2).sum(axis=-1)
    is_defined = (m > 1) & (most > 0)
    w = ratio(spread, np.where(is_defined, m.astype(np.float64) * most, 0))
    chi_square = m * (n - 1) * w
    return KendallW(
        w=w,
        w_uncorrected=ratio(spread, np.where(is_defined, m.astype(np.float64) ** 2 * cube, 0)),
        chi_square=chi_square,
        df=np.full(m.shape, n - 1),
        p=np.asarray(chdtrc(max(n - 1, 1), chi_square)),
    )


def rank_sums(ratings: NDArray[np.uint8], groups: Whole, n_groups: int, n_levels: int) -> RankSums:
    """Return the sums of uint8[rater, item] codes 1 … n_levels, nothing missing; groups are int[rater], -1 for none.

    Raters are walked in chunks, so that memory does not grow with their number.
    """
    require_complete(ratings, groups, n_groups, n_levels)
    n_raters, n_items = ratings.shape
    members = memberships(groups, n_groups)
    totals, ties = np.zeros((n_groups + 1, n_items), dtype=np.int64), np.zeros(n_groups + 1, dtype=np.int64)
    for part in chunks(n_raters, n_items):
        codes = ratings[part]
        given = np.stack([np.count_nonzero(codes == level, axis=1) for level in range(1, n_levels + 1)], axis=1)
        ranks = np.take_along_axis(2 * given.cumsum(axis=1) - given + 1, codes.astype(np.intp) - 1, axis=1)
        tied = (given**3 - given).sum(axis=1)
        for group, is_member in enumerate(members[:, part]):
            totals[group] += ranks[is_member].sum(axis=0)
            ties[group] += tied[is_member].sum()
    return RankSums(n_items, members.sum(axis=1), totals, ties)
