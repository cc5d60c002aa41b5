"""Every step that moves a round, forbidden for every reason, tried in every way: one refusal, and nothing changed."""

import html
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from delphi import jobs
from delphi.cli import main
from delphi.models import MailKind, OutboxMail, Role, Round, RoundResult, RoundStatus, RoundStep, Study
from delphi.services import rounds, sign_off
from delphi.services.auditing import entries
from delphi.services.researchers import find_researcher
from delphi.services.signing import confirm
from delphi.services.studies import rounds_of
from tests import cast
from tests.web import stages
from tests.web.test_office_routes import _dump

OBSERVER = "oscar@example.org"
SECOND = "bea@example.org"
OPEN, CLOSE, PUBLISH = RoundStep
NO_ROLE = "This takes the role of facilitator or owner in this study. Ask the owner of the study."
# step, why it is forbidden, how far the study is, and what is said of it
TABLE = [
    (OPEN, "no role", "before", NO_ROLE),
    (CLOSE, "no role", "open", NO_ROLE),
    (PUBLISH, "no role", "closed", NO_ROLE),
    (OPEN, "no second word", "before", "The protocol lets nobody open round 1 alone."),
    (CLOSE, "no second word", "open", "The protocol lets nobody close round 1 alone."),
    (PUBLISH, "no second word", "closed", "The protocol lets nobody publish round 1 alone."),
    (OPEN, "out of order", "open", "Round 1 is not published yet."),
    (OPEN, "out of order", "closed", "Round 1 is not published yet."),
    (CLOSE, "out of order", "closed", "Round 1 is already closed."),
    (CLOSE, "out of order", "published", "Round 1 is already closed."),
    (PUBLISH, "out of order", "open", "Round 1 is still open."),
    (PUBLISH, "out of order", "published", "The results of round 1 are already published."),
]
PAGES = {
    OPEN: f"{stages.HOME}/rounds/next",
    CLOSE: f"{stages.HOME}/rounds/1/close",
    PUBLISH: f"{stages.HOME}/rounds/1/publish",
}


@pytest.fixture
def prepare(database):
    """Return a way to bring the study as far as a row of the table has it, by two people where the row is about that."""

    def to(stage, reason):
        with database.transaction() as session:
            study = stages.with_reader(session)
            stages.researcher_with(session, OBSERVER, study, Role.OBSERVER)
            stages.researcher_with(session, SECOND, study, Role.FACILITATOR)
            session.flush()
            cast.choose(session, study, sign_off=tuple(RoundStep) if reason == "no second word" else ())
            for step in (OPEN, CLOSE, PUBLISH)[: ("before", "open", "closed", "published").index(stage)]:
                move(session, study, step)

    return to


def move(session, study, step):
    if sign_off.needs_second(session, study, step):
        ruth, bea = (find_researcher(session, address) for address in (cast.RUTH, SECOND))
        request = sign_off.ask(session, study, step, by=ruth, actor="researcher 1", now=cast.NOW)
        confirm(session, cast.keyring(), study, request.id, by=bea, actor="researcher 4", now=cast.NOW)
    elif step is OPEN:
        cast.open_round(session, study)
    else:
        take = rounds.close_round if step is CLOSE else rounds.publish_round
        take(session, study, rounds_of(session, study)[-1], actor="researcher 1", now=cast.NOW)


def by_command(settings, step, who):
    words = ["round", str(step), stages.SLUG, "--as", who]
    words += {OPEN: ["--without-decisions"], CLOSE: [], PUBLISH: ["--without-unjudged"]}[step]
    return CliRunner().invoke(main, words, env=settings.as_environment())


@pytest.mark.parametrize(("step", "reason", "stage", "said"), TABLE, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("way", ["browser", "command line"])
def test_a_forbidden_step_is_refused_in_the_same_words_and_changes_nothing(
    database, settings, visitor, prepare, step, reason, stage, said, way
):
    prepare(stage, reason)
    who = OBSERVER if reason == "no role" else cast.RUTH
    if way == "browser":
        browser = visitor()
        browser.get("/office/sign-in")
        browser.post("/office/sign-in", {"email": who, "password": cast.PASSWORD})
        browser.get("/office/new-study")
        before = _dump(database)
        answer = browser.post(PAGES[step], {"deadline": stages.later(20), "without_unjudged": "y"})
        told, is_refused = html.unescape(re.sub(r"<[^>]+>", "", answer.text)), answer.status_code in (403, 409)
    else:
        before = _dump(database)
        result = by_command(settings, step, who)
        told, is_refused = result.stderr, result.exit_code == 1 and result.stdout == ""

    assert is_refused
    assert said in told
    assert _dump(database) == before


@pytest.mark.parametrize(("step", "stage"), [(OPEN, "before"), (CLOSE, "open"), (PUBLISH, "closed")])
def test_the_same_step_is_taken_by_who_may_take_it(database, settings, prepare, step, stage):
    prepare(stage, "nothing stands against it")

    assert by_command(settings, step, SECOND).exit_code == 0

    with database.reading() as session:
        study = session.scalars(select(Study)).one()
        (entry,) = [entry for entry in entries(session, study) if entry.action.startswith("round ")][-1:]
        assert entry.actor.startswith("researcher ")


def due(database):
    """Let the round's time have come, with everybody's answers in, so that nothing else keeps it open."""
    with database.transaction() as session:
        (round_,) = session.scalars(select(Round)).all()
        if round_.status == RoundStatus.OPEN:
            for group, size in stages.SIZES.items():
                for n in range(1, size + 1):
                    cast.rate(session, round_, f"{group.lower()}-{n}@example.org", dict.fromkeys(cast.ITEMS, 8))
        round_.closes_after = 0


def closed(database):
    with database.reading() as session:
        return session.scalars(select(Round.status)).one() != RoundStatus.OPEN, len(session.scalars(select(RoundResult)).all())


def test_the_schedule_closes_no_round_without_the_second_word_but_asks_its_owner(database, settings, prepare):
    prepare("open", "no second word")
    due(database)

    jobs.act_on_schedules(settings)

    assert closed(database) == (False, 0)
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        assert entries(session, study)[-1].action == "owner asked to close"
        assert session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.CLOSE_BY_HAND)).one()
        move(session, study, CLOSE)
    assert closed(database) == (True, 1)


def test_the_schedule_closes_what_one_person_may_close(database, settings, prepare):
    prepare("open", "nothing stands against it")
    due(database)

    jobs.act_on_schedules(settings)

    assert closed(database) == (True, 1)


@pytest.mark.parametrize("stage", ["closed", "published"])
def test_the_schedule_leaves_what_is_closed_alone(database, settings, prepare, stage):
    prepare(stage, "out of order")
    due(database)
    before = _dump(database)

    jobs.act_on_schedules(settings)

    assert _dump(database) == before
