"""Every page of the office, each as the table of its routes names it: a new one is visited as soon as it has its row."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi import errors
from delphi.models import Researcher, Role, Study
from delphi.web.access import SignInNeededError
from delphi.web.fields import RowNumbers
from delphi.web.office import OPEN_TO_ALL, office
from tests import cast
from tests.browser.being_refused import Refused
from tests.browser.site import Site, served
from tests.browser.staged import staged
from tests.browser.visitor import Visitor
from tests.phone import second_step
from tests.web import stages
from tests.web.office_table import TABLE, every_page

OSCAR, STELLA = "oscar@example.org", "stella@example.org"
# What the office can refuse with: each kind of refusal that the program knows has to be met below.
KINDS = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.DelphiError)}
A_MINUTE = 60_000  # milliseconds, for what is printed or made meanwhile


def with_a_team(session: Session) -> None:
    """Let Sol, who looks on, have set up a second step, Oscar look on with none, and Stella know of another study alone."""
    every_page(session)
    study = session.scalars(select(Study)).one()
    second_step(session, session.scalars(select(Researcher).where(Researcher.email == stages.SOL)).one())
    stages.researcher_with(session, OSCAR, study, Role.OBSERVER)
    stages.researcher_with(session, STELLA, None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with a study in which every page has something to show."""
    with served(staged(tmp_path_factory.mktemp("every-office-page"), with_a_team)) as site:
        yield site


@pytest.fixture
def addresses() -> dict[str, str]:
    """The address of everything in the office that can be opened, by its endpoint."""
    app = Flask("map")
    app.url_map.converters["int"] = RowNumbers
    app.register_blueprint(office)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]
    with app.test_request_context():
        return {rule.endpoint: url_for(rule.endpoint, **TABLE[rule.endpoint].values) for rule in rules}


def test_every_page_of_the_office_is_there_accessible_and_no_wider_than_the_window(
    site: Site, visit: Callable[..., Visitor], addresses: dict[str, str]
) -> None:
    ruth, sol, nobody = (visit(viewport={"width": 1280, "height": 900}) for _ in range(3))
    ruth.sign_in(cast.RUTH)
    sol.sign_in(stages.SOL)  # as far as the code
    ruth.go(addresses["office.export"])
    ruth.press("Make it")

    answered = {}
    for endpoint, address in sorted(addresses.items(), key=lambda one: one[0] == "office.export_file"):
        visitor = sol if TABLE[endpoint].halfway else nobody if endpoint in OPEN_TO_ALL else ruth
        if endpoint == "office.export_file":
            ruth.go(addresses["office.export"])
            expect(ruth.page.get_by_role("link", name="Download")).to_be_visible(timeout=A_MINUTE)
            ruth.looked_over()
        if TABLE[endpoint].file:
            answered[endpoint] = visitor.context.request.get(site.url + address, timeout=A_MINUTE).status
        else:
            answered[endpoint] = visitor.status_at(address)

    assert {endpoint: status for endpoint, status in answered.items() if status != 200} == {}


def test_every_kind_of_refusal_of_the_office_is_a_page_in_words(site: Site, visit: Callable[..., Visitor]) -> None:
    people = ruth, oscar, stella, nobody = [Refused(visit()) for _ in range(4)]
    for one, address in zip(people, (cast.RUTH, OSCAR, STELLA), strict=False):
        one.visitor.sign_in(address)
    for one in people:
        one.visitor.expect_refusals("Failed to load resource")

    refused = {
        SignInNeededError: nobody.go(f"{stages.HOME}/"),
        errors.NotFoundError: stella.go(f"{stages.HOME}/"),
        errors.ForbiddenError: oscar.go(f"{stages.HOME}/rounds/next"),
        errors.ConflictError: ruth.send(f"{stages.HOME}/rounds/1/remind"),
        errors.InvalidError: ruth.send(f"{stages.HOME}/panel/targets", ("target-Carers", "many")),
        errors.FileError: with_a_broken_file(ruth),
    }

    assert refused == {kind: kind.status for kind in (KINDS - {errors.DelphiError}) | {SignInNeededError}}
    assert "There is no study called connections here." in stella.texts[-1]
    assert "This takes the role of" in oscar.texts[-1]
    assert "line 2" in ruth.texts[-1]


def with_a_broken_file(ruth: Refused) -> int:
    """Give people to add of whom one has no address that is one; return how it was answered."""
    ruth.visitor.go(f"{stages.HOME}/panel")
    people = {"name": "people.csv", "mimeType": "text/csv", "buffer": b"name,email,group\nDi Ng,nowhere,Carers\n"}
    ruth.visitor.page.locator("summary", has_text="Add people").click()
    ruth.visitor.page.locator("input[type=file]").set_input_files(people)
    return ruth.press("Look at these people")
