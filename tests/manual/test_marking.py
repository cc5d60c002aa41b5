"""Items marked in a section's paragraphs: what changes, and what must not."""

import pytest
from hypothesis import given, settings

from delphi.errors import FileError
from delphi.manual.marking import parts_of, remarked
from delphi.manual.outline import Item, ItemKind, Prose, Section
from delphi.manual.parse import parse_section
from delphi.manual.write import write_section
from tests.manual.strategies import outlines

CORE, FLEXIBLE = ItemKind.CORE, ItemKind.FLEXIBLE
SECTION = parse_section("""\
## Pace {#pace}

The worker goes at the pace of the person.

Nobody is hurried, and nobody is held back.

- a list
- of two

::: {#ending .item .core}
Endings are planned.

::: plain
We plan the end.
:::
:::
""")


def kinds(section):
    return [(part.kind, part.key) for part in parts_of(section)]


def test_each_paragraph_entry_of_a_list_and_item_is_a_part():
    assert [part.markdown for part in parts_of(SECTION)] == [
        "The worker goes at the pace of the person.",
        "Nobody is hurried, and nobody is held back.",
        "- a list",
        "- of two",
        "Endings are planned.",
    ]
    assert kinds(SECTION) == [(None, "")] * 4 + [(CORE, "ending")]


def test_a_marked_paragraph_becomes_an_item_with_a_key_of_its_first_words():
    marked = remarked(SECTION, {1: FLEXIBLE}, None, set())

    assert kinds(marked) == [
        (None, ""),
        (FLEXIBLE, "nobody-is-hurried-and-nobody"),
        (None, ""),
        (None, ""),
        (CORE, "ending"),
    ]
    assert parse_section(write_section(marked)) == marked


def test_an_entry_of_a_list_becomes_an_item_without_its_mark_and_the_others_stay_a_list():
    section = Section("a", "A", 2, (Prose("- one\n  and more\n- two\n- three\n- four"),))

    marked = remarked(section, {1: CORE}, None, set())

    assert marked.blocks == (Prose("- one\n  and more"), Item("two", CORE, "two"), Prose("- three\n- four"))
    assert remarked(section, {0: CORE}, None, set()).blocks[0] == Item("one-and-more", CORE, "one\nand more")


@pytest.mark.parametrize(
    ("markdown", "n"),
    [("1. a\n2. b", 2), ("- a\n\n- b", 1), ("- a\n2. b", 2), ("* a\n* b\n  - c", 2), ("-no list\n-at all", 1), ("a\n- b", 2)],
)
def test_only_what_is_one_list_without_blank_lines_is_taken_apart(markdown, n):
    assert len(parts_of(Section("a", "A", 2, (Prose(markdown),)))) == n


@pytest.mark.parametrize("markdown", ["a\n- b\n- c", "- a\n2. b", "a\n> b\nc", "a\n\n\nb", "a  \n\n    code", "```\n- a\n```\nb"])
def test_text_that_is_not_marked_stays_to_the_letter(markdown):
    section = Section("a", "A", 2, (Prose(markdown), Item("i", CORE, "An item."), Prose(markdown)))

    assert remarked(section, {}, None, set()) == section


def test_a_key_that_is_taken_gets_a_number():
    marked = remarked(SECTION, {0: CORE, 1: CORE}, None, {"the-worker-goes-at-the", "the-worker-goes-at-the-2"})

    assert kinds(marked)[0] == (CORE, "the-worker-goes-at-the-3")


def test_words_that_were_an_item_get_their_key_back_unless_it_is_taken():
    known = {"The worker goes at the pace of the person.": "speed"}

    assert kinds(remarked(SECTION, {0: CORE}, None, set(), known))[0] == (CORE, "speed")
    assert kinds(remarked(SECTION, {0: CORE}, None, {"speed"}, known))[0] == (CORE, "the-worker-goes-at-the")


def test_two_paragraphs_of_the_same_words_get_two_keys():
    twice = Section("a", "A", 2, (Prose("The same.\n\nThe same."),))

    assert kinds(remarked(twice, {0: CORE, 1: CORE}, None, set())) == [(CORE, "the-same"), (CORE, "the-same-2")]


def test_words_without_a_plain_letter_make_a_key_too():
    assert kinds(remarked(Section("a", "A", 2, (Prose("Ευχαριστώ"),)), {0: CORE}, None, set())) == [(CORE, "item")]


def test_an_item_keeps_its_key_and_plain_words_when_its_kind_changes():
    marked = remarked(SECTION, {4: FLEXIBLE}, None, set())

    assert marked.blocks[-1] == Item("ending", FLEXIBLE, "Endings are planned.", "We plan the end.")


def test_an_item_becomes_text_again_and_leaves_its_plain_words():
    marked = remarked(SECTION, {4: None}, CORE, set())

    assert [type(block) for block in marked.blocks] == [Prose]
    assert marked.blocks[0].wording.endswith("- a list\n- of two\n\nEndings are planned.")
    assert marked.rated is CORE


def test_what_no_item_can_hold_is_refused():
    odd = Section("a", "A", 2, (Prose("::: plain\nonly plain\n:::"),))

    with pytest.raises(FileError):
        remarked(odd, {0: CORE}, None, set())


@settings(max_examples=80, deadline=None)
@given(outlines())
def test_marking_nothing_changes_nothing(outline):
    for section in outline.sections:
        assert parse_section(write_section(remarked(section, {}, section.rated, set()))) == section
