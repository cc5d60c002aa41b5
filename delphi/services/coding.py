"""The codebook of a study and its use: codes with name and definition, put on comments, renamed and merged, on record."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from delphi.database import lock_row
from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import Code, Comment, CommentCode, Round, Study
from delphi.services import auditing
from delphi.services.decisions import require_closed

LONGEST_NAME = 60
LONGEST_DEFINITION = 2000
MOST_CODES = 200


def codebook_of(session: Session, study: Study) -> list[Code]:
    """Return the study's codes by name."""
    codes = session.scalars(select(Code).where(Code.study_id == study.id))
    return sorted(codes, key=lambda code: (code.name.casefold(), code.name))


def uses_of(session: Session, study: Study) -> dict[int, int]:
    """Return how many comments carry each code, by the code's id; one that is not used is not in it."""
    rows = session.execute(
        select(CommentCode.code_id, func.count())
        .join(Code, Code.id == CommentCode.code_id)
        .where(Code.study_id == study.id)
        .group_by(CommentCode.code_id)
    )
    return {code_id: n for code_id, n in rows}


def find_code(session: Session, study: Study, code_id: int) -> Code:
    """Return a code of the study, or refuse."""
    code = session.get(Code, code_id)
    if code is None or code.study_id != study.id:
        raise NotFoundError("The codebook has no such code. Somebody may have merged or removed it.")
    return code


def find_code_by_name(session: Session, study: Study, name: str) -> Code:
    """Return the code of that name, however its letters are cased, or refuse."""
    wanted = _plain(name).casefold()
    code = next((code for code in codebook_of(session, study) if code.name.casefold() == wanted), None)
    if code is None:
        raise NotFoundError("The codebook has no code called {name}.", name=name)
    return code


def add_code(session: Session, study: Study, name: str, definition: str, *, actor: str, now: datetime) -> Code:
    """Put a code into the codebook."""
    lock_row(session, study)
    codes = codebook_of(session, study)
    if len(codes) >= MOST_CODES:
        raise InvalidError("A codebook holds {n} codes at the most. Merge some first.", n=MOST_CODES)
    name, definition = _sound(codes, name, definition)
    code = Code(study_id=study.id, name=name, definition=definition)
    session.add(code)
    session.flush()
    _record(session, study, "code added", code, actor, now)
    return code


def change_code(
    session: Session, study: Study, code_id: int, name: str, definition: str, *, version: int, actor: str, now: datetime
) -> Code:
    """Give a code another name or definition; the comments keep it.

    `version` is the one that the form had shown: a newer one is not overwritten.
    """
    code = _held(session, study, code_id, version)
    others = [other for other in codebook_of(session, study) if other.id != code.id]
    name, definition = _sound(others, name, definition)
    if (name, definition) != (code.name, code.definition):
        code.name, code.definition = name, definition
        session.flush()
        _record(session, study, "code changed", code, actor, now)
    return code


def merge_codes(session: Session, study: Study, code_id: int, into_id: int, *, version: int, actor: str, now: datetime) -> Code:
    """Put the other code on every comment that carries this one, and take this one out of the codebook; return the other."""
    code, into = _held(session, study, code_id, version), find_code(session, study, into_id)
    if code.id == into.id:
        raise InvalidError("Name another code to merge it into.")
    carrying = select(CommentCode.comment_id).where(CommentCode.code_id == code.id)
    carrying_both = select(CommentCode.comment_id).where(CommentCode.code_id == into.id)
    comments = session.scalars(carrying.where(CommentCode.comment_id.not_in(carrying_both))).all()
    n = session.scalar(select(func.count()).select_from(carrying.subquery())) or 0
    _put(session, [(comment_id, into.id) for comment_id in comments])
    _remove(session, code)
    detail = {"code": code.id, "into": into.id, "comments": n}
    texts = {"name": code.name, "definition": code.definition, "into": into.name}
    auditing.record(session, study, "codes merged", actor=actor, now=now, detail=detail, texts=texts)
    return into


def remove_code(session: Session, study: Study, code_id: int, *, version: int, actor: str, now: datetime) -> int:
    """Take a code out of the codebook and off every comment; return how many carried it."""
    code = _held(session, study, code_id, version)
    n = uses_of(session, study).get(code.id, 0)
    _remove(session, code)
    texts = {"name": code.name, "definition": code.definition}
    auditing.record(session, study, "code removed", actor=actor, now=now, detail={"code": code.id, "comments": n}, texts=texts)
    return n


def code_comment(
    session: Session,
    study: Study,
    round_: Round,
    comment_id: int,
    *,
    chosen: Collection[int],
    shown: Collection[int],
    actor: str,
    now: datetime,
) -> None:
    """Put the chosen codes on a comment and take those off that the form had `shown` on it and nobody chose.

    What somebody else has put on it or taken off meanwhile stays so.
    """
    require_closed(round_)
    comment = session.get(Comment, comment_id)
    if comment is None or comment.round_id != round_.id or not comment.text:
        raise NotFoundError("Round {number} has no such comment.", number=round_.number)
    lock_row(session, comment)
    known = {code.id for code in codebook_of(session, study)}
    if not set(chosen) <= known:
        raise ConflictError("One of the codes is not in the codebook any more. Open the page again.")
    carried = set(session.scalars(select(CommentCode.code_id).where(CommentCode.comment_id == comment.id)))
    added, removed = set(chosen) - carried - set(shown), (set(shown) - set(chosen)) & carried
    if not added and not removed:
        return
    _put(session, [(comment.id, code_id) for code_id in sorted(added)])
    session.execute(delete(CommentCode).where(CommentCode.comment_id == comment.id, CommentCode.code_id.in_(removed)))
    detail = {"round": round_.number, "comment": str(comment.id), "added": sorted(added), "removed": sorted(removed)}
    auditing.record(session, study, "comment coded", actor=actor, now=now, detail=detail)


def _held(session: Session, study: Study, code_id: int, version: int) -> Code:
    lock_row(session, study)
    code = find_code(session, study, code_id)
    session.refresh(code)
    if code.version != version:
        raise ConflictError("Somebody else has changed this code meanwhile. Look at what it says now, then change it again.")
    return code


def _sound(others: Iterable[Code], name: str, definition: str) -> tuple[str, str]:
    name, definition = _plain(name), definition.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidError("Give the code a name of at most {n} characters.", n=LONGEST_NAME)
    if len(definition) > LONGEST_DEFINITION:
        raise InvalidError("Define the code in at most {n} characters.", n=LONGEST_DEFINITION)
    if any(other.name.casefold() == name.casefold() for other in others):
        raise ConflictError("There is a code called {name} already. Use it, or give this one another name.", name=name)
    return name, definition


def _plain(name: str) -> str:
    return " ".join(name.split())


def _put(session: Session, pairs: Collection[tuple[int, int]]) -> None:
    if pairs:
        session.execute(insert(CommentCode), [{"comment_id": comment, "code_id": code} for comment, code in pairs])


def _remove(session: Session, code: Code) -> None:
    session.execute(delete(CommentCode).where(CommentCode.code_id == code.id))
    session.delete(code)
    session.flush()


def _record(session: Session, study: Study, action: str, code: Code, actor: str, now: datetime) -> None:
    texts = {"name": code.name} | ({"definition": code.definition} if code.definition else {})
    auditing.record(session, study, action, actor=actor, now=now, detail={"code": code.id}, texts=texts)
