"""Taking an opening back: everything as before, and only while nobody has relied on it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import (
    Audience,
    AuditEntry,
    OutboxMail,
    Panelist,
    Protocol,
    Round,
    RoundItem,
    RoundMember,
    Standing,
    Study,
    TakenBackLink,
)
from delphi.services import links, outbox, ratings, rounds, taking_part, undoing
from delphi.services.consent import current_consent
from delphi.services.drafts import latest_draft, working_draft
from delphi.services.panel import agree
from delphi.services.protocol import current_protocol
from delphi.services.ratings import Answer, finish, save
from delphi.services.remarks import Remark
from delphi.services.studies import rounds_of
from tests import cast

ADA, BO = "carers-1@example.org", "carers-2@example.org"


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    return study


@pytest.fixture
def opened(session: Session, study: Study) -> Round:
    return cast.open_round(session, study)


def undo(session: Session, study: Study, opened: Round, reason: str = "The wrong draft.") -> None:
    undoing.undo_opening(session, study, opened, reason, actor="researcher 1", now=cast.NOW)


def count(session: Session, *tables: type) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_everything_is_as_it_was_before(session: Session, study: Study, opened: Round) -> None:
    undo(session, study, opened)

    assert rounds_of(session, study) == []
    assert count(session, Round, RoundItem, RoundMember) == [0, 0, 0]
    assert outbox.claim_next(session, cast.keyring(), now=cast.NOW) == []
    assert not current_protocol(session, study).is_sealed
    assert not latest_draft(session, study).is_frozen
    cast.choose(session, study, weeks=2)
    assert working_draft(session, study, now=cast.NOW).number == 1


def test_it_stands_in_the_log_with_its_reason(session: Session, study: Study, opened: Round) -> None:
    undo(session, study, opened)

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail.split('"commitments"')[0]) == ("round opening taken back", "{")
    assert '"mail":12,"round":1' in entry.detail


@pytest.mark.parametrize("reason", ["", " ", "x" * 1001])
def test_it_needs_a_reason(session: Session, study: Study, opened: Round, reason: str) -> None:
    with pytest.raises(InvalidError, match="Say why"):
        undo(session, study, opened, reason)
    assert rounds_of(session, study) == [opened]


def test_the_round_can_be_opened_again_with_links_that_are_new(session: Session, study: Study, opened: Round) -> None:
    token, code = cast.token(session, opened, ADA), cast.code(session, opened, ADA)
    outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    undo(session, study, opened)

    again = cast.open_round(session, study)

    assert again.number == 1
    assert links.member_by_token(session, cast.token(session, again, ADA)).round_id == again.id
    for lookup in (lambda: links.member_by_token(session, token), lambda: links.member_by_code(session, cast.keyring(), code)):
        with pytest.raises(links.TakenBackError, match="taken the opening of this round back"):
            lookup()


def test_mail_that_is_out_stays_on_record_and_does_not_stand_in_the_way(session: Session, study: Study, opened: Round) -> None:
    for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)[:3]:
        outbox.note_sent(session, letter.mail_id, now=cast.NOW)
    session.flush()

    undo(session, study, opened)

    assert len([mail for mail in session.scalars(select(OutboxMail)) if mail.sent_at]) == 3
    assert outbox.claim_next(session, cast.keyring(), now=cast.NOW + timedelta(days=1)) == []
    cast.open_round(session, study)
    assert len(outbox.claim_next(session, cast.keyring(), now=cast.NOW + timedelta(days=1))) == 12


def test_mail_that_is_on_its_way_meanwhile_is_noted_as_sent(session: Session, study: Study, opened: Round) -> None:
    letter, *_ = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    undo(session, study, opened)

    outbox.note_sent(session, letter.mail_id, now=cast.NOW)

    assert session.get_one(OutboxMail, letter.mail_id).sent_at == cast.NOW


def test_it_can_be_taken_back_again_after_mail_was_put_off(session: Session, study: Study, opened: Round) -> None:
    for each in (opened, None):
        round_ = each or cast.open_round(session, study)
        for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW):
            outbox.note_failed(session, letter.mail_id, "busy", now=cast.NOW)
        undo(session, study, round_)

    assert rounds_of(session, study) == []


def test_who_was_signed_in_is_out(session: Session, study: Study, opened: Round) -> None:
    ada = cast.member(session, opened, ADA)
    which = (ada.round_id, ada.panelist_id, ada.panelist.link_serial)
    undo(session, study, opened)
    cast.open_round(session, study)

    with pytest.raises(links.DeadLinkError):
        links.member_in_session(session, *which)


def test_an_answer_that_comes_after_it_is_refused_in_words(session: Session, study: Study, opened: Round) -> None:
    number = opened.id
    undo(session, study, opened)

    with pytest.raises(links.TakenBackError):
        ratings.open_for_saving(session, number, cast.NOW)


def test_a_no_thank_you_stays_said(session: Session, study: Study, opened: Round) -> None:
    ada = cast.member(session, opened, ADA).panelist
    taking_part.decline(session, cast.member(session, opened, ADA), now=cast.NOW)

    undo(session, study, opened)

    assert session.get_one(Panelist, ada.id).standing == Standing.DECLINED


def _rates(session: Session, opened: Round) -> None:
    cast.rate(session, opened, ADA, {"pace": 7})


def _rates_and_clears(session: Session, opened: Round) -> None:
    cast.rate(session, opened, ADA, {"pace": 7})
    member = cast.member(session, opened, ADA)
    save(session, member, {1: Answer("clear", "7")}, {}, now=cast.NOW)


def _comments(session: Session, opened: Round) -> None:
    save(session, cast.member(session, opened, ADA), {}, {"pace": Remark("Whose?", audience=Audience.TEAM)}, now=cast.NOW)


def _proposes(session: Session, opened: Round) -> None:
    save(session, cast.member(session, opened, ADA), {}, {}, {"pace": Remark("In other words.")}, now=cast.NOW)


def _agrees(session: Session, opened: Round) -> None:
    study = session.get_one(Study, opened.study_id)
    agree(session, cast.member(session, opened, ADA).panelist, current_consent(session, study), now=cast.NOW)


def _finishes(session: Session, opened: Round) -> None:
    finish(session, cast.member(session, opened, ADA), now=cast.NOW)


@pytest.mark.parametrize("act", [_rates, _rates_and_clears, _comments, _proposes, _agrees, _finishes])
def test_it_is_too_late_once_somebody_has_relied_on_it(session: Session, study: Study, opened: Round, act) -> None:  # type: ignore[no-untyped-def]
    act(session, opened)
    session.flush()

    with pytest.raises(ConflictError, match="no longer be taken back"):
        undo(session, study, opened)
    assert count(session, Round, RoundMember) == [1, 12]


def test_a_closed_round_stays_closed(session: Session, study: Study, opened: Round) -> None:
    rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)

    with pytest.raises(ConflictError, match="closed"):
        undo(session, study, opened)


def test_an_earlier_round_keeps_its_seal_its_draft_and_what_was_agreed(session: Session, study: Study, opened: Round) -> None:
    _agrees(session, opened)
    cast.rate(session, opened, ADA, {"pace": 7})
    cast.close_and_publish(session, study, opened)
    later = cast.NOW + timedelta(days=30)
    second = rounds.open_round(session, cast.keyring(), study, actor="researcher 1", now=later)

    undo(session, study, second)

    assert rounds_of(session, study) == [opened]
    assert session.scalars(select(Protocol)).one().is_sealed
    assert latest_draft(session, study).is_frozen
    assert count(session, RoundMember, TakenBackLink) == [12, 24]
