"""While a round is open, two studies that differ only in what was answered look the same to everybody in the office.

Each is a copy of one database, taken when the round had opened, so that whatever is drawn by lot is the same in both. Each has a
site and a worker of its own, and a clock that both go by: reminders and the day's count come out meanwhile. Compared are every
page of every role, byte by byte, the log, the mail that went out and what is kept of it.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi import jobs
from delphi.config import Settings
from delphi.database import Database
from delphi.models import Audience, Conversation, Proposal, ProposalVersion, Role, Round, Study
from delphi.services import ratings, round_changes
from delphi.services.consent import current_consent
from delphi.services.messages import write_to_team
from delphi.services.panel import agree
from delphi.services.progress import progress_of
from delphi.services.ratings import Answer, finish
from delphi.services.remarks import Remark
from delphi.web import create_app
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.office_table import CONVERSATION, TABLE

Roles = tuple[Role, ...]
Say = Callable[[Database], None]

ROLES: tuple[Roles, ...] = (*((role,) for role in Role), tuple(Role), ())
# Who works in the office, by address: with one role each, with all of them, and with none.
OFFICE = {f"{'-'.join(roles) or 'stranger'}@example.org": roles for roles in ROLES}
*_, ALL, STRANGER = OFFICE
# Drawn anew for every form: the token, and the key by which a mail to the panel is sent once.
DRAWN = re.compile(r'name="csrf_token"[^>]*value="[^"]+"|name="key" type="hidden" value="[^"]+"')
# Made of the page beside it by a process of its own, each time: looked at once, by who holds every role.
PRINTED = {"office.ethics_pack_pdf", "office.meeting_pdf"}
# Who keeps the contacts sees who has completed the round, for calls and vouchers; consent tells so.
CUSTODIANS_OWN = {(who, "office.completed") for who, roles in OFFICE.items() if Role.CUSTODIAN in roles}
# The one exception that the protocol makes and consent tells: the safeguarding reader sees texts of open rounds, without names.
READERS_OWN = {(cast.RUTH, "office.safeguarding")}
LOGS = ("audit_entries", "audit_texts", "audit_heads", "outbox", "mail_events")
PEOPLE = [f"{group.lower()}-{n}@example.org" for group, size in stages.SIZES.items() for n in range(1, size + 1)]
NEXT_DAY, A_WEEK_ON = cast.NOW + timedelta(days=1, hours=2), cast.NOW + timedelta(days=7, hours=2)
CLOSES_AFTER = 3  # days


class Copy:
    """One of the studies that are compared."""

    def __init__(self, start: Path, folder: Path, say: Say) -> None:
        folder.mkdir()
        shutil.copy(start / "delphi.sqlite3", folder / "delphi.sqlite3")
        self.now = cast.NOW
        self.settings = Settings(data=folder, secret_key=cast.SECRET)
        self.database = Database(self.settings.database)
        say(self.database)
        self.app = create_app(self.settings, clock=lambda: self.now)
        self.app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)

    def let_time_go_on(self, *moments: datetime) -> None:
        """Let the worker look at the study at each of these moments and send what it finds."""
        with pytest.MonkeyPatch.context() as chance:
            chance.setattr("secrets.randbits", Random(self.now.day).getrandbits)  # the numbers of mails, the same in each copy
            for self.now in moments:
                jobs.act_on_schedules(self.settings, clock=lambda: self.now)
                jobs.tell_readers_of_texts(self.settings, clock=lambda: self.now)
                jobs.deliver_mail(self.settings, clock=lambda: self.now)

    def logs(self) -> dict[str, object]:
        """Return the log, the outbox, what became of each mail, and every mail that went out."""
        with self.database.engine.connect() as connection:
            rows = {name: connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in LOGS}
        return {**rows, "mail": {path.name: path.read_bytes() for path in (self.settings.data / "mail").glob("*")}}


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Callable[..., list[Copy]]]:
    """Return a way to copy a study once for each way in which its panel answers."""
    made: list[Copy] = []

    def make(start: Path, *ways: Say) -> list[Copy]:
        made.extend(Copy(start, tmp_path / str(len(made) + n), say) for n, say in enumerate(ways))
        return made[-len(ways) :]

    yield make
    for one in made:
        one.database.dispose()


def everybody_says(level: str, words: Mapping[str, str]) -> Say:
    """Return a way in which all but the last answer: one level each, comments and proposals in these words."""

    def say(database: Database) -> None:
        with database.transaction() as session:
            round_ = _newest(session)
            for address in PEOPLE[:-1]:
                member = cast.member(session, round_, address)
                answers = {slot: Answer(level if slot else "unable") for slot in range(len(round_.items))}
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


LOW = everybody_says("2", {"comment": "Never.", "wording": "Not at all.", "item": "Nobody comes."})
HIGH = everybody_says(
    "9", {"comment": "Always, and <b>gladly</b>.", "wording": "Every time.", "item": "All of us come, each week."}
)
WORDLESS = everybody_says("9", {})


def nobody_comes(database: Database) -> None:
    """Nothing happens."""


def somebody_comes(database: Database) -> None:
    """One person agrees to take part, as everybody does first, and rates everything."""
    with database.transaction() as session:
        first = cast.member(session, _newest(session), PEOPLE[0])
        agree(session, first.panelist, current_consent(session, session.scalars(select(Study)).one()), now=cast.NOW)
        ratings.save(session, first, {slot: Answer("9") for slot in range(len(cast.ITEMS))}, {}, now=cast.NOW)
        finish(session, first, now=cast.NOW)


def _newest(session: Session) -> Round:
    return session.scalars(select(Round).order_by(Round.number.desc()).limit(1)).one()


def _begun(folder: Path, migrated_file: Path, open_round: Callable[[Session], Round]) -> Path:
    """Put a study whose round has just opened into the folder, with somebody for each role, and a message from the panel."""
    shutil.copy(migrated_file, folder / "delphi.sqlite3")
    database = Database(f"sqlite:///{folder / 'delphi.sqlite3'}")
    with database.transaction() as session:
        round_ = open_round(session)
        study = session.get_one(Study, round_.study_id)
        for address, roles in OFFICE.items():
            stages.researcher_with(session, address, study, *roles)
        round_changes.plan_close(session, study, round_, CLOSES_AFTER, actor="researcher 1", now=cast.NOW)
        panelist = cast.member(session, round_, PEOPLE[0]).panelist
        session.add(Conversation(id=CONVERSATION, study_id=study.id, panelist_id=panelist.id))
        write_to_team(session, cast.keyring(), panelist, "May I ask something?", now=cast.NOW)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """Where round 1 of a study with a safeguarding reader has just been opened."""
    return _begun(
        tmp_path_factory.mktemp("read"), migrated_file, lambda session: cast.open_round(session, stages.with_reader(session))
    )


@pytest.fixture(scope="module")
def unread(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """The same without one: a reader is told by mail that there is something to read, which is what they are there for."""
    return _begun(
        tmp_path_factory.mktemp("unread"), migrated_file, lambda session: cast.open_round(session, stages.with_panel(session))
    )


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """Where round 2 has just been opened, with the results of round 1 there to look at."""
    return _begun(tmp_path_factory.mktemp("second"), migrated_file, stages.round_two)


def differing(copies: list[Copy], people: Iterable[str] = OFFICE, *, without: set[str] = PRINTED) -> set[tuple[str, str]]:
    """Return who is shown something else in one study than in another, and where."""
    found = set()
    for who in people:
        browsers = _signed_in(copies, who)
        n_shown = 0
        for (endpoint, _), address in addresses(copies[0], who).items():
            if endpoint not in without:
                seen = {_seen(browser, address) for browser in browsers}
                n_shown += (200, True) in {(status, bool(body)) for status, body, _ in seen}
                if len(seen) > 1:
                    found.add((who, endpoint))
        assert n_shown > {ALL: 40, STRANGER: 5}.get(who, 20)
    return found


def _signed_in(copies: list[Copy], who: str) -> list[Visitor]:
    """Sign somebody in to the first, and let them in to the others: whoever knows their secret takes its word."""
    first, *others = (Visitor(one.app.test_client()) for one in copies)
    first.get("/office/sign-in")
    assert first.post("/office/sign-in", {"email": who, "password": cast.PASSWORD}).status_code == 303
    name = str(copies[0].app.config["SESSION_COOKIE_NAME"])
    cookie = first.client.get_cookie(name)
    assert cookie is not None
    for other in others:
        other.client.set_cookie(name, cookie.value)
    return [first, *others]


def _seen(browser: Visitor, address: str) -> tuple[int, str | bytes, str | None]:
    answer = browser.get(address)
    assert answer.status_code < 500, address  # two pages that fail look the same
    body = DRAWN.sub("", answer.text) if answer.mimetype.startswith("text/") else answer.data
    return answer.status_code, body, answer.headers.get("Location")


def addresses(copy: Copy, who: str) -> dict[tuple[str, int], str]:
    """Return every address of the office that can be opened, as its table of roles fills them in, for the newest round.

    Who holds every role looks at the rounds before it as well.
    """
    with copy.database.reading() as session:
        newest = _newest(session).number
    numbers = range(1, newest + 1) if who == ALL else (newest,)
    with copy.app.test_request_context():
        return {
            (rule.endpoint, number): copy.app.url_for(rule.endpoint, **{**values, "number": number})
            if values.get("number") == 1
            else copy.app.url_for(rule.endpoint, **values)
            for rule in copy.app.url_map.iter_rules()
            if rule.endpoint in TABLE and "GET" in (rule.methods or ())
            for values in [TABLE[rule.endpoint].values]
            for number in (numbers if values.get("number") == 1 else (newest,))
        }


def _completed(copy: Copy) -> int | None:
    with copy.database.reading() as session:
        return progress_of(session, _newest(session)).completed


def _deadline(copy: Copy) -> datetime:
    with copy.database.reading() as session:
        return _newest(session).deadline


def _kinds(copy: Copy) -> set[str]:
    return {path.name.split("-")[2] for path in (copy.settings.data / "mail").glob("*")}


def test_what_was_answered_shows_nowhere_until_the_round_closes(read: Path, copies: Callable[..., list[Copy]]) -> None:
    low, high = copies(read, LOW, HIGH)
    assert differing([low, high], [ALL], without=set()) == set()
    assert low.logs() == high.logs()

    for one in (low, high):
        one.let_time_go_on(NEXT_DAY, A_WEEK_ON)

    assert differing([low, high], [*OFFICE, cast.RUTH]) == READERS_OWN
    assert low.logs() == high.logs()
    assert _completed(low) == len(PEOPLE) - 1
    assert _kinds(low) == {"invitation", "reminder", "texts_to_read"}

    for one in (low, high):
        one.let_time_go_on(_deadline(one) + timedelta(days=CLOSES_AFTER, hours=12))

    told_apart = {endpoint for _, endpoint in differing([low, high], [ALL])}
    assert {"office.results", "office.results_file", "office.item", "office.comments", "office.stopping"} <= told_apart


def test_nor_does_it_show_in_a_later_round(second: Path, copies: Callable[..., list[Copy]]) -> None:
    low, high = copies(second, LOW, HIGH)
    assert differing([low, high], [ALL]) == set()

    for one in (low, high):
        one.let_time_go_on(NEXT_DAY, A_WEEK_ON)

    assert differing([low, high]) == set()
    assert low.logs() == high.logs()
    assert _completed(low) == len(PEOPLE) - 1
    assert _kinds(low) == {"invitation", "reminder"}


def test_nor_whether_anything_was_written(unread: Path, copies: Callable[..., list[Copy]]) -> None:
    high, wordless = copies(unread, HIGH, WORDLESS)

    for one in (high, wordless):
        one.let_time_go_on(NEXT_DAY, A_WEEK_ON)

    assert differing([high, wordless], [ALL, "custodian@example.org", "analyst@example.org"]) == set()
    assert high.logs() == wordless.logs()


def test_nor_before_the_first_count_whether_anybody_has_come_at_all(unread: Path, copies: Callable[..., list[Copy]]) -> None:
    nobody, somebody, nearly_everybody = copies(unread, nobody_comes, somebody_comes, HIGH)

    assert differing([nobody, nearly_everybody]) == CUSTODIANS_OWN
    assert differing([nobody, somebody], [who for who, _ in CUSTODIANS_OWN]) == CUSTODIANS_OWN
    assert nobody.logs() == somebody.logs() == nearly_everybody.logs()
