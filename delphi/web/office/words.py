"""The office's words for states, verdicts, actions and next steps."""

from dataclasses import dataclass

from delphi.manual.outline import Outline
from delphi.models import Action, Audience, MailKind, ProposalState, ReleaseState, Role, Round, RoundStatus
from delphi.services.disclosure import NOT_ASKED
from delphi.services.mail_log import MailState
from delphi.services.next_step import Standing, Step
from delphi.web.filters import day
from delphi.web.words import gettext, marked, ngettext

TOO_FEW = "too few"  # in place of a verdict


@dataclass(frozen=True)
class State:
    """A state in words, and the tone of its tag."""

    text: str
    tone: str


def round_state(round_: Round | None) -> State:
    """Return how far a study's newest round is."""
    if round_ is None:
        return State(gettext("Being set up"), "quiet")
    states = {
        RoundStatus.OPEN: (gettext("Round %(n)s is open", n=round_.number), "active"),
        RoundStatus.CLOSED: (gettext("Round %(n)s is closed, not published", n=round_.number), "waiting"),
        RoundStatus.PUBLISHED: (gettext("Round %(n)s is published", n=round_.number), "done"),
    }
    return State(*states[RoundStatus(round_.status)])


def status_word(round_: Round) -> State:
    """Return the status of a round in one word."""
    states = {
        RoundStatus.OPEN: (gettext("Open"), "active"),
        RoundStatus.CLOSED: (gettext("Closed"), "waiting"),
        RoundStatus.PUBLISHED: (gettext("Published"), "done"),
    }
    return State(*states[RoundStatus(round_.status)])


def verdict_word(verdict: str | None) -> str:
    """Return what the consensus rule said, as a reader says it."""
    words = {
        "consensus in": gettext("Consensus: in"),
        "consensus out": gettext("Consensus: out"),
        "no consensus": gettext("No consensus"),
        "not rated": gettext("Not rated"),
        NOT_ASKED: gettext("Not asked"),
        TOO_FEW: gettext("Too few for a verdict"),
    }
    return str(words.get(verdict or "", gettext("Not shown")))


def verdict_tone(verdict: str | None) -> str:
    return {"consensus in": "done", "consensus out": "neutral"}.get(verdict or "", "quiet")


def item_kind_word(kind: str) -> str:
    """Return whether an item is a fixed part of the intervention or left to judgement."""
    return gettext("Core") if kind == "core" else gettext("Flexible: to judge")


def standing_word(standing: str | None) -> str:
    """Return what an item has come to over two rounds."""
    words = {
        "not stable": gettext("Not stable yet"),
        "consensus": gettext("Stable, with consensus"),
        "majority": gettext("Stable, with a majority"),
        "bipolarity": gettext("Stable, split in two"),
        "plurality": gettext("Stable, one part of the scale ahead"),
        "disagreement": gettext("Stable, in disagreement"),
    }
    return str(words.get(standing or "", gettext("Not rated twice in the same words")))


def action_word(action: str) -> str:
    """Return what the team does about an item, as a decision."""
    words = {
        Action.KEEP: gettext("Keep"),
        Action.REWORD: gettext("Reword"),
        Action.MERGE: gettext("Merge"),
        Action.SPLIT: gettext("Split"),
        Action.DROP: gettext("Drop"),
        Action.RE_RATE: gettext("Ask again"),
    }
    return str(words[Action(action)])


def role_means(role: Role) -> str:
    """Return what somebody in this role does, and what they see."""
    words = {
        Role.OWNER: gettext(
            "answers for the study, decides who is on the team, and may do what a facilitator may, except for answers on paper"
        ),
        Role.FACILITATOR: gettext("runs rounds, answers messages, works on results, and types in what comes on paper"),
        Role.ANALYST: gettext("works on results: reads comments, decides on items, edits the manual"),
        Role.OBSERVER: gettext("reads results and everything else but names, and changes nothing"),
        Role.CUSTODIAN: gettext("keeps names and addresses, and sees who has answered, never what"),
    }
    return str(words[role])


# What the log calls each thing that the check had warned of.
UNWISE = {
    "group too small": marked("a group too small to be shown"),
    "drop-out": marked("a group that the usual drop-out would make too small"),
    "takes long": marked("more than half an hour to answer"),
    "no item marked": marked("no item marked"),
    "one kind of item": marked("items of one kind only"),
    "items alike": marked("items with the same words"),
    "verdicts withheld": marked("verdicts that cannot be published"),
    "one group decides": marked("one group that is most of the panel"),
    "groups do not count": marked("groups too small to count for the rule"),
    "no stopping rule": marked("no stopping rule"),
    "protocol not kept": marked("a protocol that nobody had kept"),
    "one round": marked("only one round planned"),
    "no safeguarding reader": marked("no safeguarding reader"),
    "no contact outside the team": marked("no contact outside the team"),
    "information as it came": marked("information as it came with the site"),
    "mail as it came": marked("mail that nobody had said who asks in"),
    "information not confirmed": marked("information that nobody had confirmed to be complete"),
    "names and answers in one hand": marked("contacts and results in one hand"),
    "rated twice": marked("sections rated both as a whole and item by item"),
    "one page for all": marked("every item on one page"),
    "section asked of few": marked("a section asked of too few"),
    "group asked nothing": marked("a group that is asked nothing"),
    "assigned sections missing": marked("groups chosen for sections that are not in the draft"),
    "assigned groups missing": marked("sections kept for groups that nobody is of"),
}


def unwise_word(key: str) -> str:
    """Return what the log calls something that the check had warned of."""
    return gettext(UNWISE.get(key, key))


def export_words(kind: str) -> tuple[str, str]:
    """Return what a kind of file is called and what it is good for."""
    words = {
        "manual.pdf": (
            gettext("PDF, to print and hand out"),
            gettext("A4, with contents, the evidence of every item and a colophon."),
        ),
        "manual.html": (gettext("One web page, to read on a screen"), gettext("A single file that needs no connection.")),
        "manual.md": (
            gettext("Markdown, to edit or import again"),
            gettext("The format of the draft, with the evidence in an appendix."),
        ),
        "comments.csv": (
            gettext("The comments that the panel was shown"),
            gettext("CSV, to read in a spreadsheet. Without names, in the order that was drawn."),
        ),
        "panel.csv": (
            gettext("Who was on the panel and took part"),
            gettext(
                "CSV, counts of each published round by what was known of people beforehand. Values of few people stand together."
            ),
        ),
    }
    return words.get(kind, (kind, ""))


def what_it_holds(outline: Outline) -> str:
    """Return how much there is in a manual: its sections, but for the opening, and what is marked in them."""
    n_sections = len(outline.body)
    if not outline.is_marked:
        return ngettext("%(num)s section, nothing marked in it yet", "%(num)s sections, nothing marked in them yet", n_sections)
    return gettext("%(sections)s sections, %(items)s items", sections=n_sections, items=sum(1 for _ in outline.items()))


def step_words(step: Step, standing: Standing) -> tuple[str, str, str]:
    """Return the next step as a title, the reason for it, and the words on its button."""
    n, following = standing.round, standing.round + 1
    words = {
        Step.MARK_ITEMS: (
            gettext("Mark what the panel rates"),
            gettext("No item is marked yet, so every section would be rated as a whole."),
            gettext("Mark items"),
        ),
        Step.IMPORT_PANEL: (
            gettext("Import the panel"),
            gettext("A round invites everybody who is on the panel when it opens, and nobody is on it yet."),
            gettext("Go to the panel"),
        ),
        Step.CHECK_PROTOCOL: (
            gettext("Check the protocol"),
            gettext(
                "Scale, consensus rule and feedback are set to common choices. Opening round 1 seals them, so look at them first."
            ),
            gettext("Go to the protocol"),
        ),
        Step.OPEN_ROUND: (
            gettext("Open round %(n)s", n=following),
            ngettext(
                "%(num)s item is not settled yet or has new words, so the panel is asked again.",
                "%(num)s items are not settled yet or have new words, so the panel is asked again.",
                standing.n_asked,
            ),
            gettext("See what it will ask"),
        ),
        Step.WAIT: (
            gettext("Wait for answers to round %(n)s", n=n),
            _waiting_words(standing),
            gettext("Go to round %(n)s", n=n)
            if standing.n_completed is None
            else gettext("See how many have answered, by group"),
        ),
        Step.CLOSE_ROUND: (
            gettext("Close round %(n)s", n=n),
            gettext("The deadline has passed.")
            if standing.is_past_deadline
            else gettext("Everybody who was invited has completed it."),
            gettext("Go to round %(n)s", n=n),
        ),
        Step.PUBLISH: (
            gettext("Read the results of round %(n)s and publish them", n=n),
            gettext("The results are fixed. The panel sees them once you publish; decisions can be taken before or after that."),
            gettext("Read the results"),
        ),
        Step.DECIDE: (
            gettext("Decide on the items of round %(n)s", n=n),
            ngettext(
                "%(num)s item has no consensus that settles it and no decision yet.",
                "%(num)s items have no consensus that settles them and no decision yet.",
                standing.n_undecided,
            ),
            gettext("Go to what is undecided"),
        ),
        Step.FINISH: (
            gettext("Make the final manual"),
            gettext("Nothing is left to ask.")
            if not standing.n_asked
            else ngettext(
                "The planned rounds are held. %(num)s item could be asked once more in another round.",
                "The planned rounds are held. %(num)s items could be asked once more in another round.",
                standing.n_asked,
            ),
            gettext("Go to the final manual"),
        ),
    }
    return words[step]


def _waiting_words(standing: Standing) -> str:
    """Return how far an open round is, and when its people are counted first."""
    if standing.first_count is not None:
        counted = gettext(
            "How many have completed it is counted for the first time on %(day)s, then once a day.", day=day(standing.first_count)
        )
    elif standing.n_completed is None:
        counted = gettext("How many have completed it is not told, to protect few people.")
    else:
        counted = gettext(
            "%(done)s of %(all)s people had completed it at the last count.", done=standing.n_completed, all=standing.n_invited
        )
    return f"{counted} {gettext('There are no results before it is closed.')}"


def audience_tag(audience: Audience) -> State:
    """Return for whom the writer means a comment."""
    states = {
        Audience.TEAM: (gettext("For the team alone"), "quiet"),
        Audience.VERBATIM: (gettext("For the panel, in the writer’s words"), "neutral"),
        Audience.REWORDED: (gettext("For the panel, in other words"), "neutral"),
    }
    return State(*states[audience])


def release_tag(state: str, has_objection: bool) -> State:
    """Return where a comment stands on its way to the panel."""
    if has_objection:
        return State(gettext("The writer does not want it shown"), "waiting")
    states = {
        ReleaseState.APPROVED: (gettext("To be shown"), "done"),
        ReleaseState.WITHHELD: (gettext("Not to be shown"), "quiet"),
        ReleaseState.RELEASED: (gettext("Shown to the panel"), "done"),
        ReleaseState.RETRACTED: (gettext("Taken back"), "quiet"),
    }
    return State(*states[ReleaseState(state)])


def proposal_tag(state: ProposalState) -> State:
    """Return what was done with a proposal."""
    states = {
        ProposalState.OPEN: (gettext("Not settled"), "waiting"),
        ProposalState.ACCEPTED: (gettext("Accepted"), "done"),
        ProposalState.MERGED: (gettext("Merged"), "done"),
        ProposalState.DECLINED: (gettext("Declined"), "quiet"),
    }
    return State(*states[state])


def mail_kind_word(kind: MailKind) -> str:
    """Return what a kind of mail is called."""
    words = {
        MailKind.INVITATION: gettext("Invitation"),
        MailKind.REMINDER: gettext("Reminder"),
        MailKind.THANKS: gettext("Thanks"),
        MailKind.NEWS: gettext("News"),
        MailKind.NEW_LINK: gettext("New link"),
        MailKind.ANSWER: gettext("There is an answer"),
    }
    return str(words.get(kind, kind))


def mail_state_tag(state: MailState) -> State:
    """Return how a mail stands."""
    states = {
        MailState.WAITING: (gettext("Waits to be sent"), "active"),
        MailState.DEFERRED: (gettext("Put off, tried again"), "waiting"),
        MailState.SENT: (gettext("Sent"), "done"),
        MailState.REFUSED: (gettext("Not delivered"), "waiting"),
        MailState.NOT_NEEDED: (gettext("Not needed any more"), "quiet"),
        MailState.STOPPED: (gettext("Stopped"), "quiet"),
    }
    return State(*states[state])
