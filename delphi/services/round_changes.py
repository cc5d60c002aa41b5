"""What may change while a round is open: its deadline, later only; an item that turns out to be faulty; how it closes."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import lock_round_to_move
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.language import format_moment, gettext, marked, speaking
from delphi.models import (
    Extension,
    MailKind,
    Researcher,
    Role,
    Round,
    RoundItem,
    RoundOccasion,
    RoundStatus,
    RoundStep,
    Study,
    StudyRole,
)
from delphi.models.rounds import GRACE, GRACE_BY_THE_TEAM
from delphi.services import auditing, sign_off
from delphi.services.ballots import forget_questionnaire, questionnaire_of
from delphi.services.deadlines import require_to_come, zone_of
from delphi.services.decisions import sound_reason
from delphi.services.letters import Wording
from delphi.services.outbox import queue_staff_mail
from delphi.services.progress import falls_short
from delphi.services.rounds import close_round

CLOSES_AFTER = (None, GRACE.days, GRACE_BY_THE_TEAM.days)
ASKED_THE_OWNER = "asked the owner to close it"
WHY_LATER = marked("Give the reason in a sentence: panelists will read it beside the new deadline.")
WHY_PULLED = marked("Give the reason in a sentence: panelists will read it beside the item.")


def extend_deadline(
    session: Session, study: Study, round_: Round, deadline: datetime, reason: str, *, actor: str, now: datetime
) -> Extension:
    """Put the open round's deadline off, with the reason; on record, and told to the panel on their pages."""
    _held_open(session, round_)
    reason = sound_reason(reason, WHY_LATER)
    if deadline <= round_.deadline:
        raise InvalidError("A deadline can only be put off: people were told that they have until then. Give a later day.").about(
            "deadline"
        )
    require_to_come(deadline, zone_of(session, study.id), now=now)
    n_before = session.scalar(select(func.count()).select_from(Extension).where(Extension.round_id == round_.id)) or 0
    extension = Extension(round_id=round_.id, number=n_before + 1, earlier=round_.deadline, later=deadline, reason=reason, at=now)
    session.add(extension)
    round_.deadline = deadline
    session.flush()
    detail = {"round": round_.number, "from": extension.earlier.isoformat(), "to": deadline.isoformat()}
    auditing.record(session, study, "deadline extended", actor=actor, now=now, detail=detail, texts={"reason": reason})
    return extension


def extensions_of(session: Session, round_: Round) -> list[Extension]:
    """Return how the round's deadline was put off, the latest last."""
    return list(session.scalars(select(Extension).where(Extension.round_id == round_.id).order_by(Extension.number)))


def words_of(session: Session, study: Study, round_: Round, extension: Extension) -> Wording:
    """Return what a mail tells the panel of a deadline that was put off."""
    with speaking(study.language, zone=zone_of(session, study.id)):
        until = gettext("Round %(n)s is open longer: until %(day)s.", n=round_.number, day=format_moment(extension.later))
        link = gettext("Your personal link from the last mail still leads in. What you have saved is kept.")
        body = [
            gettext("Hello %(name)s,", name="{name}"),
            until,
            extension.reason,
            link,
            gettext("Questions go to %(contact)s.", contact="{contact}"),
        ]
        return Wording(gettext("You have more time"), "\n\n".join(body))


def pull_item(session: Session, study: Study, round_: Round, item_key: str, reason: str, *, actor: str, now: datetime) -> None:
    """Ask a faulty item no longer. What was answered is kept and does not count; panelists read the reason."""
    _held_open(session, round_)
    reason = sound_reason(reason, WHY_PULLED)
    questionnaire = questionnaire_of(session, round_)
    positions = questionnaire.places
    if item_key not in positions:
        raise NotFoundError("Round {number} did not ask an item called {key}.", number=round_.number, key=item_key)
    if positions[item_key] in questionnaire.pulled:
        raise ConflictError("This item has been pulled already.")
    if len(positions) - len(questionnaire.pulled) == 1:
        raise ConflictError("It is the last item that this round asks. Close the round instead.")
    row = session.get_one(RoundItem, (round_.id, positions[item_key]))
    row.pulled_at, row.pull_reason = now, reason
    session.flush()
    forget_questionnaire(session, round_)
    detail = {"round": round_.number, "item": item_key}
    auditing.record(session, study, "item pulled", actor=actor, now=now, detail=detail, texts={"reason": reason})


def pulled_from(session: Session, round_: Round) -> list[RoundItem]:
    """Return the items that were pulled while the round was open, in its order."""
    pulled = select(RoundItem).where(RoundItem.round_id == round_.id, RoundItem.pulled_at.is_not(None))
    return list(session.scalars(pulled.order_by(RoundItem.position)))


def plan_close(session: Session, study: Study, round_: Round, days: int | None, *, actor: str, now: datetime) -> None:
    """Have the round close by itself so many days after its deadline, or by hand."""
    _held_open(session, round_)
    if days not in CLOSES_AFTER:
        raise InvalidError(
            "A round closes by hand, or by itself {web} or {paper} days after its deadline.",
            web=GRACE.days,
            paper=GRACE_BY_THE_TEAM.days,
        )
    round_.closes_after = days
    session.flush()
    detail = {"round": round_.number, "days": days}
    auditing.record(session, study, "close planned", actor=actor, now=now, detail=detail)


def close_on_schedule(session: Session, study: Study, round_: Round, *, now: datetime) -> None:
    """Close the round if its time has come; where a group falls short, or a second person is wanted, ask its owners once."""
    if round_.closes_after is None or now <= round_.deadline + timedelta(days=round_.closes_after):
        return
    lock_round_to_move(session, round_.id)
    session.refresh(round_)
    if round_.status != RoundStatus.OPEN or has_asked_owner(session, round_):
        return
    if not falls_short(session, round_) and not sign_off.needs_second(session, study, RoundStep.CLOSE):
        close_round(session, study, round_, actor=auditing.SCHEDULE, now=now)
        return
    session.add(RoundOccasion(round_id=round_.id, name=_asking(round_), at=now))
    owners = select(Researcher).join(StudyRole, StudyRole.researcher_id == Researcher.id)
    for owner in session.scalars(owners.where(StudyRole.study_id == study.id, StudyRole.role == Role.OWNER)).all():
        occasion = f"round {round_.number}, {round_.deadline.isoformat()}"
        queue_staff_mail(session, study, owner, MailKind.CLOSE_BY_HAND, now=now, occasion=occasion, round_=round_)
    auditing.record(session, study, "owner asked to close", actor=auditing.SCHEDULE, now=now, detail={"round": round_.number})


def has_asked_owner(session: Session, round_: Round) -> bool:
    """Tell whether the owner was asked to close the round, as it did not close by itself at the present deadline."""
    return session.get(RoundOccasion, (round_.id, _asking(round_))) is not None


def _asking(round_: Round) -> str:
    return f"{ASKED_THE_OWNER}, {round_.deadline.isoformat()}"


def _held_open(session: Session, round_: Round) -> None:
    """Hold the round so that it neither closes nor takes answers until this transaction ends, or refuse a closed one."""
    lock_round_to_move(session, round_.id)
    session.refresh(round_)
    if round_.status != RoundStatus.OPEN:
        raise ConflictError("Round {number} is closed, so nothing about it can change any more.", number=round_.number)
