"""Drafts are read whole or not at all, and every fault is named with its file and line."""

import pytest

from delphi.errors import FileError
from delphi.manual.outline import Item, ItemKind, Prose
from delphi.manual.parse import parse_draft, parse_files, parse_section, parse_text, parse_wording
from delphi.manual.write import write_draft

FRONT = "---\ntitle: Meeting\n---\n"


def problems(text, *, front=FRONT):
    with pytest.raises(FileError) as refused:
        parse_text({"a.md": front + text})
    return [(problem.line, str(problem.message)) for problem in refused.value.problems]


def only_problem(text, *, front=FRONT):
    (problem,) = problems(text, front=front)
    return problem


def test_a_draft_gives_its_front_matter_sections_prose_and_items_in_order():
    outline = parse_text(
        {
            "a.md": "---\ntitle: Meeting\nversion: 1.10\nlanguage: no\nauthors: [Ada, Bo]\n---\n"
            "## Meeting for the first time {#first-meeting}\n\nThe first talks set the tone …\n\n"
            "::: {#place .item .core}\nThe person chooses the place.\n:::\n\n"
            ":::: {#pace .item .flexible} ::::\nThe worker waits.\n::::\nAfter.\n"
        }
    )

    (section,) = outline.sections
    assert (section.key, section.heading) == ("first-meeting", "Meeting for the first time")
    assert (section.level, section.rated) == (2, None)
    assert section.blocks == (
        Prose("The first talks set the tone …"),
        Item("place", ItemKind.CORE, "The person chooses the place."),
        Item("pace", ItemKind.FLEXIBLE, "The worker waits."),
        Prose("After."),
    )
    assert (outline.title, outline.version, outline.language, outline.authors) == ("Meeting", "1.10", "no", ("Ada", "Bo"))
    assert outline.section_of("pace") == section
    assert outline.is_marked


def test_a_section_can_be_rated_as_a_whole_and_its_wording_is_heading_and_text():
    outline = parse_text({"a.md": FRONT + "# Pace {#pace .item .core}\n\nSlow.\n\n::: {#wait .item .flexible}\nWait.\n:::\n"})

    assert [(item.key, item.kind, item.markdown) for item in outline.items()] == [
        ("pace", ItemKind.CORE, "# Pace\n\nSlow.\n\nWait."),
        ("wait", ItemKind.FLEXIBLE, "Wait."),
    ]


def test_an_items_plain_words_stand_in_a_block_of_their_own_wherever_in_it():
    last = "::: {#place .item .core}\nThe person chooses.\n\n::: plain\nYou choose.\n\n- here\n:::\n:::\n"
    amid = "::: {#place .item .core}\nThe person\n\n:::: {.plain}\nYou choose.\n::::\n\nchooses.\n:::\n"

    assert parse_section("# A {#a}\n\n" + last).blocks == (
        Item("place", ItemKind.CORE, "The person chooses.", "You choose.\n\n- here"),
    )
    assert parse_section("# A {#a}\n\n" + amid).blocks == (Item("place", ItemKind.CORE, "The person\n\nchooses.", "You choose."),)


def test_a_block_of_plain_words_elsewhere_is_a_block_like_any_other():
    text = "# A {#a}\n\n::: plain\nIn short.\n:::\n\n::: {#b .item .core}\n::: note\n::: plain\nDeep.\n:::\n:::\n:::\n"

    assert parse_section(text).blocks == (
        Prose("::: plain\nIn short.\n:::"),
        Item("b", ItemKind.CORE, "::: note\n::: plain\nDeep.\n:::\n:::"),
    )


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        (
            "Words.\n\n::: plain\n:::",
            (6, "The plain words of the item “b” are empty. Write them, or take the block ::: plain out."),
        ),
        ("::: plain\nEasy.\n:::", (6, "The item “b” is empty. Write its words or take it out.")),
        (
            "Words.\n\n::: plain\nA\n:::\n\n::: plain\nB\n:::",
            (13, "This item has plain words already. Put all of them into one block ::: plain"),
        ),
        ("Words.\n\n::: plain\nEasy.", (6, "The block that begins here is never closed. End it with a line :::")),
    ],
)
def test_plain_words_that_cannot_be_read_are_named(inside, problem):
    assert only_problem(f"# A {{#a}}\n\n::: {{#b .item .core}}\n{inside}\n:::\n") == problem


def test_markdown_without_marks_is_rated_by_section_and_takes_its_title_from_the_first_heading():
    outline = parse_text({"a.md": "# The title\n\n## Pace\n\nSlow.\n\nPace\n----\n\n## Über uns!\n\n## 漢字\n"})

    assert outline.title == "The title"
    assert [section.key for section in outline.sections] == ["pace", "pace-2", "uber-uns", "section"]
    assert {section.rated for section in outline.sections} == {ItemKind.FLEXIBLE}
    assert not outline.is_marked


def test_a_title_with_words_under_it_stays_a_section():
    outline = parse_text({"a.md": "# The title\n\nSome words.\n\n## Pace\n"})

    assert [section.key for section in outline.sections] == ["the-title", "pace"]


ONE_TITLE = "# The title\n\nSome words.\n\n## Pace\n\nSlow.\n\n### In winter\n\nSlower.\n\n## Place\n\nHere.\n"


def test_one_title_at_the_start_is_no_section_that_holds_everything():
    outline = parse_text({"a.md": ONE_TITLE})

    assert [chapter.key for chapter in outline.chapters] == ["the-title", "pace", "place"]
    assert [item.key for item in outline.items()] == ["pace", "in-winter", "place"]
    assert not outline.is_marked
    assert outline.body[0].key == "pace"
    assert parse_text({"a.md": write_draft(outline)}) == outline


@pytest.mark.parametrize("front", ["", "---\ntitle: The title\n---\n"])
def test_a_title_above_marked_items_is_the_manuals_too(front):
    outline = parse_text({"a.md": front + "# The title\n\n## Pace\n\n::: {#wait .item .core}\nWait.\n:::\n\n## Place\n"})

    assert outline.title == "The title"
    assert [(section.key, section.level) for section in outline.sections] == [("pace", 2), ("place", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "# Pace {#pace}\n\nSlow.\n\n## Place\n",
        "# Pace\n\nSlow.\n\n## Place\n\n# Time\n",
        "# Pace\n\nSlow.\n\n## Place\n",
    ],
)
def test_a_heading_that_was_meant_as_a_section_stays_one_with_what_is_under_it(text):
    outline = parse_text({"a.md": FRONT + text})

    assert outline.title == "Meeting"
    assert (outline.sections[0].key, outline.sections[0].level, outline.sections[0].rated) == ("pace", 1, ItemKind.FLEXIBLE)
    assert outline.chapters[0].sections[1].key == "place"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("## Pace\n\nSlow.\n", "Typed here"),
        ("# Pace\n\nSlow.\n\n# Place\n\nHere.\n", "Typed here"),
        (ONE_TITLE, "The title"),
        ("# The title\n\n# Pace\n\nSlow.\n", "The title"),
        (FRONT + "## Pace\n", "Meeting"),
    ],
)
def test_a_title_given_beside_is_that_of_a_draft_which_says_none(text, title):
    outline = parse_files({"a.md": text.encode()}, " Typed  here ")

    assert outline.title == title
    assert "the-title" not in {item.key for item in outline.items()}


def test_files_are_read_in_the_order_of_their_names_and_not_below_the_folder(tmp_path):
    (tmp_path / "02-b.md").write_text("Belongs to the section before.\n\n# B\n")
    (tmp_path / "01-a.md").write_bytes(b"\xef\xbb\xbf" + FRONT.encode() + b"# A {#a .item .core}\r\n\r\nText.\r\n")
    (tmp_path / "notes.txt").write_text("# C")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "03.md").write_text("# D")

    outline = parse_draft(tmp_path)

    assert [section.key for section in outline.sections] == ["a", "b"]
    assert outline.sections[0].blocks == (Prose("Text.\n\nBelongs to the section before."),)


def test_one_file_is_a_draft_too(tmp_path):
    (tmp_path / "draft.md").write_text(FRONT + "# A\n")

    assert parse_draft(tmp_path / "draft.md").title == "Meeting"


def test_headings_and_divs_in_code_quotations_and_other_divs_are_text():
    code = "```\n# no\n::: {#no .item .core}\n```"
    note = "::: note\n# Not a section\n:::"

    outline = parse_text({"a.md": FRONT + f"# A {{#a .item .core}}\n\n{code}\n\n> # no\n\n{note}\n\n    ::: x\n"})

    assert outline.sections[0].blocks == (Prose(f"{code}\n\n> # no\n\n{note}\n\n    ::: x"),)


def test_an_underlined_heading_is_a_heading():
    outline = parse_text({"a.md": FRONT + "Pace and\nplace {#pace .item .core}\n===\n\nText.\n"})

    assert (outline.sections[0].heading, outline.sections[0].key, outline.sections[0].level) == ("Pace and place", "pace", 1)


def test_an_appendix_is_not_read():
    appendix = "::: {.appendix}\n# Evidence\n\n::: {#place .item .core}\nx\n\n# Heading\n:::\n:::\n"

    outline = parse_text({"a.md": FRONT + "# A\n\n::: {#place .item .core}\nWords.\n:::\n\n" + appendix})

    assert [section.key for section in outline.sections] == ["a"]
    assert outline.item("place").markdown == "Words."


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# A {#a}\n::: {#a .item .core}\nx\n:::\n", 5, "“a” is already used in a.md, line 4"),
        ("# A {#a}\n\n# B {#a}\n", 6, "“a” is already used in a.md, line 4"),
        ("# A\n::: {#b .item .core}\n\n:::\n", 5, "“b” is empty"),
        ("# A\n::: {#b .item .core}\n[x]: https://example.org\n:::\n", 5, "“b” is empty"),
        ("# A\n::: {#b .item .core}\nx\n\n# B\n", 5, "never closed"),
        ("# A\n::: note\nx\n", 5, "never closed"),
        ("# A\n\n::: {.appendix}\n# B\n", 6, "never closed"),
        ("# A\nx\n:::\n", 6, "never opened"),
        ("just words\n", None, "There is no heading"),
        ("words\n\n# A\n", 4, "before the first heading"),
        ("::: {#b .item .core}\nx\n:::\n\n# A\n", 4, "before the first heading"),
        ("# A\n::: {#b .item .core}\nx\n::: {#c .item .core}\ny\n:::\n:::\n", 7, "inside another block, which begins on line 5"),
        ("# A\n::: note\n::: {#c .item .core}\ny\n:::\n:::\n", 6, "inside another block, which begins on line 5"),
        ("# A\n- one\n\n  ::: {#c .item .core}\n  y\n  :::\n", 7, "inside a list or a quotation"),
        ("# A\n::: {#b .item .core}\nx\n\n# B\n:::\n", 8, "A heading stands inside the item “b”"),
        ("# A\n::: {#b .item .core}\nx\n\ny\n---\n:::\n", 8, "a line of dashes"),
        ("# A\n::: {#naïve .item .core}\nx\n:::\n", 5, "“naïve” cannot be used"),
        ("# A {#a b}\n", 4, "braces after this heading"),
        ("# {#a}\n", 4, "no words"),
        ("# A\n::: {#b .item}\nx\n:::\n", 5, "neither .core nor .flexible"),
        ("# A\n::: {#b .item .core .flexible}\nx\n:::\n", 5, "both .core and .flexible"),
        ("# A {#a .core}\n", 4, "not .item"),
        ("# A\n::: {#b .core}\nx\n:::\n", 5, "not .item"),
        ("# A\n::: {.item .core}\nx\n:::\n", 5, "no key"),
        ("# A\n::: {#b .item .core\nx\n", 5, "cannot be read"),
        ("# A\n\n```\nx\n", 6, "code block that begins here is never closed"),
        ("# A\n\n```", 6, "code block that begins here is never closed"),
        ("# A\n\nx\x00y\n", 6, "U+0000"),
        ("# A\n\n" + ">" * 10_000 + " x\n", 6, "nested more than 100 deep"),
        ("# A\n\n" + "::: note\n" * 101 + ":::\n" * 101, 106, "nested more than 100 deep"),
        ("# A\n\n" + "word " * 5_000, 6, "more than 20,000 characters"),
        ("", None, "Write a heading"),
    ],
)
def test_what_a_draft_may_not_contain_is_named_with_its_line(text, line, words):
    found, message = only_problem(text)

    assert found == line
    assert words in message


@pytest.mark.parametrize(
    ("front", "line", "words"),
    [
        ("---\ntitle: [a]\n---\n", 2, "“title” in the front matter must be a text"),
        ("---\ntitle: a\nauthors: {a: b}\n---\n", 3, "“authors” in the front matter must be a text or a list"),
        ("---\ntitle: a\ntitle: b\n---\n", 3, "“title” twice"),
        ("---\ntitle: a: b\n---\n", 2, "in quotes"),
        ("---\n- a\n---\n", 2, "“name: value”"),
        ("---\ntitle: a\nx: {b: c}\n---\n", 3, "“x” in the front matter"),
        ("---\nlanguage: en\n---\n", 1, "no title"),
        ("---\ntitle:\n---\n", 1, "no title"),
        ("---\n" + "[" * 5_000 + "\n---\n", None, "cannot be read"),
    ],
)
def test_front_matter_that_cannot_be_used_is_named_with_its_line(front, line, words):
    found, message = only_problem("# A {#a .item .core}\n", front=front)

    assert found == line
    assert words in message


def test_front_matter_executes_nothing():
    found, _ = only_problem("# A\n", front="---\ntitle: !!python/object/apply:os.system [echo]\n---\n")

    assert found == 2


def test_every_problem_of_every_file_is_told_at_once():
    with pytest.raises(FileError) as refused:
        parse_files(
            {
                "b.md": b"---\ntitle: Again\n---\n# B {#a}\n",
                "a.md": FRONT.encode() + b"# A {#a}\n::: {#b .item}\n:::\n:::\n",
                "c.md": b"# C\n\nfine\n\xff\n",
            }
        )

    assert [(problem.file, problem.line) for problem in refused.value.problems] == [
        *[("a.md", 5), ("a.md", 5), ("a.md", 7), ("b.md", 1), ("b.md", 4), ("c.md", 4)],
    ]
    assert "UTF-8" in str(refused.value.problems[-1])


def test_an_unclosed_item_is_one_problem_and_later_keys_are_still_checked():
    text = "# A {#a}\n::: {#b .item .core}\nx\n\n# B {#c}\n\n::: {#c .item .core}\ny\n:::\n"

    assert [line for line, _ in problems(text)] == [5, 10]


def test_too_large_a_draft_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "a.md").write_text(FRONT + "# A\n\n" + "word\n\n" * 400_000)

    with pytest.raises(FileError, match="2,000,000 is the most"):
        parse_draft(tmp_path)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_path_with_no_draft_is_refused(tmp_path, name):
    with pytest.raises(FileError):
        parse_draft(tmp_path / name)


def test_an_edited_section_is_read_as_it_is_marked():
    section = parse_section("## Pace {#pace}\n\nSlow.\n\n::: {#wait .item .core}\nWait.\n:::\n")

    assert (section.key, section.rated, len(section.items)) == ("pace", None, 1)


@pytest.mark.parametrize("text", ["no heading", "# A\n\n# B\n", "---\ntitle: x\n---\n# A\n", "# A\n:::\n", ""])
def test_what_is_not_one_section_is_refused(text):
    with pytest.raises(FileError):
        parse_section(text)


def test_a_new_wording_is_given_in_its_normal_form():
    assert parse_wording("\r\n\r\nThe worker waits.  \r\n") == "The worker waits."


@pytest.mark.parametrize(
    "text", ["", "# A", "::: {#a .item .core}\nx\n:::", ":::", "a\n---\n", "```\nx", "[x]: y", "a\n\n::: plain\nb\n:::"]
)
def test_what_an_item_cannot_hold_is_no_wording(text):
    with pytest.raises(FileError):
        parse_wording(text)


def test_a_value_over_several_lines_is_one_line_without_control_characters():
    outline = parse_text({"a.md": '---\ntitle: |\n  Meeting\n  people\nsubtitle: "a\\0b"\n---\n# A\n'})

    assert (outline.title, outline.subtitle) == ("Meeting people", "ab")
