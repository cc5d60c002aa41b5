"""What people did about the team itself, in words for the log."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import g

from delphi.models import Researcher, Role, RoundStep
from delphi.services.researchers import ROLE_WORDS
from delphi.web.words import gettext, ngettext

Detail = Mapping[str, Any]


def who(actor: str) -> str:
    """Return how a page of the log names who acted, or whom it was done to."""
    kind, _, number = actor.partition(" ")
    researcher = g.session.get(Researcher, int(number)) if kind == "researcher" and number.isdigit() else None
    return researcher.email if researcher else gettext(actor)


def role_word(role: str) -> str:
    """Return what a role is called."""
    word: str = gettext(ROLE_WORDS[Role(role)])
    return word


def _roles(detail: Detail) -> str:
    return ", ".join(map(role_word, detail["roles"]))


def _whom(detail: Detail) -> str:
    return who(f"researcher {detail['researcher']}")


def _step(detail: Detail) -> tuple[str, str, str, str]:
    """Return what was asked, confirmed, declined and taken back."""
    n = detail["round"]
    words: dict[str, tuple[str, str, str, str]] = {
        RoundStep.OPEN: (
            gettext("asked for a second word on opening round %(n)s", n=n),
            gettext("gave the second word on opening round %(n)s", n=n),
            gettext("declined the second word on opening round %(n)s", n=n),
            gettext("took the request for a second word on opening round %(n)s back", n=n),
        ),
        RoundStep.CLOSE: (
            gettext("asked for a second word on closing round %(n)s", n=n),
            gettext("gave the second word on closing round %(n)s", n=n),
            gettext("declined the second word on closing round %(n)s", n=n),
            gettext("took the request for a second word on closing round %(n)s back", n=n),
        ),
        RoundStep.PUBLISH: (
            gettext("asked for a second word on publishing round %(n)s", n=n),
            gettext("gave the second word on publishing round %(n)s", n=n),
            gettext("declined the second word on publishing round %(n)s", n=n),
            gettext("took the request for a second word on publishing round %(n)s back", n=n),
        ),
    }
    return words[detail["step"]]


WORDS: dict[str, Callable[[Detail], str]] = {
    "role given": lambda detail: gettext(
        "gave %(address)s the role of %(role)s", address=_whom(detail), role=role_word(detail["role"])
    ),
    "role taken away": lambda detail: gettext(
        "took the role of %(role)s from %(address)s", address=_whom(detail), role=role_word(detail["role"])
    ),
    "colleague invited": lambda detail: gettext("invited somebody to the team, as: %(roles)s", roles=_roles(detail)),
    "invitation taken back": lambda detail: gettext("took an invitation to the team back, as: %(roles)s", roles=_roles(detail)),
    "invitation accepted": lambda detail: gettext("accepted an invitation to the team, as: %(roles)s", roles=_roles(detail)),
    "second person asked": lambda detail: _step(detail)[0],
    "second person confirmed": lambda detail: _step(detail)[1],
    "second person declined": lambda detail: _step(detail)[2],
    "request to second person taken back": lambda detail: _step(detail)[3],
    "round opening taken back": lambda detail: gettext(
        "took the opening of round %(round)s back; mail that had not gone out was dropped (%(n)s)",
        round=detail["round"],
        n=detail["mail"],
    ),
    "password set": lambda detail: gettext("gave the account of %(address)s another password", address=_whom(detail)),
    "second step removed": lambda detail: gettext("removed the second step of signing in of %(address)s", address=_whom(detail)),
    "payment noted": lambda detail: (
        ngettext("noted that %(num)s person is paid", "noted that %(num)s people are paid", detail["people"])
        if detail["paid"]
        else ngettext("noted that %(num)s person is not paid", "noted that %(num)s people are not paid", detail["people"])
    ),
    "study offered": lambda _: gettext("asked somebody to be the owner in their place"),
    "study handed on": lambda detail: gettext("took the study over from %(address)s", address=_whom(detail)),
}
