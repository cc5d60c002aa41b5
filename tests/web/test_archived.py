"""An archived study on the site: every form of it is refused with a sentence, and not a byte of the database changes."""

import re
import shutil

import pytest

from delphi.database import Database
from delphi.models import Role, Study, StudyRole
from delphi.services.archiving import archive
from delphi.web.office import EVEN_IF_ARCHIVED
from tests import cast
from tests.web import stages
from tests.web.office_table import TABLE

CARER = "carers-1@example.org"
REFUSED = "This study is archived: it can be read, and nothing in it can be changed."
ENDED = "This study has ended"
# The public pages that have nothing to do with one study, and what clears a device of what it has kept.
OF_NO_STUDY = {"public.new_link", "panel.leave"}


@pytest.fixture
def database(settings, migrated_file):
    shutil.copy(migrated_file, settings.data / "delphi.sqlite3")
    database = Database(settings.database)
    with database.transaction() as session:
        published = stages.decided(session)
        study = session.get_one(Study, published.study_id)
        ruth, held = cast.ruth(session).id, {one.role for one in study.roles}
        missing = set(Role) - held
        session.add_all(StudyRole(study_id=study.id, researcher_id=ruth, role=role, granted_at=cast.NOW) for role in missing)
    yield database
    database.dispose()


def put_away(database):
    with database.transaction() as session:
        archive(session, session.query(Study).one(), actor="researcher 1", now=cast.NOW)


def token(database):
    with database.reading() as session:
        return cast.token(session, stages.find_round(session, session.query(Study).one(), 1), CARER)


def dump(database):
    with database.engine.connect() as connection:
        return list(connection.connection.iterdump())


def posts(app, prefix):
    """Return endpoint and address of every form of this part of the site."""
    values = {"token": "TOKEN", "key": "first-meeting", "code": "1", "number": 1, "slug": stages.SLUG}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith(prefix) and "POST" in rule.methods:
                known = TABLE[rule.endpoint].values if rule.endpoint in TABLE else {}
                named = {name: known.get(name, values.get(name, "NONE")) for name in rule.arguments}
                yield rule.endpoint, app.url_for(rule.endpoint, **named), named


def test_every_form_of_an_archived_study_is_refused_and_nothing_is_changed(app, database, ruth):
    put_away(database)
    ruth.get(f"{stages.HOME}/")
    before, walked = dump(database), set()

    for endpoint, address, named in posts(app, "office."):
        if "slug" in named and endpoint not in EVEN_IF_ARCHIVED:
            answer = ruth.post(address)
            walked.add(endpoint)
            assert answer.status_code == 409, endpoint
            assert REFUSED in answer.text, endpoint

    assert len(walked) > 40
    assert dump(database) == before


def test_every_form_of_a_panelist_is_refused_too(app, database, visitor):
    way_in = f"/p/{token(database)}"
    browser, other = visitor(), visitor()
    browser.get(way_in)
    assert browser.post(way_in).status_code == 303
    browser.get("/panel/contact")
    other.get("/enter")
    put_away(database)
    before, walked = dump(database), set()

    for endpoint, address, _ in posts(app, "panel."):
        if endpoint not in OF_NO_STUDY:
            answer = browser.post(address)
            walked.add(endpoint)
            assert (answer.status_code, ENDED in answer.text) == (404, True), endpoint
    for endpoint, address, named in posts(app, "public."):
        if "token" in named:
            answer = other.post(address.replace("TOKEN", way_in.removeprefix("/p/")))
            walked.add(endpoint)
            assert (answer.status_code, ENDED in answer.text) == (404, True), endpoint

    assert len(walked) > 12
    assert dump(database) == before


def test_links_say_that_the_study_has_ended_without_a_way_back_into_it(database, visitor):
    way_in = f"/p/{token(database)}"
    signed_in = visitor()
    signed_in.get(way_in)
    signed_in.post(way_in)
    put_away(database)

    for page in (visitor().get(way_in), signed_in.get("/panel/"), signed_in.get("/panel/my-answers")):
        assert page.status_code == 404
        assert ENDED in page.text
        assert "Send me a new link" not in page.text
        assert "Go to your round" not in page.text
    assert signed_in.get("/").status_code == 200
    assert signed_in.get(f"/receipts/{stages.SLUG}/1").status_code == 200


def test_every_page_of_it_can_be_read(app, database, ruth):
    put_away(database)

    for path in (
        "",
        "rounds/1/results",
        "rounds/1/comments",
        "manual",
        "panel",
        "log",
        "log.csv",
        "search?q=person",
        "team",
        "mail",
    ):
        page = ruth.get(f"{stages.HOME}/{path}")
        assert page.status_code == 200, path
        assert page.mimetype != "text/html" or "This study is archived" in page.text, path


def test_an_owner_archives_it_and_brings_it_back(database, ruth):
    assert "Archive the study" in ruth.get(f"{stages.HOME}/").text
    assert "Nothing is deleted" in ruth.get(f"{stages.HOME}/archive").text
    assert ruth.post(f"{stages.HOME}/archive").headers["Location"] == f"{stages.HOME}/"
    overview = ruth.get(f"{stages.HOME}/").text
    assert "Bring it back" in overview
    assert "next-step" not in overview
    listed = ruth.get("/office/").text
    assert "You have no study under way." in listed
    assert re.search(rf"<h2>Archived</h2>.*{stages.HOME}/", listed, re.DOTALL)

    assert ruth.post(f"{stages.HOME}/bring-back").status_code == 303
    assert "<h2>Archived</h2>" not in ruth.get("/office/").text
    assert ruth.post(f"{stages.HOME}/bring-back").status_code == 409


def test_while_a_round_is_open_it_stays_and_the_page_says_why(settings, migrated_file, database, ruth):
    with database.transaction() as session:
        cast.open_round(session, session.query(Study).one())
    ruth.get(f"{stages.HOME}/archive")

    answer = ruth.post(f"{stages.HOME}/archive")

    assert answer.status_code == 409
    assert "Round 2 is open. Close it first" in answer.text
    assert "This study is archived" not in ruth.get(f"{stages.HOME}/").text


def test_only_an_owner_does_either(database, visitor):
    with database.transaction() as session:
        others = set(Role) - {Role.OWNER}
        stages.researcher_with(session, "omar@example.org", session.query(Study).one(), *others)
    omar = visitor()
    omar.get("/office/sign-in")
    omar.post("/office/sign-in", {"email": "omar@example.org", "password": cast.PASSWORD})
    assert "Archive the study" not in omar.get(f"{stages.HOME}/").text
    assert omar.post(f"{stages.HOME}/archive").status_code == 403
    put_away(database)

    assert "Bring it back" not in omar.get(f"{stages.HOME}/").text
    assert omar.post(f"{stages.HOME}/bring-back").status_code == 403
