"""Somebody asks to join by the study's link: what the tests of open recruitment share."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.models import Applicant, AuditEntry, OutboxMail, Panelist, Recruitment, Study
from delphi.services import applicants, auditing, joining, outbox, recruiting
from delphi.services.joining import Request
from delphi.services.recruiting import Call, Screening
from tests import cast

DI, ED = "di@example.org", "ed@example.org"
QUESTIONS = (Screening("Do you care for somebody?", "yes"), Screening("Are you under 18?", "no"))
OPEN = Call("We look for **carers**.", QUESTIONS, is_open=True)
WHO: dict[str, Any] = {"actor": "researcher 1", "now": cast.NOW}


def call_for_people(session: Session, study: Study, call: Call = OPEN) -> Recruitment:
    known = recruiting.recruitment_of(session, study)
    return recruiting.save_recruitment(session, study, call, version=known.version if known else 0, **WHO)


def ask(
    session: Session,
    study: Study,
    *,
    name: str = "Di Ng",
    address: str = DI,
    group: str = "Carers",
    answers: tuple[str, ...] = ("yes", "no"),
    after: timedelta = timedelta(),
) -> bool:
    request = Request(name, address, group, answers)
    recruitment = session.get_one(Recruitment, study.id)
    return joining.ask_to_join(session, cast.keyring(), recruitment, study, request, now=cast.NOW + after)


def token_of(session: Session, address: str = DI) -> str:
    known = cast.keyring().address_hash(address)
    return cast.keyring().confirming_token(session.scalars(select(Applicant.id).where(Applicant.address_hash == known)).one())


def confirm(session: Session, address: str = DI, *, after: timedelta = timedelta()) -> None:
    joining.confirm(session, cast.keyring(), token_of(session, address), now=cast.NOW + after)


def waiting(session: Session, study: Study) -> list[applicants.Candidate]:
    return applicants.candidates(session, cast.keyring(), study)


def letters(session: Session, *, after: timedelta = timedelta()) -> dict[str, str]:
    """Return what goes out now: kind by address."""
    session.flush()
    return {one.address: one.kind for one in outbox.claim_next(session, cast.keyring(), now=cast.NOW + after)}


def n_rows(session: Session) -> dict[str, int]:
    session.flush()
    tables = (Applicant, OutboxMail, AuditEntry, Panelist)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def actions(session: Session, study: Study) -> list[str]:
    return [entry.action for entry in auditing.entries(session, study)]
