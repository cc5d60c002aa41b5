"""What became of a study's items so far, read once from the rows: drafts, wordings, published rounds, decisions.

The number of queries depends on the number of rounds, never on that of items or panelists.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from delphi.manual.outline import Outline
from delphi.models import (
    AuditEntry,
    Decision,
    DecisionComment,
    Draft,
    DraftSection,
    Item,
    ItemLineage,
    ItemVersion,
    PlannedItem,
    Round,
    RoundItem,
    RoundMember,
    RoundStatus,
    SectionVersion,
    StakeholderGroup,
    Study,
)
from delphi.services import disclosure
from delphi.services.drafts import item_versions, latest_draft, outline_of
from delphi.services.protocol import Choices, choices_of
from delphi.services.reasons import reason_in_words
from delphi.services.released import Shown, released_in
from delphi.services.results import public_view
from delphi.services.rounds import planned_items
from delphi.services.studies import rounds_of

MOVES_ON = (
    "study created",
    "draft imported",
    "section edited",
    "items marked",
    "item moved",
    "decision",
    "round published",
    "comment retracted",
    "proposal accepted",
)


@dataclass(frozen=True)
class PublishedRound:
    """A round whose results are published, and what of them may be told to everybody.

    `entries` are by item key, one to each criterion; `reasons` are why the rule said what may be told, in the reader's language,
    by item and criterion; `invited` are head counts by group, in the study's order; `comments` those that the panel was shown, in
    the order that was drawn; `late` are head counts by group of those who were invited for the first time, after round 1.
    """

    row: Round
    choices: Choices
    view: disclosure.View
    entries: Mapping[str, Sequence[disclosure.Entry]]
    reasons: Mapping[tuple[str, str], str]
    invited: Mapping[str, int]
    comments: Sequence[Shown]
    late: Mapping[str, int]

    @property
    def number(self) -> int:
        return self.row.number


@dataclass(frozen=True)
class Decided:
    """A decision taken on the results of a published round, and how many comments it answers."""

    round: int
    row: Decision
    n_comments: int


@dataclass(frozen=True)
class Origin:
    """That a wording came from another one: reworded, split or merged."""

    relation: str
    parent: ItemVersion
    is_published: bool


@dataclass(frozen=True)
class History:
    """A study's items and what became of them. Whatever is by key is by item key, in the order in which things happened."""

    study: Study
    draft: Draft
    outline: Outline
    as_of: datetime
    rounds: tuple[PublishedRound, ...]
    unpublished: tuple[Round, ...]
    current: Mapping[str, ItemVersion]
    versions: Mapping[str, Sequence[ItemVersion]]
    asked: Mapping[str, Mapping[int, ItemVersion]]
    decisions: Mapping[str, Sequence[Decided]]
    origins: Mapping[int, Sequence[Origin]]
    homes: Mapping[str, str]
    joined_round_1: int  # while it was open already
    planned: Mapping[str, Sequence[PlannedItem]]

    def was_asked(self, item_key: str) -> list[PublishedRound]:
        """Return the published rounds that asked the item."""
        asked = self.asked.get(item_key, {})
        return [published for published in self.rounds if published.number in asked]


def history_of(session: Session, study: Study) -> History:
    """Read what became of the study's items, from what is published and nothing else."""
    rounds = rounds_of(session, study)
    draft = latest_draft(session, study)
    published = [round_ for round_ in rounds if round_.status == RoundStatus.PUBLISHED]
    invited, late = _invited(session, published), _late(session, study, published)
    return History(
        study=study,
        draft=draft,
        outline=outline_of(session, draft),
        as_of=_as_of(session, study),
        rounds=tuple(_published(session, round_, invited.get(round_.id, {}), late.get(round_.id, {})) for round_ in published),
        unpublished=tuple(round_ for round_ in rounds if round_.status != RoundStatus.PUBLISHED),
        current=item_versions(session, draft),
        versions=_versions(session, study),
        asked=_asked(session, rounds),
        decisions=_decisions(session, published),
        origins=_origins(session, study, published),
        homes=_homes(session, study),
        joined_round_1=_joined_round_1(session, study) if published else 0,
        planned=_planned(session, study, published),
    )


def _as_of(session: Session, study: Study) -> datetime:
    """Return when the manual or its evidence last changed."""
    changes = select(func.max(AuditEntry.at)).where(AuditEntry.study_id == study.id, AuditEntry.action.in_(MOVES_ON))
    return session.scalars(changes).one() or study.created_at


def _published(session: Session, round_: Round, invited: Mapping[str, int], late: Mapping[str, int]) -> PublishedRound:
    view = public_view(session, round_)
    entries: dict[str, list[disclosure.Entry]] = {}
    for entry in view["items"]:
        entries.setdefault(entry["item"], []).append(entry)
    reasons = {
        (entry["item"], entry["criterion"]): reason_in_words(session, round_, entry) for entry in view["items"] if entry["reason"]
    }
    comments = tuple(released_in(session, round_).comments.values())
    return PublishedRound(round_, choices_of(round_.protocol), view, entries, reasons, invited, comments, late)


def _invited(session: Session, rounds: Iterable[Round]) -> dict[int, dict[str, int]]:
    """Return how many of each group were invited, by round, in the study's order of groups."""
    return _by_round_and_group(session, RoundMember.round_id.in_([round_.id for round_ in rounds]))


def _late(session: Session, study: Study, published: Iterable[Round]) -> dict[int, dict[str, int]]:
    """Return how many of each group came to the panel after round 1 had opened, by the first round that invited them."""
    earlier, round_of_earlier = aliased(RoundMember), aliased(Round)
    was_asked_before = (
        select(earlier.panelist_id)
        .join(round_of_earlier, round_of_earlier.id == earlier.round_id)
        .where(
            earlier.panelist_id == RoundMember.panelist_id,
            round_of_earlier.study_id == study.id,
            round_of_earlier.number < Round.number,
        )
        .exists()
    )
    ids = [round_.id for round_ in published if round_.number > 1]
    return _by_round_and_group(session, RoundMember.round_id.in_(ids), ~was_asked_before)


def _joined_round_1(session: Session, study: Study) -> int:
    joined = (AuditEntry.study_id == study.id, AuditEntry.action == "late addition", AuditEntry.detail == '{"round":1}')
    return session.scalar(select(func.count()).select_from(AuditEntry).where(*joined)) or 0


def _by_round_and_group(session: Session, *which: ColumnElement[bool]) -> dict[int, dict[str, int]]:
    """Return how many members of rounds there are, by round and by group in the study's order of groups."""
    rows = session.execute(
        select(RoundMember.round_id, StakeholderGroup.label, func.count())
        .join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
        .join(Round, Round.id == RoundMember.round_id)
        .where(*which)
        .group_by(RoundMember.round_id, StakeholderGroup.id)
        .order_by(StakeholderGroup.position)
    )
    people: dict[int, dict[str, int]] = {}
    for round_id, label, n in rows:
        people.setdefault(round_id, {})[label] = n
    return people


def _versions(session: Session, study: Study) -> dict[str, list[ItemVersion]]:
    rows = session.scalars(
        select(ItemVersion)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Item.study_id == study.id)
        .order_by(ItemVersion.number, ItemVersion.edit)
        .options(selectinload(ItemVersion.item))
    )
    versions: dict[str, list[ItemVersion]] = {}
    for version in rows:
        versions.setdefault(version.item.key, []).append(version)
    return versions


def _asked(session: Session, rounds: Iterable[Round]) -> dict[str, dict[int, ItemVersion]]:
    """Return which wording each round asked, by item key and round number, in the order in which items were first asked.

    What was pulled while a round was open has no figures of it.
    """
    rows = session.execute(
        select(Round.number, ItemVersion)
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(Round.id.in_([round_.id for round_ in rounds]), RoundItem.pulled_at.is_(None))
        .order_by(Round.number, RoundItem.position)
        .options(selectinload(ItemVersion.item))
    )
    asked: dict[str, dict[int, ItemVersion]] = {}
    for number, version in rows:
        asked.setdefault(version.item.key, {})[number] = version
    return asked


def _decisions(session: Session, rounds: Iterable[Round]) -> dict[str, list[Decided]]:
    numbers = {round_.id: round_.number for round_ in rounds}
    n_comments = select(func.count()).where(DecisionComment.decision_id == Decision.id).scalar_subquery()
    rows = session.execute(
        select(Decision, n_comments)
        .join(Round, Round.id == Decision.round_id)
        .where(Decision.round_id.in_(numbers))
        .order_by(Round.number)
        .options(selectinload(Decision.item))
    )
    decisions: dict[str, list[Decided]] = {}
    for decision, answered in rows:
        decisions.setdefault(decision.item.key, []).append(Decided(numbers[decision.round_id], decision, answered))
    return decisions


def _origins(session: Session, study: Study, published: Iterable[Round]) -> dict[int, list[Origin]]:
    """Return where each wording came from, by version; a decision on results that are not published yet is not told of."""
    told = {round_.id for round_ in published}
    rows = session.execute(
        select(ItemLineage, ItemVersion, Decision.round_id)
        .join(ItemVersion, ItemVersion.id == ItemLineage.parent_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .outerjoin(Decision, Decision.id == ItemLineage.decision_id)
        .where(Item.study_id == study.id)
        .order_by(Item.key, ItemVersion.number, ItemVersion.edit)
        .options(selectinload(ItemVersion.item))
    )
    origins: dict[int, list[Origin]] = {}
    for lineage, parent, round_id in rows:
        origin = Origin(lineage.relation, parent, round_id is None or round_id in told)
        origins.setdefault(lineage.child_version_id, []).append(origin)
    return origins


def _homes(session: Session, study: Study) -> dict[str, str]:
    """Return the heading under which each item stood last."""
    rows = session.scalars(
        select(SectionVersion)
        .join(DraftSection, DraftSection.section_version_id == SectionVersion.id)
        .join(Draft, Draft.id == DraftSection.draft_id)
        .where(Draft.study_id == study.id)
        .order_by(Draft.number, DraftSection.position)
        .options(selectinload(SectionVersion.section))
    )
    homes = {}
    for version in rows:
        homes[version.section.key] = version.heading
        homes.update({block["item"]: version.heading for block in version.blocks if "item" in block})
    return homes


def _planned(session: Session, study: Study, rounds: Sequence[Round]) -> dict[str, list[PlannedItem]]:
    """Return which items the published rounds asked or left out other than was proposed."""
    planned: dict[str, list[PlannedItem]] = {}
    for round_ in rounds:
        for one in planned_items(session, study, round_.number):
            planned.setdefault(one.item.key, []).append(one)
    return planned
