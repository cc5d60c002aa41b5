"""The words that stand in charts, in the reader's language."""

from functools import cache

from delphi.charts.marks import Words
from delphi.language import current, decimal, gettext, marked

_ZONES = {"low": marked("low"), "middle": marked("middle"), "high": marked("high")}


def chart_words() -> Words:
    """Return the words of all charts."""
    return _words(current())


def zone_word(name: str) -> str:
    """Return the word for a zone of the scale."""
    return gettext(_ZONES[name])


@cache
def _words(_language: str) -> Words:
    return Words(
        you=gettext("you"),
        median=gettext("median {value}"),
        middle=gettext("median, the middle answer: {value}"),
        middle_half=gettext("middle half of the answers: {low} to {high}"),
        share=gettext("{part} of {whole}"),
        person=gettext("{count} person"),
        people=gettext("{count} people"),
        hidden=gettext("fewer than 5"),
        undefined=gettext("no median"),
        decimal=decimal("."),
        level=gettext("Level"),
        ratings=gettext("Ratings"),
        zone=gettext("Zone"),
        group=gettext("Group"),
        people_head=gettext("People"),
        item=gettext("Item"),
        median_head=gettext("Median"),
        verdict=gettext("Verdict"),
        agreement=gettext("Same verdict, % of the rules"),
        one_person=gettext("If one person had not answered"),
        one_group=gettext("If one group had not answered"),
        fragility=gettext("Ratings that would have to change"),
        fragile_head=gettext("Fragile or not"),
        fragile=gettext("fragile"),
        not_fragile=gettext("not fragile"),
        stays=gettext("the same"),
        flips=gettext("{count} could change it: {verdicts}"),
        flip=gettext("without {group}: {verdict}"),
    )
