"""What panelists are told is true, and says nothing twice in two ways, whoever holds which role."""

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Role, StudyRole
from delphi.services.protocol import Safeguarding
from tests import cast
from tests.web import stages
from tests.web.care.conftest import NADIA, QUESTIONS, SOL
from tests.web.conftest import Visitor

ADA = "carers-1@example.org"
AT_ONCE = "within a working day"
LATER = "is read before the round closes"
LOOKS_UP = "can look up who wrote"
LINKS = "able to link names and answers"
LINKED = f"This person is {LINKS}"
NOBODY = f"nobody on the team is {LINKS}"
# A study with a reader or without, its custodian working on the results or not: what its pages say, and what would gainsay it.
CASES = {
    (False, False): ((LATER, f"{NOBODY}."), (AT_ONCE, LOOKS_UP, LINKED)),
    (False, True): ((LATER, LINKED), (AT_ONCE, LOOKS_UP, NOBODY)),
    (True, False): ((AT_ONCE, f"{NOBODY}, except that the safeguarding reader {LOOKS_UP}"), (LATER, f"{NOBODY}.", LINKED)),
    (True, True): ((AT_ONCE, LOOKS_UP, LINKED), (LATER, NOBODY)),
}
# Whatever a case, "only" and "no one" leave no room for the one whom another sentence names.
NEVER = ("Only they", "only they", "no one person", "read by the research team, not watched")


def begin(database: Database, *, has_reader: bool, is_apart: bool) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        for address in (NADIA, SOL):
            stages.researcher_with(session, address, study, Role.OBSERVER)
        session.flush()
        if is_apart:
            held = select(StudyRole).where(StudyRole.study_id == study.id, StudyRole.role == Role.CUSTODIAN)
            session.delete(session.scalars(held).one())
            stages.researcher_with(session, "ivo@example.org", study, Role.CUSTODIAN)
            session.flush()
        if has_reader:
            cast.choose(session, study, safeguarding=Safeguarding(NADIA, SOL))
        cast.open_round(session, study)


@pytest.mark.parametrize(("has_reader", "is_linking"), CASES)
def test_no_page_that_says_who_sees_what_gainsays_itself(
    database: Database, enter: Callable[[str], Visitor], has_reader: bool, is_linking: bool
) -> None:
    begin(database, has_reader=has_reader, is_apart=not is_linking)
    browser = enter(ADA)
    said, unsaid = CASES[has_reader, is_linking]

    for address in ("/panel/consent", "/who-sees-what"):
        page = unescape(browser.get(address).text)
        assert [one for one in said if one not in page] == [], address
        assert [one for one in (*unsaid, *NEVER) if one in page] == [], address
        assert page.count("Nothing here is watched for emergencies") == 1
    contact = browser.get("/panel/contact").text
    assert (AT_ONCE in contact, LOOKS_UP in contact) == (has_reader, has_reader)


@pytest.mark.parametrize("are_asked", [True, False])
def test_what_somebody_may_say_of_themself_is_named_as_far_as_it_is_asked(
    database: Database, enter: Callable[[str], Visitor], are_asked: bool
) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        cast.choose(session, study, questions=QUESTIONS if are_asked else ())
        cast.open_round(session, study)
    browser = enter(ADA)

    assert ("background questions, interests to declare" in browser.get("/panel/consent").text) == are_asked
    assert "interests to declare, thanks by name" in browser.get("/panel/consent").text
    assert ("About you: background" in browser.get("/panel/").text) == are_asked
    assert ("Background questions" in browser.get("/panel/about").text) == are_asked
