"""An item that is rated under two criteria: what is chosen under a question counts for that question, everywhere it is shown."""

import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from delphi.database import Database
from delphi.models import Comment, Item, ItemVersion, RoundResult
from delphi.services import rounds
from delphi.services.protocol import CRITERIA
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.fields import PACE as ON_PACE
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"
PLACE, PACE = cast.ITEMS[:2]
IMPORTANT, CLEAR = "How important is it that the manual says this?", "How clear is this as it is worded?"
CHOSEN = {(PLACE, IMPORTANT): 9, (PLACE, CLEAR): 5, (PACE, IMPORTANT): 2, (PACE, CLEAR): 8}
CRITERION = {IMPORTANT: "importance", CLEAR: "clarity"}


@pytest.fixture
def ada(database: Database, enter: Callable[[str], Visitor]) -> Visitor:
    """A carer in an open round that asks how important and how clear each item is."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, criteria=(CRITERIA["importance"], CRITERIA["clarity"]))
        cast.add_panel(session, study, {"Carers": 6})
        cast.open_round(session, study)
    return enter("carers-1@example.org")


def field_under(page: str, item: str, question: str) -> str:
    """Return the name of the field whose levels stand under this question on the item's card."""
    card = page[page.index(f'id="item-{item}"') :].partition("</article>")[0]
    found = re.search(r"name=(rating-\d+) ", card[card.index(question) :])
    assert found
    return found[1]


def chosen_on(page: str) -> dict[tuple[str, str], int]:
    """Return what the cards of a page have chosen, by item and question."""
    fields = {about: field_under(page, *about) for about in CHOSEN}
    return {about: int(re.findall(rf"name={field} value=(\d) checked", page)[0]) for about, field in fields.items()}


def test_a_comment_goes_to_its_item_however_many_questions_are_asked_about_each(ada: Visitor, database: Database) -> None:
    page = ada.get(SECTION).text
    card = page[page.index(f'id="item-{PACE}"') :].partition("</article>")[0]
    assert f"<textarea id={ON_PACE.comment} name={ON_PACE.comment} " in card

    ada.post(SECTION, {"round": "1", ON_PACE.comment: "Whose pace?", ON_PACE.comment_seen: "0"})

    with database.reading() as session:
        about = select(Item.key).join(ItemVersion).join(Comment, Comment.item_version_id == ItemVersion.id)
        assert session.scalars(about).all() == [PACE]


def test_each_answer_lands_at_its_criterion_in_the_ballot_the_result_and_the_copy(ada: Visitor, database: Database) -> None:
    page = ada.get(SECTION).text
    fields = {field_under(page, *about): str(level) for about, level in CHOSEN.items()}
    assert len(fields) == len(CHOSEN)

    assert ada.post(SECTION, {"round": "1", **fields}).status_code == 303

    assert chosen_on(ada.get(SECTION).text) == CHOSEN
    with database.engine.connect() as connection:
        assert list(connection.execute(text("SELECT payload FROM ballots")).scalar_one()) == [9, 5, 2, 8, 0, 0, 0, 0]
    copy = ada.get("/panel/my-answers").text
    told = re.findall(r"<dt>(How [^<]+)</dt><dd>(\d), ", copy)
    assert told == [(question, str(level)) for (_item, question), level in CHOSEN.items()]
    assert copy.index("somewhere that the person has chosen") < copy.index("9, ") < copy.index("at the pace of the person")

    with database.transaction() as session:
        study = find_study(session, "connections")
        rounds.close_round(session, study, find_round(session, study, 1), actor="researcher 1", now=cast.NOW)
        content = json.loads(session.scalars(select(RoundResult)).one().content)
    medians = {(one["item"], one["criterion"]): one["median"] for one in content["rounds"][0]["items"] if one["group"] is None}
    found = {key: median for key, median in medians.items() if median is not None}
    assert found == {(item, CRITERION[question]): level for (item, question), level in CHOSEN.items()}
