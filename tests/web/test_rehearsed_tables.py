"""A rehearsal whose invented panel has answered leaves no table of the office empty."""

import re
from collections import defaultdict

import pytest
from flask import template_rendered
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Conversation, Panelist, PanelistAttribute, Proposal, Round
from delphi.rehearsals import settings_for
from delphi.services.protocol import Question
from delphi.services.recruiting import YES, Call, Screening, save_recruitment
from tests import cast
from tests.web import stages
from tests.web.office_table import CONVERSATION, TABLE
from tests.web.test_rehearsal import HOME, INSIDE, PAGE, rehearsing

__all__ = ["rehearsing"]
_TABLE = re.compile(r"<table|table\(")  # in a template: of its own, or by a macro
_NAMED = re.compile(r'(?:data_table\(|<caption[^>]*>{{ )_\("([^"]+)"')  # what a template calls its tables
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_PLACE = re.compile(r"%\\\((\w+)\\\)s")  # in such a name, once it is a pattern
_INCLUDED = re.compile(r'{%-? include "([^"]+)"')
_BODY = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
ANY = "a table"  # of whatever name
# Pages whose table the invented panel cannot fill, or that are not there yet, and why.
OF_THE_TEAM = {
    "office.decisions": "A decision is the team's own: nobody invents one.",
    "office.draft_changes": "There is no second draft before the team has decided on something.",
    "office.codebook": "A codebook is made by the team, of words that it has read.",
    "office.code": "There is no code before the team has made one.",
    "office.protocol": "The protocol has a table of amendments, and only the team amends it.",
}
# A table beside others that only the team fills.
BESIDE = {("office.mail", "News that went to the panel")}
WRITTEN = {
    f"{HOME}/rounds/1/comments": "An invented comment on",
    f"{HOME}/rounds/1/proposals": "Invented:",
    f"{HOME}/messages": "An invented",
    f"{HOME}/background": "Invented: I ",
    f"{HOME}/panel": ">Region</caption>",
}


@pytest.fixture
def study(database, ruth):
    """A study that asks and knows everything that a table can show, with Ruth as its safeguarding reader."""
    with database.transaction() as session:
        asks, study = (
            Question("question-1", "How long have you worked here?", ("Under a year", "Longer")),
            stages.with_reader(session),
        )
        cast.choose(session, study, questions=(asks,))
        session.add_all(PanelistAttribute(panelist_id=one.id, name="Region", value="North") for one in session.query(Panelist))
        call = Call("We look for more.", (Screening("Have you done it?", YES),), is_open=True)
        save_recruitment(session, study, call, version=0, actor="researcher 1", now=cast.NOW)
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
        asked = session.scalars(select(Round).where(Round.number == number)).one().items[0].item_version.item.key
    invented = {("proposal_id", stages.PROPOSAL): proposal, ("key", CONVERSATION): conversation, ("key", cast.ITEMS[0]): asked}
    inside.dispose()
    for endpoint, page in TABLE.items():
        if "slug" in page.values and page.is_a_page and any("GET" in rule.methods for rule in app.url_map.iter_rules(endpoint)):
            values = {name: invented.get((name, value), value) for name, value in page.values.items()}
            with app.test_request_context():
                yield endpoint, INSIDE + app.url_for(endpoint, **values).replace("/rounds/1", f"/rounds/{number}")


def look(rehearsing, shown, addresses):
    """Return of each page that opened the tables that it can hold and those that it shows, by name; none may be without rows."""
    able, filled = defaultdict(set), defaultdict(set)
    for endpoint, address in addresses:
        shown.clear()
        answer = rehearsing.get(address)
        if answer.status_code == 200:
            bodies = _BODY.findall(answer.text)
            assert all("<td" in body for body in bodies), f"{endpoint} shows a table without rows"
            captions, named = _CAPTION.findall(answer.text), {name for text in shown for name in _NAMED.findall(text)}
            able[endpoint] |= named | ({ANY} if any(map(_TABLE.search, shown)) else set())
            filled[endpoint] |= {name for name in named if any(map(as_pattern(name).fullmatch, captions))}
            filled[endpoint] |= {ANY} if bodies else set()
    return able, filled


def as_pattern(name):
    return re.compile(_PLACE.sub(".+", re.escape(name)))


def test_every_table_of_the_office_has_a_row_in_a_rehearsal_that_is_filled(app, settings, rehearsing, shown):
    able, filled = look(rehearsing, shown, pages(app, settings, 1))
    rehearsing.post(f"{HOME}/rounds/1/close")
    rehearsing.post(f"{HOME}/rounds/1/publish", {"without_unjudged": "y"})
    rehearsing.post(f"{HOME}/rounds/next", {"deadline": ""})
    rehearsing.post(f"{HOME}/rehearsal/fill")
    assert rehearsing.post(f"{HOME}/rounds/2/close").status_code == 303
    done = {endpoint for endpoint, tables in able.items() if tables and tables == filled[endpoint]}
    rest = (one for number in (1, 2) for one in pages(app, settings, number) if one[0] not in done)
    for earlier, later in zip((able, filled), look(rehearsing, shown, rest), strict=True):
        for endpoint, tables in later.items():
            earlier[endpoint] |= tables

    absent = {(endpoint, name) for endpoint, tables in able.items() for name in tables - filled[endpoint]}
    assert {endpoint for endpoint, _ in pages(app, settings, 1)} - able.keys() == {"office.draft_changes", "office.code"}
    assert {endpoint for endpoint, name in absent if name == ANY} == OF_THE_TEAM.keys() & able.keys()
    assert {(endpoint, name) for endpoint, name in absent if endpoint not in OF_THE_TEAM} == BESIDE
    assert len([tables for tables in filled.values() if tables]) > 15
    for address, words in WRITTEN.items():
        assert words in rehearsing.get(address).text
