"""Content validity of items and scales: how many raters call an item relevant, and how many would by chance."""

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import UnusableError

Floats = NDArray[np.float64]

_WILSON_Z = 1.645  # one-sided .05, as printed


@dataclass(frozen=True)
class ContentValidity:
    """The content validity of items, every array […], nan where undefined.

    `i_cvi` is the share (0–1) of raters who call the item relevant, `chance` the probability that exactly so many of them would
    by tossing coins, `modified_kappa` the share corrected for it, (I-CVI - chance) / (1 - chance); that is undefined where fewer
    than half call it relevant, as the correction misleads there.
    """

    i_cvi: Floats
    chance: Floats
    modified_kappa: Floats


@dataclass(frozen=True)
class ScaleValidity:
    """S-CVI of scales, every array […]: the mean I-CVI of the items, and the share of items that all raters call relevant."""

    average: Floats
    universal: Floats


def item_validity(relevant: NDArray[np.int64], n_raters: NDArray[np.int64]) -> ContentValidity:
    """Return the validity of int64[…] items that `relevant` of `n_raters` call relevant; nan where nobody rated.

    Source: Polit, Beck and Owen 2007 (Research in Nursing & Health 30:459–467).

    >>> round(float(item_validity(np.array(4), np.array(5)).modified_kappa), 3)
    0.763
    """
    n = _or_nan(n_raters)
    i_cvi = relevant / n
    chance = _fair_coin(relevant, n)
    kappa = (i_cvi - chance) / (1 - chance)
    return ContentValidity(i_cvi, chance, np.where(2 * relevant >= n_raters, kappa, np.nan))


def scale_validity(i_cvi: Floats) -> ScaleValidity:
    """Return S-CVI/Ave and S-CVI/UA of float[…, item] I-CVI; items without one are passed over, nan where none has one."""
    is_rated = ~np.isnan(i_cvi)
    n_items = _or_nan(is_rated.sum(axis=-1))
    return ScaleValidity(
        average=np.where(is_rated, i_cvi, 0).sum(axis=-1) / n_items,
        universal=(i_cvi == 1).sum(axis=-1) / n_items,
    )


def i_cvi_threshold(n_raters: int) -> float:
    """Return the I-CVI to reach: 1 for up to five raters, .78 from six (Lynn 1986; Polit, Beck and Owen 2007)."""
    return 1.0 if n_raters <= 5 else 0.78


def kappa_label(modified_kappa: float) -> str | None:
    """Return fair from .40, good from .60, excellent above .74, else poor (Polit, Beck and Owen 2007); None for nan."""
    if np.isnan(modified_kappa):
        return None
    if modified_kappa > 0.74:
        return "excellent"
    if modified_kappa >= 0.60:
        return "good"
    return "fair" if modified_kappa >= 0.40 else "poor"


def lawshe_cvr(relevant: NDArray[np.int64], n_raters: NDArray[np.int64]) -> Floats:
    """Return Lawshe's content validity ratio (n_e - N / 2) / (N / 2), from -1 to 1; nan where nobody rated.

    Source: Lawshe 1975 (Personnel Psychology 28:563–575).
    """
    return (2 * relevant - n_raters) / _or_nan(n_raters)


def critical_number(n_raters: int, alpha: Fraction | float = 0.05) -> int | None:
    """Return the smallest number of raters that is significant: P(X ≥ k) ≤ alpha when each tosses a coin; None where none is.

    The tail is summed in whole numbers, from the middle outwards (Ayre and Scally 2014, Measurement and Evaluation in Counseling
    and Development 47:79–86). Levels of one half and more are refused: they are no significance.

    >>> critical_number(8), critical_number(40), critical_number(4)
    (7, 26, None)
    """
    level = Fraction(str(alpha))
    if not 0 < level < Fraction(1, 2):
        raise UnusableError(f"A level of significance lies between 0 and 0.5; {alpha} does not.")
    # Everything times 2^N, so that it stays whole; the number of ways to get k + 1 follows from that for k.
    number = n_raters // 2 + 1
    ways = comb(n_raters, number)
    tail = (2**n_raters - (comb(n_raters, n_raters // 2) if n_raters % 2 == 0 else 0)) // 2
    while level.denominator * tail > level.numerator * 2**n_raters:
        tail -= ways
        ways = ways * (n_raters - number) // (number + 1)
        number += 1
    return number if number <= n_raters else None


def critical_cvr(n_raters: int, alpha: Fraction | float = 0.05) -> float:
    """Return the CVR of the smallest significant number of raters (see `critical_number`); nan where even all are too few."""
    number = critical_number(n_raters, alpha)
    return float("nan") if number is None else (2 * number - n_raters) / n_raters


def wilson_critical_cvr(n_raters: NDArray[np.int64]) -> Floats:
    """Return the normal approximation 1.645 / √N of the critical CVR at .05, one-sided; nan where N is 0.

    Source: Wilson, Pan and Schumsky 2012 (Measurement and Evaluation in Counseling and Development 45:197–210).
    """
    return np.asarray(_WILSON_Z / np.sqrt(_or_nan(n_raters)))


def _fair_coin(relevant: NDArray[np.int64], n: Floats) -> Floats:
    """Return C(n, relevant) / 2^n."""
    from scipy.special import betaln

    # In logarithms, as the coefficient itself overflows beyond a thousand raters.
    return np.asarray(np.exp(-betaln(relevant + 1, n - relevant + 1) - np.log(n + 1) - n * np.log(2)))


def _or_nan(whole: NDArray[np.int64]) -> Floats:
    return np.where(whole > 0, whole, np.nan)
