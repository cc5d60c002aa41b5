"""What is shown of small groups, worked by hand, and what no reader can subtract, tried on random panels."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.errors import InvalidError
from delphi.services.disclosure import Policy, View, for_panelists, for_publication, for_team, hidden_groups
from delphi.services.protocol import SCALES
from delphi.statistics import NOT_ASKED
from delphi.statistics.analysis import RoundRatings, Settings, analyse
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.rule_files import RuleContext
from delphi.statistics.scale import ONE_TO_NINE

POLICY = Policy()
SCALE, ZONES = SCALES["1-9"].as_scale(), SCALES["1-9"].as_zones()
RULES = [name for name, preset in PRESETS.items() if preset.scale in (None, ONE_TO_NINE)]
Ballots = Mapping[str, list[list[int]]]


def analysed(ballots: Ballots, rule: str = "70/15") -> dict[str, Any]:
    """Return the full result of a round: one list of item bytes per person, by group."""
    matrix = np.array([ballot for group in ballots.values() for ballot in group], dtype=np.uint8)
    groups = np.array([code for code, group in enumerate(ballots.values()) for _ in group], dtype=np.int64)
    items = tuple(f"item-{n}" for n in range(matrix.shape[1]))
    ratings = RoundRatings(1, items, ("importance",), matrix, groups, tuple(ballots))
    return analyse([ratings], Settings(SCALE, ZONES, preset_rule(rule, RuleContext(SCALE, ZONES))), "0")


def everybody(**sizes: int) -> dict[str, list[list[int]]]:
    return {name: [[8]] * size for name, size in sizes.items()}


def tiers(view: View, item: int = 0) -> dict[str | None, str]:
    shown = view["items"][item]
    return {entry["group"]: entry["shown"] for entry in [shown["panel"], *shown["groups"]]}


def test_a_group_of_four_is_hidden_with_the_next_smallest_and_large_ones_are_shown_by_level() -> None:
    view = for_publication(analysed(everybody(Carers=4, Users=6, Staff=12)), POLICY)

    assert tiers(view) == {None: "levels", "Carers": "hidden", "Users": "hidden", "Staff": "levels"}
    assert view["items"][0]["groups"][0] == {"group": "Carers", "shown": "hidden"}
    assert view["groups"] == {"Carers": 4, "Users": 6, "Staff": 12}  # head counts are never hidden


def test_a_group_of_five_is_shown_to_others_by_zone_and_to_its_own_members_not_at_all() -> None:
    document = analysed(everybody(Carers=5, Users=12, Staff=13))

    by_staff, by_carers = (tiers(for_panelists(document, POLICY, own)) for own in ("Staff", "Carers"))

    assert by_staff == {None: "levels", "Carers": "zones", "Users": "zones", "Staff": "levels"}
    assert by_carers == {None: "levels", "Carers": "hidden", "Users": "hidden", "Staff": "levels"}
    assert tiers(for_panelists(analysed(everybody(Carers=6, Staff=12)), POLICY, "Carers"))["Carers"] == "zones"


def test_what_two_groups_are_shown_side_by_side_gives_no_third_away() -> None:
    document = analysed(everybody(Carers=4, Users=5, Staff=5, Others=12))

    shown = set()
    for own in (None, "Carers", "Users", "Staff", "Others"):
        shown |= {group for group, tier in tiers(for_panelists(document, POLICY, own)).items() if tier != "hidden"}

    assert shown == {None, "Users", "Others"}  # hidden: four carers and five staff, whoever looks


def test_an_item_that_few_of_a_group_have_rated_hides_the_group_for_that_item_alone() -> None:
    staff = [[8, 8]] * 4 + [[8, 0]] * 8  # twelve rated the first item, four the second
    view = for_publication(analysed({"Users": [[8, 8]] * 12, "Staff": staff}), POLICY)

    assert tiers(view, 0) == {None: "levels", "Users": "levels", "Staff": "levels"}
    assert tiers(view, 1) == {None: "levels", "Users": "hidden", "Staff": "hidden"}


def test_levels_of_large_groups_are_coarsened_when_the_rest_has_fewer_than_ten() -> None:
    view = for_publication(analysed(everybody(Users=6, Staff=12, Others=14)), POLICY)

    assert tiers(view) == {None: "levels", "Users": "zones", "Staff": "zones", "Others": "levels"}  # 32 - 26 = 6; 32 - 14 = 18


def test_by_zone_zone_counts_unable_and_the_median_are_shown_and_nothing_else() -> None:
    view = for_publication(analysed({"Users": [[8], [9], [7], [5], [2]], "Staff": [[8]] * 12}), POLICY)

    assert view["items"][0]["groups"][0] == {
        "group": "Users",
        "shown": "zones",
        "n_rated": 5,
        "n_unable": 0,
        "median": 7,
        "zone_counts": {"low": 1, "middle": 1, "high": 3},
    }


def test_a_group_in_which_nobody_took_part_hides_no_other() -> None:
    document = analysed(everybody(Users=6, Staff=12))
    document["rounds"][0]["groups"]["Carers"] = 0
    document["rounds"][0]["items"].append({**document["rounds"][0]["items"][-1], "group": "Carers", "n_rated": 0})

    assert tiers(for_publication(document, POLICY)) == {None: "levels", "Users": "zones", "Staff": "zones", "Carers": "hidden"}
    assert hidden_groups({"Users": 6, "Carers": 0}, POLICY) == {"Carers"}


def of_whom_some_are_not_asked(**sizes: tuple[int, int]) -> dict[str, list[list[int]]]:
    """Return a round of two items: how large each group is, and its answer to the first; everybody answers the second alike."""
    return {name: [[answer, 8]] * size for name, (size, answer) in sizes.items()}


def test_a_verdict_of_the_groups_that_were_asked_is_published_though_another_was_not() -> None:
    ballots = of_whom_some_are_not_asked(Carers=(12, NOT_ASKED), Users=(12, 8), Staff=(12, 8))

    asked_of_two, asked_of_all = for_publication(analysed(ballots, "70/15-every-group"), POLICY)["items"]

    assert (asked_of_two["verdict"], asked_of_two["group_verdicts"]) == (
        "consensus in",
        {"Users": "consensus in", "Staff": "consensus in"},
    )
    assert asked_of_all["group_verdicts"].keys() == {"Carers", "Users", "Staff"}


def test_a_group_that_was_not_asked_is_no_cover_for_a_small_one() -> None:
    ballots = of_whom_some_are_not_asked(Carers=(4, 8), Users=(6, NOT_ASKED), Staff=(12, 8), Managers=(14, 8))

    view = for_publication(analysed(ballots, "70/15-every-group"), POLICY)

    assert tiers(view) == {None: "levels", "Carers": "hidden", "Users": "not asked", "Staff": "hidden", "Managers": "levels"}
    assert view["items"][0]["verdict"] is None  # it would tell of the carers


def test_members_of_a_panel_of_five_are_shown_nothing_of_it() -> None:
    document = analysed(everybody(Staff=5))

    assert tiers(for_panelists(document, POLICY, "Staff"))[None] == "hidden"  # their own answer taken away, four remain
    assert tiers(for_publication(document, POLICY))[None] == "zones"


def test_panelists_are_shown_no_verdict_and_the_team_everything() -> None:
    document = analysed(everybody(Carers=4, Staff=12))

    assert "verdict" not in for_panelists(document, POLICY, "Staff")["items"][0]
    team = for_team(document)["items"][0]
    assert (team["verdict"], team["group_verdicts"]) == ("consensus in", {"Carers": "consensus in", "Staff": "consensus in"})
    assert team["groups"][0]["counts"]["8"] == 4


def test_how_firm_a_verdict_is_is_told_to_the_team_alone() -> None:
    document = analysed(everybody(Carers=4, Staff=12))

    team = for_team(document)["items"][0]

    assert (team["fragility"], team["fragile"]) == (document["rounds"][0]["items"][0]["fragility"], False)
    for view in (for_panelists(document, POLICY, "Staff"), for_publication(document, POLICY)):
        assert "fragil" not in str(view["items"])


def test_results_of_the_first_version_are_shown_without_it() -> None:
    document = analysed(everybody(Staff=12))
    for entry in document["rounds"][0]["items"]:
        entry.pop("fragility"), entry.pop("fragile", None)

    team = for_team(document)["items"][0]

    assert (team["fragility"], team["fragile"]) == (None, False)


@pytest.mark.parametrize(
    ("rule", "sizes", "verdict", "group_verdicts"),
    [
        ("70/15", {"Carers": 4, "Users": 6, "Staff": 12}, "consensus in", {"Staff": "consensus in"}),
        ("70/15-every-group", {"Carers": 4, "Users": 6, "Staff": 12}, None, {"Staff": "consensus in"}),
        ("70/15-every-group", {"Users": 6, "Staff": 12}, "consensus in", {"Users": "consensus in", "Staff": "consensus in"}),
        ("iqr-2", {"Users": 6, "Staff": 12, "Others": 14}, "consensus in", {"Others": "consensus in"}),
        ("70/15", {"Users": 4}, None, {}),
        ("iqr-2", {"Users": 9}, None, {}),  # an interquartile range is not shown of nine
    ],
)
def test_a_verdict_that_tells_of_what_is_hidden_is_withheld(
    rule: str, sizes: dict[str, int], verdict: str | None, group_verdicts: dict[str, str]
) -> None:
    item = for_publication(analysed(everybody(**sizes), rule), POLICY)["items"][0]

    assert (item["verdict"], item["group_verdicts"]) == (verdict, group_verdicts)
    assert (item["reason"] is None) == (verdict is None)


def test_a_rule_on_every_groups_spread_is_withheld_where_a_spread_is_not_shown() -> None:
    document = analysed(everybody(Users=6, Staff=12))
    document["settings"]["rule"] = {"name": "each", "source": "", "in": {"figure": "iqr", "at_most": 2, "groups": "every"}}

    assert for_publication(document, POLICY)["items"][0]["verdict"] is None


@pytest.mark.parametrize("thresholds", [(2, 6, 10), (5, 4, 10), (5, 6, 5)])
def test_a_policy_that_protects_nobody_is_refused(thresholds: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidError, match="three people"):
        Policy(*thresholds)


answers = st.sampled_from([0, 255, *range(1, 10)])


@st.composite
def swapped(draw: st.DrawFn) -> tuple[dict[str, list[list[int]]], dict[str, list[list[int]]]]:
    """Two panels that differ in who of the group of four and the next-smallest gave which answers."""
    n_items = draw(st.integers(1, 3))
    ballot = st.lists(answers, min_size=n_items, max_size=n_items).filter(any)
    sizes = {"Carers": 4, "Users": draw(st.integers(4, 12))}
    sizes |= {f"Group {n}": draw(st.integers(sizes["Users"] + 1, 24)) for n in range(draw(st.integers(1, 3)))}
    before = {group: draw(st.lists(ballot, min_size=size, max_size=size)) for group, size in sizes.items()}
    pool = draw(st.permutations(before["Carers"] + before["Users"]))
    return before, {**before, "Carers": pool[:4], "Users": pool[4:]}


@settings(max_examples=120, deadline=None)
@given(swapped(), st.sampled_from(RULES))
def test_who_of_two_hidden_groups_gave_which_answer_changes_nothing_that_is_shown(
    panels: tuple[Ballots, Ballots], rule: str
) -> None:
    before, after = (analysed(ballots, rule) for ballots in panels)

    assert for_publication(before, POLICY) == for_publication(after, POLICY)
    for own in (None, *panels[0]):
        assert for_panelists(before, POLICY, own) == for_panelists(after, POLICY, own)


@st.composite
def panels(draw: st.DrawFn) -> dict[str, list[list[int]]]:
    sizes = draw(st.lists(st.integers(1, 16), min_size=1, max_size=5))
    ballot = answers.filter(bool).map(lambda answer: [answer, 8])
    asked = {f"Group {n}": draw(st.lists(ballot, min_size=size, max_size=size)) for n, size in enumerate(sizes)}
    out = draw(st.sets(st.sampled_from(list(asked))))
    return {name: [[NOT_ASKED, 8] for _ in people] if name in out else people for name, people in asked.items()}


@settings(max_examples=200, deadline=None)
@given(panels())
def test_every_difference_of_released_figures_is_of_nobody_or_of_enough(ballots: Ballots) -> None:
    document = analysed(ballots)
    views = [for_publication(document, POLICY), *(for_panelists(document, POLICY, own) for own in ballots)]
    n_rated = {group: sum(1 for answer, _ in people if answer not in (255, NOT_ASKED)) for group, people in ballots.items()}
    whole = sum(n_rated.values())

    for tier_set, least in (({"zones", "levels"}, 5), ({"levels"}, 10)):
        # What all readers together have been shown, as if they had met.
        shown = {group for view in views for group, tier in tiers(view).items() if tier in tier_set}
        groups = sorted(shown - {None})
        for size in range(len(groups) + 1):
            for chosen in combinations(groups, size):
                covered = sum(n_rated[group] for group in chosen)
                assert covered == 0 or covered >= least
                if None in shown:
                    assert whole - covered == 0 or whole - covered >= least


def test_who_of_two_hidden_groups_said_what_is_not_told_by_a_group_that_was_not_asked() -> None:
    def published(carers: int, users: int) -> View:
        asked = of_whom_some_are_not_asked(Carers=(4, carers), Users=(4, users), Managers=(6, NOT_ASKED), Staff=(12, 8))
        return for_publication(analysed(asked, "70/15-every-group"), POLICY)

    view = published(2, 8)

    assert view == published(8, 2)
    assert tiers(view) == {None: "levels", "Carers": "hidden", "Users": "hidden", "Managers": "not asked", "Staff": "zones"}
    assert view["items"][0]["groups"][2]["n_rated"] == 0


def test_whoever_is_not_asked_is_shown_what_everybody_is() -> None:
    document = analysed(of_whom_some_are_not_asked(Carers=(4, NOT_ASKED), Users=(5, 8), Staff=(12, 8)))

    assert tiers(for_panelists(document, POLICY, "Carers")) == tiers(for_publication(document, POLICY))
    assert tiers(for_publication(document, POLICY)) == {None: "levels", "Carers": "not asked", "Users": "zones", "Staff": "zones"}
