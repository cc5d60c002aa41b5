"""What a draft holds that will not be shown as its writer meant: said at import, with file and line, and not refused."""

from collections.abc import Iterator, Mapping

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from delphi.errors import Message, Problem
from delphi.language import marked
from delphi.manual import marks
from delphi.manual.html import is_link, is_picture
from delphi.manual.scan import Text, read_bytes, scan

_KEPT_CLASSES = {"item", "core", "flexible"}


def notices(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Return what the reader of these files should know before importing them, in their order."""
    found = []
    for name in sorted(files):
        text, _ = read_bytes(files[name], name)
        here = [*_of_attributes(text, name), *_of_markdown(text, name)]
        found += sorted(here, key=lambda notice: notice.line or 0)
    return tuple(found)


def _of_attributes(text: str, file: str) -> Iterator[Problem]:
    for piece in scan(text, file).pieces:
        if isinstance(piece, Text):
            continue
        for name in sorted({*piece.attributes.classes} - _KEPT_CLASSES):
            yield Problem(Message("The mark “.{name}” is not kept.", name=name), file, piece.line)
        for name in piece.attributes.others:
            yield Problem(Message("The mark “{name}=…” is not kept.", name=name), file, piece.line)


def _of_markdown(text: str, file: str) -> Iterator[Problem]:
    for token in _tokens(text):
        line = (token.map or (0, 0))[0] + 1
        if token.type == "html_block":
            yield Problem("Raw HTML is shown as text.", file, line)
        for child in token.children or []:
            message = _of_inline(child)
            if message:
                yield Problem(message, file, line)
            line += child.type in {"softbreak", "hardbreak"}


def _of_inline(token: Token) -> str:
    if token.type == "html_inline":
        return marked("Raw HTML is shown as text.")
    if token.type == "image" and not is_picture(str(token.attrs.get("src", ""))):
        return marked("A picture that lies outside the draft is left out; its description is shown.")
    if token.type == "link_open" and not is_link(str(token.attrs.get("href", ""))):
        return marked("A link that is neither to the web, nor to an e-mail address, nor to a place in this draft leads nowhere.")
    return ""


def _tokens(text: str) -> list[Token]:
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": marks.DEEPEST}).enable(["table", "strikethrough"])
    md.use(front_matter_plugin)
    md.validateLink = lambda url: True  # type: ignore[method-assign]
    marks.add_div_fences(md)
    return md.parse(text)
