"""A draft written and read again is the same draft."""

from hypothesis import example, given, settings

from delphi.manual.outline import Item, ItemKind, Outline, Section
from delphi.manual.parse import parse_section, parse_text
from delphi.manual.write import write_draft, write_files, write_section
from tests.manual.strategies import PARAGRAPHS, outlines


@settings(max_examples=150, deadline=None)
@given(outlines())
def test_a_written_draft_reads_as_the_same_draft(outline):
    assert parse_text({"draft.md": write_draft(outline)}) == outline


@settings(max_examples=80, deadline=None)
@given(outlines())
def test_a_draft_written_as_numbered_files_reads_as_the_same_draft(outline):
    files = write_files(outline)

    assert parse_text(files) == outline
    assert list(files) == sorted(files)


@settings(max_examples=80, deadline=None)
@given(outlines())
def test_a_section_written_for_an_editor_reads_as_the_same_section(outline):
    for section in outline.sections:
        assert parse_section(write_section(section)) == section


@settings(max_examples=60, deadline=None)
@given(PARAGRAPHS)
@example("- a\n\n      code in a list")
def test_an_items_words_come_back_as_they_were(markdown):
    outline = Outline({"title": "T"}, (Section("a", "A", 1, (Item("b", ItemKind.CORE, markdown),)),))

    assert parse_text({"draft.md": write_draft(outline)}).item("b").markdown == markdown


def test_the_written_form_is_pandocs():
    item = Item("first-meeting-place", ItemKind.CORE, "The person chooses the place.")
    outline = Outline({"title": "Meeting"}, (Section("first", "Meeting for the first time", 2, (item,)),))

    assert write_draft(outline) == (
        "---\ntitle: Meeting\n---\n\n"
        "## Meeting for the first time {#first}\n\n"
        "::: {#first-meeting-place .item .core}\nThe person chooses the place.\n:::\n"
    )


def test_plain_words_are_written_as_a_block_inside_the_item():
    item = Item("place", ItemKind.CORE, "The person chooses the place.", "You choose where.")
    outline = Outline({"title": "Meeting"}, (Section("first", "First", 2, (item,)),))

    assert write_draft(outline).endswith(
        "::: {#place .item .core}\nThe person chooses the place.\n\n::: plain\nYou choose where.\n:::\n:::\n"
    )


def test_a_draft_without_marks_is_marked_as_whole_sections_when_written():
    unmarked = parse_text({"plain.md": "# Title\n\n## One\n\nText.\n\n## Two\n\nMore.\n"})

    written = write_draft(unmarked)

    assert "## One {#one .item .flexible}" in written
    assert parse_text({"plain.md": written}) == unmarked
