"""Answers that come on paper or by telephone and are typed in by the team: each save on record, and nothing else shown.

Who types sees what the team itself has typed in for this person, never what the person has answered on the site.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import Audience, Ballot, BallotChange, Channel, Panelist, Round, RoundMember, Standing, Study
from delphi.models.rounds import BY_THE_TEAM
from delphi.services import auditing, ratings
from delphi.services.answering import Asked, Sheet, sheet_of
from delphi.services.ballots import CHANGE, questionnaire_of
from delphi.services.consent import current_consent
from delphi.services.keyring import Keyring
from delphi.services.links import member_by_code
from delphi.services.packs import member_by_pseudonym
from delphi.services.panel import agree, has_agreed
from delphi.services.ratings import Answer, Saved
from delphi.services.remarks import Remark, comments_of, wordings_of

BETWEEN = "\n\n"
NARROWEST_FIRST = (Audience.TEAM, Audience.REWORDED, Audience.VERBATIM)


def open_pack(
    session: Session,
    keyring: Keyring,
    study: Study,
    round_: Round,
    code: str,
    channel: Channel,
    *,
    has_consented: bool,
    actor: str,
    now: datetime,
) -> RoundMember:
    """Return whose answers are about to be typed in, on record; refuse without their agreement or past the last moment.

    `code` is their code name, or the code that stands on the pack for the site.
    """
    round_.require_accepting(now, channel)
    member = _member(session, keyring, round_, code)
    if member.panelist.standing != Standing.ACTIVE:
        raise ConflictError("This person no longer takes part, so nothing is typed in for them.")
    text = current_consent(session, study)
    if has_consented:
        agree(session, member.panelist, text, now=now, channel=channel)
    elif not has_agreed(session, member.panelist, text):
        raise InvalidError("This person has not agreed to take part yet. Tick the box if they have signed or said so.")
    _record(session, study, "pack opened", member, channel, actor, now, consent=has_consented)
    return member


def sheet_to_type(session: Session, member: RoundMember, round_: Round) -> Sheet:
    """Return what the round asks this person, with only such answers in it as the team has typed in itself."""
    sheet = sheet_of(session, member, round_)
    known = _slots_typed(session, member)
    asked = {key: _to_type(one, sheet, known) for key, one in sheet.asked.items()}
    return replace(sheet, asked=asked, last={})


def enter(
    session: Session,
    study: Study,
    member: RoundMember,
    answers: Mapping[int, Answer],
    remarks: Mapping[str, Remark],
    wordings: Mapping[str, Remark],
    *,
    channel: Channel,
    actor: str,
    now: datetime,
) -> Saved:
    """Keep what was typed in, on record by number alone.

    A rating wins over one that the person gave on the site, and is reported as doing so. A text is added to what the person
    wrote there, and is read by no more people than either was meant for.
    """
    questionnaire = questionnaire_of(session, ratings.open_for_saving(session, member.round_id, now, channel))
    keys = {version.id: version.item.key for version in questionnaire.items}
    comments = {keys[id_]: (one.text, one.number, one.audience) for id_, one in comments_of(session, member).items()}
    proposals = {keys[id_]: (one.text, one.number, None) for id_, one in wordings_of(session, member).items()}
    said = {key: _added(remark, *comments.get(key, ("",))) for key, remark in remarks.items() if remark.text}
    worded = {key: _added(remark, *proposals.get(key, ("",))) for key, remark in wordings.items() if remark.text}
    saved = ratings.save(session, member, answers, said, worded, now=now, channel=channel)
    _record(session, study, "answers typed in", member, channel, actor, now, answers=saved.n_changed)
    return saved


def finish_pack(session: Session, study: Study, member: RoundMember, *, channel: Channel, actor: str, now: datetime) -> Ballot:
    """Note that all of the pack is typed in, and return the ballot with the receipt to be told to the person."""
    ballot = ratings.finish(session, member, now=now, channel=channel)
    _record(session, study, "pack finished", member, channel, actor, now)
    return ballot


def _member(session: Session, keyring: Keyring, round_: Round, code: str) -> RoundMember:
    if not code.strip().upper().startswith("P-"):
        member = member_by_code(session, keyring, code)
        if member.round_id == round_.id:
            return member
    return member_by_pseudonym(session, round_, code)


def _slots_typed(session: Session, member: RoundMember) -> set[int]:
    """Return the slots whose present answer was typed in by the team."""
    history = (
        select(BallotChange)
        .where(BallotChange.round_id == member.round_id, BallotChange.panelist_id == member.panelist_id)
        .order_by(BallotChange.revision)
    )
    last = {slot: change.channel for change in session.scalars(history) for slot, _ in CHANGE.iter_unpack(change.changes)}
    return {slot for slot, channel in last.items() if channel in BY_THE_TEAM}


def _to_type(asked: Asked, sheet: Sheet, known: set[int]) -> Asked:
    slots = [sheet.questionnaire.slot(asked.position, n) for n in range(len(asked.values))]
    values = tuple(value if slot in known else "" for slot, value in zip(slots, asked.values, strict=True))
    untold = {"comment": "", "comment_number": 0, "audience": Audience.TEAM, "wording": "", "wording_number": 0}
    return replace(asked, values=values, last=None, since=None, parents=(), **untold)  # type: ignore[arg-type]


def _added(remark: Remark, text: str = "", number: int = 0, audience: Audience | None = None) -> Remark:
    """Return the text behind what stands already, once, for the narrower circle of readers."""
    typed = remark.text or ""
    if not text:
        return Remark(typed, number, remark.audience)
    if typed in text.split(BETWEEN):
        return Remark(text, number)
    meant = [each for each in (audience, remark.audience) if each is not None]
    return Remark(f"{text}{BETWEEN}{typed}", number, min(meant, key=NARROWEST_FIRST.index) if audience else None)


def _record(
    session: Session, study: Study, action: str, member: RoundMember, channel: Channel, actor: str, now: datetime, **more: object
) -> None:
    panelist = session.get_one(Panelist, member.panelist_id)
    round_ = session.get_one(Round, member.round_id)
    detail = {"round": round_.number, "panelist": panelist.pseudonym, "channel": channel, **more}
    auditing.record(session, study, action, actor=actor, now=now, detail=detail)
