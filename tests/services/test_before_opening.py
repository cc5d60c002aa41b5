"""Until round 1 opens the panel can be put right, and the log says that it was; afterwards it stays."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, DelphiError, InvalidError, NotFoundError
from delphi.models import AuditEntry, Contact, NewsAudience, Panelist, PanelistAttribute, Study
from delphi.services import before_opening, news
from delphi.services.letters import Wording
from delphi.services.panel import group_sizes
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.rule_building import BuiltRule
from tests import cast

WHO = {"actor": "researcher 1", "now": cast.NOW}
ADA = "carers-1@example.org"


@pytest.fixture
def begun(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 3, "Carer": 1, "Staff": 2})
    return study


def sizes(session: Session, study: Study) -> dict[str, int]:
    return {size.label: size.n for size in group_sizes(session, study)}


def logged(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def move(session: Session, study: Study, address: str, label: str) -> None:
    before_opening.move_person(session, cast.keyring(), study, address, label, **WHO)


def remove(session: Session, study: Study, address: str) -> None:
    before_opening.remove_person(session, cast.keyring(), study, address, **WHO)


def rename(session: Session, study: Study, label: str, name: str) -> None:
    before_opening.rename_group(session, study, label, name, **WHO)


def test_somebody_is_moved_and_it_is_logged_without_saying_who(session: Session, begun: Study) -> None:
    move(session, begun, ADA, "Staff")

    assert sizes(session, begun) == {"Carers": 2, "Carer": 1, "Staff": 3}
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "panelist moved")).one()
    assert json.loads(entry.detail) == {"from": "Carers", "to": "Staff"}
    with pytest.raises(ConflictError, match="in the group Staff already"):
        move(session, begun, ADA, "Staff")
    with pytest.raises(NotFoundError, match="no group called Nurses"):
        move(session, begun, ADA, "Nurses")


def test_who_is_taken_off_leaves_nothing(session: Session, begun: Study) -> None:
    gone = session.scalars(select(Contact).join(Panelist).where(Contact.address_hash == cast.keyring().address_hash(ADA))).one()
    session.add(PanelistAttribute(panelist_id=gone.panelist_id, name="region", value="North"))

    remove(session, begun, ADA)

    assert sizes(session, begun)["Carers"] == 2
    for rows in (Contact, PanelistAttribute):
        assert session.scalar(select(rows).where(rows.panelist_id == gone.panelist_id)) is None
    assert session.get(Panelist, gone.panelist_id) is None
    assert "panelist removed" in logged(session)
    with pytest.raises(NotFoundError, match="is not on the panel"):
        remove(session, begun, ADA)


def test_who_has_had_mail_stays(session: Session, begun: Study) -> None:
    news.send_news(session, begun, Wording("News", "Dear {name},"), NewsAudience.EVERYBODY, key="one", **WHO)
    session.flush()

    with pytest.raises(ConflictError, match="on record already"):
        remove(session, begun, ADA)

    assert sizes(session, begun)["Carers"] == 3


def test_a_group_is_renamed_in_the_protocol_too(session: Session, begun: Study) -> None:
    cast.choose(session, begun, asked_of={"going-along": ("Carers", "Staff")})

    rename(session, begun, "Staff", "  Link   workers ")

    assert sizes(session, begun) == {"Carers": 3, "Carer": 1, "Link workers": 2}
    assert dict(choices_of(current_protocol(session, begun)).asked_of) == {"going-along": ("Carers", "Link workers")}
    assert "group renamed" in logged(session)


def test_the_name_of_another_group_puts_the_two_together(session: Session, begun: Study) -> None:
    rename(session, begun, "Carer", "Carers")

    assert sizes(session, begun) == {"Carers": 4, "Staff": 2}


@pytest.mark.parametrize(("name", "refusal"), [("", InvalidError), ("STAFF", InvalidError), ("Carers", ConflictError)])
def test_a_name_that_cannot_be_is_refused(session: Session, begun: Study, name: str, refusal: type[DelphiError]) -> None:
    with pytest.raises(refusal):
        rename(session, begun, "Carers", name)


def test_a_group_that_the_rule_names_keeps_its_name(session: Session, begun: Study) -> None:
    rule = BuiltRule().written()
    rule["in"]["all"][0]["groups"] = {"named": ["Carers"]}
    cast.choose(session, begun, rule=rule)

    with pytest.raises(ConflictError, match="rule names the group Carers"):
        rename(session, begun, "Carers", "Families")


@pytest.mark.parametrize(
    "change",
    [
        lambda session, study: move(session, study, ADA, "Staff"),
        lambda session, study: remove(session, study, ADA),
        lambda session, study: rename(session, study, "Staff", "Nurses"),
    ],
)
def test_once_round_1_has_opened_everything_stays(
    session: Session, begun: Study, change: Callable[[Session, Study], None]
) -> None:
    cast.open_round(session, begun)
    before = sizes(session, begun)

    with pytest.raises(ConflictError, match="Round 1 has opened"):
        change(session, begun)

    assert sizes(session, begun) == before
