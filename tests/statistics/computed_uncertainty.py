"""The vectors of order-statistic intervals, the bootstrap of a median and response over rounds."""

import json

import numpy as np

from delphi.statistics import Scale
from delphi.statistics.attrition import retention
from delphi.statistics.bootstrap import median_law
from delphi.statistics.uncertainty import median_interval
from tests.statistics.conftest import SHARED

NOT_IN_THE_INPUTS = "The inputs hold no answers, and the published ones are not linked to people; it is a count of raw answers."


def median_ci_order_statistics(inputs, order):
    """Return ranks, coverage and laws of ratings 1, 2, …, n, which are their own ranks."""
    sizes = [5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30]
    shuffled = order(len(sizes))
    counts = np.array([[int(level <= sizes[item]) for level in range(1, 31)] for item in shuffled])
    found = median_interval(counts, Scale(1, 30), inputs["confidence"])
    intervals = {
        str(sizes[item]): {
            "lower_order": found.lower[row],
            "upper_order": found.upper[row],
            "coverage": found.coverage[row],
        }
        for row, item in enumerate(shuffled)
    }
    laws = {str(n): _law_of_different_ratings(n) for n in (3, 5, 7, 9, 15)}
    return {"order_stat_95": intervals, "exact_bootstrap_pmf_of_median_odd_n": laws}


def _law_of_different_ratings(n):
    law = median_law(np.ones(n, dtype=np.int64), Scale(1, n))
    return law.probability[law.values % 1 == 0].tolist()


def enlight_delphi_rounds_2_4(inputs, order):
    """Return the share of the first round's people in later ones; as codes are not linked, all of these are taken to return."""
    first = json.loads((SHARED / "vectors" / "enlight_delphi_round1.json").read_text(encoding="utf-8"))
    n_first = first["inputs"]["n_respondents"]
    return {
        "retention": {
            "r2_of_r1": _returned(n_first, inputs["round2_n"], order),
            "r4_of_r1": _returned(n_first, inputs["round4_n"], order),
        }
    }


def _returned(n_first, n_later, order):
    previous = np.ones((n_first, 1), dtype=np.uint8)
    current = (np.arange(n_first) < n_later)[order(n_first), None].astype(np.uint8)
    kept = retention(previous, current, np.full(n_first, -1), 0)
    return float(kept.percent_stayed[0]) / 100


COMPUTED = {
    "median_ci_order_statistics": median_ci_order_statistics,
    "enlight_delphi_rounds_2_4": enlight_delphi_rounds_2_4,
}
UNMATCHED = {
    "enlight_delphi_rounds_2_4": {
        "round2_votes_to_include": NOT_IN_THE_INPUTS,
        "round2_votes_to_exclude": NOT_IN_THE_INPUTS,
        "round4_always_report": NOT_IN_THE_INPUTS,
        "round4_satisfaction": NOT_IN_THE_INPUTS,
    }
}
