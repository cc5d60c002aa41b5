"""Every step that moves a round, forbidden for every reason, tried in every way: one refusal, and nothing changed."""

import html
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from delphi.cli import main
from delphi.models import Role, RoundStep, Study
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
