"""Descriptions, RAND/UCLA and whole rounds, computed by the package from the vectors' inputs."""

from fractions import Fraction

import numpy as np

from delphi.statistics import ONE_TO_NINE, Scale, Zones, appropriateness, describe
from delphi.statistics.analysis import Settings, analyse
from delphi.statistics.description import count_in
from delphi.statistics.differences import kruskal_wallis
from delphi.statistics.presets import preset_rule
from delphi.statistics.quantiles import five_numbers, quantile
from delphi.statistics.ram import THIRDS, fewest_in_each_extreme, most_outside
from delphi.statistics.rounds import RoundRatings
from delphi.statistics.rule_files import RuleContext, parse_rule
from tests.statistics.conftest import counts_of, round_of, settings_for

R_MAD = 1.4826  # R scales the median deviation to a normal law's standard deviation; the package does not


def sample(values, order):
    """Return the counts of one list of ratings, taken in the given order."""
    values = np.atleast_1d(values)
    return counts_of(values[order(len(values))].tolist())


def dispersion(inputs, order):
    figures = {name: describe(sample(values, order), ONE_TO_NINE) for name, values in inputs["samples"].items()}
    return {
        name: {
            "mean": each.mean,
            "sd": each.sd,
            "cv": each.cv,
            "MAD_raw": each.mad,
            "MAD_normal_1_4826": R_MAD * each.mad,
            "mean_abs_dev_from_median": each.aad_median,
        }
        for name, each in figures.items()
    }


def quantiles_hyndman_fan(inputs, order):
    def of_type(values, quantile_type):
        return [quantile(sample(values, order), Fraction(str(p)), ONE_TO_NINE, quantile_type) for p in inputs["probs"]]

    found = {
        name: {
            **{f"type{kind}": of_type(values, kind) for kind in range(1, 10)},
            "tukey_hinges_fivenum": five_numbers(sample(values, order), ONE_TO_NINE),
        }
        for name, values in inputs["samples"].items()
    }
    return found | {"numpy_type3_mismatch": {name: {"R": found[name]["type3"]} for name in "ACEHI"}}


def ram_agreement_table(inputs, order):
    sizes = np.array(inputs["n"])
    outside, extreme = most_outside(sizes).tolist(), fewest_in_each_extreme(sizes).tolist()
    return {
        "agreement_max_outside": dict(zip(map(str, inputs["n"]), outside, strict=True)),
        "disagreement_min_each_extreme": dict(zip(map(str, inputs["n"]), extreme, strict=True)),
    }


def ram_bmjopen2012_example(inputs, order):
    counts = sample(inputs["ratings"], order)
    assert counts.tolist() == inputs["counts_1_to_9"]
    ram = appropriateness(counts)
    return {
        "median": describe(counts, ONE_TO_NINE).median,
        "p30": ram.p30,
        "p70": ram.p70,
        "IPR": ram.ipr,
        "IPRCP": ram.iprcp,
        "AI": ram.asymmetry_index,
        "IPRAS": ram.ipras,
        "disagreement": bool(ram.disagreement),
        "agreement_classic": bool(ram.agreement_classic),
    }


def ipras(counts, quantile_type):
    ram = appropriateness(counts, quantile_type)
    numbers = {"p30": ram.p30, "p70": ram.p70, "IPR": ram.ipr, "IPRCP": ram.iprcp, "AI": ram.asymmetry_index, "IPRAS": ram.ipras}
    return {**numbers, "DI": ram.disagreement_index, "disagreement": bool(ram.disagreement)}


def classic(counts):
    ram = appropriateness(counts)
    low, _, high = (int(count_in(counts, bounds, ONE_TO_NINE)) for bounds in THIRDS)
    region = THIRDS[int(ram.third)]
    return {
        "n": int(counts.sum()),
        "median": describe(counts, ONE_TO_NINE).median,
        "region": region,
        "outside": int(counts.sum() - count_in(counts, region, ONE_TO_NINE)),
        "low": low,
        "high": high,
        "agreement": bool(ram.agreement_classic) if ram.is_classic else None,
        "disagreement": bool(ram.disagreement_classic) if ram.is_classic else None,
    }


def ram_ipras_grid(inputs, order):
    counts = {name: sample(values, order) for name, values in inputs["distributions"].items()}
    return {
        name: {**{f"type{kind}": ipras(each, kind) for kind in (1, 2, 6, 7)}, "classic": classic(each)}
        for name, each in counts.items()
    }


def entry_of(*columns, scale=None):
    """Return the panel's entry for the first of some items, each a list of ratings from 1 (0 for none)."""
    settings = settings_for(scale=scale, zones=Zones((0, 3), (4, 6), (7, 10))) if scale else settings_for()
    return analyse([round_of(np.array(columns).T)], settings, "1")["rounds"][0]


def edge_cases(inputs, order):
    nobody, one, same = (entry_of([0, 0], [7, 7])["items"][0], entry_of([6])["items"][0], entry_of([4] * 9, [4] * 9))
    level, panel = same["items"][0], same["panel"]
    unit = entry_of([7, 8, 9])["panel"]
    unchanged = analyse([linked([[7], [8]], 1), linked([[7], [8]], 2)], settings_for(), "1")["stability"][0]["items"][0]
    constant = analyse([linked([[7], [7]], 1), linked([[7], [7]], 2)], settings_for(), "1")["stability"][0]["items"][0]
    return {
        "n0": {
            **{name: nobody[name] for name in ("median", "iqr", "percent")},
            "RAM": nobody["ram"],
            "classification": nobody["verdict"],
        },
        "n1": {
            "median": "x" if one["median"] == 6 else None,
            **{name: one[name] for name in ("iqr", "sd", "cv")},
            "wilson": "defined" if one["percent_interval"]["high"] else None,
            "RAM": "computed but flagged n<8" if one["ram"]["p30"] == 6 and one["ram"]["agreement_classic"] is None else None,
        },
        "all_same": {
            **{name: level[name] for name in ("sd", "iqr", "entropy")},
            "kendall_W": panel["kendall_w"]["w"],
            "krippendorff": panel["krippendorff_alpha"]["ordinal"],
            "spearman": constant["spearman"],
            "kappa": constant["kappa"],
            "BC": level["bimodality_coefficient"],
            "vde_A": level["van_der_eijk_a"],
            "cns": level["tastle_wierman"],
            "wilcoxon": "undefined if every pair unchanged (p=none)" if unchanged["wilcoxon"]["p"] is None else None,
        },
        "one_unit": {
            "krippendorff_one_unit": None
            if unit["krippendorff_alpha"]["ordinal"] is not None
            else "defined formula but De from the same unit; report None",
            "kendall_one_object": unit["kendall_w"]["w"],
        },
        "two_judges": {"kendall": "allowed (m=2)" if entry_of([1, 2], [3, 4], [9, 7])["panel"]["kendall_w"]["w"] else None},
        "mean_zero": {"cv": entry_of([1, 1], scale=Scale(0, 10))["items"][0]["cv"]},
    }


def linked(matrix, number):
    ratings = round_of(matrix, round_=number)
    names = tuple(f"P{n}" for n in range(len(matrix)))
    return RoundRatings(number, ratings.items, ratings.criteria, ratings.matrix, ratings.groups, (), names)


def enlight_delphi_round1(inputs, order):
    words = {"": 0, "X": 255, **{str(level): level for level in range(1, 8)}}
    answers = np.array([[words[word] for word in row] for row in inputs["ratings_by_respondent"]], dtype=np.uint8)
    raters, columns = order(len(answers)), order(answers.shape[1])
    names = tuple(inputs["items"][column] for column in columns)
    ratings = round_of(answers[np.ix_(raters, columns)], items=names)
    scale, zones = Scale(1, 7), Zones((1, 3), (4, 4), (5, 7))

    def entries(denominator):
        written = {"name": "own", "source": "", "in": {"figure": "percent", "zone": [5, 7], "more_than": 75}}
        rule = parse_rule(written, RuleContext(scale, zones, denominator))
        found = analyse([ratings], Settings(scale, zones, rule, denominator=denominator), "1")["rounds"][0]["items"]
        return {entry["item"]: entry for entry in found}

    answered, rated = entries("answered"), entries("rated")
    return {
        "items": [enlight_item(answered[name], rated[name], name) for name in inputs["items"]],
        "decision_changes_if_X_excluded_from_denominator": [
            name for name in inputs["items"] if answered[name]["verdict"] != rated[name]["verdict"]
        ],
        "rounds": {"round1": len(ratings.taking_part().matrix)},
    }


def enlight_item(answered, rated, name):
    n_unable, whole = answered["n_unable"], answered["n_rated"] + answered["n_unable"]
    return {
        "item": name,
        "answered": whole,
        "n_rated": answered["n_rated"],
        "n_unable_X": n_unable,
        "n_blank": answered["n_missing"],
        "rate_5to7_over_answered_incl_X": answered["percent"]["high"] / 100,
        "rate_1to3_or_X": answered["percent"]["low"] / 100 + n_unable / whole,
        "rate_X": n_unable / whole,
        "included_gt_75pct": answered["verdict"] == "consensus in",
        "rate_5to7_excl_X": rated["percent"]["high"] / 100,
        "median": answered["median"],
        "q1_type7": answered["q1"],
        "q3_type7": answered["q3"],
        "mean": answered["mean"],
        "sd": answered["sd"],
    }


def two_waves(inputs, order):
    low, high = inputs["scale"]
    scale = Scale(low, high)
    zones = Zones((low, 3), (4, 4), (5, high)) if low == 1 else Zones((low, -2), (-1, 2), (3, high))
    raters, columns = order(len(inputs["group"])), order(len(inputs["items"]))
    group_names, groups = np.unique(inputs["group"], return_inverse=True)
    names, items = (tuple(np.array(inputs[key])[at].tolist()) for key, at in (("pnum", raters), ("items", columns)))
    rounds = [
        RoundRatings(
            number,
            items,
            (None,),
            (np.array(inputs[f"wave{number}"])[np.ix_(raters, columns)] - low + 1).astype(np.uint8),
            groups[raters],
            tuple(group_names.tolist()),
            names,
        )
        for number in (1, 2)
    ]
    rule = preset_rule("percent-75", RuleContext(scale, zones))
    result = analyse(rounds, Settings(scale, zones, rule), "1")
    return two_wave_figures(result, inputs["items"])


def two_wave_figures(result, items):
    before, now = ({e["item"]: e for e in part["items"] if e["group"] is None} for part in result["rounds"])
    change = {entry["item"]: entry for entry in result["stability"][0]["items"] if entry["group"] is None}
    difference = {entry["item"]: entry for entry in result["rounds"][1]["group_differences"]}
    several = kruskal_wallis(np.array([counts_by_group(result, name) for name in items]))
    by_rank = dict(zip(items, zip(several.statistic, several.p, strict=True), strict=True))
    return {
        "n": result["rounds"][1]["participants"],
        "groups": result["rounds"][1]["groups"],
        "items": [two_wave_item(before[name], now[name], change[name], difference[name], by_rank[name]) for name in items],
        **{f"panel_wave{n + 1}": two_wave_panel(part["panel"]) for n, part in enumerate(result["rounds"])},
        "mannwhitney_wave2_BH": [difference[name]["p_adjusted"] for name in items],
        "wilcoxon_BH": [change[name]["wilcoxon"]["p_adjusted"] for name in items],
        "mean_share_of_ratings_changed": sum(change[name]["percent_changed"] for name in items) / len(items) / 100,
    }


def counts_by_group(result, item):
    entries = [entry for entry in result["rounds"][1]["items"] if entry["item"] == item and entry["group"]]
    return [[entry["counts"][level] for level in sorted(entry["counts"], key=int)] for entry in entries]


def two_wave_item(before, now, change, difference, by_rank):
    n = change["n_pairs"]
    bowker = change["bowker"]
    return {
        "item": now["item"],
        "q1": [before[name] for name in ("q1", "median", "q3")],
        "q2": [now[name] for name in ("q1", "median", "q3")],
        **{f"{name}{wave}": entry[name] for wave, entry in ((1, before), (2, now)) for name in ("mean", "sd", "cv")},
        "changed": round(change["percent_changed"] * n / 100, 9),
        "changed_zone": round(change["percent_zone_changed"] * n / 100, 9),
        "mad_change": change["mean_absolute_change"],
        "wil_V": change["wilcoxon"]["v"],
        "wil_p": change["wilcoxon"]["p"],
        "pratt_Z": change["wilcoxon"]["z_pratt"],
        "pratt_p": change["wilcoxon"]["p_pratt"],
        "kappa": change["kappa"],
        "kappa_lin": change["weighted_kappa"],
        "kappa_quad": change["kappa_quadratic"],
        "spearman": change["spearman"],
        "zone_tab": change["zone_table"],
        **{f"ct_{short}": change["chaffin_talley"][name] for short, name in (("chi", "statistic"), ("df", "df"), ("p", "p"))},
        "bowker_pairs_nonzero": {"stat": bowker["statistic"], "df": bowker["df"], "p": bowker["p"]},
        "mw_W": difference["statistic"],
        "mw_p": difference["p"],
        "kw_H": by_rank[0],
        "kw_p": by_rank[1],
    }


def two_wave_panel(panel):
    kendall, icc = panel["kendall_w"], panel["icc"]
    return {
        "W": kendall["w"],
        "chisq": kendall["chi_square"],
        "p": kendall["p"],
        "W_uncorrected": kendall["w_uncorrected"],
        "kripp_interval": panel["krippendorff_alpha"]["interval"],
        "kripp_ordinal": panel["krippendorff_alpha"]["ordinal"],
        "AC2_quad": panel["gwet_ac"]["quadratic"],
        **{f"icc_{name}": icc[name] for name in ("a1", "ak", "ck")},
    }


COMPUTED = {
    "dispersion": dispersion,
    "quantiles_hyndman_fan": quantiles_hyndman_fan,
    "ram_agreement_table": ram_agreement_table,
    "ram_bmjopen2012_example": ram_bmjopen2012_example,
    "ram_ipras_grid": ram_ipras_grid,
    "edge_cases": edge_cases,
    "enlight_delphi_round1": enlight_delphi_round1,
    "two_wave_biobanking_wa": two_waves,
    "two_wave_forestera": two_waves,
    "two_wave_uppsala_speaks": two_waves,
}
R_BOWKER = "R's own test, undefined where a pair of cells is empty; ours is the one over the other pairs (bowker_pairs_nonzero)"
NO_CV = "the package defines no coefficient of variation on a scale with negative levels"
UNMATCHED = {
    "quantiles_hyndman_fan": {
        f"numpy_type3_mismatch/{name}/numpy": "what an older NumPy gives, which is not type 3" for name in "ACEHI"
    },
    "ram_agreement_table": {
        "generalised": "a formula in words; the numbers it gives are compared",
        "contrast_one_third_rule": "a paraphrase that differs from the table; the package does not use it",
    },
    "enlight_delphi_round1": {f"rounds/round{n}": "later rounds are in another vector" for n in (2, 4)},
    **{
        f"two_wave_{name}": {
            f"items/{item}/{leaf}": reason
            for item in range(n_items)
            for leaf, reason in [
                *((bowker, R_BOWKER) for bowker in ("bowker", "bowker_df", "bowker_p")),
                *((cv, NO_CV) for cv in cvs),
            ]
        }
        for name, n_items, cvs in (
            ("biobanking_wa", 49, ("cv1", "cv2")),
            ("forestera", 45, ("cv1", "cv2")),
            ("uppsala_speaks", 42, ()),
        )
    },
}
