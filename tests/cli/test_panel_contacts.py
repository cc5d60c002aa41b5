"""Mail that came back, a link that only its owner sees, and how many of a group are wanted, from the command line."""

import json
from pathlib import Path

from sqlalchemy import select

from delphi.database import Database
from delphi.models import MailKind, OutboxMail, Panelist
from delphi.services.panel import people
from delphi.services.progress import progress_of
from delphi.services.studies import find_round, find_study
from tests import cast
from tests.cli.conftest import Run, done, refused

SLUG = "connections"
CARER = "carers-1@example.org"


def last_act(run: Run) -> tuple[str, str]:
    log = json.loads(done(run("audit", "list", SLUG, "--json")))
    return log[-1]["action"], log[-1]["actor"]


def test_mail_that_came_back_is_noted_once_and_nothing_more_goes_there(with_open_round: Run, database: Database) -> None:
    done(with_open_round("panel", "bounce", SLUG, CARER.upper(), "--as", cast.RUTH))

    assert last_act(with_open_round) == ("bounce noted", "researcher 1")
    with database.reading() as session:
        listed = people(session, cast.keyring(), find_study(session, SLUG))
    assert [one.address for one in listed if one.is_bouncing] == [CARER]
    assert "is noted already" in refused(with_open_round("panel", "bounce", SLUG, CARER))
    assert "Mail to this address comes back" in refused(with_open_round("panel", "new-link", SLUG, CARER, "--by-mail"))
    assert "not on the panel" in refused(with_open_round("panel", "bounce", SLUG, "una@example.org"))


def test_a_new_link_goes_by_mail_and_is_shown_to_nobody_else(with_open_round: Run, database: Database) -> None:
    said = done(with_open_round("panel", "new-link", SLUG, CARER, "--by-mail"))

    assert said == "A mail with a new link is on its way. The earlier link has stopped working.\n"
    with database.reading() as session:
        (mail,) = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.NEW_LINK))
        assert session.get_one(Panelist, mail.panelist_id).link_serial == 2


def test_links_of_those_without_an_address_end_their_earlier_ones(with_study: Run, files: Path) -> None:
    links = ("panel", "links", SLUG, "--without-email")
    (files / "una.csv").write_text("name,email,group\nUna,,Carers\n", encoding="utf-8")
    done(with_study("panel", "import", SLUG, files / "una.csv"))
    done(with_study("round", "open", SLUG))

    first, second = (done(with_study(*links)).splitlines() for _ in range(2))

    assert [line.split(",")[:2] for line in first[1:]] == [["Una", ""]]
    assert first[0] == second[0] == "name,email,link,code"
    assert first[1] != second[1]


def test_how_many_are_wanted_stands_beside_how_many_have_completed(with_open_round: Run, database: Database) -> None:
    targets = ("panel", "targets", SLUG)
    assert done(with_open_round(*targets)) == "Carers\tnone\nAcademics\tnone\n"

    said = done(with_open_round(*targets, "--want", "Carers", "5", "--as", cast.RUTH))

    assert said == "Carers\t5\nAcademics\tnone\n"
    assert last_act(with_open_round) == ("targets set", "researcher 1")
    with database.reading() as session:
        groups = progress_of(session, find_round(session, find_study(session, SLUG), 1)).groups
    assert {group.label: group.target for group in groups} == {"Carers": 5, "Academics": None}
    assert json.loads(done(with_open_round(*targets, "--want", "Carers", "none", "--json"))) == {
        "Academics": None,
        "Carers": None,
    }


def test_targets_that_cannot_be_are_refused_and_nothing_is_kept(with_study: Run) -> None:
    targets = ("panel", "targets", SLUG)

    assert "no group called Users" in refused(with_study(*targets, "--want", "Carers", "5", "--want", "Users", "5"))
    assert "whole number from 1" in refused(with_study(*targets, "--want", "Carers", "0"), 2)
    assert "each group once" in refused(with_study(*targets, "--want", "Carers", "5", "--want", "Carers", "6"), 2)
    assert done(with_study(*targets)) == "Carers\tnone\nAcademics\tnone\n"
