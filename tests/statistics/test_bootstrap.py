"""Bootstrap intervals against every resample there is, exact fractions, and resampling itself."""

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from delphi.statistics import Scale
from delphi.statistics.binomial_sums import BinomialSums
from delphi.statistics.bootstrap import (
    bootstrap_median,
    bootstrap_share,
    median_law,
    stratified_median,
    stratified_share,
)
from tests.statistics.conftest import ONE_TO_NINE, counts_of

ONE_TO_FIVE = Scale(1, 5)
five_levels = st.lists(st.integers(0, 9), min_size=5, max_size=5)
confidences = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


def ratings_of(counts):
    return [level for level, n in enumerate(counts, start=1) for _ in range(n)]


def twice_median(sample):
    ordered = sorted(sample)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]


def law_of_every_resample(*groups):
    """Return P(twice the median = value) by listing all resamples of each group, at its own size."""
    resamples = [list(product(group, repeat=len(group))) for group in groups]
    total = prod(map(len, resamples))
    law = {}
    for drawn in product(*resamples):
        value = twice_median([rating for group in drawn for rating in group])
        law[value] = law.get(value, Fraction(0)) + Fraction(1, total)
    return law


def multinomial_terms(n, shares):
    """Yield how many of n fall in each cell, and the probability of that."""
    for drawn in product(range(n + 1), repeat=len(shares)):
        if sum(drawn) == n:
            ways, rest = 1, n
            for k in drawn:
                ways, rest = ways * comb(rest, k), rest - k
            yield drawn, ways * prod((share**k for share, k in zip(shares, drawn, strict=True)), start=Fraction(1))


def law_of_counts(groups):
    """Return the same law from the counts that groups may draw, for groups too large to list their resamples."""
    drawn_laws = {(0,) * len(groups[0]): Fraction(1)}
    for counts in groups:
        shares = [Fraction(count, sum(counts)) for count in counts]
        following = {}
        for before, p in drawn_laws.items():
            for drawn, q in multinomial_terms(sum(counts), shares):
                key = tuple(a + b for a, b in zip(before, drawn, strict=True))
                following[key] = following.get(key, 0) + p * q
        drawn_laws = following
    law = {}
    for counts, p in drawn_laws.items():
        value = twice_median(ratings_of(counts))
        law[value] = law.get(value, 0) + p
    return law


def ends_of(law, confidence):
    """Return the smallest values whose cumulated probability reaches each end."""
    tail = (1 - Fraction(str(confidence))) / 2
    ends = []
    for target in (tail, 1 - tail):
        cumulated = Fraction(0)
        for value in sorted(law):
            cumulated += law[value]
            if cumulated >= target:
                ends.append(value)
                break
    return ends


def test_the_median_of_three_different_ratings_has_the_published_law():
    law = median_law(counts_of([2, 5, 9]), ONE_TO_NINE)

    probability = dict(zip(law.values.tolist(), law.probability.tolist(), strict=True))
    assert [probability[rating] for rating in (2, 5, 9)] == pytest.approx([7 / 27, 13 / 27, 7 / 27])
    assert law.probability.sum() == pytest.approx(1)


def test_the_convention_of_the_ends_by_hand():
    # 1, 2: medians 1, 1.5, 2 with 1/4, 1/2, 1/4. At 50 % the quarters are met exactly: 1, and 1.5, which 3/4 do not exceed.
    interval = bootstrap_median(counts_of([1, 2]), ONE_TO_NINE, confidence=0.5)

    assert (interval.lower, interval.upper) == (1, 1.5)
    wider = bootstrap_median(counts_of([1, 2]), ONE_TO_NINE)
    assert (wider.lower, wider.upper) == (1, 2)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), confidences)
def test_a_small_panel_has_the_law_of_all_its_resamples(ratings, confidence):
    expected = law_of_every_resample(ratings)
    counts = counts_of(ratings, ONE_TO_FIVE)

    law = median_law(counts, ONE_TO_FIVE)
    interval = bootstrap_median(counts, ONE_TO_FIVE, confidence)

    for value, probability in zip(law.values, law.probability, strict=True):
        assert probability == pytest.approx(float(expected.get(2 * value, 0)), abs=1e-13)
    assert [2 * interval.lower, 2 * interval.upper] == ends_of(expected, confidence)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), confidences)
def test_a_larger_panel_has_the_law_of_the_counts_it_may_draw(counts, confidence):
    expected = law_of_counts([counts])
    scale = Scale(1, 3)

    law = median_law(np.array(counts), scale)
    interval = bootstrap_median(np.array(counts), scale, confidence)

    assert law.probability.tolist() == pytest.approx([float(expected.get(2 + step, 0)) for step in range(5)], abs=1e-13)
    assert [2 * interval.lower, 2 * interval.upper] == ends_of(expected, confidence)


@pytest.mark.parametrize("n", [6, 7, 41, 60, 399, 400, 401, 5_733, 40_000, 40_001, 1_000_000])
def test_the_ends_are_those_of_the_law_at_any_size(n):
    generator = np.random.default_rng(n)
    counts = generator.multinomial(n, generator.dirichlet(np.ones(9), size=200))
    # A level boundary at the rank that decides makes an end depend on the law itself.
    for shift, row in enumerate(counts[:60]):
        at_end = int(n / 2 - 0.98 * n**0.5) + shift // 3 - 10 if shift % 2 else int(n / 2 + 0.98 * n**0.5) + shift // 3 - 10
        at_end = min(max(at_end, 0), n)
        row[:] = 0
        row[[2, 6]] = at_end, n - at_end
        if shift % 3 == 0 and at_end > 1:
            row[[1, 2]] += 1, -1

    interval = bootstrap_median(counts, ONE_TO_NINE)

    law = median_law(counts, ONE_TO_NINE)
    cumulated = law.probability.cumsum(axis=-1)
    assert interval.lower.tolist() == law.values[(cumulated >= 0.025 - 1e-10).argmax(axis=-1)].tolist()
    assert interval.upper.tolist() == law.values[(cumulated >= 0.975 - 1e-10).argmax(axis=-1)].tolist()


@given(st.integers(1, 400), st.integers(0, 400), confidences)
def test_a_share_has_the_quantiles_of_the_binomial_law(n, part, confidence):
    part = min(part, n)
    tail = (1 - confidence) / 2

    interval = bootstrap_share(np.array([part]), np.array([n]), confidence)

    law = stats.binom(n, part / n)
    assert interval.lower * n / 100 == pytest.approx(law.ppf(tail - 1e-10).clip(0), abs=1e-9)
    assert interval.upper * n / 100 == pytest.approx(law.ppf(1 - tail - 1e-10), abs=1e-9)


@pytest.mark.parametrize("n", [4_000, 40_000, 1_000_000])
def test_the_share_of_a_large_panel_has_the_quantiles_of_the_binomial_law(n):
    part = np.concatenate([np.arange(40), np.random.default_rng(n).integers(0, n + 1, 300), n - np.arange(40)])

    interval = bootstrap_share(part, np.full(part.size, n))

    law = stats.binom(n, part / n)
    assert np.array_equal(np.rint(interval.lower * n / 100), law.ppf(0.025))
    assert np.array_equal(np.rint(interval.upper * n / 100), law.ppf(0.975))


def test_everybody_and_nobody_have_no_uncertainty_when_drawn_anew():
    interval = bootstrap_share(np.array([0, 12]), np.array([12, 12]))

    assert interval.lower.tolist() == interval.upper.tolist() == [0, 100]


def test_without_ratings_there_is_no_interval():
    nobody = np.zeros((2, 3, 9), dtype=np.int64)

    for interval in (
        bootstrap_median(nobody, ONE_TO_NINE),
        bootstrap_share(nobody[..., 0], nobody[..., 0]),
        stratified_median(nobody, ONE_TO_NINE),
        stratified_share(nobody[..., 0], nobody[..., 0]),
    ):
        assert np.isnan(interval.lower).all()
        assert np.isnan(interval.upper).all()
    assert np.isnan(median_law(nobody, ONE_TO_NINE).probability).all()


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=3), confidences)
def test_groups_taken_together_have_the_law_of_groups_drawn_anew(groups, confidence):
    rated = [counts for counts in groups if any(counts)]
    scale = Scale(1, 3)

    interval = stratified_median(np.array(groups), scale, confidence)

    if rated:
        assert [2 * interval.lower, 2 * interval.upper] == ends_of(law_of_counts(rated), confidence)
    else:
        assert np.isnan(interval.lower)


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=2, max_size=2), confidences)
def test_two_small_groups_have_the_law_of_all_their_resamples(groups, confidence):
    scale = Scale(1, 4)

    interval = stratified_median(np.array([counts_of(group, scale) for group in groups]), scale, confidence)

    assert [2 * interval.lower, 2 * interval.upper] == ends_of(law_of_every_resample(*groups), confidence)


def convolved(successes, sizes):
    law = np.ones(1)
    for part, n in zip(successes, sizes, strict=True):
        law = np.convolve(law, stats.binom(n, part / n if n else 0).pmf(np.arange(n + 1)))
    return law


def naive_stratified_ends(groups):
    """Return the ends by convolving the groups' binomials for every pair of middle ratings, in level indices doubled."""
    sizes, below = groups.sum(axis=1), groups.cumsum(axis=1)
    n, n_levels = int(sizes.sum()), groups.shape[1]
    reached = np.zeros(2 * n_levels - 1)
    for v in range(n_levels):
        law = convolved(below[:, v], sizes)
        reached[2 * v :] = law[n // 2 + 1 :].sum()  # surely at or below v
        if n % 2:
            continue
        for i, j in product(range(v + 1), range(v + 1, n_levels)):
            for high, low, sign in ((i, j - 1, 1), (i - 1, j - 1, -1), (i, j, -1), (i - 1, j, 1)):
                half = law_of_halves(below, sizes, high, low)
                for twice in (2 * v, 2 * v + 1):
                    if twice < len(reached) and i + j <= twice:
                        reached[twice] += sign * half
    return [int((reached >= target).argmax()) for target in (0.025 - 1e-10, 0.975 - 1e-10)]


def law_of_halves(below, sizes, high, low):
    """Return P(exactly half at or below `high` and all others above `low`) as a coefficient of a product of polynomials."""
    law = np.ones(1)
    for group, n in zip(below, sizes, strict=True):
        inside = group[high] / n if high >= 0 and n else 0.0
        outside = 1 - group[low] / n if n else 1.0
        law = np.convolve(law, [comb(int(n), k) * inside**k * outside ** (int(n) - k) for k in range(n + 1)])
    return law[sizes.sum() // 2]


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 6), min_size=5, max_size=5), min_size=2, max_size=4))
def test_larger_groups_have_the_ends_of_the_convolution(groups):
    counts = np.array(groups)

    interval = stratified_median(counts, ONE_TO_FIVE)

    if counts.any():
        assert [2 * (interval.lower - 1), 2 * (interval.upper - 1)] == naive_stratified_ends(counts)


@given(st.lists(st.lists(st.integers(0, 60), min_size=2, max_size=2), min_size=1, max_size=7), confidences)
def test_a_share_of_groups_taken_together_has_the_quantiles_of_the_convolution(groups, confidence):
    part, other = np.array(groups).T
    law = convolved(part, part + other).cumsum()
    tail = (1 - confidence) / 2

    interval = stratified_share(part, part + other, confidence)

    n = sum(map(sum, groups))
    if n:
        expected = [int((law >= target - 1e-10).argmax()) for target in (tail, 1 - tail)]
        assert [interval.lower * n / 100, interval.upper * n / 100] == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(interval.lower)


@pytest.mark.parametrize("n", [40, 400, 4_000, 40_000])
def test_one_group_is_a_panel_that_is_not_divided(n):
    generator = np.random.default_rng(n)
    counts = generator.multinomial(n - generator.integers(0, 2, 300), generator.dirichlet(np.ones(9), size=300))

    divided, whole = stratified_median(counts[:, None], ONE_TO_NINE), bootstrap_median(counts, ONE_TO_NINE)
    in_zone, n_rated = counts[:, 6:].sum(axis=1), counts.sum(axis=1)
    shares, of_whole = stratified_share(in_zone[:, None], n_rated[:, None]), bootstrap_share(in_zone, n_rated)

    assert np.array_equal(divided.lower, whole.lower)
    assert np.array_equal(divided.upper, whole.upper)
    assert np.array_equal(shares.lower, of_whole.lower)
    assert np.array_equal(shares.upper, of_whole.upper)


def test_groups_that_disagree_make_a_stratified_interval_narrower():
    # 20 say 1 to 4, 20 say 6 to 9: drawn by group there are always 20 of each, so the middle stays between the groups.
    groups = np.array([[5, 5, 5, 5, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 5, 5, 5, 5]])

    by_group = stratified_median(groups, ONE_TO_NINE)
    pooled = bootstrap_median(groups.sum(axis=0), ONE_TO_NINE)

    assert (by_group.lower, by_group.upper) == (5, 5)
    assert pooled.lower < 4
    assert pooled.upper > 6


@pytest.mark.parametrize("n", [1, 30, 1_000, 40_000, 1_000_000])
def test_the_law_of_one_binomial_is_right_to_eleven_digits(n):
    successes = np.unique(np.linspace(0, n, 23).astype(int))
    sums = BinomialSums.of(successes[:, None] / n, np.full((successes.size, 1), n))

    for z in (-8, -2, -0.5, 0, 1, 3, 8):
        k = np.rint(successes + z * np.sqrt(successes * (1 - successes / n)) + z).astype(int)
        found = sums.at_least(k, np.arange(k.size))
        assert found == pytest.approx(stats.binom(n, successes / n).sf(k - 1), abs=1e-11)


def test_resampling_gives_the_same_interval():
    # Not a level's edge: the probabilities at the ends are far enough from 2.5 and 97.5 % for 20,000 replicates.
    counts = counts_of([1, 2, 2, 3, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 9])
    generator = np.random.default_rng(5)

    medians = np.median(generator.choice(np.array(sorted(ratings_of(counts))), (20_000, counts.sum())), axis=1)

    interval = bootstrap_median(counts, ONE_TO_NINE)
    law = median_law(counts, ONE_TO_NINE)
    assert [interval.lower, interval.upper] == np.quantile(medians, [0.025, 0.975], method="inverted_cdf").tolist()
    assert np.abs((medians[:, None] == law.values).mean(axis=0) - law.probability).max() < 0.02


def test_shapes_are_kept():
    counts = np.random.default_rng(1).integers(0, 9, (4, 3, 2, 9))

    assert bootstrap_median(counts, ONE_TO_NINE).lower.shape == (4, 3, 2)
    assert median_law(counts, ONE_TO_NINE).probability.shape == (4, 3, 2, 17)
    assert stratified_median(counts, ONE_TO_NINE).lower.shape == (4, 3)
    assert stratified_share(counts[..., 0], counts.sum(axis=-1)).lower.shape == (4, 3)
    assert bootstrap_share(counts[..., 0], counts.sum(axis=-1)).lower.shape == (4, 3, 2)
    assert bootstrap_median(counts[0, 0, 0], ONE_TO_NINE).lower == bootstrap_median(counts, ONE_TO_NINE).lower[0, 0, 0]
