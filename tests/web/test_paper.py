"""Paper and telephone in the office: who prints, who sees names, who types in, and what of it goes on record."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Action, Ballot, Role, Round, Study
from delphi.services.consent import current_consent
from delphi.services.decisions import Verdict, decide
from delphi.services.panel import has_agreed
from tests import cast
from tests.fields import PACE, PLACE
from tests.pdfs import smallest_type, words
from tests.web import stages
from tests.web.conftest import Visitor

ADA = "carers-1@example.org"
PAPER, ENTRY = f"{stages.HOME}/paper", f"{stages.HOME}/rounds/1/entry"
Office = Callable[..., Visitor]


@pytest.fixture
def office(database: Database, visitor: Callable[[], Visitor]) -> Office:
    """Return a maker of researchers with roles in a study whose round 1 is open and answered on the site by all but one."""
    with database.transaction() as session:
        study = stages.with_panel(session)
        round_ = cast.open_round(session, study)
        for n in range(2, 7):
            cast.rate(session, round_, f"carers-{n}@example.org", dict.fromkeys(cast.ITEMS, 8))

    def sign_in(*roles: Role) -> Visitor:
        address = f"{'-'.join(roles)}@example.org"
        with database.transaction() as session:
            stages.researcher_with(session, address, session.scalars(select(Study)).one(), *roles)
        browser = visitor()
        browser.get("/office/sign-in")
        browser.post("/office/sign-in", {"email": address, "password": cast.PASSWORD})
        browser.get("/office/")
        return browser

    return sign_in


@pytest.fixture
def code(office: Office, database: Database) -> str:
    """Ada's code name."""
    with database.reading() as session:
        return cast.member(session, session.scalars(select(Round)).one(), ADA).panelist.pseudonym


def take(browser: Visitor, code: str, channel: str = "paper", **more: object) -> object:
    return browser.post(ENTRY, {"code": code, "channel": channel, "has_consented": "y", **more})


def test_a_facilitator_prints_a_pack_with_a_code_name_and_no_name(office: Office, code: str) -> None:
    browser = office(Role.FACILITATOR)
    page = browser.get(PAPER).text

    answer = browser.post(PAPER, {"code": code.lower(), "return_to": "The Delphi team\r\n3 Some Street", "is_large": ""})

    assert "6 April 2026, seven days after the deadline" in page
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="pack-{code}.pdf"'
    said = words(answer.data)
    for expected in (code, "The Delphi team", "3 Some Street", "30 March 2026", "Answer from this point of view: Carers."):
        assert expected in said, expected
    for once in (
        "The first meeting takes place somewhere that the person has chosen.",
        "The worker goes at the pace of the person.",
        "The worker offers to go along for the first time.",
        "The worker steps back as soon as others know the person by name.",
        "The first conversations set the tone.",
        "I have read this, I could ask questions, and I take part of my own free will.",
        "The custodian of the contacts",
        "has not been named in this study. No comment that is written on the site is read before the round closes.",
        "If you withdraw later",
        "The answers and comments that you have saved stay in the study and count.",
    ):
        assert said.count(once) == 1, once
    assert said.count("I am unable to rate this") >= 4
    assert said.count("1 not at all") == said.count("9 very much") == said.count("5 partly") == 4
    assert "Person" not in said.replace("person", "")
    assert "example.org" not in said
    assert browser.get(PAPER).text.count("3 Some Street") == 1
    log = browser.get(f"{stages.HOME}/log").text
    assert f"printed the pack of {code} for round 1" in log
    assert not re.search(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b", log)


def test_in_round_2_the_pack_says_what_changed_what_was_chosen_and_what_the_panel_said(
    office: Office, code: str, database: Database
) -> None:
    with database.transaction() as session:
        study, round_ = session.scalars(select(Study)).one(), session.scalars(select(Round)).one()
        cast.rate(session, round_, ADA, {"pace": 3})
        cast.close_and_publish(session, study, round_)
        wordings, plains = {"pace": "The person sets the pace."}, {"pace": "You set it."}
        verdict = Verdict(Action.REWORD, "It was not clear whose pace.", wordings, plains=plains)
        decide(session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
        cast.open_round(session, study)

    usual, large = (
        office_.post(PAPER, {"code": code, "return_to": "The team", "is_large": size}).data
        for office_, size in ((office(Role.FACILITATOR, Role.ANALYST), ""), (office(Role.FACILITATOR, Role.OWNER), "y"))
    )

    assert smallest_type(usual) < 18 <= smallest_type(large)
    for said in (words(usual), words(large)):
        assert said.count("In plain words") == 2  # under the item, and as a change
        assert "The person sets the pace." in said
        assert "Why: It was not clear whose pace." in said
        assert "In round 1 you chose 3, for the earlier words." in said
        assert "5 of 6 people chose 7 to 9" in said
        assert "because of you" not in said


def test_large_print_is_never_smaller_than_18_points(office: Office, code: str) -> None:
    answer = office(Role.FACILITATOR).post(PAPER, {"code": code, "return_to": "The team", "is_large": "y"})

    assert smallest_type(answer.data) >= 18


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"code": "P-00000", "return_to": "x"}, "Nobody in this round has the code name P-00000"),
        ({"code": "", "return_to": "x"}, "Give the code name"),
        ({"code": "P-1", "return_to": ""}, "Say where the pack is to be sent"),
    ],
)
def test_a_pack_that_cannot_be_printed_is_refused_with_what_was_typed(
    office: Office, code: str, form: dict[str, object], said: str
) -> None:
    browser = office(Role.FACILITATOR)
    browser.get(PAPER)

    answer = browser.post(PAPER, form)

    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert "printed the pack" not in browser.get(f"{stages.HOME}/log").text


def test_only_the_custodian_sees_whose_code_name_is_whose_and_prints_no_pack(office: Office, code: str) -> None:
    custodian, facilitator = office(Role.CUSTODIAN), office(Role.FACILITATOR)

    labels = custodian.get(f"{PAPER}/labels").text

    assert re.search(rf"Carers Person 1</strong>.*?{code}", labels, re.DOTALL)
    assert "Print this pack" not in custodian.get(PAPER).text
    assert custodian.post(PAPER, {"code": code, "return_to": "x"}).status_code == 403
    assert custodian.get(ENTRY).status_code == 403
    assert facilitator.get(f"{PAPER}/labels").status_code == 403
    assert "Carers Person 1" not in facilitator.get(PAPER).text


def test_what_came_on_paper_is_typed_in_and_counts(office: Office, code: str, database: Database) -> None:
    browser = office(Role.FACILITATOR)
    browser.get(ENTRY)

    assert take(browser, code).headers["Location"] == ENTRY
    overview = browser.get(ENTRY).text
    first = browser.get(f"{ENTRY}/sections/first-meeting").text
    saved = browser.post(
        f"{ENTRY}/sections/first-meeting",
        {
            "rating-0": "7",
            "seen-0": "",
            "rating-1": "unable",
            "seen-1": "",
            PACE.comment: "Whose pace?",
            PACE.comment_seen: "0",
        },
    )
    second = browser.get(saved.headers["Location"]).text
    browser.post(f"{ENTRY}/sections/going-along", {"rating-2": "9", "seen-2": ""})
    done = browser.post(f"{ENTRY}/finish", {}, follow_redirects=True).text

    assert f"In hand: {code}, on paper" in overview
    assert "somewhere that the person has chosen" in first
    assert "3 answers were kept." in second
    with database.reading() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), ADA)
        ballot = session.get_one(Ballot, (member.round_id, member.panelist_id))
        assert list(ballot.payload) == [7, 255, 9, 0]
        assert ballot.is_finished
        assert has_agreed(session, member.panelist, current_consent(session, session.scalars(select(Study)).one()))
        assert ballot.receipt in done
    log = browser.get(f"{stages.HOME}/log").text
    assert f"took the paper pack of {code} for round 1 in hand, to type it in (the person has agreed to take part)" in log
    assert f"typed in 3 answers of {code} for round 1, on paper" in log
    assert "Whose pace?" not in log


def test_the_telephone_is_on_record_as_such(office: Office, code: str) -> None:
    browser = office(Role.FACILITATOR)
    browser.get(ENTRY)
    take(browser, code, "telephone")
    browser.get(f"{ENTRY}/sections/first-meeting")
    browser.post(f"{ENTRY}/sections/first-meeting", {"rating-0": "7", "seen-0": ""})

    log = browser.get(f"{stages.HOME}/log").text

    assert f"began to type in what {code} says by telephone for round 1" in log
    assert f"typed in 1 answer of {code} for round 1, by telephone" in log


def test_who_types_sees_no_answer_from_the_site_and_is_told_that_one_was_replaced(
    office: Office, code: str, database: Database
) -> None:
    with database.transaction() as session:
        cast.rate(session, session.scalars(select(Round)).one(), ADA, {cast.ITEMS[0]: 2}, {"pace": "Mine alone."})
    browser = office(Role.FACILITATOR)
    browser.get(ENTRY)
    take(browser, code)

    page = browser.get(f"{ENTRY}/sections/first-meeting").text
    answer = browser.post(
        f"{ENTRY}/sections/first-meeting",
        {"rating-0": "9", "seen-0": "", PACE.comment: "From paper."},
        follow_redirects=True,
    ).text

    assert not re.search(r"name=rating-\d+ value=\w+ checked", page)
    assert "Mine alone." not in page + answer
    assert "1 of them replaced another answer that the person had given on the site" in answer


def test_what_cannot_be_kept_comes_back_and_the_rest_is_kept(office: Office, code: str, database: Database) -> None:
    browser = office(Role.FACILITATOR)
    browser.get(ENTRY)
    take(browser, code)
    browser.get(f"{ENTRY}/sections/first-meeting")

    answer = browser.post(
        f"{ENTRY}/sections/first-meeting",
        {"rating-0": "7", "rating-1": "12", PACE.comment: "x" * 4001, PLACE.comment: "ok", "comment-older-page": "Whose pace?"},
    )

    assert answer.status_code == 422
    assert '<dd class="typed">Whose pace?</dd>' in answer.text
    assert "is not an answer here" in answer.text
    assert "x" * 4001 in answer.text
    with database.reading() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), ADA)
        assert session.get_one(Ballot, (member.round_id, member.panelist_id)).payload[0] == 7


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"code": "P-00000", "channel": "paper", "has_consented": "y"}, "Nobody in this round has the code name P-00000"),
        ({"channel": "paper"}, "has not agreed to take part yet"),
        ({"has_consented": "y"}, "Say how the answers came"),
        ({"channel": "web", "has_consented": "y"}, "There is a problem"),
    ],
)
def test_a_pack_that_cannot_be_opened_is_refused(office: Office, code: str, form: dict[str, object], said: str) -> None:
    browser = office(Role.FACILITATOR)
    browser.get(ENTRY)

    answer = browser.post(ENTRY, {"code": code, **form})

    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert "in hand, to type it in" not in browser.get(f"{stages.HOME}/log").text


def test_without_a_pack_in_hand_a_section_asks_for_one(office: Office, code: str) -> None:
    browser = office(Role.FACILITATOR)

    page = browser.get(f"{ENTRY}/sections/first-meeting")

    assert page.status_code == 200
    assert "Take this pack in hand" in page.text
    assert "somewhere that the person has chosen" not in page.text
    assert browser.post(f"{ENTRY}/finish").headers["Location"] == ENTRY
