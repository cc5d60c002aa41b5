"""One Markdown file cut at its headings and items, with everything that is wrong with it."""

import re
import unicodedata
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from delphi.errors import Message, Problem
from delphi.language import marked
from delphi.manual import marks
from delphi.manual.front_matter import Meta, read_meta

MOST_BYTES = 2_000_000
MOST_IN_PARAGRAPH = 20_000  # what links and emphasis cost grows with the square of a paragraph's length
_KEPT_CONTROLS = {"\n", "\t"}
_HEADING_INSIDE = marked("A heading stands inside the item “{key}”. Close the item with a line ::: before it.")
_HEADING_OF_DASHES = marked(
    "A heading stands inside the item “{key}”. Close the item with a line ::: before it "
    "(a line of dashes under a text makes it a heading)."
)
_LINE_BREAK = re.compile(r"\r\n?")


@dataclass(frozen=True)
class Heading:
    """A heading and its marks."""

    file: str
    line: int
    level: int
    words: str
    attributes: marks.Attributes


@dataclass(frozen=True)
class MarkedItem:
    """An item's fenced div: its marks, the Markdown in it, and that of the plain words in it (None where there are none)."""

    file: str
    line: int
    attributes: marks.Attributes
    markdown: str
    plain: str | None = None


@dataclass(frozen=True)
class Text:
    """Markdown between headings and items."""

    file: str
    line: int
    markdown: str


Piece = Heading | MarkedItem | Text


@dataclass(frozen=True)
class Scan:
    """What one file holds, in order, and what is wrong with it."""

    meta: Meta = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_bytes(raw: bytes, file: str) -> tuple[str, list[Problem]]:
    """Return the file's text with plain line ends, and what in it is no text."""
    problems = []
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem("This is not UTF-8 text. Save the file as UTF-8 and try again.", file, line))
    text = _LINE_BREAK.sub("\n", raw.decode("utf-8-sig", errors="replace"))
    return text, problems + _control_characters(text, file)


def scan(text: str, file: str) -> Scan:
    """Cut the text at its headings and items; line numbers count from 1."""
    scanner = _Scanner(text, file)
    tokens = _block_tokens(text)
    for token, following in zip(tokens, [*tokens, None][1:], strict=True):
        scanner.take(token, following.content if following else "")
    scanner.finish()
    return Scan(scanner.meta, tuple(scanner.pieces), tuple(scanner.problems))


def normal(markdown: str) -> str:
    """Return the text without blank lines around it and white space at its end; indentation stays.

    >>> normal("\\n\\n    code\\n\\n")
    '    code'
    """
    lines = markdown.rstrip().split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def paragraphs(markdown: str) -> tuple[str, ...]:
    """Return the text's blocks: paragraphs, whole lists, tables and quotations, and divs from fence to fence."""
    lines = markdown.split("\n")
    starts = []
    depth = 0
    for token in _block_tokens(markdown):
        if token.level == 0 and token.map and token.nesting >= 0 and token.type != "inline":
            starts += [] if depth else [token.map[0]]
        if token.level == 0 and token.type == "div_fence":
            depth = max(0, depth - 1) if marks.is_closing(token.content) else depth + 1
    starts[:1] = [0]
    return tuple(normal("\n".join(lines[a:b])) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True))


def has_plain_block(markdown: str) -> bool:
    """Tell whether a block ::: plain stands in the text itself, where an item would take it for its plain words."""
    depth = 0
    for token in _block_tokens(markdown):
        if token.level == 0 and token.type == "div_fence":
            attributes = marks.read_fence(token.content)
            if depth == 0 and attributes is not None and attributes.is_plain:
                return True
            depth += -1 if marks.is_closing(token.content) else 1
    return False


def _control_characters(text: str, file: str) -> list[Problem]:
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if found := next((c for c in line if unicodedata.category(c) == "Cc" and c not in _KEPT_CONTROLS), ""):
            message = Message("This line holds a control character (U+{code:04X}), which is no text. Remove it.", code=ord(found))
            problems.append(Problem(message, file, number))
    return problems


def _block_tokens(text: str) -> list[Token]:
    # Blocks only, and plain CommonMark: where headings and divs lie does not hang on what else a renderer understands.
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": marks.DEEPEST}).use(front_matter_plugin)
    marks.add_div_fences(md)
    tokens: list[Token] = []
    md.block.parse(text, md, {}, tokens)
    return tokens


@dataclass
class _Div:
    line: int
    attributes: marks.Attributes
    inside: list[Problem] = field(default_factory=list)
    plain: tuple[int, int] | None = None  # the lines on which an item's plain words are opened and closed

    @property
    def is_appendix(self) -> bool:
        return "appendix" in self.attributes.classes

    @property
    def is_cut_out(self) -> bool:
        return self.is_appendix or self.attributes.is_item


class _Scanner:
    """Walks the tokens of one file; `cursor` is the first line (from 0) that no piece holds yet."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.split("\n")
        self.file = file
        self.cursor = 0
        self.divs: list[_Div] = []
        self.meta: Meta = {}
        self.pieces: list[Piece] = []
        self.problems: list[Problem] = []
        self.is_too_deep = False

    def take(self, token: Token, content: str) -> None:
        first, last = token.map or (0, 0)
        if token.level >= marks.DEEPEST - 1:
            self._too_deep(first)
        elif token.type == "front_matter":
            self.meta, problems = read_meta(token.content, self.file)
            self.problems += problems
            self.cursor = last
        elif token.type == "heading_open" and token.level == 0:
            self._heading(first, last, int(token.tag[1]), content)
        elif token.type == "div_fence":
            self._fence(first, token)
        elif token.type == "inline" and len(token.content) > MOST_IN_PARAGRAPH:
            message = marked("This paragraph has more than {most:,} characters. Divide it with blank lines.")
            self._say(first, Message(message, most=MOST_IN_PARAGRAPH))
        elif token.type == "fence" and token.level == 0 and not self._is_closed(first, last, token.markup):
            message = marked("The code block that begins here is never closed. End it with a line {markup}")
            self._say(first, Message(message, markup=token.markup))

    def finish(self) -> None:
        if self.divs:
            # What seems to stand inside an unclosed div is a consequence, and naming it would bury the cause.
            self._say(self.divs[0].line, Message("The block that begins here is never closed. End it with a line :::"))
            self.cursor = len(self.lines) if self.divs[0].is_appendix else self.cursor
        self._text_until(len(self.lines))

    def _heading(self, first: int, last: int, level: int, content: str) -> None:
        if self._in_appendix():
            return
        words, attributes = marks.read_heading(content)
        item = next((div for div in self.divs if div.attributes.is_item), None)
        if item is None and self.divs:
            return
        if item is None:
            self._text_until(first)
            self.cursor = last
        else:
            message = _HEADING_OF_DASHES if self.lines[last - 1].strip(" \t")[:1] in {"-", "="} else _HEADING_INSIDE
            item.inside.append(Problem(Message(message, key=item.attributes.key), self.file, first + 1))
        if attributes is None:
            self._say(first, Message("What stands in braces after this heading cannot be read. Write it like {#first-meeting}."))
        elif not words:
            self._say(first, Message("This heading has no words."))
        self.pieces.append(Heading(self.file, first + 1, level, words, attributes or marks.Attributes()))

    def _fence(self, line: int, token: Token) -> None:
        if token.level:
            attributes = marks.read_fence(token.content)
            if attributes and attributes.is_item and not self._in_appendix():
                message = marked("An item cannot stand inside a list or a quotation. Begin its line ::: at the left edge.")
                self._say(line, Message(message))
        elif marks.is_closing(token.content):
            self._close(line)
        elif (attributes := marks.read_fence(token.content)) is None:
            message = marked("This line begins with ::: and cannot be read. Write it like ::: {#first-meeting .item .core}")
            self._say(line, Message(message))
        else:
            self._open(line, attributes)

    def _open(self, line: int, attributes: marks.Attributes) -> None:
        div = _Div(line, attributes)
        if not self.divs and div.is_cut_out:
            self._text_until(line)
        if attributes.is_item and self.divs and not self._in_appendix():
            outer = self.divs[0]
            message = marked("This item stands inside another block, which begins on line {line}. Close that one first.")
            outer.inside.append(Problem(Message(message, line=outer.line + 1), self.file, line + 1))
        elif {"core", "flexible"} & set(attributes.classes) and not attributes.is_item:
            message = marked("This block is marked .core or .flexible and not .item. Write .item too if it is to be rated.")
            self._say(line, Message(message))
        if len(self.divs) == marks.DEEPEST:
            self._too_deep(line)
        self.divs.append(div)

    def _close(self, line: int) -> None:
        if not self.divs:
            self._say(line, Message("This line closes a block that was never opened. Remove it, or open the block before it."))
            return
        was_in_appendix = self._in_appendix()
        div = self.divs.pop()
        self.problems += div.inside
        if div.attributes.is_item and not was_in_appendix:
            self.pieces.append(self._item(div, line))
        if len(self.divs) == 1 and self.divs[0].attributes.is_item and div.attributes.is_plain:
            self._take_plain(div, line)
        if not self.divs and div.is_cut_out:
            self.cursor = line + 1

    def _item(self, div: _Div, end: int) -> MarkedItem:
        opened, closed = div.plain or (end, end)
        parts = [self.lines[div.line + 1 : opened], self.lines[closed + 1 : end]]
        markdown = "\n\n".join(part for lines in parts if (part := normal("\n".join(lines))))
        plain = normal("\n".join(self.lines[opened + 1 : closed])) if div.plain else None
        return MarkedItem(self.file, div.line + 1, div.attributes, markdown, plain)

    def _take_plain(self, div: _Div, line: int) -> None:
        if self.divs[0].plain:
            self._say(div.line, Message("This item has plain words already. Put all of them into one block ::: plain"))
        self.divs[0].plain = (div.line, line)

    def _text_until(self, line: int) -> None:
        markdown = normal("\n".join(self.lines[self.cursor : line]))
        if markdown:
            first = next(number for number in range(self.cursor, line) if self.lines[number].strip())
            self.pieces.append(Text(self.file, first + 1, markdown))
        self.cursor = line

    def _in_appendix(self) -> bool:
        return bool(self.divs) and self.divs[0].is_appendix

    def _is_closed(self, first: int, last: int, markup: str) -> bool:
        line = self.lines[last - 1].strip(" \t")
        return last - 1 > first and line.startswith(markup) and not line.strip(markup[0])

    def _too_deep(self, line: int) -> None:
        if not self.is_too_deep:
            message = marked("Lists, quotations and blocks are nested more than {most} deep here. Take some levels out.")
            self._say(line, Message(message, most=marks.DEEPEST))
        self.is_too_deep = True

    def _say(self, line: int, message: Message) -> None:
        self.problems.append(Problem(message, self.file, line + 1))
