"""What a rule asks for in words: figures, thresholds, levels, and which groups are looked at."""

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from delphi.statistics.ram import CLASSES
from delphi.statistics.scale import format_range
from delphi.statistics.words import Words, listed, marked

COMPARISONS = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}
FIGURE_NAMES = {
    "percent": marked("percentage"),
    "median": marked("median"),
    "mean": marked("mean"),
    "iqr": marked("interquartile range"),
    "sd": marked("standard deviation"),
    "cv": marked("coefficient of variation"),
    "ram": marked("RAND/UCLA class"),
    "i_cvi": marked("item content validity index"),
    "cvr": marked("content validity ratio"),
    "n_rated": marked("number of ratings"),
}
SUBJECTS = {
    "percent": marked("the percentage"),
    "median": marked("the median"),
    "mean": marked("the mean"),
    "iqr": marked("the interquartile range"),
    "sd": marked("the standard deviation"),
    "cv": marked("the coefficient of variation"),
    "ram": marked("the RAND/UCLA class"),
    "i_cvi": marked("the item content validity index"),
    "cvr": marked("the content validity ratio"),
    "n_rated": marked("the number of ratings"),
}
_WANTED = {
    "at_least": marked("at least %(n)s"),
    "more_than": marked("more than %(n)s"),
    "at_most": marked("at most %(n)s"),
    "less_than": marked("less than %(n)s"),
}
_WANTED_PERCENT = {
    "at_least": marked("at least %(n)s %%"),
    "more_than": marked("more than %(n)s %%"),
    "at_most": marked("at most %(n)s %%"),
    "less_than": marked("less than %(n)s %%"),
}
_WANTED_CRITICAL = {
    "at_least": marked("at least the critical value for its number of ratings (exact binomial, 5 %)"),
    "more_than": marked("more than the critical value for its number of ratings (exact binomial, 5 %)"),
    "at_most": marked("at most the critical value for its number of ratings (exact binomial, 5 %)"),
    "less_than": marked("less than the critical value for its number of ratings (exact binomial, 5 %)"),
}
_WANTED_CLASS = {
    "at_least": marked("%(name)s or better"),
    "at_most": marked("%(name)s or worse"),
    "more_than": marked("better than %(name)s"),
    "less_than": marked("worse than %(name)s"),
}
_CLASS_WORDS = {
    "inappropriate": marked("inappropriate"),
    "uncertain": marked("uncertain"),
    "appropriate": marked("appropriate"),
}

_SO_MANY = ("at_least", "any")  # groups by their number, one of them or several


def wanted(figure: str, comparison: str, threshold: Fraction, words: Words, *, is_critical: bool) -> str:
    """Return what is asked for, as in "at least 70 %"."""
    if figure == "ram":
        name = CLASSES[int(threshold)]
        if (comparison, name) in {("at_least", CLASSES[-1]), ("at_most", CLASSES[0])}:
            return class_word(name, words)
        return words.gettext(_WANTED_CLASS[comparison], name=class_word(name, words))
    if is_critical:
        return words.gettext(_WANTED_CRITICAL[comparison])
    message = (_WANTED_PERCENT if figure == "percent" else _WANTED)[comparison]
    return words.gettext(message, n=words.decimal(format_number(threshold)))


def class_word(name: str, words: Words) -> str:
    """Return the word for a class of the RAND/UCLA method."""
    return words.gettext(_CLASS_WORDS[name])


def subject(figure: str, levels: str, words: Words) -> str:
    """Return what is looked at other than a percentage, as in "the median"."""
    said = words.gettext(SUBJECTS[figure])
    return words.gettext("%(figure)s (of ratings %(levels)s)", figure=said, levels=levels) if levels else said


def in_groups(groups: str, n_groups: int, n_min: int, named: Sequence[str], words: Words, claim: str) -> str:
    """Return the claim with whom it looks at before it; of the pooled panel, the claim alone."""
    said = {"claim": claim, "n_min": n_min}
    if groups == "pooled":
        return claim
    if groups in _SO_MANY:
        return words.ngettext(
            "in at least one group of %(n_min)s or more, %(claim)s",
            "in at least %(num)s groups of %(n_min)s or more, %(claim)s",
            1 if groups == "any" else n_groups,
            **said,
        )
    if groups == "named":
        names = quoted(named, words)
        if len(named) > 1:
            return words.gettext("in %(names)s, each of %(n_min)s or more, %(claim)s", names=names, **said)
        return words.gettext("in %(names)s of %(n_min)s or more, %(claim)s", names=names, **said)
    messages = {
        "every": marked("in every group of %(n_min)s or more, %(claim)s"),
        "balanced": marked("averaged over the groups of %(n_min)s or more with equal weight, %(claim)s"),
    }
    return words.gettext(messages[groups], **said)


def place(groups: str, n_groups: int, named: Sequence[str], words: Words) -> str:
    """Return where a test has to be met, as a reason says it: "in every group"."""
    if groups in _SO_MANY:
        return words.ngettext("in at least one group", "in at least %(num)s groups", 1 if groups == "any" else n_groups)
    if groups == "named":
        return words.gettext("in %(names)s", names=quoted(named, words))
    messages = {
        "every": marked("in every group"),
        "balanced": marked("on average over the groups"),
    }
    return words.gettext(messages[groups]) if groups in messages else ""


def levels(bounds: tuple[int, int] | None, words: Words) -> str:
    """Return a range of levels as it stands in a sentence; nothing for none."""
    if bounds is None:
        return ""
    first, last = bounds
    return words.gettext("%(first)s to %(last)s", first=first, last=last) if first < 0 and first != last else format_range(bounds)


def quoted(names: Sequence[str], words: Words) -> str:
    """Return the groups that a rule names, each in quotes so that no name can be taken for the sentence around it."""
    said = [json.dumps(name, ensure_ascii=False) for name in names]
    return listed([said[0], *(words.gettext("in %(names)s", names=name) for name in said[1:])], words)


def plain_number(value: Fraction) -> int | float:
    """Return the threshold as it was written."""
    return int(value) if value.denominator == 1 else float(value)


def format_number(value: Fraction) -> str:
    """Return the number as a reader expects it, with all its digits: 70, 1.5, 0.0000001."""
    return f"{Decimal(repr(plain_number(value))):f}"
