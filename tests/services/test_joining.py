"""Joining by a study's link: who fits confirms an address, and of everybody else nothing is kept."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.database import Database
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Applicant, MailKind, OutboxMail, Recruitment, Study
from delphi.services import applicants, joining, outbox, schedule
from tests import cast
from tests.services.joining import DI, ED, ask, call_for_people, confirm, letters, n_rows, token_of, waiting
from tests.services.test_panel import n_people


def test_who_fits_gets_a_link_that_confirms_the_address_and_then_waits(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    assert ask(session, study, address=" DI@Example.org ")
    session.flush()

    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    assert (letter.kind, letter.address, letter.name, letter.way) == ("confirm_address", DI, "Di Ng", "confirm")
    assert letter.token is not None
    assert waiting(session, study) == []
    joining.confirm(session, cast.keyring(), letter.token, now=cast.NOW)
    assert [(one.name, one.address, one.group) for one in waiting(session, study)] == [("Di Ng", DI, "Carers")]
    assert [(each.group.label, each.n_waiting) for each in applicants.demand(session, study)] == [("Carers", 1)]
    assert n_people(session) == 6


@pytest.mark.parametrize("answers", [("no", "no"), ("yes", "yes"), ("no", "yes")])
def test_of_who_does_not_fit_nothing_is_kept(
    session: Session, study: Study, recruitment: Recruitment, answers: tuple[str, ...]
) -> None:
    before = n_rows(session)

    assert not ask(session, study, answers=answers)

    assert n_rows(session) == before


def test_to_who_is_on_the_panel_it_looks_the_same_and_no_mail_goes(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    before = n_rows(session)

    assert ask(session, study, address="CARERS-1@example.org")

    assert n_rows(session) == before


def test_an_address_gets_one_mail_a_day_and_none_once_it_is_confirmed(
    session: Session, study: Study, recruitment: Recruitment
) -> None:
    day = timedelta(days=1)

    assert all(ask(session, study, name=name) for name in ("Di Ng", "Somebody else"))
    assert letters(session) == {DI: "confirm_address"}
    assert n_rows(session)["applicants"] == 1
    assert ask(session, study, name="Di  Young", after=day)
    assert n_rows(session)["outbox"] == 2
    confirm(session, after=day)
    assert ask(session, study, name="Somebody else", after=2 * day)

    assert n_rows(session)["outbox"] == 2
    assert [one.name for one in waiting(session, study)] == ["Di Young"]


@pytest.mark.parametrize(
    "changed",
    [
        {"name": " "},
        {"name": "D" * 201},
        {"name": "Di\x07"},
        {"address": "di at example.org"},
        {"group": "Invented"},
        {"answers": ("yes",)},
        {"answers": ("yes", "perhaps")},
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    session: Session, study: Study, recruitment: Recruitment, changed: dict[str, str]
) -> None:
    before = n_rows(session)

    with pytest.raises(InvalidError):
        ask(session, study, **changed)

    assert n_rows(session) == before


@pytest.mark.parametrize(("days", "is_kept"), [(7, True), (8, False)])
def test_the_link_works_for_a_week_and_the_worker_forgets_who_has_not_confirmed(
    session: Session, study: Study, recruitment: Recruitment, days: int, is_kept: bool
) -> None:
    later = cast.NOW + timedelta(days=days)
    ask(session, study)
    ask(session, study, address=ED)
    confirm(session, ED)
    token = token_of(session)
    if is_kept:
        assert joining.application_of(session, token, now=later)
    else:
        with pytest.raises(NotFoundError, match="older than a week"):
            joining.application_of(session, token, now=later)

    schedule.act_on_schedule(session, study, now=later)
    session.flush()

    assert n_rows(session)["applicants"] == 1 + is_kept
    assert [one.address for one in waiting(session, study)] == [ED]
    assert DI in letters(session, after=timedelta(days=days)) or not is_kept
    of_nobody = (OutboxMail.kind == MailKind.CONFIRM_ADDRESS, OutboxMail.applicant_id.is_(None))
    assert session.scalar(select(func.count()).where(*of_nobody)) == (0 if is_kept else 1)


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_who_takes_the_request_back_leaves_nothing(
    session: Session, study: Study, recruitment: Recruitment, is_confirmed: bool
) -> None:
    ask(session, study)
    token = token_of(session)
    if is_confirmed:
        confirm(session)

    joining.take_back(session, token, now=cast.NOW)

    assert n_rows(session)["applicants"] == 0
    assert letters(session) == {}
    with pytest.raises(NotFoundError):
        joining.application_of(session, token, now=cast.NOW)


def test_a_mail_that_is_on_its_way_can_still_be_reported(session: Session, study: Study, recruitment: Recruitment) -> None:
    ask(session, study)
    session.flush()
    (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)

    joining.take_back(session, token_of(session), now=cast.NOW)
    outbox.note_sent(session, letter.mail_id, now=cast.NOW)

    assert letters(session, after=timedelta(days=2)) == {}


def test_a_flood_of_requests_is_stopped_and_tells_nothing_of_an_address(
    session: Session, study: Study, recruitment: Recruitment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOST_UNCONFIRMED", 1)
    ask(session, study)
    session.flush()

    for address in (ED, "carers-1@example.org"):
        with pytest.raises(ConflictError, match="Very many people"):
            ask(session, study, address=address)


def test_the_database_file_alone_tells_nobody_who_has_asked(settings: Settings, database: Database) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        call_for_people(session, study)
        ask(session, study)
        session.flush()
        one = session.scalars(select(Applicant)).one()
        token, digest = token_of(session), one.link_digest
        assert isinstance(one.asked_on, date)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    raw = b"".join(path.read_bytes() for path in settings.data.glob("delphi.sqlite3*")).lower()

    assert digest.encode() in raw  # so the row is in what was read
    for secret in (DI, "Di Ng", token):
        assert secret.lower().encode() not in raw
