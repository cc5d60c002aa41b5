"""Somebody else was quicker with the protocol or the consent text: both versions side by side, and either can be kept."""

import html
import re
from base64 import b64encode

import pytest

from delphi.services.consent import current_consent
from delphi.services.protocol import choices_of
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages
from tests.web.test_office_consent import CONSENT
from tests.web.test_office_setup import CHOSEN, PROTOCOL, protocol_of


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PROTOCOL)


def version_in(page):
    return re.search(r'name="(?:version|number)" type="hidden" value="(\d+)"', page)[1]


@pytest.mark.parametrize(("between", "left"), [("typed", ("my own words", "3")), ("kept", ("always", "3"))])
def test_of_two_versions_of_a_protocol_either_can_be_kept_field_by_field(database, ruth, study, between, left):
    ruth.post(PROTOCOL, {**CHOSEN, "version": "1"})
    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "high": "my own words"}).text
    asked = [name.partition('"')[0] for name in page.split('id="hold-')[1:] if "-said" not in name.partition('"')[0]]
    assert asked == ["high-typed", "high-kept"]
    assert 'id="hold-high-typed-said">my own words<' in page
    assert 'id="hold-high-kept-said">always<' in page

    kept = ruth.post(PROTOCOL, {**CHOSEN, "version": version_in(page), "high": "my own words", "hold-high": between})

    assert kept.status_code == 303
    choices = choices_of(protocol_of(database))
    assert (choices.scale.anchors["7"], str(choices.planned_rounds)) == left


def test_what_nobody_else_has_changed_is_no_question_and_what_one_has_not_touched_stays_as_it_is_kept(database, ruth, study):
    opened = html.unescape(re.search(r'name="opened-with" value="([^"]+)"', ruth.get(PROTOCOL).text)[1])
    first = {**CHOSEN, "opened-with": opened}
    usual = {"rule": "70/15", "planned_rounds": "2"}
    ruth.post(PROTOCOL, {**first, **usual, "version": "1", "weeks": "6"})

    page = ruth.post(PROTOCOL, {**first, **usual, "version": "1", "weeks": "4", "planned_rounds": "5"}).text

    chosen = re.findall(r'id="hold-([a-z_-]+)" name="[^"]+" value="[a-z]+" checked', page)
    assert chosen[0] == "weeks-kept"  # four weeks are what stood there before
    assert "scale-kept" not in chosen  # both chose the same
    assert not [one for one in chosen if one.startswith(("rule", "planned_rounds"))]  # two rounds are kept, as before


def test_every_kind_of_field_is_told_apart_in_words_and_can_be_taken_over(database, ruth, study):
    ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "show_groups": "y", "sign_off": []})
    mine = {**CHOSEN, "version": "1", "rule": "percent-75", "criteria": ["clarity"], "weeks": "4", "own_label": " "}
    page = ruth.post(PROTOCOL, mine).text
    said = dict(re.findall(r'id="hold-([a-z_-]+)-said">([^<]*)<', page))

    assert said["rule-typed"] == "At least 75 %"
    assert (said["show_groups-kept"], said["show_groups-typed"]) == ("yes", "no")
    assert said["criteria-kept"].count(" · ") == 1
    assert (said["weeks-typed"], said["weeks-kept"]) == ("4", "2")
    assert len(said) == 8

    theirs = dict.fromkeys(("hold-rule", "hold-show_groups", "hold-criteria", "hold-weeks"), "kept")
    assert ruth.post(PROTOCOL, {**mine, "version": version_in(page), **theirs}).status_code == 303
    choices = choices_of(protocol_of(database))
    assert (choices.rule["name"], choices.show_groups, len(choices.criteria), choices.weeks) == ("percent-80", True, 2, 2)


@pytest.mark.parametrize(
    "sent", ["", "{", "é", *(b64encode(text) for text in (b"\xff", b"{", b"[1]", b"[" * 100_000, b'{"weeks": [2]}'))]
)
def test_a_page_that_does_not_say_what_it_was_opened_with_asks_about_all_that_differs(ruth, study, sent):
    ruth.post(PROTOCOL, {**CHOSEN, "version": "1"})

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "weeks": "4", "opened-with": sent})

    assert page.status_code == 409
    assert 'id="hold-weeks-typed" name="hold-weeks" value="typed" checked' in page.text


def test_of_who_is_asked_what_only_the_sections_that_differ_are_told(database, ruth):
    with database.transaction() as session:
        stages.with_panel(session)
    sections, groups = ["first-meeting", "going-along"], ["Carers", "Practitioners"]
    pairs = [f"{section} {group}" for section in sections for group in groups]
    sent = {**CHOSEN, "version": "1", "shown_sections": sections, "shown_groups": groups}
    ruth.get(PROTOCOL)
    ruth.post(PROTOCOL, {**sent, "asked_of": pairs[:3]})

    said = dict(re.findall(r'id="hold-([a-z_-]+)-said">([^<]*)<', ruth.post(PROTOCOL, {**sent, "asked_of": pairs}).text))

    assert said == {"asked_of-kept": "Going along: Carers", "asked_of-typed": "Going along: Carers, Practitioners"}


def test_a_consent_text_that_somebody_else_has_changed_is_not_overwritten(database, ruth, study):
    ruth.get(CONSENT)
    ruth.post(CONSENT, {"number": "1", "information": "Theirs.", "statement": "I agree."})

    page = ruth.post(CONSENT, {"number": "1", "information": "Mine.", "statement": "I agree."})

    assert page.status_code == 409
    assert "Somebody else has changed this text meanwhile" in page.text
    assert version_in(page.text) == "2"
    assert page.text.count('id="hold-') == page.text.count('name="hold-') * 2
    assert 'name="hold-information"' in page.text
    assert "Mine." in page.text
    with database.reading() as session:
        assert current_consent(session, find_study(session, stages.SLUG)).information == "Theirs."
