"""`delphi round plan` and `delphi decisions sheet`: what a team prepares between two rounds."""

from pathlib import Path

from tests.cli.conftest import Run, done, refused

SLUG = "connections"


def test_what_the_next_round_asks_is_told_and_changed_with_a_reason(with_closed_round: Run) -> None:
    done(with_closed_round("round", "publish", SLUG, "--without-unjudged"))
    plan = ("round", "plan", SLUG)
    told = done(with_closed_round(*plan)).splitlines()
    assert "pace\tasked\tproposed\tThere is no consensus on it yet." in told

    assert "reason in a sentence" in refused(with_closed_round(*plan, "--leave-out", "pace"), 2)
    assert "one item at a time" in refused(with_closed_round(*plan, "--leave-out", "pace", "--ask", "step-back"), 2)
    assert "no item called nothing" in refused(with_closed_round(*plan, "--ask", "nothing", "--reason", "Why not."))
    left = done(with_closed_round(*plan, "--leave-out", "pace", "--reason", "Asked often enough.")).splitlines()
    assert "pace\trests\tchanged\tAsked often enough." in left
    again = done(with_closed_round(*plan, "--ask", "step-back", "--reason", "Somebody new has joined.")).splitlines()
    assert "step-back\tasked\tchanged\tSomebody new has joined." in again
    assert "pace\tasked\tproposed\tThere is no consensus on it yet." in done(with_closed_round(*plan, "--as-proposed", "pace"))


def test_the_sheet_for_the_meeting_is_written_once_as_pdf_or_page(with_closed_round: Run, tmp_path: Path) -> None:
    sheet = ("decisions", "sheet", SLUG, 1, "--output")

    done(with_closed_round(*sheet, tmp_path / "meeting.pdf"))
    done(with_closed_round(*sheet, tmp_path / "meeting.html"))

    assert (tmp_path / "meeting.pdf").read_bytes()[:5] == b"%PDF-"
    assert "Whose pace?" in (tmp_path / "meeting.html").read_text(encoding="utf-8")
    assert "is there already" in refused(with_closed_round(*sheet, tmp_path / "meeting.pdf"))
    assert "ends in .pdf or .html" in refused(with_closed_round(*sheet, tmp_path / "meeting.doc"), 2)


def test_there_is_no_sheet_of_an_open_round(with_open_round: Run, tmp_path: Path) -> None:
    told = refused(with_open_round("decisions", "sheet", SLUG, 1, "--output", tmp_path / "meeting.html"))

    assert "still open" in told
    assert not (tmp_path / "meeting.html").exists()


def test_an_item_is_moved_with_a_reason(with_closed_round: Run) -> None:
    move = ("draft", "move", SLUG, "pace")

    assert "no section called nowhere" in refused(with_closed_round(*move, "nowhere", "--reason", "It belongs there."))
    told = done(with_closed_round(*move, "going-along", "--after", "going-along-offered", "--reason", "It belongs there."))

    assert told == "In draft 2 the item pace stands in going-along.\n"
    assert "stands there already" in refused(
        with_closed_round(*move, "going-along", "--after", "going-along-offered", "--reason", "It belongs there.")
    )
