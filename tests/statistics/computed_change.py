"""Published and reproduced tests of change, computed by the package from the vectors' inputs."""

import numpy as np

from delphi.statistics import change_tests as tests
from delphi.statistics.scale import Scale

ONE_TO_NINE = Scale(1, 9)


def joint_of(previous, current, scale=ONE_TO_NINE):
    """Return int64[previous level, current level] of two lists of ratings by the same people."""
    joint = np.zeros((scale.n_levels, scale.n_levels), dtype=np.int64)
    np.add.at(joint, (np.asarray(previous, dtype=int) - scale.low, np.asarray(current, dtype=int) - scale.low), 1)
    return joint


def bowker_stuart_vision(inputs, order):
    table = np.array(inputs["table"])
    permuted = order(len(table))
    table = table[np.ix_(permuted, permuted)]
    found = {"bowker": tests.bowker(table), "stuart_maxwell": tests.stuart_maxwell(table), "bhapkar": tests.bhapkar(table)}
    return {name: {"stat": float(test.statistic), "df": int(test.df), "p": float(test.p)} for name, test in found.items()}


def mcnemar(inputs, order):
    (_, left), (entered, _) = inputs["table"]
    corrected = tests.mcnemar(np.array(left), np.array(entered))
    plain = tests.mcnemar_chi_square(np.array(left), np.array(entered))
    permuted = order(len(inputs["exact_discordant_pairs"]))
    exact = np.empty(len(permuted))
    exact[permuted] = tests.mcnemar(*np.array(inputs["exact_discordant_pairs"])[permuted].T).p
    return {
        "with_continuity": {"stat": float(corrected.statistic), "p": float(corrected.p)},
        "without": {"stat": float(plain.statistic), "p": float(plain.p)},
        "exact_p": exact.tolist(),
    }


def wilcoxon_ties_zeros(inputs, order):
    permuted = order(len(inputs["round1"]))
    first, second = (np.array(inputs[name])[permuted] for name in ("round1", "round2"))
    # The programs were given round 1 minus round 2, so that a rise counts as negative.
    differences = tests.difference_counts(joint_of(second, first))
    found = tests.wilcoxon(differences)
    exact = {zeros: tests.wilcoxon_exact(differences, zeros) for zeros in ("drop", "pratt")}
    return {
        "pratt": {"Z": float(found.z_pratt), "p": float(found.p_pratt), "p_exact": exact["pratt"]},
        "wilcoxon_drop_zeros": {"Z": float(found.z), "p": float(found.p), "p_exact": exact["drop"]},
        "R_wilcox_test": {
            "V": float(found.v),
            "p_nocorr": float(found.p),
            "p_corr": float(tests.wilcoxon_continuity_p(differences)),
        },
    }


COMPUTED = {"bowker_stuart_vision": bowker_stuart_vision, "mcnemar": mcnemar, "wilcoxon_ties_zeros": wilcoxon_ties_zeros}
