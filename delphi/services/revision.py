"""What a decision does to the text: outlines in, outlines out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from delphi.errors import InvalidError, NotFoundError
from delphi.manual.outline import Item, Outline, Prose, Section
from delphi.manual.parse import is_key
from delphi.models import Action

Block = Prose | Item
Parents = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Words:
    """New words by item key, and with them those in plain language where they were given."""

    texts: Mapping[str, str]
    plains: Mapping[str, str] = field(default_factory=dict)
    is_typo: bool = False

    def on(self, item: Item) -> Item:
        """Return the item in its new words.

        Its plain words stay when only a slip is mended. Otherwise, unless new ones were given, they go: nobody has said that
        they still tell the same.
        """
        text = self.texts[item.key].strip()
        kept = item.plain if self.is_typo or text == item.markdown else ""
        return replace(item, markdown=text, plain=self.plains.get(item.key, kept))

    def product(self, item: Item, key: str) -> Item:
        """Return one of the items that a split makes of this one."""
        return Item(key, item.kind, self.texts[key].strip(), self.plains.get(key, ""))


def carry_out(outline: Outline, rated: Outline, key: str, action: Action, words: Words, into: str) -> tuple[Outline, Parents]:
    """Return the outline after the action on an item, and which rated items each changed item comes from.

    `rated` is the draft that was rated; it says of what kind an item is, and what it read like. An item that somebody took out
    by hand comes back when the decision needs it.
    """
    if action not in (Action.DROP, Action.MERGE) and not _holds(outline, key):
        outline = put_back(outline, rated, key)
    if action in (Action.KEEP, Action.RE_RATE):
        return outline, {}
    if rated.section_of(key).key == key:
        return _whole_section(outline, key, action), {}
    if action is Action.DROP:
        return _with_blocks(outline, key, lambda _item: ()), {}
    if action is Action.REWORD:
        return _with_blocks(outline, key, lambda item: (words.on(item),)), {key: (key,)}
    if action is Action.SPLIT:
        return _split(outline, key, words), {product: (key,) for product in words.texts}
    return _merge(outline, key, into, words)


def undo(outline: Outline, rated: Outline, key: str, action: Action, wordings: Mapping[str, str], into: str) -> Outline:
    """Return the outline without what this action did to it; what was edited elsewhere since stays."""
    if action in (Action.KEEP, Action.RE_RATE):
        return outline
    if action is Action.SPLIT:
        outline = without(outline, tuple(wordings))
    if action is Action.MERGE and into != key and _reads(outline, into, wordings.get(into)) and _holds(rated, into):
        outline = put_back(outline, rated, into)
    return put_back(outline, rated, key)


def put_back(outline: Outline, rated: Outline, key: str) -> Outline:
    """Return the outline with the item as it was rated.

    Prose that was edited since stays; an item that is gone comes back after what stood before it.
    """
    home = rated.section_of(key)
    if home.key == key:
        return outline if _has_section(outline, key) else _insert_section(outline, rated, home)
    item = rated.item(key)
    if _holds(outline, key):
        return _with_blocks(outline, key, lambda _item: (item,))
    if not _has_section(outline, home.key):
        outline = _insert_section(outline, rated, replace(home, rated=None))
    before = list(home.blocks[: home.blocks.index(item)])[::-1]
    sections = [
        replace(section, blocks=_joined(_inserted(section.blocks, item, before))) if section.key == home.key else section
        for section in outline.sections
    ]
    return replace(outline, sections=tuple(sections))


def moved(outline: Outline, key: str, section: str, after: str) -> Outline:
    """Return the outline with the item in this section, after another item of it or, without one, at its end."""
    if not _holds(outline, key):
        raise NotFoundError("The manual has no item called {key}.", key=key)
    if _has_section(outline, key):
        raise InvalidError("The item {key} is a whole section, so it stands where the section does.", key=key)
    if not _has_section(outline, section):
        raise NotFoundError("This draft has no section called {key}.", key=section)
    item = outline.item(key)
    left = without(outline, (key,))
    home = next(each for each in left.sections if each.key == section)
    if after and after not in {block.key for block in home.blocks if isinstance(block, Item)}:
        raise InvalidError("There is no item called {key} in that section. Choose another place.", key=after)
    blocks = [*home.blocks, item] if not after else list(_followed(home.blocks, after, item))
    sections = (replace(each, blocks=tuple(blocks)) if each.key == section else each for each in left.sections)
    return replace(left, sections=tuple(sections))


def _followed(blocks: Iterable[Block], after: str, item: Item) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Item) and block.key == after:
            yield item


def without(outline: Outline, keys: Sequence[str]) -> Outline:
    """Return the outline without these items."""
    for key in keys:
        outline = _with_blocks(outline, key, lambda _item: ())
    return outline


def _split(outline: Outline, key: str, words: Words) -> Outline:
    taken = {item.key for item in outline.items()} | {section.key for section in outline.sections}
    for product in words.texts:
        if not is_key(product):
            raise InvalidError("The key {key} cannot be used. Make it of the letters a–z, digits, - and _ only.", key=product)
        if product != key and product in taken:
            raise InvalidError("There is an item or section called {key} already. Give the new item another key.", key=product)
    return _with_blocks(outline, key, lambda item: tuple(words.product(item, product) for product in words.texts))


def _merge(outline: Outline, key: str, into: str, words: Words) -> tuple[Outline, Parents]:
    if not _holds(outline, into):
        raise InvalidError("There is no item called {key} to merge into. Choose one that is in the manual.", key=into)
    merged = words.texts.get(into, "").strip()
    if merged and _has_section(outline, into):
        raise InvalidError(
            "The item {key} is a whole section. Change its text in the draft, and merge without a wording.", key=into
        )
    if key == into:
        if not merged:
            raise InvalidError("Write the wording that the merged item is to have.")
        return _with_blocks(outline, key, lambda item: (words.on(item),)), {into: (into,)}
    without_it = _with_blocks(outline, key, lambda _item: ())
    if not merged:
        return without_it, {}
    return _with_blocks(without_it, into, lambda item: (words.on(item),)), {into: (into, key)}


def _whole_section(outline: Outline, key: str, action: Action) -> Outline:
    if action is not Action.DROP:
        raise InvalidError("This item is a whole section. Change its text in the draft; whatever is reworded is asked again.")
    if any(item.key != key for section in outline.sections if section.key == key for item in section.items):
        raise InvalidError("Other items stand in the section {key}. Drop them or move them first.", key=key)
    return replace(outline, sections=tuple(section for section in outline.sections if section.key != key))


def _with_blocks(outline: Outline, key: str, change: Callable[[Item], Sequence[Block]]) -> Outline:
    """Return the outline with the item of this key replaced by the blocks that `change` makes of it."""

    def changed(blocks: Sequence[Block]) -> tuple[Block, ...]:
        return _joined(
            new for block in blocks for new in (change(block) if isinstance(block, Item) and block.key == key else (block,))
        )

    return replace(outline, sections=tuple(replace(section, blocks=changed(section.blocks)) for section in outline.sections))


def _joined(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks with prose that has come to stand side by side made one."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if isinstance(block, Prose) and isinstance(last, Prose):
            joined[-1] = Prose(f"{last.markdown}\n\n{block.markdown}")
        else:
            joined.append(block)
    return tuple(joined)


def _inserted(blocks: Sequence[Block], item: Item, before: Sequence[Block]) -> list[Block]:
    """Return the blocks with the item after the nearest of its former neighbours; without any, after the first prose.

    `before` is what stood before it, the nearest first. Prose that has been joined since is parted again.
    """
    if not before:
        return [item, *blocks]
    for neighbour in before:
        for place, block in enumerate(blocks):
            if (parted := _parted_after(block, neighbour)) is not None:
                return [*blocks[:place], parted[0], item, *parted[1:], *blocks[place + 1 :]]
    return [*blocks[:1], item, *blocks[1:]]


def _parted_after(block: Block, neighbour: Block) -> tuple[Block, ...] | None:
    """Return the block cut where the neighbour in it ends, whole when it is the neighbour, or None when it is not in it."""
    if isinstance(neighbour, Item) or isinstance(block, Item):
        is_same = isinstance(neighbour, Item) and isinstance(block, Item) and neighbour.key == block.key
        return (block,) if is_same else None
    start = f"\n\n{block.markdown}\n\n".find(f"\n\n{neighbour.markdown}\n\n")
    if start < 0:
        return None
    end = start + len(neighbour.markdown)
    rest = block.markdown[end:].strip("\n")
    return (Prose(block.markdown[:end]), Prose(rest)) if rest else (block,)


def _holds(outline: Outline, key: str) -> bool:
    return any(item.key == key for item in outline.items())


def _reads(outline: Outline, key: str, wording: str | None) -> bool:
    return wording is not None and any((item.key, item.markdown) == (key, wording.strip()) for item in outline.items())


def _has_section(outline: Outline, key: str) -> bool:
    return any(section.key == key for section in outline.sections)


def _insert_section(outline: Outline, rated: Outline, home: Section) -> Outline:
    """Return the outline with a section's heading and prose back in place; each of its items comes back by its own decision."""
    order = [section.key for section in rated.sections]
    before = set(order[: order.index(home.key)])
    place = max((n + 1 for n, section in enumerate(outline.sections) if section.key in before), default=0)
    prose = _joined(block for block in home.blocks if isinstance(block, Prose))
    sections = (*outline.sections[:place], replace(home, blocks=prose), *outline.sections[place:])
    return replace(outline, sections=sections)
