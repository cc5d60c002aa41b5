"""A panelist's own answers, all of them: for themselves, and for nobody else."""

from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Ballot, Comment, ItemVersion, Panelist, Proposal, Round, RoundMember
from delphi.services.answering import answers_in
from delphi.services.ballots import questionnaire_of
from delphi.services.drafts import outline_of
from delphi.services.protocol import Choices
from delphi.services.receipts import is_listed


@dataclass(frozen=True)
class OwnAnswer:
    """What a panelist said of one item in one round: the wording they had before them, a value per criterion, their texts.

    A value is a level, `unable` or "" for none.
    """

    version: ItemVersion
    heading: str
    values: tuple[str, ...]
    comment: str
    proposal: Proposal | None


@dataclass(frozen=True)
class OwnRound:
    """One panelist in one round: every item that it asked them about, in the manual's order, and the items that they proposed."""

    round: Round
    choices: Choices
    ballot: Ballot | None
    answers: tuple[OwnAnswer, ...]
    proposals: tuple[tuple[str, Proposal], ...]

    @property
    def is_listed(self) -> bool:
        return is_listed(self.round, self.ballot)

    @property
    def by_section(self) -> list[tuple[str, list[OwnAnswer]]]:
        """Return the answers under the headings that they stood under."""
        return [(heading, list(answers)) for heading, answers in groupby(self.answers, key=lambda one: one.heading)]


def own_rounds(session: Session, panelist: Panelist) -> list[OwnRound]:
    """Return every round in which the panelist has answered, commented or proposed something, the first one first."""
    rounds = session.scalars(select(Round).where(Round.study_id == panelist.study_id).order_by(Round.number))
    return [own for round_ in rounds if (own := _own_round(session, panelist, round_)) is not None]


def _own_round(session: Session, panelist: Panelist, round_: Round) -> OwnRound | None:
    ballot = session.get(Ballot, (round_.id, panelist.id))
    comments = session.scalars(select(Comment).where(Comment.round_id == round_.id, Comment.panelist_id == panelist.id))
    said = {comment.item_version_id: comment.text for comment in comments}
    proposals = session.scalars(select(Proposal).where(Proposal.round_id == round_.id, Proposal.panelist_id == panelist.id))
    proposed = [proposal for proposal in proposals if proposal.text]
    if ballot is None and not any(said.values()) and not proposed:
        return None
    questionnaire = questionnaire_of(session, round_)
    skipped = questionnaire.not_asked_of(session.get_one(RoundMember, (round_.id, panelist.id)))
    payload = ballot.payload if ballot else bytes(questionnaire.n_slots)
    outline = outline_of(session, round_.draft)
    headings = {item.key: chapter.heading for chapter in outline.chapters for item in chapter.items}
    wordings = {proposal.item_version_id: proposal for proposal in proposed}
    answers = [
        OwnAnswer(
            version=version,
            heading=headings[version.item.key],
            values=answers_in(questionnaire, payload, position),
            comment=said.get(version.id, ""),
            proposal=wordings.get(version.id),
        )
        for position, version in enumerate(questionnaire.items)
        if position not in skipped
    ]
    sections = {section.key: section.heading for section in outline.sections}
    new = [(sections.get(one.section_key or "", ""), one) for one in proposed if one.item_version_id is None]
    return OwnRound(round_, questionnaire.choices, ballot, tuple(answers), tuple(new))
