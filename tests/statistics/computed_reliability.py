"""What the vectors on reliability and concordance ask for, computed."""

import numpy as np

from delphi.statistics.concordance import kendall_w, rank_sums
from delphi.statistics.intraclass import cronbach_alpha, intraclass, score_sums, standardised_alpha
from delphi.statistics.kappa import cohen_kappa, conger_kappa, scott_pi, weighted_kappa
from delphi.statistics.reliability import (
    brennan_prediger,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    percent_agreement,
    weighted_fleiss,
    weighted_krippendorff,
)
from delphi.statistics.weights import agreement_weights

KINDS = ("unweighted", "linear", "quadratic", "ordinal")


def codes_by_rater(matrix, order):
    """Return uint8[rater, unit] of a list by rater of codes or None (0), raters and units in the order asked for."""
    codes = np.array([[code or 0 for code in row] for row in matrix], dtype=np.uint8)
    return codes[order(len(codes))][:, order(codes.shape[1])]


def codes_by_unit(matrix, order):
    return codes_by_rater([list(row) for row in zip(*matrix, strict=True)], order)


def counts_of_codes(codes, n_levels):
    """Return int64[unit, level] of uint8[rater, unit] codes."""
    return np.stack([(codes == level).sum(axis=0) for level in range(1, n_levels + 1)], axis=1)


def ratings_of(counts):
    """Return the ratings of every unit as lists of level indices."""
    return [[level for level, n in enumerate(unit) for _ in range(n)] for unit in counts.tolist()]


def counts_of_pairs(table):
    """Return int64[unit, level] of the pairs that a table counts, one unit each."""
    rows, columns = np.divmod(np.repeat(np.arange(table.size), table.ravel()), len(table))
    levels = np.arange(len(table))
    return (rows[:, None] == levels).astype(int) + (columns[:, None] == levels)


def everybody(codes):
    return np.full(len(codes), -1)


def concordance(inputs, order):
    codes = codes_by_unit(inputs["objects_by_judges"], order)
    found = kendall_w(rank_sums(codes, everybody(codes), 0, 6))
    return {
        "W_tie_corrected": found.w[0],
        "chisq": found.chi_square[0],
        "df": found.df[0],
        "p": found.p[0],
        "W_uncorrected": found.w_uncorrected[0],
        "chisq_uncorrected": found.w_uncorrected[0] * len(codes) * found.df[0],
    }


def cronbach(inputs, order):
    codes = codes_by_unit(inputs["rows_cases_cols_items"], order)
    alpha = cronbach_alpha(score_sums(codes, 1, everybody(codes), 0))[0]
    return {"raw_alpha": alpha, "published": alpha, "std_alpha": standardised_alpha(codes)}


def intraclass_correlations(inputs, order):
    codes = codes_by_unit(inputs["targets_by_judges"], order)
    found = intraclass(score_sums(codes, 1, everybody(codes), 0))
    parts = {"twoway_agreement": found.a1, "twoway_consistency": found.c1, "oneway": found.oneway}
    return {
        name: {"v": part.value[0], "F": part.f[0], "p": part.p[0], "lb": part.lower[0], "ub": part.upper[0]}
        for name, part in parts.items()
    }


def kappa_of_pairs(inputs, order):
    pairs = codes_by_rater([inputs["rater1"], inputs["rater2"]], order).astype(int) - 1
    table = np.zeros((6, 6), dtype=np.int64)
    np.add.at(table, tuple(pairs), 1)
    names = {"unweighted": "unweighted", "linear_irr": "linear", "quadratic_irr": "quadratic"}
    found = {name: cohen_kappa(table, kind) for name, kind in names.items()}
    levels = (np.flatnonzero(np.bincount(pairs.ravel())) + 1).tolist()
    figures = {name: {"k": float(one.kappa), "z": float(one.z), "p": float(one.p)} for name, one in found.items()}
    return {**figures, "observed_levels": levels, "full_levels": list(range(1, 7))}


def fleiss(inputs, order):
    counts = np.array(inputs["counts"])
    names = order(counts.shape[1])
    found = fleiss_kappa(counts[order(len(counts))][:, names])
    return {
        "kappa": float(found.kappa),
        "published_kappa": float(found.kappa),
        "z": float(found.z),
        "category_kappa": found.category_kappa[np.argsort(names)],
    }


def gwet_of_raters(inputs, order):
    codes = codes_by_unit(inputs["subjects_by_raters"], order)
    counts = counts_of_codes(codes, 5)

    def companions(kind):
        weights = agreement_weights(5, kind)
        found = gwet_ac(counts, weights)
        return {
            "pa": float(found.p_agree),
            "AC": float(found.coefficient),
            "AC_se": float(found.standard_error),
            "fleiss": float(weighted_fleiss(counts, weights)),
            "krippendorff": float(weighted_krippendorff(counts, weights)),
            "conger": conger_kappa(codes, weights),
            "brennan_prediger": float(brennan_prediger(counts, weights)),
        }

    full = {kind: companions(kind) for kind in KINDS}
    again = {"kripp": "krippendorff", "bp": "brennan_prediger"}
    return {
        "full": full,
        "published": {
            kind: full[kind] | {new: full[kind][old] for new, old in again.items()} for kind in ("unweighted", "quadratic")
        },
    }


def gwet_of_table(inputs, order):
    table = np.array(inputs["table"])
    counts = counts_of_pairs(table)
    counts = counts[order(len(counts))]

    def companions(kind, name):
        weights = agreement_weights(3, kind)
        found = gwet_ac(counts, weights)
        return {
            "pa": float(found.p_agree),
            name: float(found.coefficient),
            "kappa": float(weighted_kappa(table, kind)),
            "scott": float(scott_pi(table, kind)),
            "krippendorff": float(weighted_krippendorff(counts, weights)),
            "bp": float(brennan_prediger(counts, weights)),
        }

    return {"unweighted": companions("unweighted", "AC1"), "quadratic": companions("quadratic", "AC2")}


def gwet_of_counts(inputs, order):
    counts = np.array(inputs["counts"])
    counts = counts[order(len(counts))]
    nominal, quadratic = agreement_weights(5, "unweighted"), agreement_weights(5, "quadratic")
    found = gwet_ac(counts, nominal)
    return {
        "pa": float(found.p_agree),
        "AC1": float(found.coefficient),
        "AC2_quadratic": float(gwet_ac(counts, quadratic).coefficient),
        "fleiss": float(weighted_fleiss(counts, nominal)),
        "krippendorff_nominal": float(krippendorff_alpha(counts, "nominal")),
        "brennan_prediger": float(brennan_prediger(counts, nominal)),
        "fleiss_quadratic": float(weighted_fleiss(counts, quadratic)),
        "krippendorff_quadratic": float(krippendorff_alpha(counts, "interval")),
    }


def gwet_of_scales(inputs, order):
    """The vector leaves out the levels that nobody used; the last of `vid` has the whole scale."""

    def on(codes, levels, kind):
        counts = counts_of_codes(codes, 6)[:, [level - 1 for level in levels]]
        found = gwet_ac(counts, agreement_weights(len(levels), kind))
        return {"pa": float(found.p_agree), "AC": float(found.coefficient)}

    anxiety, video = (codes_by_unit(inputs[name], order) for name in ("anxiety", "video"))
    parts = {
        name: {kind: {**on(codes, np.unique(codes), kind), "categories_observed": np.unique(codes).tolist()} for kind in KINDS}
        for name, codes in (("anx", anxiety), ("vid", video))
    }
    parts["vid"]["quadratic_full_scale_1_6"] = on(video, range(1, 7), "quadratic")
    return parts


def krippendorff(inputs, order):
    counts = counts_of_codes(codes_by_rater(inputs["raters_by_units"], order), 5)
    alphas = {metric: float(krippendorff_alpha(counts, metric)) for metric in ("nominal", "ordinal", "interval", "ratio")}
    return {"alpha": alphas, "published": alphas}


def krippendorff_of_complete_data(inputs, order):
    """The vector prints .072 with three digits and irrCAC five, so these are compared as they would be printed."""

    def of(name, metric):
        return float(krippendorff_alpha(counts_of_codes(codes_by_rater(inputs[name], order), 6), metric))

    def part(name):
        correct = {metric: of(name, metric) for metric in ("nominal", "ordinal", "interval")}
        return {"correct": correct, "irrCAC": {metric: round(alpha, 5) for metric, alpha in correct.items()}}

    return {
        "oolong_nominal": {"correct": round(of("oolong_3x10", "nominal"), 3)},
        "anxiety": part("anxiety_raters_by_units"),
        "video": part("video_raters_by_units"),
    }


def percent_of_agreement(inputs, order):
    codes = codes_by_unit(inputs["subjects_by_raters"], order).T.astype(int)
    return {"tolerance0": percent_agreement(codes), "tolerance1": percent_agreement(codes, tolerance=1)}


COMPUTED = {
    "cronbach_attitude": cronbach,
    "fleiss_1971_diagnoses": fleiss,
    "gwet_ac_raw4raters": gwet_of_raters,
    "gwet_contingency_3x3": gwet_of_table,
    "gwet_distribution_6raters": gwet_of_counts,
    "gwet_ordinal_irr_data": gwet_of_scales,
    "icc_irr_anxiety": intraclass_correlations,
    "kappa_weighted_anxiety": kappa_of_pairs,
    "kendall_irr_anxiety": concordance,
    "kendall_irr_video": concordance,
    "krippendorff_2011_C": krippendorff,
    "krippendorff_complete_data_irr_bug": krippendorff_of_complete_data,
    "percent_agreement_video": percent_of_agreement,
}

RAW_RATERS = "needs to know who rated what; the vector has counts only"
IRR_BUG = "the wrong value of irr 0.84.1, which leaves out the divisor m - 1 on complete data"
UNMATCHED = {
    "fleiss_1971_diagnoses": {
        "conger_exact_kappa": RAW_RATERS,
        "light_kappa": RAW_RATERS,
        "kappa_first4raters": RAW_RATERS,
    },
    "krippendorff_complete_data_irr_bug": {
        "oolong_nominal/irr_0_84_1": IRR_BUG,
        "anxiety/irr_0_84_1": IRR_BUG,
        "video/irr_0_84_1": IRR_BUG,
    },
}
