"""Bad input in the files of a draft, a test a row: what is refused and why, and what is told of what will look different."""

import io
import re
import zipfile

import pytest
from sqlalchemy import select

from delphi.models import Study
from delphi.services.drafts import latest_draft, outline_of
from tests import cast

WORD = {
    "[Content_Types].xml": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Types>&e;</Types>",
    "word/document.xml": "<w:document/>",
    "word/vbaProject.bin": "macro",
    "word/_rels/document.xml.rels": '<Relationship TargetMode="External" Target="http://example.org/x"/>',
}


# How Word writes a file that is locked with a password: no archive, but what files of Office were before.
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def locked(content):
    """Return the archive with every file said to be locked with a password."""
    marked = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(signature), content):
            marked[found.start() + place] |= 1
    return bytes(marked)


def upload(ruth, name, content):
    ruth.get("/office/new-study")
    sent = {"source": "upload", "title": "Kept as typed", "files": [(io.BytesIO(content), name)]}
    return ruth.post("/office/new-study", sent, content_type="multipart/form-data")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("manual.docx", zipped(WORD), "This is a file of Word, and a manual is read from plain text."),
        ("manual.docm", zipped(WORD), "This is a file of Word"),
        ("manual.docx", LOCKED, "This is no Markdown file. Give one or several Markdown files (.md or .txt)"),
        ("draft.zip", locked(zipped({"1.md": cast.MANUAL})), "locked with a password"),
        ("draft.zip", zipped({"draft.zip": zipped({"1.md": cast.MANUAL})}), "The archive holds no Markdown file."),
        ("draft.zip", zipped({"/etc/1.md": cast.MANUAL}), "lies outside its folder"),
        ("draft.zip", zipped({"a\\..\\..\\1.md": cast.MANUAL}), "lies outside its folder"),
        ("draft.zip", zipped({f"{n}.md": "# A\n" for n in range(501)}), "more than 500 files"),
        ("draft.zip", zipped({"1.md": "# A\n" + " " * 40_000_000}), "unpacks to more than 2,000,000 bytes"),
        ("manual.pdf", b"%PDF-1.7", "This is no Markdown file."),
        ("manual.md", b"\xff\xfe# A\n", "manual.md, line 1: This is not UTF-8 text."),
        ("manual.md", b"---\ntitle: T\n---\n\n# A\n\nx\x07y\n", "control character (U+0007)"),
        (
            "manual.md",
            b"---\ntitle: T\n---\n\n# A\n\n```\nnever closed\n",
            "line 7: The code block that begins here is never closed.",
        ),
        (
            "manual.md",
            b"---\ntitle: T\n---\n\n# A\n\n::: note\nnever closed\n",
            "line 7: The block that begins here is never closed.",
        ),
        ("manual.md", b"---\ntitle: T\n---\n\n# A\n\n" + b"> " * 10_000 + b"deep\n", "nested more than 100 deep"),
        ("manual.md", b"---\ntitle: T\n---\n\n# A {#a .item}\n\nx\n", "neither .core nor .flexible"),
        ("manual.md", b"---\ntitle: T\n---\n", "There is no heading"),
        ("manual.md", b"---\ntitle: T\n---\n\nWords alone.\n", "There is no heading, so there is no section."),
        (
            "manual.md",
            b"---\ntitle: T\n---\n\n# A\n\n::: {#x .item .core}\n:::\n",
            "line 7: The item \N{LEFT DOUBLE QUOTATION MARK}x\N{RIGHT DOUBLE QUOTATION MARK} is empty.",
        ),
        (
            "manual.md",
            cast.MANUAL.replace("{#pace ", "{#step-back ").encode(),
            "is already used in manual.md, line 17. Give each its own.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason_and_what_was_typed_stays(database, ruth, name, content, said):
    page = upload(ruth, name, content)

    assert page.status_code == 422
    assert said in page.text
    assert 'value="Kept as typed"' in page.text
    with database.reading() as session:
        assert session.query(Study).count() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<script>alert(1)</script>", "Raw HTML is shown as text."),
        ("Some <b onclick=x>bold</b> words.", "Raw HTML is shown as text."),
        ("[here](javascript:alert(1))", "leads nowhere."),
        ("![a tree](https://example.org/tree.png)", "A picture that lies outside the draft is left out"),
    ],
)
def test_what_will_look_different_is_told_with_its_line(ruth, text, said):
    answer = upload(ruth, "manual.md", cast.MANUAL.replace("Nobody is hurried.", text).encode())

    page = ruth.get(answer.headers["Location"]).text
    assert said in page
    assert "manual.md, line 15: " in page


def test_a_plain_text_file_is_a_draft_and_without_a_title_takes_the_one_typed_beside_it(database, ruth):
    answer = upload(ruth, "manual.txt", b"## Pace\n\nSlow.\n\n## Place\n\nHere.\n")

    assert answer.status_code == 303
    with database.reading() as session:
        study = session.scalars(select(Study)).one()
        assert (study.title, outline_of(session, latest_draft(session, study)).title) == ("Kept as typed", "Kept as typed")
