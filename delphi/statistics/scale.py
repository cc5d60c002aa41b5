"""The rating scale and its zones, checked when they are written."""

import re
from dataclasses import dataclass
from itertools import pairwise

from delphi.statistics.errors import ScaleError

MOST_LEVELS = 253  # a ballot keeps one byte per rating, and three of its values mean something else
ZONE_NAMES = ("low", "middle", "high")

_RANGE = re.compile(r"(-?[0-9]{1,6})(?:-|\.\.)(-?[0-9]{1,6})")


@dataclass(frozen=True)
class Scale:
    """The whole levels from `low` to `high`, both included.

    >>> Scale.parse("1-9").n_levels, str(Scale.parse("-5..5"))
    (9, '-5 to 5')
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ScaleError(f"A scale runs from a lower to a higher level; {self.low} to {self.high} does not.")
        if self.n_levels > MOST_LEVELS:
            raise ScaleError(f"A scale has at most {MOST_LEVELS} levels; {self} has {self.n_levels}.")

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """Return the scale that `1-9` or `-5..5` stands for."""
        return cls(*_parse_range(text, "A scale is written like 1-9 or -5..5"))

    @property
    def n_levels(self) -> int:
        return self.high - self.low + 1

    @property
    def levels(self) -> range:
        return range(self.low, self.high + 1)

    def __str__(self) -> str:
        return format_range((self.low, self.high))


ONE_TO_NINE = Scale(1, 9)


@dataclass(frozen=True)
class Zones:
    """The levels, first and last included, that count as low, middle and high; a scale may have no middle.

    >>> Zones.parse("1-3,4-6,7-9").named("high")
    (7, 9)
    """

    low: tuple[int, int]
    middle: tuple[int, int] | None
    high: tuple[int, int]

    def __post_init__(self) -> None:
        present = [zone for zone in (self.low, self.middle, self.high) if zone is not None]
        for first, last in present:
            if first > last:
                raise ScaleError(f"A zone runs from a lower to a higher level; {first} to {last} does not.")
        for before, after in pairwise(present):
            if before[1] >= after[0]:
                raise ScaleError(
                    f"Zones go upwards and do not overlap; {format_range(before)} and {format_range(after)} do not fit together."
                )

    @classmethod
    def parse(cls, text: str) -> "Zones":
        """Return the zones that `1-3,4-6,7-9`, or `1-2,3-4` without a middle, stands for."""
        form = "Zones are written like 1-3,4-6,7-9 (low, middle, high) or 1-2,3-4 (low, high)"
        ranges = [_parse_range(part.strip(), form) for part in text.split(",")]
        if len(ranges) not in (2, 3):
            raise ScaleError(f"{form}; {text!r} is neither.")
        return cls(ranges[0], ranges[1] if len(ranges) == 3 else None, ranges[-1])

    def named(self, name: str) -> tuple[int, int]:
        """Return the first and last level of the zone called low, middle or high."""
        zones = {"low": self.low, "middle": self.middle, "high": self.high}
        zone = zones.get(name)
        if zone is None:
            there_are = ", ".join(each for each, bounds in zones.items() if bounds is not None)
            raise ScaleError(f"There is no zone called {name!r}; there are {there_are}.")
        return zone

    def require_on(self, scale: Scale) -> None:
        """Refuse zones that reach beyond the scale."""
        for zone in (self.low, self.middle, self.high):
            if zone is not None and not scale.low <= zone[0] <= zone[1] <= scale.high:
                raise ScaleError(f"The zone {format_range(zone)} is not on the scale {scale}.")


def default_zones(scale: Scale) -> Zones:
    """Return 1–3, 4–6 and 7–9; on every other scale the zones are a choice that has to be stated."""
    if scale != ONE_TO_NINE:
        raise ScaleError(f"On the scale {scale} the zones have to be stated (low, middle, high); only 1–9 has usual ones.")
    return Zones((1, 3), (4, 6), (7, 9))


def format_range(bounds: tuple[int, int]) -> str:
    """Return a range as a reader expects it: 7–9, a single 4, or -5 to -3.

    >>> format_range((7, 9)), format_range((4, 4)), format_range((-5, -3))
    ('7–9', '4', '-5 to -3')
    """
    first, last = bounds
    if first == last:
        return str(first)
    return f"{first} to {last}" if first < 0 else f"{first}–{last}"


def _parse_range(text: str, form: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise ScaleError(f"{form}; {text!r} cannot be read.")
    return int(match[1]), int(match[2])
