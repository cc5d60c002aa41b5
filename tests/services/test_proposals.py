"""Proposals: made while a round is open, settled when it has closed, each with a reason that the proposer reads."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.manual.outline import ItemKind
from delphi.models import Action, AuditEntry, Item, Proposal, ProposalState, Round, RoundClosedError, Study
from delphi.services import auditing, proposals, ratings, rounds
from delphi.services.own_words import own_proposals
from delphi.services.proposals import ChangedElsewhereError, Outcome, change_proposal, new_items_of, proposals_to_read, propose
from delphi.services.remarks import Remark
from tests import cast
from tests.services.deciding import decide, lineage, texts

ADA, BO = "carers-1@example.org", "carers-2@example.org"
REASON = "Several of you asked for it."
WORDS = "Somebody thanks the organiser."
Where = tuple[Study, Round]


@pytest.fixture
def opened(session: Session) -> Where:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    return study, cast.open_round(session, study)


def send(session: Session, where: Where, text: str = WORDS, section: str = "going-along", by: str = ADA) -> Proposal:
    return propose(session, cast.member(session, where[1], by), section, text, now=cast.NOW)


def reword(session: Session, where: Where, text: str, by: str = ADA) -> Proposal:
    ratings.save(session, cast.member(session, where[1], by), {}, {}, {"pace": Remark(text)}, now=cast.NOW)
    return next(one for one in session.scalars(select(Proposal)) if one.text == text)


def close(session: Session, where: Where) -> Where:
    rounds.close_round(session, *where, actor="researcher 1", now=cast.NOW)
    return where


def settle(session: Session, where: Where, proposal: Proposal, state: ProposalState, **more: object) -> Proposal:
    outcome = Outcome(state, **{"reason": REASON, **more})  # type: ignore[arg-type]
    return proposals.settle(
        session, *where, proposal.id, outcome, version=proposal.version, by=None, actor="researcher 1", now=cast.NOW
    )


def test_what_is_sent_twice_is_one_proposal_and_an_empty_one_is_none(session: Session, opened: Where) -> None:
    send(session, opened)
    send(session, opened)
    send(session, opened, f"  {WORDS}\r\n")
    send(session, opened, by=BO)

    with pytest.raises(InvalidError, match="Write what the manual should say"):
        send(session, opened, " \n ")
    assert len(session.scalars(select(Proposal)).all()) == 2


def test_one_person_can_propose_twenty_in_a_round(session: Session, opened: Where) -> None:
    made = [send(session, opened, f"{WORDS} {n}") for n in range(20)]

    with pytest.raises(InvalidError, match="20 new items"):
        send(session, opened, "One more")
    change_proposal(session, cast.member(session, opened[1], ADA), made[0].id, "", seen=1, now=cast.NOW)
    send(session, opened, "One more")
    send(session, opened, by=BO)


def test_a_section_that_there_is_not_and_a_closed_round_take_none(session: Session, opened: Where) -> None:
    with pytest.raises(NotFoundError):
        send(session, opened, section="invented")
    close(session, opened)
    with pytest.raises(RoundClosedError):
        send(session, opened)


def test_ones_own_proposal_can_be_changed_and_taken_back_until_the_round_closes(session: Session, opened: Where) -> None:
    ada, bo = (cast.member(session, opened[1], address) for address in (ADA, BO))
    one = send(session, opened)
    change_proposal(session, ada, one.id, "Other words", seen=1, now=cast.NOW)

    with pytest.raises(ChangedElsewhereError, match="Other words"):
        change_proposal(session, ada, one.id, "Of a stale tab", seen=1, now=cast.NOW)
    with pytest.raises(NotFoundError):
        change_proposal(session, bo, one.id, "Not mine", seen=2, now=cast.NOW)
    assert [each.text for each in new_items_of(session, ada, "going-along")] == ["Other words"]
    change_proposal(session, ada, one.id, "", seen=2, now=cast.NOW)
    assert new_items_of(session, ada, "going-along") == []
    close(session, opened)
    assert proposals_to_read(session, opened[1]) == []


def test_the_team_reads_words_and_what_they_are_about_and_not_whose_they_are(session: Session, opened: Where) -> None:
    send(session, opened)
    reword(session, opened, "The person sets the pace.", by=BO)
    with pytest.raises(ConflictError):
        proposals_to_read(session, opened[1])
    close(session, opened)

    read = proposals_to_read(session, opened[1])

    assert [one.id for one in read] == sorted(one.id for one in read)
    assert {(one.text, one.about.item.key if one.about else "", one.section_key, one.heading) for one in read} == {
        (WORDS, "", "going-along", "Going along"),
        ("The person sets the pace.", "pace", "first-meeting", "Meeting for the first time"),
    }
    assert not any("panelist" in name for name in vars(read[0]))


def test_an_accepted_wording_is_a_decision_with_its_lineage_in_words_that_the_team_may_edit(
    session: Session, opened: Where
) -> None:
    one = reword(session, opened, "The person sets the pace.")
    close(session, opened)

    settle(session, opened, one, ProposalState.ACCEPTED, words="The person sets the pace, always.")

    assert texts(session, opened[0])["pace"] == "The person sets the pace, always."
    assert ("pace 2", "reworded", "pace 1", "decided") in lineage(session)
    assert one.text == "The person sets the pace."
    assert session.get_one(Item, one.outcome_item_id).key == "pace"


def test_an_accepted_new_item_stands_at_the_end_of_its_section_and_is_asked_next(session: Session, opened: Where) -> None:
    one = send(session, opened)
    close(session, opened)

    settle(session, opened, one, ProposalState.ACCEPTED, words=WORDS, key="thanks", kind=ItemKind.CORE)
    rounds.publish_round(session, *opened, actor="researcher 1", now=cast.NOW)

    assert list(texts(session, opened[0]).items())[-1] == ("thanks", WORDS)
    asked = {each.version.item.key: each for each in rounds.proposed_items(session, opened[0])}
    assert (asked["thanks"].is_asked, asked["thanks"].version.kind) == (True, "core")
    (told,) = own_proposals(session, one.panelist_id)
    assert (told.became, told.is_told, told.heading) == ("thanks", True, "Going along")


def test_a_proposal_merged_or_declined_changes_no_word(session: Session, opened: Where) -> None:
    merged, declined = send(session, opened), send(session, opened, "Something else", by=BO)
    close(session, opened)
    before = texts(session, opened[0])

    settle(session, opened, merged, ProposalState.MERGED, into="pace")
    settle(session, opened, declined, ProposalState.DECLINED)

    assert texts(session, opened[0]) == before
    assert [
        (one.text, one.became, one.reason) for one in sorted(proposals_to_read(session, opened[1]), key=lambda p: p.text)
    ] == [
        (WORDS, "pace", REASON),
        ("Something else", "", REASON),
    ]


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        (ProposalState.DECLINED, {"reason": "no"}, "the proposer reads it"),
        (ProposalState.MERGED, {"into": "invented"}, "Choose the item"),
        (ProposalState.MERGED, {}, "Choose the item"),
        (ProposalState.ACCEPTED, {"words": " ", "key": "thanks"}, "Write the words"),
        (ProposalState.ACCEPTED, {"words": WORDS, "key": "Thänks!"}, "cannot be used"),
        (ProposalState.ACCEPTED, {"words": WORDS, "key": "pace"}, "called pace already"),
        (ProposalState.ACCEPTED, {"words": WORDS, "key": "going-along"}, "called going-along already"),
        (ProposalState.ACCEPTED, {"words": "## A heading", "key": "thanks"}, "holds no heading"),
        (ProposalState.OPEN, {}, "accepted, merged into an item, or declined"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_and_changes_nothing(
    session: Session, opened: Where, state: ProposalState, more: dict[str, str], said: str
) -> None:
    one = send(session, opened)
    close(session, opened)
    before = texts(session, opened[0])

    with pytest.raises(InvalidError, match=said):
        settle(session, opened, one, state, **more)

    assert (one.state, one.reason, texts(session, opened[0])) == (ProposalState.OPEN, "", before)


def test_an_item_that_is_decided_on_keeps_its_decision(session: Session, opened: Where) -> None:
    one = reword(session, opened, "The person sets the pace.")
    close(session, opened)
    decide(session, opened, "pace", Action.KEEP)

    with pytest.raises(ConflictError, match="decided on pace already"):
        settle(session, opened, one, ProposalState.ACCEPTED, words="The person sets the pace.")
    settle(session, opened, one, ProposalState.MERGED, into="pace")


def test_of_two_who_settle_at_once_the_later_is_told_and_what_is_accepted_stays_so(session: Session, opened: Where) -> None:
    one = send(session, opened)
    close(session, opened)
    version = one.version
    settle(session, opened, one, ProposalState.DECLINED)

    with pytest.raises(ConflictError, match="Somebody else has settled"):
        proposals.settle(
            session,
            *opened,
            one.id,
            Outcome(ProposalState.MERGED, REASON, into="pace"),
            version=version,
            by=None,
            actor="researcher 2",
            now=cast.NOW,
        )
    settle(session, opened, one, ProposalState.ACCEPTED, words=WORDS, key="thanks")
    with pytest.raises(ConflictError, match="was accepted"):
        settle(session, opened, one, ProposalState.DECLINED)


def test_a_proposal_of_another_round_is_not_there(session: Session, opened: Where) -> None:
    one = send(session, opened)
    other = cast.begin_study(session, slug="other")
    cast.add_panel(session, other, {"Carers": 3})
    elsewhere = close(session, (other, cast.open_round(session, other)))

    with pytest.raises(NotFoundError):
        settle(session, elsewhere, one, ProposalState.DECLINED)


def test_the_log_holds_the_act_and_the_words_apart_from_it(session: Session, opened: Where) -> None:
    one = send(session, opened)
    close(session, opened)
    settle(session, opened, one, ProposalState.DECLINED)

    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "proposal declined")).one()
    assert "organiser" not in entry.detail
    assert auditing.first_fault(session, opened[0]) is None


def test_the_proposer_is_told_when_the_round_is_published(session: Session, opened: Where) -> None:
    one = send(session, opened)
    close(session, opened)
    settle(session, opened, one, ProposalState.DECLINED)

    before = own_proposals(session, one.panelist_id)[0].is_told
    rounds.publish_round(session, *opened, actor="researcher 1", now=cast.NOW)

    assert (before, own_proposals(session, one.panelist_id)[0].is_told) == (False, True)
    assert own_proposals(session, cast.member(session, opened[1], BO).panelist_id) == []
