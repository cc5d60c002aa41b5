"""The rehearsal: a copy of its own that shows every page, and of which nothing reaches the study."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from delphi.config import REQUIRED
from delphi.models import AuditEntry, Panelist, Role, Round, Study
from delphi.rehearsals import mark_of, settings_for
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor
from tests.web.test_setting_up import tasks

PAGE = f"{stages.HOME}/rehearsal"
INSIDE = f"/rehearsals/{stages.SLUG}"
HOME = f"{INSIDE}{stages.HOME}"


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        stages.with_panel(session)
        session.scalars(select(Study)).one().facts = {"attributes": {"Region": {"heads": {"North": 16}}}}
    ruth.get(PAGE)


@pytest.fixture
def rehearsing(ruth, study):
    """Ruth, inside the rehearsal."""
    answer = ruth.post(f"{PAGE}/begin")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}/rehearsal")
    assert ruth.get(f"{HOME}/rehearsal").status_code == 200
    return ruth


def rows(database):
    with database.engine.connect() as connection:
        return [line for line in connection.connection.iterdump() if "audit" not in line]


def test_a_rehearsal_is_a_copy_with_as_many_people_and_shows_results_before_anything_opens(database, rehearsing):
    overview = rehearsing.get(f"{HOME}/").text
    assert "Rehearsal: Making connections" in overview
    assert "people and answers are invented" in overview
    assert f'href="/office/account">{cast.RUTH}</a>' in overview  # the account of the site itself, where one signs out
    assert f'href="{stages.HOME}/">Back to the study itself' in overview
    known = "What else is known of the panel"
    assert known in rehearsing.get(f"{stages.HOME}/panel").text
    assert known not in rehearsing.get(f"{HOME}/panel").text

    assert rehearsing.post(f"{HOME}/rounds/1/close").status_code == 303

    results = rehearsing.get(f"{HOME}/rounds/1/results").text
    assert all(f"/items/{key}" in results for key in cast.ITEMS)
    assert len(re.findall("Consensus: in|No consensus|Consensus: out", results)) >= len(cast.ITEMS)
    with database.reading() as session:
        assert session.scalars(select(Round)).all() == []


def test_how_many_people_are_invented_is_said_before_it_is_begun(database, ruth, study):
    assert "in groups of the same sizes, at most 40 in each" in ruth.get(PAGE).text
    with database.transaction() as session:
        cast.begin_study(session, slug="empty", title="Empty")

    assert (
        "Nobody is on the panel yet: it gets 12 invented people in each group."
        in ruth.get("/office/studies/empty/rehearsal").text
    )


def test_the_way_to_round_1_says_that_there_was_one_even_after_it_is_deleted(rehearsing):
    def state():
        return tasks(rehearsing.get(f"{stages.HOME}/").text)["Rehearsal"]

    rehearsing.get(PAGE)
    assert state() == "Done"
    rehearsing.post(f"{PAGE}/delete")
    assert state() == "Done"


def test_nothing_of_a_rehearsal_reaches_the_study(database, ruth, study):
    before = rows(database)

    ruth.post(f"{PAGE}/begin")
    ruth.get(f"{HOME}/rehearsal")
    ruth.post(f"{HOME}/rounds/1/close")
    ruth.post(f"{HOME}/rounds/1/publish", {"without_unjudged": "y"})
    ruth.get(PAGE)

    assert rows(database) == before
    with database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions[-1] == "rehearsal begun"
        assert session.query(Panelist).count() == sum(stages.SIZES.values())


def test_one_person_of_each_group_is_left_to_answer_as(app, rehearsing):
    page = rehearsing.get(f"{HOME}/rehearsal").text
    links = re.findall(rf'href="({INSIDE}/p/[^"]+)">Answer round 1 as: (\w+)<', page)
    assert [group for _, group in links] == list(stages.SIZES)

    ada = Visitor(app.test_client())
    ada.get(links[0][0])
    assert ada.post(links[0][0]).headers["Location"].startswith(f"{INSIDE}/panel")
    ada.get(f"{INSIDE}/panel/consent")
    ada.post(f"{INSIDE}/panel/consent", {"agree": "y", "number": "1"})

    assert "You answer as: Carers" in ada.get(f"{INSIDE}/panel/").text
    assert "The worker goes at the pace of the person." in ada.get(f"{INSIDE}/panel/sections/first-meeting").text


def test_answering_as_a_panelist_leaves_the_researcher_signed_in(rehearsing):
    link = re.search(rf'href="({INSIDE}/p/[^"]+)"', rehearsing.get(f"{HOME}/rehearsal").text)[1]
    rehearsing.get(link)
    rehearsing.post(link)

    assert rehearsing.get(f"{stages.HOME}/").status_code == 200
    assert rehearsing.get(f"{HOME}/").status_code == 200


def test_the_next_round_of_a_rehearsal_is_filled_by_a_button(rehearsing):
    rehearsing.post(f"{HOME}/rounds/1/close")
    page = rehearsing.get(f"{HOME}/rehearsal").text
    assert f'href="{HOME}/rounds/1/results">Read the results</a>' in page
    assert "Read the results of round 1 and publish them" in page
    rehearsing.post(f"{HOME}/rounds/1/publish", {"without_unjudged": "y"})
    opened = rehearsing.post(f"{HOME}/rounds/next", {"deadline": ""})
    assert opened.status_code == 303, opened.text

    assert rehearsing.post(f"{HOME}/rehearsal/fill").status_code == 303

    assert re.search(r"\d+ invented people have answered\.", rehearsing.get(f"{HOME}/rehearsal").text)


def test_it_says_how_many_have_answered_and_counts_as_they_do(rehearsing):
    said = re.search(r"(\d+) of 16 have answered at least one item of round 1\.", rehearsing.get(f"{HOME}/rehearsal").text)
    n_answered = int(said[1])
    assert 8 <= n_answered <= 14  # one of each group is left to try, some stay away
    counted = "".join(rehearsing.get(f"{HOME}/rounds/1").text.split())
    assert f"<dt>started</dt><dd>{n_answered}</dd>" in counted
    assert "counted whenever you look" in rehearsing.get(f"{HOME}/rounds/1").text

    for _ in range(12):
        rehearsing.get(f"{HOME}/rehearsal")
        rehearsing.post(f"{HOME}/rehearsal/fill")

    page = rehearsing.get(f"{HOME}/rehearsal").text
    said = r"14 of 16 have answered at least one item of round 1\. (\d+) have completed it: [^.]+\. The others are left for you"
    completed = re.search(said, " ".join(page.split()))[1]
    assert f"<dt>completed</dt><dd>{completed}</dd>" in "".join(rehearsing.get(f"{HOME}/rounds/1").text.split())
    assert "Invent more answers" not in page
    assert "<dt>started</dt><dd>14</dd>" in "".join(rehearsing.get(f"{HOME}/rounds/1").text.split())


def test_no_answers_are_invented_in_the_study_itself(database, ruth, study):
    with database.transaction() as session:
        cast.open_round(session, session.query(stages.Study).one())
    before = rows(database)

    assert ruth.post(f"{PAGE}/fill").status_code == 409
    assert rows(database) == before


def test_one_button_deletes_it_and_its_address_is_gone(settings, rehearsing):
    folder = settings_for(settings, stages.SLUG).data
    assert folder.is_dir()

    rehearsing.get(PAGE)
    assert rehearsing.post(f"{PAGE}/delete").status_code == 303

    assert list(folder.parent.iterdir()) == []
    assert rehearsing.get(f"{HOME}/").status_code == 404
    assert rehearsing.post(f"{PAGE}/delete").status_code == 409


def test_a_second_one_is_refused_and_one_after_the_first_is_another(rehearsing):
    rehearsing.get(PAGE)
    assert rehearsing.post(f"{PAGE}/begin").status_code == 409
    first = rehearsing.get(f"{HOME}/rehearsal").text
    rehearsing.get(PAGE)
    rehearsing.post(f"{PAGE}/delete")

    rehearsing.post(f"{PAGE}/begin")

    links = [re.findall(r"/p/(\w+)", page) for page in (first, rehearsing.get(f"{HOME}/rehearsal").text)]
    assert links[0]
    assert not set(links[0]) & set(links[1])


def test_one_that_is_older_than_the_study_says_what_has_changed_and_is_begun_anew_at_once(settings, database, rehearsing):
    older = "It is older than the study"
    first = mark_of(settings, stages.SLUG)
    assert older not in rehearsing.get(PAGE).text
    with database.transaction() as session:
        study = session.query(Study).one()
        cast.add_panel(session, study, {"Latecomers": 5})
        cast.choose(session, study, weeks=3)

    page = rehearsing.get(PAGE).text
    assert older in page
    assert "has changed since it was begun: the panel, the protocol." in page
    assert rehearsing.post(f"{PAGE}/begin", {"anew": "y"}).headers["Location"] == f"{HOME}/rehearsal"

    assert mark_of(settings, stages.SLUG) not in (first, "")
    assert "Latecomers" in rehearsing.get(f"{HOME}/panel").text
    assert older not in rehearsing.get(PAGE).text


def test_only_who_may_see_the_study_comes_in_and_only_as_long(app, database, visitor, rehearsing):
    stranger = visitor()
    stranger.get(f"{HOME}/")
    assert stranger.client.get(f"{HOME}/").status_code == 401
    with database.transaction() as session:
        stages.researcher_with(session, "nobody@example.org", None)
        stages.researcher_with(session, "oscar@example.org", session.query(stages.Study).one(), Role.OBSERVER)
    for address, status in (("nobody@example.org", 401), ("oscar@example.org", 401)):
        other = visitor()
        other.get("/office/sign-in")
        other.post("/office/sign-in", {"email": address, "password": cast.PASSWORD})
        assert other.get(f"{HOME}/").status_code == status  # who joined later is in no copy made before

    rehearsing.get("/office/")
    rehearsing.post("/office/sign-out")

    assert rehearsing.get(f"{HOME}/").status_code == 401


def test_where_a_code_is_demanded_nobody_comes_in_without_one(rehearsing, app):
    main = app.extensions["delphi"]
    app.extensions["delphi"] = replace(main, settings=replace(main.settings, second_factor=REQUIRED))

    assert rehearsing.get(f"{HOME}/").status_code == 401


@pytest.mark.parametrize("address", ["/rehearsals/", "/rehearsals/invented/", "/rehearsals/../office/", "/rehearsals/.hidden/x"])
def test_where_there_is_no_rehearsal_nothing_is_found(ruth, study, address):
    assert ruth.get(address).status_code in (404, 308)


def test_a_study_without_a_panel_is_rehearsed_with_two_invented_groups(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PAGE)

    assert ruth.post(f"{PAGE}/begin").status_code == 303

    assert "An invented group 12" in ruth.get(f"{HOME}/").text or "An invented group" in ruth.get(f"{HOME}/panel").text


def test_every_page_of_a_rehearsal_leads_back_and_the_study_leads_in(rehearsing):
    office = (f"{HOME}/", f"{HOME}/panel", f"{HOME}/rounds/1")
    landing = re.search(rf'href="({INSIDE}/p/[^"]+)"', rehearsing.get(f"{HOME}/rehearsal").text)[1]

    for page in (*office, landing, f"{INSIDE}/who-sees-what"):
        assert f'<a href="{stages.HOME}/">Back to the study itself</a>' in rehearsing.get(page).text
    assert f'<a href="{HOME}/rehearsal">Back to the rehearsal’s page</a>' in rehearsing.get(landing).text
    study = rehearsing.get(f"{stages.HOME}/").text
    assert f'<a href="{HOME}/rehearsal">Go into the rehearsal</a>' in study
    assert "Back to the study itself" not in study

    rehearsing.post(f"{PAGE}/delete")
    assert "Go into the rehearsal" not in rehearsing.get(f"{stages.HOME}/").text
