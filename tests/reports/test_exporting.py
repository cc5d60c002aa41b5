"""The files: what they are called, what they hold, and when one that was made can be given out again."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.database import Database
from delphi.errors import InvalidError
from delphi.manual.parse import parse_text
from delphi.models import Action, Feedback, Study
from delphi.reports import exporting
from delphi.services import rounds
from delphi.services.decisions import Verdict, decide
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.results import feedback_for, result_of
from tests import cast
from tests.reports import two_rounds

LATER = cast.NOW + timedelta(days=40)


def content(session: Session, study: Study, kind: str) -> str:
    return exporting.export(session, study, kind, now=cast.NOW).content.decode()


def words_of(pdf: bytes, folder: Path) -> str:
    """Return the words of a PDF as another program reads them, with one space between any two."""
    program = shutil.which("pdftotext")
    assert program, "pdftotext is missing: apt-get install poppler-utils"
    (folder / "manual.pdf").write_bytes(pdf)
    text = subprocess.run([program, "-raw", "manual.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return " ".join(text.split())


def test_an_unknown_kind_is_refused_with_those_there_are(session: Session) -> None:
    study = cast.begin_study(session)

    with pytest.raises(
        InvalidError,
        match=r"no export called manual\.rtf\. There are: manual\.pdf, manual\.html, manual\.md, comments\.csv, panel\.csv\.",
    ):
        exporting.export(session, study, "manual.rtf", now=cast.NOW)
    with pytest.raises(InvalidError, match="no export called report"):
        exporting.export_key(session, study, "report")


@pytest.mark.parametrize(
    ("kind", "filename", "media_type"),
    [
        ("manual.html", "connections-manual-draft-1-2026-03-02.html", "text/html; charset=utf-8"),
        ("manual.md", "connections-manual-draft-1-2026-03-02.md", "text/markdown; charset=utf-8"),
    ],
)
def test_a_study_without_results_has_a_manual_without_figures(
    session: Session, kind: str, filename: str, media_type: str
) -> None:
    study = cast.begin_study(session)

    made = exporting.export(session, study, kind, now=cast.NOW)

    assert (made.filename, made.media_type) == (filename, media_type)
    assert "No results have been published yet" in made.content.decode()


def test_the_printed_manual_holds_the_figures_the_words_and_the_verdicts(session: Session, tmp_path: Path) -> None:
    study, first = two_rounds.first_round(session)
    two_rounds.decide_all(session, study, first)
    two_rounds.second_round(session, study)

    words = words_of(exporting.export(session, study, "manual.pdf", now=cast.NOW).content, tmp_path)

    for said in (
        "22 rated · 0 unable to rate · median 8 · quartiles 7–8.75 · rated 7–9 19 of 22 (86.4 %)",
        "Carers 10 0 90 % 0 % 10 % 8 7–8",
        "The worker goes at the pace of the person. ",
        "The person sets the pace. It was not clear whose pace.",
        "After round 1: reworded. It answers one comment.",
        "Items no longer in the manual The worker offers to go along for the first time.",
        "After round 1: dropped. Hardly anybody wanted it.",
        "Consensus in when at least 70 % rate it 7–9",
        "22 of 22 people who were invited answered (Carers: 10 of 10, Academics: 12 of 12).",
        "SHA-256 of the published results",
    ):
        assert said in words, said


def test_the_markdown_reads_in_again_as_the_same_draft(session: Session) -> None:
    study, first = two_rounds.first_round(session)
    two_rounds.decide_all(session, study, first)

    text = content(session, study, "manual.md")

    assert parse_text({"manual.md": text}) == outline_of(session, latest_draft(session, study))
    assert "Items no longer in the manual" in text


@pytest.mark.parametrize("kind", exporting.KINDS)
def test_the_same_state_gives_the_same_bytes_whenever_it_is_asked_for(session: Session, kind: str) -> None:
    study, first = two_rounds.first_round(session)
    two_rounds.decide_all(session, study, first)

    made = [exporting.export(session, study, kind, now=now).content for now in (cast.NOW, LATER)]

    assert hashlib.sha256(made[0]).hexdigest() == hashlib.sha256(made[1]).hexdigest()


def test_the_manual_is_dated_by_its_last_change_and_the_file_by_its_making(session: Session) -> None:
    study, first = two_rounds.first_round(session)
    keep = Verdict(Action.KEEP, "Settled in both groups.")
    decide(session, study, first, "pace", keep, version=0, by=None, actor="researcher 1", now=LATER)

    made = exporting.export(session, study, "manual.html", now=LATER + timedelta(days=2))

    assert made.filename == "connections-manual-draft-2-2026-04-13.html"
    assert "Version 2 · 11 April 2026" in made.content.decode()


def test_the_key_changes_exactly_when_the_content_does(session: Session) -> None:
    study = two_rounds.begin(session)
    states: list[tuple[str, str, str]] = []

    def note(step: str) -> None:
        states.append((step, exporting.export_key(session, study, "manual.html"), content(session, study, "manual.html")))

    note("begun")
    first = cast.open_round(session, study)
    note("opened")
    two_rounds.rate_first(session, first)
    note("rated")
    rounds.close_round(session, study, first, actor="researcher 1", now=cast.NOW)
    note("closed")
    rounds.publish_round(session, study, first, actor="researcher 1", now=cast.NOW)
    note("published")
    two_rounds.decide_on(session, study, first, "first-meeting-place", Verdict(Action.KEEP, "Settled in both groups."))
    note("kept")
    two_rounds.decide_on(session, study, first, "pace", Verdict(Action.REWORD, "Whose pace?", {"pace": "Slowly."}))
    note("reworded")

    changed = {
        step: (key != before_key, text != before_text) for (_, before_key, before_text), (step, key, text) in pairwise(states)
    }
    assert changed == {
        "opened": (True, True),  # the evidence says that the round asks these items
        "rated": (False, False),
        "closed": (False, False),
        "published": (True, True),
        "kept": (True, True),
        "reworded": (True, True),
    }
    assert len({exporting.export_key(session, study, kind) for kind in exporting.KINDS}) == len(exporting.KINDS)


def test_another_software_version_gives_another_key(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    study = cast.begin_study(session)
    before = exporting.export_key(session, study, "manual.pdf")

    monkeypatch.setattr("delphi.__version__", "99.0")

    assert exporting.export_key(session, study, "manual.pdf") != before


def test_the_hash_is_of_what_was_published_and_not_of_what_the_team_sees(session: Session) -> None:
    study, first = two_rounds.first_round(session)
    released = feedback_for(session, first, None)

    text = content(session, study, "manual.html")

    assert isinstance(released, Feedback)
    # canonical_json of a list of one document is that document in brackets
    assert sha256(f"[{released.content}]") in text
    assert result_of(session, first).sha256 not in text
    assert canonical_json([1]) == "[1]"


def manual_of(n_items: int) -> str:
    items = "\n".join(f"::: {{#item-{n} .item .core}}\nThe worker does thing {n}.\n:::\n" for n in range(n_items))
    return f"---\ntitle: Many\n---\n\n## One {{#one}}\n\n{items}"


def n_statements(database: Database, session: Session, work: Callable[[], object]) -> int:
    session.flush()
    session.expire_all()
    statements = []

    def count(*arguments: object) -> None:
        statements.append(arguments)

    event.listen(database.engine, "before_cursor_execute", count)
    work()
    event.remove(database.engine, "before_cursor_execute", count)
    return len(statements)


def test_more_items_or_people_take_no_more_queries(database: Database, session: Session) -> None:
    counted = {}
    for n_items, n_people in ((4, 5), (40, 5), (4, 15)):
        study = cast.begin_study(session, manual=manual_of(n_items), slug=f"study-{n_items}-{n_people}")
        people = cast.add_panel(session, study, {"Carers": n_people})
        first = cast.open_round(session, study)
        for address in people:
            cast.rate(session, first, address, {f"item-{n}": 8 for n in range(n_items)}, {"item-0": "Why?"})
        cast.close_and_publish(session, study, first)
        for n in range(n_items):
            reword = Verdict(Action.REWORD, "Said better.", {f"item-{n}": f"The worker does the thing {n}."})
            two_rounds.decide_on(session, study, first, f"item-{n}", reword)
        counted[n_items, n_people] = n_statements(
            database, session, lambda study=study: exporting.export(session, study, "manual.md", now=cast.NOW)
        )

    assert len(set(counted.values())) == 1, counted
    assert 10 < counted[4, 5] < 40
