"""What stands on many pages alike, made once: each fragment is kept under all that went into it, so none is out of date."""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from flask import render_template
from markupsafe import Markup

from delphi.language import current, gettext
from delphi.manual.html import render_markdown
from delphi.manual.redline import changes_html, redline_markdown
from delphi.services.disclosure import Entry
from delphi.services.protocol import Choices
from delphi.web.panel.by_level import by_level
from delphi.web.pictures import Own

MOST_KEPT = 4096
LONGEST_KEPT = 20_000  # characters; with the number, a bound on what is held


class Shelf:
    """Fragments by their key, the least recently used given up first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Markup]) -> Markup:
        """Return the fragment of this key, made if it is not held."""
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return held
        made = make()
        if len(made) <= LONGEST_KEPT:
            with self._lock:
                self._held[key] = made
                if len(self._held) > MOST_KEPT:
                    self._held.popitem(last=False)
        return made


_shelf = Shelf()


def words(text: str) -> Markup:
    """Return the manual's words as HTML."""
    return _shelf.get(text, lambda: render_markdown(text))


def redline(old: str, new: str) -> Markup:
    """Return what changed from one wording to another."""
    said = gettext("inserted:"), gettext("deleted:")
    return _shelf.get((old, new, said), lambda: _compared(old, new, *said))


def feedback(entry: Entry, choices: Choices, criterion: str, own: Own) -> Markup:
    """Return what the panel said of an item; `criterion` names what was asked, where that is more than one thing."""
    scale = choices.scale
    figures = json.dumps([entry["panel"], entry["groups"], scale.low, scale.high, scale.zones])
    return _shelf.get(
        (current(), figures, criterion, own),
        lambda: Markup(render_template("panel/_feedback.html", criterion=criterion, shown=by_level(entry, choices, own))),
    )


def _compared(old: str, new: str, inserted: str, deleted: str) -> Markup:
    return Markup("<p>{}</p>").format(changes_html(redline_markdown(old, new), inserted=inserted, deleted=deleted))
