"""The mail pages: a plan, words of one's own with a look at how they arrive, news sent once, and a log for the custodian."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from delphi.config import Settings
from delphi.database import Database
from delphi.mail import message_of
from delphi.models import Contact, MailKind, MailText, News, OutboxMail, Role, Study
from delphi.services import outbox
from delphi.services.care import OutsideContact, save_care
from delphi.services.letters import NO_CODE, NO_TOKEN
from delphi.services.mail_plan import Plan, plan_of
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

MAIL = f"{stages.HOME}/mail"
TEXT = f"{MAIL}/texts/invitation"
GOOD = "Dear {name},\r\n\r\ndo come <b>in</b>:\r\n{link}"


@pytest.fixture(autouse=True)
def _study(database: Database) -> None:
    with database.transaction() as session:
        stages.with_panel(session)


@pytest.fixture
def opened(database: Database) -> None:
    with database.transaction() as session:
        cast.open_round(session, session.scalars(select(Study)).one())


def send(ruth: Visitor, url: str, data: dict[str, object]):
    ruth.get(url)
    return ruth.post(url, data)


def test_the_plan_is_kept_and_said(database: Database, ruth: Visitor, opened: None) -> None:
    assert "The next reminder goes out on 9 March 2026 at 10 in the morning (UTC)" in ruth.get(MAIL).text
    plan = {"time_zone": "Europe/Vienna", "days": "5, 12", "thanks": "close", "sender": "Dr Ruth Adler", "version": "0"}

    assert send(ruth, MAIL, plan).status_code == 303

    with database.reading() as session:
        assert plan_of(session, 1) == Plan("Europe/Vienna", (5, 12), plan_of(session, 1).thanks, "Dr Ruth Adler", 1)
    for page in (MAIL, f"{stages.HOME}/rounds/1"):
        assert "on 7 March 2026 at 10 in the morning (Europe/Vienna)" in ruth.get(page).text
    first = r'<select[^>]* name="time_zone"><optgroup label="Often used"><option selected value="Europe/Vienna">Vienna<'
    assert re.search(f'{first}.*value="UTC".*<optgroup label="Europe">.*value="Europe/Rome"', ruth.get(MAIL).text)
    assert "reminders on the days 5, 12 of a round" in ruth.get(f"{stages.HOME}/log").text


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"days": "seven"}, "Write numbers of days"),
        ({"days": "7, 7"}, "in rising order"),
        ({"days": "0"}, "from 1 to 180"),
        ({"time_zone": "Atlantis/Capital"}, "Choose"),
        ({"thanks": "often"}, "Choose"),
        ({"version": "7"}, "Somebody else has changed"),
    ],
)
def test_a_plan_that_cannot_be_kept_comes_back_as_it_was_typed(ruth: Visitor, changes: dict[str, str], refusal: str) -> None:
    answer = send(ruth, MAIL, {"time_zone": "UTC", "days": "7", "thanks": "never", "version": "0", **changes})

    assert answer.status_code in (409, 422)
    assert refusal in answer.text
    assert f'value="{changes.get("days", "7")}"' in answer.text


def test_the_preview_says_who_asks_and_until_when_as_the_mail_does(settings: Settings, database: Database, ruth: Visitor) -> None:
    plan = {"time_zone": "America/New_York", "days": "7", "thanks": "never", "sender": "Dr Ruth Adler", "version": "0"}
    assert send(ruth, MAIL, plan).status_code == 303
    shown = told(unescape(ruth.get(TEXT).text))
    opening = ruth.get(f"{stages.HOME}/rounds/next").text
    assert "It ends at 23:59 (America/New_York)" in opening
    assert f'href="{TEXT}">Read the invitation' in opening
    usual = re.search(r'name="deadline"[^>]*value="([^"]+)"', opening)
    assert usual

    ruth.post(f"{stages.HOME}/rounds/next", {"deadline": usual[1]})

    with database.transaction() as session:
        letter, *_ = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    assert told(message_of(settings, letter, now=cast.NOW).get_content()) == shown
    assert shown == (f"Dr Ruth Adler ({cast.RUTH})", "Monday 30 March 2026, 23:59 Eastern Daylight Time", "1")
    assert "until 30 March 2026" in ruth.get(f"{stages.HOME}/rounds/1").text
    assert re.search(r"<dt>days left</dt><dd>28</dd>", ruth.get(f"{stages.HOME}/rounds/1").text)


def test_the_preview_of_the_usual_words_is_the_mail_that_goes_out(settings: Settings, database: Database, ruth: Visitor) -> None:
    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        contact = OutsideContact("Prof Hanna Kruger", "ombudsperson", "116 123")
        save_care(session, study, contact=contact, crisis="", version=study.version, actor="researcher 1", now=cast.NOW)
    page = unescape(ruth.get(TEXT).text)

    with database.transaction() as session:
        cast.open_round(session, session.scalars(select(Study)).one())
        letter, *_ = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    invented = replace(letter, name="Alex Example", token=NO_TOKEN, code=NO_CODE)
    sent = message_of(settings, invented, now=cast.NOW)

    assert sent["Subject"] == "Your invitation: round 1 is open"
    assert f"<strong>Subject</strong>: {sent['Subject']}<" in page
    assert "Prof Hanna Kruger, ombudsperson, 116 123" in " ".join(sent.get_content().split())
    assert f'<pre class="mail-text" tabindex="0">{sent.get_content()}</pre>' in page


def told(text: str) -> tuple[str, ...]:
    """Return who asks, until when, and how many minutes it takes, as the mail in the text says it."""
    mail = " ".join(text[max(0, text.index("asks for your view") - 60) :].split())
    found = re.search(r"(?:^|, )([^,]+) asks for your view .*? answer until (.+?)\. Answering takes about (.+?) min", mail)
    assert found
    return found.groups()


@pytest.mark.parametrize("sender", ["Ruth\nBcc: all", "x" * 101])
def test_a_name_that_a_mail_cannot_carry_is_refused(ruth: Visitor, sender: str) -> None:
    plan = {"time_zone": "UTC", "days": "7", "thanks": "never", "sender": sender, "version": "0"}

    assert "A name stands on one line" in send(ruth, MAIL, plan).text


def test_words_are_looked_at_before_they_are_kept(database: Database, ruth: Visitor) -> None:
    words = {"subject": "Round {round} begins", "body": GOOD, "version": "0"}

    shown = send(ruth, TEXT, {**words, "preview": "1"})

    assert shown.status_code == 200
    assert "Round 1 begins" in shown.text
    assert "Dear Alex Example,\n\ndo come &lt;b&gt;in&lt;/b&gt;:\nhttp" in shown.text
    with database.reading() as session:
        assert session.scalars(select(MailText)).all() == []

    assert send(ruth, TEXT, words).status_code == 303
    assert re.search(r"Kept\. Mail that has not gone out yet[^<]*Next, advised: <a href=", ruth.get(TEXT).text)
    with database.reading() as session:
        assert session.scalars(select(MailText.body)).one() == GOOD.replace("\r\n", "\n")
    assert "In your words" in ruth.get(MAIL).text


def test_what_is_refused_is_kept_in_the_form(ruth: Visitor) -> None:
    answer = send(ruth, TEXT, {"subject": "Making connections", "body": "Dear {nmae}", "version": "0"})

    assert answer.status_code == 422
    assert "There is no place called {nmae}. There are: {name}, {study}" in answer.text
    assert "Dear {nmae}</textarea>" in answer.text
    assert 'value="Making connections"' in answer.text


def test_the_usual_words_are_not_kept_as_ones_own(database: Database, ruth: Visitor) -> None:
    page = ruth.get(TEXT).text
    body = re.search(r'<textarea[^>]*name="body"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
    subject = re.search(r'name="subject"[^>]*value="([^"]*)"', page)
    assert body
    assert subject

    answer = ruth.post(TEXT, {"subject": subject[1], "body": body[1].replace("&#39;", "'"), "version": "0"})

    assert answer.status_code == 303
    with database.reading() as session:
        assert session.scalars(select(MailText)).all() == []


def test_there_is_no_text_of_another_name(ruth: Visitor) -> None:
    assert ruth.get(f"{MAIL}/texts/new_link").status_code == 404
    assert ruth.get(f"{MAIL}/texts/..%2Fanswer").status_code == 404


def test_a_test_goes_to_whoever_asks_and_leads_nowhere(settings: Settings, database: Database, ruth: Visitor) -> None:
    ruth.get(TEXT)
    answer = ruth.post(f"{TEXT}/test")
    assert answer.status_code == 303

    page = ruth.get(answer.location).text
    assert page.index(f"A test is on its way to {cast.RUTH}.") < page.index("No mail leaves this site")
    with database.transaction() as session:
        (letter,) = outbox.claim_next(session, cast.keyring(), now=cast.NOW)
    message = message_of(settings, letter, now=cast.NOW)
    assert str(message["To"]) == f"Alex Example <{cast.RUTH}>"
    assert f"/p/{'0' * 26}" in message.get_content()


def test_where_there_is_a_mail_server_nothing_is_said_against_it(app: Flask, settings: Settings, ruth: Visitor) -> None:
    app.extensions["delphi"] = replace(app.extensions["delphi"], settings=replace(settings, smtp_url="smtp://127.0.0.1:1"))
    ruth.get(TEXT)

    page = ruth.get(ruth.post(f"{TEXT}/test").location).text

    assert "A test is on its way" in page
    assert "no mail leaves this site" not in page


def test_news_are_looked_at_then_sent_once(database: Database, ruth: Visitor) -> None:
    page = ruth.get(f"{MAIL}/news").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert key
    words = {"subject": "Something new", "body": "Dear {name}, soon.", "audience": "everybody", "key": key[1], "version": "0"}

    shown = ruth.post(f"{MAIL}/news", {**words, "preview": "1"})
    assert shown.status_code == 200
    assert "Dear Alex Example, soon." in shown.text
    with database.reading() as session:
        assert session.scalars(select(News)).all() == []

    assert ruth.post(f"{MAIL}/news", words).status_code == 303
    again = ruth.post(f"{MAIL}/news", words)

    assert again.status_code == 409
    assert "on its way already" in again.text
    with database.reading() as session:
        assert session.query(OutboxMail).filter_by(kind=MailKind.NEWS).count() == 16
    assert "Something new" in ruth.get(MAIL).text


def test_only_the_custodian_sees_who_got_what(database: Database, ruth: Visitor, opened: None, visitor) -> None:
    assert "carers-1@example.org" in ruth.get(f"{MAIL}/log").text
    with database.transaction() as session:
        stages.researcher_with(session, "sol@example.org", session.scalars(select(Study)).one(), Role.FACILITATOR)
    sol = visitor()
    sol.get("/office/sign-in")
    sol.post("/office/sign-in", {"email": "sol@example.org", "password": cast.PASSWORD})

    counts = sol.get(MAIL).text

    assert sol.get(f"{MAIL}/log").status_code == 403
    assert "carers-1@example.org" not in counts
    assert re.search(r"Invitation</th>\s*<td[^>]*>1</td>\s*<td[^>]*>0</td>\s*<td[^>]*>16</td>", counts)


@pytest.mark.parametrize("page", ["0", "2", "-1", "two", "99999999999"])
def test_the_log_has_the_pages_it_has(ruth: Visitor, page: str) -> None:
    assert ruth.get(f"{MAIL}/log?page={page}").status_code == 404


def test_a_bounce_is_noted_on_the_page_of_the_panel(database: Database, ruth: Visitor) -> None:
    panel = f"{stages.HOME}/panel"
    ruth.get(panel)
    unknown = ruth.post(f"{panel}/bounce", {"bounced": "nobody@example.org"})
    assert unknown.status_code == 404
    assert 'value="nobody@example.org"' in unknown.text

    assert ruth.post(f"{panel}/bounce", {"bounced": "carers-1@example.org"}).status_code == 303

    page = ruth.get(panel).text
    assert "Mail to 1 address comes back" in page
    assert "stopped: it comes back" in page
    assert "1 person cannot be reached" in ruth.get(MAIL).text
    with database.reading() as session:
        assert [contact.is_bouncing for contact in session.scalars(select(Contact))].count(True) == 1


def test_a_reminder_after_the_deadline_is_warned_about_and_no_server_is_said_plainly(ruth: Visitor) -> None:
    assert "after the deadline" not in ruth.get(MAIL).text
    send(ruth, MAIL, {"time_zone": "UTC", "days": "7, 30, 40", "thanks": "never", "version": "0"})

    page = ruth.get(MAIL).text

    assert "Days 30, 40 lie after the deadline, so no reminder goes out then." in page
    assert "This site has no mail server." in page
