"""The boxes that a panelist writes in: what stands in them, who reads it, and what in it may tell who they are."""

from collections.abc import Iterable, Mapping, Sequence

from flask import g

from delphi.models import Audience
from delphi.services.answering import Asked
from delphi.services.ballots import Questionnaire
from delphi.services.care import crisis_words
from delphi.services.protocol import Choices
from delphi.services.ratings import Saved
from delphi.services.recognition import Trace, traces
from delphi.services.remarks import COMMENT, LONGEST_TEXT, WORDING
from delphi.services.safeguarding import named_in
from delphi.web.access import site
from delphi.web.panel.cards import Card, Typed, text_name
from delphi.web.words import gettext

Traces = Mapping[str, Sequence[Trace]]


def found_in(asked: Iterable[Asked]) -> Traces:
    """Return what in the saved texts may tell who wrote them, by the name of their field."""
    texts: dict[str, str] = {}
    for one in asked:
        texts |= {text_name(COMMENT, one.position): one.comment, text_name(WORDING, one.position): one.wording}
    return traces(g.session, site().keyring, g.member.panelist_id, texts)


def fields_saved(saved: Saved, questionnaire: Questionnaire) -> list[str]:
    """Return the names of the texts that a save changed."""
    changed = [(COMMENT, key) for key in saved.comments] + [(WORDING, key) for key in saved.wordings]
    return [text_name(box, questionnaire.places[key]) for box, key in changed]


def boxes(asked: Asked, choices: Choices, typed: Typed, found: Traces, *, has_reader: bool) -> Card:
    """Return the comment box of an item with its choice of readers, and the box for other words."""
    name, other = text_name(COMMENT, asked.position), text_name(WORDING, asked.position)
    audience = typed.audiences.get(name) or asked.audience
    comment = _box(name, asked.comment, asked.comment_number, typed, found)
    wording = None if asked.version.item.is_section else _box(other, asked.wording, asked.wording_number, typed, found)
    return {
        **comment,
        "audiences": [
            {"value": one.value, "text": audience_word(one, has_reader=has_reader), "is_chosen": one == audience}
            for one in (Audience if choices.show_comments else ())
        ],
        "wording": wording,
        # Forty cards say it: once for both boxes is enough.
        "readers": readers_at_first(has_reader) + " " + gettext("At most %(most)s characters.", most=LONGEST_TEXT),
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


def is_anybody_reading() -> bool:
    """Tell whether somebody reads for safeguarding: the protocol in force lets them, even into a round that opened before it."""
    return named_in(g.session, g.study) is not None


def readers_at_first(has_reader: bool) -> str:
    """Say who reads a text of an open round, and when."""
    if not has_reader:
        return gettext("Nobody reads it before the round closes; then the team does, without your name.")
    return gettext(
        "The safeguarding reader sees it within a working day, the team when the round has closed, both without your name."
    )


def looking_up(has_reader: bool) -> str:
    """Say what the safeguarding reader alone may do, where there is one."""
    return gettext("If it tells of a danger, the safeguarding reader can look up who wrote it.") if has_reader else ""


def audience_word(audience: Audience, *, has_reader: bool) -> str:
    """Return who may read a comment, by its writer's choice."""
    words = {
        Audience.TEAM: gettext("Only the research team and the safeguarding reader")
        if has_reader
        else gettext("Only the research team"),
        Audience.VERBATIM: gettext("The panel too, in my words"),
        Audience.REWORDED: gettext("The panel too, in the team’s words"),
    }
    return words[audience]


def audiences_explained(has_reader: bool) -> list[Card]:
    """Return what each choice of readers means."""
    hints = {
        Audience.TEAM: readers_at_first(has_reader),
        Audience.VERBATIM: gettext(
            "Without your name, when the results are published. The team reads it first; if it leaves it out, you see why."
        ),
        Audience.REWORDED: gettext(
            "Without your name, when the results are published. You see the team’s words first and can stop them."
        ),
    }
    return [{"text": audience_word(audience, has_reader=has_reader), "hint": hint} for audience, hint in hints.items()]


def _box(name: str, text: str, number: int, typed: Typed, found: Traces) -> Card:
    return {
        "text": typed.texts.get(name, text),
        "seen": typed.text_numbers.get(name, number),
        "error": typed.text_errors.get(name),
        "warning": "" if name in typed.texts else warning(found.get(name, ())),
    }


def _what(found: Sequence[Trace]) -> str:
    words = {
        Trace.NAME: gettext("your name"),
        Trace.MAIL: gettext("an e-mail address"),
        Trace.PHONE: gettext("a telephone number"),
        Trace.ADDRESS: gettext("a postal address"),
    }
    return ", ".join(words[trace] for trace in found)
