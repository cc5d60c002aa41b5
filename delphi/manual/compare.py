"""What changed between two drafts: sections and their blocks added, removed, reworded or moved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeVar

from delphi.manual.outline import Item, ItemKind, Outline, Section
from delphi.manual.redline import Change, redline, redline_markdown, similarity
from delphi.manual.scan import paragraphs

_ALIKE = 0.5
_Place = TypeVar("_Place", int, str)


class Status(StrEnum):
    """What became of a section or a block. What is both moved and changed is `changed`, with where it came from."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class BlockChange:
    """One item, or one paragraph of prose (with no key and no kind), in both drafts; Markdown, empty where it is not.

    `plain` is what became of an item's plain words, nothing where neither draft has any.
    """

    status: Status
    key: str
    old_kind: ItemKind | None
    kind: ItemKind | None
    old: str
    new: str
    changes: tuple[Change, ...]
    moved_from: str = ""
    plain: tuple[Change, ...] = ()


@dataclass(frozen=True)
class SectionChange:
    """One section in both drafts."""

    status: Status
    key: str
    level: int
    heading: tuple[Change, ...]
    old_rated: ItemKind | None
    rated: ItemKind | None
    blocks: tuple[BlockChange, ...]
    is_moved: bool = False


@dataclass(frozen=True)
class Comparison:
    """Two drafts side by side, in the order of the new one; what was removed stands where it stood."""

    sections: tuple[SectionChange, ...]

    @property
    def is_unchanged(self) -> bool:
        return all(section.status is Status.UNCHANGED for section in self.sections)

    def blocks(self) -> Iterator[BlockChange]:
        for section in self.sections:
            yield from section.blocks

    def count(self, status: Status) -> int:
        """Return how many items have this status; paragraphs of prose are not counted."""
        return sum(block.status == status for block in self.blocks() if block.key)


def compare(old: Outline, new: Outline) -> Comparison:
    """Compare two drafts: sections and items are the same when their key is, paragraphs when their words are or nearly are."""
    return _Comparing(old, new).result()


@dataclass(frozen=True)
class _Unit:
    section: Section
    key: str
    kind: ItemKind | None
    text: str
    plain: str = ""


def _units(section: Section) -> list[_Unit]:
    units = []
    for block in section.blocks:
        if isinstance(block, Item):
            units.append(_Unit(section, block.key, block.kind, block.markdown, block.plain))
        else:
            units += [_Unit(section, "", None, text) for text in paragraphs(block.markdown)]
    return units


class _Comparing:
    """Pairs what is the same first (`origin`: new place → old place), then tells what became of each."""

    def __init__(self, old: Outline, new: Outline) -> None:
        self.old, self.new = old, new
        self.old_units = [unit for section in old.sections for unit in _units(section)]
        self.new_units = [unit for section in new.sections for unit in _units(section)]
        self.home = self._paired_sections()
        self.origin: dict[int, int] = {}
        self._pair_items()
        for key, section in self.home.items():
            self._pair_paragraphs(_places(self.old_units, section.key), _places(self.new_units, key))
        self._pair_moved_paragraphs()
        self.kept = {was: now for now, was in self.origin.items()}

    def result(self) -> Comparison:
        former = [self.home[section.key].key for section in self.new.sections if section.key in self.home]
        in_order = _in_order([section.key for section in self.old.sections if section.key in former], former)
        sections: list[SectionChange] = self._removed_after(None)
        for section in self.new.sections:
            was = self.home.get(section.key)
            sections.append(self._section(was, section, is_moved=was is not None and was.key not in in_order))
            if was:
                sections += self._removed_after(was)
        return Comparison(tuple(sections))

    def _removed_after(self, kept: Section | None) -> list[SectionChange]:
        """Return the removed sections that stood between `kept` (or the beginning) and the next kept section."""
        staying = {section.key for section in self.home.values()}
        start = 0 if kept is None else self.old.sections.index(kept) + 1
        removed = []
        for section in self.old.sections[start:]:
            if section.key in staying:
                break
            blocks = tuple(self._removed(place) for place in _places(self.old_units, section.key) if place not in self.kept)
            heading = redline(section.heading, "")
            removed.append(SectionChange(Status.REMOVED, section.key, section.level, heading, section.rated, None, blocks))
        return removed

    def _section(self, was: Section | None, section: Section, *, is_moved: bool) -> SectionChange:
        blocks = self._blocks(was, section)
        heading = redline(was.heading if was else "", section.heading)
        rated = was.rated if was else None
        same = was is not None and (was.heading, was.level, was.rated) == (section.heading, section.level, section.rated)
        if was is None:
            status = Status.ADDED
        elif not same or any(block.status is not Status.UNCHANGED for block in blocks):
            status = Status.CHANGED
        else:
            status = Status.MOVED if is_moved else Status.UNCHANGED
        return SectionChange(status, section.key, section.level, heading, rated, section.rated, blocks, is_moved)

    def _blocks(self, was: Section | None, section: Section) -> tuple[BlockChange, ...]:
        now = _places(self.new_units, section.key)
        before = _places(self.old_units, was.key) if was else []
        stayed = [self.origin[place] for place in now if self.origin.get(place) in before]
        in_order = _in_order(sorted(stayed), stayed)
        removed = self._removed_by_anchor(before, set(stayed))
        blocks = removed.get(None, [])
        for place in now:
            origin = self.origin.get(place)
            blocks.append(self._block(place, origin, is_moved=origin is not None and origin not in in_order))
            blocks += removed.get(origin, []) if origin is not None and origin in stayed else []
        return tuple(blocks)

    def _removed_by_anchor(self, before: Sequence[int], stayed: set[int]) -> dict[int | None, list[BlockChange]]:
        anchor = None
        removed: dict[int | None, list[BlockChange]] = {}
        for place in before:
            if place in stayed:
                anchor = place
            elif place not in self.kept:
                removed.setdefault(anchor, []).append(self._removed(place))
        return removed

    def _block(self, place: int, origin: int | None, *, is_moved: bool) -> BlockChange:
        unit = self.new_units[place]
        if origin is None:
            changes, plain = redline_markdown("", unit.text), redline_markdown("", unit.plain)
            return BlockChange(Status.ADDED, unit.key, None, unit.kind, "", unit.text, changes, plain=plain)
        was = self.old_units[origin]
        if (was.text, was.plain, was.kind) != (unit.text, unit.plain, unit.kind):
            status = Status.CHANGED
        else:
            status = Status.MOVED if is_moved else Status.UNCHANGED
        moved_from = was.section.heading if is_moved else ""
        changes, plain = redline_markdown(was.text, unit.text), redline_markdown(was.plain, unit.plain)
        return BlockChange(status, unit.key, was.kind, unit.kind, was.text, unit.text, changes, moved_from, plain)

    def _removed(self, place: int) -> BlockChange:
        unit = self.old_units[place]
        changes, plain = redline_markdown(unit.text, ""), redline_markdown(unit.plain, "")
        return BlockChange(Status.REMOVED, unit.key, unit.kind, None, unit.text, "", changes, plain=plain)

    def _paired_sections(self) -> dict[str, Section]:
        """Return the old section of each new one by the new key: of the same key, else of the same heading."""
        by_key = {section.key: section for section in self.old.sections}
        paired = {section.key: by_key[section.key] for section in self.new.sections if section.key in by_key}
        free = {section.heading: section for section in reversed(self.old.sections) if section.key not in paired}
        for section in self.new.sections:
            if section.key not in paired and section.heading in free:
                paired[section.key] = free.pop(section.heading)
        return paired

    def _pair_items(self) -> None:
        by_key = {unit.key: place for place, unit in enumerate(self.old_units) if unit.key}
        for place, unit in enumerate(self.new_units):
            if unit.key in by_key:
                self.origin[place] = by_key[unit.key]

    def _pair_paragraphs(self, old: Sequence[int], new: Sequence[int]) -> None:
        before = [place for place in old if not self.old_units[place].key]
        after = [place for place in new if not self.new_units[place].key]
        texts = [self.old_units[place].text for place in before], [self.new_units[place].text for place in after]
        for tag, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
            if tag == "equal":
                self.origin.update(zip(after[c:d], before[a:b], strict=True))
            elif tag == "replace":
                self._pair_alike(before[a:b], after[c:d])

    def _pair_alike(self, before: Sequence[int], after: Sequence[int]) -> None:
        free = list(before)
        for place in after:
            text = self.new_units[place].text
            scores = [similarity(self.old_units[other].text, text) for other in free]
            if scores and max(scores) >= _ALIKE:
                # In order only: what stood before a paragraph that is found again cannot come after it.
                best = scores.index(max(scores))
                self.origin[place] = free[best]
                free = free[best + 1 :]

    def _pair_moved_paragraphs(self) -> None:
        taken = set(self.origin.values())
        left = [place for place, unit in enumerate(self.old_units) if not unit.key and place not in taken]
        free = {self.old_units[place].text: place for place in reversed(left)}
        for place, unit in enumerate(self.new_units):
            if not unit.key and place not in self.origin and unit.text in free:
                self.origin[place] = free.pop(unit.text)


def _places(units: Sequence[_Unit], section: str) -> list[int]:
    return [place for place, unit in enumerate(units) if unit.section.key == section]


def _in_order(before: Sequence[_Place], after: Sequence[_Place]) -> set[_Place]:
    """Return what need not be moved to turn one order into the other."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {before[block.a + step] for block in blocks for step in range(block.size)}
