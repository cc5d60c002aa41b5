"""Every page of the office: reachable by whom it is meant for, closed to everybody else, titled, and without a link's token."""

import re
import shutil

import pytest
from sqlalchemy import delete

from delphi.database import Database
from delphi.models import Role, Study, StudyRole
from delphi.web.office import OPEN_TO_ALL
from tests import cast
from tests.web import stages
from tests.web.office_table import CHANGES, CONVERSATION, READER, TABLE, every_page, said_without

# A file that nobody has had made yet: its page says so.
NO_FILE_YET = {"office.export_file": 404}
# Made of the page beside it by a process of its own, each time: tried here only with the roles that are refused.
PRINTED = {"office.ethics_pack_pdf", "office.meeting_pdf"}
__all__ = ["CHANGES", "CONVERSATION", "READER", "TABLE"]


@pytest.fixture(scope="session")
def decided_file(migrated_file, tmp_path_factory):
    """A database in which round 1 is published and decided on, made once for others to copy."""
    path = tmp_path_factory.mktemp("decided") / "delphi.sqlite3"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        every_page(session)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture
def database(settings, decided_file):
    shutil.copy(decided_file, settings.data / "delphi.sqlite3")
    database = Database(settings.database)
    yield database
    database.dispose()


@pytest.fixture
def study(database):
    return stages.SLUG


@pytest.fixture
def signed_in(database, visitor):
    """Return a maker of people who are signed in with some roles in the study, or none."""

    def sign_in(*roles):
        address = f"{'-'.join(roles) or 'stranger'}@example.org"
        with database.transaction() as session:
            stages.researcher_with(session, address, session.query(Study).first(), *roles)
        browser = visitor()
        browser.get("/office/sign-in")
        assert browser.post("/office/sign-in", {"email": address, "password": cast.PASSWORD}).status_code == 303
        browser.get("/office/")
        return browser

    return sign_in


def routes(app):
    """Return endpoint, method and address of everything that the office serves."""
    with app.test_request_context():
        return [
            (rule.endpoint, method, app.url_for(rule.endpoint, **TABLE[rule.endpoint].values))
            for rule in app.url_map.iter_rules()
            if rule.endpoint.startswith("office.")
            for method in sorted(rule.methods & {"GET", "POST"})
        ]


def ask(browser, method, address):
    return browser.get(address) if method == "GET" else browser.post(address)


def test_every_route_has_a_row_in_the_table(app):
    served = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("office.")}

    assert served == set(TABLE)


def test_no_page_but_the_sign_in_opens_to_somebody_who_is_not_signed_in(app, visitor, study):
    browser = visitor()
    browser.get("/office/sign-in")

    answers = {(endpoint, method): ask(browser, method, url).status_code for endpoint, method, url in routes(app)}

    assert {endpoint for (endpoint, _), status in answers.items() if status != 401} == {
        endpoint for endpoint in OPEN_TO_ALL if not TABLE[endpoint].halfway
    }


def test_a_stranger_to_the_study_is_told_that_there_is_none(app, ruth, study, signed_in):
    stranger = signed_in()

    answers = {
        (endpoint, method): ask(stranger, method, url)
        for endpoint, method, url in routes(app)
        if "slug" in TABLE[endpoint].values
    }

    assert {answer.status_code for answer in answers.values()} == {404}
    invented = ask(stranger, "GET", "/office/studies/invented/").text
    assert all(
        re.search(r'class="lead">([^<]*)', answer.text)[1].replace(study, "invented") in invented for answer in answers.values()
    )


def test_every_page_opens_for_the_founder_with_a_title_and_one_main_heading(app, ruth, study):
    for endpoint, method, url in routes(app):
        if method == "GET" and TABLE[endpoint].is_a_page:
            page = ruth.get(url)
            assert page.status_code == 200, endpoint
            assert re.search(r"<title>[^–<]+ – ", page.text), endpoint
            assert page.text.count("<h1") == 1, endpoint


@pytest.mark.parametrize("role", list(Role))
def test_a_page_or_file_opens_only_for_the_roles_it_is_meant_for(app, database, ruth, study, signed_in, role):
    browser = signed_in(role)
    before = _dump(database)

    for endpoint, method, url in routes(app):
        page = TABLE[endpoint]
        is_meant = not page.needs or role in page.needs
        if method == "GET" and not page.halfway and not (is_meant and endpoint in PRINTED):
            answer = browser.get(url)
            assert answer.status_code == (NO_FILE_YET.get(endpoint, 200) if is_meant else 403), endpoint
            assert is_meant or said_without(page.needs) in answer.text, endpoint

    assert _dump(database) == before


@pytest.mark.parametrize("role", list(Role))
def test_a_change_is_refused_to_every_role_it_is_not_meant_for(app, database, ruth, study, signed_in, role):
    browser = signed_in(role)
    before = _dump(database)

    for endpoint, method, url in routes(app):
        if method == "POST" and endpoint in CHANGES and role not in CHANGES[endpoint]:
            answer = browser.post(url)
            assert answer.status_code == 403, endpoint
            assert said_without(CHANGES[endpoint]) in answer.text, endpoint

    assert _dump(database) == before


def test_no_change_is_made_without_the_token_of_a_form(app, ruth, study):
    for endpoint, method, url in routes(app):
        if method == "POST":
            assert ruth.client.post(url).status_code == 400, endpoint


def test_no_page_shows_a_researcher_the_token_of_a_personal_link(app, database, ruth, study):
    with database.reading() as session:
        round_ = cast.member(session, stages.find_round(session, session.query(Study).one(), 1), "carers-1@example.org")
        token = cast.keyring().link_token(round_.panelist_id, round_.round_id, round_.panelist.link_serial)
        pseudonym = round_.panelist.pseudonym

    for endpoint, method, url in routes(app):
        if method == "GET":
            page = ruth.get(url).get_data()
            assert token.encode() not in page, endpoint
            assert pseudonym.encode() not in page, endpoint


def test_looking_changes_nothing(app, database, ruth, study):
    before = b"".join(line.encode() for line in _dump(database))

    for _, method, url in routes(app):
        if method == "GET":
            ruth.get(url)

    assert b"".join(line.encode() for line in _dump(database)) == before


def _dump(database):
    with database.engine.connect() as connection:
        return list(connection.connection.iterdump())


def test_roles_taken_away_bite_at_once(database, ruth, study):
    with database.transaction() as session:
        session.execute(delete(StudyRole))

    assert ruth.get(f"{stages.HOME}/").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "rounds/9",
        "rounds/9/results",
        "rounds/1/items/invented",
        "rounds/1/proposals/7",
        "rounds/9/comments",
        "drafts/9",
        "drafts/0",
        "drafts/1/changes",
        "manual/sections/invented",
        "log?page=0",
        "log?page=-1",
        "log?page=99999999999999999999",
        "log?page=two",
        "final-manual/manual.exe",
        "final-manual/manual.pdf/file",
        "rounds/-1",
    ],
)
def test_an_address_that_names_nothing_is_not_found(ruth, study, address):
    assert ruth.get(f"{stages.HOME}/{address}").status_code == 404


HUGE = "9" * 5000
ODD = {
    "rounds/1/results": "?sort=__class__&order=up&show=../..&verdict=%00&group=%F0%9F%90%9D",
    "rounds/1/comments": f"?page=-1&code=__class__&state=../..&section=%00&group={HUGE}",
    "log": "?kind=__class__&actor=../..&round=-1",
    "protocol": "?open=__class__&look=1",
    "panel": f"?correct={HUGE}",
    "safeguarding": "?show=../..",
}


@pytest.mark.parametrize("place", ODD)
def test_what_a_page_does_not_know_how_to_show_leaves_it_as_it_is(ruth, study, place):
    # A form's token tells the second at which it was made.
    plain, odd = (
        re.sub(r'name="csrf_token"[^>]*value="[^"]+"', "", ruth.get(f"{stages.HOME}/{place}{query}").text)
        for query in ("", ODD[place])
    )

    assert "This did not work" not in plain
    assert odd == plain


def test_a_page_of_comments_beyond_the_last_is_the_last_and_one_before_the_first_the_first(ruth, study):
    pages = [ruth.get(f"{stages.HOME}/rounds/1/comments?page={n}") for n in (1, 0, -1, "two", "1e9", "9" * 20, HUGE)]

    assert {page.status_code for page in pages} == {200}
    assert len({re.findall(r'id="comment-(\d+)"', page.text)[0] for page in pages}) == 1
