"""`delphi draft section` and `mark`: a section out and in again, and what in it is rated."""

import json
from pathlib import Path

from delphi.database import Database
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.studies import find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
MARK = ("draft", "mark", SLUG, "first-meeting")
SECTION = ("draft", "section", SLUG, "first-meeting")
LISTED = """\
1	text	-	The first conversations set the tone.
2	core	first-meeting-place	The first meeting takes place somewhere that the person has …
3	text	-	Nobody is hurried.
4	flexible	pace	The worker goes at the pace of the person.
"""


def rated(database: Database) -> dict[str, str]:
    """Return the items of the section in the newest draft, as the pages read it."""
    with database.reading() as session:
        outline = outline_of(session, latest_draft(session, find_study(session, SLUG)))
        return {item.key: str(item.kind) for item in outline.section("first-meeting").items}


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def test_paragraphs_are_listed_and_marked_by_number_or_key(with_study: Run, database: Database) -> None:
    listed = with_study(*MARK)
    assert done(listed) == LISTED
    assert listed.stderr.startswith("The section as a whole: text. Edition 1.")

    done(with_study(*MARK, "--core", "3", "--core", "pace", "--text", "2", "--as", cast.RUTH))

    assert rated(database) == {"nobody-is-hurried": "core", "pace": "core"}
    assert last_act(with_study) == ("items marked", "researcher 1")
    told = json.loads(done(with_study(*MARK, "--whole", "flexible", "--json")))
    assert (told["whole"], told["parts"][0]["kind"], told["parts"][2]["item"]) == ("flexible", "text", "nobody-is-hurried")
    assert rated(database) == {"first-meeting": "flexible", "nobody-is-hurried": "core", "pace": "core"}


def test_marks_that_cannot_be_are_refused_and_nothing_is_marked(with_study: Run, database: Database) -> None:
    before = rated(database)

    assert "no paragraph or item 5; it has paragraphs 1 to 4" in refused(with_study(*MARK, "--core", "5"))
    assert "each paragraph once" in refused(with_study(*MARK, "--core", "4", "--text", "pace"), 2)
    assert "changed the draft meanwhile" in refused(with_study(*MARK, "--core", "1", "--edition", "1.0"))
    assert "no section called nowhere" in refused(with_study("draft", "mark", SLUG, "nowhere", "--core", "1"))
    done(with_study("round", "open", SLUG))
    assert "in a sentence why" in refused(with_study(*MARK, "--core", "1"), 2)
    assert rated(database) == before


def test_a_section_comes_out_as_a_file_and_goes_in_again(with_closed_round: Run, files: Path) -> None:
    file = files / "section.md"
    file.write_text(done(with_closed_round(*SECTION)).replace("at the pace of the person", "as fast as the person"))
    assert "Say in a sentence why" in refused(with_closed_round(*SECTION, file), 2)

    said = done(with_closed_round(*SECTION, file, "--reason", "Whose pace was unclear.", "--as", cast.RUTH))

    assert said == "The section first-meeting is kept in draft 2.\n"
    assert last_act(with_closed_round) == ("section edited", "researcher 1")
    assert done(with_closed_round(*SECTION)) == file.read_text()
    file.write_text(file.read_text().replace("{#first-meeting}", "{#first}"))
    assert "Leave the key of the section" in refused(with_closed_round(*SECTION, file, "--reason", "Other words."), 2)


def test_a_slip_that_is_mended_is_not_asked_again(with_closed_round: Run, files: Path) -> None:
    file = files / "section.md"
    file.write_text(done(with_closed_round(*SECTION)).replace("The worker goes", "The worker walks"))

    done(with_closed_round(*SECTION, file, "--typo", "--reason", "A better word."))

    log = json.loads(done(with_closed_round("audit", "list", SLUG, "--json")))
    assert (log[-1]["detail"]["class"], log[-1]["detail"]["items"]) == ("typo", ["pace 1a"])
