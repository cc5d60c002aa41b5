"""An item moved to another place of the draft: the same words, the same version, the same ratings."""

import re

import pytest

from delphi.models import Study
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.rounds import proposed_items
from tests import cast
from tests.web import stages

MOVE = f"{stages.HOME}/manual/items/pace/move"
WHY = "It is about going along."


@pytest.fixture
def published(database, ruth):
    with database.transaction() as session:
        stages.round_published(session)
    ruth.get(MOVE)


def edition(browser):
    return re.search(r'name="edition"[^>]*value="([^"]*)"', browser.get(MOVE).text)[1]


def order(database):
    with database.reading() as session:
        outline = outline_of(session, latest_draft(session, session.query(Study).one()))
        return {section.key: [item.key for item in section.items] for section in outline.sections}


def move(browser, to, **changes):
    return browser.post(MOVE, {"edition": edition(browser), "place": to, "reason": WHY, **changes})


def test_the_page_offers_every_place_but_after_the_item_itself(ruth, published):
    page = ruth.get(MOVE).text

    assert "Going along: after “The worker steps back as soon as others know the person by name.”" in page
    offered = re.findall(r'<option value="(.*?)"', page)
    assert offered == [
        "",
        "first-meeting/first-meeting-place",
        "first-meeting",
        "going-along/going-along-offered",
        "going-along/step-back",
        "going-along",
    ]
    assert f'href="{MOVE}"' in ruth.get(f"{stages.HOME}/manual").text


def test_a_moved_item_keeps_its_version_and_is_not_asked_again(database, ruth, published):
    assert move(ruth, "going-along/going-along-offered").status_code == 303

    assert order(database) == {
        "first-meeting": ["first-meeting-place"],
        "going-along": ["going-along-offered", "pace", "step-back"],
    }
    with database.reading() as session:
        study = session.query(Study).one()
        assert item_versions(session, latest_draft(session, study))["pace"].label == "1"
        assert {one.version.item.key for one in proposed_items(session, study) if one.is_asked} == {cast.ITEMS[0]}
    log = ruth.get(f"{stages.HOME}/log").text
    assert "moved item pace of draft 2 from section first-meeting to section going-along" in log
    assert WHY in log
    assert "from “Meeting for the first time”" in ruth.get(f"{stages.HOME}/drafts/2/changes").text


def test_without_an_item_to_follow_it_stands_at_the_end(database, ruth, published):
    assert move(ruth, "going-along").status_code == 303

    assert order(database)["going-along"] == ["going-along-offered", "step-back", "pace"]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"place": ""}, 422, "Choose where it is to stand."),
        ({"place": "nowhere"}, 422, "Choose one of the answers that are there."),
        ({"reason": ""}, 422, "Give the reason in a sentence"),
        ({"place": "first-meeting/first-meeting-place", "edition": "9.9"}, 409, "Somebody else has changed the draft meanwhile"),
    ],
)
def test_what_cannot_be_moved_stays_and_the_page_says_why(database, ruth, published, changes, status, said):
    before = order(database)

    answer = move(ruth, "going-along", **changes)

    assert (answer.status_code, said in answer.text) == (status, True)
    assert order(database) == before


def test_where_it_stands_already_nothing_is_moved(database, ruth, published):
    assert move(ruth, "going-along").status_code == 303

    answer = move(ruth, "going-along/step-back")

    assert answer.status_code == 409
    assert "stands there already" in answer.text


def test_of_two_people_who_move_at_once_the_second_is_refused(database, ruth, published):
    seen = edition(ruth)
    assert move(ruth, "going-along").status_code == 303

    assert move(ruth, "first-meeting", edition=seen).status_code == 409
    assert order(database)["going-along"][-1] == "pace"


def test_while_a_round_is_open_nothing_is_moved(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    page = ruth.get(MOVE).text
    assert "its words stay as they are" in page
    draft = {"edition": "1.1", "place": "going-along", "reason": WHY}
    assert ruth.post(MOVE, draft).status_code == 409
    assert order(database)["first-meeting"] == ["first-meeting-place", "pace"]


def test_a_decision_on_a_moved_item_finds_it_where_it_is(database, ruth, published):
    move(ruth, "going-along")
    item = f"{stages.HOME}/rounds/1/items/pace"
    stands = re.search(r'name="stands"[^>]*value="([^"]*)"', ruth.get(item).text)[1]
    reword = {"version": "0", "stands": stands, "action": "reword", "wording": "The person sets the pace.", "reason": "Whose?"}

    assert ruth.post(item, {**reword, "reason": "Whose pace it is."}).status_code == 303

    assert order(database)["going-along"][-1] == "pace"
    assert "The person sets the pace." in ruth.get(f"{stages.HOME}/manual").text
