"""Sections that only some groups are asked about: the form, the panel's pages, the office's results, and the files."""

import io
import re
from collections.abc import Callable

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Ballot, Comment, Proposal
from delphi.services import rounds
from delphi.services.protocol import choices_of
from delphi.services.studies import find_round, find_study
from tests import assigned, cast
from tests.fields import COSTS, name_of
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.test_office_setup import CHOSEN, PROTOCOL, protocol_of

CARER, USER = "carers-1@example.org", "users-1@example.org"
HIDDEN = ("Running costs", "Costs are named", "Travel is paid", "costs-first")
EVERY = [f"{section} {group}" for section in ("first-meeting", "going-along", "costs") for group in assigned.SIZES]
SHOWN = {"shown_sections": ["first-meeting", "going-along", "costs"], "shown_groups": list(assigned.SIZES)}


@pytest.fixture
def opened(database: Database) -> None:
    with database.transaction() as session:
        cast.open_round(session, assigned.begin(session))


@pytest.fixture
def published(database: Database) -> None:
    with database.transaction() as session:
        study = assigned.begin(session)
        round_ = cast.open_round(session, study)
        for group, size in assigned.SIZES.items():
            keys = assigned.MINE if group == "Carers" else assigned.ITEMS
            for n in range(1, size + 1):
                cast.rate(session, round_, f"{group.lower()}-{n}@example.org", dict.fromkeys(keys, 8))
        cast.close_and_publish(session, study, round_)


def rows(database: Database) -> list[object]:
    with database.reading() as session:
        return [row for kind in (Ballot, Comment, Proposal) for row in session.scalars(select(kind))]


def test_a_panelist_does_not_see_what_others_are_asked_and_is_told_that_they_are(opened: None, enter: Callable) -> None:
    carer, user = enter(CARER), enter(USER)
    pages = ["/panel/", "/panel/review", "/panel/sections/first-meeting", "/panel/sections/going-along", "/panel/results"]

    for url in pages:
        page = carer.get(url)
        assert page.status_code == 200
        assert [words for words in HIDDEN if words in page.text] == []
    overview = carer.get("/panel/").text
    assert "1 more section of the manual is for other groups" in overview
    assert "Section 2 of 2" in carer.get("/panel/sections/going-along").text
    assert "Item 3 of 4" in carer.get("/panel/sections/going-along").text
    told = carer.get("/panel/consent").text
    assert "other groups are asked about others" in told
    assert '<a href="/panel/contact">If this is not your group, write to the team before you rate.</a>' in told
    assert "Running costs" in user.get("/panel/").text
    assert "for other groups" not in user.get("/panel/").text


@pytest.mark.parametrize(
    "data",
    [
        {"rating-4": "8", "seen-4": ""},
        {"rating-4": "8", "seen-4": "", "fragment": "1", "revision": "0"},
        {COSTS.comment: "Too dear", COSTS.audience: "team"},
        {COSTS.wording: "Costs come first."},
    ],
)
def test_what_is_sent_to_a_section_that_is_not_asked_finds_no_page_and_is_not_kept(
    database: Database, opened: None, enter: Callable, data: dict[str, str]
) -> None:
    carer = enter(CARER)
    own = re.search(r'name="ballot" value="([^"]+)"', carer.get("/panel/sections/first-meeting").text)
    sent = {"round": "1", "ballot": own[1] if own else "", **data}

    assert carer.get("/panel/sections/costs").status_code == 404
    assert carer.post("/panel/sections/costs", sent).status_code == 404
    assert 400 <= carer.post("/panel/sections/first-meeting", sent).status_code < 500
    assert carer.get("/panel/sections/costs/propose").status_code == 404
    assert carer.post("/panel/sections/costs/propose", {"box": "proposal-new", "text": "Say it."}).status_code == 404

    assert rows(database) == []


def test_a_text_has_one_name_for_everybody_whoever_is_asked_about_the_items_before_it(
    database: Database, enter: Callable
) -> None:
    with database.transaction() as session:
        study = assigned.begin(session, asked_of={"first-meeting": ("Users", "Staff")})
        cast.open_round(session, study)
    names = {f"name={name_of(box, item)} " for box in ("comment", "wording") for item in cast.ITEMS[2:]}

    pages = [enter(address).get("/panel/sections/going-along").text for address in (CARER, USER)]

    assert [set(re.findall(r"name=(?:comment|wording)-\d+ ", page)) for page in pages] == [names, names]


def test_who_has_answered_all_that_they_were_asked_has_nothing_missing(opened: None, enter: Callable, database: Database) -> None:
    with database.transaction() as session:
        round_ = find_round(session, find_study(session, "connections"), 1)
        cast.rate(session, round_, CARER, dict.fromkeys(assigned.MINE, 7))
    carer = enter(CARER)

    assert "You have answered everything." in carer.get("/panel/review").text
    carer.post("/panel/finish")
    assert "4 of 4 items" in carer.get("/panel/done").text
    answers = carer.get("/panel/my-answers").text
    assert [words for words in HIDDEN if words in answers] == []


def test_pages_and_files_say_that_a_group_was_not_asked(published: None, ruth: Visitor, enter: Callable) -> None:
    table = ruth.get(f"{stages.HOME}/rounds/1/results").text
    item = ruth.get(f"{stages.HOME}/rounds/1/items/costs-first").text
    other = ruth.get(f"{stages.HOME}/rounds/1/items/pace").text
    file = ruth.get(f"{stages.HOME}/rounds/1/results.csv").text
    by_carers = ruth.get(f"{stages.HOME}/rounds/1/results?group=Carers").text

    assert table.count("not asked") == 2  # of two items, the carers
    assert "Not asked" in item
    assert "not asked about it" in item
    assert "not asked about it" not in other
    line = next(line for line in file.splitlines() if line.startswith("costs-first"))
    assert "not asked" in line
    assert "not asked" not in next(line for line in file.splitlines() if line.startswith("pace"))
    assert by_carers.count("Not asked</strong>") == 2
    results = enter(CARER).get("/panel/results").text
    assert [words for words in HIDDEN if words in results] == []
    assert "Costs are named" in enter(USER).get("/panel/results").text


def test_on_paper_and_in_typing_a_section_that_is_not_asked_is_left_out(database: Database, opened: None, ruth: Visitor) -> None:
    with database.reading() as session:
        code = cast.member(session, find_round(session, find_study(session, "connections"), 1), CARER).panelist.pseudonym
    entry = f"{stages.HOME}/rounds/1/entry"
    ruth.get(f"{stages.HOME}/paper")

    pack = ruth.post(f"{stages.HOME}/paper", {"code": code, "return_to": "Some Street 3", "is_large": ""})
    ruth.get(entry)
    ruth.post(entry, {"code": code, "channel": "paper", "has_consented": "y"})

    said = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pack.data)).pages).split())
    assert "The worker goes at the pace of the person." in said
    assert "So are those that only other groups are asked about." in said
    assert [words for words in HIDDEN if words in said] == []
    typing = ruth.get(entry).text
    assert "Going along" in typing
    assert "Running costs" not in typing
    assert ruth.get(f"{entry}/sections/costs").status_code == 404
    assert ruth.post(f"{entry}/sections/costs", {"rating-4": "8"}).status_code == 404
    assert ruth.post(f"{entry}/sections/going-along", {"rating-4": "8"}).status_code == 422
    assert rows(database) == []


def test_before_publishing_a_group_that_the_round_asks_nothing_is_said_to_be_one(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        nothing = dict.fromkeys(["first-meeting", "going-along", "costs"], ("Users", "Staff"))
        study = assigned.begin(session, asked_of=nothing)
        round_ = cast.open_round(session, study)
        cast.rate(session, round_, USER, {"pace": 8})
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    page = ruth.get(f"{stages.HOME}/rounds/1/publish").text

    assert page.count("nothing: the round asks this group nothing") == 1
    assert page.count("nothing: fewer than 5 people answered") == 2  # one of the users, none of the staff


def chosen(database: Database, ruth: Visitor, **fields: object) -> tuple[int, str]:
    answer = ruth.post(PROTOCOL, {**CHOSEN, "version": str(protocol_of(database).version), **fields})
    return answer.status_code, answer.text


def test_boxes_say_which_groups_are_asked_and_all_ticked_is_everybody(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        assigned.begin(session, asked_of={})
    assert ruth.get(PROTOCOL).text.count('name="asked_of"') == 9

    status, _ = chosen(database, ruth, **SHOWN, asked_of=[box for box in EVERY if box != "costs Carers"])
    assert (status, choices_of(protocol_of(database)).asked_of) == (303, {"costs": ("Staff", "Users")})
    sealed = protocol_of(database).sha256
    ticked = re.findall(r"<input[^>]*asked_of[^>]*>", ruth.get(PROTOCOL).text)
    assert [box for box in ticked if "checked" not in box and "costs Carers" not in box] == []
    assert len(ticked) == 9

    assert chosen(database, ruth)[0] == 303  # a form that shows no boxes changes nothing
    assert protocol_of(database).sha256 == sealed
    assert chosen(database, ruth, **SHOWN, asked_of=EVERY)[0] == 303
    assert choices_of(protocol_of(database)).asked_of == {}


def test_a_section_of_nobody_comes_back_with_what_is_ticked(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        assigned.begin(session, asked_of={})
    ruth.get(PROTOCOL)

    status, page = chosen(database, ruth, **SHOWN, asked_of=[box for box in EVERY if not box.startswith("costs")])

    assert status == 422
    assert "Tick at least one group for the section “Running costs”." in page
    assert len(re.findall(r"<input[^>]*checked[^>]*asked_of|<input[^>]*asked_of[^>]*checked", page)) == 6
    assert choices_of(protocol_of(database)).asked_of == {}


def test_a_group_that_came_up_since_the_form_was_opened_is_asked_where_everybody_was(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        cast.add_panel(session, assigned.begin(session, asked_of={}), {"Managers": 5})
    ruth.get(PROTOCOL)

    chosen(database, ruth, **SHOWN, asked_of=[box for box in EVERY if box != "costs Carers"])

    assert choices_of(protocol_of(database)).asked_of == {"costs": ("Staff", "Users")}  # of the others the managers too


def test_one_group_has_nothing_to_assign(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        cast.add_panel(session, cast.begin_study(session), {"Carers": 6})

    page = ruth.get(PROTOCOL).text

    assert "Once the panel has two groups" in page
    assert 'name="asked_of"' not in page


def test_what_is_assigned_to_a_group_that_nobody_is_of_can_be_taken_back(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        cast.choose(session, cast.begin_study(session), asked_of={"going-along": ("Managers",)})

    page = ruth.get(PROTOCOL).text
    assert page.count('name="asked_of"') == 2
    boxes = {"shown_sections": ["first-meeting", "going-along"], "shown_groups": ["Managers"]}
    assert chosen(database, ruth, **boxes, asked_of=["first-meeting Managers", "going-along Managers"])[0] == 303

    assert choices_of(protocol_of(database)).asked_of == {}


def test_who_is_asked_what_is_amended_with_a_reason_and_told_to_the_panel(
    database: Database, published: None, ruth: Visitor, enter: Callable
) -> None:
    amend = f"{PROTOCOL}/amend"
    assert "“Running costs” only Users, Staff; everything else everybody" in ruth.get(PROTOCOL).text
    ruth.get(amend)
    keep = {"rule": "70/15", "show_panel": "y", "show_groups": "y", "show_comments": "y", "planned_rounds": "2", "weeks": "4"}

    answer = ruth.post(amend, {**keep, **SHOWN, "version": "1", "asked_of": EVERY, "reason": "Carers pay too."})

    assert answer.status_code == 303, answer.text
    assert choices_of(protocol_of(database)).asked_of == {}
    assert "everybody everything" in ruth.get(PROTOCOL).text
    pack = ruth.get(f"{stages.HOME}/ethics-pack.html").text
    assert "Who is asked what: everybody everything (before: “Running costs” only Users, Staff" in pack


def test_nobody_is_asked_which_groups_rate_words_in_which_nothing_is_rated(database: Database, ruth: Visitor) -> None:
    manual = assigned.MANUAL.replace("## Meeting for", "## Making connections\n\nFor whom this is.\n\n## Meeting for")
    with database.transaction() as session:
        cast.add_panel(session, cast.begin_study(session, manual=manual), assigned.SIZES)

    assert ruth.get(PROTOCOL).text.count('name="asked_of"') == 9
    assert "3 sections, 6 items" in ruth.get(f"{stages.HOME}/").text


def test_words_under_the_title_are_no_numbered_section(database: Database, enter: Callable) -> None:
    manual = cast.MANUAL.replace("## Meeting for", "## Making connections {#opening}\n\nFor whom this is.\n\n## Meeting for")
    with database.transaction() as session:
        study = cast.begin_study(session, manual=manual)
        cast.add_panel(session, study, {"Carers": 6})
        cast.open_round(session, study)
    carer = enter(CARER)

    assert "Section 1 of 2" in carer.get("/panel/sections/first-meeting").text
    assert "Section " not in carer.get("/panel/sections/opening").text.split("</h1>")[0]
