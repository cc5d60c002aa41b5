"""Change between rounds: a panel worked by hand, real linked ratings, naive definitions and degenerate tables."""

import statistics
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from delphi.statistics import Scale, Zones, describe
from delphi.statistics.change_tests import bowker, chaffin_talley, difference_counts, laid_by_level, wilcoxon
from delphi.statistics.stability import Change, crossings, describe_change, zone_table
from tests.statistics.computed_change import ONE_TO_NINE, joint_of

USUAL = Zones((1, 3), (4, 6), (7, 9))
SCALES = [
    (ONE_TO_NINE, USUAL),
    (Scale(1, 4), Zones((1, 2), None, (3, 4))),
    (Scale(0, 10), Zones((0, 2), (4, 6), (8, 10))),  # 3 and 7 are in no zone
    (Scale(-3, 3), Zones((-3, -1), (0, 0), (1, 3))),
]
FIGURES = [name for name in Change.__annotations__ if name not in ("n_pairs", "stable")]


@st.composite
def panels(draw):
    scale, zones = draw(st.sampled_from(SCALES))
    level = st.integers(scale.low, scale.high)
    return scale, zones, draw(st.lists(st.tuples(level, level), max_size=30))


def change_of(pairs, scale=ONE_TO_NINE, zones=USUAL, quantile_type=7):
    previous, current = zip(*pairs, strict=True) if pairs else ((), ())
    return describe_change(joint_of(previous, current, scale), scale, zones, quantile_type)


def zone_of(rating, zones):
    bounds = {"low": zones.low, "middle": zones.middle, "high": zones.high}
    return next((name for name, zone in bounds.items() if zone and zone[0] <= rating <= zone[1]), None)


def naive_kappa(pairs, weight):
    expected = sum(weight(before, now) for before, _ in pairs for _, now in pairs)
    observed = sum(weight(before, now) for before, now in pairs)
    return 1 - len(pairs) * observed / expected if expected else np.nan


def naive_spearman(before, now):
    if len(set(before)) < 2 or len(set(now)) < 2:
        return np.nan
    return scipy.stats.spearmanr(before, now).statistic


def naive_cv(ratings, scale):
    mean = statistics.mean(ratings)
    return statistics.stdev(ratings) / mean if len(ratings) > 1 and mean > 0 and scale.low >= 0 else np.nan


def test_ten_people_by_hand():
    # Before: 2 2 5 6 6 7 7 8 8 9, now: 3 7 5 6 6 7 8 8 8 9.
    pairs = [(2, 3), (2, 7), (5, 5), (6, 6), (6, 6), (7, 7), (7, 8), (8, 8), (8, 8), (9, 9)]

    change = change_of(pairs)

    assert change.n_pairs == 10
    assert change.percent_changed == 30
    assert change.percent_zone_changed == 10  # only 2 to 7
    assert change.mean_absolute_change == pytest.approx(0.7)  # 1 + 5 + 1
    # Shares before 2: .2, 5: .1, 6: .2, 7: .2, 8: .2, 9: .1; now 3: .1, 5: .1, 6: .2, 7: .2, 8: .3, 9: .1.
    assert change.net_change_percent == pytest.approx(20)
    assert not change.stable
    assert change.median_change == 0.5  # 6.5 to 7
    assert change.iqr_change == -0.5  # 5.25 … 7.75 to 6 … 8
    # Sums 60 and 67, squares 412 and 477: variances 52 / 9 and 28.1 / 9.
    assert change.cv_change == pytest.approx((28.1 / 9) ** 0.5 / 6.7 - (52 / 9) ** 0.5 / 6)
    assert change.kappa == pytest.approx(1 - 30 / (100 - (1 + 4 + 4 + 6 + 1)))


@given(panels(), st.sampled_from([2, 6, 7]))
def test_every_figure_is_that_of_the_pairs_themselves(panel, quantile_type):
    scale, zones, pairs = panel
    n, before, now = len(pairs), [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    change = change_of(pairs, scale, zones, quantile_type)
    if not pairs:
        assert np.isnan([getattr(change, name) for name in FIGURES]).all()
        return

    spreads = [describe(joint_of(each, each, scale).sum(axis=0), scale, quantile_type).iqr for each in (before, now)]
    net = sum(abs(before.count(level) - now.count(level)) for level in scale.levels)
    expected = {
        "percent_changed": 100 * sum(a != b for a, b in pairs) / n,
        "percent_zone_changed": 100 * sum(zone_of(a, zones) != zone_of(b, zones) for a, b in pairs) / n,
        "mean_absolute_change": sum(abs(a - b) for a, b in pairs) / n,
        "weighted_kappa": naive_kappa(pairs, lambda a, b: abs(a - b)),
        "kappa": naive_kappa(pairs, lambda a, b: a != b),
        "kappa_quadratic": naive_kappa(pairs, lambda a, b: (a - b) ** 2),
        "spearman": naive_spearman(before, now),
        "net_change_percent": 100 * net / 2 / n,
        "median_change": statistics.median(now) - statistics.median(before),
        "iqr_change": float(spreads[1] - spreads[0]),
        "cv_change": naive_cv(now, scale) - naive_cv(before, scale),
    }
    assert {name: float(getattr(change, name)) for name in FIGURES} == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert change.n_pairs == n
    assert change.stable == (100 * net < 2 * 15 * n)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=2, max_size=30))
def test_kappas_are_those_of_statsmodels_on_the_full_scale(pairs):
    change = change_of(pairs)
    joint = joint_of(*zip(*pairs, strict=True))

    for ours, weights in ((change.kappa, None), (change.weighted_kappa, "linear"), (change.kappa_quadratic, "quadratic")):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs = cohens_kappa(joint, wt=weights, return_results=False)
        if not np.isnan(ours):
            assert ours == pytest.approx(theirs, abs=1e-12), weights


@pytest.mark.parametrize(("n_moved", "n_stable", "stable"), [(3, 17, False), (3, 18, True), (0, 1, True), (1, 5, False)])
def test_a_net_change_of_15_percent_is_not_stable(n_moved, n_stable, stable):
    change = change_of([(7, 8)] * n_moved + [(5, 5)] * n_stable)

    assert change.stable == stable
    assert change.net_change_percent == pytest.approx(100 * n_moved / (n_moved + n_stable))


def test_people_who_exchange_their_ratings_leave_the_group_stable():
    change = change_of([(2, 8), (8, 2), (3, 7), (7, 3)])

    assert change.percent_changed == change.percent_zone_changed == 100
    assert change.net_change_percent == change.median_change == change.iqr_change == change.cv_change == 0
    assert change.stable
    assert change.spearman == -1  # ranks 1 4 2 3 and 4 1 3 2


def test_nobody_in_both_rounds_is_neither_stable_nor_anything_else():
    change = describe_change(np.zeros((2, 3, 9, 9), dtype=np.int64), ONE_TO_NINE, USUAL)

    assert (change.n_pairs == 0).all()
    assert not change.stable.any()
    for name in FIGURES:
        assert np.isnan(getattr(change, name)).all(), name


def test_everybody_unchanged_agrees_with_themselves():
    change = change_of([(2, 2), (5, 5), (5, 5), (9, 9)])

    assert change.percent_changed == change.percent_zone_changed == change.mean_absolute_change == 0
    assert change.kappa == change.weighted_kappa == change.kappa_quadratic == change.spearman == 1
    assert change.stable


def test_everybody_unchanged_at_one_level_leaves_nothing_to_agree_by_chance():
    change = change_of([(7, 7)] * 5)

    assert change.percent_changed == 0
    assert np.isnan([change.kappa, change.weighted_kappa, change.kappa_quadratic, change.spearman]).all()
    assert change.cv_change == 0
    assert change.stable


def test_one_pair_has_a_change_and_no_spread():
    change = change_of([(3, 8)])

    assert (change.percent_changed, change.mean_absolute_change, change.median_change, change.iqr_change) == (100, 5, 5, 0)
    assert change.weighted_kappa == 0
    assert np.isnan([change.spearman, change.cv_change]).all()


def test_the_quantile_type_decides_the_change_of_the_iqr():
    pairs = [(1, 5), (2, 5), (3, 5), (9, 5)]

    assert change_of(pairs, quantile_type=7).iqr_change == -2.75  # 1.75 … 4.5
    assert change_of(pairs, quantile_type=6).iqr_change == -6.25  # 1.25 … 7.5


@given(panels())
def test_zones_are_counted_as_their_pairs_of_ratings(panel):
    scale, zones, pairs = panel
    names = [name for name in ("low", "middle", "high") if name != "middle" or zones.middle]
    moves = [(zone_of(before, zones), zone_of(now, zones)) for before, now in pairs]
    joint = joint_of(*zip(*pairs, strict=True), scale) if pairs else joint_of((), (), scale)

    assert zone_table(joint, scale, zones).tolist() == [[moves.count((before, now)) for now in names] for before in names]


@given(panels())
def test_crossings_are_who_left_and_who_entered_the_zone(panel):
    scale, zones, pairs = panel
    joint = joint_of(*zip(*pairs, strict=True), scale) if pairs else joint_of((), (), scale)
    moves = [(zone_of(before, zones) == "high", zone_of(now, zones) == "high") for before, now in pairs]

    crossed = crossings(joint, scale, zones.high)

    assert (crossed.left, crossed.entered) == (moves.count((True, False)), moves.count((False, True)))


def test_many_tables_at_once_are_described_like_each_alone():
    joints = np.random.default_rng(3).integers(0, 3, (4, 3, 9, 9))
    joints[1, 2] = 0
    laid_out_otherwise = np.asfortranarray(joints.astype(np.int32))

    together = describe_change(laid_out_otherwise, ONE_TO_NINE, USUAL)

    assert laid_by_level(laid_out_otherwise).tolist() == joints.tolist()
    for place in np.ndindex(4, 3):
        alone = describe_change(joints[place], ONE_TO_NINE, USUAL)
        for name in Change.__annotations__:
            np.testing.assert_array_equal(getattr(together, name)[place], getattr(alone, name))
    crossed = crossings(joints, ONE_TO_NINE, USUAL.high)
    assert crossed.left[2, 1] == joints[2, 1, 6:, :6].sum()
    assert zone_table(joints, ONE_TO_NINE, USUAL)[3, 0, 2, 1] == joints[3, 0, 6:, 3:6].sum()


def test_large_panels_do_not_overflow():
    joint = np.random.default_rng(4).integers(0, 9, (9, 9))

    small, large = describe_change(joint, ONE_TO_NINE, USUAL), describe_change(50_000 * joint, ONE_TO_NINE, USUAL)

    for name in set(FIGURES) - {"cv_change", "iqr_change"}:
        assert getattr(large, name) == pytest.approx(float(getattr(small, name)), rel=1e-12), name


def two_waves(vector, name, shuffled=False):
    """Return what the vector gives of change by item, and ours of the same ratings, persons in another order if wanted."""
    read = vector(name)
    inputs, scale = read["inputs"], Scale(*read["inputs"]["scale"])
    low, high = (int(part.split()[-1]) for part in inputs["zones"].split(" | between | "))
    zones = Zones((scale.low, low), (low + 1, high), (high + 1, scale.high))
    people = np.random.default_rng(5).permutation(len(inputs["wave1"])) if shuffled else slice(None)
    waves = zip(*(np.array(inputs[wave])[people].T for wave in ("wave1", "wave2")), strict=True)
    joint = np.array([joint_of(previous, current, scale) for previous, current in waves])
    return read["expected"], read["tolerance"], joint, scale, zones


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("name", ["two_wave_biobanking_wa", "two_wave_forestera", "two_wave_uppsala_speaks"])
def test_change_in_real_linked_ratings_is_reproduced(vector, name, shuffled):
    expected, tolerance, joint, scale, zones = two_waves(vector, name, shuffled)
    change, ranks = describe_change(joint, scale, zones), wilcoxon(difference_counts(joint))
    moves = zone_table(joint, scale, zones)
    individual, symmetry = chaffin_talley(moves), bowker(moves)

    for item, wanted in enumerate(expected["items"]):
        n_kept = int(symmetry.df[item])
        ours = {
            "changed": change.percent_changed[item] * expected["n"] / 100,
            "changed_zone": change.percent_zone_changed[item] * expected["n"] / 100,
            "mad_change": change.mean_absolute_change[item],
            "wil_V": ranks.v[item],
            "wil_p": ranks.p[item],
            "pratt_Z": ranks.z_pratt[item],
            "pratt_p": ranks.p_pratt[item],
            "kappa": change.kappa[item],
            "kappa_lin": change.weighted_kappa[item],
            "kappa_quad": change.kappa_quadratic[item],
            "spearman": change.spearman[item],
            "ct_chi": individual.statistic[item],
            "ct_df": individual.df[item] or np.nan,
            "ct_p": individual.p[item],
            # R divides 0 by 0 unless all three pairs of cells are kept, and always states three degrees of freedom.
            "bowker": symmetry.statistic[item] if n_kept == 3 else np.nan,
            "bowker_df": 3,
            "bowker_p": symmetry.p[item] if n_kept == 3 else np.nan,
        }
        theirs = {name: np.nan if wanted[name] is None else wanted[name] for name in ours}
        assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance, nan_ok=True), wanted["item"]
        assert moves[item].tolist() == wanted["zone_tab"]
        nonzero = {"stat": symmetry.statistic[item], "df": n_kept, "p": symmetry.p[item]}
        assert nonzero == pytest.approx(wanted["bowker_pairs_nonzero"], rel=tolerance, abs=tolerance)

    assert len(expected["items"]) == len(joint) > 40
    assert change.percent_changed.mean() / 100 == pytest.approx(expected["mean_share_of_ratings_changed"], abs=tolerance)


def test_individuals_change_in_real_forums_where_the_group_does_not(vector):
    *_, joint, scale, zones = two_waves(vector, "two_wave_forestera")

    change, ranks = describe_change(joint, scale, zones), wilcoxon(difference_counts(joint))

    assert round(float(change.percent_changed.mean())) == 76
    assert round(float(change.percent_zone_changed.mean())) == 39
    assert (ranks.p < 0.05).sum() == 2
    assert not (change.percent_zone_changed < 15).any()
