"""Role by role through the one table of routes: in one's own study what it allows, in another's nothing at all."""

import pytest
from sqlalchemy import select

from delphi.models import (
    AccountLink,
    Code,
    Comment,
    Conversation,
    Panelist,
    Proposal,
    ProposalVersion,
    Role,
    RoundStep,
    StepRequest,
    Study,
)
from delphi.services import rounds
from delphi.services.messages import write_to_team
from delphi.services.researchers import find_researcher
from tests import cast
from tests.web import stages
from tests.web.office_table import COMMENT, CONVERSATION
from tests.web.test_office_routes import (
    CHANGES,
    PRINTED,
    READER,
    TABLE,
    _dump,
    ask,
    database,
    decided_file,
    routes,
    signed_in,
    study,
)

__all__ = ["database", "decided_file", "signed_in", "study"]
FOREIGN = "foreign"
MERGED_INTO = 4714
# What anybody with a role may do: have a file made that they could have made anyway.
FOR_EVERY_ROLE = {"office.request_export"}
# What stands in addresses and belongs to no study alone: every study has a first round, a second draft, invitations and a manual.
OF_NO_STUDY = {"slug", "number", "kind", "token"}
# What the other study has not: a second draft, a file that nobody has had made, and a safeguarding reader.
NOT_FOR_THE_FOUNDER = {"office.draft_changes": 404, "office.export_file": 404, "office.safeguarding": 403}
# Asks whose paper is meant before it looks at what else the address says.
ASKS_FIRST = {"office.assisted_section"}


@pytest.fixture
def foreign(database):
    """A study of Ruth's whose round 1 is closed, of another manual, in which nobody here holds a role.

    Returned are the numbers and names of what is in it, each under what stands for it in the addresses of the table.
    """
    with database.transaction() as session:
        manual = cast.MANUAL.replace("{#", "{#their-")
        other = cast.begin_study(session, slug=FOREIGN, manual=manual)
        cast.add_panel(session, other, {"Carers": 6})
        opened = cast.open_round(session, other)
        writer = cast.member(session, opened, "carers-1@example.org")
        proposal = Proposal(round_id=opened.id, panelist_id=writer.panelist_id, section_key="their-going-along")
        proposal.versions = [ProposalVersion(number=1, text="Theirs alone.")]
        code = Code(study_id=other.id, name="Theirs", definition="Of no use to others.")
        asking = cast.ruth(session).id
        wish = StepRequest(study_id=other.id, step=RoundStep.CLOSE, round_number=1, asked_by=asking, asked_at=cast.NOW)
        session.add_all([proposal, code, wish])
        cast.rate(session, opened, "carers-1@example.org", {}, {"their-pace": "To them alone."})
        write_to_team(session, cast.keyring(), writer.panelist, "To them alone.", now=cast.NOW)
        stages.researcher_with(session, "una@example.org", other, Role.OBSERVER)
        rounds.close_round(session, other, opened, actor="researcher 1", now=cast.NOW)
        session.flush()
        return {
            ("researcher_id", 1): find_researcher(session, "una@example.org").id,
            ("proposal_id", stages.PROPOSAL): proposal.id,
            ("key", CONVERSATION): session.scalars(select(Conversation.id).where(Conversation.study_id == other.id)).one(),
            ("link_id", stages.INVITATION): _invitation(session, other).id,
            ("code", stages.CODE): code.id,
            ("comment", COMMENT): session.scalars(select(Comment.id).where(Comment.round_id == opened.id)).one(),
            ("request_id", 1): wish.id,
            ("panelist", 0): writer.panelist_id,
            **{("key", name): f"their-{name}" for name in ("first-meeting", cast.ITEMS[0], "pace")},
        }


def _invitation(session, other):
    link = AccountLink(
        id=4713,
        purpose="invitation",
        address="iris@example.net",
        study_id=other.id,
        roles=["observer"],
        digest="x",
        created_at=cast.NOW,
        expires_at=cast.NOW.replace(year=2100),
    )
    session.add(link)
    return link


def elsewhere(app, foreign):
    """Return endpoint, method and address of everything of a study that is not one's own, each thing by its number there."""
    of_a_study = [(endpoint, method) for endpoint, method, _ in routes(app) if "slug" in TABLE[endpoint].values]
    with app.test_request_context():
        return [
            (endpoint, method, app.url_for(endpoint, **{**_there(TABLE[endpoint].values, foreign), "slug": FOREIGN}))
            for endpoint, method in of_a_study
        ]


def _there(values, foreign):
    return {name: foreign.get((name, value), value) for name, value in values.items()}


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "no role")
def test_in_another_study_every_address_answers_as_if_there_were_none(app, database, ruth, foreign, signed_in, role):
    browser = signed_in(*([role] if role else []))
    before = _dump(database)

    answers = {(endpoint, method): ask(browser, method, url).status_code for endpoint, method, url in elsewhere(app, foreign)}

    assert {route: status for route, status in answers.items() if status != 404} == {}
    assert _dump(database) == before


def test_the_founder_of_the_other_study_finds_everything_by_the_same_addresses(app, ruth, foreign):
    pages = {endpoint: url for endpoint, method, url in elsewhere(app, foreign) if method == "GET" and endpoint not in PRINTED}
    answers = {endpoint: ruth.get(url).status_code for endpoint, url in pages.items()}

    assert {endpoint: status for endpoint, status in answers.items() if status != 200} == NOT_FOR_THE_FOUNDER


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_belongs_to_another_study_is_not_found_under_ones_own(app, database, foreign, signed_in, method):
    browser = signed_in(*set(Role) - {Role.OBSERVER})
    before, untried = _dump(database), {place for place in foreign if place[0] != "panelist"}

    with app.test_request_context():
        addresses = [
            (endpoint, place, app.url_for(endpoint, **{**page.values, place[0]: foreign[place]}))
            for endpoint, page in TABLE.items()
            if any(method in rule.methods for rule in app.url_map.iter_rules(endpoint))
            for place in page.values.items()
            if place[0] not in OF_NO_STUDY and endpoint not in ASKS_FIRST
        ]
    for endpoint, place, url in addresses:
        untried.discard(place)
        assert ask(browser, method, url).status_code == 404, endpoint

    assert {name for name, _ in untried} == ({"link_id", "request_id", "comment"} if method == "GET" else set())
    assert _dump(database) == before


# Forms that name something by its number: what is sent besides, in which field the number stands, and of what it is.
FORMS = {
    "office.work_on_comment": ({}, "codes", ("code", stages.CODE)),
    "office.read_comments": ({}, "comments", ("comment", COMMENT)),
    "office.merge_code": ({"version": "1"}, "into", ("code", MERGED_INTO)),
    "office.payments": ({"what": "paid"}, "people", ("panelist", 1)),
}


@pytest.mark.parametrize("endpoint", FORMS)
def test_a_form_takes_the_number_of_what_is_the_studys_own_alone(app, database, foreign, signed_in, endpoint):
    more, name, (what, own) = FORMS[endpoint]
    with database.transaction() as session:
        study = session.scalars(select(Study).where(Study.slug == stages.SLUG)).one()
        session.add(Code(id=MERGED_INTO, study_id=study.id, name="Comfort", definition=""))
        own = session.scalars(select(Panelist.id).where(Panelist.study_id == study.id)).first() if what == "panelist" else own
    browser = signed_in(*set(Role) - {Role.OBSERVER})
    with app.test_request_context():
        url = app.url_for(endpoint, **TABLE[endpoint].values)
    before = _dump(database)
    numbers = {of: number for (of, _), number in foreign.items()}

    assert browser.post(url, {**more, name: numbers[what]}).status_code in (404, 409, 422)
    assert _dump(database) == before
    assert browser.post(url, {**more, name: own}).status_code == 303
    assert _dump(database) != before


def test_every_change_says_who_may_make_it(app):
    changes = {endpoint for endpoint, method, _ in routes(app) if method == "POST" and "slug" in TABLE[endpoint].values}

    assert changes - FOR_EVERY_ROLE == set(CHANGES)


@pytest.mark.parametrize("role", list(Role))
def test_a_change_is_open_to_the_roles_that_it_is_meant_for(app, ruth, signed_in, role):
    browser = signed_in(role)

    for endpoint, method, url in routes(app):
        if method == "POST" and role in CHANGES.get(endpoint, ()):
            assert CHANGES[endpoint] is not READER
            status = browser.post(url).status_code
            assert status not in (401, 403, 404), endpoint
            assert status < 500, endpoint
