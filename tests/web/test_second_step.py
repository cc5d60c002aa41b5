"""Signing in with a code, setting that up, and an installation that demands it."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import segno
from sqlalchemy import select

from delphi.models import Researcher
from delphi.services.researchers import has_second_factor
from delphi.web import create_app
from delphi.web.limits import limiter
from tests import cast
from tests.phone import code_for, present_code, second_step
from tests.web import stages
from tests.web.conftest import Visitor

CODE, STEP = "/office/sign-in/code", "/office/account/second-step"


def hers(session):
    return session.scalars(select(Researcher).where(Researcher.email == cast.RUTH)).one()


@pytest.fixture
def codes(database):
    """Ruth's recovery codes, once she has set up a second step."""
    with database.transaction() as session:
        return second_step(session, cast.ruth(session))


def give_password(browser):
    browser.get("/office/sign-in")
    return browser.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD})


def code_now(database):
    with database.reading() as session:
        return present_code(session, hers(session))


def test_the_password_alone_opens_nothing(codes, visitor):
    browser = visitor()

    answer = give_password(browser)

    assert answer.location == CODE
    assert browser.get("/office/").status_code == 401
    assert browser.get(CODE).status_code == 200


def test_with_the_code_she_is_in_and_the_code_does_not_work_again(database, codes, visitor):
    code = code_now(database)
    for status in (303, 422):
        browser = visitor()
        give_password(browser)
        browser.get(CODE)
        assert browser.post(CODE, {"code": code}).status_code == status
        assert browser.get("/office/").status_code == (200 if status == 303 else 401)


def test_a_recovery_code_lets_in(codes, visitor):
    browser = visitor()
    give_password(browser)
    browser.get(CODE)

    assert browser.post(CODE, {"code": codes[0]}).status_code == 303
    assert browser.get("/office/").status_code == 200
    assert "7 recovery codes left" in browser.get(STEP).text


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_page_for_the_code_is_closed_to_who_gave_no_password(codes, visitor, method):
    browser = visitor()
    browser.get("/office/sign-in")

    assert getattr(browser, method)(CODE).status_code == 401


def test_a_password_given_long_ago_or_changed_since_does_not_wait_for_a_code(app, database, codes, visitor):
    browser = visitor()
    give_password(browser)
    late = app.extensions["delphi"]
    app.extensions["delphi"] = replace(late, clock=lambda: cast.NOW + timedelta(minutes=10))
    assert browser.get(CODE).status_code == 401
    app.extensions["delphi"] = late
    with database.transaction() as session:
        hers(session).session_epoch += 1

    assert browser.get(CODE).status_code == 401


def test_trying_codes_is_slowed_down(app, codes, visitor, monkeypatch):
    browser = visitor()
    give_password(browser)
    browser.get(CODE)
    monkeypatch.setattr(limiter, "enabled", True)

    answers = [browser.post(CODE, {"code": ""}).status_code for _ in range(21)]

    assert answers[:20] == [422] * 20
    assert answers[20] == 429


def test_it_is_set_up_with_password_and_first_code_and_the_recovery_codes_are_shown_once(app, database, ruth):
    elsewhere = app.test_client()
    elsewhere.set_cookie("delphi", ruth.client.get_cookie("delphi").value)
    ruth.get(STEP)
    assert ruth.post(f"{STEP}/begin", {"present": "wrong words here"}).status_code == 422
    assert ruth.post(f"{STEP}/begin", {"present": cast.PASSWORD}).status_code == 303
    page = ruth.get(STEP).text
    secret = re.search(r"secret=([A-Z2-7]+)", page)[1]
    assert secret in re.sub(r"[\s]", "", re.search(r"<code>(.*?)</code>", page, re.DOTALL)[1])
    assert ruth.post(f"{STEP}/complete", {"code": "000000"}).status_code == 422

    shown = ruth.post(f"{STEP}/complete", {"code": code_for(secret)})

    assert shown.status_code == 200
    told = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", shown.text)
    assert len(told) == 8
    assert told[0] not in ruth.get(STEP).text
    assert secret not in ruth.get(STEP).text
    assert elsewhere.get("/office/").status_code == 401
    with database.reading() as session:
        assert has_second_factor(session, hers(session))


def test_it_is_removed_with_the_password(database, ruth):
    with database.transaction() as session:
        second_step(session, hers(session))
    browser = ruth
    give_password(browser)
    browser.get(CODE)
    browser.post(CODE, {"code": code_now(database)})
    browser.get(STEP)
    assert browser.post(f"{STEP}/remove", {"present": ""}).status_code == 422

    assert browser.post(f"{STEP}/remove", {"present": cast.PASSWORD}).status_code == 303

    assert browser.get("/office/account").status_code == 200
    with database.reading() as session:
        assert not has_second_factor(session, hers(session))


def test_a_new_password_by_mail_does_not_go_round_the_code(database, codes, visitor):
    from tests.web.test_team import NEW, letters

    browser = visitor()
    browser.get("/office/forgotten")
    browser.post("/office/forgotten", {"address": cast.RUTH})
    (letter,) = letters(database)
    browser.get(f"/office/link/{letter.account_token}")
    browser.post(f"/office/link/{letter.account_token}", {"password": NEW, "again": NEW})
    browser.get("/office/sign-in")

    assert browser.post("/office/sign-in", {"email": cast.RUTH, "password": NEW}).location == CODE
    assert browser.get("/office/").status_code == 401


def test_an_owner_sees_who_signs_in_with_a_code_and_nobody_else_does(database, ruth, visitor):
    with database.transaction() as session:
        stages.with_reader(session)
        second_step(session, session.scalars(select(Researcher).where(Researcher.email == stages.SOL)).one())
    sol = visitor()
    sol.get("/office/sign-in")
    sol.post("/office/sign-in", {"email": stages.SOL, "password": cast.PASSWORD})
    sol.get(CODE)
    with database.reading() as session:
        theirs = session.scalars(select(Researcher).where(Researcher.email == stages.SOL)).one()
        code = present_code(session, theirs)
    sol.post(CODE, {"code": code})

    assert "Signs in with a code too" in ruth.get(f"{stages.HOME}/team").text
    assert "Signs in with a code too" not in sol.get(f"{stages.HOME}/team").text


class TestDemanded:
    """An installation on which everybody signs in with a code."""

    @pytest.fixture
    def strict(self, settings, database):
        with database.transaction() as session:
            stages.with_panel(session)
        app = create_app(replace(settings, second_factor="required"), clock=lambda: cast.NOW)
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
        browser = Visitor(app.test_client())
        give_password(browser)
        return browser

    @pytest.mark.parametrize("address", ["/office/", f"{stages.HOME}/", f"{stages.HOME}/panel", "/office/new-study"])
    def test_nothing_opens_before_it_is_set_up(self, strict, address):
        assert strict.get(address).location == STEP
        strict.get(STEP)
        assert strict.post(address).status_code in (303, 405)
        assert "On this site everybody who works on a study" in strict.get(STEP).text

    def test_everything_opens_once_it_is(self, strict, database):
        strict.get(STEP)
        strict.post(f"{STEP}/begin", {"present": cast.PASSWORD})
        secret = re.search(r"secret=([A-Z2-7]+)", strict.get(STEP).text)[1]
        strict.post(f"{STEP}/complete", {"code": code_for(secret)})

        assert strict.get(f"{stages.HOME}/").status_code == 200

    def test_signing_out_and_changing_the_password_stay_open(self, strict):
        assert strict.get("/office/account").status_code == 200
        assert strict.post("/office/sign-out").status_code == 303


def test_the_page_with_the_recovery_codes_has_a_way_out_that_works(ruth):
    ruth.get(STEP)
    ruth.post(f"{STEP}/begin", {"present": cast.PASSWORD})
    secret = re.search(r"secret=([A-Z2-7]+)", ruth.get(STEP).text)[1]
    ruth.post(f"{STEP}/complete", {"code": code_for(secret)})

    assert ruth.post("/office/sign-out").status_code == 303


def test_the_picture_says_what_the_text_says_and_has_a_name(ruth):
    ruth.get(STEP)
    ruth.post(f"{STEP}/begin", {"present": cast.PASSWORD})

    page = ruth.get(STEP).text

    uri = html.unescape(re.search(r'href="(otpauth:[^"]+)"', page)[1])
    drawn = re.search(r'<svg role="img".*?</svg>', page, re.DOTALL)[0]
    assert "<title>The secret as a picture for your phone" in drawn
    assert "style=" not in drawn  # which the site's own policy forbids
    path = re.search(r' d="(M[^"]+)"', segno.make(uri, error="m").svg_inline())[1]
    assert path in drawn
