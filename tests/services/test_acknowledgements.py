"""Thanks by name: only who asked for it, as it was written, and taken back when they say so."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import Acknowledgement, Panelist, Standing
from delphi.services.acknowledgements import name_to_thank, thank_by_name, thanked_names
from tests import cast


def test_names_are_printed_in_alphabetical_order_and_kept_as_ciphertext(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 4})
    people = session.scalars(select(Panelist)).all()
    for person, name in zip(people, ("Dr  Zoë Quinn", "ada Byron", "Bo"), strict=False):
        thank_by_name(session, cast.keyring(), person, name)
    session.flush()

    assert thanked_names(session, cast.keyring(), study) == ["ada Byron", "Bo", "Dr Zoë Quinn"]
    assert all(b"Byron" not in row.name_ciphertext for row in session.scalars(select(Acknowledgement)))

    thank_by_name(session, cast.keyring(), people[1], "")
    people[2].standing = Standing.WITHDRAWN
    session.flush()

    assert thanked_names(session, cast.keyring(), study) == ["Dr Zoë Quinn"]
    assert name_to_thank(session, cast.keyring(), people[1]) == ""
    assert name_to_thank(session, cast.keyring(), people[3]) == ""


@pytest.mark.parametrize("name", ["a" * 201, "Ada\u202ereversed"])
def test_a_name_that_cannot_be_printed_is_refused(session: Session, name: str) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 1})

    with pytest.raises(InvalidError):
        thank_by_name(session, cast.keyring(), session.scalars(select(Panelist)).one(), name)
