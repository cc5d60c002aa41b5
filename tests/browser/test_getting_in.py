"""Coming in, staying out and leaving, in a real browser with mail that really goes out; each with the script and without it."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect

from tests.browser.conftest import MANUAL, STUDY, two_groups
from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor
from tests.test_mail import Inbox

OFFICE = f"/office/studies/{STUDY}"
PEOPLE = 30
PATIENCE = 90  # seconds that mail may take
LINK = re.compile(r"https?://\S+/p/[0-9A-Z]{26}")
CODE = re.compile(r"^ {4}([0-9A-Z]{5}-[0-9A-Z]{5})$", re.MULTILINE)
DEAD = "This link does not work"
FAILED_LOAD = "Failed to load resource"
STATEMENT = "The first meeting takes place somewhere"
Visit = Callable[..., Visitor]


@dataclass
class MailingSite(Site):
    """A site whose mail goes to a server of ours."""

    inbox: Inbox = field(default_factory=Inbox)
    smtp_port: int = field(default_factory=free_port)

    def mail_to(self, address: str, subject: str) -> EmailMessage:
        """Return the latest mail with this subject that somebody has got, once it is there."""
        latest = time.monotonic() + PATIENCE
        while not (found := self.got(address, subject)):
            assert time.monotonic() < latest, f"no mail to {address} within {PATIENCE} s"
            time.sleep(0.2)
        return found[-1]

    def got(self, address: str, subject: str) -> list[EmailMessage]:
        """Return the mail with this subject that somebody has got so far."""
        mine = [mail for mail in list(self.inbox.received) if mail["To"].addresses[0].addr_spec == address]
        return [mail for mail in mine if subject in mail["Subject"]]

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "DELPHI_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}"}


@dataclass(frozen=True)
class Person:
    """Somebody who was invited: their address, and what stands in the mail they got."""

    address: str
    link: str
    code: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailingSite]:
    """A site with an open round, whose invitations have arrived; who withdraws takes their answers along."""
    site = MailingSite(tmp_path_factory.mktemp("mailing"), free_port())
    site.add_researcher("ruth@example.org")
    site.begin(STUDY, MANUAL, two_groups(PEOPLE))
    site.run("study", "protocol", STUDY, "--withdrawal", "delete")
    site.run("round", "open", STUDY, "1")
    controller = Controller(site.inbox, hostname="127.0.0.1", port=site.smtp_port)
    controller.start()
    with served(site):
        yield site
    controller.stop()


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(PEOPLE))


@pytest.fixture
def person(site: MailingSite, numbers: Iterator[int]) -> Person:
    """The next of those invited, with the link and the code from their mail."""
    return invited(site, f"person-{next(numbers)}@example.org")


@pytest.fixture
def somebody_else(site: MailingSite, numbers: Iterator[int]) -> Person:
    return invited(site, f"person-{next(numbers)}@example.org")


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def has_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def visitor(visit: Visit, has_script: bool) -> Visitor:
    visitor: Visitor = visit(java_script_enabled=has_script)
    visitor.expect_refusals(FAILED_LOAD)
    return visitor


@pytest.fixture
def ruth(visit: Visit) -> Visitor:
    """The researcher, signed in."""
    visitor: Visitor = visit()
    visitor.sign_in("ruth@example.org")
    return visitor


def invited(site: MailingSite, address: str) -> Person:
    return read(site.mail_to(address, "Your invitation"), address)


def read(mail: EmailMessage, address: str) -> Person:
    body = mail.get_content().replace("\r\n", "\n")
    link, code = LINK.search(body), CODE.search(body)
    assert link, body
    assert code, body
    return Person(address, link[0], code[1])


def type_code(visitor: Visitor, code: str) -> None:
    visitor.go("/enter")
    visitor.page.locator("#code").fill(code)
    visitor.press("Continue")


def agree(visitor: Visitor) -> None:
    visitor.page.locator("#agree").check()
    visitor.press("Agree and go on")
    if visitor.page.get_by_role("button", name="Skip the example").count():  # practice is offered once
        visitor.press("Skip the example")


def heading(visitor: Visitor) -> str:
    return visitor.page.locator("h1").inner_text()


def test_the_link_in_the_mail_leads_in_and_out_of_the_address(visitor: Visitor, person: Person) -> None:
    visitor.go(person.link)
    assert "Person" not in visitor.page.locator("body").inner_text().replace("personal", "").replace("Personal", "")

    visitor.press("Continue")
    agree(visitor)

    assert heading(visitor) == "Round 1"
    assert "/p/" not in visitor.page.url
    visitor.go(person.link)  # again, as often as one likes
    visitor.press("Continue")
    assert heading(visitor) == "Round 1"


def test_the_code_in_the_mail_leads_in_as_people_type_it(visitor: Visitor, person: Person) -> None:
    type_code(visitor, "AAAAA-AAAAA")
    assert "This code does not work" in visitor.page.locator(".error-summary").inner_text()
    expect(visitor.page.locator("#code")).to_have_value("AAAAA-AAAAA")

    type_code(visitor, f" {person.code.lower().replace('-', ' ')} ")
    agree(visitor)

    assert heading(visitor) == "Round 1"


def test_this_is_not_me_kills_the_link_and_the_custodian_learns_of_the_address(
    visitor: Visitor, ruth: Visitor, person: Person
) -> None:
    visitor.go(person.link)
    visitor.follow("This is not me")
    visitor.press("This is not me, stop the mail")
    assert heading(visitor) == "Thank you for saying so"

    visitor.go(person.link)

    assert DEAD in visitor.page.locator("main").inner_text()
    listed = ruth.go(f"{OFFICE}/panel").locator("main").inner_text()
    assert "whoever got the mail said so" in listed
    assert person.address in listed


def test_no_thank_you_ends_it_and_the_same_link_brings_back(visitor: Visitor, ruth: Visitor, person: Person) -> None:
    def is_awaited() -> bool:
        return person.address in ruth.go(f"{OFFICE}/rounds/1/completed").locator("main").inner_text()

    assert is_awaited()
    visitor.go(person.link)
    visitor.follow("No thank you")
    assert "nobody asks why" in visitor.page.locator("main").inner_text()
    visitor.press("No thank you, I do not take part")
    assert heading(visitor) == "You do not take part"
    assert not is_awaited()

    visitor.go(person.link)
    assert heading(visitor) == "You said no thank you"
    visitor.press("Take part after all")
    agree(visitor)

    assert heading(visitor) == "Round 1"
    assert is_awaited()


def test_a_new_link_comes_by_mail_and_puts_the_old_browser_out(
    visitor: Visitor, visit: Visit, site: MailingSite, person: Person
) -> None:
    phone: Visitor = visit()
    phone.expect_refusals(FAILED_LOAD)
    phone.come_in(person.link)
    visitor.go("/p/NOBODY")  # as from a mail that was cut
    visitor.follow("Send me a new link")
    visitor.page.locator("#address").fill(person.address)
    visitor.press("Send me a new link")
    assert "If this address is on a panel with an open round" in visitor.page.locator("main").inner_text()

    new = read(site.mail_to(person.address, "Your new link"), person.address)

    phone.go("/panel/")
    assert heading(phone) == "Come in first"
    for way in (person.link, new.link):
        visitor.go(way)
        assert (DEAD in visitor.page.locator("main").inner_text()) == (way == person.link)
    type_code(visitor, new.code)
    assert heading(visitor) == "Round 1"


def test_after_exit_the_back_button_shows_nothing(visitor: Visitor, has_script: bool, person: Person) -> None:
    visitor.come_in(person.link)
    visitor.go("/panel/sections/first-meeting")
    assert STATEMENT in visitor.page.locator("main").inner_text()
    if has_script:
        visitor.page.evaluate("localStorage.setItem('draft:left-here', 'what somebody typed')")
        visitor.page.once("dialog", lambda asked: asked.accept())  # whether what was typed may go

    visitor.press("Exit")
    assert "You have left, on every device" in visitor.page.locator("main").inner_text()
    if has_script:
        assert visitor.page.evaluate("localStorage.length") == 0

    for _ in range(3):
        visitor.back()
        shown = visitor.page.locator("body").inner_text()
        assert STATEMENT not in shown
        assert "Making connections" not in shown


def test_who_withdraws_is_told_before_and_the_team_sees_what_was_said(
    visitor: Visitor, ruth: Visitor, site: MailingSite, person: Person
) -> None:
    def started() -> int:
        return len(site.query("SELECT 1 FROM ballots"))

    visitor.come_in(person.link)
    visitor.go("/panel/sections/first-meeting")
    visitor.page.locator("[name=rating-0]").nth(6).check(force=True)
    visitor.press("Save and go on")
    with_answer = started()
    visitor.follow("Taking part")
    assert "in a round that is still open are deleted" in visitor.page.locator("main").inner_text()
    visitor.follow("Withdraw from the study")
    assert "in a round that is still open are deleted" in visitor.page.locator("main").inner_text()
    visitor.press("Withdraw for good")

    assert heading(visitor) == "You have withdrawn"
    assert started() == with_answer - 1
    site.run("round", "count", STUDY)
    ruth.go(f"{OFFICE}/rounds/1")
    assert "said no or withdrawn" in ruth.page.locator("main").inner_text()
    visitor.go(person.link)
    assert DEAD in visitor.page.locator("main").inner_text()


def test_who_pauses_reminders_gets_none_while_another_person_gets_theirs(
    visit: Visit, ruth: Visitor, site: MailingSite, person: Person, somebody_else: Person, numbers: Iterator[int]
) -> None:
    third = invited(site, f"person-{next(numbers)}@example.org")
    for pausing, has_script in ((person, True), (somebody_else, False)):
        visitor: Visitor = visit(java_script_enabled=has_script)
        visitor.come_in(pausing.link)
        visitor.follow("Taking part")
        visitor.press("Send me no reminders")
        assert "You get no more reminders" in visitor.page.locator("main").inner_text()

    ruth.go(f"{OFFICE}/rounds/1")
    ruth.press("Send a reminder now")

    reminder = site.mail_to(third.address, "A reminder")
    assert read(reminder, third.address) == third
    # Whoever has not been here before; other tests may come after this one and need them.
    others = [f"person-{n}@example.org" for n in range(next(numbers), PEOPLE)]
    for address in others:
        site.mail_to(address, "A reminder")
    time.sleep(3)  # longer than the worker's nap: what has not gone out by now does not go out
    assert [site.got(one.address, "A reminder") for one in (person, somebody_else)] == [[], []]
    assert all(len(site.got(address, "A reminder")) == 1 for address in others)
