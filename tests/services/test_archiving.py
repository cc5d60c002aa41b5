"""An archived study: nothing in it changes, no mail goes out, its links say so, and it comes back as it was."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, NotFoundError
from delphi.models import MailKind, OutboxMail, Role, Round, Study
from delphi.services import auditing, outbox, passwords, rounds
from delphi.services.archiving import archive, bring_back
from delphi.services.care import OutsideContact, save_care
from delphi.services.coding import add_code
from delphi.services.drafts import Change, latest_draft
from delphi.services.editing import edit_section, edition_of
from delphi.services.joining import take_back
from delphi.services.links import StudyEndedError, member_by_code, member_by_token, member_in_session
from delphi.services.recruiting import open_recruitment
from delphi.services.researchers import add_researcher, give_role
from delphi.services.safeguarding import tell_readers
from delphi.services.studies import all_studies, current_studies
from tests import cast
from tests.services import joining
from tests.web import stages

WHO = {"actor": "researcher 1", "now": cast.NOW}
ADA = "carers-1@example.org"


@pytest.fixture
def published(session: Session) -> Round:
    return stages.round_published(session)


@pytest.fixture
def study(session: Session, published: Round) -> Study:
    return session.get_one(Study, published.study_id)


def acts(session: Session, study: Study) -> list[str]:
    return [entry.action for entry in auditing.entries(session, study)]


def test_archiving_and_bringing_back_are_on_record_and_done_once(session: Session, study: Study) -> None:
    archive(session, study, **WHO)
    with pytest.raises(ConflictError, match="archived already"):
        archive(session, study, **WHO)
    assert study.archived_at == cast.NOW
    bring_back(session, study, **WHO)
    with pytest.raises(ConflictError, match="is not archived"):
        bring_back(session, study, **WHO)

    assert study.archived_at is None
    assert acts(session, study)[-2:] == ["study archived", "study brought back"]
    assert auditing.first_fault(session, study) is None


def test_a_study_with_an_open_round_is_not_archived(session: Session) -> None:
    opened = stages.round_open(session)
    study = session.get_one(Study, opened.study_id)

    with pytest.raises(ConflictError, match=r"Round 1 is open\. Close it first"):
        archive(session, study, **WHO)

    assert study.archived_at is None


def test_an_archived_study_is_none_of_the_current_ones(session: Session, study: Study) -> None:
    archive(session, study, **WHO)

    assert (current_studies(session), all_studies(session)) == ([], [study])


def test_whatever_would_change_an_archived_study_is_refused(session: Session, study: Study) -> None:
    archive(session, study, **WHO)
    draft = latest_draft(session, study)
    other = add_researcher(session, "omar@example.org", cast.PASSWORD, now=cast.NOW)

    def edit() -> None:
        text = cast.MANUAL[cast.MANUAL.index("## Going along") :].replace("at first", "for a while")
        change = Change(reason="It takes longer.")
        edit_section(session, study, "going-along", text, edition=edition_of(draft), change=change, **WHO)

    for change in (
        lambda: rounds.open_round(session, cast.keyring(), study, **WHO),
        lambda: add_code(session, study, "Safety", "", **WHO),
        lambda: give_role(session, other, study, Role.OBSERVER, **WHO),
        lambda: save_care(session, study, OutsideContact("Mira", phone="1"), "", version=study.version, **WHO),
        lambda: outbox.queue_test(session, study, cast.ruth(session), MailKind.INVITATION, now=cast.NOW),
        edit,
    ):
        with session.begin_nested() as attempt:
            with pytest.raises(ConflictError, match="This study is archived"):
                change()
            attempt.rollback()

    bring_back(session, study, **WHO)
    add_code(session, study, "Safety", "", **WHO)


def test_a_study_archived_meanwhile_by_somebody_else_refuses_who_read_it_before(session: Session, study: Study) -> None:
    assert study.archived_at is None  # as this session remembers it
    session.connection().exec_driver_sql("UPDATE studies SET archived_at = '2026-03-02 09:00:00'")

    with pytest.raises(ConflictError, match="This study is archived"):
        auditing.record(session, study, "code added", **WHO)


def test_an_account_is_looked_after_in_an_archived_study_too(session: Session, study: Study) -> None:
    archive(session, study, **WHO)

    passwords.set_password(session, cast.ruth(session), "four other plain words", **WHO)

    assert acts(session, study)[-1] == "password set"


def test_mail_that_waits_is_given_up_and_none_is_claimed(session: Session, study: Study) -> None:
    ruth = cast.ruth(session)
    outbox.queue_staff_mail(session, study, ruth, MailKind.TEXTS_TO_READ, now=cast.NOW, occasion="before")
    session.flush()
    archive(session, study, **WHO)
    assert all(mail.ended_at for mail in mails(session) if mail.sent_at is None)
    late = OutboxMail(study_id=study.id, researcher_id=ruth.id, kind=MailKind.TEXTS_TO_READ, once="x", **due(cast.NOW))
    session.add(late)
    session.flush()

    assert outbox.claim_next(session, cast.keyring(), now=cast.NOW) == []
    bring_back(session, study, **WHO)
    assert [letter.mail_id for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)] == [late.id]


def mails(session: Session) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail)))


def due(now: datetime) -> dict[str, datetime]:
    return {"queued_at": now, "due_at": now}


def test_the_reader_of_an_archived_study_is_told_of_nothing(session: Session, study: Study) -> None:
    archive(session, study, **WHO)
    before = len(mails(session))

    tell_readers(session, now=cast.NOW)  # a Monday, and there are texts that nobody has read

    assert len(mails(session)) == before
    bring_back(session, study, **WHO)
    tell_readers(session, now=cast.NOW)
    assert len(mails(session)) == before + 1


def test_links_codes_and_sessions_say_that_the_study_has_ended_and_whom_to_turn_to(
    session: Session, study: Study, published: Round
) -> None:
    token, code = cast.token(session, published, ADA), cast.code(session, published, ADA)
    member = cast.member(session, published, ADA)
    which = (published.id, member.panelist_id, member.panelist.link_serial)
    archive(session, study, **WHO)
    for come_in in (
        lambda: member_by_token(session, token),
        lambda: member_by_code(session, cast.keyring(), code),
        lambda: member_in_session(session, *which),
    ):
        with pytest.raises(StudyEndedError, match="This study has ended") as said:
            come_in()
        assert "turn to" not in str(said.value)
    bring_back(session, study, **WHO)
    save_care(session, study, OutsideContact("Mira Okafor", phone="01 23"), "", version=study.version, **WHO)
    archive(session, study, **WHO)

    with pytest.raises(StudyEndedError, match="turn to Mira Okafor, 01 23"):
        member_by_token(session, token)
    bring_back(session, study, **WHO)
    assert member_by_token(session, token) is member


def test_nobody_joins_an_archived_study_and_who_asked_can_still_take_it_back(session: Session, study: Study) -> None:
    recruitment = joining.call_for_people(session, study)
    joining.ask(session, study)
    archive(session, study, **WHO)

    with pytest.raises(NotFoundError, match="does not lead to a study that people can join"):
        open_recruitment(session, recruitment.key)
    with pytest.raises(NotFoundError):
        joining.confirm(session)
    take_back(session, joining.token_of(session), now=cast.NOW)
    bring_back(session, study, **WHO)
    assert open_recruitment(session, recruitment.key) == (recruitment, study)
