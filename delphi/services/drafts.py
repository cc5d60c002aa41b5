"""The manual's drafts: taking an outline in, giving it back, and keeping versions of every wording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual import outline as manual
from delphi.models import (
    Draft,
    DraftItem,
    DraftSection,
    EditClass,
    Item,
    ItemLineage,
    ItemVersion,
    ItemWording,
    Round,
    RoundStatus,
    Section,
    SectionVersion,
    Study,
)

MOST_ITEMS = 1000


@dataclass(frozen=True)
class Change:
    """How changed wordings are to be taken: their class, the reason, and the items that they descend from (by key)."""

    edit_class: EditClass = EditClass.SUBSTANTIVE
    reason: str = ""
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relation: str = "reworded"
    decision_id: int | None = None


def latest_draft(session: Session, study: Study) -> Draft:
    """Return the study's newest draft, frozen or not."""
    draft = session.scalar(select(Draft).where(Draft.study_id == study.id).order_by(Draft.number.desc()).limit(1))
    if draft is None:
        raise NotFoundError("This study has no draft yet. Import one.")
    return draft


def find_draft(session: Session, study: Study, number: int) -> Draft:
    """Return the study's draft of that number, or refuse."""
    draft = next((draft for draft in drafts_of(session, study) if draft.number == number), None)
    if draft is None:
        raise NotFoundError("This study has no draft {number}.", number=number)
    return draft


def drafts_of(session: Session, study: Study) -> list[Draft]:
    """Return the study's drafts, the first one first."""
    return list(session.scalars(select(Draft).where(Draft.study_id == study.id).order_by(Draft.number)))


def first_draft(session: Session, study: Study, outline: manual.Outline, *, now: datetime) -> Draft:
    """Take a manual in as the study's first draft."""
    draft = Draft(study_id=study.id, number=1, meta=dict(outline.meta), created_at=now)
    session.add(draft)
    session.flush()
    store_outline(session, study, draft, outline, Change(EditClass.FIRST))
    return draft


def working_draft(session: Session, study: Study, *, now: datetime) -> Draft:
    """Return the draft that may be edited; the first call after a round starts it as a copy of the frozen one."""
    lock_row(session, study)
    latest = latest_draft(session, study)
    if not latest.is_frozen:
        return latest
    if session.scalar(select(Round).where(Round.study_id == study.id, Round.status == RoundStatus.OPEN)):
        raise ConflictError("A round is open on this draft, so its words stay as they are. Close the round first.")
    draft = Draft(study_id=study.id, number=latest.number + 1, meta=dict(latest.meta), created_at=now)
    session.add(draft)
    session.flush()
    for place in session.scalars(select(DraftSection).where(DraftSection.draft_id == latest.id)):
        session.add(DraftSection(draft_id=draft.id, position=place.position, section_version_id=place.section_version_id))
    for held in session.scalars(select(DraftItem).where(DraftItem.draft_id == latest.id)):
        session.add(DraftItem(draft_id=draft.id, position=held.position, item_version_id=held.item_version_id))
    session.flush()
    return draft


def item_versions(session: Session, draft: Draft) -> dict[str, ItemVersion]:
    """Return the draft's item versions by item key, in the order of the document."""
    held = session.scalars(
        select(DraftItem)
        .where(DraftItem.draft_id == draft.id)
        .order_by(DraftItem.position)
        .options(selectinload(DraftItem.item_version).selectinload(ItemVersion.item))
    )
    return {place.item_version.item.key: place.item_version for place in held}


def outline_of(session: Session, draft: Draft) -> manual.Outline:
    """Return the draft as the document it is."""
    return outlines_of(session, [draft])[draft.id]


def outlines_of(session: Session, drafts: Sequence[Draft]) -> dict[int, manual.Outline]:
    """Return drafts as the documents they are, by the draft's id; what they are made of is read once."""
    ids = [draft.id for draft in drafts]
    held = session.scalars(
        select(DraftItem)
        .where(DraftItem.draft_id.in_(ids))
        .options(selectinload(DraftItem.item_version).selectinload(ItemVersion.item))
    )
    versions = {(one.draft_id, one.item_version.item.key): one.item_version for one in held}
    places = session.scalars(
        select(DraftSection)
        .where(DraftSection.draft_id.in_(ids))
        .order_by(DraftSection.position)
        .options(selectinload(DraftSection.section_version).selectinload(SectionVersion.section))
    )
    sections: dict[int, list[manual.Section]] = {id_: [] for id_ in ids}
    for place in places:
        sections[place.draft_id].append(_section_of(place.section_version, place.draft_id, versions))
    return {draft.id: manual.Outline(dict(draft.meta), tuple(sections[draft.id])) for draft in drafts}


def store_outline(session: Session, study: Study, draft: Draft, outline: manual.Outline, change: Change) -> list[ItemVersion]:
    """Make the draft say what the outline says; return the item versions that are new or were edited.

    What is worded as in the draft before keeps its version. Anything else gets a new one, as `change` says; while the draft
    is not frozen, its own versions are edited in place.
    """
    if draft.is_frozen:
        raise ConflictError("Draft {number} is frozen: ratings belong to its words. Edit the next draft.", number=draft.number)
    require_ratable(outline)
    draft.meta = dict(outline.meta)
    flag_modified(draft, "meta")  # whatever changes in a draft moves its version on, so that two editors notice each other
    changed = _store_items(session, study, draft, outline, change)
    _store_sections(session, study, draft, outline)
    _remove_orphans(session, draft)
    return changed


def require_ratable(outline: manual.Outline) -> None:
    """Refuse more items than any panel could rate, and more than a save should keep others waiting for."""
    n = sum(1 for _ in outline.items())
    if n > MOST_ITEMS:
        raise InvalidError("This draft has {n} items; at most {most} can be rated in one study.", n=n, most=MOST_ITEMS)


def freeze(draft: Draft, *, now: datetime) -> None:
    """Fix the draft's words for good: a round opens on it."""
    if not draft.is_frozen:
        draft.frozen_at = now


def _section_of(version: SectionVersion, draft_id: int, versions: Mapping[tuple[int, str], ItemVersion]) -> manual.Section:
    blocks = tuple(
        _item_of(block["item"], versions[draft_id, block["item"]]) if "item" in block else manual.Prose(block["prose"])
        for block in version.blocks
    )
    rated = manual.ItemKind(version.rated) if version.rated else None
    return manual.Section(version.section.key, version.heading, version.level, blocks, rated)


def _item_of(key: str, version: ItemVersion) -> manual.Item:
    return manual.Item(key, manual.ItemKind(version.kind), version.text, version.plain)


def _store_items(session: Session, study: Study, draft: Draft, outline: manual.Outline, change: Change) -> list[ItemVersion]:
    known = {item.key: item for item in session.scalars(select(Item).where(Item.study_id == study.id))}
    base = _base_versions(session, study, draft)
    working = item_versions(session, draft)
    section_keys = {section.key for section in outline.sections if section.rated}
    session.execute(delete(DraftItem).where(DraftItem.draft_id == draft.id))
    session.expire(draft)
    changed = []
    for position, item in enumerate(outline.items()):
        row = known.get(item.key) or _new_item(session, study, item.key, item.key in section_keys)
        version = _same_words(item, base.get(item.key), working.get(item.key))
        if version is None:
            version = _reworded(session, study, draft, row, item, base, working.get(item.key), change)
            changed.append(version)
        session.add(DraftItem(draft_id=draft.id, position=position, item_version_id=version.id))
    session.flush()
    return changed


def _base_versions(session: Session, study: Study, draft: Draft) -> dict[str, ItemVersion]:
    if draft.number == 1:
        return {}
    return item_versions(session, find_draft(session, study, draft.number - 1))


def _new_item(session: Session, study: Study, key: str, is_section: bool) -> Item:
    row = Item(study_id=study.id, key=key, is_section=is_section)
    session.add(row)
    session.flush()
    return row


def _same_words(item: manual.Item, *candidates: ItemVersion | None) -> ItemVersion | None:
    for version in candidates:
        if version is not None and _item_of(item.key, version) == item:
            return version
    return None


def _reworded(
    session: Session,
    study: Study,
    draft: Draft,
    row: Item,
    item: manual.Item,
    base: Mapping[str, ItemVersion],
    working: ItemVersion | None,
    change: Change,
) -> ItemVersion:
    """Give the item a new version, or edit the one that this same draft began."""
    version = working if working is not None and working.draft_id == draft.id else None
    if version is None:
        version = ItemVersion(item_id=row.id, draft_id=draft.id)
        version.wordings = [ItemWording.of(study.language, item.markdown, item.plain)]
        session.add(version)
    else:
        version.wordings[0].say(item.markdown, item.plain)
    version.kind, version.reason = item.kind, change.reason
    parents = [base[key] for key in change.parents.get(item.key, (item.key,)) if key in base]
    version.number, version.edit, version.edit_class = _numbering(session, row, version, base.get(item.key), parents, change)
    session.flush()
    if working is version and item.key not in change.parents:
        return version  # edited by hand: what it was split or merged from, it still is
    session.execute(delete(ItemLineage).where(ItemLineage.child_version_id == version.id))
    for parent in parents:
        session.add(
            ItemLineage(
                child_version_id=version.id,
                parent_version_id=parent.id,
                relation=change.relation,
                decision_id=change.decision_id,
            )
        )
    return version


def _numbering(
    session: Session,
    row: Item,
    version: ItemVersion,
    base: ItemVersion | None,
    parents: list[ItemVersion],
    change: Change,
) -> tuple[int, int, str]:
    # What this draft has already changed in substance stays so, however small the last touch to it is.
    if base is not None and change.edit_class is EditClass.TYPO and version.edit_class in (None, EditClass.TYPO):
        return base.number, base.edit + 1, EditClass.TYPO
    others = select(ItemVersion.number).where(ItemVersion.item_id == row.id, ItemVersion.id != (version.id or 0))
    with session.no_autoflush:
        number = max(session.scalars(others), default=0) + 1
    edit_class = EditClass.SUBSTANTIVE if change.edit_class is EditClass.TYPO else change.edit_class
    return number, 0, edit_class if parents else version.edit_class or EditClass.FIRST


def _store_sections(session: Session, study: Study, draft: Draft, outline: manual.Outline) -> None:
    known = {row.key: row for row in session.scalars(select(Section).where(Section.study_id == study.id))}
    session.execute(delete(DraftSection).where(DraftSection.draft_id == draft.id))
    for position, section in enumerate(outline.sections):
        row = known.get(section.key)
        if row is None:
            row = Section(study_id=study.id, key=section.key)
            session.add(row)
            session.flush()
        version = _section_version(session, study, draft, row, section)
        session.add(DraftSection(draft_id=draft.id, position=position, section_version_id=version.id))
    session.flush()


def _section_version(session: Session, study: Study, draft: Draft, row: Section, section: manual.Section) -> SectionVersion:
    blocks = [{"item": block.key} if isinstance(block, manual.Item) else {"prose": block.markdown} for block in section.blocks]
    said = {"heading": section.heading, "level": section.level, "rated": section.rated, "blocks": blocks}
    versions = list(
        session.scalars(select(SectionVersion).where(SectionVersion.section_id == row.id).order_by(SectionVersion.number))
    )
    for version in reversed(versions):
        if all(getattr(version, name) == value for name, value in said.items()):
            return version
    own = next((version for version in versions if version.draft_id == draft.id), None)
    if own is None:
        number = versions[-1].number + 1 if versions else 1
        own = SectionVersion(section_id=row.id, draft_id=draft.id, number=number, language=study.language, **said)
        session.add(own)
    for name, value in said.items():
        setattr(own, name, value)
    session.flush()
    return own


def _remove_orphans(session: Session, draft: Draft) -> None:
    """Drop versions that this unfrozen draft began and no longer holds: nobody has ever rated them."""
    held = select(DraftItem.item_version_id).where(DraftItem.draft_id == draft.id)
    orphans = select(ItemVersion).where(ItemVersion.draft_id == draft.id, ItemVersion.id.not_in(held))
    for version in session.scalars(orphans):
        session.execute(delete(ItemLineage).where(ItemLineage.child_version_id == version.id))
        session.delete(version)
    sections = select(DraftSection.section_version_id).where(DraftSection.draft_id == draft.id)
    session.execute(delete(SectionVersion).where(SectionVersion.draft_id == draft.id, SectionVersion.id.not_in(sections)))
    session.flush()
