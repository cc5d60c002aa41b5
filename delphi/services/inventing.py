"""What people who do not exist say beside their ratings, for a rehearsal: of themselves, of the manual, and to the team."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from delphi.language import gettext, marked
from delphi.manual.html import plain_text
from delphi.models import Audience, ItemVersion, Round, RoundMember
from delphi.services.background import PREFER_NOT, answer_questions, answers_of, declare_interests
from delphi.services.ballots import Questionnaire
from delphi.services.drafts import outline_of
from delphi.services.keyring import Keyring
from delphi.services.messages import write_to_team
from delphi.services.proposals import propose
from delphi.services.protocol import Question
from delphi.services.ratings import save
from delphi.services.remarks import LONGEST_TEXT, Remark

FEW = 3  # people who write at each filling, so that a rehearsal of a small study shows every kind of text too
KEEPS_QUIET, PREFERS_NOT, DECLARES = 0.05, 0.1, 0.4  # how often of themselves
COMMENT = marked("An invented comment on “{words}”.")
QUOTED_WORDS = 6
WORDING = marked("{words} (Other words, invented.)")
NEW_ITEMS = (
    marked("Invented: whoever comes is asked beforehand what would help them."),
    marked("Invented: after some weeks everybody says what should change."),
    marked("Invented: there is one person to turn to when something goes wrong."),
)
MESSAGES = (
    marked("An invented question: may I answer the rest by telephone?"),
    marked("An invented remark: the second section was hard to judge from where I stand."),
    marked("An invented question: when will the results be there?"),
)
INTERESTS = (
    marked("Invented: I am paid by a service that works in this way."),
    marked("Invented: I have helped to write an earlier manual."),
)


def introduce(
    session: Session, members: Sequence[RoundMember], questions: Sequence[Question], *, seed: int, now: datetime
) -> None:
    """Let everybody who has not yet said something of themself answer the background questions, and some declare an interest."""
    dice = Random(f"{seed} of themselves")
    silent = [member for member in members if not answers_of(session, member.panelist)]
    for place, member in enumerate(silent):
        answers = {question.key: _choice(question, dice) for question in questions}
        answer_questions(session, member, questions, answers, now=now)
        if dice.random() < DECLARES or place < FEW:
            declare_interests(session, member, gettext(dice.choice(INTERESTS)), now=now)


def write_a_little(
    session: Session,
    keyring: Keyring,
    round_: Round,
    members: Sequence[RoundMember],
    questionnaire: Questionnaire,
    *,
    seed: int,
    now: datetime,
) -> None:
    """Let a few of the people comment on an item, give another other words, propose a new one and write to the team."""
    dice, outline = Random(f"{seed} in words"), outline_of(session, round_.draft)
    readers = Audience.VERBATIM if questionnaire.choices.show_comments else Audience.TEAM
    for place, member in enumerate(dice.sample(members, min(FEW, len(members)))):
        asked = _asked_of(questionnaire, member)
        if not asked:
            continue
        about, other = dice.choice(asked), dice.choice(asked)
        save(session, member, {}, {about.item.key: comment_on(about, readers)}, _other_words(other), now=now)
        propose(session, member, outline.section_of(other.item.key).key, gettext(NEW_ITEMS[place]), now=now)
        write_to_team(session, keyring, member.panelist, gettext(MESSAGES[place]), now=now)


def comment_on(version: ItemVersion, audience: Audience) -> Remark:
    """Return an invented comment on an item, for these readers; it begins as the item does, or is named as a section is."""
    text = plain_text(version.text)
    words = text.split()
    begun = " ".join(words[:QUOTED_WORDS]) + (" …" if len(words) > QUOTED_WORDS else "")
    return Remark(gettext(COMMENT).format(words=text.splitlines()[0] if version.item.is_section else begun), audience=audience)


def _choice(question: Question, dice: Random) -> str:
    """Return an answer to a question: now and then none, or that one would rather not say."""
    chance = dice.random()
    if chance < KEEPS_QUIET:
        return ""
    return PREFER_NOT if chance < KEEPS_QUIET + PREFERS_NOT else dice.choice(question.options)


def _asked_of(questionnaire: Questionnaire, member: RoundMember) -> list[ItemVersion]:
    skipped = questionnaire.not_asked_of(member) | questionnaire.pulled.keys()
    return [version for place, version in enumerate(questionnaire.items) if place not in skipped]


def _other_words(version: ItemVersion) -> dict[str, Remark]:
    """Return other words for an item, by its key; none for a whole section, nor where there is no room for more."""
    words = gettext(WORDING).format(words=version.text)
    return {} if version.item.is_section or len(words) > LONGEST_TEXT else {version.item.key: Remark(words)}
