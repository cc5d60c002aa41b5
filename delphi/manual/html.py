"""Markdown shown: as safe HTML, on one line, or as plain text. Whatever a draft holds, nothing of it runs or is fetched."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from delphi.manual import marks

_INLINE_TAGS = {"a", "br", "code", "em", "s", "strong", "sub", "sup", "span"}
_TAGS = _INLINE_TAGS | {
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "hr", "img"),
    *("table", "thead", "tbody", "tr", "th", "td", "section"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "class"},
    "img": {"src", "alt", "title"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    "div": {"class"},
    "span": {"class"},
    "sup": {"class"},
    "section": {"class"},
    "hr": {"class"},
}
_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,")
_SCHEMES = {"http", "https", "mailto", "data"}
_WORD = re.compile(r"[a-z][a-z0-9-]*")


def render_markdown(text: str, *, block: str = "") -> Markup:
    """Return the Markdown as HTML that can stand in any page.

    `block` tells the text's footnotes from those of other texts on the same page; an item's key will do.
    """
    return _cleaned(_parser().render(text, {"docId": block}), _TAGS)


def render_inline(text: str) -> Markup:
    """Return one line of Markdown, a heading say, as HTML without any block."""
    return _cleaned(_parser().renderInline(text), _INLINE_TAGS)


def plain_text(text: str) -> str:
    """Return the words alone, a line to each paragraph, list entry or table row.

    >>> plain_text("A *slow* [start](https://example.org).\\n\\n- one\\n- two")
    'A slow start.\\n• one\\n• two'
    """
    return "\n".join(line for line in map(str.strip, _plain_lines(_parser().parse(text))) if line)


def is_link(target: str) -> bool:
    """Tell whether a link to this target is kept: the web, an e-mail address, or a place in the same document."""
    return _LINK.match(target) is not None


def is_picture(source: str) -> bool:
    """Tell whether a picture is kept: one that the text itself holds, so that nothing is fetched."""
    return _PICTURE.match(source) is not None


@cache
def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": marks.DEEPEST}).enable(["table", "strikethrough"])
    md.use(footnote_plugin).use(deflist_plugin)
    marks.add_div_fences(md)
    md.add_render_rule("div_fence", _render_div)
    md.add_render_rule("image", _render_image)
    return md


def _cleaned(html: str, tags: set[str]) -> Markup:
    attributes = {tag: names for tag, names in _ATTRIBUTES.items() if tag in tags}
    # The links' `rel` is the cleaner's own; nothing in the text can set or lose it.
    return Markup(nh3.clean(html, tags=tags, attributes=attributes, attribute_filter=_allowed, url_schemes=_SCHEMES))


def _allowed(tag: str, name: str, value: str) -> str | None:
    is_kept = {"href": is_link, "src": is_picture}.get(name)
    return value if is_kept is None or is_kept(value) else None


def _render_div(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    # A div that is not balanced makes crooked HTML here; the cleaner, which parses it, sets it straight.
    if marks.is_closing(tokens[index].content):
        return "</div>\n"
    # A draft's classes stand behind a prefix, so that none of them is one of the site's.
    attributes = marks.read_fence(tokens[index].content)
    named = next((name for name in attributes.classes if _WORD.fullmatch(name)), "") if attributes else ""
    return f'<div class="box box-{named}">\n' if named else '<div class="box">\n'


def _render_image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env)
    source = str(token.attrs.get("src", ""))
    if is_picture(source):
        return f'<img src="{escape(source)}" alt="{escape(words)}">'
    return f'<span class="no-image">{escape(words)}</span>'


def _plain_lines(tokens: Sequence[Token]) -> Iterator[str]:
    bullet = ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            bullet = f"{token.info}{token.markup} " if token.info else "• "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield " – ".join(cells)
            cells = None
        elif token.type in {"fence", "code_block"}:
            yield bullet + token.content
            bullet = ""
        elif token.type == "inline" and cells is not None:
            cells.append(_words(token.children or []))
        elif token.type == "inline":
            yield bullet + _words(token.children or [])
            bullet = ""


def _words(tokens: Sequence[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type == "image":
            parts.append(_words(token.children or []))
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif not token.type.startswith("footnote"):
            parts.append(token.content)
    return "".join(parts)
