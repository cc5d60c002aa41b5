"""Two drafts side by side: what is the same is found again wherever it stands."""

from hypothesis import given, settings

from delphi.manual.compare import Status, compare
from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section
from delphi.manual.publish import redline_html
from tests.manual.strategies import outlines

CORE, FLEXIBLE = ItemKind.CORE, ItemKind.FLEXIBLE


def manual(*sections):
    return Outline({"title": "T"}, sections)


def section(key, *blocks, heading=None, rated=None):
    return Section(key, heading or key.title(), 1, blocks, rated)


def told(comparison):
    return [(part.status, part.key, [(block.status, block.key) for block in part.blocks]) for part in comparison.sections]


def test_items_are_followed_by_their_key():
    old = manual(section("a", Item("one", CORE, "Meet at home."), Item("two", CORE, "Wait."), Item("three", CORE, "Go.")))
    new = manual(section("a", Item("one", CORE, "Meet near home."), Item("two", FLEXIBLE, "Wait."), Item("four", CORE, "Stay.")))

    comparison = compare(old, new)

    blocks = [("changed", "one"), ("changed", "two"), ("removed", "three"), ("added", "four")]
    assert told(comparison) == [("changed", "a", blocks)]
    assert [change.text for change in comparison.sections[0].blocks[0].changes] == ["Meet ", "at", "near", " home."]
    assert (comparison.sections[0].blocks[1].old_kind, comparison.sections[0].blocks[1].kind) == (CORE, FLEXIBLE)
    assert comparison.count(Status.CHANGED) == 2


def test_an_item_moved_to_another_section_says_where_from():
    one = Item("one", CORE, "Meet.")

    comparison = compare(manual(section("a", one), section("b")), manual(section("a"), section("b", one)))

    (block,) = comparison.sections[1].blocks
    assert (block.status, block.moved_from) == (Status.MOVED, "A")
    assert comparison.sections[0].blocks == ()


def test_paragraphs_are_paired_by_their_words():
    old = manual(section("a", Prose("The first stays as it is.\n\nThe second changes by a word.\n\nGone entirely, this one.")))
    new = manual(section("a", Prose("New at the top: 1 2 3.\n\nThe first stays as it is.\n\nThe second changes by one word.")))

    (part,) = compare(old, new).sections

    assert [block.status.value for block in part.blocks] == ["added", "unchanged", "changed", "removed"]


def test_an_inserted_list_or_note_is_one_block():
    new = manual(section("a", Prose("- a\n\n- b\n\n::: note\nOne.\n\nTwo.\n:::")))

    (part,) = compare(manual(section("a")), new).sections

    assert [block.new for block in part.blocks] == ["- a\n\n- b", "::: note\nOne.\n\nTwo.\n:::"]


def test_sections_are_added_removed_moved_and_renamed():
    old = manual(section("a", Prose("A.")), section("b", Prose("B.")), section("c", Prose("C.")), section("d", Prose("D.")))
    new = manual(section("d", Prose("D.")), section("a", Prose("A.")), section("c", Prose("C."), heading="See"), section("e"))

    comparison = compare(old, new)

    assert [(part.status.value, part.key, part.is_moved) for part in comparison.sections] == [
        ("moved", "d", True),
        ("unchanged", "a", False),
        ("removed", "b", False),
        ("changed", "c", False),
        ("added", "e", False),
    ]


def test_a_section_with_a_new_key_and_the_old_heading_is_the_same_section():
    comparison = compare(manual(section("a", Prose("A."), heading="Pace")), manual(section("b", Prose("A."), heading="Pace")))

    assert comparison.is_unchanged


@settings(max_examples=60, deadline=None)
@given(outlines())
def test_a_draft_is_unchanged_from_itself(outline):
    assert compare(outline, outline).is_unchanged


@settings(max_examples=60, deadline=None)
@given(outlines(), outlines())
def test_no_item_of_either_draft_is_lost(old, new):
    blocks = [block for block in compare(old, new).blocks() if block.key]

    before = sorted(item.key for part in old.sections for item in part.blocks if isinstance(item, Item))
    after = sorted(item.key for part in new.sections for item in part.blocks if isinstance(item, Item))
    assert sorted(block.key for block in blocks if block.status is not Status.ADDED) == before
    assert sorted(block.key for block in blocks if block.status is not Status.REMOVED) == after


def test_the_printed_difference_escapes_what_the_drafts_say():
    old = manual(section("a", Item("one", CORE, "Meet at home.")))
    new = manual(section("a", Item("one", CORE, "Meet at <script>alert(1)</script>."), heading="<i>A</i>"))

    html = redline_html(compare(old, new), title="<b>", old_label="Draft 1", new_label="Draft 2")

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>:" not in html
    assert "Items reworded: 1" in html


def test_a_paragraph_moved_to_another_section_says_where_from():
    old = manual(section("a", Prose("It moves.")), section("b", Prose("It stays.")))
    new = manual(section("a"), section("b", Prose("It stays.\n\nIt moves.")))

    blocks = list(compare(old, new).blocks())

    assert [(block.status, block.moved_from) for block in blocks] == [(Status.UNCHANGED, ""), (Status.MOVED, "A")]


def test_a_reworded_paragraph_is_paired_with_the_one_most_like_it():
    old = manual(section("a", Prose("Take the bus with the person.\n\nTake the train with the person on a Monday.")))
    new = manual(section("a", Prose("Take the train with the person on a Friday.")))

    (part,) = compare(old, new).sections

    assert [(block.status, block.old) for block in part.blocks] == [
        (Status.REMOVED, "Take the bus with the person."),
        (Status.CHANGED, "Take the train with the person on a Monday."),
    ]
