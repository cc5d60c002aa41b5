"""What is refused in the protocol stands at its field, in a topic that is open; what the check finds leads to the topic."""

import re

import pytest

from delphi.models import Role
from delphi.services.findings import Place
from delphi.services.studies import find_study
from delphi.web.office.protocol_topics import FIELDS
from delphi.web.office.setting_up import TOPICS
from tests import cast
from tests.web import stages
from tests.web.test_office_setup import CHOSEN, PROTOCOL, protocol_of

CHECK = f"{stages.HOME}/check"
DANGER = "Safeguarding: when somebody writes of a danger"
SENT = {**CHOSEN, "version": "1"}


@pytest.fixture
def alone(database, ruth):
    """A study in which Ruth is the only one on the team."""
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PROTOCOL)


@pytest.fixture
def study(database, alone):
    """The same with Sol, who may look and run nothing."""
    with database.transaction() as session:
        stages.researcher_with(session, stages.SOL, find_study(session, stages.SLUG), Role.OBSERVER)


def opened_topics(page):
    return re.findall(r'<details class="topic" open>\s*<summary><h2>([^<]+)</h2>', page)


def problems(page):
    """Return the errors at the top of a page, each with what it links to."""
    summary = page.partition('id="error-summary"')[2].partition("</div>")[0]
    return re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', summary)


@pytest.mark.parametrize(
    ("fields", "target", "said", "topic"),
    [
        (
            {"own_label": "Clarity", "own_question": "How clear?"},
            "own_label",
            "among the criteria already",
            "What panelists answer",
        ),
        ({"between": "nonsense"}, "between", "Write the words of a level", "What panelists answer"),
        ({"low": "Much", "high": "much"}, "high", "Two levels of the scale are called", "What panelists answer"),
        ({"rule": "ram"}, "rule-0", "is meant for the scale 1–9", "What counts as consensus"),
        ({"rule": "own", "percent": "70", "most_iqr": "8"}, "rule-0", "compares with a number", "What counts as consensus"),
        ({"least_group": "50"}, "least_group", "A group is shown from three people on", "How few people may be shown"),
        ({"least_commenters": "4"}, "least_commenters", "no fewer comments", "How few people may be shown"),
        ({"sign_off": "open"}, "sign_off-0", "Only one person in this study runs rounds", "Steps that need a second person"),
        ({"questions": "- One"}, "questions", "Write the question above its answers", "Who took part"),
        ({"reader": cast.RUTH}, "second", "no second person", DANGER),
        ({"second": cast.RUTH}, "reader", "no safeguarding reader", DANGER),
        ({"reader": cast.RUTH, "second": cast.RUTH}, "second", "two different people", DANGER),
        ({"reader": cast.RUTH, "second": "nobody@example.org"}, "second", "Choose one of the answers", DANGER),
    ],
)
def test_what_is_refused_leads_to_its_field_in_a_topic_that_is_open(database, ruth, study, fields, target, said, topic):
    page = ruth.post(PROTOCOL, {**SENT, **fields})

    assert page.status_code == 422
    assert opened_topics(page.text) == [topic]
    ((found, words),) = problems(page.text)
    assert found == target
    assert said in words
    assert f'id="{target}"' in page.text
    assert f'id="{target.removesuffix("-0")}-error"' in page.text
    assert protocol_of(database).version == 1


def test_both_people_are_chosen_among_the_team(database, ruth, study):
    page = ruth.get(PROTOCOL).text
    assert page.count(f'<option value="{stages.SOL}">') == 2

    assert ruth.post(PROTOCOL, {**SENT, "reader": cast.RUTH, "second": stages.SOL}).status_code == 303

    page = ruth.get(PROTOCOL).text
    assert f'<option selected value="{cast.RUTH}">' in page
    assert f'<option selected value="{stages.SOL}">' in page


def test_who_is_alone_is_led_to_the_team_and_offered_nobody(ruth, alone):
    page = ruth.get(PROTOCOL).text

    assert 'name="reader"' not in page
    assert f'<a href="{stages.HOME}/team">Invite a second person under Team</a>' in page
    check = ruth.get(CHECK).text.partition("No safeguarding reader is named.")[2]
    assert "you are alone on it" in check.partition("</li>")[0]
    assert f'href="{stages.HOME}/team"' in check.partition("</li>")[0]
    assert ruth.post(PROTOCOL, SENT).status_code == 303


def test_the_check_leads_to_the_topic_unfolded(ruth, study):
    check = ruth.get(CHECK).text.partition("No safeguarding reader is named.")[2].partition("</li>")[0]
    address = re.search('href="([^"]+)"', check)[1]

    assert address == f"{PROTOCOL}?open=danger#danger"
    page = ruth.get(address).text
    assert opened_topics(page) == [DANGER]
    assert 'id="danger"' in page


def test_every_topic_that_the_check_leads_to_is_there_before_and_after_the_sealing(database, ruth):
    assert set(TOPICS) == {Place.RULE, Place.ASSIGNING, Place.COURSE, Place.SAFEGUARDING}
    assert set(TOPICS.values()) <= FIELDS.keys()
    with database.transaction() as session:
        stages.round_published(session)

    amend = ruth.get(f"{PROTOCOL}/amend").text

    assert all(f'class="topic-body" id="{topic}"' in amend for topic in TOPICS.values())
    assert opened_topics(amend) == []
    assert opened_topics(ruth.get(f"{PROTOCOL}/amend?open=consensus").text) == ["What counts as consensus"]
    assert f'href="{PROTOCOL}/amend?open=consensus#consensus"' in ruth.get(CHECK).text
