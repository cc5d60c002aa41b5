"""A look before something is kept: the words as the panel saw them beside those that they would become."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import g

from delphi.manual.compare import BlockChange, SectionChange, Status, compare
from delphi.manual.outline import Outline
from delphi.manual.redline import ChangeKind
from delphi.models import Draft, EditClass
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.studies import rounds_of
from delphi.web.words import gettext


@dataclass(frozen=True)
class Look:
    """What would change, block by block, and for each what that means for its ratings."""

    blocks: tuple[tuple[BlockChange, str], ...]

    @property
    def is_empty(self) -> bool:
        return not self.blocks


def as_the_panel_saw() -> Outline:
    """Return the manual that the newest round was held on; before the first, the draft as it is kept."""
    rounds = rounds_of(g.session, g.study)
    return outline_of(g.session, rounds[-1].draft if rounds else latest_draft(g.session, g.study))


def begun_anew(draft: Draft) -> set[str]:
    """Return the items that this draft has changed in substance: whatever mends them now, they stay a new version."""
    if draft.is_frozen:
        return set()
    versions = item_versions(g.session, draft).items()
    return {key for key, version in versions if version.draft_id == draft.id and version.edit_class != EditClass.TYPO}


def look_at(before: Outline, after: Outline, keys: Collection[str], slips: Collection[str]) -> Look:
    """Return what becomes of the items of these keys, and of the prose where the key of its section is among them.

    `slips` are the keys of items of which only a slip is mended.
    """
    is_rated = bool(rounds_of(g.session, g.study))
    found = [
        (block, _meaning(block, section, slips, is_rated=is_rated))
        for section in compare(before, after).sections
        for block in _blocks(section)
        if block.status is not Status.UNCHANGED and (block.key or section.key) in keys
    ]
    return Look(tuple(found))


def _blocks(section: SectionChange) -> tuple[BlockChange, ...]:
    """Return what stands in the section, its heading first where that has become another one."""
    old = "".join(change.text for change in section.heading if change.kind is not ChangeKind.INSERTED)
    new = "".join(change.text for change in section.heading if change.kind is not ChangeKind.DELETED)
    heading = BlockChange(Status.CHANGED, "", None, None, old, new, section.heading)
    return section.blocks if old == new else (heading, *section.blocks)


def _meaning(block: BlockChange, section: SectionChange, slips: Collection[str], *, is_rated: bool) -> str:
    if not (block.key or section.rated or section.old_rated):
        return gettext("Text that nobody rates by itself.")
    if not is_rated:
        return gettext("Nobody has rated it yet, so it is simply asked in these words.")
    status = block.status if block.key else section.status  # a section may be rated as a whole
    if status is Status.ADDED:
        return gettext("A new item: the panel rates it for the first time.")
    if status is Status.REMOVED:
        return gettext("It leaves the manual; its ratings stay on record.")
    if status is Status.MOVED:
        return gettext("Its words stay, so its ratings still speak for it.")
    if (block.key or section.key) in slips:
        return gettext("A slip: the version stays, earlier ratings still speak for it, and it is not asked again for that.")
    return gettext("A change of meaning: a new version. Earlier ratings no longer speak for it, so it is asked again.")
