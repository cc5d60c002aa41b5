"""The protocol's further choices in the browser: own rule, own words and criterion, stopping, inviting, and amendments."""

import io
import json
import re
from dataclasses import asdict

import pytest

from delphi.models import Study
from delphi.services.protocol import choices_of, current_protocol
from delphi.web.protocol_words import lines_of
from tests import cast
from tests.web import stages
from tests.web.test_office_setup import CHOSEN, PROTOCOL, protocol_of

AMEND = f"{PROTOCOL}/amend"
NEVER_SEEN = "in an open round too, and nothing of what was written while nobody was named."
KEEP = {"rule": "70/15", "show_panel": "y", "show_groups": "y", "show_comments": "y", "planned_rounds": "2", "weeks": "4"}
READERS = {"reader": cast.RUTH, "second": stages.SOL}


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PROTOCOL)


@pytest.fixture
def published(database, ruth):
    with database.transaction() as session:
        stages.round_published(session)
    ruth.get(AMEND)


def keep(ruth, database, **fields):
    answer = ruth.post(PROTOCOL, {**CHOSEN, "version": str(protocol_of(database).version), **fields})
    assert answer.status_code == 303, answer.text
    return choices_of(protocol_of(database))


def test_a_rule_for_every_group_says_what_becomes_of_one_that_is_too_small(ruth, study):
    said = "A group in which fewer than 5 people rate an item does not count for it, and the others decide"

    page = ruth.get(PROTOCOL).text
    assert said in page
    assert NEVER_SEEN not in page


def test_beside_an_open_topic_stands_that_its_line_is_what_is_kept(ruth, study):
    page = ruth.get(f"{PROTOCOL}?open=consensus").text

    line = page.partition("<h2>What counts as consensus</h2>")[2].partition("</summary>")[0]
    assert re.search(r'<span class="topic-kept">Kept so far: </span>Consensus in when at least 70', line)


def test_a_rule_of_percentages_is_built_and_can_be_edited_again(database, ruth, study):
    built = {"rule": "own", "percent": "65", "opposite": "", "whom": "every", "denominator": "answered"}

    choices = keep(ruth, database, **built, rule_source="As agreed with the carers.")

    assert choices.rule["in"] == {
        "figure": "percent",
        "zone": "high",
        "at_least": 65,
        "denominator": "answered",
        "groups": "every",
    }
    page = ruth.get(PROTOCOL).text
    assert 'value="own" checked' in page
    assert 'name="percent" type="text" value="65"' in page or 'value="65"' in page
    assert "As agreed with the carers." in page


def test_the_own_rule_is_shown_as_a_sentence_before_it_is_kept(database, ruth, study):
    before = protocol_of(database).sha256

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "rule": "own", "percent": "66", "whom": "any", "look": "1"})

    assert page.status_code == 200
    assert "in at least one group of 5 or more, at least 66 %" in page.text
    assert protocol_of(database).sha256 == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule": "own", "percent": ""}, "Say how many percent your rule asks for."),
        ({"rule": "70/15", "percent": "75"}, "You filled in a rule of your own, and another rule is chosen."),
        ({"rule": "70/15", "rule_source": "As the last study had it"}, "You filled in a rule of your own"),
        ({"rule": "own", "percent": "101"}, "Give a percentage from 1 to 100."),
        ({"rule": "own", "percent": "70", "most_iqr": "99"}, "Give a number from 0 to 10."),
        ({"rule": "own", "percent": "70", "most_iqr": "8"}, "compares with a number from 0 to 6"),
        ({"rule": "file"}, "Choose the rule file."),
        ({"between": "9 = ever"}, "Write the words of a level"),
        ({"between": "nonsense"}, "Write the words of a level"),
        ({"own_label": "Safety"}, "both a name and a question"),
        ({"own_label": "Clarity", "own_question": "How clear?"}, "is among the criteria already"),
        (
            {"criteria": ["importance", "clarity", "feasibility"], "own_label": "Safety", "own_question": "How safe?"},
            "one to three",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_stays_typed(database, ruth, study, fields, said):
    before = protocol_of(database).sha256

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", **fields})

    assert page.status_code == 422
    assert said in page.text
    assert all(f"{value}" in page.text for value in fields.values() if isinstance(value, str))
    assert protocol_of(database).sha256 == before


def test_a_rule_file_is_taken_and_stays_until_another_rule_is_chosen(database, ruth, study):
    rule = {"name": "mine", "source": "Ours", "in": {"figure": "median", "at_least": 6}}
    fields = {**CHOSEN, "version": "1", "rule": "file", "rule_file": (io.BytesIO(json.dumps(rule).encode()), "mine.json")}

    answer = ruth.post(PROTOCOL, fields, content_type="multipart/form-data")

    assert answer.status_code == 303
    assert choices_of(protocol_of(database)).rule == rule
    assert 'value="kept" checked' in ruth.get(PROTOCOL).text
    assert keep(ruth, database, rule="kept", weeks="3").rule == rule


def test_a_rule_file_that_does_not_fit_is_refused(database, ruth, study):
    rule = {"name": "mine", "source": "Ours", "in": {"figure": "ram", "at_least": "appropriate"}}
    fields = {**CHOSEN, "version": "1", "rule": "file", "rule_file": (io.BytesIO(json.dumps(rule).encode()), "mine.json")}

    page = ruth.post(PROTOCOL, fields, content_type="multipart/form-data")

    assert page.status_code == 422
    assert "defined on the scale 1–9 only" in page.text


def test_further_levels_get_words_and_a_study_its_own_criterion(database, ruth, study):
    choices = keep(ruth, database, between="2 = seldom\r\n6: often", own_label="Safety", own_question="How safe is it?")

    assert choices.scale.anchors == {"1": "never", "2": "seldom", "4": "sometimes", "6": "often", "7": "always"}
    own = choices.criteria[-1]
    assert (own.key, own.label, own.question) == ("safety", "Safety", "How safe is it?")
    page = ruth.get(PROTOCOL).text
    assert "2 = seldom\n6 = often" in page
    assert "How safe is it?" in page


def test_when_it_ends_and_who_is_invited_are_kept(database, ruth, study):
    choices = keep(ruth, database, stopping="undecided", inviting="respondents")

    assert (choices.stopping, choices.inviting) == ("undecided", "respondents")


def test_a_sealed_protocol_is_amended_with_a_reason(database, ruth, published):
    assert NEVER_SEEN in ruth.get(AMEND).text
    answer = ruth.post(AMEND, {**KEEP, **READERS, "version": "1", "planned_rounds": "4", "reason": "Half of it is new."})

    assert answer.status_code == 303
    with database.reading() as session:
        current = current_protocol(session, session.query(Study).one())
        assert (current.number, choices_of(current).planned_rounds, current.reason) == (2, 4, "Half of it is new.")
    page = ruth.get(PROTOCOL).text
    assert "Amendment 1" in page
    assert "Half of it is new." in page
    assert "sealed amendment 1 of the protocol" in ruth.get(f"{stages.HOME}/log").text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"planned_rounds": "4"}, 422, "why the protocol is changed"),
        ({"reason": "No."}, 422, "nothing to amend"),
        ({"planned_rounds": "0", "reason": "Why."}, 422, "Plan one to nine rounds."),
        ({"planned_rounds": "4", "reason": "Why.", "version": "7"}, 409, "meanwhile"),
    ],
)
def test_an_amendment_that_cannot_be_is_refused(database, ruth, published, fields, status, said):
    page = ruth.post(AMEND, {**KEEP, **READERS, "version": "1", **fields})

    assert page.status_code == status
    assert said in page.text
    assert protocol_of(database).number == 1


def test_what_was_sealed_is_not_offered_to_an_amendment_and_not_taken_from_it(database, ruth, published):
    sent = {**KEEP, **READERS, "version": "1", "scale": "1-5", "criteria": "clarity", "withdrawal": "erase", "reason": "Why."}

    page = ruth.post(AMEND, sent)

    assert page.status_code == 422
    assert "nothing to amend" in page.text
    assert 'name="scale"' not in ruth.get(AMEND).text


def test_panelists_are_told_in_the_next_round_and_not_before(database, ruth, published, visitor):
    ruth.post(AMEND, {**KEEP, "version": "1", "planned_rounds": "4", "reason": "Half of it is new."})
    with database.transaction() as session:
        study = session.query(Study).one()
        opened = cast.open_round(session, study)
        token = cast.token(session, opened, "carers-2@example.org")
    ada = visitor()
    ada.get(f"/p/{token}")
    ada.post(f"/p/{token}")
    ada.get("/panel/consent")
    ada.post("/panel/consent", {"agree": "y", "number": "1"})

    page = ada.get("/panel/").text

    assert "The study’s plan has changed since the round before" in page
    assert "Half of it is new." in page
    assert "Planned rounds: 4 (before: 2)" in page
    assert cast.RUTH not in page


def test_from_how_many_people_on_something_is_shown_is_chosen_and_said(database, ruth, study):
    choices = keep(
        ruth, database, show_groups="y", least_group="7", least_own_group="8", least_levels="12", least_commenters="20"
    )

    assert asdict(choices.policy) == {"least_group": 7, "least_own_group": 8, "least_levels": 12, "least_commenters": 20}
    page = ruth.get(PROTOCOL).text
    assert re.search(r'<input[^>]*name="least_group"[^>]*value="7"', page)
    with database.reading() as session:
        lines = [line.value for line in lines_of(choices_of(current_protocol(session, session.query(Study).one())), {})]
    assert {"yes, from 7 people on", "from 8 people on", "from 12 people on", "from 20 comments on"} <= set(lines)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"least_group": "2"}, "Give a number from 3 to 1000."),
        ({"least_levels": "1001"}, "Give a number from 3 to 1000."),
        ({"least_group": "7"}, "A group is shown from three people on at the least"),
        ({"least_commenters": "4"}, "A comment says its writer"),
    ],
)
def test_numbers_that_would_not_protect_are_refused_and_kept_on_the_page(database, ruth, study, fields, said):
    before = protocol_of(database).sha256

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", **fields})

    assert page.status_code == 422
    assert said in page.text
    (name, value) = next(iter(fields.items()))
    assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"', page.text)
    assert protocol_of(database).sha256 == before
