"""What became of people between two rounds, as plain values: who stayed, how they moved, who stands apart."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.attrition import FEWEST_FOR_TEST, attrition_bias, retention
from delphi.statistics.conformity import conformity, outlier_stance
from delphi.statistics.measures import Basis, RoundFigures
from delphi.statistics.plain import number
from delphi.statistics.rounds import RoundRatings, everybody_of

NOBODY = "Nobody of them rated anything in the earlier round."
TOO_FEW_TO_TEST = f"Fewer than {FEWEST_FOR_TEST} stayed or left, or their means do not differ enough to tell."
NOBODY_APART = "Nobody was apart from the median."
NO_OTHERS = "Nobody rated what somebody else rated too."

_COMPARED = ("mean_stayed", "mean_left", "t", "df", "p", "mann_whitney_p")
_RETAINED = ("invited", "eligible", "started", "completed", "stayed", "left", "joined")


def attrition_entries(first: RoundRatings, second: RoundRatings, basis: Basis) -> Iterator[dict[str, Any]]:
    """Yield who stayed, left and joined between two rounds, for the panel (group None) and each group of the first round.

    Everybody of either round counts as invited to the second: a file of ratings does not say who was.
    """
    before, now, groups = everybody_of(first, second)
    kept = retention(before, now, groups, len(first.group_names))
    bias = attrition_bias(before, now, groups, len(first.group_names), basis.scale)
    for group, name in enumerate((None, *first.group_names)):
        entry: dict[str, Any] = {"from": first.round, "to": second.round, "group": name}
        entry |= {part: int(getattr(kept, part)[group]) for part in _RETAINED}
        entry |= {part: number(getattr(bias, part)[group]) for part in _COMPARED}
        entry["test"] = None if entry["p"] is None else "welch"
        reasons = {part: NOBODY for part in ("mean_stayed", "mean_left")}
        reasons |= {part: TOO_FEW_TO_TEST for part in ("test", "t", "df", "p", "mann_whitney_p")}
        yield {**entry, "undefined": {part: reason for part, reason in reasons.items() if entry[part] is None}}


def conformity_entries(
    slots: list[tuple[str, str | None]], joint: NDArray[np.int64], previous: RoundFigures, places: NDArray[np.int64], basis: Basis
) -> Iterator[dict[str, Any]]:
    """Yield how the ratings of each slot moved with regard to the panel's median of the previous round.

    `joint` is int64[slot, previous level, level]; `places` tell where each slot stood in the previous round, -1 for nowhere.
    """
    medians = previous.description.median[:, 0]
    shown = np.where(places >= 0, medians[np.maximum(places, 0)], np.nan)
    moved = conformity(joint, shown, basis.scale)
    for slot, (item, criterion) in enumerate(slots):
        if places[slot] < 0:
            continue
        counts = {name: int(getattr(moved, name)[slot]) for name in ("n_apart", "toward", "away", "unchanged")}
        share = number(moved.shift_share[slot])
        undefined = {} if share is not None else {"shift_share": NOBODY_APART}
        yield {"item": item, "criterion": criterion, **counts, "shift_share": share, "undefined": undefined}


def stance_of(ratings: RoundRatings, basis: Basis) -> dict[str, Any]:
    """Return how far people stand from the others, without saying who: it describes, and excludes nobody.

    Names make no difference, so that a study and a file with the same ratings have the same result.
    """
    stance = outlier_stance(ratings.matrix, basis.scale.n_levels)
    distances = stance.distance[~np.isnan(stance.distance)]
    nearest, farthest = (float(distances.min()), float(distances.max())) if distances.size else (None, None)
    entry = {"people": distances.size, "nearest": nearest, "farthest": farthest, "fence": number(stance.fence)}
    undefined = {} if distances.size else dict.fromkeys(("nearest", "farthest", "fence"), NO_OTHERS)
    return {**entry, "outlying": int(stance.is_outlying.sum()), "undefined": undefined}
