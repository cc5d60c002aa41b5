"""Invented answers: a round filled in by people who do not exist, for a rehearsal; never for a study."""

from collections.abc import Iterator, Set
from datetime import datetime
from random import Random

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError
from delphi.language import speaking
from delphi.models import Audience, Ballot, Panelist, Round, RoundMember, RoundStatus, Standing, Study
from delphi.services.ballots import Questionnaire, questionnaire_of
from delphi.services.inventing import comment_on, introduce, write_a_little
from delphi.services.keyring import Keyring
from delphi.services.ratings import UNABLE_WORD, Answer, finish, save
from delphi.services.remarks import Remark
from delphi.services.studies import rounds_of

LEAVES_OUT, IS_UNABLE, COMMENTS = 0.04, 0.03, 0.06  # how often an item is left out, not rated, commented on
STAYS_AWAY = 0.1
SPREAD = 0.17  # of the scale, around what an item gets from a group


def fill_in(session: Session, keyring: Keyring, round_: Round, *, seed: int, now: datetime) -> int:
    """Answer an open round for everybody who has not begun, but for one of each group; return how many answered.

    Whoever tries the round out answers as the one who is left. A few write something besides, so that no page of the round stays
    empty. The same seed gives the same answers.
    """
    questionnaire = questionnaire_of(session, round_)
    dice = Random(seed)
    answering = [member for member in _idle(session, round_) if dice.random() >= STAYS_AWAY]
    for member in answering:
        skipped = questionnaire.not_asked_of(member)
        answers = _answers(questionnaire, member.group_id, skipped, seed, dice)
        remarks = dict(_remarks(questionnaire, skipped, dice))
        save(session, member, answers, remarks, now=now)
        finish(session, member, now=now)
    introduce(session, answering, questionnaire.choices.questions, seed=seed, now=now)
    write_a_little(session, keyring, round_, answering, questionnaire, seed=seed, now=now)
    return len(answering)


def fill_open_round(session: Session, keyring: Keyring, study: Study, *, now: datetime) -> int:
    """Invent answers to the open round of a rehearsal; in a rehearsal and nowhere else. Return how many answered."""
    if not study.is_rehearsal:
        raise ConflictError("Answers are invented in a rehearsal only.")
    opened = next((round_ for round_ in rounds_of(session, study) if round_.status == RoundStatus.OPEN), None)
    if opened is None:
        raise ConflictError("No round of the rehearsal is open, so there is nothing to answer.")
    with speaking(study.language):
        return fill_in(session, keyring, opened, seed=opened.number, now=now)


def n_begun(session: Session, round_: Round) -> int:
    """Return how many have begun with the round, invented or tried out."""
    begun = select(func.count()).select_from(Ballot).where(Ballot.round_id == round_.id, Ballot.revision > 0)
    return session.scalar(begun) or 0


def n_idle(session: Session, round_: Round) -> int:
    """Return for how many answers can still be invented."""
    return len(_idle(session, round_))


def left_to_try(session: Session, round_: Round) -> list[RoundMember]:
    """Return of each group the one whose answers are never invented."""
    members = {member.group_id: member for member in session.scalars(_members(round_))}
    return sorted(members.values(), key=lambda member: member.group.position)


def _idle(session: Session, round_: Round) -> list[RoundMember]:
    kept = {member.panelist_id for member in left_to_try(session, round_)}
    begun = set(session.scalars(select(Ballot.panelist_id).where(Ballot.round_id == round_.id, Ballot.revision > 0)))
    return [member for member in session.scalars(_members(round_)) if member.panelist_id not in kept | begun]


def _members(round_: Round) -> Select[RoundMember]:
    return (
        select(RoundMember)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .where(RoundMember.round_id == round_.id, Panelist.standing == Standing.ACTIVE)
        .order_by(RoundMember.panelist_id)
    )


def _answers(questionnaire: Questionnaire, group: int, skipped: Set[int], seed: int, dice: Random) -> dict[int, Answer]:
    scale = questionnaire.choices.scale
    answers = {}
    for slot in range(questionnaire.n_slots):
        chance = dice.random()
        if chance < LEAVES_OUT or questionnaire.place_of(slot) in skipped:
            continue
        # What a group thinks of an item is the same for all of its members, and most items please most groups.
        liking = Random(f"{seed} {slot} {group}").betavariate(5, 2)
        level = round(scale.low + (scale.high - scale.low) * dice.gauss(liking, SPREAD))
        value = UNABLE_WORD if chance < LEAVES_OUT + IS_UNABLE else str(min(max(level, scale.low), scale.high))
        answers[slot] = Answer(value)
    return answers


def _remarks(questionnaire: Questionnaire, skipped: Set[int], dice: Random) -> Iterator[tuple[str, Remark]]:
    for place, version in enumerate(questionnaire.items):
        if place not in skipped and dice.random() < COMMENTS:
            audience = dice.choice(list(Audience)) if questionnaire.choices.show_comments else Audience.TEAM
            yield version.item.key, comment_on(version, audience)
