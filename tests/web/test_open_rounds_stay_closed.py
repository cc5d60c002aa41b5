"""While a round is open, two studies that differ only in what was answered look the same to everybody in the office.

Each is a copy of one database, taken when the round had opened, so that whatever is drawn by lot is the same in both. Compared
are every page of every role, byte by byte, the log and the mail.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.config import Settings
from delphi.database import Database
from delphi.models import Audience, Conversation, Proposal, ProposalVersion, Role, Round, Study
from delphi.services import ratings, rounds
from delphi.services.consent import current_consent
from delphi.services.messages import write_to_team
from delphi.services.panel import agree
from delphi.services.ratings import Answer, finish
from delphi.services.remarks import Remark
from delphi.web import create_app
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.office_table import CONVERSATION, TABLE

ROLES: tuple[tuple[Role, ...], ...] = (*((role,) for role in Role), tuple(Role), ())
# Drawn anew for every form: the token, and the key by which a mail to the panel is sent once.
DRAWN = re.compile(r'name="csrf_token"[^>]*value="[^"]+"|name="key" type="hidden" value="[^"]+"')
# The one exception that the protocol makes and consent tells: the safeguarding reader sees texts of open rounds, without names.
READERS_OWN = {"office.safeguarding"}
# Made of the page beside it by a process of its own, each time: looked at by who holds every role.
PRINTED = {"office.ethics_pack_pdf"}
LOGS = ("audit_entries", "audit_texts", "audit_heads", "outbox")
PEOPLE = [f"{group.lower()}-{n}@example.org" for group, size in stages.SIZES.items() for n in range(1, size + 1)]

Say = Callable[[Database], None]


def everybody_says(level: str, words: Mapping[str, str]) -> Say:
    """Return a way in which all but the last answer: one level each, comments and proposals in these words."""

    def say(database: Database) -> None:
        with database.transaction() as session:
            round_ = session.scalars(select(Round)).one()
            for address in PEOPLE[:-1]:
                member = cast.member(session, round_, address)
                answers = {slot: Answer(level if slot else "unable") for slot in range(len(cast.ITEMS))}
                remarks = {"pace": Remark(words["comment"], audience=Audience.VERBATIM)} if "comment" in words else {}
                other = {"pace": Remark(words["wording"])} if "wording" in words else {}
                ratings.save(session, member, answers, remarks, other, now=cast.NOW)
                finish(session, member, now=cast.NOW)
            if "item" in words:
                writer = cast.member(session, round_, PEOPLE[0]).panelist_id
                proposal = Proposal(id=stages.PROPOSAL, round_id=round_.id, panelist_id=writer, section_key="going-along")
                proposal.versions = [ProposalVersion(number=1, text=words["item"])]
                session.add(proposal)

    return say


def study_opened(folder: Path, migrated_file: Path, *, reader: bool) -> None:
    """Put a study whose round 1 has just opened into the folder, with somebody for each role, and a message from the panel."""
    shutil.copy(migrated_file, folder / "delphi.sqlite3")
    database = Database(f"sqlite:///{folder / 'delphi.sqlite3'}")
    with database.transaction() as session:
        study = stages.with_reader(session) if reader else stages.with_panel(session)
        for roles in ROLES:
            stages.researcher_with(session, _address(roles), study, *roles)
        round_ = cast.open_round(session, study)
        panelist = cast.member(session, round_, PEOPLE[0]).panelist
        session.add(Conversation(id=CONVERSATION, study_id=study.id, panelist_id=panelist.id))
        write_to_team(session, cast.keyring(), panelist, "May I ask something?", now=cast.NOW)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


def _address(roles: tuple[Role, ...]) -> str:
    return f"{'-'.join(roles) or 'stranger'}@example.org"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """Where a study with a safeguarding reader has just been opened."""
    folder = tmp_path_factory.mktemp("opened")
    study_opened(folder, migrated_file, reader=True)
    return folder


@pytest.fixture(scope="module")
def unread(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """The same without one: a reader is told by mail that there is something to read, which is what they are there for."""
    folder = tmp_path_factory.mktemp("unread")
    study_opened(folder, migrated_file, reader=False)
    return folder


def seen(
    start: Path, folder: Path, say: Say, people: tuple[tuple[Role, ...], ...] = ROLES
) -> tuple[dict[tuple[str, str], object], dict[str, object]]:
    """Return every page of every role once the panel has said so, and the log and the mail."""
    folder.mkdir()
    shutil.copy(start / "delphi.sqlite3", folder / "delphi.sqlite3")
    settings = Settings(data=folder, secret_key=cast.SECRET)
    database = Database(settings.database)
    say(database)
    app = create_app(settings, clock=lambda: cast.NOW)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
    pages = {}
    for roles in people:
        browser = Visitor(app.test_client())
        browser.get("/office/sign-in")
        assert browser.post("/office/sign-in", {"email": _address(roles), "password": cast.PASSWORD}).status_code == 303
        for endpoint, address in addresses(app).items():
            if endpoint in PRINTED and roles != tuple(Role):
                continue
            answer = browser.get(address)
            body = DRAWN.sub("", answer.text) if answer.mimetype.startswith("text/") else answer.data
            pages[_address(roles), endpoint] = (answer.status_code, body, answer.headers.get("Location"))
    with database.engine.connect() as connection:
        logs: dict[str, object] = {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")] for table in LOGS
        }
    logs["mail"] = sorted(path.name for path in (folder / "mail").rglob("*")) if (folder / "mail").is_dir() else []
    database.dispose()
    return pages, logs


def addresses(app: Flask) -> dict[str, str]:
    """Return every address of the office that can be opened, as its table of roles fills them in."""
    with app.test_request_context():
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint in TABLE and "GET" in (rule.methods or ())]
        return {rule.endpoint: app.url_for(rule.endpoint, **TABLE[rule.endpoint].values) for rule in rules}


LOW = everybody_says("2", {"comment": "Never.", "wording": "Not at all.", "item": "Nobody comes."})
HIGH = everybody_says(
    "9", {"comment": "Always, and <b>gladly</b>.", "wording": "Every time.", "item": "All of us come, each week."}
)
SILENT = everybody_says("9", {})
# Who keeps the contacts sees who has completed the round, for calls and vouchers; consent tells so.
CUSTODIANS_OWN = {"office.completed"}


def nobody_comes(database: Database) -> None:
    """Nothing happens."""


def somebody_comes(database: Database) -> None:
    """One person agrees to take part, as everybody does first, and rates everything."""
    with database.transaction() as session:
        round_ = session.scalars(select(Round)).one()
        first = cast.member(session, round_, PEOPLE[0])
        agree(session, first.panelist, current_consent(session, session.scalars(select(Study)).one()), now=cast.NOW)
        ratings.save(session, first, {slot: Answer("9") for slot in range(len(cast.ITEMS))}, {}, now=cast.NOW)
        finish(session, first, now=cast.NOW)


def test_what_was_answered_shows_nowhere_in_the_office(opened: Path, tmp_path: Path) -> None:
    (pages, logs), (others, other_logs) = (seen(opened, tmp_path / name, say) for name, say in (("low", LOW), ("high", HIGH)))

    assert len(pages) > 200
    differing = {place for place in pages if pages[place] != others[place] and place[1] not in READERS_OWN}
    assert differing == set()
    assert logs == other_logs


def test_nor_does_it_show_whether_anything_was_written(unread: Path, tmp_path: Path) -> None:
    (pages, logs), (others, other_logs) = (
        seen(unread, tmp_path / name, say) for name, say in (("high", HIGH), ("silent", SILENT))
    )

    assert {place for place in pages if pages[place] != others[place]} == set()
    assert logs == other_logs


@pytest.mark.parametrize("some", [somebody_comes, SILENT], ids=["somebody", "nearly everybody"])
def test_nor_whether_anybody_has_come_at_all(unread: Path, tmp_path: Path, some: Say) -> None:
    (pages, logs), (others, other_logs) = (
        seen(unread, tmp_path / name, say) for name, say in (("nobody", nobody_comes), ("some", some))
    )

    differing = {place for place in pages if pages[place] != others[place]}
    assert {endpoint for _, endpoint in differing} == CUSTODIANS_OWN
    assert {address for address, _ in differing} == {_address(roles) for roles in ROLES if Role.CUSTODIAN in roles}
    assert logs == other_logs


def test_once_the_round_is_closed_the_same_walk_tells_them_apart(opened: Path, tmp_path: Path) -> None:
    (pages, _), (others, _) = (
        seen(opened, tmp_path / name, closing(say), (tuple(Role),)) for name, say in (("low", LOW), ("high", HIGH))
    )

    differing = {endpoint for address, endpoint in pages if pages[address, endpoint] != others[address, endpoint]}
    assert {"office.results", "office.results_file", "office.item", "office.comments", "office.stopping"} <= differing


def closing(say: Say) -> Say:
    """Return a way in which the panel says so and the round is closed."""

    def then(database: Database) -> None:
        say(database)
        with database.transaction() as session:
            round_ = session.scalars(select(Round)).one()
            rounds.close_round(session, session.scalars(select(Study)).one(), round_, actor="nobody", now=cast.NOW)

    return then
