"""A round beside the one before: the same people, and only what was asked in the same words."""

from collections.abc import Set
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

import delphi
from delphi.models import Round, StakeholderGroup
from delphi.services.ballots import Questionnaire, questionnaire_of, questionnaires_of, ratings_of
from delphi.services.participation import participation_of
from delphi.services.protocol import Choices, choices_of
from delphi.statistics.analysis import RoundRatings, Settings, analyse


def result_document(session: Session, round_: Round) -> dict[str, Any]:
    """Return everything that a round concludes, from every ballot of it and of the round before; its figures are its own.

    Whatever compares two rounds is what `delphi analyse` says of both, but that an item in other words is another one: ratings of
    earlier words are never taken for ratings of these.
    """
    choices = choices_of(round_.protocol)
    found = analyse([*_before(session, round_), ratings_of(session, round_)], settings_of(choices), version=delphi.__version__)
    document = {**found, "rounds": found["rounds"][-1:]}
    if participation := participation_of(session, round_):
        # A file of ratings does not say who was invited; a study knows.
        invited = {one["group"]: one["invited"] for one in participation}
        counted = [
            {**entry, **dict.fromkeys(("invited", "eligible"), invited.get(entry["group"], 0))} for entry in found["attrition"]
        ]
        document |= {"attrition": counted, "participation": participation}
    asked = questionnaire_of(session, round_)
    if pulled := asked.pulled_keys:
        document |= {"pulled": sorted(pulled)}
    if asked.sections:
        document |= {"not_asked": {group: _keys_not_asked(asked, group) for group in document["rounds"][0]["groups"]}}
    return document


def settings_of(choices: Choices) -> Settings:
    """Return what the statistics are told of a protocol."""
    return Settings(
        scale=choices.scale.as_scale(),
        zones=choices.scale.as_zones(),
        rule=choices.parsed_rule(),
        quantile_type=choices.quantile_type,
        denominator=choices.denominator,
        max_rounds=choices.last_round,
    )


def _before(session: Session, round_: Round) -> list[RoundRatings]:
    """Return the round before where it was rated on the same scale, what was worded otherwise under a name that no item has."""
    previous = session.scalar(select(Round).where(Round.study_id == round_.study_id, Round.number == round_.number - 1))
    if previous is None or choices_of(previous.protocol).scale != choices_of(round_.protocol).scale:
        return []
    asked = questionnaires_of(session, [previous, round_])
    before, now = ({version.item.key: version.number for version in asked[each.id].items} for each in (previous, round_))
    ratings = _of_groups(ratings_of(session, previous), _asked_something(session, round_))
    names = [key if now.get(key) == before[key] else f"{key} (version {before[key]})" for key in ratings.items]
    return [replace(ratings, items=tuple(names))]


def _keys_not_asked(asked: Questionnaire, group: str) -> list[str]:
    return sorted(asked.items[place].item.key for place in asked.not_asked(group))


def _asked_something(session: Session, round_: Round) -> frozenset[str]:
    """Return the groups that the round asks anything."""
    asked = questionnaire_of(session, round_)
    groups = session.scalars(select(StakeholderGroup.label).where(StakeholderGroup.study_id == round_.study_id))
    return frozenset(group for group in groups if asked.asks(group))


def _of_groups(ratings: RoundRatings, groups: Set[str]) -> RoundRatings:
    """Return the ratings of these groups alone: whoever is asked nothing in a round has not left the study in it."""
    kept = np.array([ratings.group_names[code] in groups for code in ratings.groups], dtype=np.bool_)
    if kept.all():
        return ratings
    participants = tuple(name for name, is_kept in zip(ratings.participants, kept, strict=True) if is_kept)
    return replace(ratings, matrix=ratings.matrix[kept], groups=ratings.groups[kept], participants=participants)
