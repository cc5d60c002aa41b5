"""What the columns of the table of items mean, in plain words."""

from collections.abc import Iterator

from delphi.web.office.lines import Lines
from delphi.web.pictures import zones_of
from delphi.web.words import gettext


def legend_of(lines: Lines) -> list[tuple[str, str]]:
    """Return the heads that are there, from left to right, each with what stands under it."""
    return [
        *_of_the_panel(lines),
        *_of_groups(lines),
        *_of_change(lines),
        (gettext("Decision"), gettext("What the team decided.")),
    ]


def _of_the_panel(lines: Lines) -> Iterator[tuple[str, str]]:
    yield (
        gettext("Verdict"),
        gettext(
            "What the consensus rule of the protocol says: consensus in, consensus out, or no consensus. What becomes of the "
            "item is decided by the team."
        ),
    )
    yield (
        gettext("Ratings"),
        gettext(
            "How many people chose each level. Below, the tick is the median, and the band holds the middle half of the ratings."
        ),
    )
    yield gettext("Rated"), gettext("How many people rated it. Who was unable to, or left it empty, is counted apart.")
    yield gettext("Median"), gettext("The middle one of all ratings, put in order.")
    yield (
        gettext("IQR"),
        gettext("The interquartile range: how many levels the middle half of the ratings spans. The fewer, the closer they are."),
    )
    heads = ", ".join(zone.label.capitalize() for zone in zones_of(lines.choices))
    whom = _whom(lines)
    yield heads, gettext("How many percent %(whom)s chose one of the levels that the head names.", whom=whom)


def _of_groups(lines: Lines) -> Iterator[tuple[str, str]]:
    if lines.groups and not lines.wanted.group:
        high = zones_of(lines.choices)[-1].label
        names = ", ".join(lines.groups)
        yield names, gettext("The same for each group, of its people alone: how many percent rated it %(high)s.", high=high)


def _of_change(lines: Lines) -> Iterator[tuple[str, str]]:
    if lines.earlier_rounds:
        yield (
            gettext("Moved"),
            gettext(
                "How far the answers of the same people have shifted since the round before, among items whose words are the "
                "same: half the sum of the differences between the two distributions. Under 15 %% an item counts as stable."
            ),
        )
    if not lines.wanted.group:
        yield (
            gettext("Firm"),
            gettext(
                "How many ratings would have to be others for another verdict. Fragile: one other rating, or one person fewer, "
                "would be enough."
            ),
        )


def _whom(lines: Lines) -> str:
    if lines.choices.denominator == "rated":
        return gettext("of those who rated it")
    return gettext("of those who answered, unable to rate included,")
