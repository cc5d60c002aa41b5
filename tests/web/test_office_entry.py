"""Coming in, and beginning a study."""

import io
import zipfile

import pytest
from sqlalchemy import select

from delphi.models import Round, Study
from delphi.services.drafts import latest_draft, outline_of
from delphi.web.limits import limiter
from tests import cast

SAME = "This address and password do not open an account."


def upload(browser, *files, **more):
    browser.get("/office/new-study")
    data = {"source": "upload", "title": "", "files": [(io.BytesIO(content), name) for name, content in files], **more}
    return browser.post("/office/new-study", data, content_type="multipart/form-data")


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_md", ".md").replace("_csv", ".csv"), text)
    return content.getvalue()


def slugs(database):
    with database.reading() as session:
        return list(session.scalars(select(Study.slug)))


@pytest.mark.parametrize(
    ("email", "password"), [(cast.RUTH, "wrong wrong wrong"), ("nobody@example.org", cast.PASSWORD), ("no address", "x")]
)
def test_a_wrong_address_and_a_wrong_password_are_told_the_same(ruth, visitor, email, password):
    browser = visitor()
    browser.get("/office/sign-in")

    page = browser.post("/office/sign-in", {"email": email, "password": password})

    assert page.status_code == 422
    assert SAME in page.text
    assert browser.get("/office/").status_code == 401


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_who_comes_in_is_led_elsewhere_by_what_an_address_asks(database, visitor, open_study, away):
    browser, panelist = visitor(), visitor()
    with database.reading() as session:
        link = f"/p/{cast.token(session, session.query(Round).one(), 'carers-1@example.org')}?next={away}"
    browser.get("/office/sign-in")
    panelist.get(link)

    answers = [
        browser.post(f"/office/sign-in?next={away}", {"email": cast.RUTH, "password": cast.PASSWORD, "next": away}),
        panelist.post(link, {"next": away}),
    ]

    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/office/"), (303, "/panel/")]


def test_a_locked_account_is_told_the_same_with_the_right_password(ruth, visitor):
    browser = visitor()
    browser.get("/office/sign-in")
    for _ in range(5):
        browser.post("/office/sign-in", {"email": cast.RUTH, "password": "wrong wrong wrong"})

    page = browser.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD})

    assert page.status_code == 422
    assert SAME in page.text


def test_signing_out_closes_the_office(ruth):
    ruth.get("/office/")

    assert ruth.post("/office/sign-out").status_code == 303
    assert ruth.get("/office/").status_code == 401


def test_trying_passwords_is_slowed_down(app, visitor, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    browser = visitor()
    browser.get("/office/sign-in")

    answers = [browser.post("/office/sign-in", {"email": "x@example.org", "password": ""}).status_code for _ in range(21)]

    assert answers[:20] == [422] * 20
    assert answers[20] == 429


def test_a_study_begins_from_one_file(database, ruth):
    answer = upload(ruth, ("manual.md", cast.MANUAL.encode()))

    assert answer.status_code == 303
    assert slugs(database) == ["making-connections"]
    assert "Import the panel" in ruth.get(answer.location).text


def test_a_study_begins_from_a_zipped_folder_and_says_what_was_left_aside(database, ruth):
    first, second = cast.MANUAL.split("## Going along", 1)
    folder = zipped(
        draft__1_md=first, draft__2_md="## Going along" + second, draft__panel_csv="name", draft__demo__README_md="# No"
    )

    answer = upload(ruth, ("draft.zip", folder), title="Another name")

    assert slugs(database) == ["another-name"]
    assert "2 files that are not part of the draft were left aside." in ruth.get(answer.location).text
    with database.reading() as session:
        outline = outline_of(session, latest_draft(session, session.query(Study).one()))
    assert [item.key for item in outline.items()] == list(cast.ITEMS)


def test_a_study_begins_from_the_example(database, ruth):
    ruth.get("/office/new-study")

    answer = ruth.post("/office/new-study", {"source": "example", "title": ""})

    assert answer.status_code == 303
    assert slugs(database) == ["making-connections"]


def test_everything_wrong_with_a_draft_is_told_at_once_and_nothing_is_kept(database, ruth):
    broken = cast.MANUAL.replace("#pace ", "#first-meeting-place ").replace("#step-back .item .flexible", "#step-back .item")

    page = upload(ruth, ("manual.md", broken.encode()), title="Kept as typed")

    assert page.status_code == 422
    assert "manual.md, line 17" in page.text
    assert "manual.md, line 29" in page.text
    assert 'value="Kept as typed"' in page.text
    assert slugs(database) == []


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("manual.docx", b"PK\x03\x04 no archive")],
        [("manual.rtf", cast.MANUAL.encode())],
        [("draft.zip", zipped(up__1_md=cast.MANUAL).replace(b"up/1.md", b"../1.md"))],
        [("draft.zip", zipped(a__1_md=cast.MANUAL, b__2_md=cast.MANUAL))],
        [("draft.zip", zipped(a_csv="x"))],
        [("draft.zip", zipped(a_md="# A\n" + "word " * 500_000))],
        [("a.md", cast.MANUAL.encode()), ("a.md", cast.MANUAL.encode())],
    ],
    ids=["nothing", "damaged", "not Markdown", "outside", "two folders", "no Markdown", "too large", "same name"],
)
def test_files_that_are_no_draft_are_refused_in_words(database, ruth, files):
    page = upload(ruth, *files)

    assert page.status_code == 422
    assert 'id="error-summary"' in page.text
    assert slugs(database) == []


def test_an_archive_is_not_unpacked_beyond_what_is_read(ruth):
    half = "# A\n" + "word " * 300_000

    page = upload(ruth, ("draft.zip", zipped(a_md=half, b_md=half)))

    assert "unpacks to more than 2,000,000 bytes" in page.text


def test_a_second_study_of_the_same_name_is_refused(database, ruth):
    upload(ruth, ("manual.md", cast.MANUAL.encode()))

    page = upload(ruth, ("manual.md", cast.MANUAL.encode()))

    assert page.status_code == 409
    assert "There is a study called making-connections already" in page.text


def test_script_in_a_draft_is_shown_as_text(database, ruth):
    hostile = cast.MANUAL.replace("Nobody is hurried.", "<script>alert(1)</script> [x](javascript:alert(1))")
    upload(ruth, ("manual.md", hostile.encode()), title="<img src=x onerror=alert(1)>1")

    page = ruth.get("/office/studies/img-src-x-onerror-alert-1-1/manual").text

    assert "<script" not in page
    assert 'href="javascript:' not in page
    assert "<img" not in page


@pytest.mark.parametrize("language", ["en-GB", "qq", "en_US.UTF-8", "e"])
def test_a_study_in_a_language_that_is_not_known_by_that_name_can_be_read(ruth, language):
    draft = cast.MANUAL.replace("language: en", f"language: {language}").encode()

    began = upload(ruth, ("draft.md", draft))

    assert ruth.get(began.headers["Location"]).status_code == 200


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_with_damaged_contents_is_refused_in_words(database, ruth, kind):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", kind) as archive:
        archive.writestr("1.md", cast.MANUAL)
    content = bytearray(whole.getvalue())
    first = content.index(b"1.md") + len(b"1.md")
    for place in range(first, first + 40):
        content[place] ^= 0xFF

    page = upload(ruth, ("draft.zip", bytes(content)))

    assert page.status_code == 422
    assert "The archive is damaged" in page.text
    assert slugs(database) == []


def test_a_character_that_no_keyboard_writes_is_refused_and_a_title_is_one_line(database, ruth):
    refused = upload(ruth, ("draft.md", cast.MANUAL.encode()), title="Nu\0ll")
    upload(ruth, ("draft.md", cast.MANUAL.encode()), title="Two\r\nlines")

    assert refused.status_code == 400
    with database.reading() as session:
        assert list(session.scalars(select(Study.title))) == ["Two lines"]


def test_signing_out_ends_every_session_of_the_person_copied_cookies_too(ruth, app):
    thief = app.test_client()
    thief.set_cookie("delphi", ruth.client.get_cookie("delphi").value)
    assert thief.get("/office/").status_code == 200

    ruth.get("/office/")
    ruth.post("/office/sign-out")

    assert thief.get("/office/").status_code == 401
