"""Agreement of raters who are told apart: pairs of them in a table, or each in a row of a matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.ratio import ratio
from delphi.statistics.reliability import mean_agreement
from delphi.statistics.weights import Weighting, level_distance

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CohenKappa:
    """Cohen's kappa with z and the two-sided p of no agreement beyond chance; each […], nan where undefined."""

    kappa: Floats
    z: Floats
    p: Floats


def weighted_kappa(table: NDArray[np.int64], weights: Weighting = "linear") -> Floats:
    """Return Cohen's weighted kappa of int64[…, level, level] pairs, […]: 1 - n Σ d_ij t_ij / Σ d_ij r_i c_j (Cohen 1968).

    d is the distance of the levels on the full scale, used or not. nan where there are no pairs, and where both raters always
    gave one and the same level; 1 where they agree in all of several levels.

    >>> float(weighted_kappa(np.array([[2, 1], [0, 2]]), "linear"))
    0.6153846153846154
    """
    apart = level_distance(table.shape[-1], weights)
    rows, columns = _marginals(table)
    observed = rows.sum(axis=-1) * np.einsum("...ij,ij->...", table, apart)
    return 1 - ratio(observed, _expected(rows, apart, columns))


def cohen_kappa(table: NDArray[np.int64], weights: Weighting = "unweighted") -> CohenKappa:
    """Return `weighted_kappa` with its test: z is kappa over its standard error without agreement (Fleiss, Cohen & Everitt 1969).

    z and p are nan where that error is 0, as when one rater always gave the same level.
    """
    apart = level_distance(table.shape[-1], weights)
    rows, columns = (marginal.astype(np.float64) for marginal in _marginals(table))
    n, expected = rows.sum(axis=-1), _expected(rows, apart, columns)
    kappa = weighted_kappa(table, weights)
    # What is left of d_ij without its row and column means, times n²: whole, so that 0 is exactly 0.
    pairs = n[..., None, None]
    left = pairs**2 * apart + expected[..., None, None]
    left -= pairs * ((columns @ apart)[..., :, None] + (rows @ apart)[..., None, :])
    spread = np.einsum("...ij,...i,...j->...", left**2, rows, columns)
    z = kappa * np.sqrt(ratio(n, spread)) * n * expected
    return CohenKappa(kappa, z, _two_sided(z))


def scott_pi(table: NDArray[np.int64], weights: Weighting = "unweighted") -> Floats:
    """Return Scott's pi of int64[…, level, level] pairs, […]: kappa with the mean of both raters' shares as chance (Scott 1955).

    nan where there are no pairs, and where both raters always gave one and the same level.
    """
    apart = level_distance(table.shape[-1], weights)
    both = np.add(*_marginals(table))
    observed = 2 * both.sum(axis=-1) * np.einsum("...ij,ij->...", table, apart)
    return 1 - ratio(observed, _expected(both, apart, both))


def conger_kappa(ratings: NDArray[np.uint8], weights: Floats) -> float:
    """Return Conger's kappa of uint8[rater, unit] codes (1 … K, all else is missing) with float[K, K] weights of agreement.

    Agreement is the mean over units of two or more ratings; chance is the mean over pairs of raters of what their own shares
    give (Conger 1980; with missing ratings Gwet 2014). nan without a unit of two ratings, with fewer than two raters, and
    without variation.
    """
    by_rater = _one_hot(ratings, len(weights))
    given = by_rater.sum(axis=1)
    shares = given[given.any(axis=1)] / given.sum(axis=1)[given.any(axis=1), None]
    n_raters, apart = len(shares), 1 - weights
    total = shares.sum(axis=0)
    differ_by_chance = ratio(total @ apart @ total - np.einsum("rk,kl,rl->", shares, apart, shares), n_raters * (n_raters - 1))
    return float(1 - ratio(1 - mean_agreement(by_rater.sum(axis=0), weights), differ_by_chance))


def light_kappa(ratings: NDArray[np.uint8], n_levels: int, weights: Weighting = "unweighted") -> float:
    """Return Light's kappa of uint8[rater, unit] codes (1 … n_levels, all else is missing): the mean of Cohen's over all pairs.

    A pair of raters is compared on the units that both rated; nan where the kappa of any pair is (Light 1971), and
    with fewer than two raters.
    """
    by_rater = _one_hot(ratings, n_levels)
    tables = np.einsum("run,sum->rsnm", by_rater, by_rater)
    by_pair = weighted_kappa(tables[np.triu_indices(len(ratings), k=1)], weights)
    return float(ratio(by_pair.sum(), by_pair.size))


def _marginals(table: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.einsum("...ij->...i", table), np.einsum("...ij->...j", table)


def _expected(rows: NDArray[np.int64] | Floats, apart: NDArray[np.int64], columns: NDArray[np.int64] | Floats) -> Floats:
    """Return Σ d_ij r_i c_j, […]; in floats, which multiply faster and hold these whole numbers exactly."""
    expected: Floats = np.einsum("...k,...k->...", rows @ apart.astype(np.float64), columns.astype(np.float64))
    return expected


def _one_hot(ratings: NDArray[np.uint8], n_levels: int) -> NDArray[np.int64]:
    return np.asarray(ratings[..., None] == np.arange(1, n_levels + 1), dtype=np.int64)


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(z)))
