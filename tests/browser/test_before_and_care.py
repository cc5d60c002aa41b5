"""Before the first rating, and care: each as one person does it and another sees it, down to the number of taps."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import MANUAL, two_groups
from tests.browser.site import Site, free_port, served
from tests.browser.visitor import Visitor, box_of, says
from tests.printed import TO_BE_PRINTED

STUDY = "care"
HOME = f"/office/studies/{STUDY}"
RUTH, NADIA, SOL = "ruth@example.org", "nadia@example.org", "sol@example.org"
QUESTIONS = "How long have you done this?\n- Under two years\n- Longer"
RISK = "My neighbour is being hurt at home."
MOST_TAPS = 4
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
SEVEN = "[name=rating-0][value='7']"
FORBIDDEN = "Failed to load resource"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """A study whose protocol names Nadia as the safeguarding reader and Sol as the second person; round 1 is open."""
    site = Site(tmp_path_factory.mktemp("care"), free_port())
    site.add_researcher(RUTH)
    site.begin(STUDY, MANUAL, two_groups(20))
    site.add_researcher(NADIA, SOL)
    for address in (NADIA, SOL):
        site.run("researcher", "join", STUDY, address, "observer")
    with served(site):
        ruth = Visitor.arrive(browser, site)
        ruth.sign_in(RUTH)
        name_the_reader(ruth)
        assert ruth.leave() == []
        site.run("round", "open", STUDY, "1")
        yield site


@pytest.fixture(scope="module")
def links(site: Site) -> Iterator[str]:
    return iter(site.links(STUDY).values())


def name_the_reader(ruth: Visitor) -> None:
    ruth.go(f"{HOME}/protocol?open=all")
    ruth.page.get_by_label("Background questions").fill(QUESTIONS)
    ruth.page.get_by_label("Safeguarding reader").select_option(NADIA)
    ruth.page.get_by_label("Second person").select_option(SOL)
    ruth.press("Keep the protocol")


def test_from_the_mail_to_the_first_saved_rating_on_a_phone(
    visit: Callable[..., Visitor], links: Iterator[str], record_property: Callable[[str, object], None]
) -> None:
    ada, taps = visit(**PHONE), []

    def tap(what: str, control: Locator) -> None:
        taps.append(what)
        with ada.page.expect_navigation():
            control.tap()
        ada.looked_over()

    taps.append("the link in the mail")
    ada.go(next(links))
    tap("Continue", ada.page.get_by_role("button", name="Continue"))
    ada.page.locator("#agree").tap()
    ada.press("Agree and go on")
    ada.press("Skip the example")
    tap("Start", ada.page.get_by_role("link", name="Start"))
    taps.append("a level of the scale")
    ada.page.locator(SEVEN).tap()
    says(ada.page, "Saved")

    record_property(
        TO_BE_PRINTED,
        f"From the mail to the first saved rating: {len(taps)} taps besides consent and practice: {', '.join(taps)}",
    )
    assert len(taps) <= MOST_TAPS


@SCRIPT
def test_perspective_and_roles_are_said_then_a_practice_item_whose_answers_go_nowhere(
    visit: Callable[..., Visitor], links: Iterator[str], site: Site, *, script: bool
) -> None:
    ada, ruth = visit(java_script_enabled=script), visit(java_script_enabled=script)
    ballots = site.query("SELECT count(*) FROM ballots")
    ada.go(next(links))
    ada.press("Continue")
    main = ada.page.locator("main")
    for words in ("The safeguarding reader", "1 person keeps the contacts and also works on the results", "point of view"):
        expect(main).to_contain_text(words)
    expect(main).to_contain_text(re.compile("Carers|Practitioners"))
    ada.page.locator("#agree").check()
    ada.press("Agree and go on")

    expect(ada.page.locator("h1")).to_have_text("Try it once")
    ada.page.locator(SEVEN).click()
    expect(ada.page.locator(SEVEN)).to_be_checked()
    ada.page.locator("summary", has_text="Comment").click()
    ada.page.locator("#practice-comment").fill("Tea first.")
    ada.press("Go on to the round")

    expect(ada.page.locator("h1")).to_have_text("Round 1")
    assert site.query("SELECT count(*) FROM ballots") == ballots
    ruth.sign_in(RUTH)
    for address in ("/rounds/1", "/care", "/log"):
        ruth.go(f"{HOME}{address}")
        expect(ruth.page.locator("body")).not_to_contain_text("Tea first.")


@SCRIPT
def test_what_a_researcher_tells_people_is_what_they_agree_to_and_asked_anew_when_it_changes(
    visit: Callable[..., Visitor], links: Iterator[str], *, script: bool
) -> None:
    pays = f"The county pays for all of this, {'as' if script else 'and'} it always has."
    ada, bo, ruth = (visit(java_script_enabled=script) for _ in range(3))
    ada.come_in(next(links))
    ada.go("/panel/consent")
    expect(ada.page.locator("main")).to_contain_text("You have agreed to this.")

    ruth.sign_in(RUTH)
    ruth.go(f"{HOME}/consent")
    ruth.page.locator("summary", has_text="The text").click()
    ruth.page.get_by_label("What people are told").fill(pays)
    ruth.press("Keep this text")

    bo.go(next(links))
    bo.press("Continue")
    expect(bo.page.locator("main")).to_contain_text(pays)
    ada.go("/panel/")
    expect(ada.page.locator("main")).to_contain_text(pays)
    ada.page.locator("#agree").check()
    ada.press("Agree and go on")
    expect(ada.page.locator("h1")).to_have_text("Round 1")


@SCRIPT
def test_who_has_ten_minutes_rates_one_section_and_stops(
    visit: Callable[..., Visitor], links: Iterator[str], *, script: bool
) -> None:
    ada = visit(java_script_enabled=script)
    link = next(links)
    ada.come_in(link)

    ada.follow("One section for now")
    ada.page.locator(SEVEN).click()
    ada.press("Save and stop here")
    expect(ada.page.locator("main")).to_contain_text("That is one section")
    expect(ada.page.locator("main")).to_contain_text("2 sections are left")
    ada.press("Stop here and exit")

    ada.go(link)
    ada.press("Continue")
    expect(ada.page.locator(".next-step")).to_contain_text("1 of 3 items are answered")


@SCRIPT
def test_a_risk_in_a_comment_reaches_the_named_reader_alone_while_the_round_is_open(
    visit: Callable[..., Visitor], links: Iterator[str], site: Site, *, script: bool
) -> None:
    risk = f"{RISK} {'' if script else 'Again.'}".strip()
    ada, nadia, ruth = visit(java_script_enabled=script), visit(java_script_enabled=script), visit(java_script_enabled=script)
    ada.come_in(next(links))
    ada.go("/panel/sections/first-meeting")
    ada.page.locator("#item-pace summary", has_text="Comment").click()
    expect(ada.page.locator("#item-pace")).to_contain_text("The safeguarding reader sees it within a working day")
    box_of(ada.page, "comment", "pace").fill(risk)
    ada.press("Save and go on")

    nadia.sign_in(NADIA)
    nadia.go(f"{HOME}/care")
    nadia.follow("Texts to read for safeguarding")
    text = nadia.page.locator("section.panel-box", has=nadia.page.get_by_text(risk, exact=True))
    expect(text).to_contain_text("A comment on: The worker goes at the pace")
    ruth.sign_in(RUTH)
    ruth.expect_refusals(FORBIDDEN)
    for address in ("/", "/care", "/rounds/1", "/messages", "/log", "/safeguarding"):
        ruth.go(f"{HOME}{address}")
        expect(ruth.page.locator("body")).not_to_contain_text(RISK)
    expect(ruth.page.locator("main")).to_contain_text("Only the safeguarding reader named in the protocol may see this.")

    text.locator("summary").click()
    text.get_by_label("Why do you have to know").fill("Somebody is in danger now.")
    nadia.use(text.get_by_role("button", name="Show who wrote it"))
    expect(nadia.page.locator("main")).to_contain_text(re.compile(r"Person \d+"))
    ruth.go(f"{HOME}/log")
    expect(ruth.page.locator("main")).to_contain_text("Somebody is in danger now.")
    expect(ruth.page.locator("main")).not_to_contain_text(re.compile(r"Person \d+"))
    told = site.query(
        "SELECT r.email FROM outbox o JOIN researchers r ON r.id = o.researcher_id WHERE o.kind = 'writer_identified'"
    )
    assert set(told) == {(SOL,)}

    nadia.go(f"{HOME}/safeguarding")
    nadia.use(text.get_by_role("button", name="Mark as read"))
    expect(nadia.page.get_by_text(risk, exact=True)).to_have_count(0)


@SCRIPT
def test_a_message_to_the_team_is_answered_without_a_name_and_read(
    visit: Callable[..., Visitor], links: Iterator[str], *, script: bool
) -> None:
    question = f"May I answer for my sister too? ({'with' if script else 'without'} a script)"
    outside = f"Olive Hart, {'ombudsperson' if script else 'chair of the ethics committee'}"
    ada, ruth, bo = (visit(java_script_enabled=script) for _ in range(3))
    ada.come_in(next(links))
    ada.follow("Help and contact")
    ada.page.get_by_label("Your message").fill(question)
    ada.press("Send to the team")
    expect(ada.page.locator(".thread")).to_contain_text(question)

    ruth.sign_in(RUTH)
    ruth.go(f"{HOME}/care")
    for label, words in (("Name", outside.split(", ")[0]), ("What they are", outside.split(", ")[1]), ("Telephone", "01234 567")):
        ruth.page.get_by_label(label, exact=True).fill(words)
    ruth.press("Keep this")
    ruth.follow("Messages from the panel")
    ruth.follow(question)
    expect(ruth.page.locator("main")).not_to_contain_text(re.compile(r"Person \d|example\.org|P-[0-9A-Z]{5}"))
    ruth.page.get_by_label("Your answer").fill("Only for yourself, please.")
    ruth.press("Send the answer")

    ada.go("/panel/contact")
    expect(ada.page.locator(".thread")).to_contain_text("Only for yourself, please.")
    expect(ada.page.locator("main")).to_contain_text(f"somebody outside the team: {outside}")
    bo.come_in(next(links))
    bo.go("/panel/contact")
    expect(bo.page.locator("main")).not_to_contain_text("sister")


@SCRIPT
def test_about_you_is_optional_one_thing_a_page_with_a_way_back(
    visit: Callable[..., Visitor], links: Iterator[str], *, script: bool
) -> None:
    ada = visit(java_script_enabled=script, viewport={"width": 320, "height": 640})
    ada.come_in(next(links))
    ada.follow("About you")
    ada.follow("Background questions")
    ada.page.get_by_label("Prefer not to say").check()
    ada.press("Keep this")
    ada.follow("Your perspective")
    ada.page.get_by_role("checkbox").first.check()
    ada.press("Keep this")
    ada.follow("Interests to declare")
    ada.follow("Back without changing anything")
    ada.follow("Thanks by name")
    ada.page.get_by_label("Your name as it shall be printed").fill("Ada Byron")
    ada.press("Keep this")

    expect(ada.page.locator(".task .tag", has_text="Kept")).to_have_count(3)
    expect(ada.page.locator(".task .tag", has_text="Optional")).to_have_count(1)
