"""Letters become messages that give nothing away, and leave by SMTP or into files."""

import email
import email.policy
import smtplib
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.orm import Session as DatabaseSession

from delphi.config import Settings
from delphi.errors import InvalidError
from delphi.mail import RefusedError, message_of, transport, usual_wording
from delphi.models import Role, StudyRole
from delphi.services.care import OutsideContact, save_care
from delphi.services.letters import Letter, Wording
from delphi.services.outbox import claim_next
from delphi.services.researchers import add_researcher
from tests import cast

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "0123456789ABCDEFGHJKMNPQRS"
LETTER = Letter(
    mail_id=4711,
    kind="invitation",
    name="Ada Byron",
    address="ada@example.org",
    study_title="Living with psychosis",
    contact="ruth@example.org",
    round_number=2,
    deadline=datetime(2026, 3, 30, 9, 0, tzinfo=UTC),
    token=TOKEN,
    minutes=12,
)


class Inbox:
    """A mail server's end: keeps what it accepts and turns away whoever is called nobody or the like.

    It puts everybody off with the answer `puts_off`, which may name the {address}, and hangs up once, after so many,
    on somebody whom it knows.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.asked_for: list[str] = []
        self.peers: set[object] = set()
        self.puts_off = ""
        self.hangs_up_after = 0

    async def handle_RCPT(  # noqa: N802 — the server looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked_for.append(address)
        if self.puts_off:
            return self.puts_off.format(address=address, name=address.partition("@")[0].upper())
        if address.startswith("nobody"):
            return "550 there is no such person"
        if self.hangs_up_after and len(self.received) == self.hangs_up_after:
            self.hangs_up_after = 0
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.peers.add(session.peer)
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp_settings(settings: Settings, inbox: Inbox) -> Iterator[Settings]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield replace(settings, smtp_url=f"smtp://127.0.0.1:{port}")
    controller.stop()


def test_an_invitation_says_who_asks_for_what_until_when_and_holds_the_way_in(settings: Settings) -> None:
    message = message_of(replace(settings, public_url="https://delphi.example.org"), LETTER, now=NOW)

    assert message["To"] == "Ada Byron <ada@example.org>"
    assert message["Reply-To"] == "ruth@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    body = message.get_content()
    assert body.startswith(
        "Hello Ada Byron,\n\nruth@example.org asks for your view in this study:\n\n    Living with psychosis\n"
    )
    assert f"\nhttps://delphi.example.org/p/{TOKEN}\n" in body
    said = " ".join(body.split())
    assert "until Monday 30 March 2026, 09:00 UTC. Answering takes about 12 min, in one go or in parts." in said
    assert "names no study on purpose" in body
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize(("number", "subject"), [(1, "Your invitation: round 1 is open"), (2, "Round 2 is open")])
def test_nothing_outside_the_body_gives_the_study_away(settings: Settings, number: int, subject: str) -> None:
    message = message_of(settings, replace(LETTER, round_number=number), now=NOW)

    assert message["Subject"] == subject
    assert not [name for name, value in message.items() if "psychosis" in str(value)]


@pytest.mark.parametrize(
    ("public_url", "domain"),
    [
        ("https://delphi.example.org:8443", "delphi.example.org"),
        ("http://127.0.0.1:8000", "mail.example.org"),
        ("http://[::1]:8000", "mail.example.org"),
    ],
)
def test_a_message_is_numbered_under_a_name_never_under_an_ip_address(settings: Settings, public_url: str, domain: str) -> None:
    settings = replace(settings, public_url=public_url, mail_from="Delphi study <study@mail.example.org>")

    assert message_of(settings, LETTER, now=NOW)["Message-ID"] == f"<4711@{domain}>"


def test_the_owner_of_the_study_is_who_asks(session: DatabaseSession) -> None:
    sol = add_researcher(session, "sol@example.org", cast.PASSWORD, now=cast.NOW)
    study = cast.begin_study(session)
    earlier = cast.NOW - timedelta(days=1)
    session.add(StudyRole(study_id=study.id, researcher_id=sol.id, role=Role.FACILITATOR, granted_at=earlier))
    session.flush()
    cast.add_panel(session, study, {"Carers": 5})
    cast.open_round(session, study)

    letters = claim_next(session, cast.keyring(), now=cast.NOW)

    assert {letter.contact for letter in letters} == {cast.RUTH}


def test_mail_to_the_panel_names_whom_outside_the_team_people_can_turn_to(session: DatabaseSession, settings: Settings) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 5})
    cast.open_round(session, study)
    save_care(
        session,
        study,
        OutsideContact("Mira Okafor", "ombudsperson", "116 123"),
        "",
        version=study.version,
        actor="researcher 1",
        now=cast.NOW,
    )

    letter = claim_next(session, cast.keyring(), now=cast.NOW)[0]
    told, silent = (
        " ".join(message_of(settings, one, now=NOW).get_content().split()) for one in (letter, replace(letter, outside=""))
    )

    assert "You can also turn to somebody outside the team: Mira Okafor, ombudsperson, 116 123." in told
    assert "outside the team" not in silent


def test_the_same_letter_is_the_same_message_however_often_it_is_tried(settings: Settings) -> None:
    first, second = (message_of(settings, LETTER, now=moment) for moment in (NOW, NOW.replace(hour=10)))

    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ada\r\nBcc: eve@example.org"},
        {"name": "Ada\x00"},
        {"address": "ada@example.org\nBcc: eve@example.org"},
        {"address": "ada@example.org\r\n\r\nBuy this"},
    ],
)
def test_no_name_or_address_can_begin_another_header(settings: Settings, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="cannot carry"):
        message_of(settings, replace(LETTER, **changes), now=NOW)


def test_own_words_are_said_in_place_of_the_usual_ones(settings: Settings) -> None:
    wording = Wording(
        "Round {round}, once more", "Dear {name},\n\n" + "do come " * 20 + "\n\n{link}\n{code} {site}/enter\nuntil {deadline}\n"
    )

    message = message_of(settings, replace(LETTER, wording=wording, code="ABCDE-FGHJK", name="Ada {link}"), now=NOW)

    assert message["Subject"] == "Round 2, once more"
    lines = message.get_content().splitlines()
    assert lines[0] == "Dear Ada {link},"  # what fills a place is not looked through again
    assert max(map(len, lines[:6])) <= 72
    assert f"http://127.0.0.1:8000/p/{TOKEN}" in lines
    assert "ABCDE-FGHJK http://127.0.0.1:8000/enter" in lines
    assert "until Monday 30 March 2026, 09:00 UTC" in lines


@pytest.mark.parametrize("kind", ["invitation", "reminder", "thanks", "news"])
def test_the_usual_words_with_their_places_open_say_the_same_when_filled(settings: Settings, kind: str) -> None:
    letter = replace(LETTER, kind=kind, code="ABCDE-FGHJK")

    usual, worded = (
        message_of(settings, replace(letter, wording=wording), now=NOW) for wording in (None, usual_wording(kind, "en", "en"))
    )

    assert worded["Subject"] == usual["Subject"]
    assert worded.get_content() == usual.get_content()


def test_a_name_that_looks_like_an_address_stays_a_name(settings: Settings) -> None:
    letter = replace(LETTER, name="eve@example.org, Bcc: <mallory@example.org>")

    message = email.message_from_bytes(message_of(settings, letter, now=NOW).as_bytes(), policy=email.policy.default)

    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.org"]


def test_names_and_domains_beyond_ascii_are_kept(settings: Settings) -> None:
    letter = replace(LETTER, name="Zoë Müller", address="zoe@bücher.example", contact="ruth@bücher.example")

    message = email.message_from_bytes(message_of(settings, letter, now=NOW).as_bytes(), policy=email.policy.default)

    assert str(message["To"]) == "Zoë Müller <zoe@xn--bcher-kva.example>"
    assert str(message["Reply-To"]) == "ruth@xn--bcher-kva.example"
    assert message.get_content().startswith("Hello Zoë Müller,")


def test_without_a_server_mail_is_written_to_files_that_only_we_can_read(settings: Settings) -> None:
    with transport(settings, now=NOW) as send:
        send(replace(LETTER, slug="connections"))
        send(replace(LETTER, slug="connections"))

    (path,) = (settings.data / "mail").iterdir()
    assert path.name == "connections-2-invitation-ada@example.org-4711.eml"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    written = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert written["To"] == "Ada Byron <ada@example.org>"


def test_an_address_that_no_file_could_be_called_by_is_written_all_the_same(settings: Settings) -> None:
    with transport(settings, now=NOW) as send:
        send(replace(LETTER, address="o'brien/é*@example.org"))
        send(replace(LETTER, address=f"{'x' * 60}@{'long.' * 30}example.org", slug="s" * 300, mail_id=4712))

    first, second = sorted(path.name for path in (settings.data / "mail").iterdir())
    assert first == "account-2-invitation-o_brien___@example.org-4711.eml"
    assert second.startswith(f"{'s' * 80}-2-invitation-{'x' * 60}@long.")
    assert second.endswith("-4712.eml")


def test_a_batch_goes_to_the_server_over_one_connection(smtp_settings: Settings, inbox: Inbox) -> None:
    with transport(smtp_settings, now=NOW) as send:
        send(LETTER)
        send(replace(LETTER, mail_id=4712, name="Zoë", address="zoe@example.org"))

    assert [str(message["To"]) for message in inbox.received] == ["Ada Byron <ada@example.org>", "Zoë <zoe@example.org>"]
    assert f"/p/{TOKEN}" in inbox.received[1].get_content()
    assert len(inbox.peers) == 1


def test_a_recipient_who_is_turned_away_does_not_hold_up_the_next(smtp_settings: Settings, inbox: Inbox) -> None:
    with transport(smtp_settings, now=NOW) as send:
        with pytest.raises(RefusedError, match="550 there is no such person"):
            send(replace(LETTER, address="nobody@example.org"))
        send(LETTER)

    assert len(inbox.received) == 1


def test_a_password_is_never_sent_in_the_clear(smtp_settings: Settings) -> None:
    url = smtp_settings.smtp_url.replace("smtp://", "smtp://ruth:secret@")

    with pytest.raises(smtplib.SMTPNotSupportedError, match="smtps"), transport(replace(smtp_settings, smtp_url=url), now=NOW):
        pass


def test_a_server_that_is_not_there_is_an_error_of_the_system(settings: Settings) -> None:
    with pytest.raises(OSError), transport(replace(settings, smtp_url="smtp://127.0.0.1:1"), now=NOW):  # noqa: PT011
        pass


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("study@mail.example.org", "Delphi study <study@mail.example.org>"),
        ("University <u@example.org>", "University <u@example.org>"),
    ],
)
def test_mail_comes_from_a_name_that_tells_of_no_study(settings, mail_from, sender):
    settings = replace(settings, mail_from=mail_from)

    assert message_of(settings, LETTER, now=cast.NOW)["From"] == sender
    assert message_of(settings, replace(LETTER, sender="The Psychosis Team"), now=cast.NOW)["From"] == sender


def test_mail_comes_in_the_name_of_who_asks(settings):
    message = message_of(settings, replace(LETTER, sender="Dr Ruth Ödler"), now=cast.NOW)

    assert message["From"] == "Dr Ruth Ödler <study@localhost>"
