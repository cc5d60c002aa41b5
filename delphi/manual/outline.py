"""The manual taken apart: sections, the prose in them, and the items that are rated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class ItemKind(StrEnum):
    """What an item is to the intervention: a fixed parameter of it, or open to judgement."""

    CORE = "core"
    FLEXIBLE = "flexible"


@dataclass(frozen=True)
class Item:
    """What is rated: a stable key, a kind and the Markdown of its wording.

    `plain` is the same in plain language, which stands under the wording and never instead of it; empty where there is none.
    """

    key: str
    kind: ItemKind
    markdown: str
    plain: str = ""

    @property
    def wording(self) -> str:
        """Return the words with those in plain language beneath, as a draft writes them."""
        return f"{self.markdown}\n\n::: plain\n{self.plain}\n:::" if self.plain else self.markdown


@dataclass(frozen=True)
class Prose:
    """Text between items, as Markdown; what is read and not rated. Two never stand side by side."""

    markdown: str

    @property
    def wording(self) -> str:
        return self.markdown


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. With `rated`, the section as a whole is an item whose key is the section's."""

    key: str
    heading: str
    level: int
    blocks: tuple[Prose | Item, ...] = ()
    rated: ItemKind | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """Return what is rated here in document order: the section as a whole first, then its items."""
        whole = (Item(self.key, self.rated, self.wording),) if self.rated else ()
        return whole + tuple(block for block in self.blocks if isinstance(block, Item))

    @property
    def as_read(self) -> tuple[Item, ...]:
        """Return the same in the order in which a reader comes to rate it: the section as a whole after what stands in it."""
        return self.items[1:] + self.items[:1] if self.rated else self.items

    @property
    def wording(self) -> str:
        """Return the heading and everything under it as Markdown without marks: the words of a section rated as a whole."""
        return "\n\n".join([f"{'#' * self.level} {self.heading}", *(block.wording for block in self.blocks)])


@dataclass(frozen=True)
class Chapter:
    """A section of the highest level with those under it: what is read at a time; the manual's opening is one apart."""

    sections: tuple[Section, ...]
    is_opening: bool = False

    @property
    def key(self) -> str:
        return self.sections[0].key

    @property
    def heading(self) -> str:
        return self.sections[0].heading

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def as_read(self) -> tuple[Item, ...]:
        """Return what is rated here in the order in which a reader comes to it."""
        return tuple(item for section in self.sections for item in section.as_read)


@dataclass(frozen=True)
class Outline:
    """One state of the manual: front matter (each value a text; `authors` a tuple of texts) and sections in order."""

    meta: Mapping[str, str | tuple[str, ...]]
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        # JSON gives lists back for tuples, and a draft read from there is the same draft.
        plain = {key: value if isinstance(value, str) else tuple(value) for key, value in self.meta.items()}
        object.__setattr__(self, "meta", plain)

    @property
    def body(self) -> tuple[Section, ...]:
        """Return the sections in which items are marked: all but the manual's opening."""
        return self.sections[1:] if self.has_opening else self.sections

    def items(self) -> Iterator[Item]:
        """Yield every item in document order, sections rated as a whole included."""
        for section in self.sections:
            yield from section.items

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """Return the manual in the portions in which it is read."""
        highest = min((section.level for section in self.sections), default=1)
        portions: list[list[Section]] = []
        for section in self.sections:
            if section.level == highest or not portions:
                portions.append([])
            portions[-1].append(section)
        opening = [self.sections[0]] if self.has_opening else None
        return tuple(Chapter(tuple(sections), sections == opening) for sections in portions)

    @property
    def homes(self) -> dict[str, str]:
        """Return the key of the chapter in which each item stands, by the item's key."""
        return {item.key: chapter.key for chapter in self.chapters for item in chapter.items}

    def item(self, key: str) -> Item:
        """Return the item with this key; KeyError when there is none."""
        return self._items[key]

    def section(self, key: str) -> Section:
        """Return the section with this key; KeyError when there is none."""
        return self._sections[key]

    def section_of(self, key: str) -> Section:
        """Return the section in which the item with this key stands (itself, when it is rated as a whole)."""
        return self._homes[key]

    @property
    def is_marked(self) -> bool:
        """Tell whether anybody has marked items: without marks every section but the opening is rated as a whole, as flexible."""
        return any(section.rated is not ItemKind.FLEXIBLE or len(section.items) > 1 for section in self.body)

    @property
    def has_opening(self) -> bool:
        """Tell whether the manual begins with words under its own title, which are read and not rated."""
        return len(self.sections) > 1 and self.sections[0].heading == self.title and not self.sections[0].items

    @property
    def title(self) -> str:
        return self._text("title")

    @property
    def subtitle(self) -> str:
        return self._text("subtitle")

    @property
    def language(self) -> str:
        return self._text("language") or "en"

    @property
    def version(self) -> str:
        return self._text("version")

    @property
    def licence(self) -> str:
        return self._text("licence")

    @property
    def authors(self) -> tuple[str, ...]:
        named = self.meta.get("authors", ())
        return (named,) if isinstance(named, str) else named

    def _text(self, key: str) -> str:
        value = self.meta.get(key, "")
        return value if isinstance(value, str) else ", ".join(value)

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.key: item for item in self.items()}

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.key: section for section in self.sections}

    @cached_property
    def _homes(self) -> dict[str, Section]:
        return {item.key: section for section in self.sections for item in section.items}
