"""Role by role through the one table of routes: in one's own study what it allows, in another's nothing at all."""

import pytest
from sqlalchemy import select

from delphi.models import AccountLink, Conversation, Proposal, ProposalVersion, Researcher, Role
from delphi.services.messages import write_to_team
from tests import cast
from tests.web import stages
from tests.web.test_office_routes import CHANGES, READER, TABLE, _dump, ask, database, decided_file, routes, signed_in, study

__all__ = ["database", "decided_file", "signed_in", "study"]
FOREIGN = "foreign"
# What anybody with a role may do: have a file made that they could have made anyway.
FOR_EVERY_ROLE = {"office.request_export"}


@pytest.fixture
def foreign(database):
    """A study of Ruth's with an open round, in which nobody else holds a role, and the numbers of what is in it."""
    with database.transaction() as session:
        other = cast.begin_study(session, slug=FOREIGN)
        cast.add_panel(session, other, {"Carers": 6})
        opened = cast.open_round(session, other)
        writer = cast.member(session, opened, "carers-1@example.org")
        proposal = Proposal(round_id=opened.id, panelist_id=writer.panelist_id, section_key="going-along")
        proposal.versions = [ProposalVersion(number=1, text="Theirs alone.")]
        session.add(proposal)
        write_to_team(session, cast.keyring(), writer.panelist, "To them alone.", now=cast.NOW)
        session.flush()
        conversation = session.scalars(select(Conversation).where(Conversation.study_id == other.id)).one()
        invitation = AccountLink(
            id=4713,
            purpose="invitation",
            address="una@example.org",
            study_id=other.id,
            roles=["observer"],
            digest="x",
            created_at=cast.NOW,
            expires_at=cast.NOW.replace(year=2100),
        )
        session.add(invitation)
        return {"proposal_id": proposal.id, "key": conversation.id, "link_id": invitation.id}


def elsewhere(app):
    """Yield endpoint, method and address of everything of a study, in the study that is not one's own."""
    for endpoint, method, url in routes(app):
        if "slug" in TABLE[endpoint].values:
            yield endpoint, method, url.replace(f"/studies/{stages.SLUG}", f"/studies/{FOREIGN}")


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "no role")
def test_in_another_study_every_address_answers_as_if_there_were_none(app, database, ruth, foreign, signed_in, role):
    browser = signed_in(*([role] if role else []))
    before = _dump(database)

    answers = {(endpoint, method): ask(browser, method, url).status_code for endpoint, method, url in elsewhere(app)}

    assert {route: status for route, status in answers.items() if status != 404} == {}
    assert _dump(database) == before


def test_the_founder_of_the_other_study_comes_in_by_the_same_addresses(app, ruth, foreign):
    for endpoint, method, url in elsewhere(app):
        if endpoint == "office.overview":
            assert ask(ruth, method, url).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_belongs_to_another_study_is_not_found_under_ones_own(app, database, foreign, signed_in, method):
    browser = signed_in(Role.OWNER, Role.FACILITATOR)
    with database.reading() as session:
        ruth = session.scalars(select(Researcher.id).where(Researcher.email == cast.RUTH)).one()
        strangers = {"researcher_id": ruth + 1000, **foreign}
    before, tried = _dump(database), set()

    with app.test_request_context():
        addresses = [
            (endpoint, name, app.url_for(endpoint, **{**page.values, name: strangers[name]}))
            for endpoint, page in TABLE.items()
            for name in page.values.keys() & strangers.keys()
            if page.values[name] != "first-meeting" and page.values[name] != cast.ITEMS[0]
        ]
    for endpoint, name, url in addresses:
        if any(method in rule.methods for rule in app.url_map.iter_rules(endpoint)):
            tried.add(name)
            assert ask(browser, method, url).status_code == 404, endpoint

    assert tried == set(strangers) - ({"link_id"} if method == "GET" else set())
    assert _dump(database) == before


def test_every_change_says_who_may_make_it(app):
    changes = {endpoint for endpoint, method, _ in routes(app) if method == "POST" and "slug" in TABLE[endpoint].values}

    assert changes - FOR_EVERY_ROLE == set(CHANGES)


@pytest.mark.parametrize("role", list(Role))
def test_a_change_is_open_to_the_roles_that_it_is_meant_for(app, ruth, signed_in, role):
    browser = signed_in(role)

    for endpoint, method, url in routes(app):
        if method == "POST" and role in CHANGES.get(endpoint, ()):
            assert CHANGES[endpoint] is not READER
            assert browser.post(url).status_code not in (401, 403, 404), endpoint
