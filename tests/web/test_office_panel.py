"""Adding people in two steps, and links for those without an address."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.files.panel import PanelRow
from delphi.models import Panelist, PanelistAttribute, Role, Study
from delphi.services.links import member_by_token
from delphi.services.panel import import_panel
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

PANEL = f"{stages.HOME}/panel"
FILE = b"name,email,group\nAda <b>Ong</b>,ada@example.org,Carers\nBo Lind,,Carers\n"


@pytest.fixture(autouse=True)
def _study(database: Database) -> None:
    with database.transaction() as session:
        stages.with_panel(session)


def looked_at(ruth: Visitor, content: bytes = FILE) -> str:
    ruth.get(PANEL)
    answer = ruth.post(PANEL, {"file": (io.BytesIO(content), "more.csv")}, content_type="multipart/form-data")
    assert answer.status_code == 200
    return answer.text


def sealed(page: str) -> str:
    found = re.search(r'name="people" value="([^"]+)"', page)
    assert found
    return found[1]


def n_people(database: Database) -> int:
    with database.reading() as session:
        return session.query(Panelist).count()


def test_a_file_is_shown_before_it_changes_anything(database: Database, ruth: Visitor) -> None:
    page = looked_at(ruth)

    assert "2 people stand in more.csv" in page
    assert "1 person has no e-mail address" in page
    assert "Ada &lt;b&gt;Ong&lt;/b&gt;" in page
    assert "ada@example.org" not in sealed(page)
    assert n_people(database) == 16
    assert ruth.post(f"{PANEL}/import", {"people": sealed(page)}).status_code == 303
    assert n_people(database) == 18


def test_a_long_file_is_shown_in_part_and_says_so(ruth: Visitor) -> None:
    people = [f"Person {n},person{n}@example.org,Carers" for n in range(64)]

    page = looked_at(ruth, "\n".join(["name,email,group", *people]).encode())

    assert "The first 60 of 64</caption>" in page
    assert page.count("@example.org</td>") == 60


def test_whoever_holds_both_sides_reads_that_it_can_stay_so_or_how_to_change_it(ruth: Visitor) -> None:
    notice = ruth.get(PANEL).text.partition("You keep the names and work on the results</p>")[2].partition("</div>")[0]

    assert notice.index("You can go on so.") < notice.index("able to link names and answers, which panelists read.")
    assert "You can give one of the two roles to a colleague at any time:" in notice
    assert f'href="{PANEL.removesuffix("panel")}team"' in notice


def test_the_same_people_are_not_added_twice(database: Database, ruth: Visitor) -> None:
    people = sealed(looked_at(ruth))
    assert ruth.post(f"{PANEL}/import", {"people": people}).status_code == 303

    again = ruth.post(f"{PANEL}/import", {"people": people})

    assert again.status_code == 422
    assert "ada@example.org is on the panel already" in again.text
    assert n_people(database) == 18


@pytest.mark.parametrize("people", ["", "invented", "gAAAAABinvented", "Ä"])
def test_people_whom_nobody_has_looked_at_are_refused(database: Database, ruth: Visitor, people: str) -> None:
    ruth.get(PANEL)
    answer = ruth.post(f"{PANEL}/import", {"people": people})

    assert answer.status_code == 422
    assert "Choose the file again" in answer.text
    assert n_people(database) == 16


def test_people_of_another_study_are_refused(database: Database, ruth: Visitor) -> None:
    people = sealed(looked_at(ruth))
    with database.transaction() as session:
        cast.begin_study(session, slug="other", title="Other")

    answer = ruth.post("/office/studies/other/panel/import", {"people": people})

    assert answer.status_code == 422
    assert n_people(database) == 16


def test_links_to_hand_over_are_a_file_of_those_without_an_address(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        rows = [PanelRow(2, "=Bo Lind", "", "Carers")]
        import_panel(session, cast.keyring(), study, rows, source="x", actor="researcher 1", now=cast.NOW)
        cast.open_round(session, study)
    assert "Links to hand over" in ruth.get(PANEL).text

    answer = ruth.post(f"{PANEL}/links")

    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["name"] == "'=Bo Lind"
    with database.reading() as session:
        assert member_by_token(session, row["link"].rpartition("/")[2])


def test_without_anybody_to_hand_them_to_there_are_no_links(ruth: Visitor) -> None:
    page = ruth.get(PANEL).text
    assert "Everybody on the panel has an address and gets their link by mail." in page
    assert "Take the links" not in page

    assert ruth.post(f"{PANEL}/links").status_code == 409


REGIONS = ("North", "North", "North", "North", "North", "North", "South", "South", "South", "South", "South", "Orkney")
KNOWN = "name,email,group,region,<i>phone\n" + "".join(
    f"Person {n},someone-{n}@example.org,Carers,{region},{'0' * n}\n" for n, region in enumerate(REGIONS * 2)
)


def test_what_else_a_file_says_is_kept_only_if_it_is_ticked(database: Database, ruth: Visitor) -> None:
    page = looked_at(ruth, KNOWN.encode())

    assert "North: 12, Orkney: 2, South: 10" in page
    assert "column &#39;&lt;i&gt;phone&#39;: There are 23 different values" in page
    assert "Put them in bands" in page
    assert ruth.post(f"{PANEL}/import", {"people": sealed(page), "attribute": ["region"]}).status_code == 303
    shown = ruth.get(PANEL).text
    assert "<td>region: Orkney</td>" in shown
    with database.reading() as session:
        assert {row.value for row in session.scalars(select(PanelistAttribute))} == set(REGIONS)


def test_nothing_else_is_kept_where_nothing_is_ticked(database: Database, ruth: Visitor) -> None:
    assert ruth.post(f"{PANEL}/import", {"people": sealed(looked_at(ruth, KNOWN.encode()))}).status_code == 303

    assert "What else is known of the panel" not in ruth.get(PANEL).text
    with database.reading() as session:
        assert session.scalars(select(PanelistAttribute)).all() == []


@pytest.mark.parametrize("unknown", ["town", "<i>phone", "name"])
def test_a_column_that_cannot_be_kept_is_refused_with_what_was_ticked(database: Database, ruth: Visitor, unknown: str) -> None:
    people = sealed(looked_at(ruth, KNOWN.encode()))

    answer = ruth.post(f"{PANEL}/import", {"people": people, "attribute": ["region", unknown]})

    assert answer.status_code == 422
    assert "Its further columns are: region." in answer.text
    assert 'value="region" checked' in answer.text
    assert n_people(database) == 16
    assert ruth.post(f"{PANEL}/import", {"people": sealed(answer.text), "attribute": ["region"]}).status_code == 303


def test_whoever_is_no_custodian_reads_counts_and_of_few_people_nothing(
    database: Database, ruth: Visitor, visitor: Callable[[], Visitor]
) -> None:
    page = looked_at(ruth, KNOWN.encode())
    ruth.post(f"{PANEL}/import", {"people": sealed(page), "attribute": ["region"]})
    with database.transaction() as session:
        stages.researcher_with(session, "sol@example.org", session.scalars(select(Study)).one(), Role.OBSERVER)
    sol = visitor()
    sol.get("/office/sign-in")
    sol.post("/office/sign-in", {"email": "sol@example.org", "password": cast.PASSWORD})

    shown = sol.get(PANEL).text

    assert "What else is known of the panel" in shown
    assert "Orkney" not in shown


def test_the_page_of_a_closed_round_says_who_took_part(database: Database, ruth: Visitor) -> None:
    page = looked_at(ruth, KNOWN.encode())
    ruth.post(f"{PANEL}/import", {"people": sealed(page), "attribute": ["region"]})
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        round_ = cast.open_round(session, study)
        for n in range(24):
            cast.rate(session, round_, f"someone-{n}@example.org", {"pace": 5})
        cast.close_and_publish(session, study, round_)

    shown = ruth.get(f"{stages.HOME}/rounds/1").text

    assert "Who took part: region" in shown
    # All twelve of the North did, and none of the sixteen of whom it is not known; the rest are told together.
    assert re.search(r"North</th>\s*<td[^>]*>12</td>\s*<td[^>]*>12<", shown)
    assert re.search(r"Others, not named here</th>\s*<td[^>]*>12</td>\s*<td[^>]*>12<", shown)
    assert "Orkney" not in shown


def test_until_round_1_opens_people_are_moved_and_taken_off_and_groups_renamed(ruth: Visitor) -> None:
    panel = f"{stages.HOME}/panel"
    assert "Until round 1 opens" in ruth.get(panel).text

    assert ruth.post(f"{panel}/person", {"person": "carers-1@example.org", "place": "group:Practitioners"}).status_code == 303
    assert ruth.post(f"{panel}/person", {"person": "carers-2@example.org", "place": "off"}).status_code == 303
    assert ruth.post(f"{panel}/group", {"label": "Carers", "new_name": "Families"}).status_code == 303

    page = ruth.get(panel).text
    assert "carers-2@example.org" not in page
    assert re.search(r"Families</th>\s*<td[^>]*>4<", page)
    log = ruth.get(f"{stages.HOME}/log").text
    assert "moved somebody from the group Carers to Practitioners" in log
    assert "took somebody of the group Carers off the panel" in log
    refused = ruth.post(f"{panel}/group", {"label": "Families", "new_name": ""})
    assert (refused.status_code, "Give the group a name." in refused.text) == (422, True)


def test_once_round_1_has_opened_the_panel_stays_as_it_is(database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        cast.open_round(session, session.scalars(select(Study)).one())
    panel = f"{stages.HOME}/panel"
    assert "Until round 1 opens" not in ruth.get(panel).text

    refused = ruth.post(f"{panel}/person", {"person": "carers-1@example.org", "place": "off"})

    assert (refused.status_code, "Round 1 has opened" in refused.text) == (409, True)
