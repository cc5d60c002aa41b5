"""Answers and decisions collected elsewhere, taken in as if they had been given here: all of a file or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import DelphiError, FileError, InvalidError, Message, Problem
from delphi.files.comments import CommentRow
from delphi.files.decisions import SPLIT_MARK, DecisionRow
from delphi.files.judgements import JudgementRow
from delphi.files.rating_rounds import RatedRound
from delphi.files.ratings import read_ratings
from delphi.files.written import inert
from delphi.language import marked
from delphi.models import Action, Audience, Channel, ReleaseState, Researcher, Round, RoundMember, Study
from delphi.models.responses import NOT_ANSWERED, NOT_ASKED
from delphi.services import auditing
from delphi.services.ballots import Questionnaire, change_ballot, questionnaire_of
from delphi.services.decisions import Verdict, comments_on, decide, decisions_of
from delphi.services.keyring import Keyring
from delphi.services.moderation import Judgement, ToRead, comments_to_read, judge
from delphi.services.panel import panelist_by_address
from delphi.services.ratings import ballot_to_change, open_for_saving, save
from delphi.services.remarks import Remark

NO_SUCH_ITEM = marked("this round does not ask an item called {item!r}.")
NOT_ASKED_IN_FILE = marked("{participant} is in the group {group}, which is not asked about {item}; leave the cell empty.")
RATINGS_HEADING = marked("The ratings were not imported; nothing was changed.")
COMMENTS_HEADING = marked("The comments were not imported; nothing was changed.")
DECISIONS_HEADING = marked("The decisions were not imported; nothing was changed.")
JUDGEMENTS_HEADING = marked("The judgements were not imported; nothing was changed.")


def import_ratings(
    session: Session, keyring: Keyring, study: Study, round_: Round, path: Path, *, actor: str, now: datetime
) -> int:
    """Take the ratings in a file into the open round, on record as coming from a file; return how many people they are of.

    Participants are named by the address or the pseudonym that they have on the panel. An empty cell changes nothing.
    """
    open_for_saving(session, round_.id, now)
    questionnaire = questionnaire_of(session, round_)
    rated = _one_round(path, round_, questionnaire)
    members = _members(session, keyring, study, round_, rated.participants, path.name, RATINGS_HEADING)
    slots = _slots(questionnaire, rated, path.name)
    _require_groups(rated, members, path.name)
    _require_asked(questionnaire, rated, slots, members, path.name)
    n_people = 0
    # In one order for everybody, so that two imports at once wait for each other and never crosswise.
    for member, row in sorted(zip(members, rated.matrix, strict=True), key=lambda pair: pair[0].panelist_id):
        answers = {slot: int(byte) for slot, byte in zip(slots, row, strict=True) if byte not in (NOT_ANSWERED, NOT_ASKED)}
        if answers:
            ballot = ballot_to_change(session, member, questionnaire)
            if changes := {slot: byte for slot, byte in answers.items() if byte != ballot.payload[slot]}:
                change_ballot(session, ballot, changes, Channel.FILE)
            n_people += 1
    detail = {"round": round_.number, "people": n_people, "file": path.name}
    auditing.record(session, study, "ratings imported", actor=actor, now=now, detail=detail)
    return n_people


def import_comments(
    session: Session,
    keyring: Keyring,
    study: Study,
    round_: Round,
    rows: Sequence[CommentRow],
    *,
    source: str,
    actor: str,
    now: datetime,
) -> int:
    """Take the comments in a file into the open round; return how many there were."""
    members = _members(session, keyring, study, round_, [row.participant for row in rows], source, COMMENTS_HEADING)
    asked = {version.item.key for version in questionnaire_of(session, round_).items}
    problems = []
    for row, member in zip(rows, members, strict=True):
        if row.item not in asked:
            problems.append(Problem(Message(NO_SUCH_ITEM, item=row.item), source, row.line, "item"))
            continue
        try:
            saved = save(
                session,
                member,
                {},
                {row.item: Remark(row.text, audience=readers_named(row.readers))},
                now=now,
                channel=Channel.FILE,
            )
        except InvalidError as error:
            problems.append(Problem(Message("{reason}", reason=error), source, row.line, "comment"))
            continue
        if saved.clashes:
            message = Message(
                "{person} has already written another comment on {item}; put both into one.",
                person=row.participant,
                item=row.item,
            )
            problems.append(Problem(message, source, row.line, "comment"))
    if problems:
        raise FileError(COMMENTS_HEADING, problems)
    detail = {"round": round_.number, "comments": len(rows), "file": source}
    auditing.record(session, study, "comments imported", actor=actor, now=now, detail=detail)
    return len(rows)


def import_decisions(
    session: Session,
    study: Study,
    round_: Round,
    rows: Sequence[DecisionRow],
    *,
    source: str,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> int:
    """Take the decisions in a file and carry them out in the next draft; return how many there were."""
    comments = comments_on(session, round_)
    problems = []
    lines: dict[str, int] = {}
    for row in rows:
        if lines.setdefault(row.item, row.line) != row.line:
            message = Message("{item} stands on line {line} already.", item=row.item, line=lines[row.item])
            problems.append(Problem(message, source, row.line, "item"))
            continue
        earlier = decisions_of(session, round_).get(row.item)
        try:
            verdict = _verdict(row, [comment.id for comment in comments.get(row.item, [])] if row.answers_all else [])
            version = earlier.version if earlier else 0
            decide(session, study, round_, row.item, verdict, version=version, by=by, actor=actor, now=now)
        except DelphiError as error:
            problems.append(Problem(Message("{reason}", reason=error), source, row.line, "item" if row.item else ""))
    if problems:
        raise FileError(DECISIONS_HEADING, problems)
    return len(rows)


def import_judgements(
    session: Session,
    study: Study,
    round_: Round,
    rows: Sequence[JudgementRow],
    *,
    source: str,
    by: Researcher | None,
    actor: str,
    now: datetime,
) -> int:
    """Take in what is to become of comments, found by item and text; return how many there were."""
    read: dict[tuple[str, str], list[ToRead]] = {}
    for one in comments_to_read(session, round_):
        for text in {one.text, inert(one.text)}:
            read.setdefault((one.about.item.key, text), []).append(one)
    problems, n_judged = [], 0
    for row in rows:
        found = read.get((row.item, row.comment), [])
        if not found:
            problems.append(Problem(Message("nobody has written this on {item!r}.", item=row.item), source, row.line, "comment"))
        for one in found:
            state = ReleaseState.APPROVED if row.is_shown else ReleaseState.WITHHELD
            judgement = Judgement(state, row.words, row.reason)
            version = one.release.version if one.release else 0
            try:
                judge(session, study, round_, one.id, judgement, version=version, by=by, actor=actor, now=now)
                n_judged += 1
            except DelphiError as error:
                problems.append(Problem(str(error), source, row.line))
    if problems:
        raise FileError(JUDGEMENTS_HEADING, problems)
    return n_judged


def readers_named(readers: str) -> Audience | None:
    """Return who may read a comment, as a file says it; nothing said is None."""
    try:
        return Audience(readers) if readers else None
    except ValueError:
        raise InvalidError("{readers!r} are no readers; use {known}.", readers=readers, known=", ".join(Audience)) from None


def _one_round(path: Path, round_: Round, questionnaire: Questionnaire) -> RatedRound:
    scale = questionnaire.choices.scale
    rounds = read_ratings([path], scale.low, scale.high).rounds
    if len(rounds) > 1:
        raise InvalidError("{file} holds several rounds. Give the ratings of round {n} alone.", file=path.name, n=round_.number)
    # A file that names no round is read as round 1.
    if rounds[0].round not in (1, round_.number):
        raise InvalidError(
            "{file} holds the ratings of round {there}, and round {n} is open. Give those of round {n}.",
            file=path.name,
            there=rounds[0].round,
            n=round_.number,
        )
    return rounds[0]


def _members(
    session: Session,
    keyring: Keyring,
    study: Study,
    round_: Round,
    participants: Sequence[str],
    source: str,
    heading: str,
) -> list[RoundMember]:
    by_panelist = {
        member.panelist_id: member for member in session.scalars(select(RoundMember).where(RoundMember.round_id == round_.id))
    }
    found: dict[str, RoundMember | None] = {}
    for name in dict.fromkeys(participants):
        panelist = panelist_by_address(session, keyring, study, name)
        found[name] = by_panelist.get(panelist.id) if panelist else None
    unknown = [name for name, member in found.items() if member is None]
    if unknown:
        messages = [Message("{name} was not invited to this round.", name=name) for name in unknown]
        raise FileError(heading, [Problem(message, source, None, "participant") for message in messages])
    _require_one_name_each(found, source, heading)
    return [member for name in participants if (member := found[name]) is not None]


def _require_one_name_each(found: Mapping[str, RoundMember | None], source: str, heading: str) -> None:
    """Refuse a file that names one person in two ways, by address and by pseudonym."""
    first_names: dict[int, str] = {}
    problems = []
    for name, member in found.items():
        if member is not None and first_names.setdefault(member.panelist_id, name) != name:
            other = first_names[member.panelist_id]
            message = Message("{name} and {other} are the same person; use one of the two.", name=name, other=other)
            problems.append(Problem(message, source, None, "participant"))
    if problems:
        raise FileError(heading, problems)


def _slots(questionnaire: Questionnaire, rated: RatedRound, source: str) -> list[int]:
    """Return the ballot's slot for each column of the file's matrix."""
    positions = questionnaire.places
    criteria = {criterion.key: n for n, criterion in enumerate(questionnaire.choices.criteria)}
    problems = [Problem(Message(NO_SUCH_ITEM, item=item), source) for item in rated.items if item not in positions]
    if rated.criteria == (None,) and len(criteria) == 1:
        criteria = {None: 0}  # type: ignore[dict-item]
    asked = ", ".join(str(key) for key in criteria)
    problems += [
        Problem(
            Message("this round does not ask for {criterion}; it asks for {asked}.", criterion=criterion, asked=asked)
            if criterion
            else Message("this round does not ask for a rating without a criterion; it asks for {asked}.", asked=asked),
            source,
        )
        for criterion in rated.criteria
        if criterion not in criteria
    ]
    if problems:
        raise FileError(RATINGS_HEADING, problems)
    return [questionnaire.slot(positions[item], criteria[criterion]) for item in rated.items for criterion in rated.criteria]  # type: ignore[index]


def _require_groups(rated: RatedRound, members: Sequence[RoundMember], source: str) -> None:
    problems = []
    for participant, code, member in zip(rated.participants, rated.groups.tolist(), members, strict=True):
        if code >= 0 and rated.group_names[code] != member.group.label:
            message = Message(
                "{participant} is in the group {group!r}, not {other!r}.",
                participant=participant,
                group=member.group.label,
                other=rated.group_names[code],
            )
            problems.append(Problem(message, source, None, "group"))
    if problems:
        raise FileError(RATINGS_HEADING, problems)


def _require_asked(
    questionnaire: Questionnaire, rated: RatedRound, slots: Sequence[int], members: Sequence[RoundMember], source: str
) -> None:
    """Refuse a file that answers what the protocol asks other groups about, and not the participant's."""
    problems = []
    for participant, row, member in zip(rated.participants, rated.matrix, members, strict=True):
        skipped = questionnaire.not_asked_of(member)
        given = (slot for slot, byte in zip(slots, row, strict=True) if byte not in (NOT_ANSWERED, NOT_ASKED))
        keys = dict.fromkeys(questionnaire.item_of(slot).item.key for slot in given if questionnaire.place_of(slot) in skipped)
        told = {"participant": participant, "group": member.group.label}
        problems += [Problem(Message(NOT_ASKED_IN_FILE, item=key, **told), source) for key in keys]
    if problems:
        raise FileError(RATINGS_HEADING, problems)


def _verdict(row: DecisionRow, answers: Sequence[int]) -> Verdict:
    try:
        action = Action(row.action)
    except ValueError:
        raise InvalidError("{action!r} is no action; use {known}.", action=row.action, known=", ".join(Action)) from None
    if len(row.into) != 1 and action is Action.MERGE:
        raise InvalidError("Name the one item that this one is merged into.")
    keys = row.into or (row.item,)
    if row.new_wordings and len(row.new_wordings) != len(keys):
        raise InvalidError(
            "New wordings: {n}, items: {m}. Give each item one: separate the keys in into by spaces, "
            "and the wordings in new_wording by a line that holds only {mark} and nothing else.",
            n=len(row.new_wordings),
            m=len(keys),
            mark=SPLIT_MARK,
        )
    wordings = dict(zip(keys, row.new_wordings, strict=True)) if row.new_wordings else {}
    if row.plains and len(row.plains) != len(keys):
        raise InvalidError(
            "Plain wordings: {n}, items: {m}. Give each item one, in the same order as in new_wording, or none at all.",
            n=len(row.plains),
            m=len(keys),
        )
    plains = dict(zip(keys, row.plains, strict=True)) if row.plains else {}
    into = row.into[0] if action is Action.MERGE else ""
    return Verdict(action, row.reason, wordings, into, row.is_typo, answers, plains)
