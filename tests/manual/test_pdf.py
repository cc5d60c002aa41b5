"""The PDF is tagged, the same every time, and holds nothing that was not in the document."""

import gc
import io
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pypdf import PdfReader

from delphi.manual.pdf import render_pdf
from delphi.manual.publish import manual_html
from tests.manual.examples import PUBLICATION

MADE = datetime(2026, 11, 23, 12, tzinfo=UTC)
CANARY = "canary-7f3a"
PAGE = "<!DOCTYPE html><html lang='en'><head><title>T</title>{head}</head><body><p>Words.</p>{body}</body></html>"


@pytest.fixture(scope="module")
def manual_pdf():
    return render_pdf(manual_html(PUBLICATION), made=MADE)


@pytest.fixture
def visitors():
    """A server on this machine, and the list of what was asked of it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args):
            """Keep still."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def words_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_printed_manual_says_what_the_manual_says(manual_pdf):
    words = " ".join(words_of(manual_pdf).split())

    for expected in ("Meeting people", "CONTENTS", "First meetings", "takes place where the person has chosen."):
        assert expected in words
    for expected in ("to judge", "Consensus in", "Round 1", "Cite as", "Łódź, α"):
        assert expected in words


def test_the_pdf_is_tagged_and_names_language_title_and_authors(manual_pdf):
    reader = PdfReader(io.BytesIO(manual_pdf))

    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_object().get_data()
    assert (reader.metadata.title, reader.metadata.author) == ("Meeting people", "Ada, Bo")
    assert reader.metadata.creation_date == MADE
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)][:1] == ["Meeting people"]


def test_the_same_manual_gives_the_same_bytes(manual_pdf):
    assert render_pdf(manual_html(PUBLICATION), made=MADE) == manual_pdf


def test_the_pages_are_as_large_as_the_paper(manual_pdf):
    assert [round(float(side)) for side in PdfReader(io.BytesIO(manual_pdf)).pages[0].mediabox[2:]] == [595, 842]


def test_no_file_of_this_machine_gets_into_the_pdf(tmp_path):
    (tmp_path / "canary.txt").write_text(CANARY)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="9"><text y="9">{CANARY}</text></svg>'
    (tmp_path / "canary.svg").write_text(svg)
    (tmp_path / "canary.css").write_text(f"p::before {{ content: '{CANARY}' }}")
    url = tmp_path.as_uri()
    head = f"<link rel='attachment' href='{url}/canary.txt'><link rel='stylesheet' href='{url}/canary.css'>"
    body = f"<img src='{url}/canary.svg'><a rel='attachment' href='{url}/canary.txt'>x</a>"
    body += f"<object data='{url}/canary.svg'></object>"
    style = f"<style>@import url({url}/canary.css);</style>"

    pdf = render_pdf(PAGE.format(head=head + style, body=body), made=MADE)

    reader = PdfReader(io.BytesIO(pdf))
    assert "Words." in words_of(pdf)
    assert CANARY not in words_of(pdf)
    assert dict(reader.attachments) == {}
    assert dict(reader.pages[0]["/Resources"].get("/XObject", {})) == {}


def test_nothing_is_fetched_from_anywhere(visitors):
    url, asked = visitors
    head = f"<link rel='stylesheet' href='{url}/a.css'><link rel='attachment' href='{url}/b'>"
    body = f"<img src='{url}/c.png'><p style='background: url({url}/d.png)'>x</p><svg><image href='{url}/e.png'/></svg>"

    pdf = render_pdf(PAGE.format(head=head, body=body), made=MADE)

    assert "Words." in words_of(pdf)
    assert asked == []


def test_the_collector_runs_again_after_rendering():
    render_pdf(PAGE.format(head="", body=""), made=MADE)

    assert gc.isenabled()
