"""What stands on everybody's page alike, made once: each fragment from its words alone, so that none kept is out of date."""

from functools import lru_cache

from markupsafe import Markup

from delphi.manual.html import render_markdown
from delphi.manual.redline import changes_html, redline_markdown
from delphi.web.words import gettext

MOST_KEPT = 2048
LONGEST_KEPT = 10_000  # characters; together with the number a bound on what is held


def words(text: str) -> Markup:
    """Return the manual's words as HTML."""
    return _words(text) if len(text) <= LONGEST_KEPT else render_markdown(text)


def redline(old: str, new: str) -> Markup:
    """Return what changed from one wording to another."""
    said = gettext("inserted:"), gettext("deleted:")
    return _redline(old, new, *said) if len(old) + len(new) <= LONGEST_KEPT else _compared(old, new, *said)


@lru_cache(maxsize=MOST_KEPT)
def _words(text: str) -> Markup:
    return render_markdown(text)


@lru_cache(maxsize=MOST_KEPT)
def _redline(old: str, new: str, inserted: str, deleted: str) -> Markup:
    return _compared(old, new, inserted, deleted)


def _compared(old: str, new: str, inserted: str, deleted: str) -> Markup:
    return Markup("<p>{}</p>").format(changes_html(redline_markdown(old, new), inserted=inserted, deleted=deleted))
