"""No thank you, this is not me, and yes after all: what each does, and what it never tells."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError
from delphi.models import AuditEntry, Contact, OutboxMail, Round, RoundMember, Standing, Study
from delphi.services import links, outbox, panel, taking_part
from delphi.services.progress import progress_of
from tests import cast

ADA = "carers-1@example.org"


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    return study


def recipients(session: Session) -> set[str]:
    return {letter.address for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)}


def entries(session: Session, action: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_who_says_no_gets_no_mail_and_the_link_stays_to_say_yes_by(session: Session, round_: Round) -> None:
    ada = cast.member(session, round_, ADA)

    taking_part.decline(session, ada, now=cast.NOW)

    assert ada.panelist.standing == Standing.DECLINED
    assert ADA not in recipients(session)
    assert links.member_by_token(session, cast.token(session, round_, ADA)) is ada
    taking_part.take_part_after_all(session, ada, now=cast.NOW)
    assert ada.panelist.standing == Standing.ACTIVE
    assert recipients(session) == {ADA}


def test_who_said_no_is_not_invited_again_nor_counted(session: Session, study: Study, round_: Round) -> None:
    taking_part.decline(session, cast.member(session, round_, ADA), now=cast.NOW)
    cast.close_and_publish(session, study, round_)

    later = cast.open_round(session, study)

    invited = session.scalars(select(RoundMember).where(RoundMember.round_id == later.id)).all()
    assert len(invited) == 11
    assert all(member.panelist.standing == Standing.ACTIVE for member in invited)
    assert progress_of(session, later).invited == 11
    assert [(size.label, size.n) for size in panel.group_sizes(session, study)] == [("Carers", 5), ("Academics", 6)]
    assert json.loads(entries(session, "round opened")[-1].detail)["invited"] == 11
    queued = session.scalars(select(OutboxMail).where(OutboxMail.round_id == later.id)).all()
    assert len(queued) == 11


def test_a_round_cannot_open_when_everybody_has_said_no(session: Session, study: Study, round_: Round) -> None:
    for member in session.scalars(select(RoundMember)):
        taking_part.decline(session, member, now=cast.NOW)
    cast.close_and_publish(session, study, round_)

    with pytest.raises(ConflictError, match="nobody on the panel"):
        cast.open_round(session, study)


def test_who_got_mail_that_was_for_somebody_else_gets_no_more(session: Session, round_: Round) -> None:
    token, code = cast.token(session, round_, ADA), cast.code(session, round_, ADA)

    taking_part.disown(session, cast.keyring(), cast.member(session, round_, ADA), now=cast.NOW)

    for found_by in (
        lambda: links.member_by_token(session, token),
        lambda: links.member_by_code(session, cast.keyring(), code),
    ):
        with pytest.raises(links.DeadLinkError):
            found_by()
    assert [contact.is_disowned for contact in session.scalars(select(Contact))].count(True) == 1
    assert ADA not in recipients(session)
    assert cast.member(session, round_, ADA).panelist.standing == Standing.ACTIVE


@pytest.mark.parametrize(
    ("act", "action"),
    [
        (lambda session, member: taking_part.decline(session, member, now=cast.NOW), "invitation declined"),
        (lambda session, member: taking_part.disown(session, cast.keyring(), member, now=cast.NOW), "address disowned"),
    ],
)
def test_the_log_says_that_it_happened_and_not_to_whom(session: Session, round_: Round, act, action: str) -> None:
    ada = cast.member(session, round_, ADA)

    act(session, ada)

    (entry,) = entries(session, action)
    assert (entry.actor, entry.detail) == ("somebody on the panel", "{}")


def test_saying_no_twice_is_one_no(session: Session, round_: Round) -> None:
    for _ in range(2):
        taking_part.decline(session, cast.member(session, round_, ADA), now=cast.NOW)

    assert len(entries(session, "invitation declined")) == 1


def test_who_has_withdrawn_does_not_come_back_by_saying_yes(session: Session, round_: Round) -> None:
    ada = cast.member(session, round_, ADA)
    ada.panelist.standing = Standing.WITHDRAWN
    session.flush()

    taking_part.take_part_after_all(session, ada, now=cast.NOW)
    taking_part.decline(session, ada, now=cast.NOW)

    assert ada.panelist.standing == Standing.WITHDRAWN
