"""Changing the manual by hand: a section of the working draft, or a whole draft from elsewhere."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.manual.outline import Item, Outline, Section
from delphi.manual.parse import parse_section
from delphi.models import Draft, EditClass, Study
from delphi.services import auditing
from delphi.services.decisions import sound_reason
from delphi.services.drafts import Change, latest_draft, outline_of, store_outline, working_draft
from delphi.services.revision import moved


@dataclass(frozen=True)
class Place:
    """Where an item is to stand: in this section, after one of its items or, without one, at its end."""

    section: str
    after: str = ""


@dataclass(frozen=True)
class ImportedDraft:
    """What an imported draft changed, by key: items reworded, added and gone, and sections that read differently."""

    number: int
    reworded: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    sections: tuple[str, ...]


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


def move_item(
    session: Session, study: Study, key: str, place: Place, *, edition: str, reason: str, actor: str, now: datetime
) -> Draft:
    """Let an item stand elsewhere in the working draft. No word changes, so its version and its ratings stay."""
    latest = latest_draft(session, study)
    if edition_of(latest) != edition:
        raise ConflictError("Somebody else has changed the draft meanwhile. Look at it, then move the item again.")
    reason = sound_reason(reason, marked("Give the reason in a sentence: it goes into the log."))
    before = outline_of(session, latest)
    after = moved(before, key, place.section, place.after)
    if after == before:
        raise ConflictError("The item stands there already.")
    draft = working_draft(session, study, now=now)
    store_outline(session, study, draft, after, Change(EditClass.SUBSTANTIVE, reason))
    detail = {"draft": draft.number, "item": key, "from": before.section_of(key).key, "to": place.section, "after": place.after}
    auditing.record(session, study, "item moved", actor=actor, now=now, detail=detail, texts={"reason": reason})
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


def outrun_plain_words(before: Outline, after: Outline) -> tuple[str, ...]:
    """Return the keys of the items that have other words now and the plain words of before, for somebody to read again."""
    old = {item.key: item for item in before.items()}
    return tuple(
        item.key
        for item in after.items()
        if item.plain and item.key in old and item.plain == old[item.key].plain and item.markdown != old[item.key].markdown
    )


def import_draft(
    session: Session,
    study: Study,
    outline: Outline,
    *,
    reason: str,
    typos: Collection[str],
    actor: str,
    now: datetime,
) -> ImportedDraft:
    """Make this document the study's next draft, on record with the reason; refuse it when it changes nothing.

    `typos` are keys of items whose new wording only mends a slip: earlier ratings go on speaking for them.
    """
    before = outline_of(session, latest_draft(session, study))
    if outline == before:
        raise ConflictError("This draft is the same as the latest one of the study, so there was nothing to import.")
    imported = _difference(before, outline)
    if unchanged := sorted(set(typos) - set(imported.reworded)):
        raise InvalidError("The wording of {keys} does not change, so there is no slip to mend.", keys=", ".join(unchanged))
    draft = working_draft(session, study, now=now)
    if typos:
        store_outline(session, study, draft, _with_items_of(before, outline, typos), Change(EditClass.TYPO, reason))
    store_outline(session, study, draft, outline, Change(EditClass.SUBSTANTIVE, reason))
    imported = replace(imported, number=draft.number)
    detail = {**asdict(imported), "typos": sorted(typos)}
    auditing.record(session, study, "draft imported", actor=actor, now=now, detail=detail, texts={"reason": reason})
    return imported


def _difference(before: Outline, after: Outline) -> ImportedDraft:
    old, new = ({item.key: item for item in outline.items()} for outline in (before, after))
    sections = {section.key: section for section in before.sections}
    return ImportedDraft(
        number=0,
        reworded=tuple(key for key in new if key in old and new[key] != old[key]),
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        sections=tuple(section.key for section in after.sections if section != sections.get(section.key)),
    )


def _with_items_of(before: Outline, after: Outline, keys: Collection[str]) -> Outline:
    """Return the earlier document with the later wording of these items alone."""
    later = {item.key: item for item in after.items() if item.key in keys}
    whole = {section.key: section for section in after.sections if section.key in keys}

    def reworded(section: Section) -> Section:
        blocks = (later.get(block.key, block) if isinstance(block, Item) else block for block in section.blocks)
        return whole.get(section.key) or replace(section, blocks=tuple(blocks))

    return replace(before, sections=tuple(reworded(section) for section in before.sections))
