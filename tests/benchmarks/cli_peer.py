"""A pandas script for the whole process: `python -m tests.benchmarks.cli_peer ratings.csv` prints what `delphi analyse` would.

One round, one rating a line, scale 1–9, without "unable". It gives the figures for which pandas, SciPy and krippendorff have a
documented call, or that are plain arithmetic on those; what they do not have (see LEFT_OUT) is left out.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas
from scipy import stats

LEVELS = range(1, 10)
ZONES = {"low": (1, 3), "middle": (4, 6), "high": (7, 9)}
LEFT_OUT = (
    "bootstrap",
    "van_der_eijk_a",
    "leik_consensus",
    "tastle_wierman",
    "verdict",
    "reason",
    "fragility",
    "fleiss_kappa",
    "gwet_ac",
    "icc",
    "cronbach_alpha",
    "apmo",
    "sensitivity",
)

Column = pandas.Series


def analysis(path: Path) -> dict[str, Any]:
    """Return the figures of the panel and of every group as plain values."""
    long = pandas.read_csv(path, dtype={"participant": "category", "item": "category", "group": "category"})
    group_of = long.drop_duplicates("participant").set_index("participant")["group"]
    ratings = long.pivot(index="participant", columns="item", values="rating")
    by_group = {name: ratings[group_of.reindex(ratings.index) == name] for name in group_of.cat.categories}
    return {
        "participants": len(ratings),
        "groups": {name: len(part) for name, part in by_group.items()},
        "items": [entry for name, part in ({None: ratings} | by_group).items() for entry in entries(name, part)],
        "panel": panel(ratings),
        "group_differences": list(group_differences(by_group)),
    }


def entries(group: str | None, ratings: pandas.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield an entry for each item, of the panel (None) or of a group."""
    counts = {level: (ratings == level).sum() for level in LEVELS}
    quantiles = ratings.quantile([0.25, 0.3, 0.5, 0.7, 0.75])
    single = {name: column.tolist() for name, column in single_figures(ratings, counts, quantiles).items()}
    nested = nested_figures(ratings, counts, quantiles)
    records_of = {name: pandas.DataFrame(columns).to_dict("records") for name, columns in nested.items()}
    for index, item in enumerate(ratings.columns):
        yield (
            {"item": item, "criterion": None, "group": group}
            | {name: column[index] for name, column in single.items()}
            | {name: records[index] for name, records in records_of.items()}
        )


def single_figures(ratings: pandas.DataFrame, counts: Mapping[int, Column], quantiles: pandas.DataFrame) -> dict[str, Column]:
    """Return every figure that is one number (or one pair or list) an item."""
    n, mean, sd = ratings.count(), ratings.mean(), ratings.std()
    q1, median, q3 = (quantiles.loc[share] for share in (0.25, 0.5, 0.75))
    deviation = (ratings - median).abs()
    table = pandas.DataFrame(counts)
    relevant = table[[7, 8, 9]].sum(axis=1)
    i_cvi, by_chance = relevant / n, stats.binom.pmf(relevant, n, 0.5)
    return {
        "n_rated": n,
        "n_missing": ratings.isna().sum(),
        "median": median,
        "q1": q1,
        "q3": q3,
        "iqr": q3 - q1,
        "mean": mean,
        "sd": sd,
        "cv": sd / mean,
        "mode": Column([table.columns[is_mode].tolist() for is_mode in table.eq(table.max(axis=1), axis=0).to_numpy()]),
        "mad": deviation.quantile(0.5),
        "aad_median": deviation.mean(),
        "range": pairs(ratings.min(), ratings.max()),
        "median_interval": median_interval(ratings, n),
        "entropy": Column(stats.entropy(table, base=2, axis=1), ratings.columns),
        "bimodality_coefficient": (ratings.skew() ** 2 + 1) / (ratings.kurt() + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))),
        "i_cvi": i_cvi,
        "modified_kappa": ((i_cvi - by_chance) / (1 - by_chance)).where(relevant >= n / 2),
        "cvr": (relevant - n / 2) / (n / 2),
    }


def nested_figures(
    ratings: pandas.DataFrame, counts: Mapping[int, Column], quantiles: pandas.DataFrame
) -> dict[str, dict[str, Column]]:
    """Return every figure that is several named numbers an item."""
    n = ratings.count()
    zones = {name: sum(counts[level] for level in range(low, high + 1)) for name, (low, high) in ZONES.items()}
    return {
        "counts": {str(level): given for level, given in counts.items()},
        "percent": {name: 100 * given / n for name, given in zones.items()},
        "percent_interval": {name: wilson(zones[name], n) for name in ("low", "high")},
        "ram": appropriateness(n, quantiles, zones),
    }


def appropriateness(n: Column, quantiles: pandas.DataFrame, zones: Mapping[str, Column]) -> dict[str, Column]:
    """Return RAND/UCLA's figures, both by IPRAS and by the classic cut-offs."""
    p30, median, p70 = (quantiles.loc[share] for share in (0.3, 0.5, 0.7))
    centre = (p30 + p70) / 2
    ipras = 2.35 + 1.5 * (5 - centre).abs()
    disagreement = p70 - p30 > ipras
    region = pandas.cut(median, [0, 3.25, 6.25, 9], labels=list(ZONES)).astype(str)
    inside = Column(np.select([region == name for name in ZONES], list(zones.values())), n.index)
    classes = np.select(
        [disagreement, region == "low", region == "high"], ["uncertain", "inappropriate", "appropriate"], "uncertain"
    )
    return {
        "p30": p30,
        "p70": p70,
        "ipr": p70 - p30,
        "iprcp": centre,
        "asymmetry_index": (5 - centre).abs(),
        "ipras": ipras,
        "disagreement_index": (p70 - p30) / ipras,
        "disagreement": disagreement,
        "agreement_classic": n - inside <= (n - 2) // 3,
        "disagreement_classic": (zones["low"] >= (n + 1) // 3) & (zones["high"] >= (n + 1) // 3),
        "appropriateness": Column(classes, n.index),
    }


def panel(ratings: pandas.DataFrame) -> dict[str, Any]:
    """Return Kendall's W of those who rated every item, and Krippendorff's alpha on three scales."""
    complete = ratings.dropna().to_numpy()
    n_raters, n_items = complete.shape
    friedman = stats.friedmanchisquare(*complete.T)
    kendall = {"w": friedman.statistic / (n_raters * (n_items - 1)), "chi_square": friedman.statistic, "p": friedman.pvalue}
    alpha = {
        level: krippendorff.alpha(reliability_data=ratings.to_numpy(), level_of_measurement=level)
        for level in ("nominal", "ordinal", "interval")
    }
    return {"kendall_w": kendall | {"n_items": n_items, "n_raters": n_raters}, "krippendorff_alpha": alpha}


def group_differences(by_group: Mapping[str, pandas.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield a Kruskal–Wallis test for each item, adjusted after Benjamini and Hochberg."""
    parts = list(by_group.values())
    if len(parts) < 2:
        return
    tests = stats.kruskal(*(part.to_numpy() for part in parts), axis=0, nan_policy="omit")
    adjusted = stats.false_discovery_control(tests.pvalue)
    effect = tests.statistic / (sum(part.count() for part in parts).to_numpy() - 1)
    figures = zip(*(each.tolist() for each in (tests.statistic, tests.pvalue, adjusted, effect)), strict=True)
    names = ("statistic", "p", "p_adjusted", "effect")
    for item, row in zip(parts[0].columns, figures, strict=True):
        yield {"item": item, "criterion": None, "test": "kruskal-wallis"} | dict(zip(names, row, strict=True))


def wilson(part: Column, whole: Column) -> Column:
    """Return the 95 % interval of a share, in percent."""
    z, share = stats.norm.ppf(0.975), part / whole
    centre, half = share + z**2 / (2 * whole), z * np.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    shrunk = 1 + z**2 / whole
    return pairs(100 * (centre - half) / shrunk, 100 * (centre + half) / shrunk)


def median_interval(ratings: pandas.DataFrame, n: Column) -> Column:
    """Return the order statistics between which the median is with 95 % or more."""
    rank = stats.binom.ppf(0.025, n, 0.5).astype(int)
    in_order = np.sort(ratings.to_numpy(), axis=0)
    items = np.arange(ratings.shape[1])
    return pairs(
        Column(in_order[rank - 1, items], ratings.columns), Column(in_order[n.to_numpy() - rank, items], ratings.columns)
    )


def pairs(lower: Column, upper: Column) -> Column:
    """Return two columns as one of pairs."""
    return Column(list(map(list, zip(lower.tolist(), upper.tolist(), strict=True))), lower.index)


if __name__ == "__main__":
    json.dump(analysis(Path(sys.argv[1])), sys.stdout)
