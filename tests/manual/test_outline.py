"""An outline is looked up by key and is the same whether it comes from a file or from JSON."""

import json

import pytest

from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section

WAIT = Item("wait", ItemKind.CORE, "Wait.")
PACE = Section("pace", "Pace", 2, (Prose("Slow."), WAIT), ItemKind.FLEXIBLE)
OUTLINE = Outline({"title": "T", "authors": ("Ada", "Bo")}, (PACE,))


def test_items_and_sections_are_found_by_key():
    assert OUTLINE.item("wait") == WAIT
    assert OUTLINE.item("pace") == Item("pace", ItemKind.FLEXIBLE, "## Pace\n\nSlow.\n\nWait.")
    assert OUTLINE.section_of("wait") is OUTLINE.section("pace") is OUTLINE.section_of("pace")


@pytest.mark.parametrize("find", [OUTLINE.item, OUTLINE.section, OUTLINE.section_of])
def test_a_key_that_is_not_there_is_no_item(find):
    with pytest.raises(KeyError):
        find("elsewhere")


def test_front_matter_kept_as_json_gives_an_equal_outline():
    assert Outline(json.loads(json.dumps(OUTLINE.meta)), OUTLINE.sections) == OUTLINE


def test_what_the_front_matter_leaves_out_has_a_plain_default():
    bare = Outline({"title": "T"}, ())

    assert (bare.language, bare.authors, bare.subtitle) == ("en", (), "")
