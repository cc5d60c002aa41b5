"""`delphi ratings enter`: what came on paper or by telephone is typed in for one person, from a file."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Audience, Ballot, Comment, Round
from delphi.services.consent import current_consent
from delphi.services.panel import has_agreed
from delphi.services.studies import find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
ADA = "carers-1@example.org"
PACK = """\
item,rating,comment,readers,wording
first-meeting-place,7,,,
pace,unable,Whose pace?,Reworded,The person sets the pace.
going-along-offered,9,,,
"""


def ada(database: Database) -> str:
    """Return Ada's code name."""
    with database.reading() as session:
        return cast.member(session, session.scalars(select(Round)).one(), ADA).panelist.pseudonym


def pack(files: Path, text: str = PACK) -> Path:
    path = files / "pack.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pack_from_paper_is_typed_in_and_counts(with_open_round: Run, database: Database, files: Path) -> None:
    code = ada(database)
    enter = ("ratings", "enter", SLUG, 1, code.lower(), pack(files), "--channel", "paper")

    said = done(with_open_round(*enter, "--agreed", "--finished", "--as", cast.RUTH))

    with database.reading() as session:
        member = cast.member(session, session.scalars(select(Round)).one(), ADA)
        ballot = session.get_one(Ballot, (member.round_id, member.panelist_id))
        assert (list(ballot.payload), ballot.is_finished) == ([7, 255, 9, 0], True)
        assert has_agreed(session, member.panelist, current_consent(session, find_study(session, SLUG)))
        (comment,) = session.scalars(select(Comment))
        assert (comment.text, comment.audience) == ("Whose pace?", Audience.REWORDED)
    assert said == f"5 answers of {code} were kept.\nThe receipt is {ballot.receipt}: tell it to the person if you can.\n"
    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    assert [(entry["action"], entry["actor"], entry["detail"]["channel"]) for entry in log[-3:]] == [
        ("pack opened", "researcher 1", "paper"),
        ("answers typed in", "researcher 1", "paper"),
        ("pack finished", "researcher 1", "paper"),
    ]
    assert "Whose pace?" not in json.dumps(log)


def test_that_an_answer_from_the_site_was_replaced_is_said_and_not_which(
    with_open_round: Run, database: Database, files: Path
) -> None:
    done(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv"))
    path = pack(files, "item,rating\npace,9\n")

    said = done(with_open_round("ratings", "enter", SLUG, 1, ada(database), path, "--channel", "telephone", "--agreed"))

    assert said.endswith("Replaced an answer that the person had given on the site: 1. The later one counts.\n")
    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["actor"], log[-1]["detail"]["channel"]) == (
        "answers typed in",
        "command line",
        "telephone",
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("pace,12,,,", "line 3: '12' is not an answer here"),
        ("place,7,,,", "line 3: this round does not ask an item called 'place'"),
        ("first-meeting-place,8,,,", "line 3: There are two answers to one question"),
        ("pace,,Whose?,everybody,", "line 3: 'everybody' are no readers"),
    ],
)
def test_a_pack_that_cannot_be_used_is_refused_whole(
    with_open_round: Run, database: Database, files: Path, row: str, said: str
) -> None:
    path = pack(files, f"item,rating,comment,readers,wording\nfirst-meeting-place,7,,,\n{row}\n")

    refusal = refused(with_open_round("ratings", "enter", SLUG, 1, ada(database), path, "--channel", "paper", "--agreed"), 2)

    assert said in refusal
    with database.reading() as session:
        assert session.scalars(select(Ballot)).all() == []


def test_nobody_is_typed_in_who_has_not_agreed_or_is_not_there(with_open_round: Run, database: Database, files: Path) -> None:
    enter = ("ratings", "enter", SLUG, 1)
    more = (pack(files), "--channel", "paper")

    assert "has not agreed to take part yet" in refused(with_open_round(*enter, ada(database), *more), 2)
    assert "has the code name P-00000" in refused(with_open_round(*enter, "P-00000", *more, "--agreed"))
    with database.reading() as session:
        assert session.scalars(select(Ballot)).all() == []
