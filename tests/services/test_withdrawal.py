"""Withdrawing by each rule in each phase: what goes, what stays, and that the published number stays true."""

import json

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Base, Database
from delphi.errors import ConflictError, InvalidError
from delphi.models import (
    Acknowledgement,
    Action,
    AuditEntry,
    BackgroundAnswer,
    Ballot,
    BallotChange,
    Comment,
    CommentRelease,
    CommentVersion,
    Contact,
    Conversation,
    Message,
    Proposal,
    ProposalVersion,
    Round,
    Standing,
    Study,
)
from delphi.services import auditing, links, outbox, panel, results, rounds
from delphi.services.consent import current_consent
from delphi.services.decisions import Verdict, comments_on, decide, decisions_of
from delphi.services.links import DeadLinkError
from delphi.services.progress import count_now, progress_of
from delphi.services.protocol import WITHDRAWALS
from delphi.services.ratings import Answer, save
from delphi.services.receipts import receipts_of
from delphi.services.withdrawal import n_erased_on_record, withdraw
from tests import cast

KEPT = "It helped."
ADA, BO = "carers-1@example.org", "carers-2@example.org"
WORDS = "Nobody asked my mother where she wanted to meet."


def begun(session: Session, rule: str) -> Study:
    study = cast.begin_study(session)
    cast.choose(session, study, withdrawal=rule)
    cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    return study


def answered(session: Session, study: Study) -> Round:
    """A round in which everybody has rated everything, and Ada has written something."""
    round_ = cast.open_round(session, study)
    for n in range(1, 7):
        for group, level in {"carers": 7, "academics": 2}.items():  # so that a second round has something to ask
            cast.rate(session, round_, f"{group}-{n}@example.org", dict.fromkeys(_asked(round_), level))
    key = _asked(round_)[0]
    cast.rate(session, round_, ADA, {}, {key: WORDS})
    ada = cast.member(session, round_, ADA)
    version_id = round_.items[0].item_version_id
    proposal = Proposal(round_id=round_.id, panelist_id=ada.panelist_id, item_version_id=version_id)
    proposal.versions = [ProposalVersion(number=1, text=f"Ask first. {WORDS}")]
    session.add(proposal)
    session.flush()
    return round_


def tell_more(session: Session, round_: Round) -> None:
    """Ada tells about herself, writes to the team, wants to be thanked, and the team has quoted her in the log."""
    ada = cast.member(session, round_, ADA)
    session.add_all(
        [
            BackgroundAnswer(panelist_id=ada.panelist_id, key="years", answer="10 or more"),
            Acknowledgement(panelist_id=ada.panelist_id, name_ciphertext=cast.keyring().encrypt("Ada")),
        ]
    )
    conversation = Conversation(study_id=round_.study_id, panelist_id=ada.panelist_id)
    cipher = cast.keyring().encrypt("Who reads this?")
    conversation.messages = [Message(number=1, is_from_team=False, text_ciphertext=cipher, sent_on=cast.NOW.date())]
    session.add(conversation)
    study = session.get_one(Study, round_.study_id)
    panel.agree(session, ada.panelist, current_consent(session, study), now=cast.NOW)
    auditing.record(session, study, "quoted", actor="researcher 1", now=cast.NOW, texts={"comment": WORDS, "reason": KEPT})
    comment = session.scalars(select(Comment).where(Comment.panelist_id == ada.panelist_id)).first()
    assert comment is not None
    session.add(CommentRelease(comment_id=comment.id, number=1, state="released", text=WORDS, decided_at=cast.NOW))
    session.flush()


def _asked(round_: Round) -> list[str]:
    return [item.item_version.item.key for item in round_.items]


def go(session: Session, round_: Round, address: str = ADA) -> int:
    ada = cast.member(session, round_, address).panelist
    withdraw(session, cast.keyring(), ada, now=cast.NOW)
    return ada.id


def kept(session: Session, panelist_id: int, round_: Round) -> dict[str, int]:
    """Return how much of a person's answers is stored in a round, by kind."""
    counts = {}
    for row in (Ballot, BallotChange, Comment, Proposal):
        mine = select(row).where(row.panelist_id == panelist_id, row.round_id == round_.id)
        counts[row.__tablename__] = len(session.scalars(mine).all())
    return counts


NOTHING = {"ballots": 0, "ballot_changes": 0, "comments": 0, "proposals": 0}


@pytest.mark.parametrize(("rule", "n"), [("stop", 12), ("delete", 11), ("erase", 11)])
def test_before_the_close_answers_leave_the_round_unless_the_rule_keeps_them(session: Session, rule: str, n: int) -> None:
    study = begun(session, rule)
    round_ = answered(session, study)

    ada = go(session, round_)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    assert (kept(session, ada, round_) == NOTHING) == (rule != "stop")
    assert results.team_view(session, round_)["participants"] == n
    listed = receipts_of(session, round_)
    assert (len(listed.receipts), listed.n_erased, n_erased_on_record(session, round_)) == (n, 0, 0)


@pytest.mark.parametrize("rule", WITHDRAWALS)
def test_after_the_close_the_result_stays_and_says_how_many_were_erased_since(session: Session, rule: str) -> None:
    study = begun(session, rule)
    round_ = answered(session, study)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    frozen = results.result_of(session, round_).sha256

    ada = go(session, round_)

    n_erased = 1 if rule == "erase" else 0
    listed = receipts_of(session, round_)
    assert results.result_of(session, round_).sha256 == frozen
    assert (kept(session, ada, round_) == NOTHING) == (rule == "erase")
    assert listed.n_participants == 12
    assert (listed.n_erased, n_erased_on_record(session, round_)) == (n_erased, n_erased)
    assert len(listed.receipts) + n_erased_on_record(session, round_) == listed.n_participants


def test_the_published_number_stays_true_through_every_kind_of_withdrawal(session: Session) -> None:
    study = begun(session, "erase")
    first = answered(session, study)
    go(session, first, "academics-1@example.org")  # before the close: never counted
    cast.close_and_publish(session, study, first)
    go(session, first, "academics-2@example.org")  # between the rounds
    second = cast.open_round(session, study)
    cast.rate(session, second, ADA, {key: 3 for key in _asked(second)})
    go(session, second, ADA)  # has answered both: of the second never counted
    rounds.close_round(session, study, second, actor="researcher 1", now=cast.NOW)
    go(session, second, BO)  # counted in the first only

    numbers = []
    for round_ in (first, second):
        listed = receipts_of(session, round_)
        assert len(listed.receipts) + n_erased_on_record(session, round_) == listed.n_participants
        assert listed.n_erased == n_erased_on_record(session, round_)
        numbers.append((listed.n_participants, listed.n_erased))
    assert numbers == [(11, 3), (0, 0)]


@pytest.mark.parametrize("rule", WITHDRAWALS)
def test_whoever_has_withdrawn_is_out_for_good(session: Session, rule: str) -> None:
    study = begun(session, rule)
    round_ = answered(session, study)
    token, code = cast.token(session, round_, ADA), cast.code(session, round_, ADA)
    member = cast.member(session, round_, ADA)
    serial = member.panelist.link_serial

    ada = go(session, round_)

    for found_by in (
        lambda: links.member_by_token(session, token),
        lambda: links.member_by_code(session, cast.keyring(), code),
        lambda: links.member_in_session(session, round_.id, ada, serial),
    ):
        with pytest.raises(DeadLinkError):
            found_by()
    assert ADA not in {letter.address for letter in outbox.claim_next(session, cast.keyring(), now=cast.NOW)}
    assert ADA not in {link.address for link in links.personal_links(session, cast.keyring(), study, round_)}
    cast.close_and_publish(session, study, round_)
    later = cast.open_round(session, study)
    assert progress_of(session, later).invited == 11


@pytest.mark.parametrize("rule", WITHDRAWALS)
def test_nobody_answers_for_whoever_has_withdrawn(session: Session, rule: str) -> None:
    study = begun(session, rule)
    round_ = answered(session, study)
    member = cast.member(session, round_, ADA)

    withdraw(session, cast.keyring(), member.panelist, now=cast.NOW)

    with pytest.raises(ConflictError, match="no answers of theirs are taken"):
        save(session, member, {0: Answer("9")}, {}, now=cast.NOW)


def test_erasing_leaves_no_row_of_the_person_but_that_somebody_was_invited(session: Session) -> None:
    study = begun(session, "erase")
    round_ = answered(session, study)
    tell_more(session, round_)
    cast.close_and_publish(session, study, round_)
    others = session.execute(text("SELECT count(*) FROM comment_versions")).scalar_one()

    ada = go(session, round_)

    session.flush()
    tables = {
        table.name: session.execute(text(f"SELECT count(*) FROM {table.name} WHERE panelist_id = :id"), {"id": ada}).scalar_one()
        for table in Base.metadata.sorted_tables
        if "panelist_id" in table.c
    }
    assert {name for name, n in tables.items() if n} == {"round_members"}
    assert len(tables) >= 11  # a table that is added later is looked at too
    for child, parent in ((CommentVersion, "comments"), (ProposalVersion, "proposals"), (Message, "conversations")):
        column = inspect(child).primary_key[0].name
        orphans = f"SELECT count(*) FROM {child.__tablename__} WHERE {column} NOT IN (SELECT id FROM {parent})"
        assert session.execute(text(orphans)).scalar_one() == 0
    assert session.execute(text("SELECT count(*) FROM comment_versions")).scalar_one() == others - 1
    assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    assert auditing.first_fault(session, study) is None
    texts = session.execute(text("SELECT text FROM audit_texts")).scalars().all()
    assert WORDS not in texts
    assert KEPT in texts


def test_what_is_erased_is_not_in_the_file_either(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        round_ = answered(session, begun(session, "erase"))
        receipt = session.scalars(select(Ballot.receipt)).first()
    raw = lambda: b"".join(path.read_bytes() for path in settings.data.glob("delphi.sqlite3*"))  # noqa: E731
    _checkpoint(database)
    assert WORDS.encode() in raw()

    with database.transaction() as session:
        whose = Contact.address_hash == cast.keyring().address_hash(ADA)
        mine = session.scalars(select(Contact.address_ciphertext).where(whose)).one()
        go(session, session.get_one(Round, round_.id))
    _checkpoint(database)

    assert receipt is not None
    assert WORDS.encode() not in raw()
    assert bytes(mine) not in raw()


def _checkpoint(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("rule", WITHDRAWALS)
def test_the_log_says_what_was_done_and_not_to_whom(session: Session, rule: str) -> None:
    study = begun(session, rule)
    round_ = answered(session, study)
    cast.close_and_publish(session, study, round_)
    pseudonym = cast.member(session, round_, ADA).panelist.pseudonym

    ada = go(session, round_)

    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "panelist withdrew"))
    assert entry.actor == "somebody on the panel"
    assert json.loads(entry.detail) == {"rule": rule, "erased": {"1": 1} if rule == "erase" else {}}
    everything = " ".join(one.detail for one in session.scalars(select(AuditEntry)))
    assert str(ada) not in everything
    assert pseudonym not in everything


def test_withdrawing_twice_is_withdrawing_once(session: Session) -> None:
    study = begun(session, "erase")
    round_ = answered(session, study)
    member = cast.member(session, round_, ADA)

    for _ in range(2):
        withdraw(session, cast.keyring(), member.panelist, now=cast.NOW)

    assert member.panelist.standing == Standing.WITHDRAWN
    assert [entry.action for entry in auditing.entries(session, study)].count("panelist withdrew") == 1


def test_the_team_sees_that_one_fewer_is_expected(session: Session) -> None:
    study = begun(session, "delete")
    round_ = cast.open_round(session, study)
    cast.rate(session, round_, BO, dict.fromkeys(cast.ITEMS, 7))

    go(session, round_)  # has not completed
    go(session, round_, "academics-1@example.org")

    count_now(session, round_, now=cast.NOW)
    progress = progress_of(session, round_)
    assert (progress.invited, progress.completed, progress.left) == (12, 1, 2)


def test_a_decision_that_answered_an_erased_comment_stands(session: Session) -> None:
    study = begun(session, "erase")
    round_ = answered(session, study)
    cast.close_and_publish(session, study, round_)
    key = _asked(round_)[0]
    (comment,) = comments_on(session, round_)[key]
    verdict = Verdict(Action.KEEP, "It says what was meant.", answers=(comment.id,))
    decide(session, study, round_, key, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)

    go(session, round_)

    assert decisions_of(session, round_)[key].answers == []
    assert comments_on(session, round_) == {}


def test_a_rule_that_there_is_not_is_refused(session: Session) -> None:
    study = cast.begin_study(session)

    with pytest.raises(InvalidError, match="withdrawing"):
        cast.choose(session, study, withdrawal="perhaps")
