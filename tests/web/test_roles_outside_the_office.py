"""Everything that is not of the office: no role of a researcher opens more of it, and no panelist gets into the office."""

import pytest

from delphi.models import Role
from tests.web import stages
from tests.web.test_office_routes import _dump, ask, database, decided_file, routes, signed_in, study

__all__ = ["database", "decided_file", "signed_in", "study"]
# What stands in the addresses: of a section, a round and a manual there are, and of links nobody has.
VALUES = {"key": "first-meeting", "number": 1, "slug": stages.SLUG}
PANELIST = "carers-1@example.org"
EXITS = {"panel.leave", "office.sign_out"}  # whoever presses one is signed out of everything


def outside(app):
    """Return endpoint, method and address of everything that the office does not serve."""
    with app.test_request_context():
        return [
            (rule.endpoint, method, app.url_for(rule.endpoint, **{name: VALUES.get(name, "NOBODY") for name in rule.arguments}))
            for rule in app.url_map.iter_rules()
            if not rule.endpoint.startswith("office.")
            for method in sorted(rule.methods & {"GET", "POST"})
        ]


def answers(browser, addresses):
    """Return with which status each of these answers, and where it leads."""
    said = {}
    for endpoint, method, url in addresses:
        if endpoint in EXITS:
            continue
        answer = ask(browser, method, url)
        said[endpoint, method] = (answer.status_code, answer.headers.get("Location"))
    return said


def nobody(visitor):
    browser = visitor()
    browser.get("/office/sign-in")
    return browser


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "no role")
def test_no_role_opens_more_of_a_panelists_side_than_anybody_sees(app, database, visitor, signed_in, role):
    browser = signed_in(*([role] if role else []))
    before = _dump(database)

    said = answers(browser, outside(app))

    assert said == answers(nobody(visitor), outside(app))
    assert {status for (endpoint, _), (status, _) in said.items() if endpoint.startswith("panel.")} == {401}
    assert browser.get("/office/").status_code == 200
    assert _dump(database) == before


def test_a_panelist_sees_no_more_of_the_office_than_nobody(app, database, visitor, enter, study):
    browser = enter(PANELIST)
    assert browser.get("/panel/").status_code == 200
    before = _dump(database)

    assert answers(browser, routes(app)) == answers(nobody(visitor), routes(app))
    assert _dump(database) == before
    assert browser.get("/panel/").status_code == 200
