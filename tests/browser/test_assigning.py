"""Sections assigned to groups on a narrow screen, without JavaScript and by keyboard: from the form to the panelist."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import MANUAL, two_groups
from tests.browser.site import Site
from tests.browser.visitor import Visitor

STUDY = "assigned"
NARROW = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}


def test_a_section_is_assigned_by_keyboard_and_who_is_not_asked_does_not_see_it(
    site: Site, visit: Callable[..., Visitor]
) -> None:
    site.begin(STUDY, MANUAL, two_groups(12))
    ruth, see = visit(**NARROW), visit(viewport={"width": 320, "height": 640})
    for visitor in (ruth, see):
        visitor.sign_in("ruth@example.org")
        visitor.go(f"/office/studies/{STUDY}/protocol?open=all")

    box = ruth.page.get_by_role("group", name="Going along").get_by_label("Carers")
    box.focus()
    ruth.page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    ruth.press("Keep the protocol")
    ruth.follow("Open all topics")
    expect(ruth.page.get_by_role("group", name="Going along").get_by_label("Carers")).not_to_be_checked()
    expect(ruth.page.get_by_role("group", name="Meeting for the first time").get_by_label("Carers")).to_be_checked()

    site.run("round", "open", STUDY)
    links = site.links(STUDY)
    carer = visit(viewport={"width": 320, "height": 640})
    carer.come_in(links["person-1@example.org"])
    carer.go("/panel/")
    expect(carer.page.get_by_text("1 more section of the manual is for other groups")).to_be_visible()
    expect(carer.page.get_by_text("Going along")).to_have_count(0)
