"""What a finished manual carries beside its words: the evidence for every item, and how it was made.

Every figure is a text, ready to print: nothing is computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from delphi.manual.outline import ItemKind, Outline


@dataclass(frozen=True)
class WordingVersion:
    """One wording that an item has had: its label, its Markdown, the reason for it, and the same in plain language."""

    label: str
    text: str
    reason: str = ""
    plain: str = ""


@dataclass(frozen=True)
class GroupRow:
    """What one stakeholder group said, a cell to each of the round's group columns; one cell alone stands for all of them."""

    label: str
    cells: Sequence[str]


@dataclass(frozen=True)
class RoundEvidence:
    """What one round said of an item. `chart_svg` is from `delphi.charts`, which escapes what it draws."""

    round: str
    wording_label: str
    n_rated: str
    n_unable: str
    chart_svg: str | None = None
    figures: Sequence[tuple[str, str]] = ()
    group_columns: Sequence[str] = ()
    groups: Sequence[GroupRow] = ()


@dataclass(frozen=True)
class ItemEvidence:
    """All that is published of one item.

    `findings` are sentences on its verdict: what it rests on, and which groups see it differently. `withheld` says in a
    sentence what is kept back, and why. `reasons` are comments that the panel was shown, where people did not agree.
    """

    key: str
    kind: ItemKind
    statement: str
    section_heading: str
    versions: Sequence[WordingVersion] = ()
    rounds: Sequence[RoundEvidence] = ()
    verdict: str | None = None
    decision: str | None = None
    withheld: str | None = None
    findings: Sequence[str] = ()
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class Colophon:
    """Which manual this is and how it came to be."""

    title: str
    subtitle: str = ""
    authors: Sequence[str] = ()
    version: str = ""
    date: str = ""
    citation: str = ""
    licence: str = ""
    how_made: Sequence[str] = ()
    rule: str = ""
    software: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Publication:
    """A manual ready to be handed out. Evidence for items that are no longer in the outline tells of what was left out.

    `thanks` are the names of those on the panel who asked to be named, in alphabetical order.
    """

    outline: Outline
    evidence: Sequence[ItemEvidence]
    colophon: Colophon
    thanks: Sequence[str] = ()
