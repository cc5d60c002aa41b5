"""What all charts share: colours, words, the scale's axis, text, and the frame that names a chart to those who do not see it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

# Literal colours: the same SVG goes to the page and to the PDF renderer, which knows neither page classes nor variables.
INK, SOFT, RULE, FAINT = "#1f1c18", "#5a544a", "#b5ab9a", "#e3dccf"
PANEL, BAND, YOURS = "#3f7480", "#8f7438", "#7a2a63"
LOW, MIDDLE, HIGH, LOW_WORDS = "#c98a2b", "#e3dccf", "#2f6c79", "#7a4d00"
GROUPS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")  # Okabe and Ito (2008)
FONT = "Source Sans 3, DejaVu Sans, sans-serif"
TEXT, SMALL = 13.0, 12.0

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Cell = str | int


@dataclass(frozen=True)
class Words:
    """The chart's own words, in the reader's language."""

    you: str = "you"
    median: str = "median {value}"
    middle: str = "median, the middle answer: {value}"
    middle_half: str = "middle half of the answers: {low} to {high}"
    share: str = "{part} of {whole}"
    person: str = "{count} person"
    people: str = "{count} people"
    hidden: str = "fewer than 5"
    undefined: str = "no median"
    decimal: str = "."
    level: str = "Level"
    ratings: str = "Ratings"
    zone: str = "Zone"
    group: str = "Group"
    people_head: str = "People"
    item: str = "Item"
    median_head: str = "Median"
    verdict: str = "Verdict"
    agreement: str = "Same verdict, % of the rules"
    one_person: str = "If one person had not answered"
    one_group: str = "If one group had not answered"
    fragility: str = "Ratings that would have to change"
    fragile_head: str = "Fragile or not"
    fragile: str = "fragile"
    not_fragile: str = "not fragile"
    stays: str = "the same"
    flips: str = "{count} could change it: {verdicts}"
    flip: str = "without {group}: {verdict}"


ENGLISH = Words()


@dataclass(frozen=True)
class Size:
    """Width and height of the drawing in its own units; the page scales it."""

    width: float
    height: float


@dataclass(frozen=True)
class Zone:
    """A named part of the scale, both ends included."""

    label: str
    low: int
    high: int


@dataclass(frozen=True)
class Table:
    """A chart's numbers as plain data; `numeric` are the indices of the columns that hold numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True)
class Axis:
    """Where the levels of the scale stand: equal columns from `left` to `right`."""

    levels: tuple[int, ...]
    left: float
    right: float

    @property
    def column(self) -> float:
        return (self.right - self.left) / len(self.levels)

    def at(self, value: float) -> float:
        """Return the x of a level, or of a figure between two levels.

        >>> Axis((1, 2, 3), 0, 300).at(2.5)
        200.0
        """
        return self.left + self.column * (_index(self.levels, value) + 0.5)


def _index(levels: Sequence[int], value: float) -> float:
    if value <= levels[0]:
        return 0.0
    for index, (below, above) in enumerate(pairwise(levels)):
        if value <= above:
            return index + (value - below) / (above - below)
    return float(len(levels) - 1)


def require_levels(levels: Sequence[int], counts: Sequence[int]) -> None:
    """Refuse levels that do not ascend, or counts that are not one for each of them."""
    if not levels or list(levels) != sorted(set(levels)):
        raise ValueError("the levels of a scale ascend and there is at least one")
    if len(counts) != len(levels) or min(counts) < 0:
        raise ValueError("there is one count, zero or more, for each level")


def safe(text: object) -> str:
    """Return the text as it may stand in XML, in an element or in a quoted attribute.

    >>> safe('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return escape(NOT_XML.sub("", str(text)), quote=True)


def coordinate(value: float) -> str:
    """Return a coordinate in the shortest form, to a hundredth.

    >>> coordinate(12.0), coordinate(3.14159)
    ('12', '3.14')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def number(value: float | None, words: Words = ENGLISH) -> str:
    """Return a figure as a person writes it, to two decimals at most; an undefined one is a dash.

    >>> number(7.0), number(6.5), number(None)
    ('7', '6.5', '–')
    """
    return "–" if value is None else coordinate(value).replace(".", words.decimal).replace("-", "−")


def text(
    x: float, y: float, content: object, *, anchor: str = "middle", size: float = TEXT, weight: int = 400, fill: str = INK
) -> str:
    """Return one line of text on its baseline; what is usual is said once, by the frame."""
    unusual = (
        ("text-anchor", anchor, "middle"),
        ("font-size", coordinate(size), "13"),
        ("font-weight", weight, 400),
        ("fill", fill, INK),
    )
    more = "".join(f' {name}="{value}"' for name, value, usual in unusual if value != usual)
    return f'<text x="{coordinate(x)}" y="{coordinate(y)}"{more}>{safe(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = RULE, width: float = 1, dashes: str = "") -> str:
    """Return one straight line."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = f'x1="{coordinate(x1)}" y1="{coordinate(y1)}" x2="{coordinate(x2)}" y2="{coordinate(y2)}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{coordinate(width)}"{dashed}/>'


def box(x: float, y: float, width: float, height: float) -> str:
    """Return the path of a rectangle, to be joined with others into one path of a series."""
    return f"M{coordinate(x)} {coordinate(y)}h{coordinate(width)}v{coordinate(height)}h{coordinate(-width)}z"


def series(shapes: Iterable[str], fill: str, kind: str, *, outline: str = "") -> str:
    """Return all shapes of one series as one path: many small elements are what slows the PDF."""
    edge = f' stroke="{outline}" stroke-width="0.75"' if outline else ""
    return f'<path data-series="{safe(kind)}" fill="{fill}"{edge} d="{"".join(shapes)}"/>'


def small(texts: Iterable[str]) -> str:
    """Return texts that are set small and soft, which is said once for all of them."""
    return f'<g font-size="{coordinate(SMALL)}" fill="{SOFT}">{"".join(texts)}</g>'


def own_mark(x: float, y: float, words: Words) -> str:
    """Return the filled triangle that points down at (x, y), with the word beside it."""
    triangle = f'<path data-series="own" fill="{YOURS}" d="M{coordinate(x)} {coordinate(y)}l-6 -10h12z"/>'
    return triangle + text(x, y - 13, words.you, weight=600, fill=YOURS)


def listed(values: Iterable[object]) -> str:
    """Return values as one attribute, undefined ones as `none`."""
    return " ".join("none" if value is None else str(value) for value in values)


def frame(body: Iterable[str], *, name: str, title: str, description: str, size: Size, facts: Mapping[str, object]) -> str:
    """Return the whole SVG: title first, then the description, the numbers as data attributes, then the marks.

    `name` must be unique on the page: the ids are made of it.
    """
    anchor = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    data = "".join(f' data-{key}="{safe(value)}"' for key, value in facts.items() if value is not None)
    extent = f"{coordinate(size.width)} {coordinate(size.height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {extent}" width="{extent.split()[0]}" height="{extent.split()[1]}"'
        f' role="img" aria-labelledby="{anchor}-title {anchor}-desc" font-family="{FONT}" font-size="{coordinate(TEXT)}"'
        f' text-anchor="middle" fill="{INK}"{data}>'
        f'<title id="{anchor}-title">{safe(title)}</title><desc id="{anchor}-desc">{safe(description)}</desc>'
        f"{''.join(body)}</svg>"
    )
