"""What a stable item amounts to, and every clause of the stopping rule with its sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.statistics.stopping import ItemState, Standing, classify, standing_of, stopping_answer
from delphi.statistics.verdicts import Verdict

AGREED = ItemState(Verdict.IN, True)
REJECTED = ItemState(Verdict.OUT, True)
OPEN_BUT_STABLE = ItemState(Verdict.NONE, True)
MOVING = ItemState(Verdict.IN, False)
NEW = ItemState(Verdict.IN, None)

states = st.builds(ItemState, st.sampled_from(list(Verdict)), st.sampled_from([True, False, None]))


@pytest.mark.parametrize(
    ("verdict", "bipolar", "zone_counts", "standing"),
    [
        ("consensus in", False, [0, 2, 8], Standing.CONSENSUS),
        ("consensus out", True, [8, 0, 2], Standing.CONSENSUS),
        ("no consensus", False, [4, 0, 6], Standing.MAJORITY),
        ("no consensus", True, [4, 0, 6], Standing.MAJORITY),
        ("no consensus", True, [5, 0, 5], Standing.BIPOLARITY),
        ("no consensus", True, [4, 1, 5], Standing.BIPOLARITY),
        ("no consensus", False, [2, 3, 5], Standing.PLURALITY),
        ("no consensus", False, [2, 4, 4], Standing.DISAGREEMENT),
        ("no consensus", False, [0, 0, 0], Standing.DISAGREEMENT),
    ],
)
def test_a_stable_item_stands_on_the_first_step_it_reaches(verdict, bipolar, zone_counts, standing):
    assert classify(verdict, True, bipolar, zone_counts, n_rated=10) is standing


@given(st.sampled_from(list(Verdict)), st.booleans(), st.lists(st.integers(0, 9), min_size=2, max_size=3))
def test_nothing_is_said_of_an_item_that_is_not_stable(verdict, bipolar, zone_counts):
    assert classify(verdict, False, bipolar, zone_counts, sum(zone_counts)) == "not stable"


def test_ratings_in_no_zone_count_against_a_majority():
    assert classify(Verdict.NONE, True, False, [1, 5], n_rated=9) is Standing.MAJORITY
    assert classify(Verdict.NONE, True, False, [1, 5], n_rated=10) is Standing.PLURALITY


@pytest.mark.parametrize(
    ("round_number", "items", "stop", "clause"),
    [
        (2, [AGREED, REJECTED], True, "All 2 open items are stable with consensus."),
        (2, [AGREED], True, "The open item is stable with consensus."),
        (2, [AGREED, OPEN_BUT_STABLE, AGREED], True, "All 3 open items are stable, 2 with consensus and 1 without."),
        (
            3,
            [OPEN_BUT_STABLE, ItemState(Verdict.NOT_RATED, True)],
            True,
            "All 2 open items are stable without consensus: another round is not expected to bring it.",
        ),
        (3, [AGREED, MOVING], True, "Round 3 is the last of 3: of 2 open items 1 is not stable."),
        (4, [NEW], True, "Round 4 is the last of 3: of 1 open item 1 was not rated by the same people in two rounds."),
        (2, [AGREED, MOVING, MOVING], False, "Not yet: of 3 open items 2 are not stable."),
        (
            1,
            [NEW, MOVING, NEW],
            False,
            "Not yet: of 3 open items 1 is not stable and 2 were not rated by the same people in two rounds.",
        ),
        (2, [], True, "No item is open."),
    ],
)
def test_the_clause_that_answers_is_named(round_number, items, stop, clause):
    answer = stopping_answer(round_number, 3, items)

    assert (answer.stop, answer.clause) == (stop, clause)


@given(st.integers(1, 6), st.one_of(st.none(), st.integers(1, 6)), st.lists(states, max_size=6))
def test_it_stops_at_the_last_round_or_when_everything_open_is_stable(round_number, max_rounds, items):
    is_last = max_rounds is not None and round_number >= max_rounds

    answer = stopping_answer(round_number, max_rounds, items)

    assert answer.stop == (is_last or all(item.is_stable for item in items))


@given(st.lists(states, min_size=1, max_size=6).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_of_the_items_changes_nothing(both):
    assert stopping_answer(2, 4, both[0]) == stopping_answer(2, 4, both[1])


class Shouting:
    """Words in capitals, as another language would bring its own."""

    def gettext(self, message, **values):
        return f"<{message % values}>" if values else message.upper()

    def ngettext(self, singular, plural, num, **values):
        return "{" + (singular if num == 1 else plural) % {"num": num, **values} + "}"

    def decimal(self, figure):
        return figure


@pytest.mark.parametrize(
    ("items", "clause"),
    [
        ([], "NO ITEM IS OPEN."),
        ([AGREED], "{The open item is stable with consensus.}"),
        ([AGREED, OPEN_BUT_STABLE], "<All 2 open items are stable, 1 with consensus and 1 without.>"),
        ([OPEN_BUT_STABLE], "{The open item is stable without consensus: another round is not expected to bring it.}"),
        ([MOVING], "<Not yet: of {1 open item} {1 is not stable}.>"),
    ],
)
def test_every_clause_can_be_said_in_other_words(items, clause):
    assert stopping_answer(2, 3, items, Shouting()).clause == clause


def entry(counts, verdict="no consensus", a=0.5, disagreement=False):
    told = {str(level): counts.get(level, 0) for level in range(1, 10)}
    n = sum(counts.values())
    return {"counts": told, "n_rated": n, "verdict": verdict, "van_der_eijk_a": a, "ram": {"disagreement": disagreement}}


ZONES = [[1, 3], [4, 6], [7, 9]]


@pytest.mark.parametrize(
    ("panel", "standing"),
    [
        (entry({8: 6, 2: 4}), Standing.MAJORITY),
        (entry({8: 5, 2: 5}, a=-0.2), Standing.BIPOLARITY),
        (entry({8: 5, 2: 5}, disagreement=True), Standing.BIPOLARITY),
        (entry({8: 5, 2: 3, 5: 2}), Standing.PLURALITY),
        (entry({8: 4, 2: 4, 5: 2}), Standing.DISAGREEMENT),
        (entry({2: 9, 5: 1}, verdict="consensus out"), Standing.CONSENSUS),
        ({**entry({8: 4, 2: 4, 5: 2}), "ram": None, "van_der_eijk_a": None}, Standing.DISAGREEMENT),
    ],
)
def test_what_an_entry_has_come_to_follows_from_its_counts(panel, standing):
    assert standing_of(panel, True, ZONES) is standing
    assert standing_of(panel, False, ZONES) is Standing.NOT_STABLE
