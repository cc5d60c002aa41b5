"""Every page of the panelist's side and of the public, each as the app's own map names it, and every way in which one is refused.

A new address is visited as soon as it is served; what may stand in it is said here, or this test fails.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map

from delphi.web.errors import SENTENCES
from delphi.web.panel import panel
from delphi.web.public import public
from delphi.web.public.refusing import ENDINGS
from tests.browser.being_refused import (
    Refused,
    after_a_change,
    by_another_name,
    nobody_in_particular,
    panelist,
    too_many,
    where_nothing_is_shown,
    while_something_is_out_of_order,
)
from tests.browser.conftest import MANUAL, SECTION, two_groups
from tests.browser.refusals import pattern, refusals
from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor

STUDY, QUIET, PANELISTS = "every-page", "quiet", 12
A_CARER, SOMEBODY_ELSE = "person-9@example.org", "person-8@example.org"
QUESTION = {"text": "How long have you done this?", "options": ["Under two years", "Longer"]}
PATIENCE = 90  # seconds that a mail may take
# Functions that a page outside the office may call, whose refusals nobody meets there, and why.
NOT_MET = {
    **dict.fromkeys(("models.rounds.Round.close", "services.results.result_of"), "a round is closed by hand or by the worker"),
    **dict.fromkeys(("services.drafts.latest_draft", "services.studies.find_study"), "whoever is on a panel has both"),
    **dict.fromkeys(
        ("services.protocol.Choices.__post_init__", "services.disclosure.Policy.__post_init__"), "read as they were kept"
    ),
    **dict.fromkeys(("services.attributes.chosen_columns", "services.panel._require_usable"), "said of a researcher's file"),
    "services.deadlines.end_of": "a deadline is a researcher's",
    "services.auditing.record": "who comes to an archived study is told before that it has ended",
    "services.applicants._waiting": "only if a custodian answers in the same moment",
    "services.joining._checked": "the form asks for each of them first",
    "services.ratings.ballot_to_change": "who has said no or withdrawn is signed out",
    **dict.fromkeys(("services.remarks._about", "services.ratings._byte"), "a form is read by the items of the round"),
    "services.remarks.save_wordings": "of a form nothing is read that would be other words for a whole section",
    "printing.PrintingError.__init__": "only if the printer fails",
}
# Addresses to which the visitor of every page sends a form that is taken, and those to which others do in this file: refused.
TAKEN = {
    "/confirm/<application>",
    "/confirm/<application>/take-back",
    "/join/<recruitment>",
    "/p/<token>",
    "/p/<token>/no-thanks",
    "/p/<token>/not-me",
    "/panel/consent",
    "/panel/finish",
    "/panel/leave",
    "/panel/practice",
    "/panel/reminders/pause",
    "/panel/reminders/resume",
    "/panel/sections/<key>",
    "/panel/withdraw",
}
REFUSED = {
    "/enter",
    "/new-link",
    "/panel/<path:form>/typed",
    "/panel/about/background",
    "/panel/about/interests",
    "/panel/about/perspective",
    "/panel/about/thanks",
    "/panel/contact",
    "/panel/sections/<key>/propose",
    "/panel/your-words",
}
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
    ratings = [f"person-{n}@example.org,{n % 9 + 1},{8 - n % 8},{'' if n % 2 else n % 9 + 1}" for n in range(PANELISTS)]
    header = "participant,first-meeting-place,pace,going-along-offered"
    (site.data / "round-1.csv").write_text("\n".join([header, *ratings]), encoding="utf-8")
    site.add_researcher("ruth@example.org")
    site.begin(STUDY, MANUAL, two_groups(PANELISTS))
    choose(site, STUDY, questions=[QUESTION])
    site.run("study", "protocol", STUDY, "--asked-of", "going-along", "Practitioners")
    site.run("round", "open", STUDY)
    site.run("ratings", "import", STUDY, "1", site.data / "round-1.csv")
    site.run("round", "close", STUDY)
    site.run("round", "publish", STUDY)
    site.run("round", "open", STUDY, "--without-decisions")
    (site.data / "call.md").write_text("We look for **carers**.", encoding="utf-8")
    call = ("--words", site.data / "call.md", "--ask", "Do you care for somebody?=yes", "--on")
    site.recruitment = site.run("panel", "recruit", STUDY, *call).strip().rpartition("/")[2]
    site.begin(QUIET, MANUAL, two_groups(PANELISTS))
    choose(site, QUIET, show_comments=False)
    site.run("round", "open", QUIET)
    with served(site):
        yield site


def choose(site: Site, slug: str, **choices: object) -> None:
    """Choose for a study's protocol what no option of the command names."""
    file = site.data / f"{slug}.json"
    site.run("study", "protocol", slug, "--export", file)
    protocol = json.loads(file.read_text(encoding="utf-8"))
    protocol["protocol"] |= choices
    file.write_text(json.dumps(protocol), encoding="utf-8")
    site.run("study", "protocol", slug, "--from", file)


@pytest.fixture(scope="module")
def links(site: Site) -> Iterator[str]:
    return iter(site.links(STUDY).values())


def url_map() -> Map:
    """Return the addresses outside the office, as the app has them."""
    app = Flask("map")
    app.register_blueprint(public)
    app.register_blueprint(panel)
    return app.url_map


def rules(method: str = "GET") -> dict[str, frozenset[str]]:
    """Return every address outside the office that can be opened, or sent to, with what is to be filled into it."""
    taking = [rule for rule in url_map().iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static"]
    return {rule.rule: frozenset(rule.arguments) for rule in taking}


def sent_to(paths: Iterable[str]) -> set[str]:
    """Return the rules of these addresses, as far as they are outside the office."""
    server, found = url_map().bind("localhost"), set()
    for path in paths:
        with suppress(NotFound):
            found.add(server.match(path, method="POST", return_rule=True)[0].rule)
    return found


def press_what_is_left(visitor: Visitor, link: str, other: str, application: str) -> None:
    """Press every button that no page before needed: some end what they stand for, so that they come last."""
    visitor.go("/panel/taking-part")
    for button in ("Send me no reminders", "Send me reminders again", "Exit"):
        visitor.press(button)
    visitor.go(link)
    visitor.press("Continue")
    visitor.go("/panel/withdraw")
    visitor.press("Withdraw for good")
    for address, button in (
        (f"/confirm/{application}", "Yes, I want to join"),
        (f"/confirm/{application}", "Delete what was sent"),
        (f"{other}/no-thanks", "No thank you, I do not take part"),
        (f"{other}/not-me", "This is not me, stop the mail"),
    ):
        visitor.go(address)
        visitor.press(button)


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

    answered = {f"/goodbye/{ending}": visitor.status_at(f"/goodbye/{ending}") for ending in ENDINGS}
    for rule, address in addresses(values).items():
        if rule in FILES:
            answered[rule] = visitor.context.request.get(site.url + address, timeout=90_000).status
        else:
            answered[rule] = visitor.status_at(address)
    press_what_is_left(visitor, link, next(links), values["application"])

    assert visitor.leave() == []
    assert {rule: status for rule, status in answered.items() if status != 200} == {}
    assert sent_to(visitor.sent) == TAKEN


def test_every_form_is_sent_by_somebody() -> None:
    assert rules("POST").keys() - TAKEN == REFUSED


def test_every_refusal_is_read_by_somebody(browser: Browser, site: RecruitingSite) -> None:
    links = site.links(STUDY)
    everybody = ada, cy, nobody, ruth = [Refused(Visitor.arrive(browser, site)) for _ in range(4)]
    for one in everybody:
        one.visitor.expect_refusals("Failed to load resource")
    ada.visitor.come_in(links[A_CARER])
    cy.visitor.come_in(site.links(QUIET)[A_CARER])
    ruth.visitor.sign_in("ruth@example.org")

    panelist(ada)
    where_nothing_is_shown(cy)
    while_something_is_out_of_order(ada)
    nobody_in_particular(nobody, STUDY, links[SOMEBODY_ELSE], site.recruitment)
    ruth.go(f"/office/studies/{STUDY}%00/")
    after_a_change(ada, STUDY)
    by_another_name(nobody)
    too_many(nobody, "/p/NOBODY")

    assert [fault for one in everybody for fault in one.visitor.leave()] == []
    assert sent_to(path for one in everybody for path in one.visitor.refused) >= REFUSED
    assert {status for one in everybody for status in one.statuses} >= {401, 409, 422, *SENTENCES}
    read = " ".join(text for one in everybody for text in one.texts)
    unread = {sentence: places for sentence, places in refusals().items() if not pattern(sentence).search(read)}
    assert {sentence: places for sentence, places in unread.items() if not places <= NOT_MET.keys()} == {}
    assert {place for places in unread.values() for place in places} == set(NOT_MET)
