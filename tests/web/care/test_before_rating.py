"""Before the first rating on the pages: consent that says who sees what, practice, ten minutes, about you."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from delphi.database import Database
from delphi.models import BackgroundAnswer, Ballot, Panelist, Role
from delphi.services import rounds
from delphi.services.care import OutsideContact, save_care
from delphi.services.consent import current_consent, save_consent
from delphi.services.protocol import Safeguarding
from delphi.services.studies import find_round, find_study
from tests import cast, crowd
from tests.fields import PACE
from tests.web import stages
from tests.web.conftest import Visitor

HOME = stages.HOME
ADA = "carers-1@example.org"
NADIA, SOL = "nadia@example.org", "sol@example.org"


def change(database: Database, **changes: object) -> None:
    with database.transaction() as session:
        study = find_study(session, stages.SLUG)
        save_care(session, study, version=study.version, actor="researcher 1", now=cast.NOW, **changes)  # type: ignore[arg-type]


def close(database: Database) -> None:
    with database.transaction() as session:
        study = find_study(session, stages.SLUG)
        rounds.close_round(session, study, find_round(session, study, 1), actor="researcher 1", now=cast.NOW)


def test_consent_says_what_each_role_sees_from_the_roles_that_people_hold(ada: Visitor) -> None:
    page = ada.get("/panel/consent").text

    for role in ("Another panelist", "A researcher", "The custodian", "The administrator", "The safeguarding reader"):
        assert role in page
    assert "In this study 1 person keeps the contacts and also works on the results." in page
    assert "within a working day, in open rounds too" in page
    assert "who also works on this study in another role" not in page
    assert '<p class="inset"><strong>Carers</strong></p>' in page


FIRST = "/panel/sections/first-meeting"
READ_AT_FIRST = (
    "Nobody reads it before the round closes; then the team does, without your name.",
    "The safeguarding reader sees it within a working day, the team when the round has closed, both without your name.",
)
# A page, with how often each of these sentences stands on it: one for each of two cards and what the choices mean.
PLACES = ((FIRST, 3), (f"{FIRST}/propose", 1))
LOOKS_UP = "If it tells of a danger, the safeguarding reader can look up who wrote it."
TEAM, TEAM_AND_READER = "Only the research team", "Only the research team and the safeguarding reader"


def writes(browser: Visitor) -> None:
    """Write a comment for the team and propose an item."""
    browser.get(FIRST)
    browser.post(FIRST, {"round": "1", PACE.comment: "Whose?", PACE.comment_seen: "0", PACE.audience: "team"})
    browser.get(f"{FIRST}/propose")
    browser.post(f"{FIRST}/propose", {"box": "proposal-new", "text": "Tea first.", "seen": "0"})


def states(browser: Visitor) -> list[str]:
    """Return what is said of the comment and of the proposal that somebody wrote: for whom they are and who reads them."""
    return re.findall(r"(?:Who may read it: |<strong>)([^<]+)</", browser.get("/panel/your-words").text)


def test_without_a_named_reader_every_page_says_that_nobody_reads_before_the_close(
    database: Database, open_study: None, enter: Callable[[str], Visitor], visitor: Callable[[], Visitor]
) -> None:
    browser = enter(ADA)
    writes(browser)

    assert "No comment that is written on the site is read before the round closes." in browser.get("/panel/consent").text
    for address, times in PLACES:
        page = browser.get(address).text
        assert page.count(READ_AT_FIRST[False]) == times
        assert "safeguarding" not in page
    assert states(browser) == [TEAM, "Only the research team reads this, when the round has closed.", READ_AT_FIRST[False]]
    close(database)
    assert states(browser)[1] == "Only the research team reads this."
    assert "No comment that is written on the site is read before the round closes." in browser.get("/who-sees-what").text
    assert "one person whom the protocol of a study can name" in visitor().get("/who-sees-what").text


def test_with_a_named_reader_every_page_says_that_they_read_at_once_and_may_look_up_the_writer(
    database: Database, agreed: Visitor
) -> None:
    writes(agreed)

    for address, times in PLACES:
        page = agreed.get(address).text
        assert page.count(READ_AT_FIRST[True]) == times
        assert page.count(LOOKS_UP) == 1
        assert READ_AT_FIRST[False] not in page
    assert agreed.get(FIRST).text.count(TEAM_AND_READER) == 3
    assert states(agreed) == [TEAM_AND_READER, READ_AT_FIRST[True], READ_AT_FIRST[True]]
    close(database)
    assert states(agreed)[1] == "Only the research team and the safeguarding reader read this."


def test_a_reader_who_is_named_while_a_round_is_open_is_told_of_at_once(
    database: Database, open_study: None, enter: Callable[[str], Visitor]
) -> None:
    browser = enter(ADA)
    with database.transaction() as session:
        study = find_study(session, stages.SLUG)
        for address in (NADIA, SOL):
            stages.researcher_with(session, address, study, Role.OBSERVER)
        session.flush()
        cast.amend(session, study, safeguarding=Safeguarding(NADIA, SOL))

    for address, times in PLACES:
        assert browser.get(address).text.count(READ_AT_FIRST[True]) == times


def test_whom_to_turn_to_stands_on_consent_and_contact_before_anybody_agrees(database: Database, ada: Visitor) -> None:
    assert "outside the team" not in ada.get("/panel/consent").text  # while nobody is named
    change(database, contact=OutsideContact("Mira Okafor", "ombudsperson", "116 123"), crisis="Call 112.")

    for address in ("/panel/consent", "/panel/contact"):
        page = ada.get(address)
        assert page.status_code == 200
        assert "Call 112." in page.text
        assert "Mira Okafor, ombudsperson" in page.text
        assert "Telephone: 116 123" in page.text


def test_after_consent_comes_a_practice_item_once_whose_answers_go_nowhere(database: Database, ada: Visitor) -> None:
    ada.get("/panel/consent")
    assert ada.post("/panel/consent", {"agree": "y", "number": "1"}).headers["Location"] == "/panel/practice"

    page = ada.get("/panel/practice").text
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    assert not [form for form in forms if "rating-" in form or "textarea" in form]
    assert "goes nowhere and is not kept" in page
    assert page.count("name=rating-0 ") == 9 + 2
    assert "I am unable to rate this" in page

    assert ada.post("/panel/practice").headers["Location"] == "/panel/"
    with database.transaction() as session:
        assert session.scalars(select(Panelist.has_practised).where(Panelist.has_practised)).all() == [True]
        assert session.scalar(select(func.count()).select_from(Ballot)) == 0
        study = find_study(session, stages.SLUG)
        number = current_consent(session, study).number
        save_consent(session, study, "Anew.", "I agree.", number=number, actor="researcher 1", now=cast.NOW)
    ada.get("/panel/consent")
    assert ada.post("/panel/consent", {"agree": "y", "number": "2"}).headers["Location"] == "/panel/"


def test_who_has_agreed_reads_it_again_without_being_asked_again(agreed: Visitor) -> None:
    page = agreed.get("/panel/consent").text

    assert "You have agreed to this." in page
    assert 'name="agree"' not in page


def test_where_not_all_of_a_round_fits_it_is_said_what_does(agreed: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delphi.web.panel.views.MINUTES_AT_HAND", 1)

    overview = agreed.get("/panel/").text

    assert "I have 1 minute<" in overview
    assert "One section that fits, about 1 minute: Meeting for the first time. Then you can stop." in overview


def test_ten_minutes_lead_to_one_section_and_a_clean_stop(agreed: Visitor) -> None:
    overview = agreed.get("/panel/").text
    assert "One section for now" in overview  # the whole round takes less than ten minutes
    link = re.search(r'href="(/panel/sections/first-meeting\?one=1)"', overview)
    assert link

    page = agreed.get(link[1]).text
    assert "Save and stop here" in page
    saved = agreed.post(link[1], {"round": "1", "rating-0": "7", "seen-0": ""})

    assert saved.headers["Location"] == "/panel/stop"
    assert "Only “Meeting for the first time”, and then you can stop." in overview
    stop = agreed.get("/panel/stop").text
    assert re.search(r'href="/panel/sections/first-meeting\?one=1">One more section, about 1 minute', stop)
    assert "What you saved counts. Your link brings you back." in stop
    assert stop.index("Stop here and exit") < stop.index("Go on instead")


def test_each_section_says_how_long_it_takes(agreed: Visitor) -> None:
    page = agreed.get("/panel/").text

    assert page.count("2 items to answer, about 1 min") == 2
    assert "You answer as: Carers" in page


def test_everything_about_you_is_optional_and_kept_part_by_part(database: Database, agreed: Visitor) -> None:
    page = agreed.get("/panel/about").text
    assert [part in page for part in ("Background questions", "Your perspective", "Interests to declare", "Thanks by name")] == [
        True
    ] * 4
    for part, data in {
        "background": {"question-1": "prefer not to say"},
        "perspective": {"also": "Practitioners"},
        "interests": {"interests": "Shares"},
        "thanks": {"name": "Ada Byron"},
    }.items():
        shown = agreed.get(f"/panel/about/{part}").text
        assert "Back without changing anything" in shown
        assert agreed.post(f"/panel/about/{part}", data).headers["Location"] == "/panel/about"

    with database.reading() as session:
        rows = session.execute(select(BackgroundAnswer.key, BackgroundAnswer.answer)).all()
        assert sorted(map(tuple, rows)) == [
            ("also", "Practitioners"),
            ("interests", "Shares"),
            ("question-1", "prefer not to say"),
        ]
    assert "Prefer not to say" in agreed.get("/panel/about/background").text
    assert 'value="Ada Byron"' in agreed.get("/panel/about/thanks").text
    assert agreed.get("/panel/about").text.count(">Kept<") == 4


@pytest.mark.parametrize(
    ("part", "data", "kept"),
    [
        ("background", {"question-1": "For ever"}, ""),
        ("perspective", {"also": "Carers"}, ""),
        ("interests", {"interests": "a" * 2001}, "a" * 2001),
        ("thanks", {"name": "b" * 201}, "b" * 201),
    ],
)
def test_what_cannot_be_kept_comes_back_as_it_was_typed(agreed: Visitor, part: str, data: dict[str, object], kept: str) -> None:
    page = agreed.post(f"/panel/about/{part}", data)

    assert page.status_code == 422
    assert kept in page.text
    assert "There is a problem" in page.text


def test_the_team_reads_background_as_counts_and_interests_beside_nothing_once_the_round_has_closed(
    database: Database, agreed: Visitor, office: Callable[[str], Visitor]
) -> None:
    agreed.post("/panel/sections/first-meeting", {"round": "1", "rating-0": "7", "seen-0": ""})
    agreed.post("/panel/about/background", {"question-1": "Longer"})
    agreed.post("/panel/about/interests", {"interests": "I hold shares in it."})
    ruth = office(cast.RUTH)
    assert "I hold shares" not in ruth.get(f"{HOME}/background").text

    close(database)

    page = ruth.get(f"{HOME}/background").text
    assert "I hold shares in it." in page
    assert re.findall(r"<th scope=\"row\">(.*?)</th><td class=\"numeric\">(.*?)</td>", page) == [
        ("Under two years", "hidden"),
        ("Longer", "hidden"),
        ("Prefer not to say", "hidden"),
        ("Not answered", "hidden"),
    ]
    assert "How many of the 1 declared an interest is not shown" in page


def test_a_round_that_takes_longer_offers_ten_minutes(database: Database, visitor: Callable[[], Visitor]) -> None:
    with database.transaction() as session:
        round_ = crowd.in_round_two(session, raters=8, items=40, rounds_before=0)
        link = f"/p/{cast.token(session, round_, crowd.FIRST)}"
    browser = visitor()
    browser.get(link)
    browser.post(link)

    assert "I have 10 minutes" in browser.get("/panel/").text
