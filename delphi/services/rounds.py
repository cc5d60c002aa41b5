"""Rounds: what the next one asks, opening it, how far it is, closing it and publishing what it concluded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager

from delphi.database import lock_round_to_move, lock_row
from delphi.errors import ConflictError
from delphi.language import marked
from delphi.models import (
    Action,
    Ballot,
    Decision,
    Item,
    ItemVersion,
    Panelist,
    PlannedItem,
    Round,
    RoundItem,
    RoundMember,
    RoundStatus,
    RoundStep,
    StakeholderGroup,
    Standing,
    Study,
)
from delphi.services import auditing, disclosure, outbox, sign_off
from delphi.services.assigning import newly_asked
from delphi.services.background import release_background
from delphi.services.deadlines import end_of, require_to_come, usual_day, zone_of
from delphi.services.drafts import freeze, item_versions, latest_draft, outline_of
from delphi.services.findings import Finding
from delphi.services.keyring import Keyring
from delphi.services.links import new_member
from delphi.services.mail_plan import thank_at_the_close
from delphi.services.moderation import release_comments
from delphi.services.protocol import RESPONDENTS, Choices, choices_of, current_protocol
from delphi.services.readiness import check
from delphi.services.results import feedback_for, freeze_result, public_view, release_feedback
from delphi.services.studies import rounds_of

SETTLED = frozenset({"consensus in", "consensus out"})
MOST_UNABLE_PERCENT = 20


@dataclass(frozen=True)
class Proposal:
    """Whether the next round asks an item, and why: as it follows from the record, or as the team has changed it since.

    `changed` is the team's reason, "" where what is proposed stands; `why` is the record's all the same.
    """

    version: ItemVersion
    is_asked: bool
    why: str
    changed: str = ""


def proposed_items(session: Session, study: Study) -> list[Proposal]:
    """Return the items of the latest draft, each with whether the next round asks it again, and why."""
    number = len(rounds_of(session, study)) + 1
    changes = {planned.item_id: planned for planned in planned_items(session, study, number)}
    return [_changed(proposal, changes.get(proposal.version.item_id)) for proposal in _proposed(session, study)]


def planned_items(session: Session, study: Study, number: int) -> list[PlannedItem]:
    """Return what the team has changed about what the round of this number asks, in the order of the items' keys."""
    rows = select(PlannedItem).join(Item, Item.id == PlannedItem.item_id).options(contains_eager(PlannedItem.item))
    mine = rows.where(PlannedItem.study_id == study.id, PlannedItem.round_number == number).order_by(Item.key)
    return list(session.scalars(mine))


def _proposed(session: Session, study: Study) -> list[Proposal]:
    versions = item_versions(session, latest_draft(session, study))
    closed = [round_ for round_ in rounds_of(session, study) if round_.status != RoundStatus.OPEN]
    if not closed:
        return [Proposal(version, True, marked("It has not been rated yet.")) for version in versions.values()]
    last_asked = _last_asked(session, closed)
    still_open = why_open(session, closed)
    decisions = _decisions(session, closed)
    pulled, newly = _pulled(session, closed), newly_asked(session, study, closed)
    return [_proposal(version, last_asked, still_open, decisions, pulled, newly) for version in versions.values()]


def _changed(proposal: Proposal, planned: PlannedItem | None) -> Proposal:
    if planned is None or planned.is_asked == proposal.is_asked:
        return proposal
    return replace(proposal, is_asked=planned.is_asked, changed=planned.reason)


def open_round(
    session: Session, keyring: Keyring, study: Study, *, actor: str, now: datetime, deadline: datetime | None = None
) -> Round:
    """Open the next round on what remains: seal the protocol, freeze the draft, invite everybody."""
    lock_row(session, study)
    rounds = rounds_of(session, study)
    protocol = current_protocol(session, study)
    choices = choices_of(protocol)
    proposals = proposed_items(session, study)
    asked = [proposal.version for proposal in proposals if proposal.is_asked]
    panelists = _require_ready(session, study, rounds, asked, choices)
    unwise = _nothing_missing(check(session, study, asked, n_earlier=len(rounds)))
    sign_off.require_second(session, study, RoundStep.OPEN, len(rounds) + 1)
    zone = zone_of(session, study.id)
    deadline = deadline or end_of(usual_day(choices.weeks, zone, now=now), zone)
    require_to_come(deadline, zone, now=now)
    if not protocol.is_sealed:
        protocol.seal(now)
    draft = latest_draft(session, study)
    freeze(draft, now=now)
    round_ = Round(
        study_id=study.id,
        number=len(rounds) + 1,
        draft_id=draft.id,
        protocol_id=protocol.id,
        opened_at=now,
        deadline=deadline,
    )
    session.add(round_)
    session.flush()
    changed = _settle_plan(session, study, round_, proposals)
    session.add_all(RoundItem(round_id=round_.id, position=n, item_version_id=item.id) for n, item in enumerate(asked))
    _invite(session, keyring, round_, panelists, rounds[-1] if rounds else None, now)
    detail = {
        "round": round_.number,
        "draft": draft.number,
        "protocol": protocol.sha256,
        "items": len(asked),
        "invited": len(panelists),
        "deadline": deadline.isoformat(),
        **({"unwise": [finding.key for finding in unwise]} if unwise else {}),
        **({"changed": changed} if changed else {}),
    }
    auditing.record(session, study, "round opened", actor=actor, now=now, detail=detail)
    return round_


def invited_next(
    session: Session, study: Study, rounds: Sequence[Round], choices: Choices, asked: Sequence[ItemVersion]
) -> list[Panelist]:
    """Return who would be invited to the round after these: everybody who takes part, or as the protocol has it, whoever answered
    when they were asked last. Nobody is left out of a round for not being asked before, nor invited to be asked nothing.
    """
    taking_part = select(Panelist).where(Panelist.study_id == study.id, Panelist.standing == Standing.ACTIVE)
    if rounds and choices.inviting == RESPONDENTS:
        taking_part = taking_part.where(Panelist.id.not_in(_silent_when_last_asked(rounds)))
    if choices.asked_of:
        nothing = _asked_nothing(session, study, choices, asked)
        taking_part = taking_part.join(Panelist.group).where(StakeholderGroup.label.not_in(nothing))
    return list(session.scalars(taking_part.order_by(Panelist.id)))


def _silent_when_last_asked(rounds: Sequence[Round]) -> Select[int]:
    ids = [round_.id for round_ in rounds]
    mine = select(RoundMember.panelist_id, func.max(Round.number).label("number")).join(Round, Round.id == RoundMember.round_id)
    last = mine.where(Round.id.in_(ids)).group_by(RoundMember.panelist_id).subquery()
    answered = (
        select(Ballot.panelist_id)
        .join(Round, Round.id == Ballot.round_id)
        .where(Round.id.in_(ids), Ballot.panelist_id == last.c.panelist_id, Round.number == last.c.number, Ballot.revision > 0)
    )
    return select(last.c.panelist_id).where(~answered.exists())


def _asked_nothing(session: Session, study: Study, choices: Choices, asked: Sequence[ItemVersion]) -> list[str]:
    homes = outline_of(session, latest_draft(session, study)).homes
    sections = {homes[version.item.key] for version in asked}
    labels = session.scalars(select(StakeholderGroup.label).where(StakeholderGroup.study_id == study.id))
    return [label for label in labels if not any(choices.is_asked(section, label) for section in sections)]


def close_round(session: Session, study: Study, round_: Round, *, actor: str, now: datetime) -> Round:
    """Close the round for good and freeze what it concluded about each item."""
    lock_round_to_move(session, round_.id)
    session.refresh(round_)
    round_.close(now)
    sign_off.require_second(session, study, RoundStep.CLOSE, round_.number)
    result = freeze_result(session, round_, now=now)
    release_background(session, study, choices_of(round_.protocol))
    thank_at_the_close(session, round_, now=now)
    detail = {"round": round_.number, "result": result.sha256}
    auditing.record(session, study, "round closed", actor=actor, now=now, detail=detail)
    return round_


def publish_round(session: Session, study: Study, round_: Round, *, actor: str, now: datetime) -> Round:
    """Release the round's results to the panel, as far as the disclosure policy lets each group see them, and the comments
    that were approved.
    """
    lock_round_to_move(session, round_.id)
    session.refresh(round_)
    round_.publish(now)
    sign_off.require_second(session, study, RoundStep.PUBLISH, round_.number)
    release_feedback(session, round_)
    release_comments(session, study, round_, actor=actor, now=now)
    auditing.record(session, study, "round published", actor=actor, now=now, detail={"round": round_.number})
    return round_


def _settle_plan(session: Session, study: Study, round_: Round, proposals: list[Proposal]) -> list[str]:
    """Keep of the plan what does change something; return the keys of these items."""
    changed = {proposal.version.item_id: proposal.version.item.key for proposal in proposals if proposal.changed}
    for planned in planned_items(session, study, round_.number):
        if planned.item_id not in changed:
            session.delete(planned)
    session.flush()
    return list(changed.values())


def _require_ready(
    session: Session, study: Study, rounds: list[Round], asked: list[ItemVersion], choices: Choices
) -> list[Panelist]:
    if rounds and rounds[-1].status != RoundStatus.PUBLISHED:
        raise ConflictError(
            "Round {number} is not published yet. Close it and publish its results before the next one opens.",
            number=rounds[-1].number,
        )
    if not asked:
        raise ConflictError("There is nothing left to ask: every item is settled, kept or dropped. The manual is ready.")
    panelists = invited_next(session, study, rounds, choices, asked)
    if not panelists:
        raise ConflictError("There is nobody on the panel yet. Import the panel first.")
    return panelists


def _nothing_missing(findings: list[Finding]) -> list[Finding]:
    """Return the findings that somebody may go on in spite of, or refuse to open with what is missing."""
    for finding in findings:
        if finding.is_missing:
            raise ConflictError("{what} {why}", what=finding.what, why=finding.why)
    return findings


def _invite(
    session: Session, keyring: Keyring, round_: Round, panelists: list[Panelist], previous: Round | None, now: datetime
) -> None:
    shown: dict[int, int | None] = {}
    for panelist in panelists:
        if previous is not None and panelist.group_id not in shown:
            feedback = feedback_for(session, previous, panelist.group_id)
            shown[panelist.group_id] = feedback.id if feedback else None
        session.add(new_member(keyring, round_, panelist, shown.get(panelist.group_id)))
    outbox.queue_invitations(session, round_, panelists, now=now)
    session.flush()


def _last_asked(session: Session, closed: list[Round]) -> dict[int, tuple[int, int]]:
    """Return, by item, which round rated it last, and the number of the version that it rated; what was pulled was not rated."""
    rows = session.execute(
        select(ItemVersion.item_id, Round.id, ItemVersion.number)
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(Round.id.in_([round_.id for round_ in closed]), RoundItem.pulled_at.is_(None))
        .order_by(Round.number)
    )
    return {item_id: (round_id, number) for item_id, round_id, number in rows}


def _pulled(session: Session, closed: list[Round]) -> set[int]:
    """Return the items that were pulled from one of these rounds."""
    rows = select(ItemVersion.item_id).join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
    return set(
        session.scalars(rows.where(RoundItem.round_id.in_([round_.id for round_ in closed]), RoundItem.pulled_at.is_not(None)))
    )


def why_open(session: Session, closed: Sequence[Round]) -> dict[str, str]:
    """Return, by item key, why the last round that asked it did not settle it, or "" where it did; from published figures alone.

    What the next round asks is seen by everybody, so it must not tell of a group that is hidden.
    """
    why: dict[str, str] = {}
    for round_ in closed:
        by_item: dict[str, list[str]] = {}
        for (key, _), reason in reasons_open(session, round_).items():
            by_item.setdefault(key, []).append(reason)
        why.update({key: next(filter(None, reasons), "") for key, reasons in by_item.items()})
    return why


def reasons_open(session: Session, round_: Round) -> dict[tuple[str, str], str]:
    """Return the same for one round, by item key and criterion."""
    return {(entry["item"], entry["criterion"]): _reason_open(entry) for entry in public_view(session, round_)["items"]}


def _reason_open(item: disclosure.Entry) -> str:
    shown = [entry for entry in [item["panel"], *item["groups"]] if entry["shown"] != disclosure.HIDDEN]
    if item["verdict"] is None:
        return marked("Too few people, or too few of a group, rated it for its figures to settle it.")
    if item["verdict"] not in SETTLED:
        return marked("There is no consensus on it yet.")
    if any(group != item["verdict"] for group in item["group_verdicts"].values()):
        return marked("The groups do not agree on it.")
    if any(100 * entry["n_unable"] > MOST_UNABLE_PERCENT * (entry["n_rated"] + entry["n_unable"]) for entry in shown):
        return marked("More than a fifth of the panel or of a group were unable to rate it.")
    return ""


def _decisions(session: Session, closed: list[Round]) -> Mapping[tuple[int, int], Decision]:
    """Return every decision by round and item: what was decided before an item was asked again no longer holds."""
    decisions = session.scalars(select(Decision).where(Decision.round_id.in_([round_.id for round_ in closed])))
    return {(decision.round_id, decision.item_id): decision for decision in decisions}


def _proposal(
    version: ItemVersion,
    last_asked: Mapping[int, tuple[int, int]],
    still_open: Mapping[str, str],
    decisions: Mapping[tuple[int, int], Decision],
    pulled: Collection[int],
    newly: Collection[int],
) -> Proposal:
    if version.item_id not in last_asked:
        if version.item_id in pulled:
            return Proposal(version, True, marked("It was pulled from an earlier round and has no ratings that count."))
        return Proposal(version, True, marked("It is new and has not been rated yet."))
    round_id, number = last_asked[version.item_id]
    decision = decisions.get((round_id, version.item_id))
    if version.number != number:
        return Proposal(version, True, marked("Its wording has changed, so earlier ratings no longer speak for it."))
    if decision is not None and decision.action == Action.RE_RATE:
        return Proposal(version, True, marked("The team decided to ask it again."))
    if decision is not None and decision.action == Action.KEEP:
        return Proposal(version, False, marked("The team decided to keep it."))
    if version.item_id in newly:
        return Proposal(version, True, marked("A group is asked about it that was not asked before."))
    why = still_open.get(version.item.key, marked("Its figures are not published."))
    if not why:
        return Proposal(version, False, marked("It is settled: the panel and every group that is shown agree."))
    return Proposal(version, True, why)
