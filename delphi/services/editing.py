"""Editing the manual by hand: one section of the working draft at a time, never over somebody else's change."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.outline import Outline
from delphi.manual.parse import parse_section
from delphi.models import Draft, Study
from delphi.services import auditing
from delphi.services.drafts import Change, latest_draft, outline_of, store_outline, working_draft


def edition_of(draft: Draft) -> str:
    """Return what tells this state of the draft from any other: its number and the version of its last change."""
    return f"{draft.number}.{draft.version}"


def edit_section(
    session: Session, study: Study, key: str, text: str, *, edition: str, change: Change, actor: str, now: datetime
) -> Draft:
    """Make a section of the working draft say this Markdown; what is worded anew gets a version, as `change` says.

    `edition` is the state of the draft that the form had shown: a newer one is not overwritten.
    """
    latest = latest_draft(session, study)
    if edition_of(latest) != edition:
        raise ConflictError("Somebody else has changed the draft meanwhile. Your text is kept: compare it with theirs.")
    if not change.reason.strip():
        raise InvalidError("Say in a sentence why you change this: panelists read it beside what is worded anew.")
    edited = with_section(outline_of(session, latest), key, text)
    draft = working_draft(session, study, now=now)
    versions = store_outline(session, study, draft, edited, change)
    changed = [f"{version.item.key} {version.label}" for version in versions]
    detail = {"draft": draft.number, "section": key, "class": change.edit_class, "items": changed}
    texts = {"reason": change.reason}
    auditing.record(session, study, "section edited", actor=actor, now=now, detail=detail, texts=texts)
    return draft


def with_section(outline: Outline, key: str, text: str) -> Outline:
    """Return the outline with one section's Markdown replaced, or refuse what cannot stand there."""
    if not any(section.key == key for section in outline.sections):
        raise NotFoundError("This draft has no section called {key}.", key=key)
    section = parse_section(text)
    if section.key != key:
        raise InvalidError("Leave the key of the section as it is, {{#{key}}}: earlier rounds go by it.", key=key)
    others = [each for each in outline.sections if each.key != key]
    taken = {each.key for each in others} | {item.key for each in others for item in each.items}
    for item in section.items:
        if item.key in taken:
            raise InvalidError("Another section has an item called {key}. Give this one another key.", key=item.key)
    edited = replace(outline, sections=tuple(section if each.key == key else each for each in outline.sections))
    if not any(True for _ in edited.items()):
        raise InvalidError("This would leave the manual without any item. Keep at least one.")
    return edited
