"""Made-up panels that look like real ones: two rounds on the scale 1–9, six groups of unequal size."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GROUP_NAMES = ("Carers", "Clinicians", "Commissioners", "Managers", "Patients", "Researchers")
LOWEST, HIGHEST = 1, 9
MISSING = 0

_GROUP_SHARES = (0.30, 0.25, 0.06, 0.09, 0.20, 0.10)
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Panel:
    """Two rounds of ratings, uint8[rater, item] with 0 for not answered, and int[rater], an index into GROUP_NAMES."""

    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    groups: NDArray[np.int64]

    @property
    def n_raters(self) -> int:
        return len(self.first)

    @property
    def n_items(self) -> int:
        return self.first.shape[1]


def make(n_raters: int, n_items: int, seed: int = 0) -> Panel:
    """Return a complete panel: items differ, raters are mild or strict, groups see items differently.

    Most ratings are high, and in the second round about 65 % stay and most of the others move one level towards the item's
    middle. Every group has at least three raters.
    """
    random = np.random.default_rng(seed)
    groups = np.concatenate(
        [
            np.repeat(np.arange(len(GROUP_NAMES)), 3),
            random.choice(len(GROUP_NAMES), n_raters - 3 * len(GROUP_NAMES), p=_GROUP_SHARES),
        ]
    )
    random.shuffle(groups)
    middle = random.normal(6.6, 1.2, n_items).astype(np.float32)
    of_group = random.normal(0, 0.5, (len(GROUP_NAMES), n_items)).astype(np.float32)
    first, second = (np.empty((n_raters, n_items), dtype=np.uint8) for _ in range(2))
    for rows in _blocks(n_raters, n_items):
        shape = (len(groups[rows]), n_items)
        mildness = random.normal(0, 0.7, (shape[0], 1)).astype(np.float32)
        noise = 1.5 * random.standard_normal(shape, dtype=np.float32)
        first[rows] = _on_the_scale(middle + of_group[groups[rows]] + mildness + noise)
        second[rows] = _reconsidered(first[rows], middle, random)
    return Panel(first, second, groups)


def with_missing(panel: Panel, share: float = 0.05, seed: int = 0) -> Panel:
    """Return the panel with that share of the ratings of each round not answered."""
    random = np.random.default_rng(seed)
    first, second = panel.first.copy(), panel.second.copy()
    for rows in _blocks(panel.n_raters, panel.n_items):
        for ratings in (first[rows], second[rows]):
            ratings[random.random(ratings.shape, dtype=np.float32) < share] = MISSING
    return replace(panel, first=first, second=second)


def write_long(ratings: NDArray[np.uint8], groups: NDArray[np.int64], path: Path) -> None:
    """Write one round as a ratings file with one rating a line, participant by participant."""
    items = [f"item-{number:03d}" for number in range(1, ratings.shape[1] + 1)]
    words = ["", *map(str, range(LOWEST, HIGHEST + 1))]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("participant,item,rating,group\n")
        for number, (given, group) in enumerate(zip(ratings.tolist(), groups.tolist(), strict=True), start=1):
            cells = zip(repeat(f"P{number:05d}"), items, given, strict=False)
            file.write("".join(f"{who},{item},{words[level]},{GROUP_NAMES[group]}\n" for who, item, level in cells))


def _blocks(n_raters: int, n_items: int) -> Iterator[slice]:
    step = max(1, _AT_ONCE // n_items)
    return (slice(start, start + step) for start in range(0, n_raters, step))


def _on_the_scale(opinions: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(opinions), LOWEST, HIGHEST).astype(np.uint8)


def _reconsidered(first: NDArray[np.uint8], middle: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.uint8]:
    drawn = random.random(first.shape, dtype=np.float32)
    steps = np.select([drawn < 0.65, drawn < 0.90, drawn < 0.97], [0, 1, 2], default=-1)
    return _on_the_scale(first + steps * np.sign(np.rint(middle) - first))
