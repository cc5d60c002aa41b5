"""Who works on a study, from the command line."""

import json

from sqlalchemy import select

from delphi.database import Database
from delphi.models import AccountLink, LinkPurpose, Payment, Researcher
from delphi.services.account_links import live_links
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
SOL = "sol@example.org"


def add_sol(run: Run) -> None:
    done(run("researcher", "add", SOL, "--password-stdin", stdin=cast.PASSWORD))


def team(run: Run) -> dict[str, object]:
    return {one["email"]: one["roles"] for one in json.loads(done(run("study", "team", SLUG, "--json")))}


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def test_the_team_is_listed_with_who_can_link_names_and_answers(with_study: Run) -> None:
    add_sol(with_study)
    done(with_study("researcher", "join", SLUG, SOL, "observer"))

    lines = done(with_study("study", "team", SLUG)).splitlines()

    assert lines == [
        f"{cast.RUTH}\towner, facilitator, analyst, custodian\tcan link names and answers",
        f"{SOL}\tobserver",
    ]


def test_a_role_is_taken_away_and_the_last_owner_stays(with_study: Run) -> None:
    add_sol(with_study)
    done(with_study("researcher", "join", SLUG, SOL, "observer"))

    done(with_study("researcher", "leave", SLUG, SOL, "observer"))

    assert last_act(with_study) == ("role taken away", "command line")
    assert list(team(with_study)) == [cast.RUTH]
    assert "the only owner" in refused(with_study("researcher", "leave", SLUG, cast.RUTH, "owner"))
    assert "does not hold this role" in refused(with_study("researcher", "leave", SLUG, SOL, "observer"))


def test_an_invitation_is_sent_by_mail(with_study: Run, database: Database) -> None:
    said = done(with_study("researcher", "invite", SLUG, SOL, "facilitator", "analyst"))

    assert said.startswith(f"An invitation to {SOL} is on its way")
    with database.reading() as session:
        link = session.scalars(select(AccountLink)).one()
        assert (link.address, link.roles) == (SOL, ["analyst", "facilitator"])
    assert "on the team already" in refused(with_study("researcher", "invite", SLUG, cast.RUTH, "observer"))


def test_who_is_on_the_panel_or_invited_already_is_asked_about_first(with_study: Run, database: Database) -> None:
    invite = ("researcher", "invite", SLUG)
    assert "is on the panel" in refused(with_study(*invite, "carers-1@example.org", "observer"))
    done(with_study(*invite, SOL, "observer"))
    assert "invited already, as observer" in refused(with_study(*invite, SOL, "analyst"))

    done(with_study(*invite, SOL, "analyst", "--anyway", "--as", cast.RUTH))

    assert last_act(with_study) == ("colleague invited", "researcher 1")
    with database.reading() as session:
        assert [link.roles for link in live_links(session, now=cast.NOW, address=SOL)] == [["analyst"]]


def test_an_invitation_is_taken_back_until_it_is_accepted(with_study: Run, database: Database) -> None:
    done(with_study("researcher", "invite", SLUG, SOL, "observer"))

    done(with_study("researcher", "uninvite", SLUG, SOL.upper(), "--as", cast.RUTH))

    assert last_act(with_study) == ("invitation taken back", "researcher 1")
    with database.reading() as session:
        assert live_links(session, now=cast.NOW, address=SOL) == []
    assert "no invitation to this study that still waits" in refused(with_study("researcher", "uninvite", SLUG, SOL))


def test_an_owner_asks_another_by_mail_and_stays_it_until_then(with_study: Run, database: Database) -> None:
    words = ("study", "hand-on", SLUG, "--to", SOL, "--reason", "I retire in May.")

    assert "Say who hands it on" in refused(with_study(*words), 2)
    assert "Say who hands it on" in refused(with_study(*words, "--as", cast.RUTH, "--from", cast.RUTH), 2)
    said = done(with_study(*words, "--as", cast.RUTH))

    assert said == f"{SOL} is asked by mail. {cast.RUTH} stays the owner until they have accepted.\n"
    assert last_act(with_study) == ("study offered", "researcher 1")
    assert "owner" in str(team(with_study)[cast.RUTH])
    with database.reading() as session:
        (link,) = live_links(session, now=cast.NOW, address=SOL)
        assert (link.purpose, link.roles, link.by_id) == (LinkPurpose.HANDING_ON, ["owner"], 1)


def test_an_administrator_gives_another_password_and_ends_sessions(with_study: Run, database: Database) -> None:
    said = done(with_study("researcher", "password", cast.RUTH, "--password-stdin", stdin="some other words\n"))

    assert said == f"{cast.RUTH} signs in with the new password from now on.\n"
    assert last_act(with_study) == ("password set", "command line")
    with database.reading() as session:
        assert session.scalars(select(Researcher)).one().session_epoch == 2
    assert "at least 12 characters" in refused(
        with_study("researcher", "password", cast.RUTH, "--password-stdin", stdin="short\n"), 2
    )


def test_an_owner_who_has_gone_is_replaced_with_a_reason(with_study: Run) -> None:
    add_sol(with_study)
    words = ("study", "hand-on", SLUG, "--from", cast.RUTH, "--to", SOL)
    assert "Say why" in refused(with_study(*words, "--reason", " "), 2)

    done(with_study(*words, "--reason", "Ruth has retired."))

    assert last_act(with_study) == ("study handed on", "command line")
    assert team(with_study) == {cast.RUTH: ["facilitator", "analyst", "custodian"], SOL: ["owner"]}


def test_payment_is_noted_for_people_on_the_panel(with_study: Run, database: Database) -> None:
    words = ("panel", "paid", SLUG, "carers-1@example.org", "carers-2@example.org")

    said = done(with_study(*words, "--on", "2026-12-01", "--note", "20 pounds"))

    assert said == "It is noted for 2 people.\n"
    with database.reading() as session:
        assert [(one.is_paid, str(one.paid_on)) for one in session.scalars(select(Payment))] == [(True, "2026-12-01")] * 2
    assert last_act(with_study) == ("payment noted", "command line")
    assert "not on the panel" in refused(with_study("panel", "paid", SLUG, "nobody@example.org"))
