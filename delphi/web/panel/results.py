"""What became of each item in published rounds: the finding in words, the own answer, the decision and its reason."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.manual.outline import Outline
from delphi.models import Action, Ballot, Draft, Feedback, Round, RoundMember, RoundStatus, Study
from delphi.services import disclosure
from delphi.services.answering import answers_in
from delphi.services.ballots import Questionnaire, questionnaires_of
from delphi.services.discussion import Discussion, discussion_of
from delphi.services.drafts import outlines_of
from delphi.services.protocol import Choices
from delphi.services.ratings import ballots_of
from delphi.services.results import feedback_by_round, feedback_view
from delphi.services.studies import rounds_of
from delphi.web.panel.said import answered_by, others_than
from delphi.web.pictures import finding
from delphi.web.words import gettext, marked

DONE = {
    Action.KEEP: marked("Kept."),
    Action.REWORD: marked("Reworded."),
    Action.MERGE: marked("Merged with another item."),
    Action.SPLIT: marked("Split."),
    Action.DROP: marked("Dropped."),
    Action.RE_RATE: marked("Asked again."),
}


def told(session: Session, member: RoundMember, round_: Round) -> list[dict[str, Any]]:
    """Return each published round that this panelist may see, the newest first."""
    rounds = rounds_of(session, session.get_one(Study, round_.study_id))
    published = [one for one in rounds if one.number <= round_.number and one.status == RoundStatus.PUBLISHED]
    discussion = discussion_of(session, round_, member.panelist_id)
    feedback = feedback_by_round(session, published, member.group_id)
    ballots = ballots_of(session, member.panelist_id, published)
    questionnaires = questionnaires_of(session, published)
    drafts = session.scalars(select(Draft).where(Draft.id.in_([one.draft_id for one in published]))).all()
    outlines = outlines_of(session, drafts)
    return [
        _round(one, outlines[one.draft_id], questionnaires[one.id], member, feedback.get(one.id), ballots.get(one.id), discussion)
        for one in reversed(published)
    ]


def _round(
    round_: Round,
    outline: Outline,
    questionnaire: Questionnaire,
    member: RoundMember,
    feedback: Feedback | None,
    ballot: Ballot | None,
    discussion: Discussion,
) -> dict[str, Any]:
    skipped = questionnaire.not_asked_of(member)
    view: disclosure.View = feedback_view(feedback) if feedback else {"items": [], "participants": 0}
    decisions, done = discussion.decisions[round_.number], discussion.done_after(round_.number)
    found: dict[str, list[str]] = {}
    for item in view["items"]:
        found.setdefault(item["item"], []).append(_finding(item, questionnaire.choices))
    items = {
        (key := version.item.key): {
            "key": key,
            "text": version.text,
            "is_section": version.item.is_section,
            "own": answers_in(questionnaire, ballot.payload, position) if ballot else (),
            "findings": found.get(key, []),
            "decision": (decision := decisions.get(key)),
            "done": gettext(DONE[Action(decision.action)]) if decision else "",
            "comments": others_than(discussion.released[round_.number].on(key), [done[key]] if key in done else ()),
            "is_rest": key in done and bool(done[key].answers),
            **answered_by(done.get(key)),
        }
        for position, version in enumerate(questionnaire.items)
        if position not in skipped
    }
    chapters = [(one, [items[item.key] for item in one.as_read if item.key in items]) for one in outline.chapters]
    return {"round": round_, "participants": view["participants"], "chapters": [one for one in chapters if one[1]]}


def _finding(item: disclosure.Entry, choices: Choices) -> str:
    if item["panel"]["shown"] == disclosure.HIDDEN:
        return ""
    label = next(gettext(criterion.label) for criterion in choices.criteria if criterion.key == item["criterion"])
    words = finding(item["panel"], choices)
    return f"{label}: {words}" if len(choices.criteria) > 1 else words
