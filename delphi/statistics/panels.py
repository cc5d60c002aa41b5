"""What holds of a whole panel and of each group: concordance, reliability, content validity, over all that was rated."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.content_validity import item_validity, scale_validity
from delphi.statistics.counts import Counts, rated_everything
from delphi.statistics.description import count_in
from delphi.statistics.intraclass import Intraclass, ScoreSums, cronbach_alpha, intraclass, score_sums
from delphi.statistics.labels import apmo
from delphi.statistics.measures import Basis, RoundFigures
from delphi.statistics.plain import number
from delphi.statistics.reliability import fleiss_kappa, gwet_ac
from delphi.statistics.scale import Scale
from delphi.statistics.weights import Weighting, agreement_weights

TOO_FEW_ITEMS = "It needs two items that somebody rated."
TOO_FEW_COMPLETE = "Fewer than two people rated every item."
NO_DIFFERENCE = "The ratings do not differ enough to tell."
UNEQUAL_NUMBERS = "Fleiss' kappa needs the same number of ratings, two or more, of every item, and ratings that differ."
NOTHING_TWICE = "It needs an item with two ratings, and ratings that differ."
NOBODY_RATED = "Nobody rated anything."

_WEIGHTINGS: tuple[Weighting, ...] = ("unweighted", "linear", "quadratic")


def panel_entries(
    figures: RoundFigures, ballots: NDArray[np.uint8], groups: NDArray[np.int64], group_names: Sequence[str], basis: Basis
) -> Iterator[dict[str, Any]]:
    """Yield the entry of the panel (group None) and then of every group, with a reason beside every null."""
    sums = _score_sums(figures.counts, ballots, groups, len(group_names), basis.scale)
    correlations, alpha = intraclass(sums), cronbach_alpha(sums)
    for group, name in enumerate((None, *group_names)):
        entry = {
            "group": name,
            "kendall_w": _kendall(figures, group),
            "krippendorff_alpha": {metric: number(values[group]) for metric, values in figures.alpha.items()},
            "icc": _icc(correlations, group),
            "cronbach_alpha": number(alpha[group]),
            **_from_counts(figures.counts, group, basis),
        }
        yield {**entry, "undefined": dict(_why_undefined(entry))}


def _score_sums(counts: Counts, ballots: NDArray[np.uint8], groups: NDArray[np.int64], n_groups: int, scale: Scale) -> ScoreSums:
    slots = counts.rated[:, 0] > 0
    asked = ballots if slots.all() else ballots[:, slots]
    complete = rated_everything(asked, scale.n_levels)
    if not complete.all():
        asked, groups = asked[complete], groups[complete]
    return score_sums(asked, scale.low, groups, n_groups)


def _kendall(figures: RoundFigures, group: int) -> dict[str, Any]:
    names = ("w", "w_uncorrected", "chi_square", "df", "p")
    found = {name: number(getattr(figures.kendall, name)[group]) for name in names}
    return {**found, "n_items": figures.ranks.n_items, "n_raters": int(figures.ranks.n_raters[group])}


def _icc(correlations: Intraclass, group: int) -> dict[str, Any]:
    single = {name: number(getattr(correlations, name).value[group]) for name in ("a1", "c1")}
    return {**single, **{name: number(getattr(correlations, name)[group]) for name in ("ak", "ck")}}


def _from_counts(counts: Counts, group: int, basis: Basis) -> dict[str, Any]:
    levels = np.ascontiguousarray(counts.levels[:, group])
    rated = levels.sum(axis=1)
    high, low = (count_in(levels, bounds, basis.scale) for bounds in (basis.zones.high, basis.zones.low))
    validity = scale_validity(item_validity(high, rated).i_cvi)
    return {
        "fleiss_kappa": number(fleiss_kappa(levels[rated > 0]).kappa),
        "gwet_ac": {
            kind: number(gwet_ac(levels, agreement_weights(basis.scale.n_levels, kind)).coefficient) for kind in _WEIGHTINGS
        },
        "s_cvi_ave": number(validity.average),
        "s_cvi_ua": number(validity.universal),
        "apmo": number(apmo(high, low, rated).percent),
    }


def _why_undefined(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kendall = entry["kendall_w"]
    together = TOO_FEW_ITEMS if kendall["n_items"] < 2 else TOO_FEW_COMPLETE if kendall["n_raters"] < 2 else NO_DIFFERENCE
    reasons = {
        "kendall_w": together,
        "icc": together,
        "cronbach_alpha": together,
        "krippendorff_alpha": NOTHING_TWICE,
        "gwet_ac": NOTHING_TWICE,
        "fleiss_kappa": UNEQUAL_NUMBERS,
        "s_cvi_ave": NOBODY_RATED,
        "s_cvi_ua": NOBODY_RATED,
        "apmo": NOBODY_RATED,
    }
    for name, reason in reasons.items():
        if isinstance(entry[name], dict):
            yield from ((f"{name}.{part}", reason) for part, value in entry[name].items() if value is None)
        elif entry[name] is None:
            yield name, reason
