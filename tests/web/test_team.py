"""The team's page, the links by mail, and one's own account."""

import re

import pytest
from sqlalchemy import delete, select

from delphi.models import AccountLink, LinkPurpose, Researcher, Role, Study, StudyRole
from delphi.services import outbox, passwords
from delphi.web.limits import limiter
from tests import cast
from tests.web import stages

TEAM = f"{stages.HOME}/team"
LINK = f"/office/link/{stages.invitation_token()}"
HERS = "four rather plain words"
NEW = "five words that are new"


@pytest.fixture(autouse=True)
def study(database):
    with database.transaction() as session:
        study = stages.with_reader(session)
        stages.invitation(session, study)


def sign_in(browser, address, password=cast.PASSWORD):
    browser.get("/office/sign-in")
    return browser.post("/office/sign-in", {"email": address, "password": password})


def roles_of(database, address):
    with database.reading() as session:
        rows = select(StudyRole.role).join(Researcher, Researcher.id == StudyRole.researcher_id)
        return set(session.scalars(rows.where(Researcher.email == address)))


def number_of(database, address):
    with database.reading() as session:
        return session.scalars(select(Researcher.id).where(Researcher.email == address)).one()


def letters(database):
    with database.transaction() as session:
        return outbox.claim_next(session, cast.keyring(), now=cast.NOW)


def test_the_page_says_who_holds_what_and_who_can_link_names_and_answers(ruth):
    page = ruth.get(TEAM).text

    assert "owner, facilitator, analyst, custodian" in page
    assert "They keep the contacts and also see results" in page
    assert stages.INVITED in page


def test_the_page_says_where_the_safeguarding_reader_is_named_and_who_can_be(database, ruth):
    page = ruth.get(TEAM).text

    assert "any two of the team, whatever their roles" in page
    link = re.search(r'href="([^"]+)">Go to safeguarding', page)[1]
    assert link == f"{stages.HOME}/protocol?open=danger#danger"
    assert stages.SOL in ruth.get(link).text.partition('id="reader"')[2].partition("</select>")[0]


def test_a_colleague_is_invited_accepts_with_a_password_of_their_own_and_signs_in(database, ruth, visitor):
    ruth.get(TEAM)
    answer = ruth.post(TEAM, {"address": "omar@example.org", "roles": ["analyst", "facilitator"]})
    assert answer.status_code == 303
    assert "once they have accepted. Next, advised: <a " in ruth.get(answer.location).text
    (letter,) = letters(database)
    omar = visitor()

    page = omar.get(f"/office/link/{letter.account_token}").text
    assert "ruth@example.org invites you." in page
    assert "Facilitator" in page
    assert roles_of(database, "omar@example.org") == set()
    answer = omar.post(f"/office/link/{letter.account_token}", {"password": HERS, "again": HERS})

    assert answer.status_code == 303
    assert roles_of(database, "omar@example.org") == {"analyst", "facilitator"}
    assert "You are on the team" in omar.get(answer.location).text
    assert sign_in(omar, "omar@example.org", HERS).status_code == 303
    assert omar.get(f"{stages.HOME}/").status_code == 200


def test_what_was_typed_into_a_refused_invitation_is_kept(ruth):
    ruth.get(TEAM)

    page = ruth.post(TEAM, {"address": "not an address", "roles": ["analyst"]})

    assert page.status_code == 422
    assert "This is not an e-mail address" in page.text
    assert 'value="not an address"' in page.text
    assert re.search(r'value="analyst"[^>]*checked|checked[^>]*value="analyst"', page.text)


def test_looking_at_a_link_five_times_changes_nothing_and_posting_twice_is_refused(database, visitor):
    browser = visitor()
    for _ in range(5):
        assert browser.get(LINK).status_code == 200
    assert roles_of(database, stages.INVITED) == set()

    assert browser.post(LINK, {"password": HERS, "again": HERS}).status_code == 303
    assert browser.post(LINK, {"password": HERS, "again": HERS}).status_code == 404


@pytest.mark.parametrize(("password", "again"), [("short", "short"), (HERS, "another of them"), ("", "")])
def test_a_password_that_cannot_be_used_leaves_the_invitation(database, visitor, password, again):
    browser = visitor()
    browser.get(LINK)

    assert browser.post(LINK, {"password": password, "again": again}).status_code == 422
    assert browser.get(LINK).status_code == 200
    assert roles_of(database, stages.INVITED) == set()


def test_unknown_used_and_expired_links_get_the_same_page(app, database, visitor, ruth):
    browser = visitor()
    browser.get(LINK)
    browser.get(browser.post(LINK, {"password": HERS, "again": HERS}).location)
    used = browser.get(LINK)

    unknown = browser.get("/office/link/NOBODY")

    assert used.status_code == unknown.status_code == 404
    assert used.text == unknown.text


def test_guessing_links_is_slowed_down(app, visitor, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    browser = visitor()

    answers = [browser.get(f"/office/link/GUESS{n}").status_code for n in range(121)]

    assert answers[119] == 404
    assert answers[120] == 429


def test_an_invitation_that_is_taken_back_is_dead(ruth, visitor):
    ruth.get(TEAM)

    assert ruth.post(f"{TEAM}/invitations/{stages.INVITATION}/withdraw").status_code == 303

    assert visitor().get(LINK).status_code == 404
    assert ruth.post(f"{TEAM}/invitations/{stages.INVITATION}/withdraw").status_code == 404


def test_a_role_that_is_taken_away_signs_its_holder_out_at_once(database, ruth, visitor):
    sol = visitor()
    sign_in(sol, stages.SOL)
    assert sol.get(f"{stages.HOME}/").status_code == 200
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        sols = session.scalars(select(Researcher).where(Researcher.email == stages.SOL)).one()
        session.add(StudyRole(study_id=study.id, researcher_id=sols.id, role=Role.ANALYST, granted_at=cast.NOW))
    member = f"{TEAM}/{number_of(database, stages.SOL)}"
    ruth.get(member)

    assert ruth.post(member, {"roles": ["observer"]}).status_code == 303

    assert sol.get(f"{stages.HOME}/").status_code == 401
    assert roles_of(database, stages.SOL) == {"observer"}
    assert ruth.get(TEAM).status_code == 200


def test_who_takes_a_role_from_themselves_stays_signed_in_here_only(app, database, ruth):
    elsewhere = app.test_client()
    elsewhere.set_cookie("delphi", ruth.client.get_cookie("delphi").value)
    member = f"{TEAM}/{number_of(database, cast.RUTH)}"
    assert "You stay signed in here and are signed out everywhere else." in ruth.get(member).text

    answer = ruth.post(member, {"roles": ["owner", "facilitator", "analyst"]})

    page = ruth.get(answer.location)
    assert page.status_code == 200
    assert "Your roles are changed. If you gave one away, you are signed out everywhere but here." in page.text
    assert elsewhere.get("/office/").status_code == 401
    assert roles_of(database, cast.RUTH) == {"owner", "facilitator", "analyst"}


def test_the_last_owner_cannot_be_taken_off_and_the_page_says_why(database, ruth):
    member = f"{TEAM}/{number_of(database, cast.RUTH)}"
    ruth.get(member)

    page = ruth.post(member, {"roles": ["custodian"]})

    assert page.status_code == 409
    assert "the only owner" in page.text
    assert roles_of(database, cast.RUTH) == {"owner", "facilitator", "analyst", "custodian"}


def test_giving_both_sides_to_one_person_is_said_on_their_page(database, ruth):
    member = f"{TEAM}/{number_of(database, stages.SOL)}"
    assert "also sees results" not in ruth.get(member).text

    ruth.post(member, {"roles": ["observer", "custodian"]})

    assert "also sees results" in ruth.get(member).text
    assert "In this study 2 people keep the contacts and also work on the results." in ruth.get(f"{stages.HOME}/consent").text


def test_a_study_is_handed_on_when_the_successor_accepts(database, ruth, visitor):
    ruth.get(f"{TEAM}/hand-on")
    assert ruth.post(f"{TEAM}/hand-on", {"address": stages.SOL, "reason": "I retire."}).status_code == 303
    (letter,) = letters(database)
    sol = visitor()
    page = sol.get(f"/office/link/{letter.account_token}").text
    assert "I retire." in page
    assert "Nothing else is asked of you" in page

    assert sol.post(f"/office/link/{letter.account_token}").status_code == 303

    assert roles_of(database, stages.SOL) == {"observer", "owner"}
    assert "owner" not in roles_of(database, cast.RUTH)
    assert ruth.get(TEAM).status_code == 401  # a role was taken from her
    sign_in(sol, stages.SOL)
    log = sol.get(f"{stages.HOME}/log").text
    assert "took the study over from ruth@example.org" in log
    assert "I retire." in log


def test_a_forgotten_password_is_answered_alike_whatever_the_address(app, visitor):
    browser = visitor()
    pages = []
    for address in (cast.RUTH, "stranger@example.org"):
        browser.get("/office/forgotten")
        answer = browser.post("/office/forgotten", {"address": address})
        pages.append((answer.status_code, answer.location, re.sub(r'value="[^"]*"', "", browser.get(answer.location).text)))

    assert pages[0] == pages[1]


def test_a_new_password_by_mail_ends_every_session_and_does_not_sign_in(database, ruth, visitor):
    browser = visitor()
    browser.get("/office/forgotten")
    browser.post("/office/forgotten", {"address": cast.RUTH})
    (letter,) = letters(database)
    browser.get(f"/office/link/{letter.account_token}")

    answer = browser.post(f"/office/link/{letter.account_token}", {"password": NEW, "again": NEW})

    assert answer.status_code == 303
    assert ruth.get("/office/").status_code == 401
    assert browser.get("/office/").status_code == 401
    assert sign_in(browser, cast.RUTH, NEW).status_code == 303


def test_a_link_for_one_thing_is_good_for_nothing_else(database):
    with database.transaction() as session:
        invitation = session.get_one(AccountLink, stages.INVITATION)
        cast.ruth(session)
        with pytest.raises(Exception, match="does not work"):
            passwords.renew_password(session, invitation, NEW, now=cast.NOW)
        assert invitation.purpose == LinkPurpose.INVITATION


def test_a_password_is_changed_with_the_present_one_and_other_sessions_end(app, ruth):
    elsewhere = app.test_client()
    elsewhere.set_cookie("delphi", ruth.client.get_cookie("delphi").value)
    ruth.get("/office/account")

    wrong = ruth.post("/office/account", {"present": "wrong words here", "password": NEW, "again": NEW})
    assert wrong.status_code == 422
    assert elsewhere.get("/office/").status_code == 200
    answer = ruth.post("/office/account", {"present": cast.PASSWORD, "password": NEW, "again": NEW})

    assert answer.status_code == 303
    assert ruth.get("/office/account").status_code == 200
    assert elsewhere.get("/office/").status_code == 401


def invite(ruth, address, *roles, **more):
    return ruth.post(TEAM, {"address": address, "roles": list(roles), **more})


def invited_as(database, address):
    with database.reading() as session:
        links = session.scalars(select(AccountLink).where(AccountLink.address == address, AccountLink.ended_at.is_(None)))
        return [sorted(link.roles) for link in links]


def test_a_second_invitation_says_what_the_first_brings_before_it_takes_its_place(database, ruth):
    ruth.get(TEAM)
    invite(ruth, "ann@example.org", "analyst")

    asked = invite(ruth, "ann@example.org", "observer")

    assert asked.status_code == 422
    assert "They are invited already, as analyst." in asked.text
    assert invited_as(database, "ann@example.org") == [["analyst"]]
    assert invite(ruth, "ann@example.org", "analyst").status_code == 303  # the same again needs no word
    assert invite(ruth, "ann@example.org", "observer", anyway="y").status_code == 303
    assert invited_as(database, "ann@example.org")[-1] == ["observer"]


def test_a_custodian_is_asked_before_somebody_of_the_panel_is_invited_and_nobody_else_learns_of_it(database, ruth):
    ruth.get(TEAM)

    asked = invite(ruth, "carers-1@example.org", "analyst")
    assert (asked.status_code, "This address is on the panel" in asked.text) == (422, True)
    assert invited_as(database, "carers-1@example.org") == []

    with database.transaction() as session:
        session.execute(delete(StudyRole).where(StudyRole.role == Role.CUSTODIAN))
    assert invite(ruth, "carers-1@example.org", "analyst").status_code == 303
