"""Staying out: "no thank you", "this is not me", and an Exit that holds on every device."""

from flask import Flask
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Panelist, Round, Standing
from delphi.services import links
from tests import cast
from tests.web.conftest import Visitor
from tests.web.entering import Visit, code, come_in, round_, standing, token, type_in

__all__ = ["round_"]


def test_no_thank_you_takes_one_confirmation_and_ends_mail_and_session(database: Database, visitor: Visit, round_: Round) -> None:
    link = f"/p/{token(database, round_)}"
    phone, browser = come_in(visitor(), token(database, round_)), visitor()

    asked = browser.get(f"{link}/no-thanks")
    assert standing(database, round_) == Standing.ACTIVE
    done = browser.post(f"{link}/no-thanks")

    assert "nobody asks why" in asked.text
    assert "Carers Person" not in asked.text
    assert (done.status_code, done.headers["Location"]) == (303, "/goodbye/no-thanks")
    assert "No more mail from this study" in browser.get("/goodbye/no-thanks").text
    assert standing(database, round_) == Standing.DECLINED
    assert phone.get("/panel/").status_code == 401


def test_who_said_no_comes_back_by_the_same_link_only_by_saying_so(database: Database, visitor: Visit, round_: Round) -> None:
    link = f"/p/{token(database, round_)}"
    browser = visitor()
    browser.get(f"{link}/no-thanks")
    browser.post(f"{link}/no-thanks")

    page = browser.get(link)
    refused = browser.post(link)  # "Continue" on a page that was opened before
    still = standing(database, round_)
    back = browser.post(link, {"after_all": "1"})

    assert "You said no thank you" in page.text
    assert (refused.status_code, still) == (409, Standing.DECLINED)
    assert "Take part after all" in refused.text
    assert (back.status_code, back.headers["Location"]) == (303, "/panel/")
    assert standing(database, round_) == Standing.ACTIVE
    assert browser.get("/panel/consent").status_code == 200


def test_who_said_no_comes_back_by_code_only_by_saying_so(database: Database, visitor: Visit, round_: Round) -> None:
    browser, mine = visitor(), code(database, round_)
    browser.get(f"/p/{token(database, round_)}/no-thanks")
    browser.post(f"/p/{token(database, round_)}/no-thanks")

    asked = type_in(browser, mine)
    back = browser.post("/enter", {"code": mine, "after_all": "1"})

    assert asked.status_code == 409
    assert f'name="code" value="{mine}"' in asked.text
    assert back.headers["Location"] == "/panel/"
    assert standing(database, round_) == Standing.ACTIVE


def test_not_me_takes_one_confirmation_and_kills_the_link(database: Database, visitor: Visit, round_: Round) -> None:
    link = f"/p/{token(database, round_)}"
    phone, browser = come_in(visitor(), token(database, round_)), visitor()

    assert browser.get(f"{link}/not-me").status_code == 200
    assert browser.get(link).status_code == 200
    done = browser.post(f"{link}/not-me")

    assert (done.status_code, done.headers["Location"]) == (303, "/goodbye/not-me")
    assert browser.get(link).status_code == 404
    assert type_in(browser, code(database, round_)).status_code == 303  # the new one, which nobody has been told
    assert phone.get("/panel/").status_code == 401


def test_there_is_no_goodbye_of_another_kind(visitor: Visit, round_: Round) -> None:
    assert visitor().get("/goodbye/forever").status_code == 404


# Exit


def test_a_copied_cookie_dies_with_exit(database: Database, app: Flask, round_: Round) -> None:
    ada = come_in(Visitor(app.test_client()), token(database, round_))
    thief = app.test_client()
    thief.set_cookie("delphi", ada.client.get_cookie("delphi").value)
    assert thief.get("/panel/").status_code == 200

    ada.post("/panel/leave")

    assert thief.get("/panel/").status_code == 401
    assert come_in(Visitor(app.test_client()), token(database, round_)).get("/panel/").status_code == 200


def test_exit_clears_the_device_of_whoever_is_out_already(database: Database, visitor: Visit, round_: Round) -> None:
    ada = come_in(visitor(), token(database, round_))
    with database.transaction() as session:
        links.end_links(session, cast.keyring(), session.scalars(select(Panelist)).all()[0])
        for panelist in session.scalars(select(Panelist)):
            panelist.link_serial += 1

    for _ in range(2):  # the second time without any session at all
        answer = ada.client.post("/panel/leave")
        assert answer.status_code == 303
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert ada.client.post("/panel/leave", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
