"""The same figures by the packages that are usual for them, each by the call that its documentation gives.

Every function takes what its `..._input` prepared (that is not timed) and returns arrays of the shapes stated here, in which the
first "group" is the whole panel and the six groups follow: [item, group], [group] or [item]. Scale 1–9, zones 1–3, 4–6, 7–9.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import krippendorff
import numpy as np
import pandas
import pingouin
import polars
import scipy.stats
import statsmodels.stats.inter_rater
import statsmodels.stats.proportion
from numpy.typing import NDArray

from tests.benchmarks.panels import GROUP_NAMES, HIGHEST, LOWEST, MISSING, Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS = range(LOWEST, HIGHEST + 1)
QUANTILES = (0.25, 0.3, 0.5, 0.7, 0.75)  # type 7
_GROUPS = range(len(GROUP_NAMES))
_LONG_IS_FASTER_UP_TO = 500_000


@dataclass(frozen=True)
class Descriptives:
    """What is usually told of a distribution; [item, group], `quantiles` as QUANTILES, `counts` by level, `percent` by zone."""

    n: Ints
    mean: Floats
    sd: Floats
    quantiles: Floats
    counts: Ints
    percent: Floats
    ipr: Floats
    ipras: Floats
    entropy: Floats


@dataclass(frozen=True)
class Stability:
    """From the first round to the second, all raters who rated both; [item]. `z` and `p` are Wilcoxon's, `kappa` is quadratic."""

    percent_changed: Floats
    mean_absolute_change: Floats
    kappa: Floats
    z: Floats
    p: Floats


@dataclass(frozen=True)
class WholeRound:
    """Everything a kit gives of one panel's two rounds: all of the second round, and the stability."""

    descriptives: Descriptives
    wilson: Floats  # [bound, item, group, zone]
    alpha: Floats  # [group]
    w: Floats  # [group]
    stability: Stability

    @property
    def n_figures(self) -> int:
        """How many numbers there are, each of the counts one."""
        parts = (self.wilson, self.alpha, self.w, *_arrays(self.descriptives), *_arrays(self.stability))
        return sum(part.size for part in parts)


@dataclass(frozen=True)
class UsualInput:
    """The panel as the usual kit wants it."""

    frame: pandas.DataFrame
    groups: Ints
    by_group: Sequence[Floats]
    frames: Sequence[pandas.DataFrame]
    pairs: Sequence[tuple[Ints, Ints]]


@dataclass(frozen=True)
class FastestInput:
    """The panel as the fastest kit wants it."""

    describe: Callable[[polars.DataFrame], Descriptives]
    frame: polars.DataFrame
    by_group: Sequence[Floats]
    complete: Sequence[NDArray[np.uint8]]
    first: Floats
    second: Floats
    pairs: Sequence[tuple[Ints, Ints]]


def usual_kit(panel: UsualInput) -> WholeRound:
    """pandas, krippendorff, pingouin, SciPy and statsmodels."""
    descriptives = pandas_descriptives(panel.frame, panel.groups)
    return WholeRound(
        descriptives,
        statsmodels_wilson(descriptives),
        krippendorff_alpha(panel.by_group),
        pingouin_w(panel.frames),
        stability_by_item(panel.pairs),
    )


def fastest_kit(panel: FastestInput) -> WholeRound:
    """polars, krippendorff, SciPy and statsmodels."""
    descriptives = panel.describe(panel.frame)
    return WholeRound(
        descriptives,
        statsmodels_wilson(descriptives),
        krippendorff_alpha(panel.by_group),
        scipy_w(panel.complete),
        stability_at_once(panel.first, panel.second, panel.pairs),
    )


def usual_input(panel: Panel) -> UsualInput:
    """Return the panel for the usual kit."""
    return UsualInput(pandas_input(panel), panel.groups, krippendorff_input(panel), pingouin_input(panel), pairs_input(panel))


def fastest_input(panel: Panel) -> FastestInput:
    """Return the panel for the fastest kit, for polars in the form that is the faster one at this size."""
    is_large = panel.n_raters * panel.n_items > _LONG_IS_FASTER_UP_TO
    describe, frame = (polars_wide, polars_wide_input(panel)) if is_large else (polars_long, polars_long_input(panel))
    by_group, complete, pairs = krippendorff_input(panel), scipy_w_input(panel), pairs_input(panel)
    return FastestInput(describe, frame, by_group, complete, _with_nan(panel.first), _with_nan(panel.second), pairs)


def pandas_input(panel: Panel) -> pandas.DataFrame:
    """Return one column an item and one row a rater; numbers with nan only where ratings are missing."""
    return pandas.DataFrame(panel.second if panel.second.all() else _with_nan(panel.second))


def pandas_descriptives(frame: pandas.DataFrame, groups: Ints) -> Descriptives:
    """`frame.quantile([…])`, `.mean()`, `.std()`, `.count()`, `(frame == level).sum()`; the same of `frame.groupby(groups)`."""
    by_group = frame.groupby(groups)
    counted = [frame == level for level in LEVELS]

    def both(of_panel: pandas.Series, of_groups: pandas.DataFrame) -> NDArray:
        return np.vstack([of_panel.to_numpy(), of_groups.to_numpy()]).T

    quantiles = [
        frame.quantile(list(QUANTILES)).to_numpy()[np.newaxis],
        by_group.quantile(list(QUANTILES)).to_numpy().reshape(len(GROUP_NAMES), len(QUANTILES), -1),
    ]
    return _descriptives(
        both(frame.count(), by_group.count()),
        both(frame.mean(), by_group.mean()),
        both(frame.std(), by_group.std()),
        np.concatenate(quantiles).transpose(2, 0, 1),
        np.stack([both(given.sum(), given.groupby(groups).sum()) for given in counted], axis=-1),
    )


def polars_wide_input(panel: Panel) -> polars.DataFrame:
    """Return one column an item, and the column group."""
    names = [str(item) for item in range(panel.n_items)]
    frame = polars.DataFrame(panel.second, schema=names)
    if not panel.second.all():
        frame = frame.select(polars.all().replace(MISSING, None))
    return frame.with_columns(polars.Series("group", panel.groups.astype(np.int8)))


def polars_wide(frame: polars.DataFrame) -> Descriptives:
    """`frame.select(…)` and `frame.group_by("group").agg(…)` of `polars.exclude("group").quantile(q, "linear")`, `.mean()` …"""
    named = [each.name.suffix(f"/{index}") for index, each in enumerate(_expressions(polars.exclude("group")))]
    tables = [frame.select(named), frame.group_by("group").agg(named).sort("group").drop("group")]
    values = np.vstack([table.to_numpy() for table in tables])
    return _of_expressions(values.reshape(1 + len(GROUP_NAMES), len(named), -1).transpose(2, 0, 1))


def polars_long_input(panel: Panel) -> polars.DataFrame:
    """Return one row a rating, with item and group."""
    items = np.tile(np.arange(panel.n_items, dtype=np.uint16), panel.n_raters)
    groups = np.repeat(panel.groups.astype(np.int8), panel.n_items)
    frame = polars.DataFrame({"item": items, "group": groups, "rating": panel.second.ravel()})
    return frame.filter(polars.col("rating") != MISSING)


def polars_long(frame: polars.DataFrame) -> Descriptives:
    """`frame.group_by("item").agg(…)` and `frame.group_by("item", "group").agg(…)`, every group having rated every item."""
    named = [each.alias(str(index)) for index, each in enumerate(_expressions(polars.col("rating")))]
    of_panel = frame.group_by("item").agg(named).sort("item").drop("item")
    of_groups = frame.group_by("item", "group").agg(named).sort("item", "group").drop("item", "group")
    by_group = of_groups.to_numpy().reshape(-1, len(GROUP_NAMES), len(named))
    return _of_expressions(np.concatenate([of_panel.to_numpy()[:, np.newaxis], by_group], axis=1))


def krippendorff_input(panel: Panel) -> list[Floats]:
    """Return the ratings as numbers with nan, of the panel and of each group, [rater, item]."""
    return [_with_nan(ratings) for ratings in _by_group(panel)]


def krippendorff_alpha(by_group: Sequence[Floats], level: str = "ordinal") -> Floats:
    """`krippendorff.alpha(reliability_data=…, level_of_measurement="ordinal")`, [group]."""
    return np.array([krippendorff.alpha(reliability_data=each, level_of_measurement=level) for each in by_group])


def pingouin_input(panel: Panel) -> list[pandas.DataFrame]:
    """Return one column an item and one row for each rater who rated every item, of the panel and of each group."""
    return [pandas.DataFrame(ratings) for ratings in _complete(panel)]


def pingouin_w(frames: Sequence[pandas.DataFrame]) -> Floats:
    """`pingouin.friedman(data=wide)["W"]`: Kendall's W with ties, nan under three raters, which it refuses; [group]."""
    tested = [pingouin.friedman(data=frame, method="chisq")["W"].iloc[0] if len(frame) > 2 else np.nan for frame in frames]
    return np.array(tested, dtype=float)


def scipy_w_input(panel: Panel) -> list[NDArray[np.uint8]]:
    """Return the ratings of those who rated every item, of the panel and of each group, [item, rater]."""
    return [np.ascontiguousarray(ratings.T) for ratings in _complete(panel)]


def scipy_w(by_group: Sequence[NDArray[np.uint8]]) -> Floats:
    """`scipy.stats.friedmanchisquare(*items)`: its statistic is W · raters · (items - 1); nan under three raters; [group]."""
    tested = [scipy.stats.friedmanchisquare(*items).statistic if items.shape[1] > 2 else np.nan for items in by_group]
    return np.array([chi / max(1, (items.shape[0] - 1) * items.shape[1]) for chi, items in zip(tested, by_group, strict=True)])


def statsmodels_wilson(figures: Descriptives) -> Floats:
    """`proportion_confint(count, nobs, method="wilson")` of the low and the high zone, in percent, [bound, item, group, zone]."""
    low, high = figures.counts[..., :3].sum(axis=-1), figures.counts[..., 6:].sum(axis=-1)
    zones, whole = np.stack([low, high], axis=-1), figures.n[..., np.newaxis]
    return 100 * np.array(statsmodels.stats.proportion.proportion_confint(zones, whole, method="wilson"))


def pairs_input(panel: Panel) -> list[tuple[Ints, Ints]]:
    """Return for each item the first and the second rating of those who gave both."""
    paired = (panel.first != MISSING) & (panel.second != MISSING)
    return [
        (first[given].astype(np.int64), second[given].astype(np.int64))
        for first, second, given in zip(panel.first.T, panel.second.T, paired.T, strict=True)
    ]


def stability_by_item(pairs: Sequence[tuple[Ints, Ints]]) -> Stability:
    """`scipy.stats.wilcoxon(x, y, method="asymptotic")` item by item, and kappa as `statsmodels_kappa` has it."""
    with warnings.catch_warnings(action="ignore"):
        tests = [scipy.stats.wilcoxon(*pair, method="asymptotic") for pair in pairs]
    z, p = (np.array([getattr(test, name) for test in tests]) for name in ("zstatistic", "pvalue"))
    return _stability(pairs, z, p)


def stability_at_once(first: Floats, second: Floats, pairs: Sequence[tuple[Ints, Ints]]) -> Stability:
    """`scipy.stats.wilcoxon(x, y, axis=0, method="asymptotic", nan_policy="omit")` on whole matrices; the rest item by item."""
    with warnings.catch_warnings(action="ignore"):
        test = scipy.stats.wilcoxon(first, second, axis=0, method="asymptotic", nan_policy="omit")
    return _stability(pairs, test.zstatistic, test.pvalue)


def statsmodels_kappa(first: Ints, second: Ints) -> float:
    """`cohens_kappa(table, wt="quadratic", return_results=False)`; scikit-learn's `cohen_kappa_score` is slower."""
    n_levels = len(LEVELS)
    table = np.bincount(n_levels * (first - LOWEST) + second - LOWEST, minlength=n_levels**2).reshape(n_levels, n_levels)
    return statsmodels.stats.inter_rater.cohens_kappa(table, wt="quadratic", return_results=False)


def multinomial_medians(counts: Ints, n_replicates: int = 2_000, seed: int = 0) -> Floats:
    """Return the 95 % bootstrap interval of each median, [item, bound], by `Generator.multinomial` on counts[item, level]."""
    random = np.random.default_rng(seed)
    n = counts.sum(axis=-1)
    medians = np.empty((len(counts), n_replicates))
    for item, (given, total) in enumerate(zip(counts, n.tolist(), strict=True)):
        cumulated = random.multinomial(total, given / total, size=n_replicates).cumsum(axis=-1)
        middle = [(cumulated <= rank).sum(axis=-1) for rank in ((total - 1) // 2, total // 2)]
        medians[item] = LOWEST + (middle[0] + middle[1]) / 2
    return np.percentile(medians, [2.5, 97.5], axis=1).T


def bincount_input(panel: Panel) -> NDArray[np.intp]:
    """Return item * levels + level of every rating, level 0 being not answered."""
    return (np.arange(panel.n_items, dtype=np.intp) * (len(LEVELS) + 1) + panel.second).ravel()


def one_bincount(codes: NDArray[np.intp]) -> Ints:
    """`np.bincount(codes)`: the floor under every way of counting."""
    return np.bincount(codes)


def one_copy(ratings: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ratings.copy()`: the floor under every way of looking at the ratings."""
    return ratings.copy()


def _expressions(rating: polars.Expr) -> list[polars.Expr]:
    spread = [rating.count(), rating.mean(), rating.std()]
    return spread + [rating.quantile(each, "linear") for each in QUANTILES] + [(rating == level).sum() for level in LEVELS]


def _of_expressions(values: Floats) -> Descriptives:
    """Return the descriptives out of [item, group, expression]."""
    first_count = 3 + len(QUANTILES)
    return _descriptives(
        values[..., 0].astype(np.int64), values[..., 1], values[..., 2], values[..., 3:first_count], values[..., first_count:]
    )


def _descriptives(n: Ints, mean: Floats, sd: Floats, quantiles: Floats, counts: NDArray) -> Descriptives:
    counts = counts.astype(np.int64)
    low, high = quantiles[..., 1], quantiles[..., 3]
    percent = 100 * counts.reshape(*n.shape, 3, 3).sum(axis=-1) / n[..., np.newaxis]
    ipras = 2.35 + 1.5 * np.abs(5 - (low + high) / 2)
    return Descriptives(n, mean, sd, quantiles, counts, percent, high - low, ipras, scipy.stats.entropy(counts, base=2, axis=-1))


def _stability(pairs: Sequence[tuple[Ints, Ints]], z: Floats, p: Floats) -> Stability:
    changes = [second - first for first, second in pairs]
    return Stability(
        np.array([100 * np.count_nonzero(change) / len(change) for change in changes]),
        np.array([np.abs(change).mean() for change in changes]),
        np.array([statsmodels_kappa(*pair) for pair in pairs]),
        z,
        p,
    )


def _by_group(panel: Panel) -> list[NDArray[np.uint8]]:
    return [panel.second, *(panel.second[panel.groups == group] for group in _GROUPS)]


def _complete(panel: Panel) -> list[NDArray[np.uint8]]:
    return [ratings[(ratings != MISSING).all(axis=1)] for ratings in _by_group(panel)]


def _with_nan(ratings: NDArray[np.uint8]) -> Floats:
    return np.where(ratings == MISSING, np.nan, ratings)


def _arrays(figures: Descriptives | Stability) -> list[NDArray]:
    return [getattr(figures, each.name) for each in fields(figures)]
