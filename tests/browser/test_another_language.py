"""The panel's side in another language: all of it is translated but what people write, which is read as it was written."""

from collections.abc import Callable

from playwright.sync_api import expect

from delphi.pseudo import PSEUDO, pseudo_text
from tests.browser.conftest import MANUAL, SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor, box_of
from tests.pseudo.greek import greek
from tests.pseudo.reading import plain_in_page

STUDY = "pace"
SAID = greek("Whose pace is meant?")


def test_what_one_writes_in_another_language_is_all_that_is_not_translated_for_another(
    site: Site, visit: Callable[..., Visitor]
) -> None:
    manual = greek(MANUAL).replace(f"language: {greek('en')}", f"language: {PSEUDO}")
    site.begin(STUDY, manual, [f"{greek('Ada')} {n},{STUDY}-{n}@example.org,{greek('Carers')}" for n in range(6)])
    site.run("round", "open", STUDY)
    ada, ruth = visit(), visit()
    ada.go(next(iter(site.links(STUDY).values())))
    ada.press(pseudo_text("Continue"))
    untranslated = plain_in_page(ada.page.content())
    ada.page.locator("#agree").check()
    ada.press(pseudo_text("Agree and go on"))
    ada.press(pseudo_text("Skip the example"))
    ada.go(SECTION)
    ada.page.locator("#item-pace summary", has_text=pseudo_text("Comment or suggest other words")).click()
    box_of(ada.page, "comment", "pace").fill(SAID)
    ada.press(pseudo_text("Save and go on"))
    ada.go("/panel/review")
    untranslated += plain_in_page(ada.page.content())
    ada.press(pseudo_text("Finish"))
    untranslated += plain_in_page(ada.page.content())

    site.run("round", "close", STUDY)
    ruth.sign_in("ruth@example.org")
    ruth.go(f"/office/studies/{STUDY}/rounds/1/comments")

    expect(ruth.page.get_by_role("article")).to_contain_text(SAID)
    assert untranslated + plain_in_page(ruth.page.content()) == []
