"""The cast of the tests: Ruth who runs the study, a panel in groups, and a small manual."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.files.panel import PanelRow
from delphi.manual.outline import Item, Outline, Section
from delphi.manual.parse import parse_text
from delphi.models import Contact, Researcher, Round, RoundMember, Study
from delphi.services import rounds
from delphi.services.amending import amend_protocol
from delphi.services.ballots import questionnaire_of
from delphi.services.keyring import Keyring
from delphi.services.panel import import_panel
from delphi.services.protocol import Choices, choices_of, current_protocol, save_protocol
from delphi.services.ratings import Answer, save
from delphi.services.remarks import Remark
from delphi.services.researchers import add_researcher
from delphi.services.studies import create_study
from tests.remembered import remembered

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret that only the tests know, long enough"
PASSWORD = "three plain words"
RUTH = "ruth@example.org"

MANUAL = """\
---
title: Making connections
subtitle: A manual for the tests
language: en
---

## Meeting for the first time {#first-meeting}

The first conversations set the tone.

::: {#first-meeting-place .item .core}
The first meeting takes place somewhere that the person has chosen.
:::

Nobody is hurried.

::: {#pace .item .flexible}
The worker goes at the pace of the person.
:::

## Going along {#going-along}

Some people want company at first.

::: {#going-along-offered .item .core}
The worker offers to go along for the first time.
:::

::: {#step-back .item .flexible}
The worker steps back as soon as others know the person by name.
:::
"""
ITEMS = ("first-meeting-place", "pace", "going-along-offered", "step-back")


def keyring() -> Keyring:
    return Keyring(SECRET)


@remembered
def ruth(session: Session) -> Researcher:
    """Return Ruth, with an account."""
    known = session.scalar(select(Researcher).where(Researcher.email == RUTH))
    return known or add_researcher(session, RUTH, PASSWORD, now=NOW)


@remembered
def begin_study(session: Session, *, manual: str = MANUAL, slug: str = "connections", title: str = "") -> Study:
    """Return Ruth's study of a small manual."""
    outline = parse_text({"manual.md": manual})
    return create_study(session, outline, owner=ruth(session), actor="researcher 1", now=NOW, slug=slug, title=title)


@remembered
def add_panel(session: Session, study: Study, sizes: Mapping[str, int]) -> list[str]:
    """Put people on the panel, group by group, and return their addresses: carers-1@example.org, …"""
    rows = [
        PanelRow(0, f"{group} Person {n}", f"{group.lower().replace(' ', '-')}-{n}@example.org", group)
        for group, size in sizes.items()
        for n in range(1, size + 1)
    ]
    numbered = [replace(row, line=line) for line, row in enumerate(rows, start=2)]
    import_panel(session, keyring(), study, numbered, source="panel.csv", actor="researcher 1", now=NOW)
    return [row.email for row in rows]


@remembered
def choose(session: Session, study: Study, **changes: object) -> Choices:
    """Change the study's protocol."""
    protocol = current_protocol(session, study)
    choices = replace(choices_of(protocol), **changes)  # type: ignore[arg-type]
    save_protocol(session, study, choices, version=protocol.version, actor="researcher 1", now=NOW)
    return choices


@remembered
def amend(session: Session, study: Study, **changes: object) -> Choices:
    """Amend the study's sealed protocol."""
    protocol = current_protocol(session, study)
    choices = replace(choices_of(protocol), **changes)  # type: ignore[arg-type]
    amend_protocol(session, study, choices, "We learnt.", number=protocol.number, actor="researcher 1", now=NOW)
    return choices


@remembered
def open_round(session: Session, study: Study) -> Round:
    return rounds.open_round(session, keyring(), study, actor="researcher 1", now=NOW)


def member(session: Session, round_: Round, address: str) -> RoundMember:
    """Return the member of the round who has this address."""
    contact = session.scalars(
        select(Contact).where(Contact.study_id == round_.study_id, Contact.address_hash == keyring().address_hash(address))
    ).one()
    return session.get_one(RoundMember, (round_.id, contact.panelist_id))


def token(session: Session, round_: Round, address: str) -> str:
    """Return the token of this person's link to the round."""
    one = member(session, round_, address)
    return keyring().link_token(one.panelist_id, round_.id, one.panelist.link_serial)


def code(session: Session, round_: Round, address: str) -> str:
    """Return the code that this person can type in place of the link."""
    one = member(session, round_, address)
    return keyring().typed_code(one.panelist_id, round_.id, one.panelist.link_serial)


def rate(
    session: Session,
    round_: Round,
    address: str,
    ratings: Mapping[str, int | str],
    comments: Mapping[str, str] | None = None,
) -> None:
    """Save ratings (by item key, first criterion) and comments as this person would."""
    questionnaire = questionnaire_of(session, round_)
    positions = {version.item.key: n for n, version in enumerate(questionnaire.items)}
    answers = {questionnaire.slot(positions[key], 0): Answer(str(value)) for key, value in ratings.items()}
    remarks = {key: Remark(text) for key, text in (comments or {}).items()}
    save(session, member(session, round_, address), answers, remarks, now=NOW)


def reworded(outline: Outline, wordings: Mapping[str, str]) -> Outline:
    """Return the manual with other words for some of its items."""

    def changed(section: Section) -> Section:
        blocks = (
            replace(block, markdown=wordings.get(block.key, block.markdown)) if isinstance(block, Item) else block
            for block in section.blocks
        )
        return replace(section, blocks=tuple(blocks))

    return replace(outline, sections=tuple(changed(section) for section in outline.sections))


@remembered
def close_and_publish(session: Session, study: Study, round_: Round) -> None:
    rounds.close_round(session, study, round_, actor="researcher 1", now=NOW)
    rounds.publish_round(session, study, round_, actor="researcher 1", now=NOW)
