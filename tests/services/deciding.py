"""A closed round to decide on, and what the draft then says."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.manual.outline import Outline
from delphi.models import Action, Decision, ItemLineage, ItemVersion, Round, Study
from delphi.services import decisions, drafts, rounds
from delphi.services.decisions import Verdict
from tests import cast

REASON = "Several of you asked for it."
WHOLE = """\
---
title: Whole sections
---

## Beginnings {#beginnings .item .core}

How it begins.

## Endings {#endings}

::: {#ending .item .flexible}
An ending is planned from the start.
:::
"""


def closed(session: Session, manual: str = cast.MANUAL) -> tuple[Study, Round]:
    study = cast.begin_study(session, manual=manual)
    cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    return study, round_


def decide(session: Session, where: tuple[Study, Round], key: str, action: Action, **more: object) -> Decision:
    study, round_ = where
    earlier = decisions.decisions_of(session, round_).get(key)
    verdict = Verdict(action, **{"reason": REASON, **more})  # type: ignore[arg-type]
    version = earlier.version if earlier else 0
    return decisions.decide(session, study, round_, key, verdict, version=version, by=None, actor="researcher 1", now=cast.NOW)


def outline(session: Session, study: Study) -> Outline:
    return drafts.outline_of(session, drafts.latest_draft(session, study))


def texts(session: Session, study: Study) -> dict[str, str]:
    return {item.key: item.markdown for item in outline(session, study).items()}


def lineage(session: Session) -> set[tuple[str, str, str, str]]:
    versions = {version.id: version for version in session.scalars(select(ItemVersion))}
    name = {id_: f"{version.item.key} {version.label}" for id_, version in versions.items()}
    rows = session.scalars(select(ItemLineage))
    return {
        (name[row.child_version_id], row.relation, name[row.parent_version_id], "" if row.decision_id is None else "decided")
        for row in rows
    }
