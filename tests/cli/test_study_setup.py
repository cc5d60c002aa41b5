"""`delphi study check`, `ethics-pack` and amendments from the command line."""

import json
from pathlib import Path

from delphi.config import Settings
from delphi.database import Database
from delphi.rehearsals import settings_for
from delphi.services.simulating import n_idle
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"


def test_the_check_exits_with_1_as_long_as_something_is_missing(with_study: Run, files: Path) -> None:
    done(with_study("study", "create", "--from", files / "manual.md", "--slug", "bare"))
    bare = with_study("study", "check", "bare")
    assert bare.exit_code == 1
    assert bare.stdout.startswith("Missing: There is nobody on the panel yet.")

    told = json.loads(done(with_study("study", "check", SLUG, "--json")))
    assert not any(finding["missing"] for finding in told)
    assert "no safeguarding reader" in [finding["key"] for finding in told]
    assert all(finding["source"] and finding["why"] for finding in told)


def test_the_check_knows_whether_mail_goes_out(with_study: Run) -> None:
    assert "no mail server" in done(with_study("study", "check", SLUG, "--json"))
    assert "before you open. Whoever runs this site sets DELPHI_SMTP_URL" in done(with_study("study", "check", SLUG))
    assert "no mail server" not in done(
        with_study("study", "check", SLUG, "--json", DELPHI_SMTP_URL="smtp://mail.example.org:25")
    )


def test_the_ethics_pack_is_written_once_as_pdf_or_page(with_study: Run, tmp_path: Path) -> None:
    pack = ("study", "ethics-pack", SLUG, "--output")

    done(with_study(*pack, tmp_path / "ethics.pdf"))
    done(with_study(*pack, tmp_path / "ethics.html"))

    assert (tmp_path / "ethics.pdf").read_bytes()[:5] == b"%PDF-"
    assert "Blank questionnaire" in (tmp_path / "ethics.html").read_text(encoding="utf-8")
    assert "is there already" in refused(with_study(*pack, tmp_path / "ethics.pdf"))
    assert "ends in .pdf or .html" in refused(with_study(*pack, tmp_path / "ethics.doc"), 2)


def test_a_sealed_protocol_is_amended_with_a_reason_and_not_without(with_closed_round: Run) -> None:
    change = ("study", "protocol", SLUG, "--rounds", "4")
    assert "Amend it for the rounds to come" in refused(with_closed_round(*change))

    shown = json.loads(done(with_closed_round(*change, "--reason", "Half of it is new.", "--json")))

    assert (shown["rounds"], shown["amendments"], shown["sealed"]) == (4, 1, True)
    assert "stay" in refused(with_closed_round("study", "protocol", SLUG, "--scale", "1-5", "--reason", "Why."), 2)


def test_stopping_and_inviting_are_set(with_study: Run) -> None:
    told = done(with_study("study", "protocol", SLUG, "--stopping", "undecided", "--inviting", "respondents"))

    assert "Ends: undecided; invited later: respondents" in told


def test_a_study_is_rehearsed_once_and_the_rehearsal_deleted(with_study: Run) -> None:
    told = done(with_study("study", "rehearse", SLUG))

    assert "/rehearsals/connections/office/studies/connections/rehearsal" in told
    assert "already" in refused(with_study("study", "rehearse", SLUG))
    assert done(with_study("study", "rehearse", SLUG, "--delete")) == "The rehearsal is deleted.\n"
    assert "no rehearsal" in refused(with_study("study", "rehearse", SLUG, "--delete"))
    assert "There is no study called invented" in refused(with_study("study", "rehearse", "invented"))


def test_the_open_round_of_a_rehearsal_is_filled_with_invented_answers(with_study: Run, settings: Settings) -> None:
    fill = ("study", "rehearse", SLUG, "--fill")
    assert "no rehearsal" in refused(with_study(*fill))
    assert "either --fill or --delete" in refused(with_study(*fill, "--delete"), 2)
    done(with_study("study", "rehearse", SLUG, "--as", cast.RUTH))
    inside = settings_for(settings, SLUG)

    assert done(with_study(*fill)) == "2 invented people have answered.\n"

    rehearsal = Database(inside.database)
    with rehearsal.reading() as session:
        assert n_idle(session, find_round(session, find_study(session, SLUG), 1)) == 0
    rehearsal.dispose()
    done(with_study("round", "close", SLUG, DELPHI_DATA=str(inside.data)))
    assert "No round of the rehearsal is open" in refused(with_study(*fill))


def test_a_protocol_is_exported_and_another_study_starts_from_it(with_study: Run, files: Path, tmp_path: Path) -> None:
    done(with_study("study", "create", "--from", files / "manual.md", "--slug", "next"))
    done(with_study("study", "protocol", SLUG, "--weeks", "6", "--export", tmp_path / "protocol.json"))
    assert "is there already" in refused(with_study("study", "protocol", SLUG, "--export", tmp_path / "protocol.json"))

    assert "rounds of 6 weeks" in done(with_study("study", "protocol", "next", "--from", tmp_path / "protocol.json"))
    assert "rounds of 6 weeks" in done(with_study("study", "protocol", "next", "--from", SLUG))
    assert "There is no study called invented" in refused(with_study("study", "protocol", "next", "--from", "invented"))
    assert "is no protocol" in refused(with_study("study", "protocol", "next", "--from", files / "panel.csv"), 2)


def test_sections_are_assigned_to_groups_exported_and_asked_of_everybody_again(with_study: Run, tmp_path: Path) -> None:
    change, file = ("study", "protocol", SLUG), tmp_path / "protocol.json"
    assert "there are first-meeting, going-along" in refused(with_study(*change, "--asked-of", "costs", "Carers"), 2)
    assert "either of everybody" in refused(
        with_study(*change, "--asked-of", "going-along", "Carers", "--asked-of", "going-along", "everybody"), 2
    )

    told = done(
        with_study(*change, "--asked-of", "going-along", "Users", "--asked-of", "going-along", "Carers", "--export", file)
    )

    assert "Asked of Carers, Users only: going-along" in told
    assert json.loads(file.read_text())["protocol"]["asked_of"] == {"going-along": ["Carers", "Users"]}
    assert json.loads(done(with_study(*change, "--asked-of", "going-along", "everybody", "--json")))["asked_of"] == {}
    assert json.loads(done(with_study(*change, "--from", file, "--json")))["asked_of"] == {"going-along": ["Carers", "Users"]}
