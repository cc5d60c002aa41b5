"""Reading and editing the manual, the log in words, and asking for the final manual."""

import re

import pytest
from sqlalchemy import select, text

from delphi import exports
from delphi.models import AuditEntry, Item, ItemVersion
from tests import cast
from tests.web import stages

EDIT = f"{stages.HOME}/manual/sections/first-meeting"
LOG = f"{stages.HOME}/log"
PDF = f"{stages.HOME}/final-manual/manual.pdf"


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        stages.round_published(session)
    ruth.get(EDIT)


def form(browser, **changes):
    page = browser.get(EDIT).text
    edition = re.search(r'name="edition"[^>]*value="([^"]*)"', page)[1]
    section = cast.MANUAL[cast.MANUAL.index("## Meeting") : cast.MANUAL.index("## Going")]
    return {"edition": edition, "text": section, "edit_class": "substantive", "reason": "Too narrow.", **changes}


def test_the_manual_reads_as_a_document_with_its_items(ruth, study):
    page = ruth.get(f"{stages.HOME}/manual").text

    assert '<h2 id="first-meeting">Meeting for the first time</h2>' in page
    assert 'class="manual-item flexible"' in page
    assert '<a href="#going-along">Going along</a>' in page


def test_an_edited_section_stands_in_the_next_draft(ruth, study):
    typed = form(ruth)

    answer = ruth.post(EDIT, {**typed, "text": typed["text"].replace("tone", "pace")})

    assert answer.status_code == 303
    assert "The first conversations set the pace." in ruth.get(f"{stages.HOME}/drafts/2").text
    assert "The first conversations set the tone." in ruth.get(f"{stages.HOME}/drafts/1").text


def test_words_that_have_outrun_their_plain_words_are_named(ruth, study):
    typed = form(ruth)
    with_plain = typed["text"].replace("the person has chosen.\n", "the person has chosen.\n\n::: plain\nYou choose.\n:::\n")
    ruth.post(EDIT, {**typed, "text": with_plain})
    before = ruth.get(f"{stages.HOME}/manual").text

    ruth.post(EDIT, {**form(ruth), "text": with_plain.replace("somewhere", "anywhere")})

    after = ruth.get(f"{stages.HOME}/manual").text
    assert "Read whether they still agree" not in before
    assert "Read whether they still agree: first-meeting-place" in after
    assert "<p>You choose.</p>" in after


def test_a_preview_shows_the_section_and_keeps_nothing(ruth, study):
    typed = form(ruth)

    page = ruth.post(EDIT, {**typed, "text": typed["text"].replace("tone", "*pace*"), "preview": "1"})

    assert page.status_code == 200
    assert "set the <em>pace</em>." in page.text
    assert ruth.get(f"{stages.HOME}/drafts/2").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": "## Meeting {#first-meeting}\n\n::: {#pace .item .core}\nNever closed."}, "line 3"),
        ({"text": "Typed but no heading."}, "heading"),
        ({"reason": ""}, "Say in a sentence why you change this"),
        ({"edit_class": ""}, "Say what kind of change it is."),
        ({"text": ""}, "The section is empty"),
    ],
)
def test_what_cannot_be_kept_is_said_with_its_line_and_the_typing_stays(ruth, study, changes, said):
    page = ruth.post(EDIT, {**form(ruth), "reason": "Typed reason.", **changes})

    assert page.status_code == 422
    assert said in page.text
    assert "Typed reason." in page.text or changes.get("reason") == ""
    assert ruth.get(f"{stages.HOME}/drafts/2").status_code == 404


def test_two_people_editing_are_told_of_each_other_and_nothing_typed_is_lost(ruth, study):
    typed = form(ruth)
    ruth.post(EDIT, {**typed, "text": typed["text"].replace("tone", "pace")})

    page = ruth.post(EDIT, {**typed, "text": typed["text"].replace("tone", "mood")})

    assert page.status_code == 409
    assert "Somebody else has changed the draft meanwhile" in page.text
    assert "set the mood" in page.text
    assert "set the pace" in page.text


def test_an_open_round_holds_the_words(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    said = "A round is open on this draft, so its words stay as they are. Close the round first."
    assert said in ruth.get(EDIT).text
    page = ruth.post(EDIT, form(ruth, reason="Typed reason."))
    assert page.status_code == 409
    assert page.text.count(said) == 2
    assert "Typed reason." in page.text


def test_what_was_rated_is_fixed_and_other_words_are_a_second_version(database, ruth, study):
    fixed = "Draft 1 was rated, so its words stay as they are. What you keep begins draft 2"
    assert fixed in ruth.get(EDIT).text
    typed = form(ruth)

    ruth.post(EDIT, {**typed, "text": typed["text"].replace("at the pace of", "no faster than")})

    assert fixed not in ruth.get(EDIT).text
    with database.reading() as session:
        versions = session.scalars(select(ItemVersion).join(Item).where(Item.key == "pace").order_by(ItemVersion.number)).all()
        assert [(one.number, "at the pace of" in one.text) for one in versions] == [(1, True), (2, False)]


def test_the_log_says_in_words_what_was_done_and_that_it_holds(ruth, study):
    page = ruth.get(LOG).text

    assert "The chain holds" in page
    assert "added 16 people to the panel, which now has: Carers 6, Practitioners 10" in page
    assert "opened round 1 on draft 1: 4 items, 16 people invited" in page
    assert cast.RUTH in page


def test_the_log_says_which_entry_was_changed(database, ruth, study):
    with database.transaction() as session:
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entries'")):
            session.execute(text(f"DROP TRIGGER {name}"))
        session.query(AuditEntry).filter_by(number=2).update({"detail": '{"added":1,"groups":{}}'})

    assert "Entry 2 was changed after it was written, or moved." in ruth.get(LOG).text


def test_a_file_is_asked_for_and_the_page_looks_again_until_it_is_there(settings, ruth, study):
    ruth.get(f"{stages.HOME}/final-manual")

    answer = ruth.post(PDF)

    assert (answer.status_code, answer.location) == (303, PDF)
    waiting = ruth.get(PDF).text
    assert "The file is being prepared" in waiting
    assert f'href="{PDF}">Look again</a>' in waiting
    exports.render(settings, stages.SLUG, "manual.pdf")
    assert "The file is ready." in ruth.get(PDF).text
    with ruth.get(f"{PDF}/file") as file:
        assert file.data.startswith(b"%PDF")
        assert "attachment" in file.headers["Content-Disposition"]


def test_a_file_that_could_not_be_made_says_why(settings, ruth, study):
    ruth.get(f"{stages.HOME}/final-manual")
    ruth.post(PDF)
    waiting = next((settings.data / "exports").glob("*/*/.waiting"))
    waiting.with_name(".failed").write_text("The paper has run out.", encoding="utf-8")

    page = ruth.get(PDF).text

    assert "The paper has run out." in page
    assert "Try again" in page


def test_a_kind_of_file_that_there_is_not_cannot_be_asked_for(ruth, study):
    ruth.get(f"{stages.HOME}/final-manual")

    assert ruth.post(PDF.replace("pdf", "exe")).status_code == 404
