"""A second person's word: asked for, given, declined, taken back; and nothing moves without it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.canonical import canonical_json, sha256
from delphi.errors import ConflictError, DelphiError, ForbiddenError, InvalidError, NotFoundError
from delphi.models import AuditEntry, MailKind, OutboxMail, Protocol, Researcher, Role, Round, RoundStatus, RoundStep, Study
from delphi.services import rounds, sign_off, undoing
from delphi.services.auditing import actor_name
from delphi.services.protocol import Choices, choices_of, current_protocol
from delphi.services.researchers import add_researcher, give_role
from delphi.services.signing import confirm
from delphi.services.studies import rounds_of
from delphi.services.team import take_role
from tests import cast

OPEN, CLOSE, PUBLISH = RoundStep
EVERY = (OPEN, CLOSE, PUBLISH)


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    return study


@pytest.fixture
def sol(session: Session, study: Study) -> Researcher:
    """Sol, who also runs rounds; from here on nobody opens, closes or publishes alone."""
    sol = add_researcher(session, "sol@example.org", cast.PASSWORD, now=cast.NOW)
    give_role(session, sol, study, Role.FACILITATOR, actor="researcher 1", now=cast.NOW)
    cast.choose(session, study, sign_off=EVERY)
    return sol


def ask(session: Session, study: Study, step: RoundStep, by: Researcher | None = None, **more: object) -> int:
    asking = by or cast.ruth(session)
    request = sign_off.ask(session, study, step, by=asking, actor=actor_name(asking), now=cast.NOW, **more)  # type: ignore[arg-type]
    return request.id


def give_word(session: Session, study: Study, request: int, by: Researcher) -> Round:
    return confirm(session, cast.keyring(), study, request, by=by, actor=actor_name(by), now=cast.NOW)


def move(session: Session, study: Study, step: RoundStep, by: Researcher) -> Round:
    return give_word(session, study, ask(session, study, step), by)


def acts(session: Session, study: Study) -> list[tuple[str, str]]:
    entries = select(AuditEntry).where(AuditEntry.study_id == study.id).order_by(AuditEntry.number)
    return [(entry.actor, entry.action) for entry in session.scalars(entries)]


def test_a_round_is_opened_closed_and_published_by_two(session: Session, study: Study, sol: Researcher) -> None:
    opened = move(session, study, OPEN, sol)
    assert opened.status == RoundStatus.OPEN
    assert acts(session, study)[-3:] == [
        ("researcher 1", "second person asked"),
        (actor_name(sol), "second person confirmed"),
        ("researcher 1", "round opened"),
    ]

    assert move(session, study, CLOSE, sol).status == RoundStatus.CLOSED
    assert move(session, study, PUBLISH, sol).status == RoundStatus.PUBLISHED


def test_asking_changes_nothing_but_tells_the_others(session: Session, study: Study, sol: Researcher) -> None:
    ask(session, study, OPEN)

    assert rounds_of(session, study) == []
    assert not current_protocol(session, study).is_sealed
    (mail,) = session.scalars(select(OutboxMail))
    assert (mail.kind, mail.researcher_id) == (MailKind.STEP_TO_CONFIRM, sol.id)


@pytest.mark.parametrize("step", EVERY)
def test_nobody_takes_a_step_alone(session: Session, study: Study, sol: Researcher, step: RoundStep) -> None:
    if step is not OPEN:
        opened = move(session, study, OPEN, sol)
    if step is PUBLISH:
        move(session, study, CLOSE, sol)
    take = {
        OPEN: lambda: cast.open_round(session, study),
        CLOSE: lambda: rounds.close_round(session, study, opened, actor="command line", now=cast.NOW),
        PUBLISH: lambda: rounds.publish_round(session, study, opened, actor="command line", now=cast.NOW),
    }[step]

    with pytest.raises(ConflictError, match="The protocol lets nobody"):
        take()


@pytest.mark.parametrize("step", EVERY)
def test_what_the_protocol_lets_one_person_do_needs_no_second(
    session: Session, study: Study, sol: Researcher, step: RoundStep
) -> None:
    cast.choose(session, study, sign_off=tuple(other for other in EVERY if other is not step))

    with pytest.raises(ConflictError, match="asks no second person"):
        ask(session, study, step)
    assert not sign_off.needs_second(session, study, step)


def test_who_has_asked_cannot_give_the_second_word(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN)

    with pytest.raises(ForbiddenError, match="somebody else"):
        give_word(session, study, request, cast.ruth(session))
    with pytest.raises(ForbiddenError, match="somebody else"):
        sign_off.decline(session, study, request, "No.", by=cast.ruth(session), actor="researcher 1", now=cast.NOW)
    assert rounds_of(session, study) == []


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OBSERVER, Role.CUSTODIAN, None])
def test_only_who_runs_rounds_asks_and_confirms(session: Session, study: Study, sol: Researcher, role: Role | None) -> None:
    una = add_researcher(session, "una@example.org", cast.PASSWORD, now=cast.NOW)
    if role:
        give_role(session, una, study, role, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ForbiddenError, match="takes the role"):
        ask(session, study, OPEN, una)
    request = ask(session, study, OPEN)
    for act in (
        lambda: give_word(session, study, request, una),
        lambda: sign_off.decline(session, study, request, "No.", by=una, actor="researcher 3", now=cast.NOW),
        lambda: sign_off.take_back(session, study, request, by=una, actor="researcher 3", now=cast.NOW),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_a_word_given_once_is_good_for_one_step(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN)
    give_word(session, study, request, sol)

    with pytest.raises(ConflictError, match="settled already"):
        give_word(session, study, request, sol)


def test_a_declined_step_does_not_happen_and_says_why(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN)
    with pytest.raises(InvalidError, match="Say why"):
        sign_off.decline(session, study, request, " ", by=sol, actor=actor_name(sol), now=cast.NOW)

    sign_off.decline(session, study, request, "The panel is not complete.", by=sol, actor=actor_name(sol), now=cast.NOW)

    assert acts(session, study)[-1] == (actor_name(sol), "second person declined")
    with pytest.raises(ConflictError, match="settled already"):
        give_word(session, study, request, sol)
    with pytest.raises(ConflictError, match="The protocol lets nobody"):
        cast.open_round(session, study)


def test_who_has_asked_takes_it_back(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN)
    with pytest.raises(ConflictError, match="waits for a second person"):
        ask(session, study, OPEN, sol)
    with pytest.raises(ForbiddenError, match="Only who has asked"):
        sign_off.take_back(session, study, request, by=sol, actor=actor_name(sol), now=cast.NOW)

    sign_off.take_back(session, study, request, by=cast.ruth(session), actor="researcher 1", now=cast.NOW)

    assert sign_off.waiting_in(session, study) is None
    assert ask(session, study, OPEN, sol)


def test_the_word_for_a_step_of_somebody_who_has_lost_the_role_counts_for_nothing(
    session: Session, study: Study, sol: Researcher
) -> None:
    request = ask(session, study, OPEN, sol)
    give_role(session, sol, study, Role.OBSERVER, actor="researcher 1", now=cast.NOW)
    take_role(session, sol, study, Role.FACILITATOR, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="runs no rounds any more"):
        give_word(session, study, request, cast.ruth(session))


def test_what_stands_against_the_step_stands_against_the_word(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN, deadline=cast.NOW + timedelta(days=1))

    with pytest.raises(InvalidError, match="deadline has passed"):
        confirm(session, cast.keyring(), study, request, by=sol, actor=actor_name(sol), now=cast.NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("stage", "step", "said"),
    [
        ("none", CLOSE, "No round has been opened yet"),
        ("none", PUBLISH, "No round has been opened yet"),
        ("open", OPEN, "not published yet"),
        ("open", PUBLISH, "still open"),
        ("closed", OPEN, "not published yet"),
        ("closed", CLOSE, "already closed"),
        ("published", CLOSE, "already closed"),
        ("published", PUBLISH, "already published"),
    ],
)
def test_no_step_is_asked_for_out_of_order(
    session: Session, study: Study, sol: Researcher, stage: str, step: RoundStep, said: str
) -> None:
    for earlier in EVERY[: ("none", "open", "closed", "published").index(stage)]:
        move(session, study, earlier, sol)

    with pytest.raises(ConflictError, match=said):
        ask(session, study, step)


def test_a_request_of_another_study_is_none_of_ours(session: Session, study: Study, sol: Researcher) -> None:
    request = ask(session, study, OPEN)
    other = cast.begin_study(session, slug="other")

    with pytest.raises(NotFoundError):
        give_word(session, other, request, cast.ruth(session))


def test_one_person_alone_cannot_be_asked_for_two(session: Session, study: Study) -> None:
    with pytest.raises(InvalidError, match="Only one person"):
        cast.choose(session, study, sign_off=(CLOSE,))


def test_an_opening_that_was_taken_back_needs_a_new_word(session: Session, study: Study, sol: Researcher) -> None:
    opened = move(session, study, OPEN, sol)
    undoing.undo_opening(session, study, opened, "Too early.", actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="The protocol lets nobody"):
        cast.open_round(session, study)
    assert move(session, study, OPEN, sol).number == 1


def test_a_protocol_from_before_keeps_its_hash_and_asks_no_second_person(session: Session, study: Study) -> None:
    stored = session.scalars(select(Protocol)).one()
    content = canonical_json({key: value for key, value in _read(stored).items() if key != "sign_off"})
    stored.content, stored.sha256 = content, sha256(content)
    session.flush()

    assert choices_of(stored).sign_off == ()
    cast.open_round(session, study)
    assert current_protocol(session, study).sha256 == sha256(content)


@pytest.mark.parametrize("steps", [("reopen",), ("open", "")])
def test_a_step_that_there_is_not_is_refused(steps: tuple[str, ...]) -> None:
    with pytest.raises(DelphiError, match="open, close, publish"):
        Choices(sign_off=steps)


def _read(stored: Protocol) -> dict[str, object]:
    import json

    content: dict[str, object] = json.loads(stored.content)
    return content
