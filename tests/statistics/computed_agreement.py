"""What our functions make of the vectors on ordinal agreement, content validity, labels and group differences."""

import numpy as np

from delphi.statistics import Scale
from delphi.statistics.agreement import (
    berry_mielke,
    blair_lacy,
    kvalseth,
    leik_dispersion,
    ordinal_agreement,
    van_der_eijk_a_2001,
)
from delphi.statistics.content_validity import item_validity, kappa_label, scale_validity
from delphi.statistics.differences import adjust_benjamini_hochberg, adjust_bonferroni, adjust_holm, kruskal_wallis
from delphi.statistics.labels import apmo, consensus_label
from tests.statistics.conftest import counts_of


def ordinal(inputs, order):
    values = {name: _agreement_figures(vector, order) for name, vector in inputs["frequency_vectors"].items()}
    documented = {name: values["eijk"][name] for name in ("A", "consensus", "polarization", "Leik")}
    # The help page prints this one with three digits.
    documented["Leik"] = round(documented["Leik"], 3)
    return {"values": values, "documented": {"eijk": documented}}


def _agreement_figures(vector, order):
    scale = Scale(1, len(vector))
    ratings = np.repeat(scale.levels, vector)
    counts = counts_of(ratings[order(len(ratings))], scale)
    figures = ordinal_agreement(counts, scale)
    found = {
        "A": figures.van_der_eijk_a,
        "A_old": van_der_eijk_a_2001(counts),
        "polarization": figures.polarisation,
        "Leik": leik_dispersion(counts),
        "consensus": figures.tastle_wierman,
        "entropy": figures.entropy,
        "BlairLacy": blair_lacy(counts),
        "Kvalseth": kvalseth(counts),
        "BerryMielke": berry_mielke(counts),
    }
    return {name: float(figure) for name, figure in found.items()}


def majority_opinions(inputs, order):
    items = np.array(inputs["items_agree_disagree_n"])
    mixed = order(len(items))
    found = apmo(*items[mixed].T)
    return {
        "majority_agreements": found.majority_agreements,
        "majority_disagreements": found.majority_disagreements,
        "total_opinions": found.total_opinions,
        "APMO_percent": found.percent,
        "items_at_or_above_cutoff": found.passes[np.argsort(mixed)],
    }


def verbal_levels(inputs, order):
    # The percentages have one decimal: thousandths are whole.
    parts = np.array([round(10 * percent) for percent in inputs["percent"]])
    mixed = order(len(parts))
    labels = np.array([consensus_label(part, 1000) for part in parts[mixed].tolist()])
    return {"awmf": labels[np.argsort(mixed)].tolist()}


def modified_kappa(_, order):
    pairs = np.array([(n, a) for n in range(3, 17) for a in range((n + 1) // 2, n + 1)])
    mixed = order(len(pairs))
    found = item_validity(pairs[mixed, 1], pairs[mixed, 0])
    figures = np.column_stack([found.i_cvi, found.chance, found.modified_kappa])[np.argsort(mixed)]
    rows = [
        {"N": n, "A": a, "I_CVI": i_cvi, "pc": chance, "k": kappa}
        for (n, a), (i_cvi, chance, kappa) in zip(pairs.tolist(), figures.tolist(), strict=True)
    ]
    return {"rows": rows, "evaluation": _ranges_of_labels()}


def _ranges_of_labels():
    hundredths = {label: [k / 100 for k in range(101) if kappa_label(k / 100) == label] for label in ("fair", "good")}
    ranges = {label: f"{values[0]:.2f}-{values[-1]:.2f}" for label, values in hundredths.items()}
    excellent = [k for k in range(10_001) if kappa_label(k / 10_000) == "excellent"]
    return {**ranges, "excellent": f">{(excellent[0] - 1) / 10_000:.2f}"}


def raw_validity(inputs, order):
    ratings = np.array(inputs["ratings"])
    items, raters = (order(size) for size in ratings.shape)
    relevant = (ratings[items][:, raters] >= 3).sum(axis=1)
    found = item_validity(relevant, np.full(len(ratings), ratings.shape[1]))
    of_scale = scale_validity(found.i_cvi)
    back = np.argsort(items)
    return {
        "n_agree": relevant[back],
        "I_CVI": found.i_cvi[back],
        "S_CVI_Ave": of_scale.average,
        "S_CVI_UA": of_scale.universal,
    }


def adjusted(inputs, order):
    p = np.array(inputs["p"])
    mixed = order(len(p))
    back = np.argsort(mixed)
    found = {
        name: adjust(p[mixed])[back]
        for name, adjust in (
            ("BH_adjusted", adjust_benjamini_hochberg),
            ("bonferroni", adjust_bonferroni),
            ("holm", adjust_holm),
        )
    }
    rejected = {name: (found[name] <= 0.05).sum() for name in ("BH_adjusted", "bonferroni")}
    return {**found, "n_rejected_BH_05": rejected["BH_adjusted"], "n_rejected_bonferroni_05": rejected["bonferroni"]}


def several_groups(inputs, order):
    return {name: _kruskal_wallis_of(inputs[name], order) for name in ("hollander", "ratings")}


def _kruskal_wallis_of(groups, order):
    # Ranks take the place of decimals; the test sees no more of them than that.
    values = np.unique(np.concatenate(groups))
    scale = Scale(0, len(values) - 1)
    ranked = [np.searchsorted(values, group)[order(len(group))] for group in groups]
    found = kruskal_wallis(np.array([counts_of(group, scale) for group in ranked]))
    return {"H": float(found.statistic), "df": float(found.df), "p": float(found.p)}


COMPUTED = {
    "vandereijk_leik_tastle": ordinal,
    "apmo": majority_opinions,
    "consensus_labels": verbal_levels,
    "cvi_modified_kappa_table": modified_kappa,
    "cvi_raw_ratings": raw_validity,
    "fdr_bh_1995": adjusted,
    "kruskal_wallis": several_groups,
}
UNMATCHED = {"kruskal_wallis": {"R_airquality_ozone_by_month": "the ozone readings are not among the inputs"}}
