"""The form of a decision: the action, and under it what that action needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from delphi.models import Action, Comment, Decision, ItemVersion
from delphi.services.decisions import LONGEST_REASON, Verdict
from delphi.web.fields import row_number
from delphi.web.office.forms import LONGEST_TEXT, OfficeForm, plain_lines, tick_boxes
from delphi.web.words import gettext, lazy_gettext

PLACES = ("first", "second", "third")
FOR_SECTIONS = (Action.KEEP, Action.DROP, Action.RE_RATE)


def _plain_words(label: Any, description: Any = "") -> TextAreaField:
    return TextAreaField(label, [Length(max=LONGEST_TEXT)], filters=[plain_lines], description=description)


class DecisionForm(OfficeForm):
    """What to do about one item. Only the part that belongs to the chosen action counts."""

    version = IntegerField(widget=HiddenInput())
    stands = HiddenField()
    action = RadioField(
        lazy_gettext("What becomes of this item?"), [InputRequired(lazy_gettext("Choose what becomes of the item."))]
    )
    wording = TextAreaField(lazy_gettext("New wording"), [Length(max=LONGEST_TEXT)], filters=[plain_lines])
    plain = _plain_words(
        lazy_gettext("New plain words"),
        lazy_gettext(
            "The same in plain language; it stands under the wording. Plain words of before stay only if you leave the wording "
            "as it is or mend a slip: with other words they go, unless you write them here."
        ),
    )
    is_typo = BooleanField(
        lazy_gettext("Only a slip is mended"),
        description=lazy_gettext("The meaning stays, so earlier ratings still speak for it and it is not asked again for that."),
    )
    first_key = StringField(
        lazy_gettext("Key of the first new item"), description=lazy_gettext("Letters a–z, digits and hyphens.")
    )
    first_text = TextAreaField(lazy_gettext("Wording of the first new item"), [Length(max=LONGEST_TEXT)], filters=[plain_lines])
    first_plain = _plain_words(lazy_gettext("Plain words of the first new item"))
    second_key = StringField(lazy_gettext("Key of the second new item"))
    second_text = TextAreaField(lazy_gettext("Wording of the second new item"), [Length(max=LONGEST_TEXT)], filters=[plain_lines])
    second_plain = _plain_words(lazy_gettext("Plain words of the second new item"))
    third_key = StringField(lazy_gettext("Key of a third new item"), description=lazy_gettext("Only if there are three."))
    third_text = TextAreaField(lazy_gettext("Wording of the third new item"), [Length(max=LONGEST_TEXT)], filters=[plain_lines])
    third_plain = _plain_words(lazy_gettext("Plain words of the third new item"))
    into = SelectField(
        lazy_gettext("Merge into"),
        validate_choice=False,  # the service refuses what is not in the manual, and a section's form has no such field
        description=lazy_gettext("This item then goes, and its ratings stay on record."),
    )
    merged = TextAreaField(
        lazy_gettext("Wording of the merged item"),
        [Length(max=LONGEST_TEXT)],
        filters=[plain_lines],
        description=lazy_gettext("Leave it empty if the other item stays as it is worded."),
    )
    merged_plain = _plain_words(
        lazy_gettext("Plain words of the merged item"), lazy_gettext("Plain words of before go when the wording is a new one.")
    )
    reason = TextAreaField(
        lazy_gettext("Why?"),
        [Length(max=LONGEST_REASON, message=lazy_gettext("Give the reason in at most 4000 characters."))],
        filters=[plain_lines],
        description=lazy_gettext("One or two sentences. Panelists read them beside the item, and they stand in the report."),
    )
    answers = tick_boxes(lazy_gettext("Comments that this decision answers"), coerce=row_number)

    def offer(self, version: ItemVersion, present: Mapping[str, ItemVersion], comments: Sequence[Comment]) -> None:
        """Say what can be chosen for this item."""
        actions = FOR_SECTIONS if version.item.is_section else tuple(Action)
        self.action.choices = [SelectChoice(action.value, words) for action, words in _actions().items() if action in actions]
        others = [key for key, other in present.items() if key != version.item.key and not other.item.is_section]
        self.into.choices = [SelectChoice("", gettext("Choose an item")), *(SelectChoice(key, key) for key in others)]
        self.answers.choices = [SelectChoice(comment.id, comment.text) for comment in comments]

    def verdict(self, key: str) -> Verdict:
        """Return what was decided about the item of this key."""
        action = Action(self.action.data)
        wordings = {
            Action.REWORD: {key: self.wording.data or ""},
            Action.SPLIT: {product: text for product, text, _plain in self._products()},
            Action.MERGE: {self.into.data or "": self.merged.data} if (self.merged.data or "").strip() else {},
        }.get(action, {})
        plains = {
            Action.REWORD: {key: self.plain.data or ""},
            Action.SPLIT: {product: words for product, _text, words in self._products()},
            Action.MERGE: {self.into.data or "": self.merged_plain.data or ""},
        }.get(action, {})
        into = (self.into.data or "") if action is Action.MERGE else ""
        return Verdict(action, self.reason.data or "", wordings, into, bool(self.is_typo.data), self.answers.data or (), plains)

    def _products(self) -> list[tuple[str, str, str]]:
        """Return the key, the wording and the plain words of each new item."""
        filled = [
            ((self[f"{place}_key"].data or "").strip(), self[f"{place}_text"].data or "", self[f"{place}_plain"].data or "")
            for place in PLACES
        ]
        return filled if any(filled[2]) else filled[:2]


def shown_first(key: str, text: str, decision: Decision | None) -> dict[str, Any]:
    """Return what the form shows before anything is typed: the decision taken, or the item as it is worded."""
    if decision is None:
        return {"version": 0, "wording": text, "first_key": f"{key}-a", "second_key": f"{key}-b", "first_text": text}
    texts: dict[str, str] = decision.wordings["texts"]
    plains: dict[str, str] = decision.wordings.get("plains", {})
    taken: dict[str, Any] = {
        "version": decision.version,
        "action": decision.action,
        "reason": decision.reason,
        "is_typo": decision.wordings["is_typo"],
        "answers": [comment.id for comment in decision.answers],
        "wording": texts.get(key, text),
        "plain": plains.get(key, ""),
    }
    if decision.action == Action.SPLIT:
        for place, (product, words) in zip(PLACES, texts.items(), strict=False):
            taken |= {f"{place}_key": product, f"{place}_text": words, f"{place}_plain": plains.get(product, "")}
    if decision.action == Action.MERGE:
        into = decision.wordings["into"]
        taken |= {"into": into, "merged": texts.get(into, ""), "merged_plain": plains.get(into, "")}
    return taken


def _actions() -> dict[Action, str]:
    return {
        Action.KEEP: gettext("Keep: it stays as it is and is not asked again"),
        Action.REWORD: gettext("Reword: it gets new words, which the panel rates in the next round"),
        Action.RE_RATE: gettext("Ask again: the same words, once more"),
        Action.SPLIT: gettext("Split: it says two things, so it becomes two items"),
        Action.MERGE: gettext("Merge: another item says it as well"),
        Action.DROP: gettext("Drop: it leaves the manual"),
    }
