"""`delphi comments code`, `answer`, `read` and `retract`: one comment of a closed round at work, found by its number."""

from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.cli.acting import as_option, working_on
from delphi.cli.installation import now
from delphi.cli.options import round_argument, study_argument
from delphi.cli.words import counted, exact
from delphi.errors import InvalidError
from delphi.models import CommentRelease, Round, Study
from delphi.services import moderation
from delphi.services.coding import code_comment, codebook_of, find_code_by_name
from delphi.services.comment_work import comments_at_work, link_to_decision, mark_read, names_of
from delphi.services.researchers import WORK_ON_RESULTS

comment_argument = click.argument("comment", metavar="COMMENT", type=int)


@click.command("code")
@study_argument
@round_argument
@comment_argument
@click.option("--put", multiple=True, metavar="CODE", help="A code of the codebook to put on it; repeatable.")
@click.option("--take-off", multiple=True, metavar="CODE", help="A code to take off it; repeatable.")
@as_option
def code_command(
    slug: str, number: int, comment: int, put: tuple[str, ...], take_off: tuple[str, ...], address: str | None
) -> None:
    """Put codes on a comment on the closed round N, or take them off. Its number is told by `delphi comments list --json`.

    \b
    Example:
      delphi comments code making-connections 1 4711 --put Safety --take-off Costs
    """
    if not put and not take_off:
        raise InvalidError("Say which code: --put CODE or --take-off CODE.")
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        round_, session, study = at.round(number), at.session, at.study
        chosen, shown = ({find_code_by_name(session, study, name).id for name in names} for names in (put, take_off))
        code_comment(session, study, round_, comment, chosen=chosen, shown=shown, actor=at.actor, now=now())
    click.echo("The comment is coded.")


@click.command("answer")
@study_argument
@round_argument
@comment_argument
@click.option("--not", "is_unanswered", is_flag=True, help="The decision does not answer it after all.")
@as_option
def answer_command(slug: str, number: int, comment: int, is_unanswered: bool, address: str | None) -> None:
    """Keep that the decision on its item answers a comment on the closed round N.

    \b
    Example:
      delphi comments answer making-connections 1 4711
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        answers = not is_unanswered
        link_to_decision(at.session, at.study, at.round(number), comment, answers=answers, actor=at.actor, now=now())
    click.echo("The decision does not answer it." if is_unanswered else "The decision on its item answers it.")


@click.command("read")
@study_argument
@round_argument
@click.argument("comments", metavar="[COMMENT]…", type=int, nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All comments on the round.")
@as_option
def read_command(slug: str, number: int, comments: tuple[int, ...], is_all: bool, address: str | None) -> None:
    """Keep that comments on the closed round N have been read.

    \b
    Example:
      delphi comments read making-connections 1 4711 4712
      delphi comments read making-connections 1 --all
    """
    if bool(comments) is is_all:
        raise InvalidError("Name the comments that were read, or say --all.")
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        round_ = at.round(number)
        ids = [one.id for one in moderation.comments_to_read(at.session, round_)] if is_all else comments
        n = mark_read(at.session, at.study, round_, ids, by=at.by, actor=at.actor, now=now())
    click.echo(f"{counted(n, 'comment is', 'comments are')} marked as read.")


@click.command("retract")
@study_argument
@round_argument
@comment_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why; the writer reads it.")
@as_option
def retract_command(slug: str, number: int, comment: int, reason: str, address: str | None) -> None:
    """Take back a comment that the panel was shown; nothing shows it from now on.

    \b
    Example:
      delphi comments retract making-connections 1 4711 --reason "It names a person."
    """
    with working_on(slug, address, WORK_ON_RESULTS) as at:
        round_, release = at.round(number), at.session.get(CommentRelease, comment)
        version = release.version if release else 0
        moderation.retract(at.session, at.study, round_, comment, reason, version=version, by=at.by, actor=at.actor, now=now())
    click.echo("The comment is taken back.")


def told(session: Session, study: Study, round_: Round) -> list[dict[str, Any]]:
    """Return what is told of the comments on a closed round, for programs: as on the page, and nobody's name."""
    codes = names_of(codebook_of(session, study))
    return [
        {
            "comment": exact(one.id),
            "item": one.comment.about.item.key,
            "text": one.comment.text,
            "readers": one.comment.audience,
            "group": one.group or None,
            "state": one.comment.release.state if one.comment.release else None,
            "read": one.is_read,
            "codes": [codes[code] for code in one.codes],
            "decision": one.decision.action if one.decision else None,
            "answered": one.is_answered,
        }
        for one in comments_at_work(session, round_)
    ]
