"""The team of a study: who holds which roles, who is invited, and who goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import AccountLink, LinkPurpose, Researcher, Role, SecondFactor, Standing, Study, StudyRole
from delphi.services import account_links, auditing
from delphi.services.account_links import DEAD, DeadAccountLinkError
from delphi.services.keyring import Keyring
from delphi.services.panel import panelist_by_address
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.researchers import KEEP_CONTACTS, SEE_RESULTS, add_researcher, give_role, known_by, normal_address, roles_in

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Member:
    """Somebody who works on a study, with their roles in it."""

    researcher: Researcher
    roles: tuple[Role, ...]
    has_second_factor: bool = False

    @property
    def can_link(self) -> bool:
        """Whether this person keeps the contacts and sees results too, and so can link names and answers."""
        return bool(KEEP_CONTACTS & set(self.roles) and SEE_RESULTS & set(self.roles))


@dataclass(frozen=True)
class Doubts:
    """What to think of before an invitation goes out: it is to somebody of the panel, or invited already as something else."""

    is_panelist: bool = False
    invited_as: tuple[Role, ...] = ()

    def __bool__(self) -> bool:
        return self.is_panelist or bool(self.invited_as)


def team_of(session: Session, study: Study) -> list[Member]:
    """Return everybody who holds a role in the study, in the order in which they came."""
    rows = session.execute(
        select(Researcher, StudyRole.role)
        .join(StudyRole, StudyRole.researcher_id == Researcher.id)
        .where(StudyRole.study_id == study.id)
        .order_by(StudyRole.granted_at, Researcher.id)
    )
    held: dict[Researcher, set[Role]] = {}
    for researcher, role in rows:
        held.setdefault(researcher, set()).add(Role(role))
    numbers = [researcher.id for researcher in held]
    with_factor = select(SecondFactor.researcher_id).where(
        SecondFactor.researcher_id.in_(numbers), SecondFactor.secret_ciphertext.is_not(None)
    )
    secured = set(session.scalars(with_factor))
    return [
        Member(researcher, tuple(role for role in Role if role in roles), researcher.id in secured)
        for researcher, roles in held.items()
    ]


def member_of(session: Session, study: Study, researcher_id: int) -> Member:
    """Return the member of the study's team with this number, or refuse."""
    found = next((member for member in team_of(session, study) if member.researcher.id == researcher_id), None)
    if found is None:
        raise NotFoundError("There is nobody of that number on the team of this study.")
    return found


def invite(
    session: Session,
    keyring: Keyring,
    study: Study,
    address: str,
    roles: Iterable[Role],
    *,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> AccountLink:
    """Invite somebody by mail to hold these roles; they hold them once they have accepted, with or without an account before."""
    address, wanted = normal_address(address.strip()), frozenset(roles)
    if not wanted:
        raise InvalidError("Choose at least one role.")
    lock_row(session, study)
    known = known_by(session, address)
    if known is not None and roles_in(session, known, study):
        raise ConflictError("{address} is on the team already. Change their roles there.", address=address)
    _end_invitations(session, study, now, address=address, purpose=LinkPurpose.INVITATION)
    link = account_links.send_link(session, keyring, LinkPurpose.INVITATION, address, study=study, roles=wanted, by=by, now=now)
    _record(session, study, "colleague invited", link, actor, now)
    return link


def doubts_about(
    session: Session, keyring: Keyring, study: Study, address: str, roles: Iterable[Role], *, is_custodian: bool, now: datetime
) -> Doubts:
    """Return what speaks against inviting this person as these; who is on the panel, only a custodian is told."""
    address = normal_address(address.strip())
    panelist = panelist_by_address(session, keyring, study, address) if is_custodian else None
    waiting = account_links.live_links(session, study=study, address=address, now=now)
    earlier = {Role(role) for link in waiting if link.purpose == LinkPurpose.INVITATION for role in link.roles}
    return Doubts(
        is_panelist=panelist is not None and panelist.standing == Standing.ACTIVE,
        invited_as=tuple(role for role in Role if role in earlier) if earlier != set(roles) else (),
    )


def withdraw_invitation(session: Session, study: Study, link_id: int, *, actor: str, now: datetime) -> None:
    """Let an invitation that nobody has accepted yet work no longer; a study that is being handed on stays where it is."""
    link = next((link for link in account_links.live_links(session, study=study, now=now) if link.id == link_id), None)
    if link is None:
        raise NotFoundError("This invitation is accepted, taken back or too old already.")
    account_links.end(session, [link], now=now)
    _record(session, study, "invitation taken back", link, actor, now)


def accept(session: Session, link: AccountLink, password: str, *, now: datetime) -> Researcher:
    """Let who got the link hold the roles that it brings; who has no account gets one with this password."""
    if link.study_id is None:
        raise DeadAccountLinkError(DEAD)
    study = session.get_one(Study, link.study_id)
    researcher = known_by(session, link.address) or add_researcher(session, link.address, password, now=now)
    lock_row(session, study)
    account_links.use_up(session, link, now=now)
    actor = auditing.actor_name(researcher)
    _record(session, study, "invitation accepted", link, actor, now)
    for role in sorted({Role(role) for role in link.roles} - roles_in(session, researcher, study)):
        give_role(session, researcher, study, role, actor=actor, now=now)
    if link.purpose == LinkPurpose.HANDING_ON and link.by_id is not None and link.by_id != researcher.id:
        _give_up(session, study, session.get_one(Researcher, link.by_id), reason=link.reason, actor=actor, now=now)
    return researcher


def hand_on(
    session: Session, keyring: Keyring, study: Study, address: str, reason: str, *, by: Researcher, actor: str, now: datetime
) -> AccountLink:
    """Ask somebody to be the owner in the place of `by`, who stays it until they have accepted."""
    address, reason = normal_address(address.strip()), _reason(reason)
    lock_row(session, study)
    if Role.OWNER not in roles_in(session, by, study):
        raise ConflictError("Only an owner can hand the study on.")
    known = known_by(session, address)
    if known is not None and Role.OWNER in roles_in(session, known, study):
        raise ConflictError("{address} is owner of this study already.", address=address)
    _end_invitations(session, study, now, by=by, purpose=LinkPurpose.HANDING_ON)
    link = account_links.send_link(
        session, keyring, LinkPurpose.HANDING_ON, address, study=study, roles=[Role.OWNER], by=by, reason=reason, now=now
    )
    _record(session, study, "study offered", link, actor, now)
    return link


def replace_owner(
    session: Session, study: Study, gone: Researcher, successor: Researcher, reason: str, *, actor: str, now: datetime
) -> None:
    """Make somebody the owner in the place of one who cannot be asked any more; for who looks after the server."""
    reason = _reason(reason)
    lock_row(session, study)
    if Role.OWNER not in roles_in(session, gone, study):
        raise ConflictError("{address} is not owner of this study.", address=gone.email)
    give_role(session, successor, study, Role.OWNER, actor=actor, now=now)
    _give_up(session, study, gone, reason=reason, actor=actor, now=now)


def set_roles(
    session: Session, study: Study, researcher: Researcher, roles: Iterable[Role], *, actor: str, now: datetime
) -> None:
    """Let a member of the team hold just these roles from now on; none at all takes them off the team."""
    lock_row(session, study)
    held, wanted = roles_in(session, researcher, study), frozenset(roles)
    for role in sorted(wanted - held):
        give_role(session, researcher, study, role, actor=actor, now=now)
    for role in sorted(held - wanted):
        take_role(session, researcher, study, role, actor=actor, now=now)


def take_role(session: Session, researcher: Researcher, study: Study, role: Role, *, actor: str, now: datetime) -> None:
    """Take a role away from somebody; all their sessions end, and so does what an owner had begun.

    The last owner stays, and so does in some role whom the protocol names.
    """
    lock_row(session, study)
    held = roles_in(session, researcher, study)
    if role not in held:
        raise ConflictError("{address} does not hold this role in this study.", address=researcher.email)
    if role is Role.OWNER:
        _require_another_owner(session, study, researcher)
        _end_invitations(session, study, now, by=researcher)
    if held == {role}:
        _require_not_named(session, study, researcher)
    session.execute(
        delete(StudyRole).where(StudyRole.study_id == study.id, StudyRole.researcher_id == researcher.id, StudyRole.role == role)
    )
    researcher.session_epoch += 1
    session.flush()
    detail = {"researcher": researcher.id, "role": role}
    auditing.record(session, study, "role taken away", actor=actor, now=now, detail=detail)


def invitations_of(session: Session, study: Study, *, now: datetime) -> list[AccountLink]:
    """Return the study's invitations that nobody has accepted yet, a study that is being handed on among them."""
    return account_links.live_links(session, study=study, now=now)


def _give_up(session: Session, study: Study, owner: Researcher, *, reason: str, actor: str, now: datetime) -> None:
    """Take the ownership from who has handed it on; who holds no other role may still look."""
    held = roles_in(session, owner, study)
    if Role.OWNER not in held:
        return
    if held == {Role.OWNER}:
        give_role(session, owner, study, Role.OBSERVER, actor=actor, now=now)
    take_role(session, owner, study, Role.OWNER, actor=actor, now=now)
    auditing.record(
        session, study, "study handed on", actor=actor, now=now, detail={"researcher": owner.id}, texts={"reason": reason}
    )


def _reason(given: str) -> str:
    reason = given.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidError("Say why in 1 to {most} characters. It goes into the log.", most=LONGEST_REASON)
    return reason


def _require_another_owner(session: Session, study: Study, researcher: Researcher) -> None:
    others = select(StudyRole.researcher_id).where(
        StudyRole.study_id == study.id, StudyRole.role == Role.OWNER, StudyRole.researcher_id != researcher.id
    )
    if session.scalar(others.limit(1)) is None:
        raise ConflictError(
            "{address} is the only owner, and somebody has to answer for the study. Make somebody else an owner first.",
            address=researcher.email,
        )


def _require_not_named(session: Session, study: Study, researcher: Researcher) -> None:
    named = choices_of(current_protocol(session, study)).safeguarding
    if named is not None and researcher.email in (named.reader, named.second):
        raise ConflictError(
            "The protocol names {address} for safeguarding, and panelists were told so. Leave them the role of observer.",
            address=researcher.email,
        )


def _end_invitations(
    session: Session,
    study: Study,
    now: datetime,
    *,
    address: str = "",
    by: Researcher | None = None,
    purpose: LinkPurpose | None = None,
) -> None:
    links = account_links.live_links(session, study=study, address=address, now=now)
    account_links.end(
        session,
        [link for link in links if (by is None or link.by_id == by.id) and purpose in (None, link.purpose)],
        now=now,
    )


def _record(session: Session, study: Study, action: str, link: AccountLink, actor: str, now: datetime) -> None:
    # The address is a person's; it stands apart, so that it can be erased.
    detail = {"roles": link.roles}
    texts = {"address": link.address} | ({"reason": link.reason} if link.reason else {})
    auditing.record(session, study, action, actor=actor, now=now, detail=detail, texts=texts)
