"""Round 3 in a real browser, as people who last rated in round 1, in round 2 and never; with the script and without."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import Locator, expect

from tests import cast
from tests.browser.conftest import SECTION
from tests.browser.site import Site, served
from tests.browser.staged import staged
from tests.browser.visitor import Visitor, says
from tests.web import stages

PLACE, PACE = cast.ITEMS[:2]
PHONE = {"viewport": {"width": 320, "height": 640}}
BALLOT = "SELECT payload FROM ballots JOIN rounds ON rounds.id = round_id WHERE number = 3"

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with a study in round 3, whose protocol has the own last rating chosen beforehand."""
    folder = tmp_path_factory.mktemp("round-three")
    site = staged(folder, lambda session: stages.round_three(session, preselect_last=True))
    with served(site):
        yield site


@pytest.fixture(scope="module")
def people(site: Site) -> Mapping[str, str]:
    return site.links(stages.SLUG)


@pytest.fixture(scope="module")
def strangers() -> Iterator[str]:
    """Addresses of people who have answered rounds 1 and 2, each of somebody who has not been in round 3 before."""
    return iter([f"practitioners-{n}@example.org" for n in range(1, 11)])


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def arrive(request: pytest.FixtureRequest, visit: Visit, people: Mapping[str, str]) -> Callable[[str], Visitor]:
    """Return a way to the section as somebody, on a small phone."""

    def at_section(address: str) -> Visitor:
        visitor = visit(java_script_enabled=request.param, **PHONE)
        visitor.go(people[address])
        visitor.press("Continue")
        if "/consent" in visitor.page.url:
            visitor.page.locator("#agree").check()
            visitor.press("Agree and go on")
        visitor.go(SECTION)
        return visitor

    return at_section


def card(visitor: Visitor, key: str) -> Locator:
    return visitor.page.locator(f"#item-{key}")


def level(visitor: Visitor, slot: int, value: int) -> Locator:
    return visitor.page.locator(f"input[type=radio][name=rating-{slot}][value='{value}']")


def ballots(site: Site) -> list[bytes]:
    return sorted(bytes(row[0]) for row in site.query(BALLOT))  # type: ignore[call-overload]


def test_everybody_sees_what_changed_since_they_rated_it_themselves(arrive: Callable[[str], Visitor]) -> None:
    early, late, never = (card(arrive(one), PLACE) for one in (stages.LAST_IN_ROUND_1, stages.LAST_IN_ROUND_2, stages.NEVER))

    expect(early.locator("del")).to_contain_text("has chosen")
    expect(early.locator("ins")).to_contain_text("likes, at a time that suits them")
    expect(early.locator("ol.why li")).to_have_text(list(stages.REASONS))
    expect(late.locator("del")).to_have_count(0)
    expect(late.locator("ins")).to_contain_text(", at a time that suits them")
    expect(late.locator(".why")).to_contain_text(stages.REASONS[1])
    expect(never.locator(".changed, ins, del, .scale-previous")).to_have_count(0)
    expect(never.locator(".panel-said")).to_contain_text("14 of 14 people chose 7 to 9")


def test_who_stands_apart_comes_from_the_line_to_the_comment(arrive: Callable[[str], Visitor]) -> None:
    visitor = arrive(stages.LAST_IN_ROUND_1)
    expect(card(visitor, PACE)).to_contain_text("Both views stay on record, and your reason can be printed.")

    card(visitor, PACE).get_by_role("link", name="Write your reason").click()

    expect(card(visitor, PACE).get_by_text("Comment or suggest other words")).to_be_in_viewport()
    expect(card(visitor, PLACE)).not_to_contain_text("Both views")


def test_a_rating_that_is_offered_is_saved_by_the_button(
    arrive: Callable[[str], Visitor], strangers: Iterator[str], site: Site
) -> None:
    visitor = arrive(next(strangers))
    before = ballots(site)
    expect(level(visitor, 1, 8)).to_be_checked()
    expect(card(visitor, PLACE).locator("input[name^=rating]:checked")).to_have_count(0)

    visitor.press("Save and go on")

    assert ballots(site) == sorted([*before, bytes([0, 8, 0, 0])])
    visitor.go(SECTION)
    expect(card(visitor, PACE)).not_to_contain_text("It is chosen here already")


def test_with_the_script_an_offer_that_nobody_touches_is_not_saved(
    visit: Visit, people: Mapping[str, str], strangers: Iterator[str], site: Site
) -> None:
    visitor = visit(**PHONE)
    visitor.come_in(people[next(strangers)])
    visitor.go(SECTION)
    before = ballots(site)

    level(visitor, 0, 7).check(force=True)
    says(visitor.page, "Saved")
    touched_elsewhere = ballots(site)
    level(visitor, 1, 8).click(force=True)
    expect(visitor.page.locator("input[name=seen-1]")).to_have_value("8")

    assert touched_elsewhere == sorted([*before, bytes([7, 0, 0, 0])])
    assert ballots(site) == sorted([*before, bytes([7, 8, 0, 0])])
    expect(visitor.page.locator("input[name=offered-1]")).to_have_count(0)


def test_an_offer_that_was_chosen_while_offline_is_still_sent_later(
    visit: Visit, people: Mapping[str, str], strangers: Iterator[str], site: Site
) -> None:
    visitor = visit(**PHONE)
    visitor.expect_refusals("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    visitor.come_in(people[next(strangers)])
    visitor.go(SECTION)
    before = ballots(site)
    visitor.page.route("**/*", lambda route: route.abort("internetdisconnected"))  # for good: this page never sends it
    level(visitor, 1, 8).click(force=True)
    says(visitor.page, "Not saved yet")
    visitor.page.close(run_before_unload=False)

    visitor.page = visitor.context.new_page()
    visitor.go(SECTION)
    says(visitor.page, "Saved")

    assert ballots(site) == sorted([*before, bytes([0, 8, 0, 0])])


def test_on_a_phone_words_and_scale_stand_on_one_screen_and_the_figures_wait_folded_down_to_the_finding(
    visit: Visit, people: Mapping[str, str]
) -> None:
    visitor = visit(**PHONE)
    visitor.go(people["carers-4@example.org"])
    visitor.press("Continue")
    visitor.page.locator("#agree").check()
    visitor.press("Agree and go on")
    page = visitor.go(f"{SECTION}#item-{PACE}")
    one, bar = card(visitor, PACE), page.locator(".save-bar").bounding_box()

    top = one.locator(".item-statement").bounding_box()["y"]
    scale = one.locator(".scale").bounding_box()

    expect(one.locator("h2")).to_be_in_viewport()
    assert scale["y"] + scale["height"] - top <= PHONE["viewport"]["height"] - bar["height"]
    expect(one.locator(".by-level").first).not_to_be_visible()
    one.get_by_text("of 14 people chose 7 to 9").first.click()
    expect(one.locator(".by-level").first).to_be_visible()


def test_without_the_script_the_figures_are_open_on_a_phone_too(visit: Visit, people: Mapping[str, str]) -> None:
    visitor = visit(java_script_enabled=False, **PHONE)
    visitor.go(people["carers-5@example.org"])
    visitor.press("Continue")
    visitor.page.locator("#agree").check()
    visitor.press("Agree and go on")
    visitor.go(SECTION)

    expect(card(visitor, PACE).locator(".by-level").first).to_be_visible()
