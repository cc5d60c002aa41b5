"""Intraclass correlation and Cronbach's alpha of complete raters, from sums over raters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from delphi.statistics.raters import chunks, memberships, require_complete
from delphi.statistics.ratio import ratio

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_UPPER_TAIL = 0.975


@dataclass(frozen=True)
class ScoreSums:
    """What the analysis of variance needs of the raters of each group, all whole: row 0 is everybody.

    `item_totals` is int64[group, item], the sum of the ratings of an item; `squares` and `rater_totals_squared` are int64[group],
    the sum of all squared ratings and the sum over raters of (their sum of ratings)².
    """

    n_items: int
    n_raters: Whole
    item_totals: Whole
    squares: Whole
    rater_totals_squared: Whole


@dataclass(frozen=True)
class SingleRating:
    """The reliability of one rating, F against none with its degrees of freedom and p, and the 95 % interval; each [group]."""

    value: Floats
    f: Floats
    df1: Floats
    df2: Floats
    p: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Intraclass:
    """Intraclass correlations by their names in McGraw & Wong 1996, nan where undefined.

    Shrout & Fleiss 1979 call them (2,1) `a1`, agreement of single ratings; (2,k) `ak`, of the mean of the k raters; (3,1) `c1`
    and (3,k) `ck`, consistency, which leaves aside how high a rater rates on the whole; (1,1) `oneway`, raters not told apart.
    """

    a1: SingleRating
    ak: Floats
    c1: SingleRating
    ck: Floats
    oneway: SingleRating


@dataclass(frozen=True)
class _Variance:
    """Mean squares of items, raters, residual, and within items, all times n k; with n items and k raters; each [group]."""

    n: int
    k: Floats
    items: Floats
    raters: Floats
    residual: Floats
    within: Floats


def score_sums(ratings: NDArray[np.uint8], low: int, groups: Whole, n_groups: int) -> ScoreSums:
    """Return the sums of uint8[rater, item] codes from 1, nothing missing, where code 1 is the level `low`.

    `groups` are int[rater], -1 for none. Raters are walked in chunks, so that memory does not grow with their number.
    """
    require_complete(ratings, groups, n_groups, n_levels=np.iinfo(np.uint8).max)
    n_raters, n_items = ratings.shape
    members = memberships(groups, n_groups)
    totals = np.zeros((n_groups + 1, n_items), dtype=np.int64)
    squares, rater_totals_squared = np.zeros((2, n_groups + 1), dtype=np.int64)
    for part in chunks(n_raters, n_items):
        scores = ratings[part].astype(np.int64) + (low - 1)
        own_squares, own_totals = (scores**2).sum(axis=1), scores.sum(axis=1)
        for group, is_member in enumerate(members[:, part]):
            totals[group] += scores[is_member].sum(axis=0)
            squares[group] += own_squares[is_member].sum()
            rater_totals_squared[group] += (own_totals[is_member] ** 2).sum()
    return ScoreSums(n_items, members.sum(axis=1), totals, squares, rater_totals_squared)


def intraclass(sums: ScoreSums) -> Intraclass:
    """Return the intraclass correlations of every group, items being what is measured and raters who measures.

    Values, F and intervals are McGraw & Wong's (1996); the degrees of freedom and p of `a1` are Satterthwaite's at the value
    itself, as in R irr. nan with fewer than two raters or items and where a denominator is not above 0, as without any variation;
    F, p and interval also where what F is divided by is 0, and those of `a1` but F where the items' means are all equal.
    """
    ms = _mean_squares(sums)
    c1 = _single(ms, ms.residual, (ms.n - 1) * (ms.k - 1))
    return Intraclass(
        a1=_agreement(ms, c1.f),
        ak=ratio(ms.items - ms.residual, ms.items + (ms.raters - ms.residual) / ms.n),
        c1=c1,
        ck=_mean_consistency(ms),
        oneway=_single(ms, ms.within, ms.n * (ms.k - 1)),
    )


def cronbach_alpha(sums: ScoreSums) -> Floats:
    """Return Cronbach's alpha, [group], with the raters for its items and the items for its cases (Cronbach 1951).

    It is the consistency of the raters' mean, ICC(3,k), and so rises with their number; nan where the items' means are all equal
    and with fewer than two raters or items.
    """
    return _mean_consistency(_mean_squares(sums))


def standardised_alpha(ratings: ArrayLike) -> float:
    """Return k r / (1 + (k - 1) r) of [rater, item] ratings, r the mean correlation of two of the k raters.

    nan with fewer than two raters or items, where a rater gave all items the same, and where 1 + (k - 1) r is not above 0.
    """
    given = np.asarray(ratings, dtype=np.float64)
    n_raters, n_items = given.shape
    if n_raters < 2 or n_items < 2 or np.any(np.ptp(given, axis=1) == 0):
        return float("nan")
    total = float(np.corrcoef(given).sum())
    return float(n_raters / (n_raters - 1) * (1 - ratio(n_raters, total)))


def _mean_squares(sums: ScoreSums) -> _Variance:
    """Return the mean squares; sums of squares are differences of whole numbers of any size, so nothing cancels."""
    # Python's own integers, which do not overflow; they make all that they are multiplied with their like.
    n, k = sums.n_items, sums.n_raters.astype(object)
    totals = sums.item_totals.astype(object)
    grand = totals.sum(axis=1) ** 2
    items = n * (totals**2).sum(axis=1) - grand
    raters = k * sums.rater_totals_squared - grand
    residual = n * k * sums.squares - grand - items - raters
    is_defined = (sums.n_raters > 1) & (n > 1)
    count = np.where(is_defined, sums.n_raters, np.nan)
    return _Variance(
        n=n,
        k=count,
        items=items.astype(np.float64) / max(n - 1, 1),
        raters=raters.astype(np.float64) / (count - 1),
        residual=residual.astype(np.float64) / (max(n - 1, 1) * (count - 1)),
        within=(raters + residual).astype(np.float64) / (max(n, 1) * (count - 1)),
    )


def _mean_consistency(ms: _Variance) -> Floats:
    return ratio(ms.items - ms.residual, ms.items)


def _single(ms: _Variance, error: Floats, df2: Floats) -> SingleRating:
    """Return the one-way (error: within) or the consistency coefficient (error: residual)."""
    from scipy.special import fdtrc, fdtri

    df1 = np.where(np.isnan(ms.k), np.nan, ms.n - 1)
    f = ratio(ms.items, error)
    low, high = f / fdtri(df1, df2, _UPPER_TAIL), f * fdtri(df2, df1, _UPPER_TAIL)
    return SingleRating(
        value=ratio(ms.items - error, ms.items + (ms.k - 1) * error),
        f=f,
        df1=df1,
        df2=df2,
        p=fdtrc(df1, df2, f),
        lower=(low - 1) / (low + ms.k - 1),
        upper=(high - 1) / (high + ms.k - 1),
    )


def _agreement(ms: _Variance, f: Floats) -> SingleRating:
    from scipy.special import fdtrc, fdtri

    n, k = ms.n, ms.k
    beyond, base = ms.items - ms.residual, ms.items + (k - 1) * ms.residual
    value = ratio(beyond, base + k * (ms.raters - ms.residual) / n)
    of_raters, of_residual = k * value * ms.raters, (n * (1 - value) + k * value * (n - 1)) * ms.residual
    df1 = np.where(np.isnan(k), np.nan, n - 1)
    df2 = ratio((of_raters + of_residual) ** 2, of_raters**2 / (k - 1) + of_residual**2 / (df1 * (k - 1)))
    df2 = np.where(ms.items > 0, df2, np.nan)  # where the items do not vary, rounding alone keeps it from 0
    low, high = fdtri(df1, df2, _UPPER_TAIL), fdtri(df2, df1, _UPPER_TAIL)
    others = k * ms.raters + (k * n - k - n) * ms.residual
    return SingleRating(
        value=value,
        f=f,
        df1=df1,
        df2=df2,
        p=fdtrc(df1, df2, f),
        lower=n * ratio(ms.items / low - ms.residual, others + n * ms.items / low),  # `low` may be infinite
        upper=n * ratio(high * ms.items - ms.residual, others + n * high * ms.items),
    )
