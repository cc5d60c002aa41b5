"""Round 3: everybody is shown what became of the words since their own last rating, and figures that stay on record."""

import json

import pytest
from sqlalchemy.orm import Session

from delphi.models import Action, Round, RoundMember, Study
from delphi.services import decisions, results
from delphi.services.answering import Asked, feedback_before, sheet_of
from delphi.services.decisions import Verdict
from delphi.services.dissent import criteria_apart
from delphi.services.drafts import outline_of
from delphi.services.editing import import_draft
from delphi.services.protocol import CRITERIA, SCALES, choices_of
from delphi.services.studies import find_round
from tests import cast
from tests.web import stages

PLACE, PACE = cast.ITEMS[:2]


def take(session: Session, study: Study, round_: Round, verdict: Verdict) -> None:
    decisions.decide(session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)


def rewording(words: str) -> Verdict:
    return Verdict(Action.REWORD, f"So that it says: {words}", {"pace": words})


def asked(session: Session, round_: Round, address: str, key: str) -> Asked:
    return sheet_of(session, cast.member(session, round_, address), round_).asked[key]


@pytest.mark.parametrize(
    ("address", "then", "reasons"),
    [
        (stages.LAST_IN_ROUND_1, (1, stages.WORDS[0]), stages.REASONS),
        (stages.LAST_IN_ROUND_2, (2, stages.WORDS[1]), stages.REASONS[1:]),
        (stages.NEVER, None, ()),
    ],
)
def test_words_are_compared_with_those_that_one_rated_oneself(
    session: Session, address: str, then: tuple[int, str] | None, reasons: tuple[str, ...]
) -> None:
    since = asked(session, stages.round_three(session), address, PLACE).since

    assert (since and (since.rated.round, since.rated.version.text)) == then
    assert (since.reasons if since else ()) == reasons


def test_the_same_words_have_nothing_between_them(session: Session) -> None:
    since = asked(session, stages.round_three(session), stages.LAST_IN_ROUND_1, PACE).since

    assert since is not None
    assert (since.rated.version.label, since.reasons) == ("1", ())


@pytest.mark.parametrize(("rated", "is_told"), [({"pace": 8}, True), ({"step-back": 8}, False)])
def test_words_made_from_another_item_are_compared_for_who_rated_that_one(
    session: Session, rated: dict[str, int | str], is_told: bool
) -> None:
    study = stages.with_panel(session)
    first = cast.open_round(session, study)
    cast.rate(session, first, "carers-1@example.org", rated)
    cast.close_and_publish(session, study, first)
    split = Verdict(Action.SPLIT, "It said two things.", {"pace": "Slow.", "patience": "Patient."})
    take(session, study, first, split)
    second = cast.open_round(session, study)
    cast.rate(session, second, "carers-2@example.org", {"patience": 8})
    cast.close_and_publish(session, study, second)
    reword = Verdict(Action.REWORD, "With whom?", {"patience": "Patient with each other."})
    decisions.decide(session, study, second, "patience", reword, version=0, by=None, actor="researcher 1", now=cast.NOW)

    one = asked(session, cast.open_round(session, study), "carers-1@example.org", "patience")

    assert one.last is None
    told = (one.since.rated.version.text, one.since.reasons) if one.since else None
    assert told == (("The worker goes at the pace of the person.", ("It said two things.", "With whom?")) if is_told else None)


def test_an_item_that_left_and_came_back_is_compared_across_its_absence(session: Session) -> None:
    study = stages.with_panel(session)
    first = cast.open_round(session, study)
    cast.rate(session, first, "carers-1@example.org", {"pace": 8})
    cast.close_and_publish(session, study, first)
    take(session, study, first, Verdict(Action.DROP, "Nobody needs it."))
    cast.close_and_publish(session, study, cast.open_round(session, study))
    back = cast.reworded(outline_of(session, first.draft), {"pace": "The person sets the pace."})
    import_draft(session, study, back, reason="Some of you missed it.", typos=(), actor="researcher 1", now=cast.NOW)

    since = asked(session, cast.open_round(session, study), "carers-1@example.org", "pace").since

    assert since is not None
    assert (since.rated.round, since.rated.version.label, since.reasons) == (1, "1", ("Some of you missed it.",))


@pytest.mark.parametrize(
    ("address", "key", "apart"),
    [
        (stages.LAST_IN_ROUND_1, PACE, True),
        (stages.LAST_IN_ROUND_1, PLACE, False),  # the panel's figures speak of other words than theirs
        (stages.LAST_IN_ROUND_2, PACE, False),
        (stages.NEVER, PACE, False),
    ],
)
def test_who_sees_it_otherwise_than_most_is_told_so(session: Session, address: str, key: str, apart: bool) -> None:
    round_ = stages.round_three(session)
    shown = feedback_before(session, cast.member(session, round_, address), round_)

    assert bool(criteria_apart(asked(session, round_, address, key), shown, choices_of(round_.protocol))) is apart


@pytest.mark.parametrize(
    ("own", "others", "scale", "apart"),
    [
        (8, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2], "1-9", True),  # and from the other side
        (5, [6, 6, 6, 6, 6, 7, 7, 7, 7, 7], "1-9", False),  # the median 6.5 touches the middle zone and the high one
        (3, [6, 6, 6, 6, 6, 7, 7, 7, 7, 7], "1-9", True),
        ("unable", [2, 2, 2, 2, 2, 2, 2, 2, 2, 2], "1-9", False),
        (2, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4], "1-4", True),
        (2, [4, 4, 4, 4], "1-4", False),  # five people with the own one: nothing is shown to them
    ],
)
def test_apart_is_another_zone_than_that_of_a_median_that_is_shown(
    session: Session, own: int | str, others: list[int], scale: str, apart: bool
) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 11})
    cast.choose(session, study, scale=SCALES[scale])
    first = cast.open_round(session, study)
    for address, level in zip(addresses, [own, *others], strict=False):
        cast.rate(session, first, address, {"pace": level})
    cast.close_and_publish(session, study, first)
    take(session, study, first, Verdict(Action.RE_RATE, "Once more, to be sure."))
    second = cast.open_round(session, study)
    shown = feedback_before(session, cast.member(session, second, addresses[0]), second)

    found = criteria_apart(asked(session, second, addresses[0], "pace"), shown, choices_of(second.protocol))

    assert found == ((CRITERIA["importance"],) if apart else ())


def shown_in(session: Session, member: RoundMember, round_: Round) -> object:
    sheet = sheet_of(session, member, round_)
    return {key: (one.version.label, one.last, one.since) for key, one in sheet.asked.items()}, feedback_before(
        session, member, round_
    )


def test_what_a_card_showed_in_round_two_is_still_known_in_round_three(session: Session) -> None:
    study = stages.with_panel(session)
    first = cast.open_round(session, study)
    for n in range(1, 11):
        cast.rate(session, first, f"practitioners-{n}@example.org", dict.fromkeys(cast.ITEMS, 3 if n > 5 else 8))
    cast.close_and_publish(session, study, first)
    take(session, study, first, rewording("The person sets the pace."))
    second = cast.open_round(session, study)
    ada = cast.member(session, second, "practitioners-1@example.org")
    then = shown_in(session, ada, second)
    for n in range(1, 11):
        cast.rate(session, second, f"practitioners-{n}@example.org", dict.fromkeys(cast.ITEMS, 9))
    cast.close_and_publish(session, study, second)
    take(session, study, second, rewording("Only the person sets the pace."))

    cast.open_round(session, study)
    session.expire_all()

    assert shown_in(session, ada, second) == then


def test_a_round_says_who_of_its_participants_had_answered_the_one_before(session: Session) -> None:
    third = stages.round_three(session)
    study = session.get_one(Study, third.study_id)
    for n in (1, 2, 3):
        cast.rate(session, third, f"carers-{n}@example.org", {PACE: 7})
    cast.close_and_publish(session, study, third)

    first, second, latest = (results.result_of(session, find_round(session, study, n)).content for n in (1, 2, 3))

    counts = ("group", "invited", "participants", "answered_before", "skipped_before")
    assert "participation" not in json.loads(first)
    assert [tuple(one[name] for name in counts) for one in json.loads(second)["participation"]] == [
        (None, 16, 14, 14, 0),
        ("Carers", 6, 4, 4, 0),
        ("Practitioners", 10, 10, 10, 0),
    ]
    assert [tuple(one[name] for name in counts) for one in json.loads(latest)["participation"]] == [
        (None, 16, 3, 1, 2),
        ("Carers", 6, 3, 1, 2),
        ("Practitioners", 10, 0, 0, 0),
    ]


def test_small_groups_are_not_told_apart_in_what_is_published_of_it(session: Session) -> None:
    third = stages.round_three(session)
    study = session.get_one(Study, third.study_id)

    team, public = (
        view(session, find_round(session, study, 2))["participation"] for view in (results.team_view, results.public_view)
    )

    assert [one["answered_before"] for one in team] == [14, 4, 10]
    assert [one["answered_before"] for one in public] == [14, None, None]  # with ten of fourteen, the four would follow
    assert [one["participants"] for one in public] == [14, 4, 10]
