"""The boxes that a panelist writes in: what stands in them, who reads it, and what in it may tell who they are."""

from collections.abc import Iterable, Mapping, Sequence

from flask import g

from delphi.models import Audience
from delphi.services.answering import Asked
from delphi.services.care import crisis_words
from delphi.services.protocol import Choices
from delphi.services.ratings import Saved
from delphi.services.recognition import Trace, traces
from delphi.services.remarks import COMMENT, LONGEST_TEXT, WORDING
from delphi.web.access import site
from delphi.web.panel.cards import Card, Typed
from delphi.web.words import gettext

Traces = Mapping[str, Sequence[Trace]]


def found_in(asked: Iterable[Asked]) -> Traces:
    """Return what in the saved texts may tell who wrote them, by the name of their field."""
    texts: dict[str, str] = {}
    for one in asked:
        key = one.version.item.key
        texts |= {f"{COMMENT}-{key}": one.comment, f"{WORDING}-{key}": one.wording}
    return traces(g.session, site().keyring, g.member.panelist_id, texts)


def newly_found(saved: Saved, found: Traces) -> list[str]:
    """Return the fields that this save changed and whose text may tell who wrote it."""
    changed = [f"{COMMENT}-{key}" for key in saved.comments] + [f"{WORDING}-{key}" for key in saved.wordings]
    return [name for name in changed if name in found]


def boxes(asked: Asked, choices: Choices, typed: Typed, found: Traces) -> Card:
    """Return the comment box of an item with its choice of readers, and the box for other words."""
    key = asked.version.item.key
    audience = typed.audiences.get(key) or asked.audience
    comment = _box(COMMENT, key, asked.comment, asked.comment_number, typed, found)
    wording = None if asked.version.item.is_section else _box(WORDING, key, asked.wording, asked.wording_number, typed, found)
    return {
        **comment,
        "audiences": [
            {"value": one.value, "text": audience_word(one), "is_chosen": one == audience}
            for one in (Audience if choices.show_comments else ())
        ],
        "wording": wording,
        "readers": _readers(choices),
        "crisis": gettext(crisis_words(g.study)),
        "open": audience != Audience.TEAM or bool(wording and (wording["text"] or wording["error"])),
    }


def warning(found: Sequence[Trace]) -> str:
    """Return what may tell who wrote a text, and what to do about it."""
    if not found:
        return ""
    return gettext(
        "This may identify you: it seems to hold %(what)s. It is saved. Change it, or leave it as it is.", what=_what(found)
    )


def audience_word(audience: Audience) -> str:
    """Return who may read a comment, by its writer's choice."""
    words = {
        Audience.TEAM: gettext("Only the research team"),
        Audience.VERBATIM: gettext("The panel too, in my words"),
        Audience.REWORDED: gettext("The panel too, in the team’s words"),
    }
    return words[audience]


def audiences_explained() -> list[Card]:
    """Return what each choice of readers means."""
    hints = {
        Audience.TEAM: gettext("They read it when the round has closed, without your name."),
        Audience.VERBATIM: gettext(
            "Without your name, when the results are published. The team reads it first; if it leaves it out, you see why."
        ),
        Audience.REWORDED: gettext(
            "Without your name, when the results are published. You see the team’s words first and can stop them."
        ),
    }
    return [{"text": audience_word(audience), "hint": hint} for audience, hint in hints.items()]


def _box(box: str, key: str, text: str, number: int, typed: Typed, found: Traces) -> Card:
    name = f"{box}-{key}"
    return {
        "text": typed.texts.get(name, text),
        "seen": typed.text_numbers.get(name, number),
        "error": typed.text_errors.get(name),
        "warning": "" if name in typed.texts else warning(found.get(name, ())),
    }


def _readers(choices: Choices) -> str:
    """Say who reads a text and when, and how long it may be. Forty cards say it: once is enough."""
    if choices.safeguarding is None:
        words = gettext("Nobody reads it before the round closes; then the team does, without your name.")
    else:
        words = gettext(
            "The safeguarding reader sees it within a working day, the team when the round has closed, both without your name."
        )
    return words + " " + gettext("At most %(most)s characters.", most=LONGEST_TEXT)


def _what(found: Sequence[Trace]) -> str:
    words = {
        Trace.NAME: gettext("your name"),
        Trace.MAIL: gettext("an e-mail address"),
        Trace.PHONE: gettext("a telephone number"),
        Trace.ADDRESS: gettext("a postal address"),
    }
    return ", ".join(words[trace] for trace in found)
