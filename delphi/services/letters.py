"""Letters: what a mail needs to be written, whom it goes to and in whose words, read from the outbox when it is sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.language import SOURCE, UTC_ZONE, gettext, speaking
from delphi.models import (
    AccountLink,
    Applicant,
    Contact,
    MailKind,
    MailPlan,
    MailText,
    News,
    OutboxMail,
    Panelist,
    Researcher,
    Role,
    Round,
    RoundStep,
    StakeholderGroup,
    Study,
    StudyRole,
)
from delphi.services.care import outside_contact
from delphi.services.deadlines import end_of, usual_day, zone_of
from delphi.services.drafts import drafts_of, item_versions, outline_of
from delphi.services.keyring import Keyring
from delphi.services.minutes import longest_minutes, minutes_of_groups
from delphi.services.protocol import NOT_ALONE, choices_of, current_protocol
from delphi.services.researchers import ROLE_WORDS
from delphi.services.studies import rounds_of

NO_TOKEN, NO_CODE = "0" * 26, "00000-00000"
SHORTEST = 1  # minute: what a letter to look at says while there is nothing to answer


@dataclass(frozen=True)
class Wording:
    """A mail's words with {named} places, as the team wrote them."""

    subject: str
    body: str


@dataclass(frozen=True)
class Letter:
    """What a mail needs to be written: whom it goes to, about which study and round, who asks (`contact`), and the way in.

    A letter that is about no round has neither number, deadline, token nor code. One with a link to an account has the token of
    that, and what the roles are called that it brings; one about no study has neither title nor contact. Without a `wording` it
    says what such mail usually says. `way` is what stands before the token in its link, `outside` whom else people can turn
    to, `zone` whose clocks say until when, and `sender` the name of who asks, if it is known. `minutes` is how long answering
    takes about. `slug` is what the study is called in addresses, `refusal` the sentence that refuses to one person alone what
    the letter asks for.
    """

    mail_id: int
    kind: str
    name: str
    address: str
    study_title: str
    contact: str
    round_number: int | None
    deadline: datetime | None
    token: str | None
    language: str = SOURCE
    code: str | None = None
    wording: Wording | None = None
    account_token: str | None = None
    roles: tuple[str, ...] = ()
    way: str = "p"
    outside: str = ""
    zone: str = UTC_ZONE
    sender: str = ""
    slug: str = ""
    refusal: str = ""
    minutes: int | None = None

    @property
    def asking(self) -> str:
        """Who asks: by name where one is known, and in any case by address."""
        return f"{self.sender} ({self.contact})" if self.sender else self.contact


def letters_of(session: Session, keyring: Keyring, mails: Sequence[OutboxMail], *, now: datetime) -> list[Letter]:
    """Return the letters that these mails are; what they have in common is read once."""
    studies = {mail.study_id: session.get_one(Study, mail.study_id) for mail in mails if mail.study_id is not None}
    owners = {id_: owner_address(session, id_) for id_ in studies}
    zones = {id_: zone_of(session, id_) for id_ in studies}
    senders = {id_: _sender(session, id_) for id_ in studies}
    ids = [mail.panelist_id for mail in mails if mail.panelist_id is not None]
    people = {
        contact.panelist_id: (panelist, contact)
        for panelist, contact in session.execute(
            select(Panelist, Contact).join(Contact, Contact.panelist_id == Panelist.id).where(Panelist.id.in_(ids))
        )
    }
    minutes = _minutes(session, mails, {panelist.group.label for panelist, _ in people.values()})
    letters = []
    for mail in mails:
        if mail.account_link_id is not None or mail.study_id is None:
            letters.append(_about_an_account(session, keyring, mail))
            continue
        study, owner = studies[mail.study_id], owners[mail.study_id]
        wording = _wording(session, mail)
        if mail.applicant_id is not None:
            letter = replace(_to_applicant(session, keyring, study, owner, mail), sender=senders[study.id])
        elif mail.panelist_id is None:
            letter = _to_researcher(session, study, owner, mail, wording, now)
        else:
            panelist, contact = people[mail.panelist_id]
            letter = _to_panelist(session, keyring, study, owner, mail, wording, panelist, contact)
            takes = minutes[mail.round_id][panelist.group.label] if mail.round_id is not None else None
            letter = replace(letter, zone=zones[study.id], sender=senders[study.id], minutes=takes)
        letters.append(replace(letter, slug=study.slug))
    return letters


def invented_letter(
    session: Session, study: Study, kind: str, address: str, wording: Wording | None, *, now: datetime, mail_id: int = 0
) -> Letter:
    """Return a letter to a person whom there is not, with a link that leads nowhere: to look at, or to test with."""
    rounds = rounds_of(session, study)
    zone, weeks = zone_of(session, study.id), choices_of(current_protocol(session, study)).weeks
    with speaking(study.language):
        name = gettext("Alex Example")
    return Letter(
        mail_id=mail_id,
        kind=kind,
        name=name,
        address=address,
        study_title=study.title,
        contact=owner_address(session, study.id),
        round_number=len(rounds) or 1,
        deadline=rounds[-1].deadline if rounds else end_of(usual_day(weeks, zone, now=now), zone),
        token=NO_TOKEN,
        language=study.language,
        code=NO_CODE,
        wording=wording,
        outside=_outside(study),
        zone=zone,
        sender=_sender(session, study.id),
        minutes=_minutes_of_next(session, study, rounds),
    )


def owner_address(session: Session, study_id: int) -> str:
    """Return the address of who answers for the study: of several owners, the first."""
    owners = (
        select(Researcher.email)
        .join(StudyRole, StudyRole.researcher_id == Researcher.id)
        .where(StudyRole.study_id == study_id, StudyRole.role == Role.OWNER)
        .order_by(StudyRole.granted_at, Researcher.id)
    )
    return session.scalars(owners.limit(1)).one()


def _outside(study: Study) -> str:
    """Return whom outside the team people can turn to and how, "" while the study names nobody."""
    contact = outside_contact(study)
    return ", ".join(filter(None, (contact.name, contact.role, contact.phone, contact.mail))) if contact else ""


def _sender(session: Session, study_id: int) -> str:
    plan = session.get(MailPlan, study_id)
    return plan.sender if plan else ""


def _minutes(session: Session, mails: Sequence[OutboxMail], groups: Collection[str]) -> dict[int, dict[str, int]]:
    """Return how long each round that these mails are about takes the members of each group, by the round's id."""
    ids = {mail.round_id for mail in mails if mail.round_id is not None and mail.panelist_id is not None}
    return {id_: minutes_of_groups(session, session.get_one(Round, id_), groups) for id_ in ids}


def _minutes_of_next(session: Session, study: Study, rounds: Sequence[Round]) -> int:
    """Return how long the newest round takes, or the first as the manual and the protocol are now, whoever is asked most."""
    groups = session.scalars(select(StakeholderGroup.label).where(StakeholderGroup.study_id == study.id)).all()
    if rounds:
        return max(minutes_of_groups(session, rounds[-1], groups).values(), default=SHORTEST)
    drafts, choices = drafts_of(session, study), choices_of(current_protocol(session, study))
    if not drafts:
        return SHORTEST
    asked = item_versions(session, drafts[-1]).keys()
    return longest_minutes(outline_of(session, drafts[-1]), asked, choices, groups)


def own_wording(session: Session, study_id: int, kind: str) -> Wording | None:
    """Return the study's own words for this kind of mail, if it has any."""
    text = session.get(MailText, (study_id, kind))
    return Wording(text.subject, text.body) if text else None


def _wording(session: Session, mail: OutboxMail) -> Wording | None:
    if mail.news_id is not None:
        news = session.get_one(News, mail.news_id)
        return Wording(news.subject, news.body)
    return own_wording(session, mail.study_id, mail.kind) if mail.study_id is not None else None


def _about_an_account(session: Session, keyring: Keyring, mail: OutboxMail) -> Letter:
    """Return a letter to a researcher, or to somebody who may become one, with the link that it is about."""
    study = session.get_one(Study, mail.study_id) if mail.study_id is not None else None
    link = session.get_one(AccountLink, mail.account_link_id) if mail.account_link_id is not None else None
    return Letter(
        mail_id=mail.id,
        kind=mail.kind,
        name="",
        address=link.address if link else session.get_one(Researcher, mail.researcher_id).email,
        study_title=study.title if study else "",
        contact=owner_address(session, study.id) if study else "",
        round_number=None,
        deadline=None,
        token=None,
        language=study.language if study else "",
        account_token=keyring.account_token(link.id) if link else None,
        slug=study.slug if study else "",
        roles=tuple(ROLE_WORDS[Role(role)] for role in link.roles) if link else (),
    )


def _to_panelist(
    session: Session,
    keyring: Keyring,
    study: Study,
    owner: str,
    mail: OutboxMail,
    wording: Wording | None,
    panelist: Panelist,
    contact: Contact,
) -> Letter:
    round_ = session.get_one(Round, mail.round_id) if mail.round_id is not None else None
    which = (panelist.id, round_.id, panelist.link_serial) if round_ else None
    return Letter(
        mail_id=mail.id,
        kind=mail.kind,
        name=keyring.decrypt(contact.name_ciphertext),
        address=keyring.decrypt(contact.address_ciphertext),
        study_title=study.title,
        contact=owner,
        round_number=round_.number if round_ else None,
        deadline=round_.deadline if round_ else None,
        token=keyring.link_token(*which) if which else None,
        code=keyring.typed_code(*which) if which else None,
        language=study.language,
        wording=wording,
        outside=_outside(study),
    )


def _to_applicant(session: Session, keyring: Keyring, study: Study, owner: str, mail: OutboxMail) -> Letter:
    """Return a letter to somebody who asks to join, with the link that confirms their address."""
    applicant = session.get_one(Applicant, mail.applicant_id)
    return Letter(
        mail_id=mail.id,
        kind=mail.kind,
        name=keyring.decrypt(applicant.name_ciphertext),
        address=keyring.decrypt(applicant.address_ciphertext),
        study_title=study.title,
        contact=owner,
        round_number=None,
        deadline=None,
        token=keyring.confirming_token(applicant.id),
        language=study.language,
        way="confirm",
    )


def _to_researcher(
    session: Session, study: Study, owner: str, mail: OutboxMail, wording: Wording | None, now: datetime
) -> Letter:
    """Return a letter to somebody of the team, of whom we know no name; a test is written as to the invented person."""
    address = session.get_one(Researcher, mail.researcher_id).email
    if mail.is_test:
        return invented_letter(session, study, mail.kind, address, wording, now=now, mail_id=mail.id)
    round_ = session.get_one(Round, mail.round_id) if mail.round_id is not None else None
    number, deadline = (round_.number, round_.deadline) if round_ else (None, None)
    is_refused = mail.kind == MailKind.CLOSE_BY_HAND and RoundStep.CLOSE in choices_of(current_protocol(session, study)).sign_off
    refusal = NOT_ALONE[RoundStep.CLOSE] if is_refused else ""
    return Letter(mail.id, mail.kind, "", address, study.title, owner, number, deadline, None, study.language, refusal=refusal)
