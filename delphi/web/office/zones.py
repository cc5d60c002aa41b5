"""The time zones to choose from, so that nobody looks for theirs among hundreds: a few first, then each continent's cities."""

from collections.abc import Iterator

from wtforms import SelectChoice

from delphi.services.mail_plan import time_zones
from delphi.web.words import gettext, marked

OFTEN_USED = (
    "UTC",
    *("Europe/London", "Europe/Lisbon", "Europe/Berlin", "Europe/Paris", "Europe/Athens"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo"),
    *("Africa/Johannesburg", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"),
)
# What else stands before a slash is an older name of one of these (US/Eastern).
CONTINENTS = {
    "Europe": marked("Europe"),
    "Africa": marked("Africa"),
    "America": marked("America"),
    "Asia": marked("Asia"),
    "Australia": marked("Australia"),
    "Pacific": marked("Pacific Ocean"),
    "Atlantic": marked("Atlantic Ocean"),
    "Indian": marked("Indian Ocean"),
    "Arctic": marked("Arctic"),
    "Antarctica": marked("Antarctica"),
}


def zone_choices(chosen: str | None) -> list[SelectChoice]:
    """Return all zones with the one that is chosen on top, each by its city, which typing finds."""
    known = time_zones()
    first = [name for name in dict.fromkeys((chosen or "", *OFTEN_USED)) if name in known]
    return [*_group(gettext("Often used"), first), *_by_continent([name for name in known if name not in first])]


def _by_continent(names: list[str]) -> Iterator[SelectChoice]:
    for continent, word in CONTINENTS.items():
        yield from _group(gettext(word), [name for name in names if name.startswith(f"{continent}/")])


def _group(heading: str, names: list[str]) -> list[SelectChoice]:
    return [SelectChoice(name, name.partition("/")[2].replace("_", " ") or name, optgroup=heading) for name in names]
