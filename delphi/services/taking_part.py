"""What an invited person says about taking part: yes after all, no thank you, this is not me, no more reminders."""

from datetime import datetime

from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.models import Contact, Panelist, RoundMember, Standing, Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.links import end_links


def decline(session: Session, member: RoundMember, *, now: datetime) -> None:
    """Keep that the person does not want to take part: no more mail, no later round. What they have answered stays."""
    panelist = member.panelist
    lock_row(session, panelist)
    if panelist.standing == Standing.ACTIVE:
        panelist.standing = Standing.DECLINED
        _record(session, panelist, "invitation declined", now)


def take_part_after_all(session: Session, member: RoundMember, *, now: datetime) -> None:
    """Take back a "no thank you"; who has withdrawn for good stays out."""
    panelist = member.panelist
    lock_row(session, panelist)
    if panelist.standing == Standing.DECLINED:
        panelist.standing = Standing.ACTIVE
        _record(session, panelist, "taking part after all", now)


def disown(session: Session, keyring: Keyring, member: RoundMember, *, now: datetime) -> None:
    """Keep that the mail went to somebody else: its link dies, and nothing goes to that address until it is corrected."""
    end_links(session, keyring, member.panelist)
    session.get_one(Contact, member.panelist_id).is_disowned = True
    _record(session, member.panelist, "address disowned", now)


def pause_reminders(session: Session, panelist: Panelist) -> None:
    """Send no reminders from now on; invitations still go out."""
    lock_row(session, panelist)
    panelist.wants_reminders = False


def resume_reminders(session: Session, panelist: Panelist) -> None:
    """Send reminders again."""
    lock_row(session, panelist)
    panelist.wants_reminders = True


def _record(session: Session, panelist: Panelist, action: str, now: datetime) -> None:
    # Without a name and without a group: the log is read by the team.
    auditing.record(session, session.get_one(Study, panelist.study_id), action, actor=auditing.PANELIST, now=now)
