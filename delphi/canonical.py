"""Canonical JSON: the same content gives the same bytes, so that a hash of it means something."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

SIGNIFICANT_DIGITS = 12


def canonical(value: Any) -> Any:
    """Return `value` as plain JSON values: floats at twelve significant digits, whole ones as integers.

    >>> canonical({"b": 0.1 + 0.2, "a": 7.0})
    {'b': 0.3, 'a': 7}
    """
    kind = type(value)
    # Most values are plain numbers and dictionaries: looking at the exact type first halves the time for a large result.
    if kind is float:
        return _number(value)
    if kind is str or kind is int or value is None or kind is bool:
        return value
    if kind is dict:
        return {str(key): canonical(part) for key, part in value.items()}
    if isinstance(value, int | str):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(key): canonical(part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [canonical(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """Return the canonical text: keys sorted, no white space, UTF-8 kept, one spelling per number.

    >>> canonical_json({"b": [1.50], "a": "é"})
    '{"a":"é","b":[1.5]}'
    """
    return json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise ValueError("undefined numbers are written as null, with a reason")
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded
