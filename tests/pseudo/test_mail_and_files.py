"""Mail and published files in the made-up language."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from delphi.config import Settings
from delphi.language import speaking
from delphi.mail import message_of
from delphi.manual.compare import compare
from delphi.manual.publish import redline_html
from delphi.models import MailKind
from delphi.pseudo import PSEUDO
from delphi.reports import exporting
from delphi.resources import resource_dir
from delphi.services.drafts import drafts_of, outline_of
from delphi.services.letters import Letter
from tests import cast
from tests.pseudo import greek
from tests.pseudo.reading import plain_in_page, plain_in_pdf, plain_words

LETTER = Letter(
    mail_id=4711,
    kind="",
    name=greek.greek("Ada Byron"),
    address="ada@example.org",
    study_title=greek.greek("Making connections"),
    contact=cast.RUTH,
    round_number=2,
    deadline=cast.NOW + timedelta(days=28),
    token="0123456789ABCDEFGHJKMNPQRS",
    language=PSEUDO,
    code="ABCDE-FGHJK",
    minutes=12,
)
TEMPLATES = sorted(path.stem for path in (resource_dir("templates") / "mail").glob("[!_]*.txt"))


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_mail_is_translated(tmp_path: Path, kind: str) -> None:
    letter = Letter(**{**vars(LETTER), "kind": kind})

    message = message_of(Settings(data=tmp_path, secret_key=cast.SECRET), letter, now=cast.NOW)

    text = f"{message['Subject']}\n{message.get_content()}"
    assert [line for line in text.splitlines() if plain_words(line)] == []
    assert max(map(len, re.sub(r"\S{40,}", "", text).splitlines())) <= 80


def test_every_kind_of_mail_has_a_template() -> None:
    assert {kind.value for kind in MailKind} <= set(TEMPLATES)


@pytest.mark.parametrize("kind", ["manual.html", "manual.md"])
def test_the_manual_and_its_evidence_are_translated(session: Session, kind: str) -> None:
    study = greek.second_published(session)

    text = exporting.export(session, study, kind, now=cast.NOW).content.decode()

    if kind == "manual.html":
        assert plain_in_page(text) == []
    else:
        _, _, body = text.removeprefix("---\n").partition("---\n")
        assert [line for line in body.splitlines() if plain_words(line)] == [":::", "::: {.appendix}"] or all(
            line.startswith(":::") for line in body.splitlines() if plain_words(line)
        )


def test_the_printed_manual_is_translated(session: Session) -> None:
    study = greek.second_published(session)

    assert plain_in_pdf(exporting.export(session, study, "manual.pdf", now=cast.NOW).content) == []


def test_a_redline_is_translated(session: Session) -> None:
    study = greek.second_published(session)
    old, new = (outline_of(session, draft) for draft in drafts_of(session, study)[:2])

    with speaking(PSEUDO):
        page = redline_html(compare(old, new), title=greek.greek("Draft"), old_label="1", new_label="2", language=PSEUDO)

    assert plain_in_page(page) == []
