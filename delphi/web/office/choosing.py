"""Between the protocol's forms and what is sealed: what stands in the fields, and what was chosen in them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from delphi import language
from delphi.errors import InvalidError, concerning
from delphi.models import Protocol, RoundStep
from delphi.services.assigning import Assignable
from delphi.services.background import parse_questions, written_questions
from delphi.services.protocol import CRITERIA, SCALES, Choices, Safeguarding, ScaleChoice, choices_of, own_criterion
from delphi.services.rule_building import OWN_RULE, POOLED, WHOM, BuiltRule, built_from, is_preset, rule_from_json
from delphi.statistics.errors import UnusableError
from delphi.statistics.presets import PRESETS, preset_rule
from delphi.statistics.rule_files import RuleContext, parse_rule
from delphi.web.office.forms_protocol import FILE_RULE, KEPT_RULE, AmendmentForm, ProtocolForm, pair
from delphi.web.office.rule_words import rule_advice, rule_word
from delphi.web.words import gettext

LONGEST_ANCHOR = 60
USUAL = ("70/15", "70/15-every-group", "percent-75", "percent-80")  # they fit every scale; the first is the one advised
_LEVEL = re.compile(r"\s*(\d{1,2})\s*[=:–-]\s*(\S.*?)\s*")


def typed(stored: Protocol, assignable: Assignable) -> dict[str, Any]:
    """Return what stands in the fields of the whole protocol."""
    choices = choices_of(stored)
    scale = choices.scale
    ends = {str(scale.low), _middle(scale), str(scale.high)}
    between = {level: words for level, words in scale.anchors.items() if level not in ends}
    own = next((criterion for criterion in choices.criteria if criterion.key not in CRITERIA), None)
    return {
        **_typed_always(choices, assignable),
        "version": stored.version,
        "scale": f"{scale.low}-{scale.high}",
        "low": gettext(scale.anchors.get(str(scale.low), "")),
        "middle": gettext(scale.anchors.get(_middle(scale), "")),
        "high": gettext(scale.anchors.get(str(scale.high), "")),
        "between": "\n".join(f"{level} = {words}" for level, words in sorted(between.items(), key=lambda pair: int(pair[0]))),
        "criteria": [criterion.key for criterion in choices.criteria],
        "own_label": own.label if own else "",
        "own_question": own.question if own else "",
        **asdict(choices.policy),
        "withdrawal": choices.withdrawal,
        "sign_off": list(choices.sign_off),
        "questions": written_questions(choices.questions),
    }


def typed_amendment(stored: Protocol, assignable: Assignable) -> dict[str, Any]:
    """Return what stands in the fields of an amendment; its version is the number of the protocol that it amends."""
    return {**_typed_always(choices_of(stored), assignable), "version": stored.number}


def chosen(form: ProtocolForm, before: Choices) -> Choices:
    """Return the whole protocol as it was chosen."""
    scale = SCALES[form.scale.data]
    criteria = [criterion for key, criterion in CRITERIA.items() if key in (form.criteria.data or ())]
    if (form.own_label.data or "").strip():
        with concerning("own_label"):
            criteria.append(own_criterion(form.own_label.data or "", form.own_question.data or ""))
    with concerning("questions"):
        questions = parse_questions(form.questions.data or "")
    with concerning("between"):
        anchors = _anchors(form, scale)
    return replace(
        before,
        **_chosen_always(form, before, scale),
        scale=replace(scale, anchors=anchors),
        criteria=tuple(criteria),
        policy=replace(before.policy, **{name: form[name].data for name in asdict(before.policy) if form[name].data}),
        withdrawal=form.withdrawal.data or before.withdrawal,
        sign_off=tuple(step for step in RoundStep if step in (form.sign_off.data or ())),
        questions=questions,
    )


def amended(form: AmendmentForm, before: Choices) -> Choices:
    """Return the protocol with what an amendment can change as it was chosen."""
    return replace(before, **_chosen_always(form, before, before.scale))


def _chosen_always(form: AmendmentForm, before: Choices, scale: ScaleChoice) -> dict[str, Any]:
    return {
        "rule": _rule(form, scale, before),
        "show_panel": bool(form.show_panel.data),
        "show_groups": bool(form.show_groups.data),
        "preselect_last": bool(form.preselect_last.data),
        "show_comments": bool(form.show_comments.data),
        "planned_rounds": form.planned_rounds.data or 0,
        "weeks": form.weeks.data or 0,
        "stopping": form.stopping.data or before.stopping,
        "inviting": form.inviting.data or before.inviting,
        "safeguarding": _safeguarding(form),
        "asked_of": _asked_of(form, before),
    }


def _asked_of(form: AmendmentForm, before: Choices) -> Mapping[str, Sequence[str]]:
    """Return which sections only some groups are asked about: as ticked, as far as the form showed the boxes."""
    sections, groups = form.shown_sections.data, sorted(form.shown_groups.data)
    ticked = set(form.asked_of.data or ())
    chosen = {section: tuple(group for group in groups if pair(section, group) in ticked) for section in sections}
    kept = {section: before.asked_of[section] for section in form.headings if section in before.asked_of}
    return {section: asked for section, asked in {**kept, **chosen}.items() if asked != tuple(groups)}


def rules_on(scale: ScaleChoice, form: AmendmentForm, before: Choices) -> dict[str, Any]:
    """Return the rules to choose from, each in a sentence on this scale where it fits: the usual ones, then all others.

    Those that do not fit stand last. `more_is_chosen` says that the rule that is chosen is none of the usual ones.
    """
    context = RuleContext(scale.as_scale(), scale.as_zones())
    kept = None
    if not is_preset(before.rule) and built_from(before.rule) is None:
        with suppress(UnusableError):
            kept = parse_rule(before.rule, context).sentence(language)
    more = [_preset(name, context) for name in PRESETS if name not in USUAL]
    return {
        "usual": [_preset(name, context) for name in USUAL],
        "more": sorted(more, key=lambda rule: rule["sentence"] is None),
        "more_is_chosen": form.rule.data in PRESETS.keys() - set(USUAL),
        "own": _own_sentence(form, context),
        "kept": kept,
    }


def _preset(name: str, context: RuleContext) -> dict[str, str | None]:
    preset = PRESETS[name]
    fits = preset.scale in (None, context.scale)
    return {
        "name": name,
        "word": rule_word(name),
        "sentence": preset_rule(name, context).sentence(language) if fits else None,
        "advice": rule_advice(name),
        "source": gettext(str(preset.written["source"])),
        "only": None if preset.scale is None else str(preset.scale),
    }


def _own_sentence(form: AmendmentForm, context: RuleContext) -> str | None:
    """Return the own rule in a sentence as far as its fields are filled in, or None where they make no rule."""
    if form.percent.data is None or (form.whom.data or POOLED) not in WHOM:
        return None
    try:
        return parse_rule(_built(form).written(), context).sentence(language)
    except UnusableError:
        return None


def _typed_always(choices: Choices, assignable: Assignable) -> dict[str, Any]:
    headings, groups = assignable.headings, assignable.groups
    built = None if is_preset(choices.rule) else built_from(choices.rule)
    kept = OWN_RULE if built else KEPT_RULE
    own = asdict(built or BuiltRule())
    return {
        "rule": choices.rule["name"] if is_preset(choices.rule) else kept,
        **{name: own[name] for name in ("percent", "opposite", "most_iqr", "whom", "denominator")},
        "rule_source": own["source"],
        "show_panel": choices.show_panel,
        "show_groups": choices.show_groups,
        "preselect_last": choices.preselect_last,
        "show_comments": choices.show_comments,
        "planned_rounds": choices.planned_rounds,
        "weeks": choices.weeks,
        "stopping": choices.stopping,
        "inviting": choices.inviting,
        "asked_of": [pair(section, group) for section in headings for group in groups if choices.is_asked(section, group)],
        "reader": choices.safeguarding.reader if choices.safeguarding else "",
        "second": choices.safeguarding.second if choices.safeguarding else "",
    }


def _rule(form: AmendmentForm, scale: ScaleChoice, before: Choices) -> Any:
    name = form.rule.data
    if name == KEPT_RULE:
        return before.rule
    if name == FILE_RULE:
        with concerning("rule_file"):
            return rule_from_json(form.rule_file.data.read(), form.rule_file.data.filename or "")
    if name == OWN_RULE:
        return _built(form).written()
    try:
        preset_rule(name, RuleContext(scale.as_scale(), scale.as_zones(), before.denominator))
    except UnusableError as error:
        raise InvalidError("{reason}", reason=error).about("rule") from error
    return PRESETS[name].written


def _built(form: AmendmentForm) -> BuiltRule:
    most = form.most_iqr.data
    return BuiltRule(
        percent=form.percent.data or 0,
        opposite=form.opposite.data,
        most_iqr=None if most is None else float(most),
        whom=form.whom.data or BuiltRule.whom,
        denominator=form.denominator.data or BuiltRule.denominator,
        source=form.rule_source.data or "",
    )


def _anchors(form: ProtocolForm, scale: ScaleChoice) -> dict[str, str]:
    ends = {str(scale.low): form.low.data or "", _middle(scale): form.middle.data or "", str(scale.high): form.high.data or ""}
    anchors = {level: words.strip() for level, words in ends.items() if level and words.strip()}
    for line in filter(str.strip, (form.between.data or "").split("\n")):
        found = _LEVEL.fullmatch(line)
        if found is None or int(found[1]) not in scale.levels or len(found[2]) > LONGEST_ANCHOR:
            raise InvalidError(
                "Write the words of a level like 3 = rather not, on the scale that is chosen. This is not: {line}", line=line
            )
        anchors.setdefault(found[1].lstrip("0") or "0", found[2])
    return dict(sorted(anchors.items(), key=lambda pair: int(pair[0])))


def _safeguarding(form: AmendmentForm) -> Safeguarding | None:
    named = [(field.data or "").strip().lower() for field in (form.reader, form.second)]
    return Safeguarding(*named) if any(named) else None


def _middle(scale: ScaleChoice) -> str:
    """Return the level in the middle, or nothing where an even number of levels has none."""
    n_levels = scale.high - scale.low + 1
    return str((scale.low + scale.high) // 2) if n_levels % 2 else ""
