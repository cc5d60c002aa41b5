"""What people write: one writes on a phone without scripts, the team judges and decides, another reads it in the next round.

Who wrote a comment sees that something changed because of them; nobody else does. Who seems to name themselves is warned.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import MANUAL, SECTION
from tests.browser.site import Site
from tests.browser.visitor import Visitor, says

STUDY = "voices"
OFFICE = f"/office/studies/{STUDY}"
PACE = "The worker goes at the pace of the person, and says so when something cannot wait."
PLACE = "The first meeting takes place somewhere that the person has chosen."
PACE_AGAIN = "The person sets the pace, and the worker says when something cannot wait."
THANKS = "The worker thanks whoever made a place welcoming."
ADA_SAID = "Whose pace is it, when <b>both</b> are tired?"
BO_SAID = "I wrote this in anger about my last worker."
BO_READS = "Somebody has had a worker who hurried them."
CY_SAID = "Only the team may know that I was hurried too."
NAMED, UNNAMED = "You keep Ada Okoro waiting there.", "People are kept waiting there."
REACHABLE = "Ring me on 0300 123 4567 about this."
REASON = "You asked whose pace is meant; the words now say it."
IN_PLAIN_WORDS = "You say how fast it goes."
BO_PROPOSED = "The first meeting is in the team’s office."
DECLINED, ACCEPTED, MERGED = "An office is nobody’s own place.", "The manual had nothing on it.", "Your words are the new words."


@dataclass(frozen=True)
class Voices:
    """A study on the site with twelve people, and their links to the round that is open."""

    site: Site
    links: dict[str, str]

    def visitor(self, visit: Callable[..., Visitor], person: str, **device: object) -> Visitor:
        """Return this person, signed in."""
        visitor = visit(**device)
        visitor.go(self.links[f"{person}@example.org"])
        visitor.press("Continue")
        if visitor.page.locator("#agree").count():
            visitor.page.locator("#agree").check()
            visitor.press("Agree and go on")
        return visitor


@pytest.fixture
def voices(site: Site) -> Voices:
    names = ("ada", "bo", "cy", "dee", *(f"p{n}" for n in range(8)))
    site.begin(STUDY, MANUAL, [f"{name.title()} Okoro,{name}@example.org,Carers" for name in names])
    site.run("round", "open", STUDY)
    return Voices(site, site.links(STUDY))


def card(visitor: Visitor, words: str = PACE) -> Locator:
    return visitor.page.get_by_role("article").filter(has=visitor.page.get_by_text(words, exact=True))


def write(visitor: Visitor, comment: str, readers: str, other_words: str = "") -> None:
    """Fill the boxes of the second item, and save with the button that shows what was written."""
    visitor.go(SECTION)
    box = card(visitor)
    box.get_by_text("Comment or suggest other words").click()
    box.get_by_label("Your comment").fill(comment)
    box.get_by_label(readers).check()
    box.get_by_label("Other words for this item").fill(other_words)
    visitor.press("Save, and see what you wrote")


def test_what_one_person_writes_is_judged_answered_and_read_by_the_others(visit: Callable[..., Visitor], voices: Voices) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    _write_in_round_1(visit, voices, phone)
    voices.site.run("round", "close", STUDY)
    ruth = visit(viewport={"width": 1280, "height": 900})
    ruth.expect_refusals("Failed to load resource")  # publishing is refused once
    ruth.sign_in("ruth@example.org")
    _judge(ruth)
    _look_at_the_rewording(visit, voices)
    _settle_and_decide(ruth)
    voices.site.run("round", "open", STUDY, "--without-decisions")
    again = Voices(voices.site, voices.site.links(STUDY))
    _read_in_round_2(visit, again, phone)


def _write_in_round_1(visit: Callable[..., Visitor], voices: Voices, phone: dict[str, object]) -> None:
    ada = voices.visitor(visit, "ada", **phone)
    _take_the_name_out_on_being_warned(ada)
    write(ada, ADA_SAID, "The panel too, in my words", PACE_AGAIN)
    expect(ada.page.locator("#comment-pace")).to_contain_text("This is how the panel would read it")
    expect(ada.page.locator("#comment-pace blockquote")).to_have_text(ADA_SAID)
    ada.go("/panel/sections/going-along")
    ada.follow("Propose a new item for")
    ada.page.get_by_label("What should the manual say?").fill(THANKS)
    ada.press("Send the proposal")
    expect(ada.page.get_by_label("Proposal 1")).to_have_value(THANKS)

    bo = voices.visitor(visit, "bo")
    bo.go(SECTION)
    card(bo, PLACE).get_by_text("Comment or suggest other words").click()
    card(bo, PLACE).get_by_label("Other words for this item").fill(BO_PROPOSED)
    bo.press("Save and go on")
    write(bo, BO_SAID, "The panel too, in the team’s words")
    expect(bo.page.locator("#comment-pace")).to_contain_text("You see them here first and can stop them")
    cy = voices.visitor(visit, "cy")
    _leave_the_number_in_though_warned(cy)
    write(cy, CY_SAID, "Only the research team")
    expect(cy.page.locator("#comment-pace")).to_contain_text("Only the research team reads this")


def _take_the_name_out_on_being_warned(ada: Visitor) -> None:
    ada.go(SECTION)
    card(ada, PLACE).get_by_text("Comment or suggest other words").click()
    card(ada, PLACE).get_by_label("Your comment").fill(NAMED)
    ada.press("Save and go on")
    expect(ada.page.locator(".notice-important:visible")).to_contain_text("Something you wrote may identify you.")
    box = card(ada, PLACE).get_by_label("Your comment")
    expect(box).to_have_accessible_description(re.compile("This may identify you: it seems to hold your name."))
    box.fill(UNNAMED)
    ada.press("Save and go on")
    expect(ada.page.locator("h1")).to_have_text("Going along")


def _leave_the_number_in_though_warned(cy: Visitor) -> None:
    cy.go(SECTION)
    card(cy, PLACE).get_by_text("Comment or suggest other words").click()
    card(cy, PLACE).get_by_label("Your comment").fill(REACHABLE)
    says(cy.page, re.compile("Saved .* This may identify you: it seems to hold a telephone number."))


def _judge(ruth: Visitor) -> None:
    ruth.go(f"{OFFICE}/rounds/1/publish")
    ruth.press("Publish the results of round 1")
    expect(ruth.page.locator("#error-summary")).to_contain_text("wait to be judged")
    ruth.use(ruth.page.get_by_role("link", name="Judge them", exact=True))
    for said in (ADA_SAID, BO_SAID, CY_SAID, UNNAMED, REACHABLE):
        expect(ruth.page.locator("main")).to_contain_text(said)
    expect(ruth.page.locator("main")).not_to_contain_text("Okoro")
    expect(ruth.page.locator("main")).not_to_contain_text("example.org")
    bo = ruth.page.get_by_role("article").filter(has_text=BO_SAID)
    bo.get_by_label("Show it to the panel").check()
    bo.get_by_label("In the team’s words").fill(BO_READS)
    ruth.use(bo.get_by_role("button", name="Keep this"))
    ada = ruth.page.get_by_role("article").filter(has_text=ADA_SAID)
    ada.get_by_label("Show it to the panel").check()
    ruth.use(ada.get_by_role("button", name="Keep this"))
    expect(ruth.page.locator("main")).to_contain_text("Nothing that is meant for the panel waits for you.")


def _look_at_the_rewording(visit: Callable[..., Visitor], voices: Voices) -> None:
    bo = voices.visitor(visit, "bo")
    bo.follow("What you wrote")
    expect(bo.page.locator("#comment-pace .voice-shown")).to_have_text(BO_READS)
    bo.press("Do not show this")
    bo.press("Show it after all")
    expect(bo.page.locator("main")).to_contain_text("The panel will read this when the results are published.")


def _settle_and_decide(ruth: Visitor) -> None:
    ruth.go(f"{OFFICE}/rounds/1/publish")
    ruth.press("Publish the results of round 1")
    for words, answer, reason in ((THANKS, "Accept", ACCEPTED), (BO_PROPOSED, "Decline", DECLINED)):
        ruth.go(f"{OFFICE}/rounds/1/proposals")
        ruth.use(ruth.page.get_by_role("article").filter(has_text=words).get_by_role("link", name="Look at it"))
        ruth.page.get_by_label(answer).check()
        ruth.page.get_by_label("Why?").fill(reason)
        ruth.press("Keep the answer")
    ruth.go(f"{OFFICE}/rounds/1/items/pace")
    ruth.page.get_by_label("Reword").check()
    ruth.page.get_by_label("New wording").fill(PACE_AGAIN)
    ruth.page.get_by_label("New plain words").fill(IN_PLAIN_WORDS)
    ruth.page.get_by_label("Why?").fill(REASON)
    for box in ruth.page.get_by_role("checkbox", name="The decision answers this").all():
        box.check()
    ruth.press("Keep the decision")
    ruth.go(f"{OFFICE}/rounds/1/proposals")
    ruth.use(ruth.page.get_by_role("article").filter(has_text=PACE_AGAIN).get_by_role("link", name="Look at it"))
    ruth.page.get_by_label("Merge").check()
    ruth.page.get_by_label("Item that says it").select_option("pace")
    ruth.page.get_by_label("Why?").fill(MERGED)
    ruth.press("Keep the answer")
    expect(ruth.page.locator("main")).to_contain_text("No proposal waits for an answer.")


def _read_in_round_2(visit: Callable[..., Visitor], voices: Voices, phone: dict[str, object]) -> None:
    people = {name: voices.visitor(visit, name, **(phone if name == "ada" else {})) for name in ("ada", "bo", "cy", "dee")}
    for name, person in people.items():
        person.go(SECTION)
        said = card(person, PACE_AGAIN).locator("details.panel-said")
        if said.get_attribute("open") is None:  # on a phone
            said.locator("summary").first.click()
        text = card(person, PACE_AGAIN).inner_text()
        assert text.index(PACE_AGAIN) < text.index(IN_PLAIN_WORDS)  # under the words that are rated, for everybody
        assert "easons that people gave" not in text  # all of them stand beside what was done
        assert "You said, we did, after round 1" in text.replace(
            "YOU SAID, WE DID, AFTER ROUND 1", "You said, we did, after round 1"
        )
        assert REASON in text
        assert text.count(ADA_SAID) == (2 if name == "ada" else 1)  # who is told that it was because of her, too
        assert BO_READS in text
        assert ("changed because of you" in text.casefold()) == (name != "dee")
        assert (BO_SAID in text) == (name == "bo")
        assert (CY_SAID in text) == (name == "cy")
        assert (text.count(PACE_AGAIN) > 1) == (name == "ada")  # her own proposal beside the wording
        person.go("/panel/sections/going-along")
        assert ("changed because of you" in card(person, THANKS).inner_text().casefold()) == (name == "ada")
        person.go("/panel/results")
        assert ("changed because of you" in person.page.locator("main").inner_text().casefold()) == (name != "dee")
        person.go("/panel/your-words")
        told = person.page.locator("main").inner_text()
        assert [reason in told for reason in (ACCEPTED, MERGED)] == [name == "ada"] * 2
        assert (DECLINED in told) == (name == "bo")
        assert ("The panel can read this." in told) == (name in ("ada", "bo"))
