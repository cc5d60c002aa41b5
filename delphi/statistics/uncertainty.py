"""How far a figure would bear another panel of the same kind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """The lower and upper ends, same shape; nan where undefined."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def wilson(part: NDArray[np.int64], whole: NDArray[np.int64], z: float = Z_95) -> Interval:
    """Return Wilson's score interval of part / whole in percent (0–100), without continuity correction (JASA 1927;22:209).

    >>> seven_of_ten = wilson(np.array(7), np.array(10))
    >>> round(float(seven_of_ten.lower), 1), round(float(seven_of_ten.upper), 1)
    (39.7, 89.2)
    """
    n = np.where(whole > 0, whole, np.nan)
    share = part / n
    scaled = z * z / n
    centre = share + scaled / 2
    half = np.sqrt(scaled * (share * (1 - share) + scaled / 4))
    # At 0 and n of n the end is exact; rounding must not carry it past.
    lower = np.where(part == 0, 0.0, 100 * (centre - half) / (1 + scaled))
    upper = np.where(part == whole, 100.0, 100 * (centre + half) / (1 + scaled))
    return Interval(np.where(whole > 0, lower, np.nan), np.where(whole > 0, upper, np.nan))
