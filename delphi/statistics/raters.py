"""Raters who left nothing out, walked in chunks: what the figures need that counts cannot give."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.errors import RatingsError

_CELLS_AT_ONCE = 2**17


def require_complete(ratings: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, n_levels: int) -> None:
    """Refuse what is not a uint8[rater, item] matrix of codes 1 … n_levels with a group -1 … n_groups - 1 for every rater."""
    if ratings.ndim != 2 or ratings.dtype != np.uint8:
        raise RatingsError("The ratings are a matrix of bytes, one row per rater.")
    if ratings.size and not (ratings.min() >= 1 and ratings.max() <= n_levels):
        raise RatingsError(f"Complete ratings are codes from 1 to {n_levels}; another one is among them.")
    if groups.shape != ratings.shape[:1]:
        raise RatingsError(f"There are {ratings.shape[0]} raters and the groups of {groups.size}.")
    if groups.size and not (groups.min() >= -1 and groups.max() < n_groups):
        raise RatingsError(f"A group code lies outside -1 … {n_groups - 1}.")


def memberships(groups: NDArray[np.int64], n_groups: int) -> NDArray[np.bool_]:
    """Return bool[n_groups + 1, rater]: row 0 is everybody, row g + 1 who is of group g."""
    return np.concatenate([np.ones((1, groups.size), dtype=np.bool_), groups == np.arange(n_groups)[:, None]])


def chunks(n_raters: int, n_items: int) -> Iterator[slice]:
    """Yield slices that cover the raters in turn, each of so few that their working memory stays within a few megabytes."""
    step = max(1, _CELLS_AT_ONCE // max(1, n_items))
    yield from (slice(start, start + step) for start in range(0, n_raters, step))
