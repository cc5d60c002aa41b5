"""The sheet for the decision meeting: a page for each item that is not settled, with what a team talks about."""

import io
import re

import pytest
from pypdf import PdfReader

from delphi.models import Action, Proposal, ProposalVersion, Study
from delphi.services.ballots import questionnaire_of
from delphi.services.decisions import Verdict, decide
from delphi.services.round_changes import pull_item
from tests import cast
from tests.web import stages

SHEET = f"{stages.HOME}/rounds/1/meeting"
OPTIONS = ("Keep", "Reword", "Ask again", "Split", "Merge", "Drop", "Move")


@pytest.fixture
def closed(database, ruth):
    """Round 1, closed: there is no consensus on the first item; one carer has commented on it and proposed other words."""
    with database.transaction() as session:
        opened = stages.round_open(session)
        first = questionnaire_of(session, opened).items[0]
        writer = cast.member(session, opened, "carers-2@example.org").panelist_id
        other = Proposal(id=99, round_id=opened.id, panelist_id=writer, item_version_id=first.id)
        other.versions = [ProposalVersion(number=1, text="The person says <i>where</i>.")]
        session.add(other)
        session.flush()
        study = session.get_one(Study, opened.study_id)
        cast.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)
    ruth.get(SHEET)


def test_only_what_is_open_has_a_page(ruth, closed):
    page = ruth.get(f"{SHEET}.html").text

    assert page.count('class="matter"') == 1
    assert "Item 1 of 1" in page
    assert "somewhere that the person has chosen" in page
    assert "There is no consensus on it yet." in page
    assert "goes at the pace of the person" not in page  # everybody rated it 8: settled


def test_a_page_holds_evidence_voices_boxes_and_lines(ruth, closed):
    page = ruth.get(f"{SHEET}.html").text
    said = " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<article") :]).split())

    assert "10 of 16 people chose 7 to 9" in said
    # carers (6) chose 2, practitioners (10) chose 8
    assert "Carers Consensus: out 6 2 0 0 %" in said
    assert "Practitioners Consensus: in 10 8 0 100 %" in said
    assert "Everybody No consensus 16 8 6 62.5 %" in said
    assert "Not every house &lt;b&gt;is&lt;/b&gt; safe." in page
    assert "The person says &lt;i&gt;where&lt;/i&gt;." in page
    options = re.findall(r'<li><span class="tick"></span> <b>(.*?)</b>', page)
    assert tuple(options) == OPTIONS
    assert page.count('class="line"') == 6
    assert "carers-1" not in page
    assert "P-" not in page  # nobody's code name


def test_the_sheet_needs_no_other_file_and_is_printed_an_item_a_page(database, ruth, closed):
    file = ruth.get(f"{SHEET}.html")
    assert file.headers["Content-Disposition"] == 'attachment; filename="meeting-connections-1.html"'
    assert not re.search(r"(?:src|href)=.?(?:https?:)?/", file.text)

    answer = ruth.get(f"{SHEET}.pdf")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="meeting-connections-1.pdf"'
    pages = PdfReader(io.BytesIO(answer.data)).pages
    assert len(pages) == 1
    assert "For the team only · Making connections · Round 1" in pages[0].extract_text()


def test_what_is_decided_leaves_the_sheet(database, ruth, closed):
    assert "There is no consensus on it yet." in ruth.get(SHEET).text
    with database.transaction() as session:
        study = session.query(Study).one()
        round_ = cast.rounds.rounds_of(session, study)[0]
        verdict = Verdict(Action.KEEP, "It stays as it is.")
        decide(session, study, round_, cast.ITEMS[0], verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)

    assert "Nothing is left to talk about" in ruth.get(SHEET).text
    assert 'class="matter"' not in ruth.get(f"{SHEET}.html").text


def test_a_pulled_item_is_talked_about_too(database, ruth):
    with database.transaction() as session:
        opened = stages.round_open(session)
        study = session.get_one(Study, opened.study_id)
        pull_item(session, study, opened, "pace", "Half of it was missing.", actor="researcher 1", now=cast.NOW)
        cast.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)

    page = ruth.get(f"{SHEET}.html").text

    assert page.count('class="matter"') == 2
    assert "It was pulled from the round and has no ratings that count." in page


def test_there_is_no_sheet_while_the_round_is_open(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    for address in (SHEET, f"{SHEET}.html", f"{SHEET}.pdf"):
        assert ruth.get(address).status_code == 409


def test_a_group_of_which_too_few_rated_the_item_gets_no_verdict_of_its_own(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 2, "Practitioners": 6})
        opened = cast.open_round(session, study)
        for address in addresses:
            cast.rate(session, opened, address, dict.fromkeys(cast.ITEMS, 8 if address.startswith("carers") else 4))
        cast.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)

    for address in (f"{SHEET}.html", f"{stages.HOME}/rounds/1/items/pace"):
        said = " ".join(re.sub(r"<[^>]+>", " ", ruth.get(address).text).split())
        assert "Carers Too few for a verdict 2 8" in said
        assert "Practitioners No consensus 6 4" in said
    table = ruth.get(f"{stages.HOME}/rounds/1/results?group=Carers").text
    assert table.count(">Too few for a verdict<") == len(cast.ITEMS)
    assert f"Too few for a verdict ({len(cast.ITEMS)})" in table


def test_a_group_of_which_fewer_rated_an_item_than_took_part_says_what_became_of_the_others(database, ruth):
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 7, "Practitioners": 5})
        opened = cast.open_round(session, study)
        for address, answer in zip(addresses, [{"pace": "unable"}, {}, *[{"pace": 4}] * 10], strict=True):
            cast.rate(session, opened, address, {"step-back": 8, **answer})
        cast.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)

    said = " ".join(re.sub(r"<[^>]+>", " ", ruth.get(f"{stages.HOME}/rounds/1/items/pace").text).split())
    assert "Carers No consensus 5 4 0 0 % 1 1" in said
