"""A colleague is invited, signs in with a code, and gives the second word: in a browser, on a phone and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import MANUAL
from tests.browser.site import Site, free_port, served
from tests.browser.tour import sign_in
from tests.browser.tour_accounts import NEW_PASSWORD, accept, begin, invite, link_to
from tests.browser.visitor import Visitor
from tests.phone import code_for, moment

RUTH, UNA, PASSWORD = "ruth@example.org", "una@example.org", "three plain words"
STUDY = "/office/studies/two-people"
NARROW = {"width": 320, "height": 640}


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a study that has its panel."""
    site = Site(tmp_path_factory.mktemp("accounts"), free_port())
    (site.data / "manual.md").write_text(MANUAL, encoding="utf-8")
    people = "name,email,group\n" + "".join(f"P {n},p{n}@example.org,Carers\n" for n in range(6))
    (site.data / "panel.csv").write_text(people, encoding="utf-8")
    site.run("researcher", "add", RUTH, "--password-stdin", given=f"{PASSWORD}\n")
    site.run("study", "create", "--from", site.data / "manual.md", "--slug", "two-people")
    site.run("panel", "import", "two-people", site.data / "panel.csv")
    with served(site):
        yield site


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_colleague_is_invited_and_gives_the_second_word(browser: Browser, site: Site, script: bool) -> None:
    ruth, una = (Visitor.arrive(browser, site, viewport=NARROW, java_script_enabled=script) for _ in range(2))
    ruth.go("/office/sign-in")
    sign_in(ruth, RUTH, PASSWORD)
    invite(ruth, STUDY, UNA)
    expect(ruth.page.locator("main")).to_contain_text(UNA)

    una.go(link_to(site, UNA))
    accept(una)
    sign_in(una, UNA, NEW_PASSWORD)
    una.go("/office/account/second-step")
    secret = begin(una)
    una.page.locator("#code").fill(code_for(secret, moment()))
    una.press("Set it up")
    recovery = una.page.locator(".recovery-codes code").first.inner_text()
    una.press("Sign out")
    sign_in(una, UNA, NEW_PASSWORD)
    expect(una.page.locator("h1")).to_have_text("Your code")
    una.page.locator("#code").fill(recovery)
    una.press("Sign in")
    expect(una.page.locator("h1")).to_have_text("Your studies")

    site.run("study", "protocol", "two-people", "--sign-off", "open")
    ruth.go(f"{STUDY}/rounds/next")
    ruth.press("Ask a second person to open round 1")
    expect(ruth.page.locator("main")).to_contain_text("somebody else gives the second word")
    una.go(f"{STUDY}/")
    una.follow("Read what it is")
    una.press("I give my word: do it")
    expect(una.page.locator("h1")).to_have_text("Round 1")
    una.follow("Opened by mistake?")
    una.page.locator("#reason").fill("The panel is not complete.")
    una.press("Take the opening back")
    expect(una.page.locator("main")).to_contain_text("The opening of round 1 is taken back.")

    ruth.go(f"{STUDY}/panel/payments")
    ruth.page.get_by_label("P 3", exact=True).check()
    ruth.page.locator("#note").fill("20 pounds")
    ruth.press("Note this")
    expect(ruth.page.locator("tr", has_text="p3@example.org")).to_contain_text("paid on")
    assert [*ruth.leave(), *una.leave()] == []
