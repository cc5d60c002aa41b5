"""The safeguarding route: the reader sees every new text and no writer; identifying one leaves a trace and is told on."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ForbiddenError, InvalidError, NotFoundError
from delphi.models import Comment, MailKind, OutboxMail, Panelist, Proposal, ProposalVersion, Researcher, Role, Round, Study
from delphi.services import auditing, messages, safeguarding
from delphi.services.protocol import Safeguarding, choices_of, current_protocol
from delphi.services.ratings import Remark, save
from delphi.services.researchers import add_researcher, give_role
from tests import cast

NADIA, SOL = "nadia@example.org", "sol@example.org"
ADA = "carers-1@example.org"
RISK = "My neighbour is being hurt at home."
SATURDAY = cast.NOW + timedelta(days=5)


@pytest.fixture
def study(session: Session) -> Study:
    """Ruth's study, whose protocol names Nadia as the reader and Sol as the second person."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    for address in (NADIA, SOL):
        someone = add_researcher(session, address, cast.PASSWORD, now=cast.NOW)
        give_role(session, someone, study, Role.OBSERVER, actor="command line", now=cast.NOW)
    session.flush()
    cast.choose(session, study, safeguarding=Safeguarding(NADIA, SOL))
    return study


def researcher(session: Session, address: str) -> Researcher:
    return session.scalars(select(Researcher).where(Researcher.email == address)).one()


def unread(session: Session, study: Study) -> list[safeguarding.Text]:
    session.flush()
    return safeguarding.unread_texts(session, cast.keyring(), study)


def comment(session: Session, round_: Round, text: str, *, seen: int = 0, item: str = "pace") -> None:
    save(session, cast.member(session, round_, ADA), {}, {item: Remark(text, seen)}, now=cast.NOW)


def write_everywhere(session: Session, round_: Round) -> None:
    """Let Ada comment, propose something and write to the team."""
    ada = cast.member(session, round_, ADA)
    comment(session, round_, RISK)
    proposal = Proposal(round_id=round_.id, panelist_id=ada.panelist_id, section_key="going-along")
    proposal.versions = [ProposalVersion(number=1, text="Ask whether the home is safe.")]
    session.add(proposal)
    messages.write_to_team(session, cast.keyring(), ada.panelist, "I am afraid.", now=cast.NOW)
    session.flush()


def identify(session: Session, study: Study, ref: str, reason: str, *, by: str = NADIA) -> safeguarding.Writer:
    reader = researcher(session, by)
    return safeguarding.identify_writer(session, cast.keyring(), study, ref, reason, reader=reader, now=cast.NOW)


def test_the_protocol_names_two_different_researchers_of_the_study(session: Session, study: Study) -> None:
    assert choices_of(current_protocol(session, study)).safeguarding == Safeguarding(NADIA, SOL)
    for named in (Safeguarding(NADIA, NADIA), Safeguarding(NADIA, "nobody@example.org")):
        with pytest.raises(InvalidError):
            cast.choose(session, study, safeguarding=named)


def test_comments_proposals_and_messages_come_up_while_the_round_is_open(session: Session, study: Study, round_: Round) -> None:
    write_everywhere(session, round_)

    texts = {(text.kind, text.words) for text in unread(session, study)}

    assert texts == {("comment", RISK), ("proposal", "Ask whether the home is safe."), ("message", "I am afraid.")}


def test_nothing_of_the_writer_is_on_what_the_reader_gets_and_the_order_says_nothing(
    session: Session, study: Study, round_: Round
) -> None:
    for n in range(1, 7):
        for key in cast.ITEMS:
            cast.rate(session, round_, f"carers-{n}@example.org", {}, {key: f"{key} by {n}"})

    texts = unread(session, study)

    people = [str(word) for person in session.scalars(select(Panelist)) for word in (person.id, person.pseudonym)]
    assert not [text for text in texts for word in people if word in text.ref]
    assert [text.words for text in texts] != sorted(text.words for text in texts)
    assert texts == unread(session, study)


def test_what_was_written_while_nobody_was_named_is_kept_from_whoever_is_named_later(
    session: Session, study: Study, round_: Round
) -> None:
    cast.amend(session, study, safeguarding=None)
    write_everywhere(session, round_)
    before = [f"comment-{one_comment.id}-1" for one_comment in session.scalars(select(Comment))]

    cast.amend(session, study, safeguarding=Safeguarding(NADIA, SOL))

    assert unread(session, study) == []
    safeguarding.tell_readers(session, now=cast.NOW)
    assert session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.TEXTS_TO_READ)).all() == []
    with pytest.raises(NotFoundError):
        identify(session, study, before[0], "She is in danger.")
    comment(session, round_, f"{RISK} Again.", seen=1)
    messages.write_to_team(session, cast.keyring(), cast.member(session, round_, ADA).panelist, "Still.", now=cast.NOW)
    assert {text.words for text in unread(session, study)} == {f"{RISK} Again.", "Still."}
    cast.amend(session, study, safeguarding=Safeguarding(SOL, NADIA))  # another reader, of what was written for a reader
    assert {text.words for text in unread(session, study)} == {f"{RISK} Again.", "Still."}


def test_what_was_read_goes_and_new_words_come_up_again(session: Session, study: Study, round_: Round) -> None:
    comment(session, round_, "I am")
    comment(session, round_, RISK, seen=1)
    (text,) = unread(session, study)
    assert text.words == RISK

    assert safeguarding.mark_read(session, study, [text.ref], actor="researcher 2", now=cast.NOW) == 1
    assert unread(session, study) == []
    assert [one.words for one in safeguarding.read_texts(session, cast.keyring(), study)] == [RISK]
    entry = auditing.entries(session, study)[-1]
    assert (entry.action, json.loads(entry.detail)) == ("texts read for safeguarding", {"texts": 1})

    comment(session, round_, RISK + " Today.", seen=2)
    assert [one.words for one in unread(session, study)] == [RISK + " Today."]


def test_a_text_that_was_taken_back_before_it_was_read_is_not_shown(session: Session, study: Study, round_: Round) -> None:
    comment(session, round_, RISK)
    comment(session, round_, "", seen=1)

    assert unread(session, study) == []


def test_what_changes_after_the_page_was_loaded_is_not_marked_with_it(session: Session, study: Study, round_: Round) -> None:
    comment(session, round_, "All is well.")
    (text,) = unread(session, study)
    comment(session, round_, RISK, seen=1)

    safeguarding.mark_read(session, study, [text.ref], actor="researcher 2", now=cast.NOW)

    assert [one.words for one in unread(session, study)] == [RISK]


def test_only_the_named_reader_passes_the_owner_does_not(session: Session, study: Study) -> None:
    safeguarding.require_reader(session, study, researcher(session, NADIA))

    for address in (cast.RUTH, SOL):
        with pytest.raises(ForbiddenError):
            safeguarding.require_reader(session, study, researcher(session, address))


def test_identifying_a_writer_is_on_record_without_the_name_and_the_second_person_is_told(
    session: Session, study: Study, round_: Round
) -> None:
    comment(session, round_, RISK)
    (text,) = unread(session, study)

    writer = identify(session, study, text.ref, "A child is at risk.")

    assert writer == safeguarding.Writer("Carers Person 1", ADA)
    entry = auditing.entries(session, study)[-1]
    assert (entry.action, entry.actor) == ("writer identified", f"researcher {researcher(session, NADIA).id}")
    assert set(json.loads(entry.detail)) == {"kind", "commitments"}
    assert auditing.page_of(session, study, 1).texts[entry.id] == {"reason": "A child is at risk."}
    assert auditing.first_fault(session, study) is None
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.WRITER_IDENTIFIED)).one()
    assert mail.researcher_id == researcher(session, SOL).id


def test_identifying_takes_a_reason_and_the_reader(session: Session, study: Study, round_: Round) -> None:
    comment(session, round_, RISK)
    (text,) = unread(session, study)
    before = len(auditing.entries(session, study))

    for address, reason, refusal in (
        (NADIA, "  ", InvalidError),
        (cast.RUTH, "I wonder", ForbiddenError),
        (SOL, "So", ForbiddenError),
    ):
        reader = researcher(session, address)
        with pytest.raises(refusal):
            safeguarding.identify_writer(session, cast.keyring(), study, text.ref, reason, reader=reader, now=cast.NOW)

    assert len(auditing.entries(session, study)) == before


@pytest.mark.parametrize("ref", ["", "comment-1-1", "comment-x-1", "message-1-1", "ballot-1-1", "comment-9999999999999999-1"])
def test_a_reference_that_leads_nowhere_is_refused(session: Session, study: Study, round_: Round, ref: str) -> None:
    with pytest.raises(NotFoundError):
        safeguarding.mark_read(session, study, [ref], actor="researcher 2", now=cast.NOW)


def test_another_studys_text_cannot_be_reached(session: Session, study: Study, round_: Round) -> None:
    comment(session, round_, RISK)
    (text,) = unread(session, study)
    other = cast.begin_study(session, slug="other")

    with pytest.raises(NotFoundError):
        safeguarding.mark_read(session, other, [text.ref], actor="researcher 1", now=cast.NOW)


@pytest.mark.parametrize(
    ("moments", "n_mails"),
    [
        ([cast.NOW], 1),
        ([cast.NOW, cast.NOW + timedelta(hours=5)], 1),
        ([cast.NOW, cast.NOW + timedelta(days=1)], 2),
        ([SATURDAY, SATURDAY + timedelta(days=1)], 0),
        ([SATURDAY, SATURDAY + timedelta(days=2)], 1),
        ([cast.NOW.replace(hour=5)], 0),
    ],
)
def test_the_reader_gets_one_mail_a_working_day_while_something_is_unread(
    session: Session, study: Study, round_: Round, moments: list[datetime], n_mails: int
) -> None:
    comment(session, round_, RISK)

    for moment in moments:
        safeguarding.tell_readers(session, now=moment)
        session.flush()

    mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.TEXTS_TO_READ)).all()
    assert [mail.researcher_id for mail in mails] == [researcher(session, NADIA).id] * n_mails


def test_no_mail_goes_when_everything_was_read_or_nobody_is_named(session: Session, study: Study, round_: Round) -> None:
    cast.begin_study(session, slug="other")

    safeguarding.tell_readers(session, now=cast.NOW)
    session.flush()

    assert session.scalars(select(OutboxMail).where(OutboxMail.kind == MailKind.TEXTS_TO_READ)).all() == []
