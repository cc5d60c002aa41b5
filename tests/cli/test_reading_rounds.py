"""What a round says, read by command: the same as its pages, nothing of an open round, and names for a custodian alone."""

import csv
import io
import json
from typing import Any

import pytest

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Role, Study
from delphi.services.progress import count_now
from delphi.web import create_app
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.web import stages
from tests.web.conftest import Visitor

SLUG, CLEO, FIRST = stages.SLUG, "cleo@example.org", cast.ITEMS[0]


@pytest.fixture
def two_rounds(database: Database, run: Run) -> Run:
    """Rounds 1 and 2, closed: six carers and nine practitioners stayed, five practitioners left."""
    with database.transaction() as session:
        stages.round_two_closed(session)
    return run


@pytest.fixture
def opened(database: Database, run: Run) -> Run:
    """Round 1, open and counted, with six carers and ten practitioners who have all completed it, and a custodian."""
    with database.transaction() as session:
        round_ = stages.round_open(session)
        count_now(session, round_, now=cast.NOW)
        stages.researcher_with(session, CLEO, session.get_one(Study, round_.study_id), Role.CUSTODIAN)
    return run


def told(run: Run, *words: object) -> Any:
    return json.loads(done(run(*words, "--json")))


def test_the_table_of_results_is_that_of_the_page_and_for_programs_has_counts(two_rounds, settings: Settings) -> None:
    ruth = Visitor(create_app(settings, clock=lambda: cast.NOW).test_client())
    ruth.get("/office/sign-in")
    ruth.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD})

    written = done(two_rounds("round", "results", SLUG, 2))

    assert written == ruth.get(f"{stages.HOME}/rounds/2/results.csv").text
    pace = next(one for one in told(two_rounds, "round", "results", SLUG, 2) if one["item"] == "pace")
    assert (pace["verdict"], pace["panel"]["n_rated"], pace["panel"]["median"], pace["panel"]["iqr"]) == (
        "consensus in",
        15,
        8,
        0,
    )
    assert pace["panel"]["counts"]["8"] == 15
    assert [(one["group"], one["n_rated"]) for one in pace["groups"]] == [("Carers", 6), ("Practitioners", 9)]
    # Six carers went from 2 to 8: 40 % of the fifteen who rated it twice.
    assert (pace["movement"]["n_pairs"], pace["movement"]["percent_changed"], pace["decision"]) == (15, 40, None)


def test_one_item_is_told_with_everything(two_rounds) -> None:
    first = told(two_rounds, "round", "results", SLUG, 1, "--item", FIRST)
    later = told(two_rounds, "round", "results", SLUG, 2, "--item", FIRST)
    lines = done(two_rounds("round", "results", SLUG, 1, "--item", FIRST))

    assert (first["decision"]["action"], first["decision"]["reason"]) == ("reword", stages.REASONS[0])
    assert first["criteria"][0]["reason"] in lines
    assert stages.REASONS[0] in lines
    assert [(one["round"], one["text"]) for one in later["rounds"]] == [(1, first["text"]), (2, stages.WORDS[1])]
    assert [one["round"] for one in first["rounds"]] == [1]
    assert first["criteria"][0]["firmness"]["verdicts"]
    assert "did not ask an item called nothing" in refused(two_rounds("round", "results", SLUG, 1, "--item", "nothing"))


def test_who_stayed_and_whether_to_stop_are_told_as_on_the_pages(two_rounds) -> None:
    steps = told(two_rounds, "round", "attrition", SLUG, 2)
    panel = next(one for one in steps[1]["people"] if one["group"] is None)
    stopping = told(two_rounds, "round", "stopping", SLUG, 2)

    assert [step["participants"] for step in steps] == [20, 15]
    assert (panel["stayed"], panel["left"], panel["joined"]) == (15, 5, 0)
    # Five practitioners left, who rate everything 8.
    assert panel["mean_left"] == 8
    assert {one["item"] for one in steps[1]["worst_case"]} == {FIRST, "pace"}
    assert [one["round"] for one in stopping["answers"]] == [1, 2]
    assert stopping["answers"][1]["clause"] in done(two_rounds("round", "stopping", SLUG, 2))
    assert {one["item"] for one in stopping["items"]} == {FIRST, "pace"}
    assert "everybody\tinvited 20\tstayed 15\tleft 5" in done(two_rounds("round", "attrition", SLUG, 2))
    assert "has no round 3" in refused(two_rounds("round", "attrition", SLUG, 3))


def test_decisions_are_listed_with_those_that_nobody_has_taken(two_rounds) -> None:
    lines = dict(line.split("\t", 1) for line in done(two_rounds("decisions", "list", SLUG, 1)).splitlines())

    assert lines[FIRST] == f"reword\t{stages.REASONS[0]}"
    assert lines[cast.ITEMS[2]] == "none yet"
    assert told(two_rounds, "decisions", "list", SLUG, 2) == [{"item": key, "decision": None} for key in cast.ITEMS[:2]]


def test_nothing_of_an_open_round_is_told_but_head_counts(opened) -> None:
    still_open = "Round 1 is still open. They follow when it is closed."
    for words in (("results",), ("results", "--json"), ("results", "--item", "pace"), ("attrition",), ("stopping",)):
        name, *options = words
        assert refused(opened("round", name, SLUG, 1, *options)) == still_open
    assert refused(opened("decisions", "list", SLUG, 1)) == still_open
    assert told(opened, "study", "background", SLUG) == {"questions": [], "declared": None, "interests": []}
    counted = told(opened, "round", "completions", SLUG)
    assert (counted["invited"], counted["completed"], counted["participation"]) == (16, 16, [])
    assert [(one["label"], one["invited"], one["completed"], one["target"]) for one in counted["groups"]] == [
        ("Carers", 6, 6, None),
        ("Practitioners", 10, 10, None),
    ]


def test_how_many_are_wanted_stands_beside_how_many_have_completed(opened) -> None:
    done(opened("panel", "targets", SLUG, "--want", "Carers", 8))

    assert "Carers\t6 invited\t6 completed\t8 wanted\n" in done(opened("round", "completions", SLUG, 1))


def test_who_has_completed_is_told_to_a_custodian_by_name(opened) -> None:
    rows = list(csv.DictReader(io.StringIO(done(opened("round", "completed", SLUG, "--as", CLEO)))))
    people = told(opened, "panel", "list", SLUG, "--as", CLEO)

    assert len(rows) == len(people) == 16
    assert {row["completed"] for row in rows} == {"yes"}
    assert {row["email"] for row in rows} == {one["email"] for one in people}
    assert "Missing option '--as'" in refused(opened("round", "completed", SLUG), 2)


def test_a_draft_is_written_as_it_is_read(two_rounds) -> None:
    first, newest = (done(two_rounds("draft", "show", SLUG, *number)) for number in ((1,), ()))

    assert stages.WORDS[1] in newest
    assert stages.WORDS[1] not in first
    assert "has no draft 9" in refused(two_rounds("draft", "show", SLUG, 9))
