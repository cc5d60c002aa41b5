"""What the rules to choose from are called, and when one is the one to choose."""

from delphi.statistics.rules import DEFAULT_N_MIN
from delphi.web.words import gettext


def rule_word(name: str) -> str:
    """Return what people call a preset of the consensus rule."""
    words = {
        "70/15": gettext("70 % for it and less than 15 % against (70/15)"),
        "percent-75": gettext("At least 75 %"),
        "percent-80": gettext("At least 80 %"),
        "70/15-every-group": gettext("70/15 in every group"),
        "70/15-any-group": gettext("70/15 in any group"),
        "70/15-two-groups": gettext("70/15 in two groups or more"),
        "70/15-balanced": gettext("70/15 with every group counting alike"),
        "heap-round-1": gettext("50/15, to prune in a first round"),
        "iqr-2": gettext("Interquartile range of 2 or less"),
        "iqr-1": gettext("Interquartile range of 1 or less, five levels"),
        "iqr-1-of-four": gettext("Interquartile range of 1 or less, four levels"),
        "sd-1.5": gettext("Standard deviation below 1.5"),
        "cv-0.5": gettext("Coefficient of variation of 0.5 or less"),
        "ram": gettext("RAND/UCLA appropriateness"),
        "i-cvi": gettext("Content validity of 0.78 or more"),
        "cvr": gettext("Content validity ratio beyond chance"),
        "enlight": gettext("More than 75 % of those who answered"),
    }
    return str(words.get(name, name))


def rule_advice(name: str) -> str:
    """Return when one of the usual rules is the one to choose; nothing of the others."""
    words = {
        "70/15": gettext(
            "Advised, unless you have a reason for another: it asks for a clear majority and for few against, so a panel that is "
            "split has no consensus. How each group rated is shown beside it."
        ),
        "70/15-every-group": gettext(
            "Where no group is to be outvoted by a larger one. A group in which fewer than %(n)s people rate an item does not "
            "count for it, and the others decide; where all groups are that small, there is no consensus.",
            n=DEFAULT_N_MIN,
        ),
        "percent-75": gettext("Three in four, however the others rated."),
        "percent-80": gettext("Four in five, however the others rated."),
    }
    return str(words.get(name, ""))
