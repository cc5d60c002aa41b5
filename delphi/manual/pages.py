"""The printed page: its templates, its style and its two faces of type."""

from base64 import b64encode
from enum import StrEnum
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from delphi.language import direction, gettext, ngettext
from delphi.manual.html import render_inline, render_markdown
from delphi.manual.redline import changes_html
from delphi.resources import resource_dir

_FACES = {
    "Source Serif 4": ("source-serif-4", ((400, "normal"), (400, "italic"), (600, "normal"))),
    "Source Sans 3": ("source-sans-3", ((400, "normal"), (400, "italic"), (600, "normal"))),
}
_LATIN_1 = 0x00FF


class PageSize(StrEnum):
    """The paper."""

    A4 = "A4"
    LETTER = "letter"


def render_page(template: str, *, page_size: PageSize, **values: object) -> str:
    """Return a template of templates/manual as one HTML document that needs no other file, fonts included.

    What it says beside the manual's own words is in the language that `delphi.language` speaks.
    """
    body = _environment().get_template(template).render(page_size=page_size, direction=direction(), **values)
    return body.replace("/* fonts */", fonts_css(body), 1)


def fonts_css(text: str) -> str:
    """Return @font-face rules with the fonts in them, as many as the text needs.

    Letters beyond Latin-1 lie in files of their own under names of their own: under one name only one file would be used.
    """
    needs_more = any(_LATIN_1 < ord(character) < 0x2000 for character in text)
    subsets = (("", "latin"), (" Extended", "latin-ext")) if needs_more else (("", "latin"),)
    return "\n".join(
        _face(family + suffix, f"{stem}-{subset}-{weight}-{style}", weight, style)
        for family, (stem, styles) in _FACES.items()
        for suffix, subset in subsets
        for weight, style in styles
    )


@cache
def _face(family: str, stem: str, weight: int, style: str) -> str:
    font = b64encode((resource_dir("web/static/fonts") / f"{stem}.woff2").read_bytes()).decode()
    return (
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f"src: url(data:font/woff2;base64,{font}) }}"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource_dir("templates") / "manual"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {"markdown": render_markdown, "inline": render_inline, "redline": changes_html}
    environment.globals["css"] = _css
    return environment


def _css(name: str) -> Markup:
    # Ours, with nothing of a draft's in it.
    return Markup((resource_dir("templates") / "manual" / name).read_text("utf-8"))
