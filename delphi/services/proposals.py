"""Proposals: what panelists would have the manual say, and what the team does with it."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.database import lock_row
from delphi.errors import ConflictError, DelphiError, InvalidError, NotFoundError
from delphi.language import marked
from delphi.manual.outline import Item as ManualItem
from delphi.manual.outline import ItemKind, Outline
from delphi.manual.parse import is_key, parse_wording
from delphi.models import (
    Action,
    Item,
    ItemVersion,
    Proposal,
    ProposalState,
    ProposalVersion,
    Researcher,
    Round,
    RoundMember,
    Study,
)
from delphi.services import auditing
from delphi.services.ballots import chapters_asked
from delphi.services.decisions import Verdict, decide, decisions_of, require_closed, sound_reason
from delphi.services.drafts import Change, item_versions, latest_draft, outline_of, store_outline, working_draft
from delphi.services.protocol import choices_of
from delphi.services.ratings import open_for_saving
from delphi.services.remarks import clean
from delphi.services.studies import slug_of

MOST_PROPOSALS = 20
LONGEST_KEY = 40


class ChangedElsewhereError(ConflictError):
    """A proposal was changed elsewhere since its form was loaded; `theirs` and `number` are what it says now."""

    def __init__(self, theirs: str, number: int) -> None:
        super().__init__(
            "You changed these words elsewhere meanwhile. There it says: “{theirs}”. Below is what you typed here.", theirs=theirs
        )
        self.theirs, self.number = theirs, number


@dataclass(frozen=True)
class Proposed:
    """A proposal as the team reads it: other words for an item, or a new item for a section; never whose it is."""

    id: int
    version: int
    text: str
    about: ItemVersion | None
    section_key: str
    heading: str
    state: ProposalState
    reason: str
    became: str


@dataclass(frozen=True)
class Outcome:
    """What is done with a proposal and why; an accepted one with the words as they go into the draft, a merged one with the item.

    A new item has a key and a kind besides.
    """

    state: ProposalState
    reason: str
    words: str = ""
    key: str = ""
    kind: ItemKind = ItemKind.FLEXIBLE
    into: str = ""


def new_items_of(session: Session, member: RoundMember, section_key: str) -> list[Proposal]:
    """Return the new items that one panelist proposed for a section in one round; those taken back are left out."""
    return [one for one in _new_items(session, member) if one.section_key == section_key and one.text]


def propose(session: Session, member: RoundMember, section_key: str, text: str, *, now: datetime) -> Proposal:
    """Keep the proposal of a new item for a section; the same words sent twice are one proposal."""
    round_ = open_for_saving(session, member.round_id, now)
    lock_row(session, member)
    words = clean(text)
    if not words:
        raise InvalidError("Write what the manual should say. Nothing was sent.")
    if section_key not in _sections_asked_of(session, member, round_):
        raise NotFoundError("This manual has no section called {key}.", key=section_key)
    mine = [one for one in _new_items(session, member) if one.text]
    for one in mine:
        if (one.section_key, one.text) == (section_key, words):
            return one
    if len(mine) >= MOST_PROPOSALS:
        raise InvalidError(
            "You have proposed {most} new items in this round, which is the most. Change one of them.", most=MOST_PROPOSALS
        )
    proposal = Proposal(round_id=round_.id, panelist_id=member.panelist_id, section_key=section_key)
    proposal.versions.append(ProposalVersion(number=1, text=words))
    session.add(proposal)
    session.flush()
    return proposal


def _sections_asked_of(session: Session, member: RoundMember, round_: Round) -> set[str]:
    mine = chapters_asked(choices_of(round_.protocol), outline_of(session, round_.draft).chapters, member.group.label)
    return {section.key for chapter in mine for section in chapter.sections}


def change_proposal(session: Session, member: RoundMember, proposal_id: int, text: str, *, seen: int, now: datetime) -> Proposal:
    """Give one's own proposal other words, or take it back with none, unless it was changed since version `seen` was shown."""
    open_for_saving(session, member.round_id, now)
    lock_row(session, member)
    proposal = next((one for one in _new_items(session, member) if one.id == proposal_id), None)
    if proposal is None:
        raise NotFoundError("This is not a proposal of yours in this round.")
    words = clean(text)
    if words == proposal.text:
        return proposal
    if proposal.number != seen:
        raise ChangedElsewhereError(proposal.text, proposal.number)
    proposal.versions.append(ProposalVersion(number=proposal.number + 1, text=words))
    session.flush()
    return proposal


def proposals_to_read(session: Session, round_: Round) -> list[Proposed]:
    """Return what people proposed in a closed round, in an order that tells nothing of who did or when."""
    require_closed(round_)
    rows = session.execute(
        select(Proposal, ItemVersion, Item.key)
        .outerjoin(ItemVersion, ItemVersion.id == Proposal.item_version_id)
        .outerjoin(Item, Item.id == Proposal.outcome_item_id)
        .where(Proposal.round_id == round_.id)
        .order_by(Proposal.id)  # the ids are random
        .options(selectinload(ItemVersion.item))
    ).all()
    outline = outline_of(session, round_.draft)
    return [_proposed(outline, proposal, about, became) for proposal, about, became in rows if proposal.text]


def find_proposed(session: Session, round_: Round, proposal_id: int) -> Proposed:
    """Return one proposal of a closed round as the team reads it, or refuse."""
    one = next((one for one in proposals_to_read(session, round_) if one.id == proposal_id), None)
    if one is None:
        raise NotFoundError("Round {number} has no such proposal.", number=round_.number)
    return one


def key_for(text: str) -> str:
    """Return a key for a new item, of its first words, or nothing where they have no plain letters."""
    try:
        return slug_of(" ".join(text.split()[:5]))[:LONGEST_KEY].strip("-")
    except DelphiError:
        return ""


def settle(
    session: Session,
    study: Study,
    round_: Round,
    proposal_id: int,
    outcome: Outcome,
    *,
    version: int,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> Proposal:
    """Accept, merge or decline a proposal, with the reason that the proposer reads; what is accepted goes into the draft.

    `version` is the proposal's version that the form had shown: what somebody else has settled is not overwritten.
    """
    lock_row(session, study)
    require_closed(round_)
    proposal = session.get(Proposal, proposal_id, populate_existing=True)
    if proposal is None or proposal.round_id != round_.id or not proposal.text:
        raise NotFoundError("Round {number} has no such proposal.", number=round_.number)
    if proposal.version != version:
        raise ConflictError("Somebody else has settled this proposal meanwhile. Look at what they decided, then decide again.")
    if proposal.state == ProposalState.ACCEPTED:
        raise ConflictError("This proposal was accepted and is in the draft. Change the item there.")
    outcome = replace(
        outcome, reason=sound_reason(outcome.reason, marked("Give the reason in a sentence: the proposer reads it."))
    )
    key = _carry_out(session, study, round_, proposal, outcome, by, actor, now)
    proposal.state, proposal.reason = outcome.state, outcome.reason
    proposal.outcome_item_id = (
        session.scalars(select(Item.id).where(Item.study_id == study.id, Item.key == key)).one() if key else None
    )
    proposal.decided_by, proposal.decided_at = (by.id if by else None), now
    session.flush()
    auditing.record(
        session,
        study,
        f"proposal {outcome.state}",
        actor=actor,
        now=now,
        detail={"round": round_.number, "proposal": str(proposal.id), "item": key},
        texts={"proposal": proposal.text, "reason": outcome.reason},
    )
    return proposal


def _new_items(session: Session, member: RoundMember) -> list[Proposal]:
    mine = select(Proposal).where(
        Proposal.round_id == member.round_id, Proposal.panelist_id == member.panelist_id, Proposal.section_key.is_not(None)
    )
    return list(session.scalars(mine.order_by(Proposal.id)))


def _proposed(outline: Outline, proposal: Proposal, about: ItemVersion | None, became: str | None) -> Proposed:
    headings = {section.key: section.heading for section in outline.sections}
    section_key = outline.section_of(about.item.key).key if about else proposal.section_key or ""
    return Proposed(
        id=proposal.id,
        version=proposal.version,
        text=proposal.text,
        about=about,
        section_key=section_key,
        heading=headings.get(section_key, section_key),
        state=ProposalState(proposal.state),
        reason=proposal.reason,
        became=became or "",
    )


def _carry_out(
    session: Session,
    study: Study,
    round_: Round,
    proposal: Proposal,
    outcome: Outcome,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> str:
    """Do what the outcome says and return the key of the item that came of it, or none."""
    if outcome.state == ProposalState.DECLINED:
        return ""
    if outcome.state == ProposalState.MERGED:
        if outcome.into not in item_versions(session, latest_draft(session, study)):
            raise InvalidError("Choose the item that says it, or will say it.")
        return outcome.into
    if outcome.state != ProposalState.ACCEPTED:
        raise InvalidError("A proposal is accepted, merged into an item, or declined.")
    if not outcome.words.strip():
        raise InvalidError("Write the words as they are to stand in the manual.")
    if proposal.item_version_id is None:
        return _add_item(session, study, proposal.section_key or "", outcome, now)
    key = session.get_one(ItemVersion, proposal.item_version_id).item.key
    if key in decisions_of(session, round_):
        raise ConflictError(
            "The team has decided on {key} already. Change that decision, or merge the proposal into the item.", key=key
        )
    verdict = Verdict(Action.REWORD, outcome.reason, {key: outcome.words})
    decide(session, study, round_, key, verdict, version=0, by=by, actor=actor, now=now)
    return key


def _add_item(session: Session, study: Study, section_key: str, outcome: Outcome, now: datetime) -> str:
    """Put a new item at the end of a section of the working draft, under a key that no item has had."""
    draft = working_draft(session, study, now=now)
    outline = outline_of(session, draft)
    if not any(section.key == section_key for section in outline.sections):
        raise ConflictError("The section {key} is no longer in the manual. Merge the proposal, or decline it.", key=section_key)
    if not is_key(outcome.key):
        raise InvalidError("The key {key} cannot be used. Make it of the letters a–z, digits, - and _ only.", key=outcome.key)
    known = set(session.scalars(select(Item.key).where(Item.study_id == study.id))) | {one.key for one in outline.sections}
    if outcome.key in known:
        raise InvalidError("There is an item or section called {key} already. Give the new item another key.", key=outcome.key)
    item = ManualItem(outcome.key, outcome.kind, parse_wording(outcome.words).strip())
    sections = tuple(
        replace(section, blocks=(*section.blocks, item)) if section.key == section_key else section
        for section in outline.sections
    )
    store_outline(session, study, draft, replace(outline, sections=sections), Change(reason=outcome.reason))
    return outcome.key
