"""The way from a draft to round 1 in the browser: the path, the check, and the pack for the ethics committee."""

import re

import pytest

from delphi.services.rule_building import BuiltRule
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages
from tests.web.test_office_setup import CHOSEN

OPEN = f"{stages.HOME}/rounds/next"
CHECK = f"{stages.HOME}/check"
UNMARKED = "---\ntitle: Plain\n---\n\n# Meeting\n\nWe meet.\n\nWe talk.\n\n# Going\n\nWe go.\n"


@pytest.fixture
def begun(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)


@pytest.fixture
def ready(database, ruth):
    with database.transaction() as session:
        stages.with_panel(session)
    ruth.get(OPEN)


def tasks(page):
    """Return the steps of the path with their states."""
    parts = page.split('<li class="task">')[1:]
    return {first_text(part): part.partition('class="tag')[2].partition(">")[2].partition("<")[0] for part in parts}


def first_text(part):
    return part.partition("<a ")[2].partition(">")[2].partition("<")[0]


def test_the_overview_shows_the_whole_way_with_what_is_done(ruth, begun):
    page = ruth.get(f"{stages.HOME}/").text

    assert tasks(page) == {
        "The draft": "Done",
        "Mark what is rated": "Done",
        "Panel": "Required",
        "A second person": "Advised",
        "Protocol": "Advised",
        "Information and consent": "Advised",
        "Care: help and contact": "Advised",
        "Mail: invitation and reminders": "Advised",
        "Rehearsal": "If you like",
        "Check": "Then",
        "Open round 1": "Last",
    }


def test_an_unmarked_draft_is_marked_first_and_then_the_panel_follows(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session, manual=UNMARKED)
    page = ruth.get(f"{stages.HOME}/").text
    assert "Mark what the panel rates" in page
    assert '<p class="next-step-caption">Next, advised</p>' in page
    address = f"{stages.HOME}/manual/sections/meeting/items"
    assert address in page

    form = ruth.get(address).text
    edition = form.partition('name="edition"')[2].partition('value="')[2].partition('"')[0]
    answer = ruth.post(address, {"edition": edition, "part-0": "core", "whole": "text"})

    assert answer.status_code == 303
    after = ruth.get(f"{stages.HOME}/").text
    assert tasks(after)["Mark what is rated"] == "Done"
    assert "Import the panel" in after


def confirmation(browser, address, sent):
    """Send a step and return what the page that follows says has been kept, with the link that it ends with."""
    answer = browser.post(address, sent)
    assert answer.status_code == 303, answer.text
    assert "#" not in answer.headers["Location"]  # the confirmation stands at the top
    said = browser.get(answer.headers["Location"]).text.partition('<div class="notice notice-done"')[2].partition("</div>")[0]
    return re.search(
        r"<p>(.*?)(?: Next(?:, advised)?: <a href=\"([^\"]+)\">([^<]+)</a>(?:, or on to: <a href=\"([^\"]+)\">[^<]+</a>)?)?</p>",
        said,
    ).groups()


def test_each_step_that_is_kept_names_the_next_one_of_the_overview(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session, manual=UNMARKED)
    marking = f"{stages.HOME}/manual/sections/going/items"
    edition = re.search('name="edition"[^>]*value="([^"]+)"', ruth.get(marking).text)[1]

    said = confirmation(ruth, marking, {"edition": edition, "part-0": "core", "whole": "text"})
    assert said == ("The items of “Going” are kept.", f"{stages.HOME}/panel", "Panel", None)
    with database.transaction() as session:
        cast.add_panel(session, find_study(session, stages.SLUG), {"Carers": 5})
    said = confirmation(ruth, f"{stages.HOME}/protocol", {**CHOSEN, "version": "1"})
    assert said[1:] == (f"{stages.HOME}/consent", "Information and consent", CHECK)
    told = {"number": "1", "information": "We are paid by nobody.", "statement": "I agree."}
    said = confirmation(ruth, f"{stages.HOME}/consent", {**told, "is_complete": "y"})
    assert said[1:] == (f"{stages.HOME}/care", "Care: help and contact", CHECK)
    version = re.search('name="version"[^>]*value="([^"]+)"', ruth.get(f"{stages.HOME}/care").text)[1]
    said = confirmation(ruth, f"{stages.HOME}/care", {"version": version, "name": "Uma", "phone": "112"})
    assert said[1:] == (f"{stages.HOME}/mail", "Mail: invitation and reminders", CHECK)
    for read in (f"{stages.HOME}/mail", f"{stages.HOME}/mail/texts/invitation"):  # and left as it is
        onward = f'Next: <a href="{CHECK}">Check</a>, or on to: <a href="{OPEN}">Open round 1</a>'
        assert f"can stay as it is. {onward}" in ruth.get(read).text
    plan = {"time_zone": "UTC", "days": "7", "thanks": "never", "sender": "Dr Ruth Adler", "version": "0"}
    said = confirmation(ruth, f"{stages.HOME}/mail", plan)
    assert said[1:] == (CHECK, "Check", OPEN)
    assert tasks(ruth.get(f"{stages.HOME}/").text)["Mail: invitation and reminders"] == "Done"


def test_a_step_that_comes_early_is_followed_by_the_first_that_is_left_and_never_by_itself(ruth, begun):
    ruth.get(CHECK)
    said = confirmation(ruth, f"{stages.HOME}/protocol", {**CHOSEN, "version": "1"})
    assert said[1:] == (f"{stages.HOME}/panel", "Panel", None)

    told = {"number": "1", "information": "We are paid by nobody.", "statement": "I agree."}
    said = confirmation(ruth, f"{stages.HOME}/consent", told)
    assert said == (
        "The text is kept. One thing is left: once it says all that is listed here, tick the box.",
        None,
        None,
        None,
    )
    assert tasks(ruth.get(f"{stages.HOME}/").text)["Information and consent"] == "Advised"


def test_between_sections_and_after_round_1_nothing_is_next(database, ruth):
    with database.transaction() as session:
        stages.decided(session)
    marking = f"{stages.HOME}/manual/sections/going-along/items"
    edition = re.search('name="edition"[^>]*value="([^"]+)"', ruth.get(marking).text)[1]

    said = confirmation(ruth, marking, {"edition": edition, "whole": "text", "reason": "It says the same twice."})

    assert said[1:] == (None, None, None)


def test_the_way_is_over_once_round_1_is_open(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    assert "The way to round 1" not in ruth.get(f"{stages.HOME}/").text
    assert "can stay as it is" not in ruth.get(f"{stages.HOME}/mail/texts/invitation").text


def test_the_check_names_what_is_missing_with_the_way_to_mend_it(ruth, begun):
    page = ruth.get(CHECK).text

    assert page.index("Required: without it round 1 cannot open") < page.index("Advised, and up to you")
    assert f'href="{stages.HOME}/panel"' in page
    assert "No mail server is set" in page
    advice = page.partition("No mail server is set")[2]
    assert "Ask whoever runs this site to set up mail before you open." in advice.partition("<details")[0]
    folded = advice.partition("<details")[2].partition("</details>")[0]
    assert "DELPHI_SMTP_URL" in folded
    assert "Go to the links to hand over" in folded
    links = re.search(r'href="([^"#]+)#links">Go to the links to hand over', page)
    assert re.search('<h2>Links to hand over</h2>.{1,60}id="links"', ruth.get(links[1]).text, re.DOTALL)


def test_what_is_unwise_stands_on_the_page_that_opens_the_round_and_in_the_log(ruth, ready):
    page = ruth.get(OPEN).text
    assert "No safeguarding reader is named." in page
    assert "more than half of the panel" in page

    assert ruth.post(OPEN, {"deadline": ""}).status_code == 303

    log = ruth.get(f"{stages.HOME}/log").text
    warned = ("a group that the usual drop-out would make too small", "one group that is most of the panel")
    assert f"the check had warned of: {', '.join(warned)}" in log


def test_what_is_ready_and_what_is_advised_is_told_apart_on_the_overview(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        cast.choose(session, study)
    page = ruth.get(f"{stages.HOME}/").text

    n = tasks(page)["Check"].removesuffix(" things advised")
    assert f"All that is required is done. The check advises {n} things; that is up to you." in page
    assert "Everything is ready" not in page


def test_what_is_missing_is_mended_before_anything_is_said_to_be_ready(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 3})
        cast.choose(session, study, rule=BuiltRule(whom="every").written())
    page = ruth.get(f"{stages.HOME}/").text

    assert "1 thing is missing, without which round 1 cannot open." in page
    assert f'href="{CHECK}">Go to the check' in page


def test_the_rule_that_will_be_sealed_stands_on_the_page_that_opens_the_round(ruth, ready, database):
    with database.transaction() as session:
        cast.choose(session, find_study(session, stages.SLUG), rule=BuiltRule(percent=85).written())

    assert re.search("Consensus rule</summary>.{1,60}Consensus in when at least 85.% rate it 7–9", ruth.get(OPEN).text)


def test_the_minutes_before_the_first_answer_are_those_of_all_that_is_read_there(ruth, ready):
    minutes = r"<dt>minutes to read the information first</dt><dd>([0-9]+)</dd>"
    told = {"number": "1", "information": "word " * 20, "statement": "I agree.", "is_complete": "y"}
    assert ruth.post(f"{stages.HOME}/consent", told).status_code == 303
    added = int(re.search(minutes, ruth.get(OPEN).text)[1])
    assert added > 1  # who sees what, where to turn and what withdrawing does are read too

    ruth.post(f"{stages.HOME}/consent", {**told, "number": "2", "information": "word " * 1020})

    assert re.search(minutes, ruth.get(OPEN).text)[1] == str(added + 5)  # at 200 words a minute


def test_what_is_missing_takes_the_button_away_and_opening_is_refused(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 3})
        cast.choose(session, study, rule=BuiltRule(whom="every").written())

    page = ruth.get(OPEN).text
    assert "No item could ever meet the rule." in page
    assert "and invite" not in page
    refused = ruth.post(OPEN, {"deadline": ""})
    assert refused.status_code == 409
    assert "No item could ever meet the rule." in refused.text


def test_with_respondents_only_the_page_says_how_many_will_be_invited(database, ruth):
    with database.transaction() as session:
        study = stages.with_panel(session)
        cast.choose(session, study, inviting="respondents")
        opened = cast.open_round(session, study)
        cast.rate(session, opened, "carers-1@example.org", {cast.ITEMS[0]: 8})
        cast.close_and_publish(session, study, opened)

    assert "Open round 2 and invite 1 people" in ruth.get(OPEN).text


def test_the_ethics_pack_holds_everything_a_committee_asks_for(ruth, ready):
    assert f"{stages.HOME}/ethics-pack.pdf" in ruth.get(f"{stages.HOME}/ethics-pack").text

    pack = ruth.get(f"{stages.HOME}/ethics-pack.html")

    assert pack.headers["Content-Disposition"] == 'attachment; filename="ethics-connections.html"'
    for said in (
        "confidential and kept under a code name",
        "I take part of my own free will",
        "The custodian of the contacts",
        cast.RUTH,
        "Consensus in when at least 70 %",
        "Fingerprint (SHA-256):",
        "Carers: 6 people",
        "Your invitation: round 1 is open",
        "Thank you",
        "News have no usual words",
        "The worker goes at the pace of the person.",
        "How important is it that the manual says this?",
        "I am unable to rate this",
    ):
        assert said in pack.text, said
    assert pack.text.count('class="card') == 4
    assert "carers-1@example.org" not in pack.text


def test_the_ethics_pack_is_printed(ruth, ready):
    pack = ruth.get(f"{stages.HOME}/ethics-pack.pdf")

    assert pack.mimetype == "application/pdf"
    assert pack.get_data()[:5] == b"%PDF-"
