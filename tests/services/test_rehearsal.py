"""A rehearsal is the study as it stands: its manual's opening, its mail, and whose clocks it goes by."""

import shutil
from pathlib import Path

from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.models import MailKind, StakeholderGroup
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.letters import Wording, own_wording
from delphi.services.mail_plan import Plan, plan_of, save_plan
from delphi.services.mail_texts import save_text
from delphi.services.panel import group_sizes
from delphi.services.rehearsal import ENOUGH, rehearse
from tests import cast

OPENING = "## Making connections\n\nFor whom this is.\n\n## Meeting for"
WORDS = Wording("Do come", "Dear {name},\n\n{link}")


def test_mail_clocks_and_opening_are_those_of_the_study(session: Session, migrated_file: Path, tmp_path: Path) -> None:
    study = cast.begin_study(session, manual=cast.MANUAL.replace("## Meeting for", OPENING))
    cast.add_panel(session, study, {"Carers": 6})
    told = {"actor": "researcher 1", "now": cast.NOW}
    save_plan(session, study, Plan("Europe/Vienna", (5, 12), sender="Dr Ruth Adler"), **told)
    save_text(session, study, MailKind.INVITATION, WORDS, version=0, **told)
    shutil.copy(migrated_file, tmp_path / "scratch.sqlite3")
    scratch = Database(f"sqlite:///{tmp_path / 'scratch.sqlite3'}")

    with scratch.transaction() as other:
        copy = rehearse(session, other, cast.keyring(), study, **told)

        plan = plan_of(other, copy.id)
        assert (plan.time_zone, plan.reminder_days, plan.sender) == ("Europe/Vienna", (5, 12), "Dr Ruth Adler")
        assert own_wording(other, copy.id, MailKind.INVITATION) == WORDS
        outline = outline_of(other, latest_draft(other, copy))
        assert (outline.has_opening, outline.sections[0].heading) == (True, "Rehearsal: Making connections")
        assert [chapter.is_opening for chapter in outline.chapters] == [True, False, False]
    scratch.dispose()


def test_groups_in_which_there_is_nobody_yet_are_filled_under_their_names(
    session: Session, migrated_file: Path, tmp_path: Path
) -> None:
    study = cast.begin_study(session)  # as one is that was begun from another: its groups came along, and no people
    labels = ("Carers", "Practitioners")
    session.add_all(StakeholderGroup(study_id=study.id, label=label, position=place) for place, label in enumerate(labels))
    session.flush()
    shutil.copy(migrated_file, tmp_path / "scratch.sqlite3")
    scratch = Database(f"sqlite:///{tmp_path / 'scratch.sqlite3'}")

    with scratch.transaction() as other:
        copy = rehearse(session, other, cast.keyring(), study, actor="researcher 1", now=cast.NOW)

        assert [(size.label, size.n) for size in group_sizes(other, copy)] == [(label, ENOUGH) for label in labels]
    scratch.dispose()
