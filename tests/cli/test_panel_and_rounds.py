"""`delphi panel`, `round`, `ratings`, `decisions`, `export` and `audit`: each where it works and where it must not."""

import csv
import json
from pathlib import Path

import pytest

from delphi.config import Settings
from delphi.database import Database
from delphi.errors import NotFoundError
from delphi.services import links, studies
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"


def test_a_panel_with_a_bad_address_adds_nobody_and_names_the_line(with_study: Run, files: Path) -> None:
    lines = [f"Person {n},person-{n}@example.org,Carers" for n in range(2, 9)]
    lines[5] = "Person 7,person-7 at example.org,Carers"
    (files / "more.csv").write_text("\n".join(["name,email,group", *lines]), encoding="utf-8")

    said = refused(with_study("panel", "import", SLUG, files / "more.csv"), 2)

    assert said.startswith("The panel was not imported; nobody was added.\nmore.csv, line 7, column 'email'")
    assert json.loads(done(with_study("study", "show", SLUG, "--json")))["panel"] == {"Carers": 6, "Academics": 6}


def test_a_file_that_is_not_there_is_named(with_study: Run, tmp_path: Path) -> None:
    assert "gone.csv" in refused(with_study("panel", "import", SLUG, tmp_path / "gone.csv"), 2)


def test_links_lead_in_and_printing_them_is_audited(with_open_round: Run, database: Database, settings: Settings) -> None:
    result = with_open_round("panel", "links", SLUG)

    assert "bunch of keys" in result.stderr
    rows = list(csv.DictReader(done(result).splitlines()))
    assert len(rows) == 12
    with database.reading() as session:
        round_ = studies.find_round(session, studies.find_study(session, SLUG), 1)
        for row in rows:
            token = row["link"].removeprefix(f"{settings.public_url}/p/")
            assert links.member_by_token(session, token) is cast.member(session, round_, row["email"])
    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["detail"]) == ("personal links printed", {"people": 12, "round": 1})
    assert log[-1]["actor"] == "command line"


def test_links_that_work_on_this_machine_only_come_with_a_warning(with_open_round: Run, settings: Settings) -> None:
    assumed = with_open_round("panel", "links", SLUG)
    given = with_open_round("panel", "links", SLUG, DELPHI_PUBLIC_URL="https://delphi.example.org")

    assert f"Links begin with {settings.public_url}, which works on this machine only. Set DELPHI_PUBLIC_URL" in assumed.stderr
    assert "DELPHI_PUBLIC_URL" not in given.stderr
    assert done(given).count("https://delphi.example.org/p/") == 12


def test_a_new_link_lets_in_ends_the_old_one_and_is_audited(with_open_round: Run, database: Database, settings: Settings) -> None:
    with database.reading() as session:
        round_ = studies.find_round(session, studies.find_study(session, SLUG), 1)
        old = cast.token(session, round_, "carers-1@example.org")

    result = with_open_round("panel", "new-link", SLUG, "Carers-1@example.org")

    new = done(result).strip().removeprefix(f"{settings.public_url}/p/")
    assert "no longer work" in result.stderr
    with database.reading() as session:
        round_ = studies.find_round(session, studies.find_study(session, SLUG), 1)
        assert links.member_by_token(session, new) is cast.member(session, round_, "carers-1@example.org")
        with pytest.raises(NotFoundError):
            links.member_by_token(session, old)
    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["actor"]) == ("link replaced", "command line")


def test_nobody_but_who_was_invited_gets_a_new_link(with_study: Run, files: Path) -> None:
    new_link = ("panel", "new-link", SLUG)
    assert "No round has opened" in refused(with_study(*new_link, "carers-1@example.org"))
    done(with_study("round", "open", SLUG))
    (files / "late.csv").write_text("name,email,group\nLate,late@example.org,Carers\n", encoding="utf-8")
    done(with_study("panel", "import", SLUG, files / "late.csv"))

    for address in ("late@example.org", "stranger@example.org", "nobody"):
        assert refused(with_study(*new_link, address)) == f"{address} was not invited to round 1."


def test_a_group_too_small_to_be_shown_is_named_when_it_is_imported(with_study: Run, files: Path) -> None:
    (files / "few.csv").write_text("name,email,group\nMo,mo@example.org,Managers\n", encoding="utf-8")

    result = with_study("panel", "import", SLUG, files / "few.csv")

    assert done(result) == "1 person was added. The panel has 6 Carers, 6 Academics, 1 Managers.\n"
    assert result.stderr.startswith("The group Managers has 1 person. Of fewer than 5 no figures are shown")
    assert len(result.stderr.splitlines()) == 1


def test_a_panel_file_without_its_columns_is_told_all_of_them(with_study: Run, files: Path) -> None:
    (files / "odd.csv").write_text("Who;E-mail;Role\nAda;ada@example.org;Carers\n", encoding="utf-8")

    said = refused(with_study("panel", "import", SLUG, files / "odd.csv"), 2)

    assert "the columns 'name', 'group' are missing; the header has to be name,email,group and is Who,E-mail,Role." in said


def test_a_name_that_is_a_formula_is_inert_in_the_list_of_links(with_study: Run, files: Path) -> None:
    (files / "sly.csv").write_text('name,email,group\n"=HYPERLINK(1)",sly@example.org,Carers\n', encoding="utf-8")
    done(with_study("panel", "import", SLUG, files / "sly.csv"))
    done(with_study("round", "open", SLUG))

    assert "'=HYPERLINK(1)" in done(with_study("panel", "links", SLUG))


def test_there_are_no_links_without_an_open_round(with_closed_round: Run) -> None:
    assert "No round is open" in refused(with_closed_round("panel", "links", SLUG))


def test_a_round_is_opened_only_by_its_own_number(with_study: Run) -> None:
    assert refused(with_study("round", "open", SLUG, 2)) == "The next round is 1, not 2; nothing was done."
    assert "passed already" in refused(with_study("round", "open", SLUG, 1, "--deadline", "2020-01-01"), 2)
    said = done(with_study("round", "open", SLUG, 1, "--deadline", "2099-12-31"))
    assert said.startswith("Round 1 is open until 2099-12-31 23:59 UTC and asks 4 items.")
    assert "Close it and publish" in refused(with_study("round", "open", SLUG))


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ("14/12/2026", "2026-12-14"),
        ("12/14/2026", "2026-12-14"),
        ("14.12.2026", "2026-12-14"),
        ("03/04/2027", "2027-04-03 or 2027-03-04"),
        ("soon", "YYYY-MM-DD"),
        ("2026-02-30", "YYYY-MM-DD"),
    ],
)
def test_a_deadline_written_otherwise_is_answered_with_how_to_write_it(with_study: Run, written: str, how: str) -> None:
    assert refused(with_study("round", "open", SLUG, "--deadline", written), 2) == f"Write the deadline as {how}."


def test_a_next_round_wants_decisions_on_what_is_not_settled_or_a_word_to_go_on_without(with_closed_round: Run) -> None:
    done(with_closed_round("round", "publish", SLUG))

    said = refused(with_closed_round("round", "open", SLUG, 2))

    assert said.startswith("1 item of round 1 is neither settled nor decided on.")
    assert f"delphi decisions import {SLUG} 1 FILE.csv" in said
    assert len(json.loads(done(with_closed_round("study", "show", SLUG, "--json")))["rounds"]) == 1
    done(with_closed_round("round", "open", SLUG, 2, "--without-decisions"))
    assert json.loads(done(with_closed_round("study", "show", SLUG, "--json")))["rounds"][1]["items"] == 1


def test_a_round_goes_one_way(with_open_round: Run) -> None:
    assert "still open" in refused(with_open_round("round", "publish", SLUG))
    assert "not 2" in refused(with_open_round("round", "close", SLUG, 2))
    done(with_open_round("round", "close", SLUG, 1))
    assert refused(with_open_round("round", "close", SLUG, 1)) == "Round 1 is already closed."
    done(with_open_round("round", "publish", SLUG, 1))
    assert "already published" in refused(with_open_round("round", "publish", SLUG, 1))


def test_a_study_without_a_round_has_none_to_close(with_study: Run) -> None:
    assert "delphi round open connections" in refused(with_study("round", "close", SLUG))
    assert refused(with_study("ratings", "import", SLUG, 1, "round-1.csv")) == "This study has no round 1."


def test_no_rating_comes_into_a_closed_round(with_closed_round: Run, files: Path) -> None:
    said = refused(with_closed_round("ratings", "import", SLUG, 1, files / "round-1.csv"))

    assert said.startswith("Round 1 is closed")


def test_a_rating_of_ten_is_refused_with_its_place_and_nothing_is_imported(with_open_round: Run, files: Path) -> None:
    text = (files / "round-1.csv").read_text(encoding="utf-8")
    (files / "bad.csv").write_text(text.replace("academics-6@example.org,8", "academics-6@example.org,10"), encoding="utf-8")

    said = refused(with_open_round("ratings", "import", SLUG, 1, files / "bad.csv"), 2)

    assert "bad.csv, line 13" in said
    assert "10" in said
    done(with_open_round("round", "count", SLUG))
    assert json.loads(done(with_open_round("study", "show", SLUG, "--json")))["rounds"][0]["started"] == 0


def test_what_was_imported_is_counted_in_people_and_comments(with_open_round: Run, files: Path) -> None:
    said = done(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "comments-1.csv"))

    assert said == "Ratings of 12 people were imported.\n1 comment was imported.\n"


def test_help_names_the_columns_of_each_file(run: Run) -> None:
    of_decisions = done(run("decisions", "import", "--help"))
    of_ratings = done(run("ratings", "import", "--help"))

    columns = [line.split()[0] for line in of_decisions.splitlines() if line.startswith("    ") and line[4:5].isalpha()]
    assert columns[:3] == ["item", "action", "reason"]
    assert {"new_wording", "into", "answers", "typo"} <= set(columns)
    assert "only --- and nothing else" in of_decisions
    for column in ("participant", "item", "rating", "criterion", "group", "round"):
        assert f"    {column}" in of_ratings or f" {column} " in of_ratings


def test_the_example_in_the_help_of_decisions_is_taken(with_closed_round: Run, files: Path) -> None:
    shown = done(with_closed_round("decisions", "import", "--help"))
    lines = [line.strip() for line in shown.partition("decisions-1.csv is\n")[2].partition("\n\n")[0].splitlines()]
    (files / "example.csv").write_text("\n".join(lines), encoding="utf-8")

    said = done(with_closed_round("decisions", "import", SLUG, 1, files / "example.csv"))

    assert said == "3 decisions were taken on round 1 and carried out in the next draft.\n"


def test_bad_comments_keep_the_ratings_out_too(with_open_round: Run, files: Path) -> None:
    (files / "bad.csv").write_text("participant,item,comment\ncarers-1@example.org,unknown,Hm\n", encoding="utf-8")

    refused(with_open_round("ratings", "import", SLUG, 1, files / "round-1.csv", "--comments", files / "bad.csv"), 2)

    done(with_open_round("round", "count", SLUG))
    assert json.loads(done(with_open_round("study", "show", SLUG, "--json")))["rounds"][0]["started"] == 0


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("pace,burn,Because we can.,", 2, "'burn' is no action"),
        ("walking,keep,It is settled.,", 2, "did not ask an item called walking"),
        ("pace,reword,It was unclear.,", 2, "new wording"),
        ('pace,split,These were two.,"One.\n---\nTwo."', 2, "New wordings: 2, items: 1. Give each item one"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_its_line(
    with_closed_round: Run, files: Path, line: str, status: int, said: str
) -> None:
    (files / "bad.csv").write_text(f"item,action,reason,new_wording\n{line}\n", encoding="utf-8")

    answer = refused(with_closed_round("decisions", "import", SLUG, 1, files / "bad.csv"), status)

    assert "bad.csv, line 2" in answer
    assert said in answer


def test_no_decision_is_taken_on_an_open_round(with_open_round: Run, files: Path) -> None:
    assert "still open" in refused(with_open_round("decisions", "import", SLUG, 1, files / "decisions-1.csv"), 2)


def test_an_export_never_replaces_a_file_unasked(with_closed_round: Run, tmp_path: Path) -> None:
    done(with_closed_round("round", "publish", SLUG))
    target = tmp_path / "manual.md"
    target.write_text("mine")
    export = ("export", SLUG, "manual.md", "--output", target)

    assert "--force" in refused(with_closed_round(*export))
    assert target.read_text() == "mine"
    done(with_closed_round(*export, "--force"))
    assert "The worker goes at the pace" in target.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.glob(".manual*")] == []  # nothing half-written is left


def test_an_export_of_no_kind_or_to_nowhere_is_refused(with_closed_round: Run, tmp_path: Path) -> None:
    assert "There are: manual.pdf" in refused(with_closed_round("export", SLUG, "manual.exe"), 2)
    said = refused(with_closed_round("export", SLUG, "manual.md", "--output", tmp_path / "no" / "manual.md"))
    assert "No such file or directory" in said


def test_a_changed_log_entry_is_found_and_named(with_open_round: Run, database: Database) -> None:
    assert done(with_open_round("audit", "verify", SLUG)) == "All 3 entries are whole and in order.\n"
    assert [line.split("\t")[3] for line in done(with_open_round("audit", "list", SLUG)).splitlines()] == [
        "study created",
        "panel imported",
        "round opened",
    ]
    with database.transaction() as session:
        connection = session.connection()
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2")

    said = refused(with_open_round("audit", "verify", SLUG))

    assert said == "Entry 2 was changed after it was written, or moved."


def test_a_preview_says_what_an_import_would_do_and_does_nothing(with_study: Run, files: Path) -> None:
    (files / "more.csv").write_text("name,email,group\nDi,di@example.org,Users\nEd,,Carers\n", encoding="utf-8")

    for _ in range(2):
        said = done(with_study("panel", "import", SLUG, files / "more.csv", "--preview"))
        assert said == "Carers: 6 now, 1 added\nAcademics: 6 now, 0 added\nUsers: 0 now, 1 added\n"
    assert "2 people were added" in done(with_study("panel", "import", SLUG, files / "more.csv"))
    assert "already" in refused(with_study("panel", "import", SLUG, files / "more.csv", "--preview"), 2)


def test_a_further_column_is_kept_where_it_is_named(with_study: Run, files: Path) -> None:
    known = "name,email,group,Region,phone\nDi,di@example.org,Users,North,1\nEd,,Carers,,2\n"
    (files / "known.csv").write_text(known, encoding="utf-8")
    command = ("panel", "import", SLUG, files / "known.csv")

    seen = with_study(*command, "--attribute", "region", "--preview")
    assert done(seen).endswith("Users: 0 now, 1 added\nRegion: North 1, not known 1\n")
    assert seen.stderr == "Columns that are left alone: phone. Keep one with --attribute NAME.\n"
    assert "Its further columns are: Region, phone." in refused(with_study(*command, "--attribute", "town"), 2)
    assert "2 people were added" in done(with_study(*command, "--attribute", "region", "--attribute", "phone"))
    log = json.loads(done(with_study("audit", "list", SLUG, "--json")))
    assert log[-1]["detail"]["attributes"] == ["Region", "phone"]


def test_an_open_round_is_changed_with_a_reason(with_open_round: Run) -> None:
    said = done(with_open_round("round", "extend", SLUG, 1, "--deadline", "2099-12-31", "--reason", "Many were away.", "--mail"))
    assert said == "Round 1 is open until 2099-12-31 23:59 UTC.\n"
    assert "only be put off" in refused(
        with_open_round("round", "extend", SLUG, "--deadline", "2099-12-30", "--reason", "Many were away."), 2
    )
    assert done(with_open_round("round", "pull", SLUG, "pace", "--reason", "Whose pace?")) == "Round 1 asks pace no longer.\n"
    assert "pulled already" in refused(with_open_round("round", "pull", SLUG, "pace", "--reason", "Whose pace?"))
    assert "closes 7 days after" in done(with_open_round("round", "schedule", SLUG, "--close-after", "7"))
    assert "closes by hand" in done(with_open_round("round", "schedule", SLUG, "--close-after", "never"))
    assert done(with_open_round("round", "count", SLUG)) == "Round 1: 12 invited, 0 completed.\n"
    assert done(with_open_round("mail", "log", SLUG)).count(",news,") == 12


def test_what_changes_an_open_round_goes_on_record_under_the_name_that_is_given(with_open_round: Run) -> None:
    by = ("--as", cast.RUTH)

    done(with_open_round("round", "extend", SLUG, "--deadline", "2099-12-31", "--reason", "Many were away.", "--mail", *by))
    done(with_open_round("round", "pull", SLUG, "pace", "--reason", "Whose pace?", *by))
    done(with_open_round("round", "schedule", SLUG, "--close-after", "7", *by))
    done(with_open_round("study", "protocol", SLUG, "--rounds", "4", "--reason", "We learnt.", *by))

    log = json.loads(done(with_open_round("audit", "list", SLUG, "--json")))
    acts = ["deadline extended", "news sent", "item pulled", "close planned", "protocol amended"]
    assert [(entry["action"], entry["actor"]) for entry in log[-5:]] == [(act, "researcher 1") for act in acts]


def test_the_panel_is_put_right_before_round_1_opens_and_not_after(with_study: Run) -> None:
    shown = json.loads(done(with_study("study", "show", SLUG, "--json")))["panel"]
    first, second = sorted(shown)[:2]
    address = f"{first.lower()}-1@example.org"

    assert "is in the group" in done(with_study("panel", "move", SLUG, address, second))
    assert "not on the panel any more" in done(with_study("panel", "remove", SLUG, address))
    done(with_study("panel", "rename-group", SLUG, second, "Others"))
    after = json.loads(done(with_study("study", "show", SLUG, "--json")))["panel"]
    assert after == {name if name != second else "Others": n - (name == first) for name, n in shown.items()}

    done(with_study("round", "open", SLUG))
    assert "Round 1 has opened" in refused(with_study("panel", "rename-group", SLUG, first, "More"))
