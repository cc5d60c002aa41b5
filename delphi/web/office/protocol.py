"""The protocol and the consent text: what is chosen before round 1, and read-only once it is sealed."""

from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Page

from delphi import language
from delphi.errors import DelphiError, InvalidError
from delphi.models import Protocol, RoundStep
from delphi.services.background import parse_questions, written_questions
from delphi.services.care import crisis_words, outside_contact
from delphi.services.protocol import (
    CRITERIA,
    SCALES,
    Choices,
    Safeguarding,
    ScaleChoice,
    choices_of,
    current_consent,
    current_protocol,
    save_consent,
    save_protocol,
)
from delphi.services.researchers import RUN_ROUNDS
from delphi.services.sight import sight_of
from delphi.services.studies import rounds_of
from delphi.statistics.errors import UnusableError
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.rule_files import RuleContext
from delphi.web.access import now, require_role
from delphi.web.office import office
from delphi.web.office.forms import ConsentForm, ProtocolForm
from delphi.web.office.frame import actor
from delphi.web.office.words import rule_word
from delphi.web.words import gettext


@office.route("/studies/<slug>/protocol", methods=["GET", "POST"])
def protocol(slug: str) -> Page:
    stored = current_protocol(g.session, g.study)
    if request.method == "POST":
        require_role(RUN_ROUNDS)
    elif stored.is_sealed or not g.roles & RUN_ROUNDS:
        return render_template("office/protocol_sealed.html", protocol=stored, choices=choices_of(stored))
    form = ProtocolForm(data=_typed(stored))
    if "look" in request.form:
        return _form_page(form, 200)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            choices = _chosen(form, choices_of(stored))
            save_protocol(g.session, g.study, choices, version=form.version.data or 0, actor=actor(), now=now())
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The protocol is kept. It can be changed until round 1 opens."), "done")
            return redirect(url_for(".protocol", slug=slug), code=303)
    return _form_page(form, status)


@office.route("/studies/<slug>/consent", methods=["GET", "POST"])
def consent(slug: str) -> Page:
    stored = current_consent(g.session, g.study)
    form = ConsentForm(data={"number": stored.number, "information": stored.information, "statement": stored.statement})
    if form.is_submitted():
        require_role(RUN_ROUNDS)
    is_preview = "preview" in request.form
    status = 422 if form.is_submitted() and not is_preview else 200
    if form.validate_on_submit() and not is_preview:
        try:
            save_consent(
                g.session,
                g.study,
                form.information.data,
                form.statement.data,
                number=form.number.data or 0,
                actor=actor(),
                now=now(),
            )
            g.session.commit()
        except DelphiError as error:
            status = form.refuse(error)
        else:
            flash(gettext("The text is kept. Everybody agrees to the newest one before they answer."), "done")
            return redirect(url_for(".consent", slug=slug), code=303)
    page = render_template(
        "office/consent.html",
        form=form,
        stored=stored,
        is_preview=is_preview,
        has_opened=bool(rounds_of(g.session, g.study)),
        sight=sight_of(g.session, g.study),
        crisis=crisis_words(g.study),
        outside=outside_contact(g.study),
        rule=choices_of(current_protocol(g.session, g.study)).withdrawal,
    )
    return page, status


def _form_page(form: ProtocolForm, status: int) -> Page:
    scale = SCALES.get(form.scale.data or "", SCALES["1-9"])
    return render_template("office/protocol.html", form=form, rules=_rules(scale), scales=SCALES), status


def _typed(stored: Protocol) -> dict[str, Any]:
    choices = choices_of(stored)
    scale = choices.scale
    return {
        "version": stored.version,
        "scale": f"{scale.low}-{scale.high}",
        "low": gettext(scale.anchors.get(str(scale.low), "")),
        "middle": gettext(scale.anchors.get(_middle(scale), "")),
        "high": gettext(scale.anchors.get(str(scale.high), "")),
        "criteria": [criterion.key for criterion in choices.criteria],
        "rule": choices.rule["name"],
        "show_panel": choices.show_panel,
        "show_groups": choices.show_groups,
        "preselect_last": choices.preselect_last,
        "show_comments": choices.show_comments,
        "withdrawal": choices.withdrawal,
        "planned_rounds": choices.planned_rounds,
        "weeks": choices.weeks,
        "sign_off": list(choices.sign_off),
        "questions": written_questions(choices.questions),
        "reader": choices.safeguarding.reader if choices.safeguarding else "",
        "second": choices.safeguarding.second if choices.safeguarding else "",
    }


def _chosen(form: ProtocolForm, before: Choices) -> Choices:
    scale = SCALES[form.scale.data]
    words = {str(scale.low): form.low.data or "", _middle(scale): form.middle.data or "", str(scale.high): form.high.data or ""}
    anchors = {level: text.strip() for level, text in words.items() if level and text.strip()}
    try:
        preset_rule(form.rule.data, RuleContext(scale.as_scale(), scale.as_zones(), before.denominator))
    except UnusableError as error:
        raise InvalidError("{reason}", reason=error) from error
    return replace(
        before,
        scale=replace(scale, anchors=anchors),
        criteria=tuple(criterion for key, criterion in CRITERIA.items() if key in (form.criteria.data or ())),
        rule=PRESETS[form.rule.data].written,
        show_panel=bool(form.show_panel.data),
        show_groups=bool(form.show_groups.data),
        preselect_last=bool(form.preselect_last.data),
        show_comments=bool(form.show_comments.data),
        withdrawal=form.withdrawal.data or before.withdrawal,
        planned_rounds=form.planned_rounds.data or 0,
        weeks=form.weeks.data or 0,
        sign_off=tuple(step for step in RoundStep if step in (form.sign_off.data or ())),
        questions=parse_questions(form.questions.data or ""),
        safeguarding=_safeguarding(form),
    )


def _safeguarding(form: ProtocolForm) -> Safeguarding | None:
    named = [(field.data or "").strip().lower() for field in (form.reader, form.second)]
    return Safeguarding(*named) if any(named) else None


def _middle(scale: ScaleChoice) -> str:
    """Return the level in the middle, or nothing where an even number of levels has none."""
    n_levels = scale.high - scale.low + 1
    return str((scale.low + scale.high) // 2) if n_levels % 2 else ""


def _rules(scale: ScaleChoice) -> list[dict[str, str | None]]:
    """Return every preset with its sentence on this scale, or without one where it does not fit."""
    context = RuleContext(scale.as_scale(), scale.as_zones())
    rules = []
    for name, preset in PRESETS.items():
        fits = preset.scale in (None, context.scale)
        sentence = preset_rule(name, context).sentence(language) if fits else None
        only = None if preset.scale is None else str(preset.scale)
        source = gettext(str(preset.written["source"]))
        rules.append({"name": name, "word": rule_word(name), "sentence": sentence, "source": source, "only": only})
    return rules
