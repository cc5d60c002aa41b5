"""`delphi messages`: what panelists write to the team is read and answered without a name beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import MailKind, OutboxMail
from delphi.services.messages import own_messages, write_to_team
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.cli.conftest import Run, done, refused
from tests.web import stages

SLUG = stages.SLUG
ADA, BO = "carers-1@example.org", "carers-2@example.org"


def write(database: Database, address: str, text: str) -> None:
    with database.transaction() as session:
        round_ = find_round(session, find_study(session, SLUG), 1)
        write_to_team(session, cast.keyring(), cast.member(session, round_, address).panelist, text, now=cast.NOW)


@pytest.fixture
def written(database: Database, run: Run) -> Run:
    """Somebody has written to the team while a round is open."""
    with database.transaction() as session:
        stages.round_open(session)
    write(database, ADA, "May I stop\nhalf-way?")
    return run


def listed(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(run("messages", "list", SLUG, "--json")))
    return found


def test_a_message_is_read_by_what_it_says_alone_and_answered(written: Run, database: Database, tmp_path: Path) -> None:
    (one,) = listed(written)
    day = str(cast.NOW.date())
    assert (one["waits"], one["messages"]) == (
        True,
        [{"number": 1, "from": "panelist", "on": day, "text": "May I stop\nhalf-way?"}],
    )
    assert done(written("messages", "list", SLUG)) == f"{one['conversation']}\twaits\t{day}\tMay I stop half-way?\n"
    file = tmp_path / "answer.txt"
    file.write_text("You may.\n", encoding="utf-8")

    done(written("messages", "answer", SLUG, one["conversation"], file, "--seen", 1, "--as", cast.RUTH))

    with database.reading() as session:
        panelist = cast.member(session, find_round(session, find_study(session, SLUG), 1), ADA).panelist
        assert [line.text for line in own_messages(session, cast.keyring(), panelist)] == ["May I stop\nhalf-way?", "You may."]
        (mail,) = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.ANSWER))
        assert mail.panelist_id == panelist.id
    log = json.loads(done(written("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["actor"]) == ("message answered", "researcher 1")
    told = done(written("messages", "show", SLUG, one["conversation"]))
    assert f"1. {day}, the panelist:\nMay I stop\nhalf-way?\n" in told
    assert ", the team:\nYou may.\n" in told
    assert listed(written)[0]["waits"] is False
    assert "carers" not in told.lower() + str(listed(written)).lower()


def test_who_waits_stands_first(written: Run, database: Database, tmp_path: Path) -> None:
    write(database, BO, "And I?")
    first = listed(written)[0]
    file = tmp_path / "answer.txt"
    file.write_text("Yes.", encoding="utf-8")

    done(written("messages", "answer", SLUG, first["conversation"], file, "--seen", 1))

    assert [one["waits"] for one in listed(written)] == [True, False]
    assert listed(written)[1]["conversation"] == first["conversation"]


def test_an_answer_that_cannot_go_out_is_refused(written: Run, database: Database, tmp_path: Path) -> None:
    (one,) = listed(written)
    answer = ("messages", "answer", SLUG, one["conversation"])
    file, empty = tmp_path / "answer.txt", tmp_path / "empty.txt"
    file.write_text("You may.", encoding="utf-8")
    empty.write_text("\n", encoding="utf-8")
    write(database, ADA, "I mean now.")

    assert "Something was written meanwhile" in refused(written(*answer, file, "--seen", 1))
    assert "The message is empty" in refused(written(*answer, empty, "--seen", 2), 2)
    assert "no such conversation" in refused(written("messages", "answer", SLUG, 1, file, "--seen", 1))
    assert "no such conversation" in refused(written("messages", "show", SLUG, 1))
    assert len(listed(written)[0]["messages"]) == 2


def test_who_may_not_run_rounds_reads_no_message(written: Run, database: Database) -> None:
    (one,) = listed(written)

    for words in (("list", SLUG), ("show", SLUG, one["conversation"])):
        assert "takes the role of facilitator or owner" in refused(written("messages", *words, "--as", stages.SOL))
