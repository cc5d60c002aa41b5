"""Marking items: which paragraphs of the working draft the panel rates, and as what."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.marking import Part, parts_of, remarked
from delphi.manual.outline import ItemKind, Outline, Section
from delphi.manual.write import write_section
from delphi.models import Draft, EditClass, Item, ItemVersion, ItemWording, Study
from delphi.services import auditing
from delphi.services.drafts import Change, latest_draft, outline_of, store_outline, working_draft
from delphi.services.editing import edition_of, with_section

MARKED = "items marked"
TEXT, UNLESS_MARKED = "text", "unless-marked"  # what can be said of a section as a whole, beside the two kinds of items
KINDS: dict[str, ItemKind | None] = {TEXT: None, **{kind.value: kind for kind in ItemKind}}


def mark_items(
    session: Session,
    study: Study,
    key: str,
    kinds: Mapping[int, ItemKind | None],
    whole: ItemKind | None,
    *,
    edition: str,
    reason: str,
    actor: str,
    now: datetime,
) -> Draft:
    """Make these parts of a section (by place) items of these kinds or text again, and say so in the log.

    `edition` is the state of the draft that the places were counted in. A reason is needed once a round has been rated on
    an earlier draft: panelists read it beside what is new.
    """
    latest = latest_draft(session, study)
    if edition_of(latest) != edition:
        raise ConflictError("Somebody else has changed the draft meanwhile. Look at theirs, then mark the items again.")
    if needs_reason(latest) and not reason.strip():
        raise InvalidError("Say in a sentence why you change what is rated: panelists read it beside what is new.")
    before = outline_of(session, latest)
    after = with_marks(before, key, kinds, whole, _known_words(session, study))
    draft = working_draft(session, study, now=now)
    edit_class = EditClass.SUBSTANTIVE if draft.number > 1 else EditClass.FIRST
    store_outline(session, study, draft, after, Change(edit_class, reason.strip()))
    items = [item.key for item in after.section(key).items]
    detail = {"draft": draft.number, "section": key, "items": items, "of": sum(1 for _ in after.items())}
    auditing.record(session, study, MARKED, actor=actor, now=now, detail=detail, texts={"reason": reason} if reason else {})
    return draft


def whole_as_it_is(section: Section) -> str:
    """Return what a section as a whole is unless somebody chooses: rated, until a paragraph of it is an item."""
    if section.rated is ItemKind.FLEXIBLE and len(section.items) == 1:
        return UNLESS_MARKED
    return section.rated or TEXT


def whole_after(said: str, parts: Sequence[Part], chosen: Mapping[int, ItemKind | None]) -> ItemKind | None:
    """Return what the section as a whole becomes, once its paragraphs are what was chosen."""
    if said != UNLESS_MARKED:
        return KINDS[said]
    is_marked = any(chosen.get(place, part.kind) for place, part in enumerate(parts))
    return None if is_marked else ItemKind.FLEXIBLE


def needs_reason(latest: Draft) -> bool:
    """Tell whether a change to this newest draft is one that panelists have to be told about."""
    return latest.number > 1 or latest.is_frozen


def with_marks(
    outline: Outline, key: str, kinds: Mapping[int, ItemKind | None], whole: ItemKind | None, known: Mapping[str, str]
) -> Outline:
    """Return the outline with one section's parts marked like this, or refuse what cannot be.

    `known` are the keys that words had as items in earlier drafts.
    """
    section = section_called(outline, key)
    if any(place >= len(parts_of(section)) for place in kinds):
        raise InvalidError("This section has no such paragraph. Open the page again and mark the items anew.")
    taken = {each.key for each in outline.sections} | {item.key for item in outline.items()}
    return with_section(outline, key, write_section(remarked(section, kinds, whole, taken, known)))


def section_called(outline: Outline, key: str) -> Section:
    """Return the section with this key, or refuse."""
    for section in outline.sections:
        if section.key == key:
            return section
    raise NotFoundError("This draft has no section called {key}.", key=key)


def _known_words(session: Session, study: Study) -> dict[str, str]:
    rows = session.execute(
        select(ItemWording.text, Item.key)
        .join(ItemVersion, ItemVersion.id == ItemWording.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Item.study_id == study.id)
        .order_by(ItemVersion.id)
    )
    return {text: key for text, key in rows}
