"""The finished manual says what it is, carries its evidence, and can be read in again as a draft."""

import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.language import speaking
from delphi.manual.outline import Item, ItemKind
from delphi.manual.pages import PageSize
from delphi.manual.parse import parse_text
from delphi.manual.publication import Colophon, GroupRow, Publication, RoundEvidence, WordingVersion
from delphi.manual.publish import manual_html, manual_markdown
from delphi.pseudo import PSEUDO, pseudo_text
from tests.manual.examples import COLOPHON, OUTLINE, PACE, PLACE, PUBLICATION, evidence
from tests.manual.strategies import MARKDOWN, outlines

SLY = st.text(max_size=30) | st.sampled_from([":::", "::: {#x .item .core}", "# A", "```", "---", "| a |", "> x", "[a]: b"])
EVERYTHING = (
    *("Meeting people", "A small manual", "Ada", "Version 2", "23 November 2026", "First meetings", "Later on"),
    *(PLACE.markdown, PACE.markdown, "Item 1 Core", "Item 2 Flexible to judge"),
    "Item 3 Flexible to judge this section as a whole",
    *("Round 1 · wording 1 · 18 rated · 2 unable · median 8 · rated 7–9 78 %", "Carers 6 83 %", "Consensus in"),
    *("Wording 1 At the office.", "It kept people away.", "Decision Reworded: three comments asked for it."),
    *("The verdict is not shown: it would tell of fewer than five people.", "Items no longer in the manual"),
    *("The worker brings a card.", "At least 70 % gave 7–9.", "Twenty people rated every item."),
    *("Ada (2026). Meeting people.", "delphi-manual 1.0", "ab12" * 16),
)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))


def test_the_manual_holds_every_word_and_every_piece_of_evidence():
    text = text_of(manual_html(PUBLICATION))

    for words in EVERYTHING:
        assert words in text


def test_headings_have_no_gap_and_every_link_inside_leads_somewhere():
    html = manual_html(PUBLICATION)

    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_the_document_needs_no_other_file():
    html = manual_html(PUBLICATION)

    assert not re.search(r'(src|href)="(?!#)', html)
    assert set(re.findall(r"url\((.{5})", html)) == {"data:"}
    assert not re.search(r"@import", html)


def test_the_wider_letters_are_sent_only_where_they_are_needed():
    plain = replace(PUBLICATION, outline=replace(OUTLINE, sections=OUTLINE.sections[:1]))

    assert len(manual_html(PUBLICATION)) > len(manual_html(plain)) + 100_000


def test_the_paper_can_be_letter():
    assert "@page { size: letter }" in manual_html(PUBLICATION, page_size=PageSize.LETTER)
    assert "@page { size: A4 }" in manual_html(PUBLICATION)


def test_what_the_site_says_is_translated_and_what_the_manual_says_is_not():
    with speaking(PSEUDO):
        html = manual_html(PUBLICATION)

    assert f">{pseudo_text('Contents')}<" in html
    assert f"<b>{pseudo_text('Core')}</b>" in html
    assert PLACE.markdown in html


def test_nothing_that_people_wrote_is_live_in_the_manual():
    sly = "<script>alert(1)</script>"
    item = evidence(Item("place", ItemKind.CORE, sly), verdict=sly, decision=sly, withheld=sly, section_heading=sly)
    wordings = (WordingVersion(sly, sly, sly), WordingVersion(sly, sly, sly))
    rounds = (RoundEvidence(sly, sly, sly, sly, None, ((sly, sly),), (sly,), (GroupRow(sly, (sly,)),)),)
    colophon = Colophon(sly, sly, (sly,), sly, sly, sly, sly, (sly,), sly, sly, sly)

    html = manual_html(Publication(OUTLINE, (replace(item, versions=wordings, rounds=rounds),), colophon))

    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 20


def test_the_published_draft_reads_as_the_same_draft_and_shows_its_evidence():
    draft = manual_markdown(PUBLICATION)

    assert parse_text({"manual.md": draft}) == OUTLINE
    assert "| Carers | 6 | 83 % |" in draft
    assert "**Verdict:** Consensus in" in draft
    assert f"> {PLACE.markdown}" in draft
    assert r"\::: {\#sly .item .core}" in draft


@settings(max_examples=60, deadline=None)
@given(outlines(), SLY, MARKDOWN)
def test_no_evidence_can_change_what_the_published_draft_says(outline, words, markdown):
    rounds = (RoundEvidence(words, words, words, words, None, ((words, words),), (words,), (GroupRow(words, (words, words)),)),)
    item = replace(evidence(PLACE), statement=markdown, rounds=rounds, verdict=words, decision=words, withheld=words)
    item = replace(item, section_heading=words, versions=(WordingVersion(words, markdown, words),))
    colophon = replace(COLOPHON, how_made=(words, words), rule=words, citation=words)

    draft = manual_markdown(Publication(outline, (item,), colophon))

    assert parse_text({"manual.md": draft}) == outline
