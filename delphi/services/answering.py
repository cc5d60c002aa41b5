"""What a panelist's pages show: the manual, what is asked of it, own answers now and last time, and where wordings come from."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from delphi.manual.outline import Chapter
from delphi.models import Audience, Ballot, Feedback, Item, ItemVersion, PlannedItem, Round, RoundItem, RoundMember, RoundStatus
from delphi.services import disclosure
from delphi.services.ancestry import Ancestry, ancestry_of
from delphi.services.ballots import Questionnaire, chapters_asked, questionnaire_of, questionnaires_of
from delphi.services.drafts import outline_of
from delphi.services.minutes import minutes_for
from delphi.services.protocol import Choices
from delphi.services.ratings import ballot_of, word_of
from delphi.services.remarks import comments_of, wordings_of
from delphi.services.results import feedback_by_round, feedback_view


@dataclass(frozen=True)
class Rated:
    """What a panelist answered last time: in which round, about which wording, one value per criterion ("" for none)."""

    round: int
    version: ItemVersion
    values: tuple[str, ...]


@dataclass(frozen=True)
class Since:
    """What became of the words since the own last rating, of this item or of one that it was made from: each change's reason."""

    rated: Rated
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One item of the round for one panelist.

    `values` are the present answers by criterion: a level, `unable` or "". `comment` and `wording` are what the two boxes hold,
    each with the number of its version. `last` is the own last rating of this item, and
    `since` what led from the words that were rated to these, None for who never rated them; `parents` are the wordings that this
    one was made from.
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
    since: Since | None
    parents: tuple[ItemVersion, ...]

    @property
    def is_answered(self) -> bool:
        return all(self.values)


@dataclass(frozen=True)
class Sheet:
    """Everything that a panelist's pages in one round are made of; `last` are the own answers of earlier rounds by item key.

    `why` are the team's reasons for asking an item that was to rest, or leaving one out that was to be asked, by item key.
    `chapters` are those that the panelist's group is asked about. Only other groups are asked about `n_others` more, and about
    the items in them, at the positions `skipped`.
    """

    questionnaire: Questionnaire
    chapters: tuple[Chapter, ...]
    asked: Mapping[str, Asked]
    last: Mapping[str, Rated]
    why: Mapping[str, str] = field(default_factory=dict)
    skipped: Set[int] = frozenset()
    n_others: int = 0

    def place(self, asked: Asked) -> tuple[int, int]:
        """Return which of the panelist's items this is, from 1 in the order in which they are read, and of how many."""
        return self._places[asked.version.item.key], len(self._places)

    @property
    def n_pulled(self) -> int:
        """Return how many items that were the panelist's to answer are not asked any more."""
        return len(self.questionnaire.pulled.keys() - self.skipped)

    def asked_in(self, chapter: Chapter) -> list[Asked]:
        return [self.asked[item.key] for item in chapter.as_read if item.key in self.asked]

    def chapter(self, key: str) -> Chapter | None:
        return next((chapter for chapter in self.chapters if chapter.key == key), None)

    @property
    def unanswered(self) -> list[Asked]:
        return sorted((asked for asked in self.asked.values() if not asked.is_answered), key=self.place)

    @property
    def minutes(self) -> int:
        """Return an honest estimate of the whole round, reading included."""
        return minutes_for(self.chapters, self.asked, len(self.questionnaire.choices.criteria))

    def minutes_left(self, chapter: Chapter) -> int:
        """Return an honest estimate of what is left in one chapter, reading included; 0 when all of it is answered."""
        to_do = [asked.version.item.key for asked in self.asked_in(chapter) if not asked.is_answered]
        return minutes_for([chapter], to_do, len(self.questionnaire.choices.criteria)) if to_do else 0

    @property
    def minutes_to_go(self) -> int:
        """Return an honest estimate of all that is not answered yet, reading included."""
        return sum(map(self.minutes_left, self.chapters))

    def chapters_within(self, minutes: int) -> list[Chapter]:
        """Return the unfinished chapters that fit into so many minutes one after the other, else the shortest alone."""
        unfinished = [chapter for chapter in self.chapters if self.minutes_left(chapter)]
        fitting = []
        for chapter in unfinished:
            if (takes := self.minutes_left(chapter)) <= minutes:
                fitting.append(chapter)
                minutes -= takes
        return fitting or sorted(unfinished, key=self.minutes_left)[:1]

    @cached_property
    def _places(self) -> dict[str, int]:
        # The ballot keeps a section that is rated as a whole before the items in it, where it stood when the round opened.
        items = enumerate(self.questionnaire.items)
        mine = {version.item.key for position, version in items if position not in self.skipped}
        read = (item.key for chapter in self.chapters for item in chapter.as_read if item.key in mine)
        return {key: n for n, key in enumerate(read, start=1)}


def sheet_of(session: Session, member: RoundMember, round_: Round) -> Sheet:
    """Return what the round asks this panelist, with their answers now and last time."""
    questionnaire = questionnaire_of(session, round_)
    ballot = ballot_of(session, member)
    payload = ballot.payload if ballot else bytes(questionnaire.n_slots)
    comments, wordings = comments_of(session, member), wordings_of(session, member)
    last = _last_rated(session, member, round_)
    ancestry = ancestry_of(session, round_.study_id) if round_.number > 1 else Ancestry({}, {})
    skipped = questionnaire.not_asked_of(member)
    asked = {}
    for position, version in enumerate(questionnaire.items):
        if position in questionnaire.pulled or position in skipped:
            continue
        comment, wording = comments.get(version.id), wordings.get(version.id)
        asked[version.item.key] = Asked(
            version=version,
            position=position,
            values=answers_in(questionnaire, payload, position),
            comment=comment.text if comment else "",
            comment_number=comment.number if comment else 0,
            audience=comment.audience if comment else Audience.TEAM,
            wording=wording.text if wording else "",
            wording_number=wording.number if wording else 0,
            last=last.get(version.item_id),
            since=_since(version, last, ancestry),
            parents=ancestry.parents(version),
        )
    by_key = {rated.version.item.key: rated for rated in last.values()}
    every = outline_of(session, round_.draft).chapters
    mine = chapters_asked(questionnaire.choices, every, member.group.label)
    why = _why_planned(session, round_)
    return Sheet(questionnaire, mine, asked, by_key, why, skipped, len(every) - len(mine))


def _why_planned(session: Session, round_: Round) -> dict[str, str]:
    rows = select(Item.key, PlannedItem.reason).join(PlannedItem, PlannedItem.item_id == Item.id)
    mine = rows.where(PlannedItem.study_id == round_.study_id, PlannedItem.round_number == round_.number)
    return {key: reason for key, reason in session.execute(mine)}


def answers_in(questionnaire: Questionnaire, payload: bytes, position: int) -> tuple[str, ...]:
    """Return the answers that a ballot holds about one item, by criterion."""
    slots = [questionnaire.slot(position, n) for n in range(len(questionnaire.choices.criteria))]
    return tuple(word_of(questionnaire, payload[slot]) for slot in slots)


def offered_in(asked: Asked, criterion: int, choices: Choices) -> str:
    """Return the own last rating where the protocol has it chosen beforehand: of these very words, while nothing is answered."""
    last = asked.last
    if not choices.preselect_last or last is None or asked.values[criterion] or criterion >= len(last.values):
        return ""
    return last.values[criterion] if last.version.number == asked.version.number else ""


def feedback_before(session: Session, member: RoundMember, round_: Round) -> dict[tuple[str, str], disclosure.Entry]:
    """Return what the member is shown of the rounds before theirs, by item key and criterion: the latest round that asked it.

    A round opens when all before it are published, and what it shows was assigned then: read later, this says what was shown.
    Each entry says which round it is of, how many people the groups had (`people`), and the number of the item's `version`.
    """
    return _feedback(session, member, _published(session, round_, Round.number < round_.number))


def feedback_on(session: Session, member: RoundMember, round_: Round) -> dict[tuple[str, str], disclosure.Entry]:
    """Return the same with the member's own round, once that is published too."""
    return _feedback(session, member, _published(session, round_, Round.number <= round_.number))


def _published(session: Session, round_: Round, which: ColumnElement[bool]) -> Sequence[Round]:
    return session.scalars(
        select(Round)
        .where(Round.study_id == round_.study_id, which, Round.status == RoundStatus.PUBLISHED)
        .order_by(Round.number)
    ).all()


def _feedback(session: Session, member: RoundMember, rounds: Sequence[Round]) -> dict[tuple[str, str], disclosure.Entry]:
    released = feedback_by_round(session, rounds, member.group_id)
    if assigned := session.get(Feedback, member.feedback_id) if member.feedback_id else None:
        released[assigned.round_id] = assigned
    numbers = _version_numbers(session, rounds)
    shown: dict[tuple[str, str], disclosure.Entry] = {}
    for earlier in rounds:
        if (feedback := released.get(earlier.id)) is None:
            continue
        view = feedback_view(feedback)
        for item in view["items"]:
            about = {"round": earlier.number, "people": view["groups"], "version": numbers[earlier.id, item["item"]]}
            shown[item["item"], item["criterion"]] = {**item, **about}
    return shown


def _version_numbers(session: Session, rounds: Sequence[Round]) -> dict[tuple[int, str], int]:
    """Return the number of the version that each of the rounds asked of an item, by round and key."""
    rows = session.execute(
        select(RoundItem.round_id, Item.key, ItemVersion.number)
        .join(ItemVersion, ItemVersion.id == RoundItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(RoundItem.round_id.in_([round_.id for round_ in rounds]))
    )
    return {(round_id, key): number for round_id, key, number in rows}


def _last_rated(session: Session, member: RoundMember, round_: Round) -> dict[int, Rated]:
    """Return the panelist's latest answer to each item in an earlier round."""
    rows = session.execute(
        select(Round, Ballot.payload)
        .join(Ballot, Ballot.round_id == Round.id)
        .where(Ballot.panelist_id == member.panelist_id, Round.study_id == round_.study_id, Round.number < round_.number)
        .order_by(Round.number)
    ).all()
    questionnaires = questionnaires_of(session, [earlier for earlier, _payload in rows])
    last = {}
    for earlier, payload in rows:
        questionnaire = questionnaires[earlier.id]
        for position, version in enumerate(questionnaire.items):
            values = answers_in(questionnaire, payload, position)
            if any(values) and position not in questionnaire.pulled:
                last[version.item_id] = Rated(earlier.number, version, values)
    return last


def _since(now: ItemVersion, last: Mapping[int, Rated], ancestry: Ancestry) -> Since | None:
    """Return what became of the words since the panelist rated them or, failing that, what these were made from."""
    rated = next((last[one.item_id] for one in (now, *ancestry.origins(now)) if one.item_id in last), None)
    if rated is None:
        return None
    way = ancestry.way(rated.version, now)
    if not way and rated.version.id != now.id:
        return None  # they rated that other item anew since these words were made from it
    return Since(rated, tuple(dict.fromkeys(version.reason for version in way if version.reason)))
