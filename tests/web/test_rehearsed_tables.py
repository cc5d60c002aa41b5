"""A rehearsal whose invented panel has answered leaves no table of the office empty."""

import re

import pytest
from flask import template_rendered
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Conversation, Proposal
from delphi.rehearsals import settings_for
from delphi.services.protocol import Question
from tests import cast
from tests.web import stages
from tests.web.office_table import CONVERSATION, TABLE
from tests.web.test_rehearsal import HOME, INSIDE, PAGE, rehearsing

__all__ = ["rehearsing"]
_TABLE = re.compile(r"<table|table\(")  # in a template: of its own, or by a macro
_INCLUDED = re.compile(r'{%-? include "([^"]+)"')
_BODY = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
# Pages whose table the invented panel cannot fill, or that are not there yet, and why.
OF_THE_TEAM = {
    "office.decisions": "A decision is the team's own: nobody invents one.",
    "office.draft_changes": "There is no second draft before the team has decided on something.",
    "office.codebook": "A codebook is made by the team, of words that it has read.",
    "office.code": "There is no code before the team has made one.",
    "office.protocol": "The protocol has a table of amendments, and only the team amends it.",
}
WRITTEN = {
    f"{HOME}/rounds/1/comments": "An invented comment on",
    f"{HOME}/rounds/1/proposals": "Invented:",
    f"{HOME}/messages": "An invented",
    f"{HOME}/background": "Invented: I ",
}


@pytest.fixture
def study(database, ruth):
    """A study that asks everything that a table can show, with Ruth as its safeguarding reader."""
    with database.transaction() as session:
        asks = Question("question-1", "How long have you worked here?", ("Under a year", "Longer"))
        cast.choose(session, stages.with_reader(session), questions=(asks,))
    ruth.get(PAGE)


@pytest.fixture
def shown():
    """Collect of each page its template, with those that it includes, as the text of all of them."""
    texts = []

    def source(environment, name):
        text = environment.loader.get_source(environment, name)[0]
        return text + "".join(source(environment, included) for included in _INCLUDED.findall(text))

    def note(sender, template, **_):
        texts.append(source(sender.jinja_env, template.name))

    template_rendered.connect(note)
    yield texts
    template_rendered.disconnect(note)


def pages(app, settings, number):
    """Yield endpoint and address of every page of the rehearsal; those of a round are asked of this one."""
    inside = Database(settings_for(settings, stages.SLUG).database)
    with inside.reading() as session:
        proposal, conversation = (session.scalar(select(kind.id)) for kind in (Proposal, Conversation))
    invented = {("proposal_id", stages.PROPOSAL): proposal, ("key", CONVERSATION): conversation}
    inside.dispose()
    for endpoint, page in TABLE.items():
        if "slug" in page.values and page.is_a_page and any("GET" in rule.methods for rule in app.url_map.iter_rules(endpoint)):
            values = {name: invented.get((name, value), value) for name, value in page.values.items()}
            with app.test_request_context():
                yield endpoint, INSIDE + app.url_for(endpoint, **values).replace("/rounds/1", f"/rounds/{number}")


def look(rehearsing, shown, addresses):
    """Return which pages opened, which of them can hold a table, and which show one with rows; no table may be without."""
    opened, able, filled = set(), set(), set()
    for endpoint, address in addresses:
        shown.clear()
        answer = rehearsing.get(address)
        if answer.status_code == 200:
            opened.add(endpoint)
            able |= {endpoint} if any(map(_TABLE.search, shown)) else set()
            bodies = _BODY.findall(answer.text)
            assert all("<td" in body for body in bodies), f"{endpoint} shows a table without rows"
            filled |= {endpoint} if bodies else set()
    return opened, able, filled


def test_every_table_of_the_office_has_a_row_in_a_rehearsal_that_is_filled(app, settings, rehearsing, shown):
    while_open = look(rehearsing, shown, pages(app, settings, 1))
    rehearsing.post(f"{HOME}/rounds/1/close")
    rehearsing.post(f"{HOME}/rounds/1/publish", {"without_unjudged": "y"})
    rehearsing.post(f"{HOME}/rounds/next", {"deadline": ""})
    rehearsing.post(f"{HOME}/rehearsal/fill")
    assert rehearsing.post(f"{HOME}/rounds/2/close").status_code == 303
    rest = (one for number in (1, 2) for one in pages(app, settings, number) if one[0] not in while_open[2])
    closed = look(rehearsing, shown, rest)

    opened, able, filled = (one | other for one, other in zip(while_open, closed, strict=True))
    assert {endpoint for endpoint, _ in pages(app, settings, 1)} - opened == {"office.draft_changes", "office.code"}
    assert able - filled == OF_THE_TEAM.keys() & opened
    assert len(filled) > 15
    for address, words in WRITTEN.items():
        assert words in rehearsing.get(address).text
