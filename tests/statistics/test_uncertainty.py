"""Intervals of medians against exact whole numbers at every size, and what decides binomial tails."""

import tracemalloc
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from delphi.statistics.uncertainty import median_interval, reaches
from tests.statistics.conftest import ONE_TO_NINE, counts_of


def naive_rank(n, confidence):
    """Return the largest r with 1 - 2 P(Bin(n, ½) < r) at least the confidence, and that coverage, in fractions."""
    best, tail = (0, None), Fraction(0)
    for rank in range(1, n // 2 + 2):
        tail += Fraction(comb(n, rank - 1), 2**n)
        if 1 - 2 * tail >= Fraction(str(confidence)):
            best = rank, 1 - 2 * tail
    return best


@given(st.lists(st.integers(1, 9), max_size=90), st.sampled_from([0.5, 0.8, 0.9, 0.9375, 0.95, 0.99]))
def test_the_ends_are_the_ratings_of_the_exact_ranks(ratings, confidence):
    ordered = sorted(ratings)
    rank, coverage = naive_rank(len(ratings), confidence)

    interval = median_interval(counts_of(ratings) if ratings else np.zeros(9, dtype=np.int64), ONE_TO_NINE, confidence)

    if rank:
        assert (interval.lower_rank, interval.upper_rank) == (rank, len(ratings) - rank + 1)
        assert (interval.lower, interval.upper) == (ordered[rank - 1], ordered[-rank])
        assert interval.coverage == pytest.approx(float(coverage), abs=1e-12)
    else:
        assert (interval.lower_rank, interval.upper_rank) == (0, 0)
        assert np.isnan([interval.lower, interval.upper, interval.coverage]).all()


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_ranks_are_exact_at_every_size_to_a_thousand(confidence):
    counts = np.zeros((1000, 9), dtype=np.int64)
    counts[:, 4] = np.arange(1, 1001)

    interval = median_interval(counts, ONE_TO_NINE, confidence)

    expected = [naive_rank(n, confidence) for n in range(1, 301)] + [naive_rank(n, confidence) for n in range(301, 1001, 37)]
    sizes = [*range(1, 301), *range(301, 1001, 37)]
    assert interval.lower_rank[np.array(sizes) - 1].tolist() == [rank for rank, _ in expected]
    assert interval.coverage[np.array(sizes) - 1].tolist() == pytest.approx(
        [np.nan if coverage is None else float(coverage) for _, coverage in expected], abs=1e-12, nan_ok=True
    )


def test_ranks_are_those_of_the_binomial_law_to_a_million():
    sizes = np.concatenate([np.arange(61, 6_000), np.random.default_rng(3).integers(6_000, 1_000_000, 3_000), [1_000_000]])
    counts = np.zeros((sizes.size, 9), dtype=np.int64)
    counts[:, 0] = sizes

    ranks = median_interval(counts, ONE_TO_NINE).lower_rank

    law = stats.binom(sizes, 0.5)
    assert (2 * law.cdf(ranks - 1) <= 0.05).all()
    assert (2 * law.cdf(ranks) > 0.05).all()


def test_no_more_than_five_ratings_give_no_interval_and_six_give_their_extremes():
    five, six = counts_of([1, 2, 3, 4, 5]), counts_of([1, 2, 3, 4, 5, 9])

    interval = median_interval(np.stack([five, six, 0 * five]), ONE_TO_NINE)

    assert interval.lower.tolist() == pytest.approx([np.nan, 1, np.nan], nan_ok=True)
    assert interval.upper.tolist() == pytest.approx([np.nan, 9, np.nan], nan_ok=True)
    assert interval.coverage[1] == 1 - 2 / 64
    assert interval.upper_rank.tolist() == [0, 6, 0]


def test_few_cells_with_many_ratings_need_no_table_of_all_sizes():
    counts = np.array([[0, 10**9, 0, 0, 0, 0, 0, 10**9, 0], [0, 0, 0, 0, 0, 7, 0, 0, 0]])

    tracemalloc.start()
    interval = median_interval(counts, ONE_TO_NINE)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 1_000_000
    assert interval.lower.tolist() == [2, 6]
    assert interval.upper.tolist() == [8, 6]
    assert interval.lower_rank[0] == pytest.approx(10**9 - 1.96 * (2 * 10**9) ** 0.5 / 2, rel=1e-6)


def test_shapes_are_kept():
    counts = np.random.default_rng(1).integers(0, 5, (3, 2, 9))

    interval = median_interval(counts, ONE_TO_NINE)

    assert interval.lower.shape == interval.coverage.shape == interval.upper_rank.shape == (3, 2)


@pytest.mark.parametrize("n", [101, 150, 400, 2_500, 40_000, 1_000_000])
def test_the_error_of_the_normal_law_is_within_its_bound(n):
    # Otherwise an end could be decided by an approximation.
    for share in (0.5, 0.45, 0.3, 0.2, 0.1, 0.05, 0.01, 0.003, 0.0005):
        sd = (n * share * (1 - share)) ** 0.5
        if sd < 5:
            continue
        step = max(1, int(sd / 200))
        k = np.arange(max(1, int(n * share - 6 * sd)), min(n, int(n * share + 6 * sd)), step)
        z = (n * share - k + 0.5) / sd
        normal = stats.norm.cdf(z) - (1 - 2 * share) / (6 * sd) * (1 - z * z) * stats.norm.pdf(z)

        error = np.abs(normal - stats.binom(n, share).sf(k - 1)).max()

        assert error <= (0.13 + 0.18 * abs(1 - 2 * share)) / sd**2 + np.exp(-1.5 * sd)


@given(st.integers(1, 3_000), st.floats(0, 1), st.floats(-4, 4), st.floats(0.001, 0.999))
def test_whether_a_binomial_tail_reaches_a_target_is_what_the_law_says(n, share, z, target):
    k = int(np.clip(round(n * share + z * (n * share * (1 - share)) ** 0.5), -1, n + 1))
    tail = stats.binom(n, share).sf(k - 1)

    found = reaches(np.array([k]), np.array([n]), np.array([share]), target)[0]

    assert found == (tail >= target) or abs(tail - target) < 1e-12
