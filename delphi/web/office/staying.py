"""From round to round: who stayed and who left, what that may have changed, and whether it is time to stop asking."""

from collections.abc import Mapping
from typing import Any

from flask import g, render_template

from delphi.models import Round
from delphi.services.disclosure import Entry, View
from delphi.services.protocol import STABLE, choices_of
from delphi.services.reasons import clause_in_words
from delphi.services.researchers import SEE_RESULTS
from delphi.services.results import linked_view, result_of, team_view
from delphi.services.reviewing import asked_items, closed_up_to
from delphi.services.rounds import proposed_items
from delphi.services.studies import rounds_of
from delphi.web.access import require_role
from delphi.web.filters import figure, percent
from delphi.web.office import office
from delphi.web.office.lines import short_text
from delphi.web.office.words import standing_word, verdict_tone, verdict_word
from delphi.web.words import gettext, ngettext


@office.get("/studies/<slug>/rounds/<int:number>/who-stayed")
def attrition(slug: str, number: int) -> str:
    """Show who was invited, answered, stayed, left and joined, and what the verdicts would be had those who left answered."""
    rounds = _closed_up_to(number)
    return render_template(
        "office/attrition.html",
        round=rounds[-1],
        result=result_of(g.session, rounds[-1]),
        policy=choices_of(rounds[-1].protocol).policy,
        steps=[_step(round_) for round_ in reversed(rounds)],
        first=_first(rounds[0]),
    )


@office.get("/studies/<slug>/rounds/<int:number>/time-to-stop")
def stopping(slug: str, number: int) -> str:
    """Show what the stopping rule answers after each round, by which clause, what each item has come to and what is open."""
    rounds = _closed_up_to(number)
    round_ = rounds[-1]
    is_newest = rounds_of(g.session, g.study)[-1].id == round_.id
    return render_template(
        "office/stopping.html",
        round=round_,
        result=result_of(g.session, round_),
        planned=choices_of(round_.protocol).last_round,
        binds=choices_of(round_.protocol).stopping == STABLE,
        answers=[_answer(each) for each in reversed(rounds)],
        standings=_standings(round_),
        left=[proposal for proposal in proposed_items(g.session, g.study) if proposal.is_asked] if is_newest else None,
        short_text=short_text,
    )


def _closed_up_to(number: int) -> list[Round]:
    """Return the rounds up to this one, for who may see results."""
    require_role(SEE_RESULTS)
    return closed_up_to(g.session, g.study, number)


def _first(round_: Round) -> dict[str, Any]:
    view = team_view(g.session, round_)
    return {"number": round_.number, "participants": view["participants"], "groups": view["groups"]}


def _step(round_: Round) -> dict[str, Any]:
    linked = linked_view(g.session, round_)
    entries = linked["attrition"]
    return {
        "round": round_,
        "before": linked["from"],
        "sentence": _who_stayed(entries[0]) if entries else "",
        "header": _people_header(),
        "rows": [_people_row(entry) for entry in entries],
        "is_hidden": any(not entry["shown"] for entry in entries),
        "bias": _bias(entries[0]) if entries else "",
        "worst_header": _worst_header(),
        "worst": _worst_rows(round_, linked),
        "n_depending": sum(one["depends"] for one in linked["worst_case"].values()),
        "n_items": len(linked["worst_case"]),
    }


def _who_stayed(panel: Entry) -> str:
    return ngettext(
        "Of %(num)s person who answered the round before, %(stayed)s stayed and %(left)s left; %(joined)s joined.",
        "Of %(num)s people who answered the round before, %(stayed)s stayed and %(left)s left; %(joined)s joined.",
        panel["stayed"] + panel["left"],
        **{name: panel[name] for name in ("stayed", "left", "joined")},
    )


def _bias(panel: Entry) -> str:
    """Return in a sentence whether those who left had rated otherwise."""
    if panel["mean_left"] is None or panel["mean_stayed"] is None:
        return ""
    said: str = gettext(
        "In the round before, those who stayed had rated %(stayed)s on average, those who left %(left)s.",
        stayed=figure(panel["mean_stayed"]),
        left=figure(panel["mean_left"]),
    )
    if panel["p"] is None:
        return said
    return f"{said} " + gettext(
        "A difference like this or a larger one would come about by chance in %(share)s of cases (Welch’s t).",
        share=percent(100 * panel["p"]),
    )


def _people_header() -> list[Any]:
    heads = (
        (gettext("Group"), ""),
        (gettext("Invited"), ""),
        (gettext("Stayed"), gettext("answered both")),
        (gettext("Left"), gettext("the round before only")),
        (gettext("Joined"), gettext("this round only")),
        (gettext("Answered"), gettext("this round")),
        (gettext("Completed"), gettext("80 % or more")),
        (gettext("Mean before"), gettext("of those who stayed")),
        (gettext("Mean before"), gettext("of those who left")),
        (gettext("p"), gettext("Welch")),
        (gettext("p"), gettext("Mann–Whitney")),
    )
    return [{"text": text, "unit": unit, "numeric": n > 0} for n, (text, unit) in enumerate(heads)]


def _people_row(entry: Entry) -> list[object]:
    heads = [
        entry["invited"],
        entry["stayed"],
        entry["left"],
        entry["joined"],
        entry["stayed"] + entry["joined"],
        entry["completed"],
    ]
    if not entry["shown"]:
        return [entry["group"] or gettext("Everybody"), *heads, *[gettext("not shown")] * 2, None, None]
    figures = [figure(entry[name]) for name in ("mean_stayed", "mean_left", "p", "mann_whitney_p")]
    return [entry["group"] or gettext("Everybody"), *heads, *figures]


def _worst_header() -> list[Any]:
    heads = (
        (gettext("Item"), ""),
        (gettext("Verdict"), ""),
        (gettext("Left"), gettext("people")),
        (gettext("High"), f"% {gettext('at worst to at best')}"),
        (gettext("Had all who left rated the lowest level"), ""),
        (gettext("Had all rated the highest"), ""),
    )
    return [{"text": text, "unit": unit, "numeric": n == 2} for n, (text, unit) in enumerate(heads)]


def _worst_rows(round_: Round, linked: View) -> list[dict[str, Any]]:
    """Return the bounds of each item's verdict, those that depend on who left first."""
    found = linked["worst_case"]
    if not found:
        return []
    labels = {criterion.key: gettext(criterion.label) for criterion in choices_of(round_.protocol).criteria}
    versions = {version.item.key: version for version in asked_items(g.session, round_)}
    return [
        {
            "key": item,
            "text": short_text(versions[item]),
            "criterion": labels[criterion] if len(labels) > 1 else "",
            "depends": one["depends"],
            "n_left": one["n_left"],
            "share": " – ".join(percent(end) for end in one["percent_high"]) if one["percent_high"] else None,
            "verdicts": [_tag(one[name]) for name in ("verdict", "all_lowest", "all_highest")],
        }
        for (item, criterion), one in sorted(found.items(), key=lambda pair: not pair[1]["depends"])
    ]


def _tag(verdict: str) -> Mapping[str, str]:
    return {"text": verdict_word(verdict), "tone": verdict_tone(verdict)}


def _answer(round_: Round) -> dict[str, Any]:
    answer = linked_view(g.session, round_)["stopping"]
    return {
        "round": round_,
        "stop": answer and answer["stop"],
        "clause": clause_in_words(g.session, round_) if answer else "",
    }


def _standings(round_: Round) -> list[dict[str, Any]]:
    """Return what each item has come to, with its verdict and how far the same people's answers shifted."""
    linked, view = linked_view(g.session, round_), team_view(g.session, round_)
    labels = {criterion.key: gettext(criterion.label) for criterion in choices_of(round_.protocol).criteria}
    versions = {version.item.key: version for version in asked_items(g.session, round_)}
    return [
        {
            "key": entry["item"],
            "text": short_text(versions[entry["item"]]),
            "criterion": labels[entry["criterion"]] if len(labels) > 1 else "",
            "verdict": _tag(entry["verdict"]),
            "standing": standing_word(_standing(linked, entry)),
            "movement": linked["movement"].get((entry["item"], entry["criterion"]), {}).get(None),
        }
        for entry in view["items"]
    ]


def _standing(linked: View, entry: Entry) -> str | None:
    one = linked["standings"].get((entry["item"], entry["criterion"]))
    standing: str | None = one["standing"] if one else None
    return standing
