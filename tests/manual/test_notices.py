"""What will not be shown as it was meant is said at import, with its line."""

from delphi.manual.notices import notices


def test_what_is_left_out_or_shown_as_text_is_named_with_its_line():
    text = (
        "---\ntitle: T\n---\n"
        "# A {#a .item .core .wide colour=red}\n\n"
        "<div>\nx\n</div>\n\n"
        "One\n<b>two</b>\nthree ![pic](https://example.org/x.png)\n[four](javascript:x) [five](#a)\n"
    )

    found = [(notice.file, notice.line, str(notice.message).split(" ")[0:4]) for notice in notices({"a.md": text.encode()})]

    assert found == [
        ("a.md", 4, ["The", "mark", "“.wide”", "is"]),
        ("a.md", 4, ["The", "mark", "“colour=…”", "is"]),
        ("a.md", 6, ["Raw", "HTML", "is", "shown"]),
        ("a.md", 11, ["Raw", "HTML", "is", "shown"]),
        ("a.md", 11, ["Raw", "HTML", "is", "shown"]),
        ("a.md", 12, ["A", "picture", "that", "lies"]),
        ("a.md", 13, ["A", "link", "that", "is"]),
    ]


def test_an_ordinary_draft_has_no_notices():
    text = b"---\ntitle: T\n---\n# A\n\n::: {#b .item .core}\n*One* [two](https://example.org), 1 < 2.\n:::\n"

    assert notices({"a.md": text}) == ()
