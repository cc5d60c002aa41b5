"""A file of people that cannot be used: refused with the place and in words, by the browser; nobody is added."""

import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from delphi.database import Database
from delphi.models import Panelist
from tests.web import stages
from tests.web.conftest import Visitor

PANEL = f"{stages.HOME}/panel"
HEAD = "name,email,group\n"
PLACE = ", line 3"


@pytest.fixture(autouse=True)
def _study(database: Database) -> None:
    with database.transaction() as session:
        stages.with_panel(session)


def sheet(*rows: tuple[object, ...], change: Callable[[Workbook], None] = lambda _: None) -> bytes:
    book = Workbook()
    for row in (("name", "email", "group"), *rows):
        book.active.append(row)
    change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def archive(**files: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return written.getvalue()


def with_part(book: bytes, name: str, text: str = "x", *, times: int = 1) -> bytes:
    """Return the spreadsheet with one part more, which says this so many times."""
    written = io.BytesIO(book)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as made, made.open(name, "w") as part:
        for _ in range(times):
            part.write(text.encode())
    return written.getvalue()


def linked(book: Workbook) -> None:
    """Have the address of the first person lead to a mail to her, as spreadsheet programs write what looks like one."""
    book.active["B2"].hyperlink = "mailto:ada@example.org"


ADA, BO = ("Ada Ong", "ada@example.org", "Carers"), ("Bo Lind", "bo@example.org", "Carers")
MERGED = sheet(ADA, ("Bo Lind", None, "Carers"), change=lambda book: book.active.merge_cells("B2:B3"))
# How a spreadsheet program writes a file that is locked with a password: no archive, but what files of Office were before.
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
REFUSED = {
    "empty": (b"", ["the file is empty"]),
    "a header and nobody": (HEAD, ["There is nobody in this file"]),
    "no header": ("Ada Ong,ada@example.org,Carers\n", ["are missing"]),
    "a missing column": ("name;email\nAda Ong;ada@example.org\n", [", line 1", "the column &#39;group&#39; is missing"]),
    "a column twice": ("name,email,group,E-mail\nA,a@example.org,Carers,b@example.org\n", ["stands there twice"]),
    "Windows-1252": (f"{HEAD}Ada,a@example.org,Carers\nSi\xe2n,s@example.org,Carers\n".encode("cp1252"), [PLACE, "not UTF-8"]),
    "UTF-16": (f"{HEAD}Ada Ong,ada@example.org,Carers\n".encode("utf-16"), ["UTF-16"]),
    "merged cells": (MERGED, ["B2:B3 are merged"]),
    "a formula": (sheet(ADA, ("Bo", '="bo@"&"example.org"', "Carers")), [PLACE, "holds a formula"]),
    "one address in two cases": (f"{HEAD}Ada,ada@example.org,Carers\nAda,ADA@Example.ORG,Carers\n", [PLACE, "line 2 already"]),
    "one domain in two alphabets": (
        f"{HEAD}Ada,ada@b\xfccher.example,Carers\nAda,ada@xn--bcher-kva.example,Carers\n",
        [PLACE, "line 2 already"],
    ),
    "who is on the panel": (f"{HEAD}Ada,ada@example.org,Carers\nAda,CARERS-1@example.org,Carers\n", [PLACE, "already"]),
    "no address": (f"{HEAD}Ada,ada@example.org,Carers\nBo,bo at example.org,Carers\n", [PLACE, "is not an e-mail address"]),
    "no group": (f"{HEAD}Ada,ada@example.org,Carers\nBo,bo@example.org, \n", [PLACE, "The cell is empty"]),
    "a group in two cases": (f"{HEAD}Ada,ada@example.org,Carers\nBo,bo@example.org,CARERS\n", [PLACE, "differ in capitals only"]),
    "a line that is too wide": (f"{HEAD}Ada,ada@example.org,Carers\nBo,bo@example.org,Carers,x\n", [PLACE, "4 cells"]),
    "a quote left open": (f'{HEAD}Ada,ada@example.org,Carers\n"Bo,bo@example.org,Carers\n', ["quotes or delimiters are broken"]),
    "markup in a name": (f"{HEAD}Ada,ada@example.org,Carers\nBo,<script>x</script>,Carers\n", [PLACE, "&lt;script&gt;x"]),
    "a line end in a name": (f'{HEAD}Ada,ada@example.org,Carers\n"Bo\x07",bo@example.org,Carers\n', [PLACE, "cannot be kept"]),
    "a password": (LOCKED, ["locked with a password", "save it as XLSX without one, or as CSV UTF-8"]),
    "macros": (with_part(sheet(ADA), "xl/vbaProject.bin"), ["holds macros", "save it as XLSX, which has none"]),
    "entities": (with_part(sheet(ADA), "xl/more.xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"), ["definitions"]),
    "what unpacks to more than anybody has": (
        with_part(sheet(ADA), "xl/media/a.png", " " * 2**20, times=257),
        ["unpacks to more"],
    ),
    "another kind of archive": (archive(manual="x"), ["damaged"]),
    "half a spreadsheet": (sheet(ADA)[:2000], ["damaged"]),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_used_is_refused_in_words(
    database: Database, ruth: Visitor, content: bytes | str, said: list[str]
) -> None:
    ruth.get(PANEL)
    sent = content if isinstance(content, bytes) else content.encode()

    answer = ruth.post(PANEL, {"file": (io.BytesIO(sent), "people")}, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.text
    for words in said:
        assert words in answer.text
    assert "<script>x" not in answer.text
    with database.reading() as session:
        assert session.query(Panelist).count() == sum(stages.SIZES.values())


def test_more_people_than_a_panel_has_are_refused(database: Database, ruth: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delphi.files.panel.MOST_PEOPLE", 2)
    ruth.get(PANEL)
    rows = "".join(f"P {n},p{n}@example.org,Carers\n" for n in range(3))

    answer = ruth.post(PANEL, {"file": (io.BytesIO((HEAD + rows).encode()), "a.csv")}, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert "more than 2 rows" in answer.text


def test_a_million_rows_are_more_than_the_site_takes(ruth: Visitor) -> None:
    ruth.get(PANEL)
    rows = FileStorage(io.BytesIO((HEAD + "P,p@example.org,Carers\n" * 1_000_000).encode()), "a.csv")
    # The test client would put so large a file on the disk and leave it open.
    limit, sent = encode_multipart({"csrf_token": ruth.csrf_token, "file": rows})

    answer = ruth.client.post(PANEL, data=sent, content_type=f"multipart/form-data; boundary={limit}")

    assert answer.status_code == 413
    assert "larger than this site takes (4 MB). Send less at a time." in answer.text


def test_of_many_faults_the_first_fifty_are_told_with_how_many_more(ruth: Visitor) -> None:
    ruth.get(PANEL)
    rows = HEAD + "P,nobody,Carers\n" * 60

    answer = ruth.post(PANEL, {"file": (io.BytesIO(rows.encode()), "a.csv")}, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert answer.text.count("is not an e-mail address") == 50
    assert "10 more" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + HEAD + "Ada,ada@example.org,Carers\n").encode(),
        b"name;email;group\r\nAda;ada@example.org;Carers\r\n",
        sheet(ADA, BO),
        sheet(ADA, BO, change=linked),
        with_part(sheet(ADA, BO), "../../../etc/passwd"),
    ],
    ids=["byte order mark", "semicolons", "spreadsheet", "links in cells", "a part outside its folder, which is not unpacked"],
)
def test_what_spreadsheet_programs_write_is_read(ruth: Visitor, content: bytes) -> None:
    ruth.get(PANEL)

    answer = ruth.post(PANEL, {"file": (io.BytesIO(content), "people")}, content_type="multipart/form-data")

    assert answer.status_code == 200
    assert "ada@example.org" in answer.text
