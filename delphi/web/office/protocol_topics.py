"""The protocol by topic, each with what is chosen in a line, so that all of it can be taken in at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from delphi import language
from delphi.services.protocol import Choices
from delphi.web.office.forms_protocol import AmendmentForm
from delphi.web.protocol_words import Headings, ends_words, sign_off_words, whom_words, withdrawal_words
from delphi.web.words import gettext, ngettext

FIELDS = {
    "answers": ("criteria", "own_label", "own_question", "scale", "low", "middle", "high", "between"),
    "asked": ("asked_of",),
    "consensus": ("rule", "percent", "opposite", "most_iqr", "whom", "denominator", "rule_source", "rule_file"),
    "shown": ("show_panel", "show_groups", "preselect_last", "show_comments"),
    "protected": ("least_group", "least_own_group", "least_levels", "least_commenters"),
    "leaving": ("withdrawal",),
    "course": ("planned_rounds", "weeks", "stopping", "inviting"),
    "two-people": ("sign_off",),
    "background": ("questions",),
    "danger": ("reader", "second"),
}


@dataclass(frozen=True)
class Topic:
    """A part of the protocol: its heading, what is kept of it now, and whether the page shows its fields at once."""

    key: str
    heading: str
    summary: str
    is_open: bool


def topics_of(form: AmendmentForm, choices: Choices, headings: Headings) -> dict[str, Topic]:
    """Return the topics that the form has fields of, by key in the order of the page; one in which something is wrong is open."""
    words = {
        "answers": (gettext("What panelists answer"), _answers(choices)),
        "asked": (gettext("Who is asked what"), whom_words(choices, headings)),
        "consensus": (gettext("What counts as consensus"), choices.rule_sentence(language)),
        "shown": (gettext("What panelists see afterwards"), _shown(choices)),
        "protected": (gettext("How few people may be shown"), _protected(choices)),
        "leaving": (gettext("Leaving"), withdrawal_words(choices)),
        "course": (gettext("How long it takes"), _course(choices)),
        "two-people": (gettext("Steps that need a second person"), sign_off_words(choices)),
        "background": (gettext("Who took part"), _background(choices)),
        "danger": (gettext("Safeguarding: when somebody writes of a danger"), _danger(choices)),
    }
    return {key: Topic(key, *said, _is_open(form, key)) for key, said in words.items() if FIELDS[key][0] in form}


def _is_open(form: AmendmentForm, key: str) -> bool:
    # The button that shows the rules for another scale stands among the rules.
    asked_for = request.args.get("open") in ("all", key) or (key == "consensus" and "look" in request.form)
    return asked_for or any(form[name].errors for name in FIELDS[key])


def _answers(choices: Choices) -> str:
    labels = ", ".join(gettext(criterion.label) for criterion in choices.criteria)
    return gettext("%(labels)s, from %(low)s to %(high)s", labels=labels, low=choices.scale.low, high=choices.scale.high)


def _shown(choices: Choices) -> str:
    return _listed(
        [
            (choices.show_panel, gettext("the panel’s figures")),
            (choices.show_groups, gettext("each group’s figures")),
            (choices.show_comments, gettext("comments meant for them")),
            (choices.preselect_last, gettext("their last rating chosen beforehand")),
        ]
    )


def _listed(parts: Sequence[tuple[bool, str]]) -> str:
    return ", ".join(words for is_chosen, words in parts if is_chosen) or gettext("nothing")


def _protected(choices: Choices) -> str:
    return gettext("a group’s figures from %(n)s people on", n=choices.policy.least_group)


def _course(choices: Choices) -> str:
    rounds = ngettext("%(num)s round", "%(num)s rounds", choices.planned_rounds)
    weeks = ngettext("%(num)s week", "%(num)s weeks", choices.weeks)
    return gettext("%(rounds)s of %(weeks)s; it ends %(when)s", rounds=rounds, weeks=weeks, when=ends_words(choices))


def _background(choices: Choices) -> str:
    n = len(choices.questions)
    return ngettext("%(num)s background question", "%(num)s background questions", n) if n else gettext("nothing is asked")


def _danger(choices: Choices) -> str:
    named = choices.safeguarding
    if named is None:
        return gettext("nobody is named; people read that, and where to turn")
    return gettext("%(reader)s reads, and %(second)s is told", reader=named.reader, second=named.second)
