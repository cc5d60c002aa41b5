"""The protocol's forms: all of it before round 1, and what an amendment can change after that."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from delphi.language import Lazy
from delphi.models import RoundStep
from delphi.services.assigning import Assignable
from delphi.services.protocol import (
    ALL,
    CRITERIA,
    DELETE,
    ERASE,
    LONGEST_LINE,
    MOST_CRITERIA,
    PLANNED,
    RESPONDENTS,
    SCALES,
    STABLE,
    STOP,
    UNDECIDED,
)
from delphi.services.rule_building import ANY, EVERY, OWN_RULE, POOLED, TWO
from delphi.statistics.presets import PRESETS
from delphi.web.fields import FiniteField
from delphi.web.office.forms import OfficeForm, plain_lines, tick_boxes
from delphi.web.office.rule_words import rule_word
from delphi.web.words import gettext, lazy_gettext

FILE_RULE, KEPT_RULE = "file", "kept"
FEWEST_PEOPLE, MOST_PEOPLE = 3, 1000  # from so many on something is shown


class ShownField(Field):
    """What a form says that it showed, so that what came up since is not taken for something left unticked."""

    data: list[str]

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [str(value) for value in valuelist]


class AmendmentForm(OfficeForm):
    """What can be changed between rounds, for those that open from then on."""

    version = IntegerField(widget=HiddenInput())
    asked_of = tick_boxes(lazy_gettext("Who is asked what"))
    shown_sections = ShownField(default=[])
    shown_groups = ShownField(default=[])
    rule = RadioField(lazy_gettext("When is there consensus?"), [InputRequired(lazy_gettext("Choose a consensus rule."))])
    percent = IntegerField(
        lazy_gettext("At least so many percent in the highest zone"),
        [Optional(), NumberRange(1, 100, lazy_gettext("Give a percentage from 1 to 100."))],
    )
    opposite = IntegerField(
        lazy_gettext("And less than so many percent in the lowest"),
        [Optional(), NumberRange(1, 100, lazy_gettext("Give a percentage from 1 to 100."))],
        description=lazy_gettext("Leave it empty if the lowest zone does not matter."),
    )
    most_iqr = FiniteField(
        lazy_gettext("And an interquartile range of at most"),
        [Optional(), NumberRange(0, 10, lazy_gettext("Give a number from 0 to 10."))],
        description=lazy_gettext("Leave it empty if the spread does not matter."),
    )
    whom = RadioField(
        lazy_gettext("In whom?"),
        [Optional()],
        choices=[
            SelectChoice(POOLED, lazy_gettext("In the whole panel")),
            SelectChoice(EVERY, lazy_gettext("In every group")),
            SelectChoice(TWO, lazy_gettext("In two groups at least")),
            SelectChoice(ANY, lazy_gettext("In any one group")),
        ],
        default=POOLED,
    )
    denominator = RadioField(
        lazy_gettext("Percentages of whom?"),
        [Optional()],
        choices=[
            SelectChoice("rated", lazy_gettext("Of those who rated the item")),
            SelectChoice("answered", lazy_gettext("Of those who answered, unable to rate included")),
        ],
        default="rated",
    )
    rule_source = StringField(
        lazy_gettext("Why this rule?"),
        [Length(max=400, message=lazy_gettext("This has at most 400 characters."))],
        description=lazy_gettext("A source, or the reason in a sentence. It is sealed with the rule."),
    )
    rule_file = FileField(
        lazy_gettext("Rule file"), description=lazy_gettext("JSON with name, source, in and out, as delphi analyse takes it.")
    )
    show_panel = BooleanField(lazy_gettext("Show panelists how the whole panel rated"))
    show_groups = BooleanField(
        lazy_gettext("Show panelists how each group rated"),
        description=lazy_gettext(
            "Groups of fewer people than the protocol says under “How few people may be shown” are never shown."
        ),
    )
    show_comments = BooleanField(
        lazy_gettext("Show panelists comments that their writers mean for the panel"),
        description=lazy_gettext("Without names, in an order drawn by lot, after you have read each of them."),
    )
    preselect_last = BooleanField(
        lazy_gettext("Choose a panelist’s own last rating beforehand"),
        description=lazy_gettext(
            "From round 2 on, and only where the words have not changed. It counts once they save it. Left off, the last rating "
            "is marked and not chosen, so that everybody answers anew."
        ),
    )
    planned_rounds = IntegerField(
        lazy_gettext("Planned rounds"),
        [NumberRange(1, 9, lazy_gettext("Plan one to nine rounds."))],
    )
    weeks = IntegerField(
        lazy_gettext("Weeks for each round"),
        [NumberRange(1, 26, lazy_gettext("Give each round one to twenty-six weeks."))],
    )
    stopping = RadioField(
        lazy_gettext("When does it end?"),
        choices=[
            SelectChoice(PLANNED, lazy_gettext("Once nothing is left to ask, and after the planned rounds at the latest")),
            SelectChoice(
                STABLE,
                lazy_gettext(
                    "The same, and before that once the answers to all that is asked are stable, with or without consensus"
                ),
            ),
            SelectChoice(UNDECIDED, lazy_gettext("When the team decides so: there is no stopping rule")),
        ],
        default=PLANNED,
    )
    inviting = RadioField(
        lazy_gettext("Who is invited to later rounds?"),
        choices=[
            SelectChoice(ALL, lazy_gettext("Everybody who has not declined or withdrawn")),
            SelectChoice(RESPONDENTS, lazy_gettext("Of those asked in the round before, only who answered")),
        ],
        default=ALL,
        description=lazy_gettext(
            "In one trial 61 % answered when everybody was invited, and 46 % when only those who had answered were "
            "(PMID 32991995)."
        ),
    )
    reader = SelectField(
        lazy_gettext("Safeguarding reader"),
        [Optional()],
        description=lazy_gettext(
            "Reads new comments, proposals and messages within a working day, in open rounds too, and alone may look up who "
            "wrote one. A mail tells of new ones."
        ),
    )
    second = SelectField(
        lazy_gettext("Second person"),
        [Optional()],
        description=lazy_gettext("Is told at once when the reader looks up a writer."),
    )
    reason = TextAreaField(
        lazy_gettext("Why is the protocol changed?"),
        [Length(max=4000)],
        filters=[plain_lines],
        description=lazy_gettext("Panelists read it in the next round, and it stands in the report."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = {
            OWN_RULE: gettext("A rule of your own, made of percentages"),
            FILE_RULE: gettext("A rule from a file"),
            KEPT_RULE: gettext("The rule from a file that is kept now"),
        }
        words = {name: rule_word(name) for name in PRESETS} | others
        self.rule.choices = [SelectChoice(name, word) for name, word in words.items()]
        self.headings: Mapping[str, str] = {}
        self.groups: Sequence[str] = ()
        self.is_team_of_one = False
        self.asked_of.choices = []

    def offer(self, assignable: Assignable, team: Sequence[str]) -> None:
        """Have the form assign these sections to these groups, a box to tick for each pair, and choose among these people.

        Where there is one group alone, or one person, there is nothing to choose.
        """
        for person in (self.reader, self.second):
            person.choices = [SelectChoice("", gettext("Nobody")), *(SelectChoice(address, address) for address in team)]
        self.is_team_of_one = len(team) < 2
        self.headings, self.groups = assignable.headings, assignable.groups
        if len(self.groups) > 1 or assignable.is_assigned:
            self.asked_of.choices = [
                SelectChoice(pair(section, group), group) for section in self.headings for group in self.groups
            ]

    def validate_asked_of(self, field: SelectMultipleField) -> None:
        ticked = {value.partition(" ")[0] for value in field.data or ()}
        for section in self.shown_sections.data:
            if section not in ticked and section in self.headings:
                raise ValidationError(
                    gettext("Tick at least one group for the section “%(heading)s”.", heading=self.headings[section])
                )

    def validate_rule(self, field: RadioField) -> None:
        # Not as a check of the percentage itself: that may be left empty, and then nothing more is asked of it.
        if field.data == OWN_RULE and self.percent.data is None:
            raise ValidationError(gettext("Say how many percent your rule asks for."))
        # Who fills in a rule of their own beside another that is chosen means one of the two: which, only they know.
        own = (self.percent, self.opposite, self.most_iqr, self.rule_source)
        if field.data != OWN_RULE and any(any(one.raw_data or ()) and one.data != one.object_data for one in own):
            raise ValidationError(
                gettext(
                    "You filled in a rule of your own, and another rule is chosen. Choose yours, or take back what you filled in."
                )
            )

    def validate_rule_file(self, field: FileField) -> None:
        if self.rule.data == FILE_RULE and not field.data:
            raise ValidationError(gettext("Choose the rule file."))


def pair(section: str, group: str) -> str:
    """Return the value of the box that has a section asked of a group; a section's key has no space in it."""
    return f"{section} {group}"


def _least(label: Lazy, why: Lazy) -> IntegerField:
    """Return a field for the number of people from which something is shown; left empty, it stays as it is."""
    wrong = lazy_gettext("Give a number from %(low)s to %(high)s.", low=FEWEST_PEOPLE, high=MOST_PEOPLE)
    return IntegerField(label, [Optional(), NumberRange(FEWEST_PEOPLE, MOST_PEOPLE, wrong)], description=why)


class ProtocolForm(AmendmentForm):
    """The whole protocol, as it can be set before round 1."""

    scale = RadioField(
        lazy_gettext("Scale"),
        [InputRequired(lazy_gettext("Choose a scale."))],
        choices=[SelectChoice(name, name.replace("-", "–")) for name in SCALES],
    )
    low = StringField(lazy_gettext("Words at the lowest level"), [DataRequired(lazy_gettext("Say what the lowest level means."))])
    middle = StringField(
        lazy_gettext("Words in the middle"), description=lazy_gettext("A scale with an even number of levels has no middle.")
    )
    high = StringField(
        lazy_gettext("Words at the highest level"), [DataRequired(lazy_gettext("Say what the highest level means."))]
    )
    between = TextAreaField(
        lazy_gettext("Words at further levels"),
        [Length(max=2000)],
        filters=[plain_lines],
        description=lazy_gettext("One level a line, as in: 3 = rather not. Leave it empty if the ends say enough."),
    )
    criteria = tick_boxes(
        lazy_gettext("What is rated"),
        description=lazy_gettext("Each one more is another question about every item."),
    )
    own_label = StringField(
        lazy_gettext("A criterion of your own"),
        [Length(max=40, message=lazy_gettext("This has at most 40 characters."))],
        description=lazy_gettext("A word or two, as in: Safety. Leave it empty if those above are enough."),
    )
    own_question = StringField(
        lazy_gettext("Its question"),
        [Length(max=LONGEST_LINE)],
        description=lazy_gettext("As in: How safe is this for the people concerned?"),
    )
    least_group = _least(
        lazy_gettext("A group’s figures"),
        lazy_gettext("Below it, nothing of a group is shown to panelists or published: who said what could be guessed."),
    )
    least_own_group = _least(
        lazy_gettext("The own group’s figures, to its members"),
        lazy_gettext("No fewer than the number above. Who belongs to a group knows one answer already, so one more is safer."),
    )
    least_levels = _least(
        lazy_gettext("How many chose each level"),
        lazy_gettext("No fewer than the number above. With fewer people only zones and the median are shown."),
    )
    least_commenters = _least(
        lazy_gettext("The group beside each comment"),
        lazy_gettext(
            "From so many comments on an item on, each says which group its writer is of; no fewer than a group’s figures need."
        ),
    )
    withdrawal = RadioField(
        lazy_gettext("When somebody withdraws"),
        choices=[
            SelectChoice(STOP, lazy_gettext("What they have saved stays and counts; nothing more is asked")),
            SelectChoice(DELETE, lazy_gettext("Their answers in an open round are deleted; closed rounds stay as they are")),
            SelectChoice(ERASE, lazy_gettext("All that is theirs is deleted, in closed rounds too; fixed results stay")),
        ],
        description=lazy_gettext("People are told before they agree, and again before they withdraw."),
    )
    sign_off = tick_boxes(
        lazy_gettext("What nobody does alone"),
        choices=[
            SelectChoice(RoundStep.OPEN.value, lazy_gettext("Opening a round")),
            SelectChoice(RoundStep.CLOSE.value, lazy_gettext("Closing a round")),
            SelectChoice(RoundStep.PUBLISH.value, lazy_gettext("Publishing its results")),
        ],
        description=lazy_gettext(
            "One person who runs rounds asks, another gives the second word. Where nothing is ticked, one is enough."
        ),
    )
    questions = TextAreaField(
        lazy_gettext("Background questions"),
        [Length(max=20_000)],
        description=lazy_gettext(
            "A question on a line of its own, its answers below it, each on a line that begins with a hyphen. "
            "“Prefer not to say” is added to each. Leave it empty to ask nothing. You read counts alone, after a close."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria.choices = [
            SelectChoice(key, f"{gettext(criterion.label)}: {gettext(criterion.question)}") for key, criterion in CRITERIA.items()
        ]

    def validate_criteria(self, field: SelectMultipleField) -> None:
        if not 1 <= len(field.data or ()) + bool((self.own_label.data or "").strip()) <= MOST_CRITERIA:
            raise ValidationError(gettext("Choose one to three criteria."))

    def validate_own_question(self, field: StringField) -> None:
        if bool((field.data or "").strip()) != bool((self.own_label.data or "").strip()):
            raise ValidationError(gettext("Give your criterion both a name and a question."))
