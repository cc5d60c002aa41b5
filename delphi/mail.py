"""Mail: a letter from the outbox made into a message, and its way out, by SMTP or into files."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from textwrap import fill
from urllib.parse import SplitResult, unquote, urlsplit

from email_validator import validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from delphi.atomic import PRIVATE, write_whole
from delphi.config import Settings
from delphi.errors import InvalidError
from delphi.language import form_for, format_day, format_moment, gettext, speaking
from delphi.resources import resource_dir
from delphi.services.letters import Letter, Wording
from delphi.services.mail_texts import PLACES, filled, telling_words
from delphi.services.panel import is_one_line

Send = Callable[[Letter], None]
FOR_GOOD = 500  # from here on a server's answer says that trying again is of no use
SMTP_TIMEOUT = 30  # seconds
SUBJECT = "Subject: "
WIDTH = 72
LONGEST_IN_A_NAME = 80  # of a file, which holds an address and a study's
PRIVATE_FOLDER = 0o700
_UNFIT = re.compile(r"[^A-Za-z0-9@._+-]")  # for the name of a file
# Bodies go out in seven bits, as not every server that a mail passes takes more.
POLICY = SMTP.clone(cte_type="7bit")


class RefusedError(OSError):
    """A mail server has refused this mail for good; `is_unknown` when it knows no such address."""

    def __init__(self, reason: str, *, is_unknown: bool) -> None:
        super().__init__(reason)
        self.is_unknown = is_unknown


@contextmanager
def transport(settings: Settings, *, now: datetime) -> Iterator[Send]:
    """Give the way out for one batch: over one SMTP connection, or into the folder `mail` under the data.

    What cannot be sent is refused as OSError (smtplib's errors are of that kind) or InvalidError: as RefusedError where it is of
    no use to try again.
    """
    if not settings.smtp_url:
        folder = settings.data / "mail"
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        yield lambda letter: _file(folder, letter, message_of(settings, letter, now=now))
        return
    with _connection(urlsplit(settings.smtp_url)) as server:
        yield lambda letter: _hand_over(server, message_of(settings, letter, now=now))


def message_of(settings: Settings, letter: Letter, *, now: datetime) -> EmailMessage:
    """Return the mail in plain text; what stands outside it tells neither the topic nor the title of the study."""
    subject, body = _words(letter, settings)
    recipient, contact = _recipient(letter), _address("", letter.contact) if letter.contact else None
    names = recipient.username + (contact.username if contact else "")
    message = EmailMessage(POLICY.clone(utf8=not names.isascii()))
    message["Subject"] = subject
    message["From"] = _sender(settings.mail_from, "" if telling_words(letter.study_title, letter.sender) else letter.sender)
    message["To"] = recipient
    if contact:
        message["Reply-To"] = contact
    message["Date"] = format_datetime(now)
    # The same whenever it is tried again, so that a mail that arrives twice can be told to be one.
    message["Message-ID"] = f"<{letter.mail_id}@{_domain(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def usual_wording(kind: str, language: str, otherwise: str) -> Wording:
    """Return what such mail says where a study has no words of its own, with {named} places, to begin one's own from."""
    places = {name: f"{{{name}}}" for name in PLACES} | {"outside": ""}
    with speaking(language, otherwise):
        return Wording(*_subject_and_body(_drafts().get_template(f"{kind}.txt").render(_named(places))))


def _words(letter: Letter, settings: Settings) -> tuple[str, str]:
    """Return subject and body, in the study's own words or the usual ones."""
    with speaking(letter.language, settings.language, zone=letter.zone):
        places = {
            "name": letter.name,
            "study": letter.study_title,
            "contact": letter.asking,
            "outside": letter.outside,
            "round": letter.round_number,
            "deadline": letter.deadline,
            "minutes": letter.minutes,
            "link": _link(letter, settings),
            "roles": letter.roles,
            "code": letter.code,
            "site": settings.public_url,
            "refusal": letter.refusal,
        }
        if letter.wording is None:
            text = _templates().get_template(f"{letter.kind}.txt").render(_named(places))
            return _subject_and_body(text)
        said = {name: format_moment(value) if isinstance(value, datetime) else str(value) for name, value in places.items()}
        body = filled(letter.wording.body, said)
        return filled(letter.wording.subject, said), "\n".join(map(_wrapped, body.rstrip().split("\n"))) + "\n"


def _named(places: Mapping[str, object]) -> dict[str, object]:
    """Return the places by the names that the templates call them."""
    named = {"study": "study_title", "round": "round_number"}
    return {named.get(name, name): value for name, value in places.items()}


def _subject_and_body(text: str) -> tuple[str, str]:
    """Return what a template says; its first line is the subject."""
    first, _, body = text.partition("\n")
    return first.removeprefix(SUBJECT), body.lstrip("\n") + "\n"


def _link(letter: Letter, settings: Settings) -> str | None:
    if letter.account_token:
        return f"{settings.public_url}/office/link/{letter.account_token}"
    return f"{settings.public_url}/{letter.way}/{letter.token}" if letter.token else None


@cache
def _templates() -> Environment:
    return _environment(_wrapped, format_moment)


@cache
def _drafts() -> Environment:
    """Return the templates with their places left open, a paragraph on one line, the way it is typed."""
    return _environment(str, str)


def _environment(wrapped: Callable[[str], str], moment: Callable[[datetime], str]) -> Environment:
    loader = FileSystemLoader(resource_dir("templates") / "mail")
    # Plain text: nothing to escape.
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=False, extensions=["jinja2.ext.i18n"])
    environment.install_gettext_callables(gettext, form_for, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(day=format_day, moment=moment, wrapped=wrapped, translated=gettext)
    return environment


def _wrapped(paragraph: str) -> str:
    """Return a paragraph in lines that every mail program shows whole; an address is never cut."""
    return fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


def _sender(mail_from: str, asking: str = "") -> Address:
    """Return from whom mail comes: from who asks, by name, or else by a name that tells of no study in particular."""
    name, address = parseaddr(mail_from)
    return Address(asking or name or parseaddr(Settings.mail_from)[0], addr_spec=address)


def _recipient(letter: Letter) -> Address:
    """Return whom the mail goes to; a name or an address that could begin another header is refused."""
    if not letter.address.isprintable() or not is_one_line(letter.name):
        raise InvalidError("The name or the address has characters that a mail cannot carry.")
    return _address(letter.name, letter.address)


def _address(name: str, address: str) -> Address:
    checked = validate_email(address, check_deliverability=False)
    return Address(name, checked.local_part, checked.ascii_domain)


def _domain(settings: Settings) -> str:
    """Return the name under which we mail: the site's, or the sender's where the site has but a number."""
    host = urlsplit(settings.public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return _sender(settings.mail_from).domain


def _file(folder: Path, letter: Letter, message: EmailMessage) -> None:
    # It holds a personal link, so nobody but the system's own user reads it, nor its name, by which a person's mail is found.
    whom = _UNFIT.sub("_", letter.address)[:LONGEST_IN_A_NAME]
    about = f"{letter.slug[:LONGEST_IN_A_NAME] or 'account'}-{letter.round_number or 0}-{letter.kind}"
    write_whole(folder / f"{about}-{whom}-{letter.mail_id}.eml", message.as_bytes(), PRIVATE)


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Send the message; whatever the server says against it is told without the address, which is kept nowhere in the clear."""
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        (answer,) = error.recipients.values()  # each mail has one
        raise _refusal(*answer, message, is_unknown=True) from None
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error, message, is_unknown=False) from None


def _refusal(code: int, said: bytes | str, message: EmailMessage, *, is_unknown: bool) -> OSError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for address in message["To"].addresses:
        for part in (address.addr_spec, address.username):
            text = re.sub(re.escape(part), "…", text, flags=re.IGNORECASE)
    reason = " ".join(f"{code} {text}".split())
    return RefusedError(reason, is_unknown=is_unknown) if code >= FOR_GOOD else OSError(reason)


@contextmanager
def _connection(url: SplitResult) -> Iterator[smtplib.SMTP]:
    with _connected(url) as server:
        server.ehlo()
        is_private = url.scheme == "smtps"
        if not is_private and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            is_private = True
        if url.username:
            if not is_private:
                raise smtplib.SMTPNotSupportedError(
                    "The mail server offers no encryption, so the password was not sent to it. Use smtps:// in DELPHI_SMTP_URL."
                )
            server.login(unquote(url.username), unquote(url.password or ""))
        yield server


def _connected(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(host, url.port or 25, timeout=SMTP_TIMEOUT)
