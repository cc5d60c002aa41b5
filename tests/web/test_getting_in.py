"""Links and codes at the door: what works, and what does not and says so alike."""

import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.database import Database
from delphi.models import OutboxMail, Round, Study
from delphi.services import links
from delphi.web import limits
from tests import cast
from tests.web.conftest import Visitor
from tests.web.entering import ADA, BO, Visit, code, come_in, round_, token, type_in

__all__ = ["round_"]

ENOUGH = 150  # tries, more than any limit allows in a minute
SAID = re.compile(r'class="lead">([^<]*)')


@pytest.fixture
def limited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The site with its limits in force, within one minute however long the test takes."""
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    return app


def dump(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]


# Links that do not work

BROKEN = {
    "truncated": lambda alive, _: alive[:-1],
    "wrapped": lambda alive, _: alive[:13],
    "with =20": lambda alive, _: alive + "=20",
    "with a dot": lambda alive, _: alive + ".",
    "with a question mark": lambda alive, _: alive + "%3F",
    "unknown": lambda _, __: "0" * 26,
    "a code": lambda _, __: "ABCDE-FGHJK",
    "of an earlier round": lambda _, dead: dead["expired"],
    "replaced": lambda _, dead: dead["revoked"],
}


def test_links_that_do_not_work_are_answered_alike_whatever_the_reason(database: Database, visitor: Visit, round_: Round) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        dead = {"expired": cast.token(session, round_, ADA)}
        cast.close_and_publish(session, study, session.get_one(Round, round_.id))
        later = cast.open_round(session, study)
        dead["revoked"] = cast.token(session, later, BO)
        links.replace_link(session, cast.keyring(), study, cast.member(session, later, BO), actor="researcher 1", now=cast.NOW)
        alive = cast.token(session, later, ADA)
    browser = visitor()
    assert browser.get(f"/p/{alive}").status_code == 200
    assert browser.get(f"/p/{alive.lower()}").status_code == 200  # capitals do not matter

    answers = {}
    for name, broken in BROKEN.items():
        url = f"/p/{broken(alive, dead)}"
        for way in ("", "/no-thanks", "/not-me"):
            answers |= {f"{name} {way}": browser.get(url + way), f"{name} {way} posted": browser.post(url + way)}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.text for answer in answers.values()}) == 1
    (said,) = {SAID.search(answer.text)[1] for answer in answers.values()}
    assert said == links.DEAD_LINK
    page = answers["unknown "].text
    assert 'href="/new-link"' in page
    assert 'href="/enter"' in page


def test_codes_that_do_not_work_are_answered_alike_and_come_back_to_be_mended(
    database: Database, visitor: Visit, round_: Round
) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        expired = cast.code(session, round_, ADA)
        cast.close_and_publish(session, study, session.get_one(Round, round_.id))
        later = cast.open_round(session, study)
        revoked = cast.code(session, later, BO)
        links.replace_link(session, cast.keyring(), study, cast.member(session, later, BO), actor="researcher 1", now=cast.NOW)
    browser = visitor()
    pages = set()
    for typed in ("ZZZZZ-ZZZZZ", expired, revoked, expired[:-1], "<b>"):
        answer = type_in(browser, typed)
        assert answer.status_code == 404
        shown = typed.replace("<", "&lt;").replace(">", "&gt;")
        assert f'value="{shown}"' in answer.text
        pages.add(re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(shown, "")))

    assert len(pages) == 1
    assert links.DEAD_CODE in pages.pop()
    assert type_in(browser, "  ").status_code == 422


def test_a_session_whose_link_was_replaced_is_told_how_to_come_back(database: Database, visitor: Visit, round_: Round) -> None:
    ada = come_in(visitor(), token(database, round_))
    with database.transaction() as session:
        member = cast.member(session, round_, ADA)
        links.end_links(session, cast.keyring(), member.panelist)

    answer = ada.get("/panel/")

    assert answer.status_code == 401
    assert 'href="/new-link"' in answer.text


# Codes


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: f" {code.replace('-', ' ')} "])
def test_a_code_signs_in_and_moves_on(database: Database, visitor: Visit, round_: Round, typed: Callable[[str], str]) -> None:
    ada = visitor()

    answer = type_in(ada, typed(code(database, round_)))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/panel/")
    assert ada.get("/panel/").headers["Location"] == "/panel/consent"


def test_coming_in_drops_what_the_browser_brought(database: Database, visitor: Visit, round_: Round) -> None:
    browser = visitor()
    with browser.client.session_transaction() as session:
        session["researcher"] = {"id": 1, "epoch": 1}
        session["planted"] = "by somebody else"

    type_in(browser, code(database, round_))

    with browser.client.session_transaction() as session:
        assert set(session) & {"researcher", "planted"} == set()


def test_looking_at_any_page_of_a_link_changes_nothing(database: Database, visitor: Visit, round_: Round) -> None:
    before, link = dump(database), f"/p/{token(database, round_)}"

    for _ in range(5):
        for page in (link, f"{link}/no-thanks", f"{link}/not-me", "/enter", "/new-link", "/goodbye/not-me"):
            assert visitor().get(page).status_code == 200
            assert visitor().client.head(page).status_code == 200

    assert dump(database) == before


# Guessing


def until_stopped(attempt: Callable[[int], int]) -> list[int]:
    """Return the answers before the first that says too many, or as many as should be enough to be stopped."""
    answers: list[int] = []
    while len(answers) < ENOUGH and (status := attempt(len(answers))) != 429:
        answers.append(status)
    return answers


def test_who_guesses_codes_is_stopped(database: Database, limited: Flask, round_: Round) -> None:
    guesser = Visitor(limited.test_client())

    tries = until_stopped(lambda n: type_in(guesser, f"ABCDE-{n:05}").status_code)

    assert tries == [404] * 10
    neighbour = Visitor(limited.test_client())
    neighbour.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert type_in(neighbour, code(database, round_)).status_code == 303


def test_a_guesser_with_many_addresses_is_stopped_too(limited: Flask, round_: Round) -> None:
    def guess(n: int) -> int:
        guesser = Visitor(limited.test_client())
        guesser.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"
        return type_in(guesser, f"ABCDE-{n:05}").status_code

    tries = until_stopped(guess)

    assert tries == [404] * 60


def test_a_ward_that_shares_an_address_can_type_its_codes(database: Database, limited: Flask, round_: Round) -> None:
    with database.reading() as session:
        codes = [cast.code(session, round_, f"{group}-{n}@example.org") for group in ("carers", "academics") for n in range(1, 7)]

    answers = [type_in(Visitor(limited.test_client()), one).status_code for one in codes]

    assert answers == [303] * 12


def test_who_guesses_links_is_stopped(limited: Flask, round_: Round) -> None:
    guesser = limited.test_client()

    tries = until_stopped(lambda n: guesser.get(f"/p/{n:026}").status_code)

    assert tries == [404] * 120


# A new link


def ask_for_link(visitor: Visitor, address: str):
    visitor.get("/new-link")
    return visitor.post("/new-link", {"address": address})


def test_asking_for_a_link_is_answered_alike_for_everybody(database: Database, visitor: Visit, round_: Round) -> None:
    pages, seconds = [], []
    for address in (ADA, "stranger@example.org"):
        browser, began = visitor(), time.monotonic()
        answer = ask_for_link(browser, address)
        seconds.append(time.monotonic() - began)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/new-link")
        pages.append(re.sub(r'name="csrf_token" value="[^"]+"', "", browser.get("/new-link").text))

    assert pages[0] == pages[1]
    assert "If this address is on a panel with an open round, a mail with a new link is on its way." in pages[0]
    assert ADA not in pages[0]
    assert min(seconds) >= 0.3
    with database.reading() as session:
        kinds = [mail.kind for mail in session.scalars(select(OutboxMail))]
    assert sorted(kinds) == ["invitation"] * 12 + ["new_link"]


def test_what_is_no_address_is_said_to_be_none(visitor: Visit, round_: Round) -> None:
    browser = visitor()

    answer = ask_for_link(browser, "ada at example.org")

    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert 'value="ada at example.org"' in answer.text


def test_asking_again_and_again_is_stopped(limited: Flask, round_: Round) -> None:
    browser = Visitor(limited.test_client())

    tries = until_stopped(lambda _: ask_for_link(browser, "stranger@example.org").status_code)

    assert tries == [303] * 5
