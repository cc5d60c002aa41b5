"""The steps that move a round or a study: how each is taken in the browser and on the command line, and when it is refused."""

from dataclasses import dataclass

from tests import cast
from tests.web import stages
from tests.web.test_office_setup import CHOSEN

OBSERVER = "oscar@example.org"
SECOND = "bea@example.org"
NEXT_OWNER = "nel@example.org"
WHY = "We have learnt something."
FAR, TOO_EARLY = "2099-12-21", "2026-03-20"


@dataclass(frozen=True)
class Step:
    """The form of a page, and the words of a command that does the same."""

    page: str
    fields: dict[str, object]
    command: tuple[str, ...]


def _of_round(place: str, command: str, *more: str, **fields: str) -> Step:
    return Step(f"{stages.HOME}/rounds/1/{place}", fields, ("round", command, stages.SLUG, *more))


def _word(place: str, *more: str, **fields: str) -> Step:
    return Step(f"{stages.HOME}/second-word/2/{place}", fields, ("round", *more))


_DEADLINE = ("--reason", WHY, "--deadline")
# What an amendment's form sends of what stays as it is.
_SAME = {"rule": "70/15", "show_panel": "y", "show_groups": "y", "show_comments": "y", "planned_rounds": "2", "weeks": "4"}
_READERS = {"reader": cast.RUTH, "second": stages.SOL}
_SAME |= {**_READERS, "version": "1", "reason": WHY}
_FOUR = ("study", "protocol", stages.SLUG, "--rounds", "4")
STEPS = {
    "office.open_round": Step(
        f"{stages.HOME}/rounds/next", {"deadline": stages.later(20)}, ("round", "open", stages.SLUG, "--without-decisions")
    ),
    "office.close_round": _of_round("close", "close"),
    "office.publish_round": _of_round("publish", "publish", "--without-unjudged", without_unjudged="y"),
    "office.undo_round": _of_round("take-back", "take-back", "1", "--reason", WHY, reason=WHY),
    "office.deadline": _of_round("deadline", "extend", *_DEADLINE, FAR, deadline=FAR, reason=WHY),
    "a deadline before the one there is": _of_round("deadline", "extend", *_DEADLINE, TOO_EARLY, deadline=TOO_EARLY, reason=WHY),
    "office.plan_close": _of_round("closing", "schedule", "--close-after", "3", closes="3"),
    "office.pull": _of_round("pull", "pull", cast.ITEMS[0], "--reason", WHY, item=cast.ITEMS[0], reason=WHY),
    "office.send_reminder": Step(f"{stages.HOME}/rounds/1/remind", {}, ("panel", "remind", stages.SLUG)),
    "office.targets": Step(
        f"{stages.HOME}/panel/targets", {"target-Carers": "5"}, ("panel", "targets", stages.SLUG, "--want", "Carers", "5")
    ),
    "office.protocol": Step(f"{stages.HOME}/protocol", {**CHOSEN, **_READERS, "version": "2", "planned_rounds": "4"}, _FOUR),
    "office.amend": Step(f"{stages.HOME}/protocol/amend", {**_SAME, "planned_rounds": "4"}, (*_FOUR, "--reason", WHY)),
    "an amendment of nothing": Step(
        f"{stages.HOME}/protocol/amend", _SAME, ("study", "protocol", stages.SLUG, "--rounds", "2", "--reason", WHY)
    ),
    "office.hand_on": Step(
        f"{stages.HOME}/team/hand-on",
        {"address": NEXT_OWNER, "reason": WHY},
        ("study", "hand-on", stages.SLUG, "--to", NEXT_OWNER, "--reason", WHY),
    ),
    "office.confirm_step": _word("confirm", "confirm", stages.SLUG, "--password-stdin"),
    "office.decline_step": _word("decline", "decline", stages.SLUG, "--reason", WHY, reason=WHY),
    "office.take_back_step": _word("take-back", "unask", stages.SLUG),
}
NO_ROLE = "This takes the role of facilitator or owner in this study. Ask the owner of the study."
NOT_OWNER = "This takes the role of owner in this study. Ask the owner of the study."
OVER = "Round 1 is closed, so nothing about it can change any more."
SEALED = "The protocol was sealed when round 1 opened and stays as it is."
NOT_BACK = "Round 1 is closed, so its opening can no longer be taken back."
NO_REMINDER = "Round 1 is closed, so there is nothing to remind of."
NOT_ONES_OWN = "You have asked for this, so somebody else has to give the second word."
# How far the study is: by whom which step is tried there, and what is said of it.
TABLE = {
    "before": [
        (OBSERVER, "office.open_round", NO_ROLE),
        (OBSERVER, "office.protocol", NO_ROLE),
        (OBSERVER, "office.targets", NO_ROLE),
        (SECOND, "office.hand_on", NOT_OWNER),
    ],
    "open": [
        *((OBSERVER, f"office.{name}", NO_ROLE) for name in ("close_round", "undo_round", "deadline", "plan_close", "pull")),
        (OBSERVER, "office.send_reminder", NO_ROLE),
        (OBSERVER, "office.amend", NO_ROLE),
        (cast.RUTH, "office.open_round", "Round 1 is not published yet."),
        (cast.RUTH, "office.publish_round", "Round 1 is still open."),
        (cast.RUTH, "office.protocol", SEALED),
        (cast.RUTH, "a deadline before the one there is", "A deadline can only be put off"),
        (cast.RUTH, "an amendment of nothing", "This is what the protocol says already, so there is nothing to amend."),
    ],
    "answered": [(cast.RUTH, "office.undo_round", "Somebody has agreed to take part or answered since round 1 opened")],
    "reminded of": [(cast.RUTH, "office.send_reminder", "A reminder went out within the last day.")],
    "one item left": [(cast.RUTH, "office.pull", "It is the last item that this round asks. Close the round instead.")],
    "closed": [
        (OBSERVER, "office.publish_round", NO_ROLE),
        (cast.RUTH, "office.open_round", "Round 1 is not published yet."),
        (cast.RUTH, "office.close_round", "Round 1 is already closed."),
        (cast.RUTH, "office.undo_round", NOT_BACK),
        *((cast.RUTH, f"office.{name}", OVER) for name in ("deadline", "plan_close", "pull")),
        (cast.RUTH, "office.send_reminder", NO_REMINDER),
    ],
    "published": [
        (cast.RUTH, "office.close_round", "Round 1 is already closed."),
        (cast.RUTH, "office.publish_round", "The results of round 1 are already published."),
        (cast.RUTH, "office.undo_round", NOT_BACK),
        *((cast.RUTH, f"office.{name}", OVER) for name in ("deadline", "plan_close", "pull")),
        (cast.RUTH, "office.send_reminder", NO_REMINDER),
        (cast.RUTH, "office.protocol", SEALED),
    ],
    "before, by two": [(cast.RUTH, "office.open_round", "The protocol lets nobody open round 1 alone.")],
    "open, by two": [(cast.RUTH, "office.close_round", "The protocol lets nobody close round 1 alone.")],
    "closed, by two": [(cast.RUTH, "office.publish_round", "The protocol lets nobody publish round 1 alone.")],
    "asked, by two": [
        *((OBSERVER, f"office.{name}_step", NO_ROLE) for name in ("confirm", "decline", "take_back")),
        (cast.RUTH, "office.confirm_step", NOT_ONES_OWN),
        (cast.RUTH, "office.decline_step", NOT_ONES_OWN),
        (SECOND, "office.take_back_step", "Only who has asked can take the request back. You can decline it."),
        (SECOND, "office.close_round", "The protocol lets nobody close round 1 alone."),
    ],
    "owned by two": [(cast.RUTH, "office.hand_on", f"{NEXT_OWNER} is owner of this study already.")],
}
