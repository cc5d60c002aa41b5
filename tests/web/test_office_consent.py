"""What people are told and agree to, as the team words it on its page."""

import re
from html import unescape

import pytest

from delphi.models import AuditEntry
from delphi.services.consent import current_consent
from delphi.services.studies import find_study
from tests import cast
from tests.web import stages

CONSENT = f"{stages.HOME}/consent"


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(CONSENT)


def test_the_consent_text_is_shown_before_it_is_kept(database, ruth, study):
    typed = {"information": "Read *this*.<script>alert(1)</script>", "statement": "I agree."}

    page = ruth.post(CONSENT, {**typed, "preview": "1"})

    assert page.status_code == 200
    assert "Read <em>this</em>." in page.text
    assert "<script>" not in page.text
    with database.reading() as session:
        assert current_consent(session, find_study(session, stages.SLUG)).number == 1


def test_a_changed_consent_text_is_a_new_version(database, ruth, study):
    assert ruth.post(CONSENT, {"information": "One.\r\n\r\nTwo.", "statement": "I agree."}).status_code == 303

    with database.reading() as session:
        text = current_consent(session, find_study(session, stages.SLUG))
        assert (text.number, text.information) == (2, "One.\n\nTwo.")
        assert session.query(AuditEntry).filter_by(action="consent text changed").count() == 1


def test_what_a_consent_text_has_to_say_stands_above_it_and_is_confirmed_below(database, ruth, study):
    page = ruth.get(CONSENT).text
    assert page.index("Who pays for the study") < page.index('id="information"')
    assert "After “Who we are.” it says, for example: … and …, of …." in page
    assert 'name="is_complete"' not in page  # the boxes that are written say it

    as_it_came = {"number": "1", "information": re.search(r'id="information"[^>]*>\s?([^<]+)<', page)[1], "statement": "I agree."}
    refused = ruth.post(CONSENT, {**as_it_came, "information": unescape(as_it_came["information"]), "is_complete": "y"})
    assert refused.status_code == 422
    assert '<a href="#is_complete">This is still the text that came with the site' in refused.text
    assert refused.text.index('id="information"') < refused.text.index('name="is_complete"')

    assert ruth.post(CONSENT, {"information": "We are ours.", "statement": "I agree.", "is_complete": "y"}).status_code == 303
    page = ruth.get(CONSENT).text
    assert "This step is done" in page
    folded = page.partition('<details class="topic">')[2].partition("</details>")[0]  # nobody has to tick it again
    assert re.search('<input[^>]* checked[^>]* name="is_complete"', folded)
    assert "confirmed that version 2 of the information is complete" in ruth.get(f"{stages.HOME}/log").text


def test_what_the_site_cannot_know_is_asked_apart_and_begins_the_text(database, ruth, study):
    page = ruth.get(CONSENT).text
    text = {
        "number": "1",
        "information": unescape(re.search(r'id="information"[^>]*>\s?([^<]+)<', page)[1]),
        "statement": "I agree.",
    }
    own = {
        "who": "Ruth Adler, *somewhere*.",
        "pays": "",
        "approval": "None had to.\r\nIt is no trial.",
        "keeping": " Ten years. ",
    }

    seen = ruth.post(CONSENT, {**text, **own, "preview": "1"}).text
    assert "<strong>Who we are.</strong> Ruth Adler, <em>somewhere</em>." in seen
    assert 'id="who"' in seen
    assert "Ruth Adler, *somewhere*.</textarea>" in seen
    late = ruth.post(CONSENT, {**text, **own, "number": "7"})
    assert (late.status_code, "It is no trial.</textarea>" in late.text) == (409, True)

    assert "this step is done" in page
    assert ruth.post(CONSENT, {**text, **own}).status_code == 303
    with database.reading() as session:
        kept = current_consent(session, find_study(session, stages.SLUG)).information
    begins = (
        "**Who we are.** Ruth Adler, *somewhere*.\n\n**Who has approved it.** None had to.\nIt is no trial.\n\n"
        "**How long answers are kept.** Ten years.\n\n**What this is.**"
    )
    assert kept[: len(begins)] == begins
    page = ruth.get(CONSENT).text
    assert 'id="who"' not in page
    assert "The text is kept. One thing is left:" in page
    assert "Who pays for the study" in page
    assert re.search('<input(?![^>]* checked)[^>]* name="is_complete"', page)


def test_whoever_writes_all_that_the_site_cannot_know_has_said_that_it_is_complete(ruth, study):
    as_it_came = re.search(r'id="information"[^>]*>\s?([^<]+)<', ruth.get(CONSENT).text)[1]
    text = {"number": "1", "information": unescape(as_it_came), "statement": "I agree."}
    own = dict.fromkeys(("who", "pays", "approval", "keeping"), "That is told here.")

    assert ruth.post(CONSENT, {**text, **own}).status_code == 303
    page = ruth.get(CONSENT).text
    assert "Everybody agrees to the newest one before they answer." in page
    assert re.search('<input[^>]* checked[^>]* name="is_complete"', page)
    assert "confirmed that version 2 of the information is complete" in ruth.get(f"{stages.HOME}/log").text


def test_once_a_round_is_open_there_is_no_step_to_be_done_with(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    page = ruth.get(CONSENT).text

    assert 'id="who"' in page
    assert "step is done" not in page


def test_an_empty_consent_text_is_refused_and_the_other_box_stays_typed(ruth, study):
    page = ruth.post(CONSENT, {"information": "", "statement": "I agree to this."})

    assert page.status_code == 422
    assert "Write what people are told." in page.text
    assert "I agree to this." in page.text
