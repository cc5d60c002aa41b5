"""A small manual with evidence, whose texts try to break out of where they are put."""

from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section
from delphi.manual.publication import Colophon, GroupRow, ItemEvidence, Publication, RoundEvidence, WordingVersion

CORE, FLEXIBLE = ItemKind.CORE, ItemKind.FLEXIBLE
PLACE = Item("place", CORE, "The first meeting takes place where the person has chosen.")
PACE = Item("pace", FLEXIBLE, "The worker waits until the person is ready.")
OUTLINE = Outline(
    {"title": "Meeting people", "language": "en", "authors": ("Ada",)},
    (
        Section("first", "First meetings", 1, (Prose("The first talks set the tone."), PLACE, PACE)),
        Section("later", "Later on", 2, (Prose("Łódź, α ≥ 1."),), FLEXIBLE),
    ),
)
CHART = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Most gave 9</title><path d="M0 0h9v9z"/></svg>'


def evidence(item, **changes):
    """Return evidence of one item with one round, changed as said."""
    groups = (GroupRow("Carers", ("6", "83 %")), GroupRow("Workers", ("12", "75 %")))
    figures = (("median", "8"), ("rated 7–9", "78 %"))
    round_1 = RoundEvidence("Round 1", "wording 1", "18 rated", "2 unable", CHART, figures, ("Rated", "7–9"), groups)
    values = {"statement": item.markdown, "section_heading": "First meetings", "rounds": (round_1,), "verdict": "Consensus in"}
    return ItemEvidence(item.key, item.kind, **(values | changes))


COLOPHON = Colophon(
    title="Meeting people",
    subtitle="A small manual",
    authors=("Ada", "Bo"),
    version="2",
    date="23 November 2026",
    citation="Ada (2026). Meeting people.",
    how_made=("Twenty people rated every item.", "::: {#sly .item .core}"),
    rule="At least 70 % gave 7–9.",
    software="delphi-manual 1.0",
    sha256="ab12" * 16,
)
VERSIONS = (WordingVersion("Wording 1", "At the office."), WordingVersion("Wording 2", PLACE.markdown, "It kept people away."))
PUBLICATION = Publication(
    OUTLINE,
    (
        evidence(PLACE, versions=VERSIONS, decision="Reworded: three comments asked for it."),
        evidence(PACE, verdict=None, withheld="The verdict is not shown: it would tell of fewer than five people."),
        evidence(Item("gone", FLEXIBLE, "The worker brings a card."), decision="Dropped."),
    ),
    COLOPHON,
)
