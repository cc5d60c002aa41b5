"""The codebook and the coded comments as tables for files: no person, no time, and an order that tells nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from delphi.errors import DelphiError, FileError, Problem
from delphi.files.codes import CodeRow
from delphi.models import Round, Study
from delphi.services.coding import add_code, change_code, codebook_of, uses_of
from delphi.services.comment_work import coded_comments, names_of

Table = tuple[Sequence[str], list[Sequence[object]]]
CODEBOOK = ("name", "definition", "comments")
CODED = ("round", "item", "wording", "comment", "readers", "state", "in_other_words", "group", "codes", "decision", "answered")


def codebook_table(session: Session, study: Study) -> Table:
    """Return the study's codes with their definitions, and how many comments carry each."""
    uses = uses_of(session, study)
    return CODEBOOK, [(code.name, code.definition, uses.get(code.id, 0)) for code in codebook_of(session, study)]


def coded_table(session: Session, study: Study, rounds: Sequence[Round]) -> Table:
    """Return every comment of the closed rounds with its codes, separated by semicolons; for the team's own work.

    Comments that only the team may read are among them, and `readers` says so.
    """
    names = names_of(codebook_of(session, study))
    rows: list[Sequence[object]] = []
    for round_, one in coded_comments(session, study, rounds):
        comment, release = one.comment, one.comment.release
        shown = release.text if release and release.text != comment.text else ""
        rows.append(
            (
                round_.number,
                comment.about.item.key,
                comment.about.label,
                comment.text,
                comment.audience.value,
                release.state if release else "",
                shown,
                one.group,
                "; ".join(sorted(names[code] for code in one.codes)),
                one.decision.action if one.decision else "",
                "yes" if one.is_answered else "no",
            )
        )
    return CODED, rows


def import_codebook(
    session: Session, study: Study, rows: Sequence[CodeRow], *, source: str, actor: str, now: datetime
) -> tuple[int, int]:
    """Add the codes that the codebook does not have, and define anew those that it has; return how many of each.

    All of them, or none with what is wrong on each line.
    """
    study.require_current()
    added, changed, problems = 0, 0, []
    for row in rows:
        known = {code.name.casefold(): code for code in codebook_of(session, study)}
        code = known.get(row.name.casefold())
        try:
            if code is None:
                add_code(session, study, row.name, row.definition, actor=actor, now=now)
                added += 1
            elif row.definition not in ("", code.definition):
                change_code(session, study, code.id, code.name, row.definition, version=code.version, actor=actor, now=now)
                changed += 1
        except DelphiError as error:
            problems.append(Problem(str(error), source, row.line))
    if problems:
        raise FileError("The codebook was not changed.", problems)
    return added, changed
