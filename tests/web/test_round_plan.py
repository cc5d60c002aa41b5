"""The look before a round opens: an item left out, one that would rest asked, each with a reason that panelists read."""

import re
from html import unescape

import pytest

from delphi.models import Study
from delphi.services.round_plan import change_plan, proposal_of, state_of
from tests import cast
from tests.web import stages

OPEN = f"{stages.HOME}/rounds/next"
FIRST, SETTLED = cast.ITEMS[0], "pace"
WHY = "It has <b>been</b> asked often enough."


@pytest.fixture
def published(database, ruth):
    with database.transaction() as session:
        stages.round_published(session)
    ruth.get(OPEN)


def page_of(browser, key):
    return browser.get(f"{OPEN}/items/{key}").text


def send(browser, key, **typed):
    seen = unescape(re.search(r'name="seen"[^>]*value="([^"]*)"', page_of(browser, key))[1])
    return browser.post(f"{OPEN}/items/{key}", {"seen": seen, **typed})


def asked(browser):
    page = browser.get(OPEN).text
    return re.findall(r'class="unit">([\w-]+)</span>', page[: page.index("What will not be asked")])


def test_an_item_is_left_out_with_a_reason_and_comes_back(ruth, published):
    assert f'href="{OPEN}/items/{FIRST}">Leave out' in ruth.get(OPEN).text
    assert f'href="{OPEN}/items/{SETTLED}">Ask once more' in ruth.get(OPEN).text
    assert "It is proposed that round 2 asks it." in page_of(ruth, FIRST)
    assert "It is proposed that round 2 lets it rest." in page_of(ruth, SETTLED)

    assert send(ruth, SETTLED, reason="Somebody new has joined.").status_code == 303
    assert asked(ruth) == [FIRST, SETTLED]
    assert send(ruth, FIRST, reason=WHY).status_code == 303

    assert asked(ruth) == [SETTLED]
    page = ruth.get(OPEN).text
    assert "It has &lt;b&gt;been&lt;/b&gt; asked often enough." in page
    assert "There is no consensus on it yet." in page
    assert f"left item {FIRST} out of round 2" in ruth.get(f"{stages.HOME}/log").text
    assert "It is proposed that round 2 asks it." in page_of(ruth, FIRST)

    assert send(ruth, FIRST).status_code == 303
    assert asked(ruth) == [FIRST, SETTLED]


def test_without_a_reason_it_stays_as_proposed_and_the_page_says_so(ruth, published):
    answer = send(ruth, FIRST, reason=" ")

    assert answer.status_code == 422
    assert "Say why." in answer.text
    assert asked(ruth) == [FIRST]


def test_two_people_do_not_overwrite_each_other_and_what_was_typed_stays(database, ruth, published):
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', page_of(ruth, FIRST))[1]
    with database.transaction() as session:
        study = session.query(Study).one()
        state = state_of(proposal_of(session, study, FIRST))
        change_plan(session, study, FIRST, is_asked=False, reason="Hers.", seen=state, actor="researcher 2", now=cast.NOW)

    answer = ruth.post(f"{OPEN}/items/{FIRST}", {"seen": seen, "reason": "His reason."})

    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile" in answer.text
    assert "Hers." in answer.text
    assert "His reason." in answer.text
    assert "Hers." in ruth.get(OPEN).text


def test_panelists_read_the_reason_where_it_concerns_them(database, ruth, published, enter):
    send(ruth, FIRST, reason=WHY)
    send(ruth, SETTLED, reason="Somebody new has joined.")
    with database.transaction() as session:
        cast.open_round(session, session.query(Study).one())

    page = enter("carers-1@example.org").get("/panel/sections/first-meeting").text
    other = enter("carers-2@example.org").get("/panel/sections/going-along").text

    place = page.index('id="item-first-meeting-place"')
    assert place < page.index("The team does not ask this in this round") < page.index("It has &lt;b&gt;been&lt;/b&gt; asked")
    assert page.index("once more although it was settled") < page.index("Somebody new has joined.") < page.index("name=rating-0 ")
    assert "The team does not ask" not in other
    assert "once more although" not in other
    round_page = ruth.get(f"{stages.HOME}/rounds/2").text
    assert f"left out: {FIRST}" in round_page
    assert f"asked once more: {SETTLED}" in round_page
