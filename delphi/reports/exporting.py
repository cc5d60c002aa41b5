"""One study, one kind of file: its content, and a key by which a file that was made can be kept and given out again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.errors import InvalidError
from delphi.files.written import csv_text
from delphi.language import speaking
from delphi.manual.pdf import render_pdf
from delphi.manual.publication import Publication
from delphi.manual.publish import manual_html, manual_markdown
from delphi.models import Study
from delphi.reports.colophon import value_in_words
from delphi.reports.evidence import publication_of
from delphi.reports.history import History, history_of


@dataclass(frozen=True)
class Export:
    """A finished file."""

    filename: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class _Kind:
    media_type: str
    write: Callable[[Publication, History], bytes]


def _pdf(publication: Publication, history: History) -> bytes:
    return render_pdf(manual_html(publication), made=history.as_of)


def _html(publication: Publication, _history: History) -> bytes:
    return manual_html(publication).encode()


def _markdown(publication: Publication, _history: History) -> bytes:
    return manual_markdown(publication).encode()


def _comments(_publication: Publication, history: History) -> bytes:
    """Return what the panel was shown of comments, round by round, in the order that was drawn for all items together."""
    header = ("round", "item", "wording", "comment", "in_other_words", "group")
    rows = [
        (one.round, one.item, one.wording, one.text, "yes" if one.is_reworded else "no", one.group)
        for round_ in history.rounds
        for one in round_.comments
    ]
    return csv_text(header, rows).encode()


def _panel(_publication: Publication, history: History) -> bytes:
    """Return who was invited to each published round and took part, by what was known of them before; "" where not told."""
    header = ("round", "attribute", "value", "invited", "took_part")
    rows = [
        (
            round_.number,
            one["attribute"],
            value_in_words(entry["value"]),
            "" if entry["invited"] is None else entry["invited"],
            "" if entry["participants"] is None else entry["participants"],
        )
        for round_ in history.rounds
        for one in round_.view.get("attributes", ())
        for entry in one["values"]
    ]
    return csv_text(header, rows).encode()


_KINDS = {
    "manual.pdf": _Kind("application/pdf", _pdf),
    "manual.html": _Kind("text/html; charset=utf-8", _html),
    "manual.md": _Kind("text/markdown; charset=utf-8", _markdown),
    "comments.csv": _Kind("text/csv; charset=utf-8", _comments),
    "panel.csv": _Kind("text/csv; charset=utf-8", _panel),
}
KINDS = tuple(_KINDS)


def export(session: Session, study: Study, kind: str, *, now: datetime, thanks: Sequence[str] = ()) -> Export:
    """Return the file of this kind; the same state of the study gives the same bytes, whenever it is made.

    Only the file's name says on which day that was (`now`). `thanks` are the names that it prints.
    """
    made = _kind(kind)
    name, _, ending = kind.rpartition(".")
    with speaking(study.language):
        history = history_of(session, study)
        filename = f"{study.slug}-{name}-draft-{history.draft.number}-{now:%Y-%m-%d}.{ending}"
        return Export(filename, made.write(publication_of(history, thanks), history), made.media_type)


def export_key(session: Session, study: Study, kind: str, thanks: Sequence[str] = ()) -> str:
    """Return a hash of all that the file's content is made of: it changes when the content does, and only then."""
    return export_keys(session, study, [kind], thanks)[kind]


def export_keys(session: Session, study: Study, kinds: Iterable[str], thanks: Sequence[str] = ()) -> dict[str, str]:
    """Return the same for several kinds of file, by kind; what they share is read once."""
    known = {kind: _kind(kind) for kind in kinds}
    with speaking(study.language):
        history = history_of(session, study)
        # The software's version, which the looks depend on, stands in the colophon.
        comments = [asdict(comment) for round_ in history.rounds for comment in round_.comments]
        content = (history.as_of.isoformat(), asdict(publication_of(history, thanks)), comments)
        return {kind: sha256(canonical_json([kind, *content])) for kind in known}


def _kind(kind: str) -> _Kind:
    if kind not in _KINDS:
        raise InvalidError("There is no export called {kind}. There are: {known}.", kind=kind, known=", ".join(KINDS))
    return _KINDS[kind]
