"""Payment for taking part: noted by name, apart from answers, in no export, gone with the contact."""

import ast
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError, NotFoundError
from delphi.models import AuditEntry, Payment, Study
from delphi.services import payments
from delphi.services.protocol import ERASE
from delphi.services.withdrawal import withdraw
from tests import cast

ADA, BO = "carers-1@example.org", "carers-2@example.org"
ROOT = Path(__file__).parent.parent.parent / "delphi"
# Who may know of payments: the row, its service, its page, its command; and the erasing of a person.
MAY_KNOW = {
    "models/__init__.py",
    "models/panel.py",
    "services/before_opening.py",
    "services/payments.py",
    "services/withdrawal.py",
    "web/office/payments.py",
    "cli/panel.py",
}


def number(session: Session, study: Study, address: str = ADA) -> int:
    return payments.payee_by_address(session, cast.keyring(), study, address)


def note(session: Session, study: Study, *people: int, paid: bool = True, on: date | None = None, said: str = "") -> None:
    payments.note_payment(
        session, cast.keyring(), study, people, is_paid=paid, paid_on=on, note=said, actor="researcher 1", now=cast.NOW
    )


def told(session: Session, study: Study) -> dict[str, tuple[bool, date | None, str]]:
    found = payments.payees(session, cast.keyring(), study)
    return {one.address: (one.is_paid, one.paid_on, one.note) for one in found}


def test_it_is_noted_when_and_how_and_can_be_put_right(session: Session, study: Study) -> None:
    note(session, study, number(session, study), number(session, study, BO), on=date(2026, 3, 1), said=" 20  pounds ")
    assert told(session, study)[ADA] == told(session, study)[BO] == (True, date(2026, 3, 1), "20 pounds")

    note(session, study, number(session, study), paid=False, said="card came back")

    assert told(session, study)[ADA] == (False, None, "card came back")
    assert told(session, study)["carers-3@example.org"] == (False, None, "")


def test_without_a_day_it_is_today(session: Session, study: Study) -> None:
    note(session, study, number(session, study))

    assert told(session, study)[ADA][1] == cast.NOW.date()


def test_the_note_is_encrypted_and_the_log_says_neither_who_nor_how_much(session: Session, study: Study) -> None:
    note(session, study, number(session, study), said="twenty pounds to Ada")

    assert b"twenty" not in session.scalars(select(Payment.note_ciphertext)).one()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail) == ("payment noted", '{"paid":true,"people":1}')


@pytest.mark.parametrize(("people", "said", "refusal"), [((), "", InvalidError), ((1,), "x" * 501, InvalidError)])
def test_nobody_and_an_endless_note_are_refused(
    session: Session, study: Study, people: tuple[int, ...], said: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        note(session, study, *people, said=said)


def test_somebody_of_another_study_is_not_found_and_nothing_is_noted(session: Session, study: Study) -> None:
    other = cast.begin_study(session, slug="other")
    cast.add_panel(session, other, {"Academics": 1})
    stranger = number(session, other, "academics-1@example.org")

    with pytest.raises(NotFoundError):
        note(session, study, number(session, study), stranger)
    with pytest.raises(NotFoundError):
        number(session, study, "academics-1@example.org")
    assert session.scalars(select(Payment)).all() == []


def test_it_goes_with_the_contact_when_somebody_is_erased(session: Session, study: Study) -> None:
    cast.choose(session, study, withdrawal=ERASE)
    opened = cast.open_round(session, study)
    note(session, study, number(session, study), number(session, study, BO))

    withdraw(session, cast.keyring(), cast.member(session, opened, ADA).panelist, now=cast.NOW)

    assert len(session.scalars(select(Payment)).all()) == 1
    assert ADA not in told(session, study)


def test_nothing_that_makes_files_or_figures_knows_of_payments() -> None:
    knowing = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if "versions" not in path.parts and any(_names_it(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }

    assert knowing == MAY_KNOW


def _names_it(node: ast.AST) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
    module = getattr(node, "module", "") or ""
    is_class = isinstance(node, ast.ClassDef) and node.name == "Payment"
    return is_class or "Payment" in names or (module == "delphi.services.payments" and "note_payment" in names)
