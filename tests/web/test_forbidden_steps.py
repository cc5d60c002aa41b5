"""Every step that moves a round or a study, forbidden for every reason, tried in every way: one refusal, and nothing changed."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from delphi import jobs
from delphi.cli import main
from delphi.mail import message_of
from delphi.models import MailKind, OutboxMail, Role, Round, RoundResult, RoundStatus, RoundStep, Study
from delphi.services import reminding, round_changes, rounds, sign_off
from delphi.services.auditing import entries
from delphi.services.letters import letters_of
from delphi.services.researchers import find_researcher
from delphi.services.signing import confirm
from delphi.services.studies import rounds_of
from tests import cast
from tests.web import stages
from tests.web.forbidden import NEXT_OWNER, OBSERVER, SECOND, STEPS, TABLE, WHY
from tests.web.office_table import CHANGES
from tests.web.test_office_routes import _dump

OPEN, CLOSE, PUBLISH = RoundStep
PEOPLE = [f"{group.lower()}-{n}@example.org" for group, size in stages.SIZES.items() for n in range(1, size + 1)]
HOUR = timedelta(hours=1)
DAY_7 = cast.NOW + timedelta(days=7)  # nine in the morning of the day on which the schedule reminds first, from ten to six
# The pages whose changes are steps, by the modules that they stand in, and what else is forbidden in more ways than one.
STEPPING = {"delphi.web.office.rounds", "delphi.web.office.round_changes", "delphi.web.office.sign_off"}
BESIDES = {"office.protocol", "office.amend", "office.hand_on"}


@pytest.fixture
def prepare(database):
    """Return a way to bring the study as far as the table has it."""

    def to(stage):
        far, _, by_two = stage.partition(", ")
        with database.transaction() as session:
            study = stages.with_reader(session)
            stages.researcher_with(session, OBSERVER, study, Role.OBSERVER)
            stages.researcher_with(session, SECOND, study, Role.FACILITATOR)
            stages.researcher_with(session, NEXT_OWNER, study, *([Role.OWNER] if far == "owned by two" else []))
            session.flush()
            cast.choose(session, study, sign_off=tuple(RoundStep) if by_two else (), planned_rounds=2)
            for step in {"before": (), "owned by two": (), "closed": (OPEN, CLOSE), "published": RoundStep}.get(far, (OPEN,)):
                move(session, study, step)
            FURTHER.get(far, lambda *_: None)(session, study)

    return to


def _answered(session, study):
    cast.rate(session, rounds_of(session, study)[-1], PEOPLE[0], {"pace": 8})


def _reminded_of(session, study):
    # The command goes by the clock of the machine; to the page, whose clock is behind, it is within a day as well.
    reminding.remind(session, study, rounds_of(session, study)[-1], actor="researcher 1", now=datetime.now(UTC))


def _one_item_left(session, study):
    for key in cast.ITEMS[1:]:
        round_ = rounds_of(session, study)[-1]
        round_changes.pull_item(session, study, round_, key, WHY, actor="researcher 1", now=cast.NOW)


def _asked(session, study):
    ruth = find_researcher(session, cast.RUTH)
    assert sign_off.ask(session, study, CLOSE, by=ruth, actor="researcher 1", now=cast.NOW).id == 2


FURTHER = {"answered": _answered, "reminded of": _reminded_of, "one item left": _one_item_left, "asked": _asked}


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


@pytest.fixture
def browser_of(visitor):
    """Return a way to sign somebody in, once."""
    known = {}

    def sign_in(who):
        if who not in known:
            known[who] = visitor()
            known[who].get("/office/sign-in")
            assert known[who].post("/office/sign-in", {"email": who, "password": cast.PASSWORD}).status_code == 303
            known[who].get("/office/new-study")
        return known[who]

    return sign_in


def by_command(settings, name, who):
    return CliRunner().invoke(main, [*STEPS[name].command, "--as", who], input=cast.PASSWORD, env=settings.as_environment())


@pytest.mark.parametrize("stage", TABLE)
def test_a_forbidden_step_is_refused_in_the_same_words_and_changes_nothing(database, settings, browser_of, prepare, stage):
    prepare(stage)
    browsers = {who: browser_of(who) for who, _, _ in TABLE[stage]}
    before = _dump(database)

    for who, name, said in TABLE[stage]:
        answer = browsers[who].post(STEPS[name].page, STEPS[name].fields)
        assert said in html.unescape(re.sub(r"<[^>]+>", "", answer.text)), f"{name} in the browser"
        assert answer.status_code in (403, 409, 422), f"{name} in the browser"

        result = by_command(settings, name, who)
        assert said in result.stderr, f"{name} on the command line"
        assert (result.exit_code in (1, 2), result.stdout) == (True, ""), f"{name} on the command line"
        assert _dump(database) == before, name


def test_every_step_of_the_office_is_tried_without_the_role_and_by_who_may_not_for_another_reason(app):
    steps = {name for name in CHANGES if app.view_functions[name].__module__ in STEPPING} | BESIDES
    tried = {(name, who == OBSERVER or "takes the role" in said) for rows in TABLE.values() for who, name, said in rows}

    assert {name for name, is_for_role in tried if is_for_role} == steps
    # How many are wanted can be said at any time.
    assert {name for name, is_for_role in tried if not is_for_role} >= steps - {"office.targets", "office.amend"}


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        *(("office.open_round", "before"), ("office.protocol", "before"), ("office.targets", "before")),
        *((f"office.{name}", "open") for name in ("close_round", "undo_round", "deadline", "plan_close", "pull")),
        *(("office.send_reminder", "open"), ("office.amend", "open"), ("office.hand_on", "open")),
        *(("office.publish_round", "closed"), ("office.confirm_step", "asked, by two")),
        *(("office.decline_step", "asked, by two"), ("office.take_back_step", "asked, by two")),
    ],
)
@pytest.mark.parametrize("way", ["browser", "command line"])
def test_the_same_step_is_taken_by_who_may_take_it(database, settings, browser_of, prepare, name, stage, way):
    prepare(stage)
    who = SECOND if name in ("office.confirm_step", "office.decline_step") else cast.RUTH

    if way == "browser":
        assert browser_of(who).post(STEPS[name].page, STEPS[name].fields).status_code == 303
    else:
        assert by_command(settings, name, who).exit_code == 0

    with database.reading() as session:
        number = find_researcher(session, who).id
        asked_by = find_researcher(session, cast.RUTH).id if name == "office.confirm_step" else number
        assert entries(session, session.scalars(select(Study)).one())[-1].actor == f"researcher {asked_by}"


@pytest.fixture
def look(settings):
    """Return a way to let the worker look at the studies at a moment."""
    return lambda moment: jobs.act_on_schedules(settings, clock=lambda: moment)


@pytest.fixture
def due(database):
    """Return a way to have the round close by itself, with everybody's answers in, so that nothing else keeps it open."""

    def plan():
        with database.transaction() as session:
            round_ = session.scalars(select(Round)).one()
            for address in PEOPLE if round_.status == RoundStatus.OPEN else ():
                cast.rate(session, round_, address, dict.fromkeys(cast.ITEMS, 8))
            round_.closes_after = 3
            return round_.deadline + timedelta(days=3)

    return plan


def closed(database):
    with database.reading() as session:
        return session.scalars(select(Round.status)).one() != RoundStatus.OPEN, len(session.scalars(select(RoundResult)).all())


def test_the_schedule_closes_no_round_without_the_second_word_but_asks_its_owner_once(database, settings, look, prepare, due):
    prepare("asked, by two")
    last = due()

    look(last + HOUR)

    assert closed(database) == (False, 0)
    asked = _dump(database)
    look(last + 2 * HOUR)
    assert _dump(database) == asked
    ((_, _, said),) = TABLE["open, by two"]
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        assert entries(session, study)[-1].action == "owner asked to close"
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.CLOSE_BY_HAND)).one()
        (letter,) = letters_of(session, cast.keyring(), [mail], now=last)
        assert said in " ".join(message_of(settings, letter, now=last).get_content().split())
        bea = find_researcher(session, SECOND)
        confirm(session, cast.keyring(), study, 2, by=bea, actor="researcher 4", now=cast.NOW)
    assert closed(database) == (True, 1)


def test_the_schedule_closes_what_one_person_may_close_and_not_before_its_time(database, look, prepare, due):
    prepare("open")
    last = due()
    look(last - HOUR)  # the day's count is taken
    before = _dump(database)

    look(last)

    assert _dump(database) == before
    look(last + HOUR)
    assert closed(database) == (True, 1)


@pytest.mark.parametrize("stage", ["closed", "published"])
def test_the_schedule_leaves_what_is_closed_alone(database, look, prepare, due, stage):
    prepare(stage)
    last = due()
    before = _dump(database)

    for moment in (DAY_7 + HOUR, DAY_7 + 2 * HOUR, last + HOUR):
        look(moment)

    assert _dump(database) == before


def reminded_by_hand(session, study, round_):
    reminding.remind(session, study, round_, actor="researcher 1", now=DAY_7 - HOUR)


def past_the_deadline(session, study, round_):
    round_.deadline = DAY_7 - HOUR


def nothing(session, study, round_):
    """Leave the round as it is."""


@pytest.mark.parametrize(("forbid", "hour"), [(reminded_by_hand, 11), (past_the_deadline, 11), (nothing, 9.5), (nothing, 18)])
def test_the_schedule_reminds_only_where_a_person_could_and_in_the_daytime(database, look, prepare, forbid, hour):
    prepare("open")
    with database.transaction() as session:
        round_ = session.scalars(select(Round)).one()
        forbid(session, session.get_one(Study, round_.study_id), round_)
    look(DAY_7)  # the day's count is taken
    before = _dump(database)

    look(DAY_7 + (hour - 9) * HOUR)

    assert _dump(database) == before


def test_the_schedule_reminds_when_it_is_time(database, look, prepare):
    prepare("open")

    look(DAY_7 + 2 * HOUR)

    with database.reading() as session:
        reminders = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)).all()
        assert len(reminders) == len(PEOPLE)
