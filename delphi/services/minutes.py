"""How long reading and answering take, reckoned honestly: what people are told before they begin."""

from collections.abc import Collection, Iterable
from math import ceil

from sqlalchemy.orm import Session

from delphi.manual.html import plain_text
from delphi.manual.outline import Chapter, Outline
from delphi.models import Round
from delphi.services.ballots import questionnaire_of
from delphi.services.drafts import outline_of
from delphi.services.protocol import Choices

WORDS_PER_MINUTE = 200
SECONDS_PER_RATING = 15


def minutes_for(chapters: Iterable[Chapter], asked: Collection[str], n_criteria: int) -> int:
    """Return how many minutes it takes to rate the items of these keys and to read the chapters they stand in, at least one."""
    to_read = [chapter for chapter in chapters if any(item.key in asked for item in chapter.items)]
    n_words = sum(_n_words(plain_text(section.wording)) for chapter in to_read for section in chapter.sections)
    return max(1, round(n_words / WORDS_PER_MINUTE + len(asked) * n_criteria * SECONDS_PER_RATING / 60))


def minutes_to_read(text: str) -> int:
    """Return how many minutes it takes to read a text at the same rate, begun ones included."""
    return ceil(_n_words(text) / WORDS_PER_MINUTE)


def _n_words(text: str) -> int:
    return len(text.split())


def longest_minutes(outline: Outline, keys: Collection[str], choices: Choices, groups: Collection[str]) -> int:
    """Return how long the items of these keys take the group that is asked most, all of them where nothing is assigned."""
    if not choices.asked_of or not groups:
        return minutes_for(outline.chapters, keys, len(choices.criteria))
    return max(minutes_for(outline.chapters, _asked(outline, keys, choices, group), len(choices.criteria)) for group in groups)


def minutes_of_groups(session: Session, round_: Round, groups: Collection[str]) -> dict[str, int]:
    """Return an honest estimate of how long a round takes the members of each of these groups, reading included."""
    questionnaire, outline = questionnaire_of(session, round_), outline_of(session, round_.draft)
    keys = {version.item.key for place, version in enumerate(questionnaire.items) if place not in questionnaire.pulled}
    if not questionnaire.choices.asked_of:
        return dict.fromkeys(groups, longest_minutes(outline, keys, questionnaire.choices, groups))
    return {group: longest_minutes(outline, keys, questionnaire.choices, [group]) for group in groups}


def _asked(outline: Outline, keys: Collection[str], choices: Choices, group: str) -> frozenset[str]:
    homes = outline.homes
    return frozenset(key for key in keys if choices.is_asked(homes[key], group))
