"""What in a text may tell who wrote it, looked for with the writer's own contact and kept nowhere."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from delphi.models import Contact
from delphi.services.recognition import Trace, names, traces
from tests import cast


def found(session: Session, words: str, name: str = "Denise Okoro") -> tuple[Trace, ...]:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 1})
    contact = session.scalars(select(Contact)).one()
    contact.name_ciphertext = cast.keyring().encrypt(name)
    return traces(session, cast.keyring(), contact.panelist_id, {"comment-pace": words}).get("comment-pace", ())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Denise thinks so.", (Trace.NAME,)),
        ("as I said, DENISE OKORO", (Trace.NAME,)),
        ("That is Okoro’s view.", (Trace.NAME,)),
        ("Write to me at d.ok@example.org!", (Trace.MAIL,)),
        ("Call 020 7946 0123 or +44 (0)20 7946-0123.", (Trace.PHONE,)),
        ("I live at 12 Old Mill Road.", (Trace.ADDRESS,)),
        ("Near SW1A 1AA.", (Trace.ADDRESS,)),
        ("Denise, d@example.org", (Trace.NAME, Trace.MAIL)),
        ("It took from 2019-2023, on 12/03/2024, for 40 to 80 people and £1,200.", ()),
        ("The worker is 100 % right; see items 3, 4 and 5.", ()),
        ("deniseless", ()),
        ("", ()),
    ],
)
def test_names_addresses_and_numbers_are_noticed_and_other_things_are_not(
    session: Session, words: str, expected: tuple[Trace, ...]
) -> None:
    assert found(session, words) == expected


@pytest.mark.parametrize(
    ("words", "name", "is_named"),
    [
        ("they will go", "Will Stott", False),
        ("Will went", "Will Stott", True),
        ("José agrees", "Jose Ortiz", True),
        ("von hand", "Ada von Hagen", False),
        ("我叫李小龙。", "李小龙", True),
        ("Bo Li wrote it", "Bo Li", True),
        ("o", "", False),
    ],
)
def test_a_name_counts_in_the_ways_that_people_write_it(words: str, name: str, is_named: bool) -> None:
    assert names(words, name) is is_named


def test_looking_keeps_nothing(session: Session) -> None:
    found(session, "nothing")
    session.commit()
    before = [session.execute(text("SELECT total_changes()")).scalar_one()]

    contact = session.scalars(select(Contact)).one()
    traces(session, cast.keyring(), contact.panelist_id, {"a": "Carers Person 1, carers@example.org"})

    assert not session.dirty
    assert not session.new
    assert [session.execute(text("SELECT total_changes()")).scalar_one()] == before
