"""Agreement of raters who are not told apart: every coefficient from how many gave each level to each unit.

A unit is what is rated (an item); counts are int64[…, unit, level], any number of groups before them. A coefficient that takes
weights is 1 - (observed disagreement) / (disagreement by chance); they differ only in what they take for chance.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from delphi.statistics.errors import UnusableError
from delphi.statistics.ratio import ratio

Metric = Literal["nominal", "ordinal", "interval", "ratio"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coincidences:
    """Krippendorff's coincidences, of units with two ratings or more.

    `pairs` is o_ck, float[…, level, level], right off its diagonal, which no metric asks for; `totals` the ratings n_c of each
    level, whole, […, level]; `n_units` how many units there are, […].
    """

    pairs: Floats
    totals: Floats
    n_units: NDArray[np.int64]


@dataclass(frozen=True)
class FleissKappa:
    """Fleiss' kappa and its z, both […], and the kappa of each level against all others, […, level]; nan where undefined."""

    kappa: Floats
    z: Floats
    category_kappa: Floats


@dataclass(frozen=True)
class GwetAC:
    """Gwet's coefficient (AC1 unweighted, else AC2), the share of agreement 0–1 in it, and its standard error; each […]."""

    p_agree: Floats
    coefficient: Floats
    standard_error: Floats


def krippendorff_alpha(counts: NDArray[np.int64], metric: Metric, levels: ArrayLike | None = None) -> Floats:
    """Return Krippendorff's alpha, […]: 1 - (N - 1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck (Krippendorff 2011).

    `levels` are the numbers of the scale's levels, 1 … K unless given; "nominal" and "ordinal" do not ask for them. Units with
    fewer than two ratings are left out; ratings may be missing. nan with fewer than two units left, and without any variation.

    >>> round(float(krippendorff_alpha(np.array([[2, 0, 0], [1, 1, 0], [0, 0, 2]]), "interval")), 3)
    0.828
    """
    return alpha_of_coincidences(coincidences(counts), metric, levels)


def coincidences(counts: NDArray[np.int64]) -> Coincidences:
    """Return what alpha under every metric is computed from, with the units of fewer than two ratings left out."""
    given = counts.astype(np.float64)
    n_ratings = given @ np.ones(counts.shape[-1])
    is_pairable = n_ratings > 1
    totals = (is_pairable[..., None, :].astype(np.float64) @ given)[..., 0, :]
    # Each factor of n_uc n_uk / (m_u - 1) takes the root, in place: another array of this size costs more than the product.
    given *= np.sqrt(is_pairable / np.maximum(n_ratings - 1, 1))[..., None]
    return Coincidences(given.swapaxes(-1, -2) @ given, totals, np.count_nonzero(is_pairable, axis=-1))


def alpha_of_coincidences(found: Coincidences, metric: Metric, levels: ArrayLike | None = None) -> Floats:
    """Return `krippendorff_alpha` of the counts that the coincidences come from, for several metrics of the same counts."""
    numbers = np.arange(1.0, found.totals.shape[-1] + 1) if levels is None else np.asarray(levels, dtype=np.float64)
    return _alpha(found, _squared_difference(metric, found.totals, numbers))


def weighted_krippendorff(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """Return Krippendorff's alpha, […], with float[level, level] weights of agreement in place of a metric."""
    return _alpha(coincidences(counts), 1 - weights)


def fleiss_kappa(counts: NDArray[np.int64]) -> FleissKappa:
    """Return Fleiss' kappa of units that all have the same number of ratings, at least two (Fleiss 1971).

    z is kappa over its standard error where there is no agreement beyond chance (Fleiss, Nee & Landis 1979). nan where units
    differ in their number of ratings and where one level took all; a level's kappa also where it took none.
    """
    n_ratings = counts.sum(axis=-1)
    n_raters = n_ratings.max(axis=-1, initial=0)
    is_even = (n_ratings == n_raters[..., None]).all(axis=-1)
    totals = counts.sum(axis=-2)
    n = np.where(is_even, totals.sum(axis=-1), 0)
    pairs = n * (n_raters - 1)
    # Ordered pairs of ratings, one of the level and the other not: within the units, and among all.
    split = n_raters[..., None] * totals - (counts**2).sum(axis=-2)
    by_chance = totals * (n[..., None] - totals)
    observed, expected = ratio(split, pairs[..., None]), ratio(by_chance, (n**2)[..., None])
    kappa = 1 - ratio(ratio(split.sum(axis=-1), pairs), expected.sum(axis=-1))
    error = _null_error(expected, ratio(totals, n[..., None]), pairs)
    return FleissKappa(kappa=kappa, z=ratio(kappa, error), category_kappa=1 - ratio(observed, expected))


def gwet_ac(counts: NDArray[np.int64], weights: Floats) -> GwetAC:
    """Return Gwet's AC1 or AC2 with float[level, level] weights of the full scale (Gwet 2008; 2014).

    Chance is T_w / (q (q - 1)) Σ π_k (1 - π_k) with q the number of levels and T_w the sum of the weights; π_k is the mean share
    of level k over all units with a rating, agreement the mean over those with two or more. The standard error takes units for
    the sample. nan where no unit has two ratings; no standard error from fewer than two units.
    """
    n_levels = counts.shape[-1]
    agreement = _agreement_by_unit(counts, weights)
    rarity = 1 - agreement.mean_share
    scale = float(weights.sum()) / (n_levels * (n_levels - 1))
    p_chance = scale * (agreement.mean_share * rarity).sum(axis=-1)
    coefficient = ratio(agreement.p_agree - p_chance, 1 - p_chance)
    chance_by_unit = scale * np.einsum("...uk,...k->...u", agreement.shares, rarity)
    error = _standard_error(agreement, coefficient, p_chance, chance_by_unit)
    return GwetAC(agreement.p_agree, coefficient, error)


def weighted_fleiss(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """Return Fleiss' kappa, […], with weights and missing ratings (Gwet 2014): chance is Σ w_kl π_k π_l.

    π_k is the mean share of level k over all units with a rating; nan without a unit of two ratings and without variation.
    """
    agreement = _agreement_by_unit(counts, weights)
    p_differ = np.einsum("...k,kl,...l->...", agreement.mean_share, 1 - weights, agreement.mean_share)
    return 1 - ratio(1 - agreement.p_agree, p_differ)


def brennan_prediger(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """Return the coefficient of Brennan & Prediger 1981, […], weighted as in Gwet 2014: by chance all levels are as likely.

    nan without a unit of two ratings.
    """
    return 1 - ratio(1 - _agreement_by_unit(counts, weights).p_agree, (1 - weights).mean())


def mean_agreement(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """Return how much two ratings of a unit agree, as the mean over units of two or more ratings, 0–1, […]; nan without such."""
    return _agreement_by_unit(counts, weights).p_agree


def percent_agreement(ratings: ArrayLike, tolerance: float = 0) -> float:
    """Return the percent (0–100) of float[subject, rater] rows on which all raters are within the tolerance of each other.

    A subject that a rater left out (nan) does not count; nan where none is left.
    """
    given = np.asarray(ratings, dtype=np.float64)
    complete = given[~np.isnan(given).any(axis=1)]
    if complete.size == 0:
        return float("nan")
    return 100 * int(np.count_nonzero(np.ptp(complete, axis=1) <= tolerance)) / len(complete)


def _alpha(found: Coincidences, distance: Floats) -> Floats:
    observed = (found.pairs * distance).sum(axis=(-1, -2))
    expected = (found.totals[..., :, None] * found.totals[..., None, :] * distance).sum(axis=(-1, -2))
    alpha = 1 - (found.totals.sum(axis=-1) - 1) * ratio(observed, expected)
    return np.where(found.n_units > 1, alpha, np.nan)


def _squared_difference(metric: Metric, totals: Floats, levels: Floats) -> Floats:
    """Return δ² as float[level, level]; for the ordinal metric float[…, level, level], as it hangs on the marginals."""
    if metric == "nominal":
        return 1 - np.eye(totals.shape[-1])
    if metric == "interval":
        return np.subtract.outer(levels, levels) ** 2
    if metric == "ordinal":
        # Σ n_g from c to k less half of both ends is the distance of the two mid-ranks.
        mid_rank = totals.cumsum(axis=-1) - totals / 2
        return (mid_rank[..., :, None] - mid_rank[..., None, :]) ** 2
    if metric == "ratio":
        if levels.min() < 0:
            raise UnusableError("The ratio metric needs a scale without negative levels.")
        total = np.add.outer(levels, levels)
        return (np.subtract.outer(levels, levels) / np.where(total > 0, total, 1)) ** 2
    raise UnusableError(f"A metric is one of nominal, ordinal, interval and ratio; “{metric}” is none.")


def _null_error(expected: Floats, shares: Floats, pairs: NDArray[np.int64]) -> Floats:
    """Return the standard error of Fleiss' kappa without agreement, from p_j q_j, p_j and n m (m - 1)."""
    spread = expected.sum(axis=-1)
    skew = (expected * (1 - 2 * shares)).sum(axis=-1)
    return ratio(np.sqrt(2 * ratio(np.maximum(spread**2 - skew, 0), pairs)), spread)


@dataclass(frozen=True)
class _Agreement:
    """What Gwet's coefficients share: by unit the shares of the levels (0 without ratings) and how far two raters are apart."""

    n_ratings: Floats
    shares: Floats
    apart: Floats
    mean_share: Floats
    p_agree: Floats


def _agreement_by_unit(counts: NDArray[np.int64], weights: Floats) -> _Agreement:
    given = counts.astype(np.float64)
    n_ratings = given @ np.ones(counts.shape[-1])
    clashes = np.einsum("...k,...k->...", given @ (1 - weights), given)
    apart = clashes / np.maximum(n_ratings * (n_ratings - 1), 1)
    shares = given / np.maximum(n_ratings, 1)[..., None]
    return _Agreement(
        n_ratings=n_ratings,
        shares=shares,
        apart=apart,
        mean_share=ratio(np.ones(counts.shape[-2]) @ shares, np.count_nonzero(n_ratings, axis=-1)[..., None]),
        p_agree=1 - ratio(apart.sum(axis=-1), np.count_nonzero(n_ratings > 1, axis=-1)),
    )


def _standard_error(agreement: _Agreement, coefficient: Floats, p_chance: Floats, chance_by_unit: Floats) -> Floats:
    """Return the linearised standard error over units (Gwet 2014)."""
    rated, paired = agreement.n_ratings > 0, agreement.n_ratings > 1
    n_units = rated.sum(axis=-1)
    chance, value = p_chance[..., None], coefficient[..., None]
    by_unit = np.where(paired, 1 - agreement.apart - chance, 0) * ratio(n_units, paired.sum(axis=-1))[..., None]
    influence = ratio(by_unit - 2 * (1 - value) * (chance_by_unit - chance), 1 - chance)
    deviations = np.where(rated, influence - value, 0)
    return np.sqrt(ratio((deviations**2).sum(axis=-1), n_units * (n_units - 1)))
