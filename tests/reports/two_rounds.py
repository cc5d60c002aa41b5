"""A small consultation over two rounds, its figures worked by hand: one item kept, one reworded, one split, one dropped."""

from sqlalchemy.orm import Session

from delphi.models import Action, Round, Study
from delphi.services import decisions
from delphi.services.decisions import Verdict, comments_on
from tests import cast

GROUPS = {"Carers": 10, "Academics": 12}
REWORDED = "The person sets the pace."
OFFER, WALK = "The worker offers to go along.", "The worker goes along when asked to."

# 3 4 5 7×6 8×7 9×6: 19 of 22 (86.4 %) rate it 7–9, 2 (9.1 %) 4–6, 1 (4.5 %) 1–3. Median: the 11th and 12th are 8. Quartiles
# (type 7): 5.25 steps from the least is 7, 15.75 steps is 8 + 0.75 × (9 − 8).
PLACE = {"Carers": [7, 7, 7, 8, 8, 8, 8, 9, 9, 3], "Academics": [9, 9, 9, 9, 8, 8, 8, 7, 7, 7, 5, 4]}


def begin(session: Session, groups: dict[str, int] | None = None) -> Study:
    """Return the study with its panel, before round 1."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, groups or GROUPS)
    return study


def addresses(groups: dict[str, int] | None = None) -> dict[str, list[str]]:
    """Return the addresses of the panel by group."""
    return {group: [f"{group.lower()}-{n}@example.org" for n in range(1, size + 1)] for group, size in (groups or GROUPS).items()}


def rate_first(session: Session, round_: Round) -> None:
    """Give round 1 its answers: an academic cannot rate the pace, and a carer comments on it."""
    for group, people in addresses().items():
        for n, address in enumerate(people):
            pace: int | str = 8 if group == "Carers" else 2 if n else "unable"
            ratings = {"first-meeting-place": PLACE[group][n], "pace": pace, "going-along-offered": 8, "step-back": 2}
            comments = {"pace": "Whose pace?"} if (group, n) == ("Carers", 0) else {}
            cast.rate(session, round_, address, ratings, comments)


def first_round(session: Session) -> tuple[Study, Round]:
    """Return the study with round 1 published."""
    study = begin(session)
    round_ = cast.open_round(session, study)
    rate_first(session, round_)
    cast.close_and_publish(session, study, round_)
    return study, round_


def decide_on(session: Session, study: Study, round_: Round, item: str, verdict: Verdict) -> None:
    """Take a decision as Ruth would."""
    decisions.decide(session, study, round_, item, verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)


def decide_all(session: Session, study: Study, round_: Round) -> None:
    """Keep, reword, split and drop one item each."""
    answered = [comment.id for comment in comments_on(session, round_)["pace"]]
    keep = Verdict(Action.KEEP, "Settled in both groups.")
    reword = Verdict(Action.REWORD, "It was not clear whose pace.", {"pace": REWORDED}, answers=answered)
    split = Verdict(Action.SPLIT, "It said two things.", {"offer": OFFER, "walk": WALK})
    drop = Verdict(Action.DROP, "Hardly anybody wanted it.")
    for item, verdict in zip(cast.ITEMS, (keep, reword, split, drop), strict=True):
        decide_on(session, study, round_, item, verdict)


def second_round(session: Session, study: Study) -> Round:
    """Ask the new wordings, which everybody finds important, and publish what comes of it."""
    round_ = cast.open_round(session, study)
    for people in addresses().values():
        for address in people:
            cast.rate(session, round_, address, {"pace": 8, "offer": 7, "walk": 9})
    cast.close_and_publish(session, study, round_)
    return round_
