"""A new link by mail, for whoever has lost theirs: asked for by anybody who knows the address, sent to that address only."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import InvalidError
from delphi.models import Contact, MailKind, OutboxMail, Panelist, Round, RoundMember, RoundStatus, Study
from delphi.services import auditing
from delphi.services.keyring import Keyring
from delphi.services.links import replace_link
from delphi.services.outbox import can_be_written_to, queue_mail
from delphi.services.researchers import normal_address

SHORTEST_WAIT = timedelta(minutes=10)
MOST_A_DAY = 5


def send_new_links(session: Session, keyring: Keyring, address: str, *, now: datetime) -> None:
    """Mail a new link to this address for each open round that it is invited to; of any other address nothing comes.

    The links sent before die at once. One person gets at most one in ten minutes and five a day.
    """
    try:
        known = keyring.address_hash(normal_address(address.strip()))
    except InvalidError:
        return
    members = session.execute(
        select(RoundMember, Round)
        .join(Round, Round.id == RoundMember.round_id)
        .join(Contact, Contact.panelist_id == RoundMember.panelist_id)
        .join(Panelist, Panelist.id == RoundMember.panelist_id)
        .where(
            Contact.address_hash == known,
            can_be_written_to(),
            Round.status == RoundStatus.OPEN,
        )
    ).all()
    for member, round_ in members:
        lock_row(session, member.panelist)
        if _may_have_another(session, member.panelist_id, now):
            mail_new_link(session, keyring, round_, member, actor=auditing.PANELIST, now=now)


def mail_new_link(session: Session, keyring: Keyring, round_: Round, member: RoundMember, *, actor: str, now: datetime) -> None:
    """Replace the member's link and write down the mail that brings the new one."""
    replace_link(session, keyring, session.get_one(Study, round_.study_id), member, actor=actor, now=now)
    occasion = str(member.panelist.link_serial)
    queue_mail(session, round_, member.panelist, MailKind.NEW_LINK, now=now, occasion=occasion)


def _may_have_another(session: Session, panelist_id: int, now: datetime) -> bool:
    mine = select(func.count()).where(OutboxMail.panelist_id == panelist_id, OutboxMail.kind == MailKind.NEW_LINK)
    latest = session.scalar(mine.where(OutboxMail.queued_at > now - SHORTEST_WAIT))
    today = session.scalar(mine.where(OutboxMail.queued_at > now - timedelta(days=1))) or 0
    return not latest and today < MOST_A_DAY
