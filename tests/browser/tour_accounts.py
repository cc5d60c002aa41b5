"""The tour's pages about accounts and the team: invited, with a second step, with a second person's word."""

import re
import time

from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.tour import DEMO, Album, Demo, sign_in
from tests.browser.visitor import Visitor
from tests.phone import code_for, moment

PATIENCE = 90  # seconds until the worker has written a mail
NEW_PASSWORD = "some words of her own"
STUDY = f"/office/studies/{DEMO}"


def account_pages(album: Album, browser: Browser, demo: Demo, width: int) -> None:
    """Invite a colleague, be that colleague, set up a second step and sign in with it."""
    owner = album.arrive(browser, demo.site, width)
    owner.go("/office/sign-in")
    sign_in(owner, demo.email, demo.password)
    for name, address in {
        "team": f"{STUDY}/team",
        "roles of the founder": f"{STUDY}/team/1",
        "hand the study on": f"{STUDY}/team/hand-on",
        "second word": f"{STUDY}/second-word",
        "payments": f"{STUDY}/panel/payments",
        "take the opening back": f"{STUDY}/rounds/2/take-back",
    }.items():
        album.visit(owner, width, name, address)
    colleague = f"una-{width}@example.org"
    invite(owner, STUDY, colleague)
    album.take(owner, width, "team with an invitation")
    owner.leave()
    newcomer = album.arrive(browser, demo.site, width)
    album.visit(newcomer, width, "password forgotten", "/office/forgotten")
    album.visit(newcomer, width, "invitation to the team", link_to(demo.site, colleague))
    accept(newcomer)
    sign_in(newcomer, colleague, NEW_PASSWORD)
    album.visit(newcomer, width, "account", "/office/account")
    album.visit(newcomer, width, "second step", "/office/account/second-step")
    secret = begin(newcomer)
    album.take(newcomer, width, "second step begun")
    newcomer.page.locator("#code").fill(code_for(secret, moment()))
    newcomer.press("Set it up")
    album.take(newcomer, width, "recovery codes")
    newcomer.press("Sign out")
    sign_in(newcomer, colleague, NEW_PASSWORD)
    album.take(newcomer, width, "code")
    newcomer.leave()


def invite(owner: Visitor, study: str, address: str) -> None:
    """Invite somebody to the team as a facilitator, from its page."""
    owner.go(f"{study}/team")
    owner.page.locator("#address").fill(address)
    owner.page.get_by_label(re.compile("^facilitator")).check()
    owner.press("Send the invitation")


def accept(newcomer: Visitor) -> None:
    """Accept an invitation with a new password; the sign-in follows."""
    newcomer.page.locator("#password").fill(NEW_PASSWORD)
    newcomer.page.locator("#again").fill(NEW_PASSWORD)
    newcomer.press("Accept")


def begin(visitor: Visitor) -> str:
    """Begin to set up a second step on its page; return the secret for the phone."""
    visitor.page.locator("#present").fill(NEW_PASSWORD)
    visitor.press("Begin")
    return visitor.page.locator("main code").first.inner_text().replace(" ", "")


def link_to(site: Site, address: str) -> str:
    """Return the path of the link in the mail that went to this address, once the worker has written it."""
    for _ in range(10 * PATIENCE):
        for file in (site.data / "mail").glob("*team_invitation*.eml"):
            text = file.read_text(encoding="utf-8")
            if f"To: {address}" in text and (found := re.search(r"/office/link/\w+", text)):
                return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no invitation went to {address}")
