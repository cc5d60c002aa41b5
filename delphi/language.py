"""The reader's language: words from the catalogues, dates and figures as they are written there. English is the source.

Who answers somebody says in which language: `speaking` for a mail or a file, `follow` for a request. What is stored is never
translated, what is shown is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from delphi.pseudo import PSEUDO, pseudo_catalogue, pseudo_text
from delphi.resources import resource_dir

if TYPE_CHECKING:
    from babel import Locale

SOURCE = "en"
CATALOGUE = "messages.po"
TEMPLATE = "messages.pot"
UTC_ZONE = "UTC"
# How English is written here: 2 March 2026.
_FORMATS = {SOURCE: "en_GB", PSEUDO: "en_GB"}

_follow: ContextVar[Callable[[], str]] = ContextVar("language", default=lambda: SOURCE)
_zone: ContextVar[Callable[[], str]] = ContextVar("zone", default=lambda: UTC_ZONE)


class Lazy:
    """A message that is looked up when it is shown, for what is said before anybody has asked."""

    def __init__(self, message: str, values: dict[str, object]) -> None:
        self._message, self._values = message, values

    def __str__(self) -> str:
        return gettext(self._message, **self._values)

    def __mod__(self, values: object) -> str:
        return str(self) % values

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash((self._message, *self._values.items()))


def marked(message: str) -> str:
    """Return the message as it is: the catalogues take it up, and it is looked up where it is shown."""
    return message


def gettext(message: str, **values: object) -> str:
    """Return the message in the reader's language, with its %(named)s places filled."""
    said = _translations(current()).gettext(message) if message else ""
    return said % values if values else said


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return the form that fits the number, in the reader's language; `%(num)s` is the number."""
    return form_for(singular, plural, num) % {"num": num, **values}


def form_for(singular: str, plural: str, num: int) -> str:
    """Return the form that fits the number with its places unfilled: for templates, which fill them themselves."""
    return _translations(current()).ngettext(singular, plural, num)


def lazy_gettext(message: str, **values: object) -> Lazy:
    """Return the message to be looked up when it is shown."""
    return Lazy(message, values)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a long text; each is a message of its own."""
    return text.strip().split("\n\n")


def current() -> str:
    """Return the reader's language: en, pt-BR."""
    return _follow.get()()


def follow(language: Callable[[], str], zone: Callable[[], str]) -> None:
    """Ask these for the language and for the zone of what clocks say from now on, in this thread or task."""
    _follow.set(language)
    _zone.set(zone)


@contextmanager
def speaking(language: str, otherwise: str = SOURCE, *, zone: str = UTC_ZONE) -> Iterator[None]:
    """Speak the language, or the other where there is no catalogue of it, for as long as the block runs."""
    found = available(language, otherwise)
    before, before_that = _follow.set(lambda: found), _zone.set(lambda: zone)
    try:
        yield
    finally:
        _follow.reset(before)
        _zone.reset(before_that)


@cache
def available(language: str, otherwise: str = SOURCE) -> str:
    """Return the language of the catalogue for it: its own, or for pt-BR that of pt; `otherwise` where there is none."""
    tag = language.replace("_", "-")
    while tag:
        known = {name.lower(): name for name in languages()}.get(tag.lower())
        if known:
            return known
        tag = tag.rpartition("-")[0]
    return otherwise


def languages() -> list[str]:
    """Return the languages that the site speaks, English first."""
    folders = sorted(path.parent.parent.name for path in resource_dir("translations").glob(f"*/LC_MESSAGES/{CATALOGUE}"))
    return [SOURCE, *(name.replace("_", "-") for name in folders), PSEUDO]


def direction() -> str:
    """Return in which direction the language is written: ltr or rtl."""
    return _locale(current()).text_direction


def format_day(moment: datetime) -> str:
    """Return a date as people write it: 2 March 2026."""
    from babel.dates import format_date

    return _shown(format_date(_local(moment), "long", locale=_locale(current())))


def format_moment(moment: datetime) -> str:
    """Return a day of the week with its date and the time: Monday 2 March 2026, 14:32 UTC."""
    from babel.dates import format_date

    pattern = "EEEE d MMMM y" if current() in _FORMATS else "full"
    day = _shown(format_date(_local(moment), pattern, locale=_locale(current())))
    return gettext("%(day)s, %(time)s", day=day, time=format_clock(moment))


def format_clock(moment: datetime) -> str:
    """Return a time of day with its zone in words: 14:32 UTC, 15:32 Central European Standard Time."""
    from babel.dates import get_timezone_name

    name = UTC_ZONE if _zone.get()() == UTC_ZONE else get_timezone_name(_local(moment), "long", locale=_locale(current()))
    return f"{format_time_of_day(moment)} {name}"


def format_time_of_day(moment: datetime) -> str:
    """Return a time of day alone, for whose clocks show the same: 15:32."""
    from babel.dates import format_time

    return str(format_time(_local(moment), "HH:mm", locale=_locale(current())))


def minutes_ahead(moment: datetime) -> int:
    """Return how many minutes the clocks of the reader's zone are ahead of UTC at that moment."""
    ahead = _local(moment).utcoffset()
    return int(ahead.total_seconds() // 60) if ahead else 0


def _local(moment: datetime) -> datetime:
    """Return the moment as the clocks of the reader's zone tell it; a date alone is the same everywhere."""
    has_clock = isinstance(moment, datetime) and _zone.get()() != UTC_ZONE
    return moment.astimezone(ZoneInfo(_zone.get()())) if has_clock else moment


def format_number(value: float, decimals: int = 2) -> str:
    """Return a figure with no more decimals than that: 1.5."""
    from babel.numbers import format_decimal

    return format_decimal(value, f"0.{'#' * decimals}", locale=_locale(current()))


def decimal(figure: str) -> str:
    """Return a figure that is in digits already as it is written in the language: 1.5 or 1,5."""
    if current() == SOURCE or "." not in figure:
        return figure
    from babel.numbers import get_decimal_symbol

    return figure.replace(".", get_decimal_symbol(_locale(current())))


def _shown(formatted: str) -> str:
    return pseudo_text(formatted) if current() == PSEUDO else formatted


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale

    return Locale.parse(_FORMATS.get(language, language).replace("-", "_"))


@cache
def _translations(language: str) -> NullTranslations:
    """Return the catalogue, read once; it is compiled here, so that it is only ever kept as people write it."""
    if language == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    folder, compiled = resource_dir("translations"), BytesIO()
    if language == PSEUDO:
        catalogue = pseudo_catalogue(folder / TEMPLATE)
    else:
        name = language.replace("-", "_")
        with (folder / name / "LC_MESSAGES" / CATALOGUE).open("rb") as file:
            catalogue = read_po(file, locale=name)
    write_mo(compiled, catalogue)
    return GNUTranslations(BytesIO(compiled.getvalue()))
