"""`delphi proposals`: what people would have the manual say is read, accepted, merged and declined."""

import json
from pathlib import Path
from typing import Any

import pytest

from delphi.database import Database
from delphi.models import Proposal, ProposalVersion
from delphi.services.ballots import questionnaire_of
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.proposals import Proposed, find_proposed
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.web import stages

SLUG, NEW, REWORDED = stages.SLUG, str(stages.PROPOSAL), "4712"
BY_RUTH = ("--as", cast.RUTH)
WHY = ("--reason", "It was missing.")


@pytest.fixture
def closed(database: Database, run: Run) -> Run:
    """Round 1, closed, with a new item and other words for the pace that somebody proposed."""
    with database.transaction() as session:
        round_ = stages.round_closed(session)
        pace = next(version for version in questionnaire_of(session, round_).items if version.item.key == "pace")
        writer = cast.member(session, round_, "carers-2@example.org").panelist_id
        other = Proposal(id=int(REWORDED), round_id=round_.id, panelist_id=writer, item_version_id=pace.id)
        other.versions = [ProposalVersion(number=1, text="The person sets the pace.")]
        session.add(other)
    return run


def shown(run: Run) -> dict[str, dict[str, Any]]:
    return {one["proposal"]: one for one in json.loads(done(run("proposals", "list", SLUG, 1, "--json")))}


def as_the_page_has_it(database: Database, number: str) -> Proposed:
    with database.reading() as session:
        return find_proposed(session, find_round(session, find_study(session, SLUG), 1), int(number))


def items(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return {item.key: item.markdown for item in outline_of(session, latest_draft(session, find_study(session, SLUG))).items()}


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def test_proposals_are_listed_with_what_they_are_about_and_nobodys_name(closed: Run) -> None:
    lines = done(closed("proposals", "list", SLUG, 1)).splitlines()

    assert sorted(lines) == [
        f"{NEW}\topen\tnew in going-along\tSomebody <b>thanks</b> the organiser.",
        f"{REWORDED}\topen\tpace\tThe person sets the pace.",
    ]
    assert shown(closed)[NEW] == {
        "proposal": NEW,
        "section": "going-along",
        "item": None,
        "text": "Somebody <b>thanks</b> the organiser.",
        "state": "open",
        "reason": None,
        "became": None,
    }


def test_what_is_accepted_stands_in_the_next_draft(closed: Run, database: Database, tmp_path: Path) -> None:
    words = tmp_path / "words.md"
    words.write_text("Somebody thanks the organiser.\n", encoding="utf-8")

    said = done(closed("proposals", "accept", SLUG, 1, NEW, "--words", words, "--key", "thanks", *WHY, *BY_RUTH))
    done(closed("proposals", "accept", SLUG, 1, REWORDED, *WHY))

    assert said == "It is accepted, and stands in the next draft as thanks.\n"
    assert items(database)["thanks"] == "Somebody thanks the organiser."
    assert items(database)["pace"] == "The person sets the pace."
    assert last_act(closed) == ("proposal accepted", "command line")
    one = as_the_page_has_it(database, NEW)
    assert (one.state, one.reason, one.became) == ("accepted", "It was missing.", "thanks")
    with database.reading() as session:
        assert session.get_one(Proposal, int(NEW)).decided_by == 1
    assert "was accepted and is in the draft" in refused(closed("proposals", "decline", SLUG, 1, NEW, *WHY))


def test_proposals_are_merged_and_declined_with_a_reason(closed: Run, database: Database) -> None:
    done(closed("proposals", "merge", SLUG, 1, NEW, "step-back", *WHY, *BY_RUTH))
    assert last_act(closed) == ("proposal merged", "researcher 1")
    done(closed("proposals", "decline", SLUG, 1, REWORDED, "--reason", "The words stay.", *BY_RUTH))
    assert last_act(closed) == ("proposal declined", "researcher 1")

    assert (shown(closed)[NEW]["state"], shown(closed)[NEW]["became"]) == ("merged", "step-back")
    one = as_the_page_has_it(database, REWORDED)
    assert (one.state, one.reason) == ("declined", "The words stay.")


def test_what_cannot_become_of_a_proposal_is_refused(closed: Run, database: Database) -> None:
    before = items(database)

    assert "no such proposal" in refused(closed("proposals", "accept", SLUG, 1, 1, *WHY))
    assert "Give the reason in a sentence" in refused(closed("proposals", "decline", SLUG, 1, NEW, "--reason", " "), 2)
    assert "Choose the item that says it" in refused(closed("proposals", "merge", SLUG, 1, NEW, "nothing", *WHY), 2)
    assert "an item or section called pace" in refused(closed("proposals", "accept", SLUG, 1, NEW, "--key", "pace", *WHY), 2)
    assert items(database) == before
    assert {one["state"] for one in shown(closed).values()} == {"open"}


def test_no_proposal_of_an_open_round_is_told(database: Database, run: Run) -> None:
    with database.transaction() as session:
        stages.round_open(session)

    for words in (("list",), ("decline", NEW, *WHY), ("accept", NEW, *WHY), ("merge", NEW, "pace", *WHY)):
        assert "Round 1 is still open" in refused(run("proposals", words[0], SLUG, 1, *words[1:]))
