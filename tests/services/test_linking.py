"""What a round concludes of the same people in it and the one before, and what of that the team may see; worked by hand."""

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from delphi.canonical import canonical
from delphi.language import speaking
from delphi.models import Round, Study
from delphi.pseudo import PSEUDO
from delphi.services.ballots import ratings_of
from delphi.services.disclosure import Policy, linked_for_team
from delphi.services.linking import settings_of
from delphi.services.protocol import choices_of
from delphi.services.reasons import clause_in_words
from delphi.services.results import linked_view, result_of
from delphi.services.studies import find_round
from delphi.statistics.analysis import analyse
from tests import cast
from tests.web import stages

PACE = ("pace", "importance")
REWORDED = (cast.ITEMS[0], "importance")


def document(session: Session, round_: Round) -> dict[str, Any]:
    frozen: dict[str, Any] = json.loads(result_of(session, round_).content)
    return frozen


def test_a_round_is_compared_with_the_one_before_item_by_item_in_the_same_words(session: Session) -> None:
    # Carers moved from 2 to 8: 6 of 15 pairs, net 40 %; practitioners stayed at 8.
    frozen = document(session, stages.round_two_closed(session))

    assert [round_["round"] for round_ in frozen["rounds"]] == [2]
    (step,) = frozen["stability"]
    told = {entry["group"]: (entry["item"], entry["n_pairs"], entry["net_change_percent"]) for entry in step["items"]}
    assert told == {None: ("pace", 15, 40), "Carers": ("pace", 6, 100), "Practitioners": ("pace", 9, 0)}


def test_it_is_what_the_analysis_says_of_both_rounds_where_no_words_changed(session: Session) -> None:
    second = stages.round_two_closed(session)
    study = session.get_one(Study, second.study_id)
    both = [ratings_of(session, round_) for round_ in (find_round(session, study, 1), second)]

    found = canonical(analyse(both, settings_of(choices_of(second.protocol)), "0"))

    frozen = document(session, second)
    # The p of Wilcoxon's test is adjusted over the items, and one of the two is in other words.
    said, wanted = (
        [{**entry, "wilcoxon": 0} for entry in each["stability"][0]["items"] if entry["item"] == "pace"]
        for each in (frozen, found)
    )
    assert said == wanted
    assert frozen["rounds"][0] == found["rounds"][1]
    assert frozen["worst_case"] == found["worst_case"]
    assert frozen["sensitivity"] == found["sensitivity"]


def test_who_stayed_and_left_is_counted_with_who_was_invited(session: Session) -> None:
    frozen = document(session, stages.round_two_closed(session))

    told = {
        entry["group"]: [entry[name] for name in ("invited", "stayed", "left", "joined", "mean_stayed", "mean_left")]
        for entry in frozen["attrition"]
    }
    # Means of four items in round 1: a carer 5, a practitioner 8; of those who stayed (6 x 5 + 9 x 8) / 15.
    assert told == {
        None: [20, 15, 5, 0, 6.8, 8],
        "Carers": [6, 6, 0, 0, 5, None],
        "Practitioners": [14, 9, 5, 0, 8, 8],
    }


def test_a_first_round_is_compared_with_nothing(session: Session) -> None:
    second = stages.round_two_closed(session)
    first = find_round(session, session.get_one(Study, second.study_id), 1)

    frozen = document(session, first)

    assert (frozen["stability"], frozen["attrition"], frozen["worst_case"]) == ([], [], [])
    assert linked_view(session, first)["from"] is None


def test_the_plan_is_the_last_clause(session: Session) -> None:
    second = stages.round_two_closed(session, planned_rounds=2)

    assert document(session, second)["stopping"]["stop"] is True
    assert clause_in_words(session, second) == (
        "Round 2 is the last of 2: of 2 open items 1 is not stable and 1 was not rated by the same people in two rounds."
    )
    with speaking(PSEUDO):
        said = clause_in_words(session, second)
    assert "Round" not in said
    assert "2" in said


def test_the_team_sees_how_those_had_rated_who_left_where_they_are_enough(session: Session) -> None:
    view = linked_view(session, stages.round_two_closed(session))

    assert [(one["group"], one["shown"], one["mean_left"]) for one in view["attrition"]] == [
        (None, True, 8),
        ("Carers", True, None),
        ("Practitioners", True, 8),
    ]
    assert view["movement"][PACE][None]["stable"] is False
    assert view["movement"].get(REWORDED) is None
    assert (view["standings"][PACE]["standing"], view["standings"][REWORDED]["standing"]) == ("not stable", None)


@pytest.mark.parametrize("leaving", [stages.FIVE_LEAVE[:4], ("carers-1@example.org",)])
def test_how_few_who_left_had_rated_is_told_of_nobody(session: Session, leaving: tuple[str, ...]) -> None:
    view = linked_view(session, stages.round_two_closed(session, leaving=leaving))

    assert [one["shown"] for one in view["attrition"]] == [False, False, False]
    assert {one[name] for one in view["attrition"] for name in ("mean_stayed", "mean_left", "p")} == {None}
    assert next(one["left"] for one in view["attrition"]) == len(leaving)


def _document(**groups: tuple[int, int]) -> dict[str, Any]:
    """Return the linked part of a result: by group how many stayed and left."""

    def entry(group: str | None, stayed: int, left: int) -> dict[str, Any]:
        heads = {"invited": stayed + left, "completed": stayed, "joined": 0, "stayed": stayed, "left": left}
        return {
            "group": group,
            **heads,
            "mean_stayed": 5.0,
            "mean_left": 6.0,
            "t": 1.0,
            "df": 2.0,
            "p": 0.5,
            "mann_whitney_p": 0.5,
        }

    panel = [sum(heads) for heads in zip(*groups.values(), strict=True)]
    pairs = [{"item": "pace", "criterion": "c", "group": None, "n_pairs": panel[0], "stable": True}]
    pairs += [{"item": "pace", "criterion": "c", "group": name, "n_pairs": n, "stable": True} for name, (n, _) in groups.items()]
    return {
        "stability": [{"from": 1, "to": 2, "items": pairs}],
        "attrition": [entry(None, *panel), *(entry(name, *heads) for name, heads in groups.items())],
        "stopping": {"stop": True, "clause": "All are."},
        "standings": [{"item": "pace", "criterion": "c", "stable": True, "standing": "consensus"}],
    }


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({"A": (9, 6), "B": (9, 7), "C": (9, 8)}, {None, "A", "B", "C"}),
        ({"A": (9, 4), "B": (9, 7), "C": (9, 8)}, {None, "C"}),  # A would follow from the panel and the others
        ({"A": (4, 9), "B": (9, 7), "C": (8, 8)}, {None, "B"}),  # so would the mean of A's four who stayed
        ({"A": (9, 0), "B": (9, 7)}, {None, "A", "B"}),
        ({"A": (9, 2), "B": (9, 2)}, set()),
        ({"A": (9, 2), "B": (9, 9)}, {None}),
    ],
)
def test_no_group_that_is_hidden_follows_from_the_others(groups: dict[str, tuple[int, int]], shown: set[str | None]) -> None:
    view = linked_for_team(_document(**groups), Policy())

    assert {one["group"] for one in view["attrition"] if one["shown"]} == shown


def test_of_four_who_answered_twice_nothing_is_told(session: Session) -> None:
    view = linked_for_team(_document(A=(3, 9), B=(1, 9)), Policy())

    assert view["movement"] == {("pace", "c"): {}}
    assert (view["stopping"], view["standings"]) == (None, {})


def test_results_of_earlier_versions_have_none_of_it() -> None:
    view = linked_for_team({"stability": []}, Policy())

    assert (view["from"], view["attrition"], view["stopping"]) == (None, [], None)
    assert view["movement"] == view["worst_case"] == view["sensitivity"] == {}
