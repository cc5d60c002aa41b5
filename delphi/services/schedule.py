"""What is done without anybody pressing a button, each time the worker looks at a study."""

from datetime import datetime

from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.models import RoundStatus, Study
from delphi.services.applicants import tell_custodians
from delphi.services.joining import forget_unconfirmed
from delphi.services.mail_plan import remind_on_schedule
from delphi.services.progress import count_once_a_day
from delphi.services.round_changes import close_on_schedule
from delphi.services.studies import rounds_of


def act_on_schedule(session: Session, study: Study, *, now: datetime) -> None:
    """Do what is due in the study and its open round; called again at once, it does nothing more."""
    for round_ in rounds_of(session, study):
        if round_.status == RoundStatus.OPEN:
            close_on_schedule(session, study, round_, now=now)
        if round_.status == RoundStatus.OPEN:
            lock_row(session, study)
            count_once_a_day(session, round_, now=now)
            remind_on_schedule(session, study, round_, now=now)
    forget_unconfirmed(session, study, now=now)
    if study.archived_at is None:
        tell_custodians(session, study, now=now)
