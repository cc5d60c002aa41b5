"""The forms whose words are carried on where they cannot be saved at once: which fields of each, and the same in words."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from delphi.services.background import PREFER_NOT
from delphi.web.panel import panel
from delphi.web.panel.carried import Form, carried_fields, in_words
from delphi.web.words import gettext, marked

CARRYING = "panel.show_typed"  # an address of its own for each of these forms: its own and “typed”

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Held:
    """What is kept of a form: the fields that take it further, and what its writer typed or chose, to read and to copy.

    `while_open` says that its page holds the form only while the round takes answers.
    """

    fields: Callable[[Form], Pairs]
    in_words: Callable[[Form], Pairs]
    while_open: bool = True


def _kept(title: str, name: str, *along: str, while_open: bool = True) -> Held:
    """Return how a form is kept whose words are in fields of this name, a pattern, with others that go along unseen."""

    def fields(form: Form) -> Pairs:
        return [pair for pair in form.items(multi=True) if pair[0] in ("ballot", *along) or re.fullmatch(name, pair[0])]

    def words(form: Form) -> Pairs:
        said = [value for field, value in form.items(multi=True) if re.fullmatch(name, field) and value.strip()]
        return [(gettext(title), gettext("Prefer not to say") if value == PREFER_NOT else value) for value in said]

    return Held(fields, words, while_open)


def _decision(form: Form) -> Pairs:
    wish = gettext("Show it after all") if form.get("show") == "yes" else gettext("Do not show this")
    return [(gettext("Your decision on a comment of yours"), wish)]


FORMS = {
    "panel.save_section": Held(carried_fields, in_words),
    "panel.save_proposal": _kept(marked("What should the manual say?"), "text", "box", "seen"),
    "panel.contact": _kept(marked("Your message"), "message", while_open=False),
    "panel.about_background": _kept(marked("Background questions"), "question-[0-9]{1,3}"),
    "panel.about_perspective": _kept(marked("Which other groups do you belong to?"), "also"),
    "panel.about_interests": _kept(marked("What you have to declare"), "interests"),
    "panel.about_thanks": _kept(marked("Your name as it shall be printed"), "name", while_open=False),
    "panel.stop_showing": Held(_kept("", "comment", "show").fields, _decision, while_open=False),
}


def form_at(address: str) -> Held | None:
    """Return how the form is kept that stands at an address below the panel's, None where nothing is."""
    try:
        endpoint, _ = _routes().match(f"{panel.url_prefix}/{address}", method="POST")
    except HTTPException:
        return None
    return FORMS.get(endpoint)


def page_of(address: str) -> Callable[[], object]:
    """Return what makes the page that this form stands on."""
    endpoint, given = _routes().match(f"{panel.url_prefix}/{address}", method="GET")
    return lambda: current_app.view_functions[endpoint](**given)


def address_here() -> str:
    """Return the address below the panel's of the form that this request brings, or carries on."""
    given: str | None = (request.view_args or {}).get("form")
    return given or request.path.removeprefix(f"{panel.url_prefix}/")


def held_here() -> Held | None:
    """Return how the form is kept that this request brings, None where nothing of it is."""
    return form_at(address_here()) if request.endpoint == CARRYING else FORMS.get(request.endpoint or "")


def is_sent() -> bool:
    """Whether a form is to be saved, and not only shown with what was typed in it."""
    return request.method == "POST" and request.endpoint != CARRYING


def carried_on(form: Form) -> Pairs:
    """Return the fields that a form takes on the way to the page that it names, none where it carries nothing."""
    held = form_at(form.get("carry", ""))
    return [*held.fields(form), ("carry", form["carry"])] if held else []


def _routes() -> MapAdapter:
    return current_app.url_map.bind("")
