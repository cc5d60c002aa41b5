"""Settings: the DELPHI_* variables, read once, checked, frozen; a bad one refuses to start and is named."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from delphi.errors import DelphiError
from delphi.language import SOURCE, available, languages

SHORTEST_SECRET = 32
OPTIONAL, REQUIRED = "optional", "required"


class SettingError(DelphiError):
    """A setting that is missing or wrong; the sentence names it and says what it wants."""


@dataclass(frozen=True)
class Settings:
    """What one installation runs with.

    `database_url`, `queue_url` and `smtp_url` are empty where the built-in one is meant: a SQLite file, the embedded
    queue, mail written to files, all under `data`.
    """

    data: Path
    secret_key: str
    public_url: str = "http://127.0.0.1:8000"
    database_url: str = ""
    queue_url: str = ""
    smtp_url: str = ""
    mail_from: str = "Delphi study <study@localhost>"
    mail_per_minute: int = 300
    trusted_proxies: int = 0
    language: str = SOURCE
    second_factor: str = OPTIONAL

    @property
    def needs_second_factor(self) -> bool:
        """Whether every researcher has to sign in with a code beside the password."""
        return self.second_factor == REQUIRED

    is_rehearsal: bool = False  # no setting: a copy of a study runs like this, beside the installation itself

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'delphi.sqlite3'}"

    @property
    def is_secure(self) -> bool:
        """Whether people reach the site over HTTPS, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def reaches_nobody(self) -> bool:
        """Whether mail that is meant to go out goes into files alone; in a rehearsal none is meant to."""
        return not (self.smtp_url or self.is_rehearsal)

    def as_environment(self) -> dict[str, str]:
        """Return the variables from which a process that this one starts reads the same settings."""
        return {
            "DELPHI_DATA": str(self.data),
            "DELPHI_SECRET_KEY": self.secret_key,
            "DELPHI_PUBLIC_URL": self.public_url,
            "DELPHI_DATABASE_URL": self.database_url,
            "DELPHI_QUEUE_URL": self.queue_url,
            "DELPHI_SMTP_URL": self.smtp_url,
            "DELPHI_MAIL_FROM": self.mail_from,
            "DELPHI_MAIL_PER_MINUTE": str(self.mail_per_minute),
            "DELPHI_TRUSTED_PROXIES": str(self.trusted_proxies),
            "DELPHI_LANGUAGE": self.language,
            "DELPHI_SECOND_FACTOR": self.second_factor,
        }


def load_settings(environ: Mapping[str, str | None] | None = None) -> Settings:
    """Read the settings from the environment over a `.env` file in the working folder; make what is missing."""
    if environ is None:
        environ = {**dotenv_values(Path.cwd() / ".env"), **os.environ}
    # Compose files pass on what nobody has set as an empty text: that is not given.
    given = {name: value for name, value in environ.items() if value}
    data = Path(given.get("DELPHI_DATA", "instance")).resolve()
    return Settings(
        data=_writable(data),
        secret_key=_secret(given.get("DELPHI_SECRET_KEY", ""), data),
        public_url=_public_url(given.get("DELPHI_PUBLIC_URL", Settings.public_url)),
        database_url=_url("DELPHI_DATABASE_URL", given, "sqlite", "postgresql+psycopg", "postgresql"),
        queue_url=_url("DELPHI_QUEUE_URL", given, "redis", "rediss", "postgresql"),
        smtp_url=_url("DELPHI_SMTP_URL", given, "smtp", "smtps"),
        mail_from=_one_line("DELPHI_MAIL_FROM", given.get("DELPHI_MAIL_FROM", Settings.mail_from)),
        mail_per_minute=_whole_number(
            "DELPHI_MAIL_PER_MINUTE", given.get("DELPHI_MAIL_PER_MINUTE", str(Settings.mail_per_minute))
        ),
        trusted_proxies=_whole_number("DELPHI_TRUSTED_PROXIES", given.get("DELPHI_TRUSTED_PROXIES", "0")),
        language=_language(given.get("DELPHI_LANGUAGE", SOURCE)),
        second_factor=_one_of("DELPHI_SECOND_FACTOR", given.get("DELPHI_SECOND_FACTOR", OPTIONAL), OPTIONAL, REQUIRED),
    )


def _writable(data: Path) -> Path:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError("DELPHI_DATA: {error}. Name a folder that can be written to.", error=error) from error
    if not os.access(data, os.W_OK):
        raise SettingError("DELPHI_DATA: {data} cannot be written to. Name a folder that can.", data=data)
    return data


def _secret(given: str, data: Path) -> str:
    secret = given or _kept_secret(data / "secret.key")
    if len(secret) < SHORTEST_SECRET:
        raise SettingError(
            "DELPHI_SECRET_KEY is too short. Give at least {least} characters, or leave it out and one is made and kept.",
            least=SHORTEST_SECRET,
        )
    return secret


def _kept_secret(path: Path) -> str:
    """Return the secret kept in the file, made on the first start; of two processes that start at once, both get one."""
    try:
        if not path.exists():
            made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(48), encoding="ascii")
            with suppress(FileExistsError):
                path.hardlink_to(made)
            made.unlink()
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            "DELPHI_SECRET_KEY is not given, and the kept one cannot be read: {error}. Put the file right or give the secret.",
            error=error,
        ) from error


def _public_url(given: str) -> str:
    try:
        parts = urlsplit(given)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a broken port or bracket
        is_address = False
    if not is_address or parts.query or parts.fragment or not given.isprintable() or " " in given:
        raise SettingError(
            "DELPHI_PUBLIC_URL is {given!r}. It wants the address people use, such as https://delphi.example.org", given=given
        )
    return given.rstrip("/")


def _url(name: str, environ: Mapping[str, str], *schemes: str) -> str:
    given = environ.get(name, "")
    if given and (given.split(":", 1)[0] not in schemes or not _is_url(given)):
        wanted = ", ".join(f"{scheme}://" for scheme in schemes)
        raise SettingError("{name} wants an address that begins with one of: {wanted}", name=name, wanted=wanted)
    return given


def _is_url(given: str) -> bool:
    try:
        make_url(given)
    except (ArgumentError, ValueError):
        return False
    return True


def _one_line(name: str, given: str) -> str:
    if not given.isprintable() or "@" not in given:
        raise SettingError('{name} wants one line with an address: "Delphi study <study@example.org>"', name=name)
    return given


def _whole_number(name: str, given: str) -> int:
    if not given.isascii() or not given.isdigit():
        raise SettingError("{name} wants a whole number, 0 or more; it is {given!r}.", name=name, given=given)
    return int(given)


def _one_of(name: str, given: str, *words: str) -> str:
    if given not in words:
        raise SettingError("{name} is {given!r}. It wants one of: {words}.", name=name, given=given, words=", ".join(words))
    return given


def _language(given: str) -> str:
    if found := available(given, ""):
        return found
    raise SettingError(
        "DELPHI_LANGUAGE is {given!r}, which this site does not speak. It speaks: {known}.",
        given=given,
        known=", ".join(languages()),
    )
