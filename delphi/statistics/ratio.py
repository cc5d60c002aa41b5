"""Division as the statistics need it: without a whole there is no share."""

import numpy as np
from numpy.typing import NDArray


def ratio(
    part: NDArray[np.int64] | NDArray[np.float64] | float, whole: NDArray[np.int64] | NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return part / whole, both broadcast; nan where the whole is not above 0."""
    above, below = np.broadcast_arrays(part, whole)
    quotient = np.full(below.shape, np.nan)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient
