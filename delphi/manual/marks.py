"""The marks of a draft in Markdown: fenced divs and attribute lists, as Pandoc writes them."""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.attrs.parse import ParseError, parse

DEEPEST = 100


@dataclass(frozen=True)
class Attributes:
    """What an attribute list says: `{#key .item .core}`."""

    key: str = ""
    classes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_item(self) -> bool:
        return "item" in self.classes

    @property
    def is_plain(self) -> bool:
        return "plain" in self.classes and not self.is_item


def read_attributes(text: str) -> Attributes | None:
    """Return what `{…}` says, or None when it is no attribute list."""
    try:
        end, found = parse(text)
    except ParseError:
        return None
    if end != len(text) - 1:
        return None
    classes = tuple(str(found.pop("class", "")).split())
    return Attributes(str(found.pop("id", "")), classes, tuple(found))


def read_heading(text: str) -> tuple[str, Attributes | None]:
    """Return a heading's words and its attributes; None for an attribute list that cannot be read.

    >>> read_heading("Pace {#pace .item .core}")
    ('Pace', Attributes(key='pace', classes=('item', 'core'), others=()))
    """
    words = " ".join(text.split("\n")).strip()
    start = words.rfind("{") if words.endswith("}") else -1
    attributes = read_attributes(words[start:]) if start >= 0 else Attributes()
    if attributes is None and words[start + 1 :].lstrip()[0] in "#.":
        return words, None
    if attributes is None or attributes == Attributes():  # braces that are no attribute list are words
        return words, Attributes()
    return words[:start].strip(), attributes


def read_fence(line: str) -> Attributes | None:
    """Return what the opening line of a fenced div says, or None when it opens nothing that can be read.

    >>> read_fence("::: {#pace .item .core}").key, read_fence(":::: note ::::").classes
    ('pace', ('note',))
    """
    said = _said(line)
    if said.startswith("{"):
        return read_attributes(said)
    return None if not said or set(said) & set(" \t{}") else Attributes(classes=(said,))


def is_closing(line: str) -> bool:
    """Tell whether the line closes a fenced div: colons and nothing else."""
    return not _said(line)


def _said(line: str) -> str:
    return line.strip(" \t").strip(":").strip(" \t")


def add_div_fences(md: MarkdownIt) -> MarkdownIt:
    """Teach the parser a token `div_fence` for each line that begins with three colons, outside code."""
    md.block.ruler.before("table", "div_fence", _div_fence, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return md


def _div_fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not line.startswith(":::"):
        return False
    if not silent:
        state.line = start + 1
        token = state.push("div_fence", "", 0)
        token.map = [start, state.line]
        token.content = line.rstrip(" \t")
    return True
