"""What the team looks at when it decides: the items of a round, where their words come from, what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.errors import NotFoundError
from delphi.models import Decision, Item, ItemLineage, ItemVersion, Round, RoundItem, RoundStatus, Study
from delphi.services import disclosure
from delphi.services.decisions import require_closed
from delphi.services.drafts import item_versions, latest_draft
from delphi.services.results import team_view
from delphi.services.studies import rounds_of


@dataclass(frozen=True)
class Appearance:
    """One item in one closed round: its wording there, and the team's figures of it by criterion."""

    round: Round
    version: ItemVersion
    figures: tuple[disclosure.Entry, ...]


@dataclass(frozen=True)
class Outcome:
    """What a decision led to: the item versions that stand in the draft because of it, with what they came from."""

    version: ItemVersion
    relation: str


def asked_items(session: Session, round_: Round) -> list[ItemVersion]:
    """Return the items of a round in its order, as they were worded."""
    return list(
        session.scalars(
            select(ItemVersion)
            .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
            .where(RoundItem.round_id == round_.id)
            .order_by(RoundItem.position)
            .options(selectinload(ItemVersion.item))
        )
    )


def find_asked(asked: Sequence[ItemVersion], key: str) -> ItemVersion:
    """Return the item with this key among those that a round asked, or refuse."""
    for version in asked:
        if version.item.key == key:
            return version
    raise NotFoundError("This round did not ask an item called {key}.", key=key)


def closed_up_to(session: Session, study: Study, number: int) -> list[Round]:
    """Return the closed rounds up to this one, which has to be closed itself."""
    rounds = rounds_of(session, study)
    if not 1 <= number <= len(rounds):
        raise NotFoundError("This study has no round {number}.", number=number)
    require_closed(rounds[number - 1])
    return [round_ for round_ in rounds[:number] if round_.status != RoundStatus.OPEN]


def appearances(session: Session, study: Study, key: str) -> list[Appearance]:
    """Return the item in every closed round that asked it, the newest last."""
    rows = session.execute(
        select(Round, ItemVersion)
        .join(RoundItem, RoundItem.round_id == Round.id)
        .join(ItemVersion, ItemVersion.id == RoundItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Round.study_id == study.id, Round.status != RoundStatus.OPEN, Item.key == key)
        .order_by(Round.number)
    ).all()
    return [Appearance(round_, version, figures_of(session, round_, key)) for round_, version in rows]


def figures_of(session: Session, round_: Round, key: str) -> tuple[disclosure.Entry, ...]:
    """Return the team's frozen figures of one item, an entry per criterion, with the head counts of the groups (`people`)."""
    view = team_view(session, round_)
    return tuple({**entry, "people": view["groups"]} for entry in view["items"] if entry["item"] == key)


def parents_of(session: Session, version: ItemVersion) -> list[ItemVersion]:
    """Return the item versions that this one was made from."""
    return list(
        session.scalars(
            select(ItemVersion)
            .join(ItemLineage, ItemLineage.parent_version_id == ItemVersion.id)
            .where(ItemLineage.child_version_id == version.id)
            .options(selectinload(ItemVersion.item))
            .order_by(ItemVersion.id)
        )
    )


def outcomes_of(session: Session, round_: Round) -> dict[int, list[Outcome]]:
    """Return, by decision, the item versions that came of the round's decisions."""
    rows = session.execute(
        select(ItemLineage.decision_id, ItemLineage.relation, ItemVersion)
        .join(ItemVersion, ItemVersion.id == ItemLineage.child_version_id)
        .join(Decision, Decision.id == ItemLineage.decision_id)
        .where(Decision.round_id == round_.id)
        .options(selectinload(ItemVersion.item))
        .order_by(ItemVersion.id)
    )
    outcomes: dict[int, dict[int, Outcome]] = {}
    for decision_id, relation, version in rows:
        if decision_id is not None:
            outcomes.setdefault(decision_id, {})[version.id] = Outcome(version, relation)
    return {decision_id: list(found.values()) for decision_id, found in outcomes.items()}


def present_items(session: Session, study: Study) -> dict[str, ItemVersion]:
    """Return the items of the latest draft by key."""
    return item_versions(session, latest_draft(session, study))
