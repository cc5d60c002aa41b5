"""The pages of a round that is open: deadline, close, a pulled item, targets, and what panelists see of it."""

import re

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Ballot, MailKind, MailPlan, OutboxMail, Role, Round, StakeholderGroup, Study
from delphi.services import round_changes, rounds
from delphi.services.progress import count_now
from delphi.services.studies import find_study
from tests import cast
from tests.fields import PACE, PLACE
from tests.web import stages
from tests.web.conftest import Visitor

FIRST = f"{stages.HOME}/rounds/1"
WHY = "Half of its <b>sentence</b> was missing."


@pytest.fixture(autouse=True)
def _round(database: Database) -> None:
    with database.transaction() as session:
        stages.round_open(session)


def send(ruth: Visitor, path: str, data: dict[str, object], page: str = ""):
    ruth.get(f"{FIRST}/{page or path}")
    return ruth.post(f"{FIRST}/{path}", data)


def deadline(database: Database):
    with database.reading() as session:
        return session.scalars(select(Round.deadline)).one()


def test_a_deadline_is_put_off_and_panelists_read_why(database: Database, ruth: Visitor, enter) -> None:
    assert send(ruth, "deadline", {"deadline": stages.later(60), "reason": WHY, "by_mail": "y"}).status_code == 303

    assert deadline(database).date().isoformat() == stages.later(60)
    assert "Half of its &lt;b&gt;sentence&lt;/b&gt; was missing." in ruth.get(FIRST).text
    overview = enter("carers-1@example.org").get("/panel/").text
    assert "You have more time: until 1 May 2026 instead of 30 March 2026" in overview
    assert "&lt;b&gt;sentence&lt;/b&gt;" in overview
    with database.reading() as session:
        assert session.query(OutboxMail).filter_by(kind=MailKind.NEWS).count() == 16
    assert "put the deadline of round 1 off to 2026-05-01" in ruth.get(f"{stages.HOME}/log").text


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"deadline": "2026-03-10"}, "can only be put off"),
        ({"deadline": ""}, "Give the new last day"),
        ({"deadline": "soon"}, "Write a date"),
        ({"deadline": "9999-12-31"}, "hundred years"),
        ({"deadline": "9999-12-31", "zone": "America/New_York"}, "hundred years"),  # where its last minute is one too many
        ({"reason": ""}, "Say why"),
        ({"reason": "."}, "Give the reason in a sentence"),
    ],
)
def test_a_deadline_that_cannot_be_is_refused_and_nothing_goes_out(
    database: Database, ruth: Visitor, changes: dict[str, str], refusal: str
) -> None:
    with database.transaction() as session:
        session.add(MailPlan(study_id=session.query(Study).one().id, time_zone=changes.get("zone", "UTC"), reminder_days=[]))
    before = deadline(database)

    answer = send(ruth, "deadline", {"deadline": stages.later(60), "reason": "Typed words stay.", "by_mail": "y", **changes})

    assert answer.status_code == 422
    assert refusal in answer.text
    assert changes.get("reason", "Typed words stay.") in answer.text
    assert deadline(database) == before
    with database.reading() as session:
        assert session.query(OutboxMail).filter_by(kind=MailKind.NEWS).count() == 0


def test_the_close_is_planned(database: Database, ruth: Visitor) -> None:
    assert "Then the team closes it." in ruth.get(FIRST).text
    assert send(ruth, "closing", {"closes": "3"}, page="deadline").status_code == 303
    assert "It closes by itself 3 days after the deadline" in ruth.get(FIRST).text
    assert send(ruth, "closing", {"closes": "hand"}, page="deadline").status_code == 303
    assert "Then the team closes it." in ruth.get(FIRST).text
    assert send(ruth, "closing", {"closes": "4"}, page="deadline").status_code == 422


def test_a_pulled_item_is_read_and_not_asked(database: Database, ruth: Visitor, enter) -> None:
    ada = enter("carers-1@example.org")
    before = ada.get("/panel/sections/first-meeting").text
    assert "name=rating-0 " in before
    assert f"<textarea id={PACE.comment} name={PACE.comment} " in before

    assert send(ruth, "pull", {"item": "first-meeting-place", "reason": WHY}).status_code == 303

    section = ada.get("/panel/sections/first-meeting").text
    assert "name=rating-0 " not in section
    assert "name=rating-1 " in section
    assert f"<textarea id={PACE.comment} name={PACE.comment} " in section
    assert PLACE.comment not in section
    assert "No longer asked in this round" in section
    assert "Half of its &lt;b&gt;sentence&lt;/b&gt; was missing." in section
    assert "1 item of this round is no longer asked" in ada.get("/panel/").text
    assert "first-meeting-place" not in ruth.get(f"{FIRST}/pull").text
    assert "pulled item first-meeting-place from round 1" in ruth.get(f"{stages.HOME}/log").text


def test_results_list_what_was_pulled(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        study, round_ = find_study(session, stages.SLUG), session.scalars(select(Round)).one()
        round_changes.pull_item(session, study, round_, "pace", WHY, actor="researcher 1", now=cast.NOW)
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    page = ruth.get(f"{FIRST}/results").text
    assert "Pulled while the round was open" in page
    assert "Half of its &lt;b&gt;sentence&lt;/b&gt; was missing." in page
    assert ruth.get(f"{FIRST}/items/pace").status_code == 200
    assert ruth.get(f"{FIRST}/decisions").status_code == 200
    assert ruth.post(f"{FIRST}/publish").status_code == 303


def test_targets_stand_beside_the_counts(database: Database, ruth: Visitor) -> None:
    panel = f"{stages.HOME}/panel"
    ruth.get(panel)
    refused = ruth.post(f"{panel}/targets", {"target-Carers": "many", "target-Practitioners": "8"})
    assert refused.status_code == 422
    assert 'name="target-Carers" value="many"' in refused.text

    assert ruth.post(f"{panel}/targets", {"target-Carers": "5", "target-Practitioners": ""}).status_code == 303

    with database.transaction() as session:
        assert dict(session.execute(select(StakeholderGroup.label, StakeholderGroup.target)).all()) == {
            "Carers": 5,
            "Practitioners": None,
        }
        count_now(session, session.scalars(select(Round)).one(), now=cast.NOW)
    cells = '<th scope="row">Carers</th><td class="numeric">6</td><td class="numeric">5</td><td class="numeric">6</td>'
    assert cells in " ".join(ruth.get(FIRST).text.split()).replace("> <", "><")


def test_the_custodian_sees_who_has_completed_and_no_answer(database: Database, ruth: Visitor) -> None:
    page = ruth.get(f"{FIRST}/completed").text

    assert "carers-1@example.org" in page
    assert "Not every house" not in page
    assert "You are the only custodian" in page
    with database.transaction() as session:
        stages.researcher_with(session, "kit@example.org", find_study(session, stages.SLUG), Role.CUSTODIAN)
    for address in (FIRST, f"{FIRST}/completed"):
        assert "kit@example.org, also a custodian, sees it too" in " ".join(ruth.get(address).text.split())


def test_studies_that_differ_in_answers_alone_show_the_team_the_same_while_open(database: Database, ruth: Visitor) -> None:
    addresses = [FIRST, f"{stages.HOME}/", f"{FIRST}/close", f"{FIRST}/deadline", f"{FIRST}/pull", f"{stages.HOME}/mail"]
    addresses += [f"{stages.HOME}/panel", f"{stages.HOME}/log"]

    def pages() -> list[str]:
        return [re.sub(r'name="csrf_token" value="[^"]+"', "", ruth.get(address).text) for address in addresses]

    with database.transaction() as session:
        count_now(session, session.scalars(select(Round)).one(), now=cast.NOW)
    before = pages()
    with database.transaction() as session:
        round_ = session.scalars(select(Round)).one()
        for n in range(1, 6):
            panelist_id = cast.member(session, round_, f"carers-{n}@example.org").panelist_id
            session.get_one(Ballot, (round_.id, panelist_id)).payload = bytes(len(cast.ITEMS))

    assert pages() == before
