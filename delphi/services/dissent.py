"""Who sees an item otherwise than most: told to that person alone, and never as something to mend.

The rule is the same for every side, and no protocol can switch it off for one.
"""

from collections.abc import Mapping
from math import ceil, floor

from delphi.services import disclosure
from delphi.services.answering import Asked
from delphi.services.protocol import Choices, Criterion
from delphi.services.ratings import UNABLE_WORD


def criteria_apart(asked: Asked, feedback: Mapping[tuple[str, str], disclosure.Entry], choices: Choices) -> tuple[Criterion, ...]:
    """Return the criteria under which the own last rating lies in another zone of the scale than the panel's median.

    Both speak of the same words, and the median is one that this person is shown: nothing hidden is told in another way.
    """
    if asked.last is None:
        return ()
    given = zip(choices.criteria, asked.last.values, strict=False)
    return tuple(
        criterion
        for criterion, own in given
        if (entry := feedback.get((asked.version.item.key, criterion.key))) is not None
        and entry["version"] == asked.last.version.number
        and _is_apart(own, entry["panel"], choices)
    )


def _is_apart(own: str, panel: disclosure.Entry, choices: Choices) -> bool:
    if own in ("", UNABLE_WORD) or panel["shown"] == disclosure.HIDDEN or panel["median"] is None:
        return False
    # A median between two levels, 6.5 say, touches the zones of both.
    around = {_zone(floor(panel["median"]), choices), _zone(ceil(panel["median"]), choices)}
    return _zone(int(own), choices) not in around


def _zone(level: int, choices: Choices) -> str:
    zones = choices.scale.zones
    return next(name for name, bounds in zones.items() if bounds and bounds[0] <= level <= bounds[1])
