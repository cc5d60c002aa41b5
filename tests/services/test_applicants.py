"""Who has asked to join is admitted or not, and invited late where a round is open; both on record."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.errors import NotFoundError
from delphi.mail import message_of
from delphi.models import Applicant, MailKind, OutboxMail, Recruitment, Role, Study
from delphi.services import applicants, auditing, joining, outbox, rounds
from delphi.services.archiving import archive
from delphi.services.panel import people
from delphi.services.recruiting import Call
from delphi.services.researchers import find_researcher
from delphi.services.schedule import act_on_schedule
from tests import cast
from tests.services.joining import (
    DI,
    OPEN,
    QUESTIONS,
    WHO,
    actions,
    ask,
    call_for_people,
    confirm,
    letters,
    n_rows,
    token_of,
    waiting,
)
from tests.services.test_panel import n_people
from tests.web import stages


def told(session: Session) -> list[tuple[int, timedelta]]:
    """Return which researchers were told that somebody waits, and how long after the beginning."""
    session.flush()
    mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.ASKED_TO_JOIN))
    return sorted((mail.researcher_id, mail.queued_at - cast.NOW) for mail in mails)


def test_a_custodian_is_told_once_a_day_as_long_as_somebody_waits(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    stages.researcher_with(session, stages.SOL, study, Role.FACILITATOR)
    stages.researcher_with(session, "kim@example.org", study, Role.CUSTODIAN)
    custodians = sorted((cast.ruth(session).id, find_researcher(session, "kim@example.org").id))
    ask(session, study)
    act_on_schedule(session, study, now=cast.NOW)
    assert told(session) == []  # the address is not confirmed

    confirm(session)
    moments = [timedelta(hours=5) - timedelta(hours=cast.NOW.hour), timedelta(), timedelta(hours=3), timedelta(days=1)]
    for moment in moments:
        act_on_schedule(session, study, now=cast.NOW + moment)

    assert told(session) == [(one, timedelta(days=day)) for one in custodians for day in (0, 1)]
    (one,) = waiting(session, study)
    applicants.turn_away(session, study, one.id, **WHO)
    act_on_schedule(session, study, now=cast.NOW + timedelta(days=2))
    assert len(told(session)) == 4


def test_nobody_is_told_who_waits_neither_by_the_mail_nor_of_an_archived_study(
    settings: Settings, session: Session, study: Study, recruitment: Recruitment
) -> None:
    letters(session)
    ask(session, study)
    confirm(session)
    act_on_schedule(session, study, now=cast.NOW)
    session.flush()
    letter = next(one for one in outbox.claim_next(session, cast.keyring(), now=cast.NOW) if one.address == cast.RUTH)

    mail = message_of(settings, letter, now=cast.NOW)

    assert mail["Subject"] == "Somebody waits for your answer"
    assert study.title in mail.get_content()
    assert [word for word in ("Di Ng", DI, "Carers") if word in mail.as_string()] == []
    archive(session, study, **WHO)
    act_on_schedule(session, study, now=cast.NOW + timedelta(days=1))
    assert len(told(session)) == 1


def test_who_is_admitted_before_round_1_is_invited_with_it(session: Session, study: Study, recruitment: Recruitment) -> None:
    ask(session, study)
    confirm(session)

    (one,) = waiting(session, study)
    assert applicants.admit(session, cast.keyring(), study, one.id, **WHO) is None
    round_ = cast.open_round(session, study)

    assert letters(session)[DI] == "invitation"
    assert cast.member(session, round_, DI).group.label == "Carers"
    assert n_rows(session)["applicants"] == 0
    assert "late addition" not in actions(session, study)


def test_who_is_admitted_while_a_round_is_open_is_invited_at_once_and_that_is_on_record(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    round_ = cast.open_round(session, study)
    letters(session)
    ask(session, study)
    confirm(session)

    (one,) = waiting(session, study)
    assert applicants.admit(session, cast.keyring(), study, one.id, **WHO) is round_

    assert letters(session) == {DI: "invitation"}
    assert cast.token(session, round_, DI)
    cast.rate(session, round_, DI, {"pace": 8})
    assert actions(session, study)[-2:] == ["panel imported", "late addition"]
    rounds.close_round(session, study, round_, **WHO)


def test_after_the_last_moment_of_a_round_nobody_is_invited_to_it(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    round_ = cast.open_round(session, study)
    ask(session, study)
    confirm(session)
    (one,) = waiting(session, study)

    late = round_.last_moment() + timedelta(seconds=1)
    assert applicants.admit(session, cast.keyring(), study, one.id, actor="researcher 1", now=late) is None

    assert "late addition" not in actions(session, study)
    assert n_people(session) == 7


def test_who_comes_late_to_round_2_is_shown_what_their_group_is_shown(session: Session) -> None:
    round_ = stages.round_two(session)
    study = session.get_one(Study, round_.study_id)
    call_for_people(session, study)
    ask(session, study)
    confirm(session)
    (one,) = waiting(session, study)

    applicants.admit(session, cast.keyring(), study, one.id, **WHO)

    shown = cast.member(session, round_, "carers-1@example.org").feedback_id
    assert shown is not None
    assert cast.member(session, round_, DI).feedback_id == shown


def test_where_everybody_is_admitted_confirming_is_enough(session: Session, study: Study) -> None:
    call_for_people(session, study, Call(OPEN.words, QUESTIONS, is_open=True, admits_all=True))
    ask(session, study)
    token = token_of(session)

    confirm(session)

    assert DI in {person.address for person in people(session, cast.keyring(), study)}
    with pytest.raises(NotFoundError):
        joining.confirm(session, cast.keyring(), token, now=cast.NOW)
    assert n_people(session) == 7


def test_a_link_that_was_closed_meanwhile_admits_nobody_by_itself(session: Session, study: Study) -> None:
    call_for_people(session, study, Call(OPEN.words, QUESTIONS, is_open=True, admits_all=True))
    ask(session, study)
    call_for_people(session, study, Call(OPEN.words, QUESTIONS, is_open=False, admits_all=True))

    confirm(session)

    assert n_people(session) == 6
    assert len(waiting(session, study)) == 1


def test_of_who_is_turned_away_nothing_is_kept_but_that_it_happened(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    ask(session, study)
    confirm(session)
    (one,) = waiting(session, study)

    applicants.turn_away(session, study, one.id, **WHO)

    assert n_rows(session)["applicants"] == 0
    assert letters(session) == {}
    last = auditing.entries(session, study)[-1]
    assert (last.action, last.detail) == ("applicant turned away", "{}")
    with pytest.raises(NotFoundError):
        applicants.turn_away(session, study, one.id, **WHO)


def test_only_who_has_confirmed_and_only_of_this_study_can_be_admitted(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    other = cast.begin_study(session, slug="other", title="Other")
    ask(session, study)
    session.flush()
    number = session.scalars(select(Applicant.id)).one()

    for asked in (study, other):
        with pytest.raises(NotFoundError):
            applicants.admit(session, cast.keyring(), asked, number, **WHO)
    confirm(session)
    with pytest.raises(NotFoundError):
        applicants.admit(session, cast.keyring(), other, number, **WHO)

    assert n_people(session) == 6


def test_who_came_onto_the_panel_otherwise_meanwhile_is_not_added_twice(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    ask(session, study, address="academics-1@example.org")
    confirm(session, "academics-1@example.org")
    cast.add_panel(session, study, {"Academics": 1})
    (one,) = waiting(session, study)

    applicants.admit(session, cast.keyring(), study, one.id, **WHO)

    assert n_people(session) == 7
    assert waiting(session, study) == []
