"""Arrays as plain values: lists of numbers in which None stands for what is undefined."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.uncertainty import Interval

# A column holds one value per slot and group, [slot][group].
Column = list[Any]


def with_nulls(figures: NDArray[np.float64]) -> Column:
    """Return the figures as nested lists, None for nan."""
    return blanked(figures, np.isnan(figures))


def blanked(values: NDArray[Any], undefined: NDArray[np.bool_]) -> Column:
    """Return the values as nested lists, None where they are undefined."""
    column: Column = values.tolist()
    if not undefined.any():
        return column
    plain = values.astype(object)
    plain[undefined] = None
    column = plain.tolist()
    return column


def pairs(interval: Interval) -> Column:
    """Return [lower, upper] in every place, None where there is no interval."""
    ends = np.stack([interval.lower, interval.upper], axis=-1)
    undefined = np.isnan(interval.lower)
    boxed = np.empty(undefined.shape, dtype=object)
    places = zip(undefined.ravel().tolist(), ends.reshape(-1, 2).tolist(), strict=True)
    boxed.ravel()[:] = [None if is_undefined else both for is_undefined, both in places]
    column: Column = boxed.tolist()
    return column


def number(value: Any) -> float | int | None:
    """Return one figure of an array as a plain number, None for nan."""
    plain = value.item() if isinstance(value, np.generic | np.ndarray) else value
    return None if plain != plain else plain


def row(columns: Mapping[str, Column], place: tuple[int, ...]) -> dict[str, Any]:
    """Return the value of every column at one place."""
    values: dict[str, Any] = dict(columns)
    for index in place:
        values = {name: column[index] for name, column in values.items()}
    return values
