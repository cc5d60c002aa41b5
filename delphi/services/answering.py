"""What a panelist's pages show: the manual, what is asked of it, own answers now and last time, and where wordings come from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from delphi.manual.html import plain_text
from delphi.manual.outline import Chapter
from delphi.models import Audience, Ballot, Feedback, ItemLineage, ItemVersion, Round, RoundItem, RoundMember, RoundStatus
from delphi.services import disclosure
from delphi.services.ballots import Questionnaire, questionnaire_of
from delphi.services.drafts import outline_of
from delphi.services.ratings import ballot_of, word_of
from delphi.services.remarks import comments_of, wordings_of
from delphi.services.results import feedback_for, feedback_view

WORDS_PER_MINUTE = 200
SECONDS_PER_RATING = 15


@dataclass(frozen=True)
class Rated:
    """What a panelist answered last time: in which round, about which wording, one value per criterion ("" for none)."""

    round: int
    version: ItemVersion
    values: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One item of the round for one panelist.

    `values` are the present answers by criterion: a level, `unable` or "". `comment` and `wording` are what the two boxes hold,
    each with the number of its version. `earlier` is the wording to compare with: of the
    own last rating or, without one, the last that the panel was asked; `parents` are the wordings that it was made from.
    """

    version: ItemVersion
    position: int
    values: tuple[str, ...]
    comment: str
    comment_number: int
    audience: Audience
    wording: str
    wording_number: int
    last: Rated | None
    earlier: ItemVersion | None
    parents: tuple[ItemVersion, ...]

    @property
    def is_answered(self) -> bool:
        return all(self.values)


@dataclass(frozen=True)
class Sheet:
    """Everything that a panelist's pages in one round are made of; `last` are the own answers of earlier rounds by item key."""

    questionnaire: Questionnaire
    chapters: tuple[Chapter, ...]
    asked: Mapping[str, Asked]
    last: Mapping[str, Rated]

    def asked_in(self, chapter: Chapter) -> list[Asked]:
        return [self.asked[item.key] for item in chapter.items if item.key in self.asked]

    def chapter(self, key: str) -> Chapter | None:
        return next((chapter for chapter in self.chapters if chapter.key == key), None)

    @property
    def unanswered(self) -> list[Asked]:
        return [asked for asked in self.asked.values() if not asked.is_answered]

    @property
    def minutes(self) -> int:
        """Return an honest estimate of the whole round, reading included."""
        return minutes_for(self.chapters, self.asked, len(self.questionnaire.choices.criteria))


def minutes_for(chapters: Iterable[Chapter], asked: Collection[str], n_criteria: int) -> int:
    """Return how many minutes it takes to rate the items of these keys and to read the chapters they stand in, at least one."""
    to_read = [chapter for chapter in chapters if any(item.key in asked for item in chapter.items)]
    n_words = sum(len(plain_text(section.wording).split()) for chapter in to_read for section in chapter.sections)
    return max(1, round(n_words / WORDS_PER_MINUTE + len(asked) * n_criteria * SECONDS_PER_RATING / 60))


def sheet_of(session: Session, member: RoundMember, round_: Round) -> Sheet:
    """Return what the round asks this panelist, with their answers now and last time."""
    questionnaire = questionnaire_of(session, round_)
    ballot = ballot_of(session, member)
    payload = ballot.payload if ballot else bytes(questionnaire.n_slots)
    comments, wordings = comments_of(session, member), wordings_of(session, member)
    last = _last_rated(session, member, round_)
    versions_before = _last_asked(session, round_)
    parents = _parents(session, questionnaire.items)
    asked = {}
    for position, version in enumerate(questionnaire.items):
        comment, wording = comments.get(version.id), wordings.get(version.id)
        mine = last.get(version.item_id)
        asked[version.item.key] = Asked(
            version=version,
            position=position,
            values=answers_in(questionnaire, payload, position),
            comment=comment.text if comment else "",
            comment_number=comment.number if comment else 0,
            audience=comment.audience if comment else Audience.TEAM,
            wording=wording.text if wording else "",
            wording_number=wording.number if wording else 0,
            last=mine,
            earlier=mine.version if mine else versions_before.get(version.item_id),
            parents=parents.get(version.id, ()),
        )
    by_key = {rated.version.item.key: rated for rated in last.values()}
    return Sheet(questionnaire, outline_of(session, round_.draft).chapters, asked, by_key)


def answers_in(questionnaire: Questionnaire, payload: bytes, position: int) -> tuple[str, ...]:
    """Return the answers that a ballot holds about one item, by criterion."""
    slots = [questionnaire.slot(position, n) for n in range(len(questionnaire.choices.criteria))]
    return tuple(word_of(questionnaire, payload[slot]) for slot in slots)


def feedback_on(session: Session, member: RoundMember, round_: Round) -> dict[tuple[str, str], disclosure.Entry]:
    """Return what the member is shown of published rounds, by item key and criterion: the latest round that asked it.

    Of the round before theirs it is what was assigned to them when their round opened, so that the record says what was shown.
    """
    assigned = session.get(Feedback, member.feedback_id) if member.feedback_id else None
    shown: dict[tuple[str, str], disclosure.Entry] = {}
    for earlier in _published_until(session, round_):
        is_assigned = assigned is not None and assigned.round_id == earlier.id
        feedback = assigned if is_assigned else feedback_for(session, earlier, member.group_id)
        if feedback is None:
            continue
        view = feedback_view(feedback)
        about = {"round": earlier.number, "people": view["groups"]}
        shown.update({(item["item"], item["criterion"]): {**item, **about} for item in view["items"]})
    return shown


def _published_until(session: Session, round_: Round) -> Sequence[Round]:
    return session.scalars(
        select(Round)
        .where(Round.study_id == round_.study_id, Round.number <= round_.number, Round.status == RoundStatus.PUBLISHED)
        .order_by(Round.number)
    ).all()


def _last_rated(session: Session, member: RoundMember, round_: Round) -> dict[int, Rated]:
    """Return the panelist's latest answer to each item in an earlier round."""
    rows = session.execute(
        select(Round, Ballot.payload)
        .join(Ballot, Ballot.round_id == Round.id)
        .where(Ballot.panelist_id == member.panelist_id, Round.study_id == round_.study_id, Round.number < round_.number)
        .order_by(Round.number)
    ).all()
    last = {}
    for earlier, payload in rows:
        questionnaire = questionnaire_of(session, earlier)
        for position, version in enumerate(questionnaire.items):
            values = answers_in(questionnaire, payload, position)
            if any(values):
                last[version.item_id] = Rated(earlier.number, version, values)
    return last


def _last_asked(session: Session, round_: Round) -> dict[int, ItemVersion]:
    """Return the wording of each item that the panel was asked last before this round."""
    versions = session.scalars(
        select(ItemVersion)
        .join(RoundItem, RoundItem.item_version_id == ItemVersion.id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(Round.study_id == round_.study_id, Round.number < round_.number)
        .order_by(Round.number)
    )
    return {version.item_id: version for version in versions}


def _parents(session: Session, versions: Iterable[ItemVersion]) -> dict[int, tuple[ItemVersion, ...]]:
    rows = session.execute(
        select(ItemLineage.child_version_id, ItemVersion)
        .join(ItemVersion, ItemVersion.id == ItemLineage.parent_version_id)
        .where(ItemLineage.child_version_id.in_([version.id for version in versions]))
        .options(selectinload(ItemVersion.item))
        .order_by(ItemVersion.id)
    )
    parents: dict[int, tuple[ItemVersion, ...]] = {}
    for child, parent in rows:
        parents[child] = (*parents.get(child, ()), parent)
    return parents
