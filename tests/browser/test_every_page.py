"""Every page of the panelist's side and of the public, each as the app's own map names it, and every way in which one is refused.

A new address is visited as soon as it is served; what may stand in it is said here, or this test fails.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Response, expect

from delphi.web.errors import SENTENCES
from delphi.web.panel import panel
from delphi.web.public import public
from delphi.web.public.refusing import ENDINGS
from tests.browser.conftest import MANUAL, SECTION, two_groups
from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor

STUDY, PANELISTS = "every-page", 12
MOST_ATTEMPTS = 1000
PATIENCE = 90  # seconds that a mail may take
TOO_MUCH = """page => {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "more", value: "x".repeat(5e6) });
  document.querySelector("[data-ballot]").append(field);
}"""
FILES = {"/health", "/panel/my-answers.pdf", "/receipts/<slug>/<int:number>.txt"}  # fetched, not looked at
SIZES = {"at a desk": {"width": 1280, "height": 900}, "at 400 % of that": {"width": 320, "height": 225}}


@dataclass
class RecruitingSite(Site):
    """A site with a study whose link ends in `recruitment`."""

    recruitment: str = ""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RecruitingSite"]:
    """A site of these tests alone, whose limits they may use up: round 1 of its study is published, round 2 open."""
    site = RecruitingSite(tmp_path_factory.mktemp("every-page"), free_port())
    ratings = [f"person-{n}@example.org,{n % 9 + 1},{8 - n % 8},9" for n in range(PANELISTS)]
    header = "participant,first-meeting-place,pace,going-along-offered"
    (site.data / "round-1.csv").write_text("\n".join([header, *ratings]), encoding="utf-8")
    site.add_researcher("ruth@example.org")
    site.begin(STUDY, MANUAL, two_groups(PANELISTS))
    site.run("round", "open", STUDY)
    site.run("ratings", "import", STUDY, "1", site.data / "round-1.csv")
    site.run("round", "close", STUDY)
    site.run("round", "publish", STUDY)
    site.run("round", "open", STUDY, "--without-decisions")
    (site.data / "call.md").write_text("We look for **carers**.", encoding="utf-8")
    call = ("--words", site.data / "call.md", "--ask", "Do you care for somebody?=yes", "--on")
    site.recruitment = site.run("panel", "recruit", STUDY, *call).strip().rpartition("/")[2]
    with served(site):
        yield site


@pytest.fixture(scope="module")
def links(site: Site) -> Iterator[str]:
    return iter(site.links(STUDY).values())


def rules() -> dict[str, frozenset[str]]:
    """Return every address outside the office that can be opened, with what is to be filled into it."""
    app = Flask("map")
    app.register_blueprint(public)
    app.register_blueprint(panel)
    opened = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]
    return {rule.rule: frozenset(rule.arguments) for rule in opened}


def addresses(values: Mapping[str, str]) -> dict[str, str]:
    """Return an address of each rule; one with an argument that nothing is known of fails here."""
    found = {}
    for rule, arguments in rules().items():
        unknown = sorted(arguments - values.keys())
        assert not unknown, f"{rule}: say in this test what {unknown} may be, so that the page is visited"
        found[rule] = re.sub(r"<(?:\w+:)?(\w+)>", lambda one: values[one[1]], rule)
    return found


def asked_to_join(visitor: Visitor, site: "RecruitingSite", address: str) -> str:
    """Ask to join by the study's link, with a mistake first; return the token in the link that comes by mail."""
    visitor.go(f"/join/{site.recruitment}")
    visitor.expect_refusals("422")
    visitor.press("Ask to join")
    for choice in ("#answer_0-0", "#group-0"):
        visitor.page.locator(choice).check()
    visitor.page.locator("#name").fill("Di Ng")
    visitor.page.locator("#address").fill(address)
    visitor.press("Ask to join")
    expect(visitor.page.locator("h1")).to_have_text("Look into your mail")
    latest = time.monotonic() + PATIENCE
    while not (
        mails := [path.read_text() for path in site.data.glob("mail/*confirm_address*.eml") if address in path.read_text()]
    ):
        assert time.monotonic() < latest, "no mail with a link that confirms the address"
        time.sleep(0.2)
    return re.findall(r"/confirm/([0-9A-Z]{26})", mails[-1])[0]


def status_of(visitor: Visitor, address: str) -> int:
    """Open an address, look the page over, and return how it was answered."""
    answer: Response | None = visitor.page.goto(visitor.site.url + address)
    visitor.looked_over()
    assert answer is not None
    return answer.status


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_page_is_there_accessible_and_no_wider_than_the_window(
    browser: Browser, site: RecruitingSite, links: Iterator[str], size: dict[str, int]
) -> None:
    visitor, link = Visitor.arrive(browser, site, viewport=size), next(links)
    visitor.come_in(link)
    visitor.go(SECTION)
    visitor.page.locator("#item-pace input[value='7']").click()
    visitor.press("Save and go on")
    visitor.go("/panel/review")
    visitor.press("Finish")
    values = {
        "token": link.rpartition("/")[2],
        "key": "first-meeting",
        "slug": STUDY,
        "number": "1",
        "ending": sorted(ENDINGS)[0],
        "recruitment": site.recruitment,
        "application": asked_to_join(visitor, site, f"{size['width']}@example.org"),
    }

    answered = {f"/goodbye/{ending}": status_of(visitor, f"/goodbye/{ending}") for ending in ENDINGS}
    for rule, address in addresses(values).items():
        if rule in FILES:
            answered[rule] = visitor.context.request.get(site.url + address, timeout=90_000).status
        else:
            status = status_of(visitor, address)
            answered[rule] = status if visitor.page.url == site.url + address else 303

    assert visitor.leave() == []
    assert {rule: status for rule, status in answered.items() if status != 200} == {}


def test_every_refusal_is_a_page_in_words(browser: Browser, site: Site, links: Iterator[str]) -> None:
    ada, nobody = (Visitor.arrive(browser, site) for _ in range(2))
    for visitor in (ada, nobody):
        visitor.expect_refusals("Failed to load resource")
    ada.come_in(next(links))
    seen = {
        status_of(nobody, "/panel/"),
        status_of(nobody, "/nothing-here"),
        status_of(nobody, "/p/NOBODY"),
        status_of(nobody, f"/receipts/{STUDY}/2"),
        status_of(ada, "/panel/sections/nothing"),
        status_of(ada, "/panel/finish"),
        forged(nobody, next(links)),
        sent(ada, "page => { document.querySelector('[name=round]').value = '9' }"),
        sent(ada, "page => { document.querySelector('textarea').value = 'x'.repeat(4001) }"),
        sent(ada, TOO_MUCH),
        *while_the_data_are_out_of_order(ada),
    }
    assert too_late(ada) == 409
    seen.add(too_many(nobody, "/p/NOBODY"))

    assert [*ada.leave(), *nobody.leave()] == []
    assert seen >= {401, 409, 422, *SENTENCES}, "a refusal has words that no browser test sees"


def forged(visitor: Visitor, link: str) -> int:
    """Press the button of a personal link with a token that no form has given out."""
    visitor.go(link)
    visitor.page.locator("main [name=csrf_token]").first.evaluate("field => { field.value = 'forged' }")
    with visitor.page.expect_navigation() as navigation:
        visitor.page.get_by_role("button", name="Continue", exact=True).click()
    visitor.looked_over()
    return navigation.value.status  # type: ignore[union-attr]


def while_the_data_are_out_of_order(visitor: Visitor) -> set[int]:
    """Open a section while a table cannot be reached and while a row cannot be read."""
    seen = set()
    for spoil, mend in (
        ("ALTER TABLE ballots RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO ballots"),
        ("UPDATE studies SET facts = 'x' || facts", "UPDATE studies SET facts = substr(facts, 2)"),
    ):
        visitor.site.change(spoil)
        seen.add(status_of(visitor, SECTION))
        visitor.site.change(mend)
    return seen


def too_late(visitor: Visitor) -> int:
    """Send an answer after its round's last moment, and see it given back."""
    visitor.go(SECTION)
    visitor.site.change("UPDATE rounds SET deadline = '2020-01-01 00:00:00.000000' WHERE number = 2")
    status = sent(visitor, "page => { document.querySelector('textarea').value = 'Typed too late.' }", is_open=True)
    expect(visitor.page.locator("h1")).to_have_text("Not saved")
    expect(visitor.page.locator("main")).to_contain_text("Typed too late.")
    return status


def too_many(visitor: Visitor, address: str) -> int:
    """Ask for an address until there are too many attempts, and see that page; each process of the site counts for itself."""
    for _ in range(MOST_ATTEMPTS):
        if visitor.context.request.get(visitor.site.url + address).status == 429 and (
            visitor.page.goto(visitor.site.url + address).status == 429  # type: ignore[union-attr]
        ):
            visitor.looked_over()
            return 429
    return 404


def sent(visitor: Visitor, change: str, *, is_open: bool = False) -> int:
    """Send the form of a section after something in it was changed, and return how it was answered."""
    if not is_open:
        visitor.go(SECTION)
    visitor.page.evaluate(change)
    with visitor.page.expect_navigation() as navigation:
        visitor.page.get_by_role("button", name="Save and go on", exact=True).click()
    visitor.looked_over()
    answer = navigation.value
    assert answer is not None
    return answer.status
