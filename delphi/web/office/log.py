"""The log of a study: read page by page, narrowed down, given as a file, and whether the chain holds."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, g, render_template, request

from delphi.files.written import csv_text
from delphi.services.audit_kinds import KINDS
from delphi.services.auditing import Wanted, actors_in, first_fault, page_of, whole
from delphi.services.studies import rounds_of
from delphi.web.office import office
from delphi.web.office.acts_of_the_team import who
from delphi.web.office.audit import in_words
from delphi.web.words import gettext

LONGEST_NUMBER = 9
COLUMNS = ("number", "at", "who", "act", "what", "whom", "quoted", "reason", "hash")


@dataclass(frozen=True)
class Asked:
    """What the address asks for, whatever the log does not know left out."""

    kind: str = ""
    actor: str = ""
    round: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return what an address needs to ask for the same."""
        return {name: value for name, value in vars(self).items() if value}

    def wanted(self) -> Wanted:
        """Return which entries that are."""
        return Wanted(KINDS.get(self.kind), self.actor, int(self.round) if self.round else None)


@office.get("/studies/<slug>/log")
def audit(slug: str) -> str:
    page_number = request.args.get("page", "1")
    if not (page_number.isascii() and page_number.isdigit() and len(page_number) <= LONGEST_NUMBER):
        abort(404)
    options = _options()
    asked = _asked(options)
    fault = first_fault(g.session, g.study)
    page = page_of(g.session, g.study, int(page_number), asked.wanted())
    return render_template(
        "office/audit.html",
        page=page,
        entries=[in_words(entry, page.texts.get(entry.id, {})) for entry in page.entries],
        asked=asked,
        options=options,
        fault=fault.said(gettext) if fault else None,
    )


@office.get("/studies/<slug>/log.csv")
def audit_file(slug: str) -> Response:
    """Give what is asked for of the log as a file: all of it, not a page."""
    page = whole(g.session, g.study, _asked(_options()).wanted())
    rows = []
    for entry in page.entries:
        said = in_words(entry, page.texts.get(entry.id, {})) | {"act": entry.action, "at": entry.at.isoformat()}
        rows.append([said[column] for column in COLUMNS])
    response = Response(csv_text(COLUMNS, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-log.csv"'
    return response


def _asked(options: dict[str, list[tuple[str, str]]]) -> Asked:
    known = {name: {value for value, _ in listed} for name, listed in options.items()}
    return Asked(**{name: value for name in known if (value := request.args.get(name, "")) in known[name]})


def _options() -> dict[str, list[tuple[str, str]]]:
    rounds = [str(round_.number) for round_ in rounds_of(g.session, g.study)]
    return {
        "kind": [("", gettext("Everything")), *((kind, kind_word(kind)) for kind in KINDS)],
        "actor": [("", gettext("Everybody")), *((actor, who(actor)) for actor in actors_in(g.session, g.study))],
        "round": [("", gettext("All rounds")), *((number, gettext("Round %(n)s", n=number)) for number in rounds)],
    }


def kind_word(kind: str) -> str:
    """Return what acts of this kind are about."""
    words = {
        "study": gettext("The study as a whole"),
        "team": gettext("Team and accounts"),
        "panel": gettext("Panel"),
        "protocol": gettext("Protocol and consent"),
        "manual": gettext("Manual and rehearsal"),
        "mail": gettext("Mail"),
        "rounds": gettext("Rounds"),
        "comments": gettext("Comments and codes"),
        "decisions": gettext("Decisions and proposals"),
        "care": gettext("Care"),
    }
    return str(words[kind])
