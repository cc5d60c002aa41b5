"""The finished manual: for print and screen as one HTML document, and as a draft that carries its evidence."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delphi.language import gettext, marked
from delphi.manual.compare import Comparison
from delphi.manual.html import plain_text
from delphi.manual.outline import Item, Outline, Section
from delphi.manual.pages import PageSize, render_page
from delphi.manual.publication import ItemEvidence, Publication, RoundEvidence
from delphi.manual.write import write_draft

_LOWEST_HEADING = 6
_SHORT = 110
_WHOLE = 400
_KINDS = {"core": marked("core"), "flexible": marked("flexible")}
_FACTS = {
    "rule": marked("Rule"),
    "version": marked("Version"),
    "date": marked("Date"),
    "citation": marked("Citation"),
    "software": marked("Software"),
    "sha256": marked("SHA-256"),
}
_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|~&"})


@dataclass(frozen=True)
class _Numbered:
    number: int
    evidence: ItemEvidence
    short: str


def manual_html(publication: Publication, *, page_size: PageSize = PageSize.A4) -> str:
    """Return the manual as one HTML document with contents, evidence and colophon; `render_pdf` prints it."""
    outline = publication.outline
    numbers = {item.key: number for number, item in enumerate(outline.items(), start=1)}
    evidence = [_Numbered(numbers.get(one.key, 0), one, _short(one.statement)) for one in publication.evidence]
    return render_page(
        "manual.html",
        page_size=page_size,
        outline=outline,
        colophon=publication.colophon,
        thanks=publication.thanks,
        chapters=_chapters(outline),
        tags=_heading_tags(outline),
        numbers=numbers,
        documented={one.key for one in publication.evidence},
        evidence=[one for one in evidence if one.number],
        left_out=[one for one in evidence if not one.number],
        is_item=lambda block: isinstance(block, Item),
    )


def redline_html(
    comparison: Comparison,
    *,
    title: str,
    old_label: str,
    new_label: str,
    language: str = "en",
    page_size: PageSize = PageSize.A4,
) -> str:
    """Return the difference of two drafts as one HTML document: what was taken out and what was put in, in its place."""
    return render_page(
        "redline.html",
        page_size=page_size,
        comparison=comparison,
        title=title,
        old_label=old_label,
        new_label=new_label,
        language=language,
    )


def manual_markdown(publication: Publication) -> str:
    """Return the manual as a draft with its evidence in an appendix; reading it gives the same outline again."""
    parts = [write_draft(publication.outline), "::: {.appendix}", f"# {gettext('Evidence')}"]
    kept = {item.key for item in publication.outline.items()}
    for one in publication.evidence:
        if one.key in kept:
            parts += _evidence_markdown(one)
    gone = [one for one in publication.evidence if one.key not in kept]
    parts += [f"# {gettext('Items no longer in the manual')}"] if gone else []
    for one in gone:
        parts += _evidence_markdown(one)
    parts += _thanks_markdown(publication.thanks)
    parts += [f"# {gettext('How this manual was made')}", *map(_one_line, publication.colophon.how_made)]
    facts = [(gettext(word), getattr(publication.colophon, name)) for name, word in _FACTS.items()]
    parts += [f"**{word}:** {_one_line(value)}" for word, value in facts if value]
    return "\n\n".join([*parts, ":::"]) + "\n"


def _thanks_markdown(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [
        f"# {gettext('Thanks')}",
        gettext("Thanks to those on the panel who wanted to be named:"),
        "\n".join(f"- {_one_line(name)}" for name in names),
    ]


def _chapters(outline: Outline) -> list[list[Section]]:
    """Return the sections in groups, each begun by one of the highest level."""
    highest = min(section.level for section in outline.sections)
    chapters: list[list[Section]] = []
    for section in outline.sections:
        if section.level == highest or not chapters:
            chapters.append([])
        chapters[-1].append(section)
    return chapters


def _heading_tags(outline: Outline) -> dict[str, str]:
    """Return each section's heading element; the title is the only h1, and no level is skipped on the way down."""
    highest = min(section.level for section in outline.sections)
    tags = {}
    last = 1
    for section in outline.sections:
        last = min(2 + section.level - highest, last + 1, _LOWEST_HEADING)
        tags[section.key] = f"h{last}"
    return tags


def _short(markdown: str) -> str:
    """Return the wording on one line: whole, unless it is a section's, which stands in full in the manual itself."""
    words = " ".join(plain_text(markdown).split())
    return words if len(words) <= _WHOLE else words[:_SHORT].rsplit(" ", 1)[0] + " …"


def _evidence_markdown(one: ItemEvidence) -> Iterator[str]:
    yield f"## {_one_line(_short(one.statement))}"
    yield _one_line(f"{gettext(_KINDS[one.kind])} · {one.section_heading} · {one.key}")
    yield _quoted(one.statement)
    for version in one.versions:
        reason = f" ({_one_line(version.reason)})" if version.reason else ""
        yield f"**{_one_line(version.label)}**{reason}"
        yield _quoted(version.text)
        if version.plain:
            yield from (gettext("In plain words:"), _quoted(version.plain))
    if one.rounds:
        yield _table([list(map(gettext, _ROUND_COLUMNS)), *map(_round_cells, one.rounds)])
    for evidence in one.rounds:
        if evidence.groups:
            rows = [[group.label, *group.cells] for group in evidence.groups]
            yield _table([[evidence.round, *evidence.group_columns], *rows])
    yield from map(_one_line, one.findings)
    said = ((gettext("Verdict"), one.verdict), (gettext("Decision"), one.decision), (gettext("Withheld"), one.withheld))
    for word, text in said:
        if text:
            yield f"**{word}:** {_one_line(text)}"
    if one.reasons:
        yield f"**{gettext('Reasons given:')}**"
        yield "\n".join(f"- {_one_line(reason)}" for reason in one.reasons)


_ROUND_COLUMNS = [marked("Round"), marked("Wording"), marked("Rated"), marked("Unable to rate"), marked("Figures")]


def _round_cells(evidence: RoundEvidence) -> list[str]:
    figures = "; ".join(f"{label} {text}" for label, text in evidence.figures)
    return [evidence.round, evidence.wording_label, evidence.n_rated, evidence.n_unable, figures]


def _table(rows: Sequence[Sequence[str]]) -> str:
    width = max(map(len, rows))
    head, *body = [[*map(_one_line, row), *[""] * (width - len(row))] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * width, *body])


def _quoted(markdown: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in markdown.split("\n"))


def _one_line(text: str) -> str:
    """Return a plain text as one line of Markdown that says just that."""
    printable = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    words = " ".join(printable.split()).translate(_MARKUP)
    return f"\\{words}" if words.startswith((":", "-", "+", "=")) else words
