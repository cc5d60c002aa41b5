"""RAND/UCLA against the published tables, the worked example and distributions on which quantile types differ."""

import numpy as np
import pytest

from delphi.statistics import ScaleError, appropriateness, describe
from delphi.statistics.ram import CLASSES, THIRDS, Boundary, fewest_in_each_extreme, most_outside
from tests.statistics.conftest import ONE_TO_NINE, counts_of


def iqr_figures(ram):
    return {
        "p30": ram.p30,
        "p70": ram.p70,
        "IPR": ram.ipr,
        "IPRCP": ram.iprcp,
        "AI": ram.asymmetry_index,
        "IPRAS": ram.ipras,
        "DI": ram.disagreement_index,
        "disagreement": ram.disagreement,
    }


def classic_figures(ram, ratings):
    first, last = THIRDS[int(ram.third)]
    classic = {"agreement": ram.agreement_classic, "disagreement": ram.disagreement_classic}
    return {
        "n": len(ratings),
        "median": np.median(ratings),
        "region": [first, last],
        "outside": sum(not first <= rating <= last for rating in ratings),
        "low": sum(rating <= 3 for rating in ratings),
        "high": sum(rating >= 7 for rating in ratings),
        **{name: bool(flag) if ram.is_classic else None for name, flag in classic.items()},
    }


def test_ipras_and_the_classic_rule_are_right_whatever_the_quantile_type(vector):
    expected = vector("ram_ipras_grid")
    visited = 0

    for name, parts in expected["expected"].items():
        ratings = np.atleast_1d(expected["inputs"]["distributions"][name]).tolist()
        for part, figures in parts.items():
            quantile_type = 7 if part == "classic" else int(part.removeprefix("type"))
            ram = appropriateness(counts_of(ratings), quantile_type)
            ours = classic_figures(ram, ratings) if part == "classic" else iqr_figures(ram)
            assert set(ours) == set(figures)
            for figure, value in figures.items():
                assert ours[figure] == (value if value is None else pytest.approx(value, abs=expected["tolerance"])), (
                    name,
                    part,
                    figure,
                )
                visited += 1

    assert visited == 22 * (4 * 8 + 8)


def test_the_worked_example_of_fifteen_ratings_comes_out_as_printed(vector):
    example = vector("ram_bmjopen2012_example")
    counts = counts_of(example["inputs"]["ratings"])

    ram = appropriateness(counts)

    ours = {**iqr_figures(ram), "median": describe(counts, ONE_TO_NINE).median, "agreement_classic": ram.agreement_classic}
    assert counts.tolist() == example["inputs"]["counts_1_to_9"]
    for figure, value in example["expected"].items():
        assert ours[figure] == pytest.approx(value, abs=example["tolerance"]), figure
    assert CLASSES[int(ram.category)] == "appropriate"


def test_the_cut_offs_are_the_published_ones_for_every_size(vector):
    expected = vector("ram_agreement_table")["expected"]

    for n, most in expected["agreement_max_outside"].items():
        assert most_outside(np.array(int(n))) == most, n
        inside, outside = [8] * (int(n) - most), [5] * most
        assert appropriateness(counts_of(inside + outside)).agreement_classic
        assert not appropriateness(counts_of([*inside[1:], 5, *outside])).agreement_classic
    for n, fewest in expected["disagreement_min_each_extreme"].items():
        assert fewest_in_each_extreme(np.array(int(n))) == fewest, n
        middle = [5] * (int(n) - 2 * fewest)
        assert appropriateness(counts_of([1] * fewest + middle + [9] * fewest)).disagreement_classic
        assert not appropriateness(counts_of([1] * (fewest - 1) + [5] + middle + [9] * fewest)).disagreement_classic
    differing = [
        n for n, third in expected["contrast_one_third_rule"].items() if fewest_in_each_extreme(np.array(int(n))) != third
    ]
    assert differing == ["10", "13", "16"]


@pytest.mark.parametrize(
    ("ratings", "boundary", "category"),
    [
        ([3, 3, 4, 4], Boundary.HIGHER, "uncertain"),
        ([3, 3, 4, 4], Boundary.LOWER, "inappropriate"),
        ([6, 6, 7, 7], Boundary.HIGHER, "appropriate"),
        ([6, 6, 7, 7], Boundary.LOWER, "uncertain"),
        ([5, 5, 5], Boundary.LOWER, "uncertain"),
        ([7], Boundary.LOWER, "appropriate"),
        ([3], Boundary.HIGHER, "inappropriate"),
    ],
)
def test_a_median_between_two_thirds_belongs_where_the_setting_says(ratings, boundary, category):
    assert CLASSES[int(appropriateness(counts_of(ratings), boundary=boundary).category)] == category


def test_the_classic_rule_begins_at_eight_ratings():
    assert not appropriateness(counts_of([8] * 7)).is_classic
    assert appropriateness(counts_of([8] * 8)).is_classic


def test_disagreement_makes_a_high_median_uncertain():
    ram = appropriateness(counts_of([1, 1, 1, 1, 8, 8, 9, 9, 9]))

    assert ram.disagreement
    assert CLASSES[int(ram.category)] == "uncertain"


def test_nobody_has_no_ram_figures_and_another_scale_no_ram_at_all():
    assert np.isnan(appropriateness(np.zeros(9, dtype=np.int64)).disagreement_index)
    with pytest.raises(ScaleError, match="defined on the scale 1–9"):
        appropriateness(np.zeros(7, dtype=np.int64))
