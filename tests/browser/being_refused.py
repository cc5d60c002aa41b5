"""Somebody is refused, and reads why: outside the office in every way that there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from playwright.sync_api import expect

from delphi.services.keyring import link_digest
from delphi.services.messages import MOST_UNANSWERED
from delphi.services.proposals import MOST_PROPOSALS
from tests.browser.conftest import SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.fields import PACE

MOST_ATTEMPTS = 1000
PROPOSE, WORDS, ABOUT, CONTACT = f"{SECTION}/propose", "/panel/your-words", "/panel/about", "/panel/contact"
LONG = "x" * 4001
TOO_MUCH = "x" * 5_000_000
SEND = """([address, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address });
  for (const [name, value] of fields)
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
}"""
# What the form of a section, and those of other pages, never send in this way: address and fields.
SENT = (
    (SECTION, ("round", "9")),
    (SECTION, ("round", "2"), ("ballot", "somebody else's")),
    (SECTION, ("round", "2"), ("rating-0", "7"), ("rating-0", "8"), ("rating-1", "99"), (PACE.comment, LONG)),
    (SECTION, ("round", "2"), (PACE.comment, "For whom?"), (PACE.audience, "nobody")),
    (SECTION, ("round", "2"), ("rating-2", "7")),
    (f"{SECTION}/typed", ("round", "2"), (PACE.comment, "Planted.")),
    (WORDS, ("comment", "x")),
    (PROPOSE, ("box", "proposal-x"), ("text", "Words.")),
    (PROPOSE, ("text", " ")),
    (f"{ABOUT}/thanks", ("name", LONG)),
    (f"{ABOUT}/interests", ("interests", LONG)),
    (f"{ABOUT}/perspective", ("also", "Nobody")),
    (f"{ABOUT}/background", ("question-1", "Neither")),
    (CONTACT, ("message", "")),
    (CONTACT, ("message", LONG)),
    (SECTION, ("round", "2"), ("more", TOO_MUCH)),
)
CROWD = """INSERT INTO applicants
    (id, study_id, group_id, address_hash, name_ciphertext, address_ciphertext, link_digest, asked_on, is_confirmed)
    WITH RECURSIVE n(i) AS (SELECT 1000000 UNION ALL SELECT i + 1 FROM n WHERE i < 1002000)
    SELECT i, study_id, min(id), i, x'00', x'00', i, date('now'), 0 FROM n, stakeholder_groups WHERE study_id = 1 GROUP BY i"""
NOTHING = ("/panel/", "/nothing-here", "/p/NOBODY", "/confirm/NOBODY", "/join/NOTHING")


@dataclass
class Refused:
    """Somebody at a browser, with the statuses and the texts of the pages that refused them something."""

    visitor: Visitor
    statuses: set[int] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    @property
    def site(self) -> Site:
        return self.visitor.site

    def go(self, address: str) -> int:
        """Open an address, and read what the page says."""
        return self._read(self.visitor.status_at(address))

    def send(self, address: str, *fields: tuple[str, str]) -> int:
        """Send a form that no page has, and read the answer."""
        with self.visitor.page.expect_navigation() as navigation:
            self.visitor.page.evaluate(SEND, [address, [("csrf_token", self._token), *fields]])
        self.visitor.looked_over()
        return self._read(navigation.value.status)  # type: ignore[union-attr]

    def send_unseen(self, times: int, address: str, **fields: str) -> None:
        """Send something a number of times, numbered if its words have a place for it, without looking at the answers."""
        token = {"csrf_token": self._token}
        for n in range(times):
            sent = token | {name: words.format(n=n) for name, words in fields.items()}
            assert self.visitor.context.request.post(self.site.url + address, form=sent).ok

    def press(self, button: str) -> int:
        """Press a button, and read the answer."""
        with self.visitor.page.expect_navigation() as navigation:
            self.visitor.page.get_by_role("button", name=button, exact=True).click()
        self.visitor.looked_over()
        return self._read(navigation.value.status)  # type: ignore[union-attr]

    @cached_property
    def _token(self) -> str:
        page = self.visitor.context.request.get(f"{self.site.url}/enter").text()
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]

    def _read(self, status: int) -> int:
        self.statuses.add(status)
        self.texts.append(" ".join(self.visitor.page.locator("body").inner_text().split()))
        return status


@contextmanager
def spoilt(site: Site, spoil: str, mend: str) -> Iterator[None]:
    """Have something in the database out of order for a while."""
    site.change(spoil)
    try:
        yield
    finally:
        site.change(mend)


def panelist(ada: Refused) -> None:
    """Be refused what a panelist may not do, in an open round."""
    for address in ("/panel/sections/nothing", "/panel/finish"):
        ada.go(address)
    for address, *fields in SENT:
        ada.send(address, *fields)
    ada.send_unseen(1, SECTION, **{"round": "2", PACE.comment: "Mine.", PACE.wording: "Mine."})
    ada.send(SECTION, ("round", "2"), *((box, "Typed without having seen that.") for box in (PACE.comment, PACE.wording)))
    ada.send(WORDS, ("comment", str(ada.site.query("SELECT max(id) FROM comments")[0][0])))
    ada.send_unseen(MOST_PROPOSALS, PROPOSE, text="One more: {n}")
    ada.send(PROPOSE, ("text", "One too many."))
    ada.send(
        PROPOSE, ("box", f"proposal-{ada.site.query('SELECT max(id) FROM proposals')[0][0]}"), ("text", "Old."), ("seen", "0")
    )
    ada.send_unseen(MOST_UNANSWERED, CONTACT, message="Are you there?")
    ada.send(CONTACT, ("message", "Are you there?"))


def while_something_is_out_of_order(ada: Refused) -> None:
    """Meet a table that is gone, a row that cannot be read, and rows that change beneath one's hands."""
    with spoilt(ada.site, "ALTER TABLE ballots RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO ballots"):
        ada.go(SECTION)
    with spoilt(ada.site, "UPDATE studies SET facts = 'x' || facts", "UPDATE studies SET facts = substr(facts, 2)"):
        ada.go(SECTION)
    for instead in ("IGNORE", "ABORT, 'twice'"):
        trigger = f"CREATE TRIGGER meanwhile BEFORE UPDATE ON panelists BEGIN SELECT RAISE({instead}); END"
        with spoilt(ada.site, trigger, "DROP TRIGGER meanwhile"):
            ada.send("/panel/reminders/pause")


def where_nothing_is_shown(cy: Refused) -> None:
    """Mean a comment for a panel that is shown none."""
    cy.send(SECTION, ("round", "1"), (PACE.comment, "For all."), (PACE.audience, "verbatim"))


def after_a_change(ada: Refused, slug: str) -> None:
    """Send answers when what people are told has changed, and when the round has closed."""
    told = ada.site.data / "told.md"
    told.write_text("We are who we are, and say more of it now.", encoding="utf-8")
    ada.site.run("study", "consent", slug, told, "--complete", "--as", "ruth@example.org")
    ada.send(SECTION, ("round", "2"), (PACE.comment, "Before I agree."))
    ada.send("/panel/finish")  # a button alone
    ada.send("/panel/consent", ("agree", "y"), ("number", "1"))
    ada.press("Agree and go on")
    ada.visitor.page.locator("#agree").check()
    ada.visitor.press("Agree and go on")
    ada.site.change("UPDATE rounds SET deadline = '2020-01-01 00:00:00.000000' WHERE number = 2")
    assert ada.send(SECTION, ("round", "2"), (PACE.comment, "Typed too late.")) == 409
    expect(ada.visitor.page.locator("h1")).to_have_text("Not saved")
    expect(ada.visitor.page.locator("main")).to_contain_text("Typed too late.")


def nobody_in_particular(nobody: Refused, slug: str, link: str, recruitment: str) -> None:
    """Be refused what anybody may ask for who has the address."""
    for address in (*NOTHING, f"/receipts/{slug}/2"):
        nobody.go(address)
    nobody.visitor.go(link)
    nobody.visitor.page.locator("main [name=csrf_token]").first.evaluate("field => { field.value = 'forged' }")
    nobody.press("Continue")
    for code in ("", "ABCDE-FGHJK"):
        nobody.send("/enter", ("code", code))
    for address in ("", "nowhere"):
        nobody.send("/new-link", ("address", address))
    joining, asked = f"/join/{recruitment}", (("answer_0", "yes"), ("group", "Carers"), ("name", "Di Ng"))
    nobody.send(joining)
    nobody.send(joining, *asked, ("address", "nowhere"))
    nobody.send(joining, ("group", "Nobody"), ("name", LONG))
    with spoilt(nobody.site, CROWD, "DELETE FROM applicants WHERE id >= 1000000"):
        nobody.send(joining, *asked, ("address", "di@example.org"))
    taken_back = f"INSERT INTO taken_back_links SELECT '{link_digest('TAKENBACK')}', id, created_at FROM studies WHERE id = 1"
    with spoilt(nobody.site, taken_back, "DELETE FROM taken_back_links"):
        nobody.go("/p/TAKENBACK")
    for contact in ("", "Olive Hart"):
        nobody.site.run("study", "care", slug, "--name", contact, "--phone", contact and "01234 567")
        with spoilt(nobody.site, "UPDATE studies SET archived_at = created_at", "UPDATE studies SET archived_at = NULL"):
            nobody.go(link.removeprefix(nobody.site.url))


def too_many(nobody: Refused, address: str) -> None:
    """Ask for an address until there are too many attempts; each process of the site counts for itself."""
    for _ in range(MOST_ATTEMPTS):
        if nobody.visitor.context.request.get(nobody.site.url + address).status == 429 and nobody.go(address) == 429:
            return


def by_another_name(nobody: Refused) -> None:
    """Ask for the site by a name that is not its own; the answer is no page, as no address could stand in it."""
    nobody.texts.append(nobody.visitor.context.request.get(nobody.site.url, headers={"Host": "elsewhere.example"}).text())
