"""Write first-version.sqlite3.gz: a populated database of the first shape, on which every later migration has to run.

Run it only when the first shape itself changes: python -m tests.assets.make_first_version
"""

import gzip
import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.migrations import upgrade
from delphi.models import Action, Round, Study
from delphi.services import decisions
from delphi.services.consent import current_consent
from delphi.services.decisions import Verdict, comments_on
from delphi.services.panel import agree
from tests import cast

ASSET = Path(__file__).parent / "first-version.sqlite3.gz"
SIZES = {"Carers": 6, "Academics": 7, "Practitioners": 12}


def fill(session: Session) -> None:
    """Make a study with round 1 published and decided on, and round 2 open and part answered."""
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, SIZES)
    first = cast.open_round(session, study)
    for n, address in enumerate(addresses):
        agree(session, cast.member(session, first, address).panelist, current_consent(session, study), now=cast.NOW)
        answers = {"first-meeting-place": 7 + n % 3, "pace": n % 9 + 1, "step-back": "unable" if n % 3 else 4}
        cast.rate(session, first, address, answers, {"pace": f"Whose pace, asks number {n}?"} if n % 5 == 0 else None)
    cast.close_and_publish(session, study, first)
    _decide(session, study, first)
    second = cast.open_round(session, study)
    for n, address in enumerate(addresses[:15]):
        cast.rate(session, second, address, {"pace": 6 + n % 4})
        cast.rate(session, second, address, {"patience": "unable" if n % 7 == 0 else 8})


def _decide(session: Session, study: Study, round_: Round) -> None:
    answers = [comment.id for comment in comments_on(session, round_)["pace"]]
    split = {"pace": "The person sets the pace.", "patience": "The worker is patient."}
    verdicts = {
        "first-meeting-place": Verdict(Action.KEEP, "It is settled."),
        "pace": Verdict(Action.SPLIT, "Two things stood in one.", split, answers=answers),
        "going-along-offered": Verdict(Action.REWORD, "Nobody could rate it.", {"going-along-offered": "Somebody goes along."}),
        "step-back": Verdict(Action.DROP, "Few could rate it."),
    }
    for key, verdict in verdicts.items():
        decisions.decide(
            session, study, round_, key, verdict, version=0, by=cast.ruth(session), actor="researcher 1", now=cast.NOW
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.sqlite3"
        database = Database(f"sqlite:///{path}")
        upgrade(database.engine)
        with database.transaction() as session:
            fill(session)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        # Without a time in it, so that the same content is the same file.
        ASSET.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
