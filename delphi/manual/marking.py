"""Items marked in the text: which paragraphs of a section are rated, without anybody writing Markdown."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType

from delphi.manual.html import plain_text
from delphi.manual.outline import Item, ItemKind, Prose, Section
from delphi.manual.parse import parse_wording
from delphi.manual.scan import paragraphs

_ENTRY = re.compile(r"([-*+]|\d{1,9}[.)]) {1,4}(?=\S)")
WORDS_IN_KEY, LONGEST_KEY = 5, 60


@dataclass(frozen=True)
class Part:
    """A piece of a section that can be an item: a paragraph of its prose (then without key and kind), or an item that is one.

    `joint` is what stands between it and the piece before: an entry of a list follows the one before on the next line.
    """

    markdown: str
    key: str = ""
    kind: ItemKind | None = None
    plain: str = ""
    joint: str = "\n\n"

    @property
    def words(self) -> str:
        """What it says as an item: an entry of a list without the mark that makes it one."""
        found = None if self.key else _ENTRY.match(self.markdown)
        if found is None:
            return self.markdown
        first, *others = self.markdown.split("\n")
        indent = len(found[0])
        return "\n".join([first[indent:], *(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in others)])


def parts_of(section: Section) -> tuple[Part, ...]:
    """Return the section's pieces in order: each paragraph, entry of a list or table of its prose, and each item."""
    parts: list[Part] = []
    for block in section.blocks:
        if isinstance(block, Item):
            parts.append(Part(block.markdown, block.key, block.kind, block.plain))
        else:
            parts += _pieces(block.markdown)
    return tuple(parts)


def remarked(
    section: Section,
    kinds: Mapping[int, ItemKind | None],
    whole: ItemKind | None,
    taken: Collection[str],
    known: Mapping[str, str] = MappingProxyType({}),
) -> Section:
    """Return the section with these of its parts (by place, from 0) as items of these kinds, or as text again.

    Parts that are not named stay what they are. `whole` is the kind of the section as a whole, None where it is not rated;
    `taken` are the keys that a new item cannot have, `known` the keys that words had as items earlier: so they find their
    ratings again. An item keeps its key; one that becomes text leaves its plain words behind.
    """
    keys = {*taken, section.key, *(item.key for item in section.items)}
    blocks: list[Prose | Item] = []
    for place, part in enumerate(parts_of(section)):
        kind = kinds.get(place, part.kind)
        if kind is not None:
            earlier = known.get(part.words, "")
            key = part.key or (earlier if earlier and earlier not in keys else _free_key(part.words, keys))
            keys.add(key)
            blocks.append(Item(key, kind, part.markdown if part.key else parse_wording(part.words), part.plain))
        elif blocks and isinstance(blocks[-1], Prose):
            blocks[-1] = Prose(f"{blocks[-1].markdown}{part.joint}{part.markdown}")
        else:
            blocks.append(Prose(part.markdown))
    return replace(section, blocks=tuple(blocks), rated=whole)


def _pieces(markdown: str) -> Iterator[Part]:
    """Yield the paragraphs and entries of lists of a text, with what stands between them: put together, they are the text."""
    end = 0
    for paragraph in paragraphs(markdown):
        start = max(end, markdown.find(paragraph, end))
        first, *others = _entries(paragraph)
        yield replace(first, joint=markdown[end:start] or first.joint)
        yield from others
        end = start + len(paragraph)


def _entries(paragraph: str) -> Iterator[Part]:
    """Yield the entries of a list without blank lines, each on its own; anything else as it is."""
    found = _ENTRY.match(paragraph)
    lines = paragraph.split("\n")
    if found is None or not all(map(str.strip, lines)):
        yield Part(paragraph)
        return
    entries: list[list[str]] = []
    for line in lines:
        begun = _ENTRY.match(line)
        if begun is not None and begun[1][-1] == found[1][-1]:  # the same kind of list: -, *, +, 1. or 1)
            entries.append([])
        entries[-1].append(line)
    for place, entry in enumerate(entries):
        yield Part("\n".join(entry), joint="\n" if place else "\n\n")


def _free_key(markdown: str, taken: Collection[str]) -> str:
    """Return a key made of the first words that no section or item has."""
    folded = unicodedata.normalize("NFKD", plain_text(markdown)).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", folded)[:WORDS_IN_KEY]
    stem = "-".join(words)[:LONGEST_KEY].strip("-") or "item"
    return next(key for key in (stem if n == 1 else f"{stem}-{n}" for n in count(1)) if key not in taken)
