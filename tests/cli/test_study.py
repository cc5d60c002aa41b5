"""`delphi researcher`, `study` and `draft`: beginning a study, its protocol and its next draft."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from delphi.cli.installation import kept_in
from delphi.config import Settings
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"


def test_a_researcher_is_added_once_with_a_password_that_is_not_on_the_command_line(run: Run) -> None:
    typed = f"{cast.PASSWORD}\n{cast.PASSWORD}\n"

    assert "can sign in" in done(run("researcher", "add", cast.RUTH, stdin=typed))
    assert "has an account already" in refused(run("researcher", "add", cast.RUTH, "--password-stdin", stdin=cast.PASSWORD))


def test_somebody_with_an_account_joins_a_study_in_a_role_once(with_study: Run) -> None:
    done(with_study("researcher", "add", "sol@example.org", "--password-stdin", stdin=cast.PASSWORD))
    join = ("researcher", "join", SLUG, "sol@example.org", "observer")

    assert done(with_study(*join)) == f"sol@example.org is observer of {SLUG} now.\n"
    assert "is observer of this study already" in refused(with_study(*join))
    named = done(with_study("study", "protocol", SLUG, "--safeguarding", "sol@example.org", cast.RUTH))
    assert f"Safeguarding: sol@example.org and {cast.RUTH}" in named
    assert "two different people" in refused(with_study("study", "protocol", SLUG, "--safeguarding", cast.RUTH, cast.RUTH), 2)
    assert "has no account" in refused(with_study("researcher", "join", SLUG, "nobody@example.org", "observer"))


@pytest.mark.parametrize(
    ("address", "password", "said"),
    [("ruth", cast.PASSWORD, "is not an e-mail address"), (cast.RUTH, "short", "at least 12 characters")],
)
def test_an_address_that_is_none_and_a_short_password_are_refused(run: Run, address: str, password: str, said: str) -> None:
    assert said in refused(run("researcher", "add", address, "--password-stdin", stdin=password), 2)


def test_a_study_needs_somebody_who_answers_for_it(run: Run, files: Path) -> None:
    create = ("study", "create", "--from", files / "manual.md")

    assert "delphi researcher add" in refused(run(*create))
    for address in (cast.RUTH, "sol@example.org"):
        done(run("researcher", "add", address, "--password-stdin", stdin=cast.PASSWORD))
    assert "--owner" in refused(run(*create), 2)
    assert "nobody@example.org has no account" in refused(run(*create, "--owner", "nobody@example.org"))
    assert done(run(*create, "--owner", cast.RUTH)) == "making-connections has begun with 4 items.\n"


def test_a_draft_with_a_key_twice_is_refused_with_its_lines(run: Run, files: Path) -> None:
    done(run("researcher", "add", cast.RUTH, "--password-stdin", stdin=cast.PASSWORD))
    (files / "manual.md").write_text(cast.MANUAL.replace("{#step-back ", "{#pace "), encoding="utf-8")

    said = refused(run("study", "create", "--from", files / "manual.md"), 2)

    assert "manual.md, line 29" in said
    assert json.loads(done(run("study", "list", "--json"))) == []


def test_a_name_that_addresses_cannot_have_is_refused(with_study: Run, files: Path) -> None:
    assert "as in my-study" in refused(with_study("study", "create", "--from", files / "manual.md", "--slug", "My study"), 2)


def test_a_study_is_listed_and_shown_for_people(with_open_round: Run) -> None:
    assert done(with_open_round("study", "list")) == f"{SLUG}\topen\tMaking connections\n"
    shown = done(with_open_round("study", "show", SLUG)).splitlines()
    assert shown[0] == "Making connections (connections): open"
    assert shown[1:3] == ["Draft 1: 4 items", "Protocol (sealed):"]
    assert shown[3:11] == done(with_open_round("study", "protocol", SLUG)).splitlines()[1:]
    assert shown[11] == "Panel: 6 Carers, 6 Academics"
    assert shown[12].endswith("12 invited, not counted yet")
    done(with_open_round("round", "count", SLUG))
    assert done(with_open_round("study", "show", SLUG)).splitlines()[12].endswith("0 of 12 have completed")


def test_where_there_is_no_study_it_says_where_it_has_looked(run: Run, settings: Settings) -> None:
    result = run("study", "list")

    assert done(result) == ""
    assert result.stderr.startswith(f"There is no study yet in {settings.data}. ")


def test_a_database_server_is_named_without_its_password(settings: Settings) -> None:
    place = kept_in(replace(settings, database_url="postgresql+psycopg://ruth:secret@db.example.org/delphi"))

    assert place == "postgresql+psycopg://ruth:***@db.example.org/delphi"


def test_a_protocol_is_shown_without_being_changed(with_study: Run) -> None:
    before = len(json.loads(done(with_study("audit", "list", SLUG, "--json"))))

    lines = done(with_study("study", "protocol", SLUG)).splitlines()

    assert lines[:3] == ["Protocol (not sealed yet):", "  Scale: 1 to 9", "  Criteria: importance"]
    assert lines[3].startswith("  Rule: Consensus")
    assert lines[4] == "  Planned: 2 rounds of 4 weeks"
    assert len(json.loads(done(with_study("audit", "list", SLUG, "--json")))) == before
    shown = json.loads(done(with_study("study", "show", SLUG, "--json")))
    assert json.loads(done(with_study("study", "protocol", SLUG, "--json"))) == shown["protocol"]


def test_the_protocol_is_set_until_the_first_round_opens(with_study: Run) -> None:
    sentence = done(
        with_study("study", "protocol", SLUG, "--scale", "1-7", "--criteria", "importance,clarity", "--rule", "enlight")
    )

    assert "75 %" in sentence
    protocol = json.loads(done(with_study("study", "show", SLUG, "--json")))["protocol"]
    assert (protocol["scale"], protocol["criteria"], protocol["weeks"]) == ([1, 7], ["importance", "clarity"], 4)
    done(with_study("round", "open", SLUG))
    assert "sealed" in refused(with_study("study", "protocol", SLUG, "--weeks", "3"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rule", "no-such"), "There is no rule or rule file called 'no-such'"),
        (("--criteria", "beauty"), "There is no criterion 'beauty'"),
        (("--criteria", "clarity,clarity"), "named twice"),
        (("--scale", "1-5", "--rule", "ram"), "1–9"),
        (("--weeks", "99"), "twenty-six"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(with_study: Run, options: tuple[str], said: str) -> None:
    assert said in refused(with_study("study", "protocol", SLUG, *options), 2)


def test_a_rule_file_becomes_the_rule(with_study: Run, files: Path) -> None:
    rule = {"name": "ours", "source": "we", "in": {"figure": "percent", "zone": "high", "at_least": 66}}
    (files / "rule.json").write_text(json.dumps(rule), encoding="utf-8")
    (files / "list.json").write_text("[]", encoding="utf-8")

    assert "66 %" in done(with_study("study", "protocol", SLUG, "--rule", files / "rule.json"))
    assert "has to be an object" in refused(with_study("study", "protocol", SLUG, "--rule", files / "list.json"), 2)


def test_an_edited_manual_becomes_the_next_draft(with_closed_round: Run, files: Path) -> None:
    done(with_closed_round("round", "publish", SLUG))
    edited = cast.MANUAL.replace("somewhere that the person has chosen", "where the person wants it").replace(
        "as soon as", "once"
    )
    (files / "edited.md").write_text(edited, encoding="utf-8")

    said = done(
        with_closed_round("draft", "import", SLUG, files / "edited.md", "--reason", "Shorter words.", "--typo", "step-back")
    )

    assert said.splitlines() == [
        "This is draft 2 now.",
        "Items reworded: first-meeting-place, step-back",
        "Sections that read differently: first-meeting, going-along",
    ]
    log = json.loads(done(with_closed_round("audit", "list", SLUG, "--json")))
    assert (log[-1]["action"], log[-1]["detail"]["typos"]) == ("draft imported", ["step-back"])
    # Three were settled: the reworded one comes back, the one with a slip mended does not. The pace was never settled.
    done(with_closed_round("round", "open", SLUG, "--without-decisions"))
    assert json.loads(done(with_closed_round("study", "show", SLUG, "--json")))["rounds"][1]["items"] == 2


def test_a_draft_that_changes_nothing_or_comes_too_early_is_refused(with_open_round: Run, files: Path) -> None:
    (files / "edited.md").write_text(cast.MANUAL.replace("hurried", "rushed"), encoding="utf-8")

    assert "the same as the latest" in refused(with_open_round("draft", "import", SLUG, files / "manual.md"))
    assert "Close the round first" in refused(with_open_round("draft", "import", SLUG, files / "edited.md"))


def test_a_slip_cannot_be_mended_where_nothing_changes(with_study: Run, files: Path) -> None:
    (files / "edited.md").write_text(cast.MANUAL.replace("hurried", "rushed"), encoding="utf-8")

    said = refused(with_study("draft", "import", SLUG, files / "edited.md", "--typo", "pace"), 2)

    assert said == "The wording of pace does not change, so there is no slip to mend."


def test_a_draft_without_a_title_takes_the_one_given_and_keeps_it_at_the_next_import(run: Run, files: Path) -> None:
    done(run("researcher", "add", cast.RUTH, "--password-stdin", stdin=cast.PASSWORD))
    (files / "bare.md").write_text("## Pace\n\nSlow.\n")

    assert "has no title" in refused(run("study", "create", "--from", files / "bare.md"), 2)
    done(run("study", "create", "--from", files / "bare.md", "--title", "Unhurried"))
    (files / "bare.md").write_text("## Pace\n\nSlowly.\n")
    assert "Items reworded: pace" in done(run("draft", "import", "unhurried", files / "bare.md"))
