"""`delphi comments code`, `answer`, `read` and `retract`: one comment of a closed round at work, found by its number."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy.orm import Session

from delphi.cli.acting import as_option, log_name, named
from delphi.cli.installation import now, open_installation
from delphi.cli.words import counted, exact
from delphi.errors import InvalidError
from delphi.models import CommentRelease, Researcher, Round, Study
from delphi.services import moderation
from delphi.services.coding import code_comment, codebook_of, find_code_by_name
from delphi.services.comment_work import comments_at_work, link_to_decision, mark_read, names_of
from delphi.services.researchers import WORK_ON_RESULTS
from delphi.services.studies import find_round, find_study

study_argument = click.argument("slug", metavar="STUDY")
round_argument = click.argument("number", metavar="N", type=int)
comment_argument = click.argument("comment", metavar="COMMENT", type=int)


@dataclass(frozen=True)
class AtHand:
    """The round whose comments are worked on, and who does."""

    session: Session
    study: Study
    round: Round
    by: Researcher | None

    @property
    def actor(self) -> str:
        return log_name(self.by)


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
    with _at_work(slug, number, address) as at:
        session, study = at.session, at.study
        chosen, shown = ({find_code_by_name(session, study, name).id for name in names} for names in (put, take_off))
        code_comment(session, study, at.round, comment, chosen=chosen, shown=shown, actor=at.actor, now=now())
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
    with _at_work(slug, number, address) as at:
        link_to_decision(at.session, at.study, at.round, comment, answers=not is_unanswered, actor=at.actor, now=now())
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
    with _at_work(slug, number, address) as at:
        ids = [one.id for one in moderation.comments_to_read(at.session, at.round)] if is_all else comments
        n = mark_read(at.session, at.study, at.round, ids, by=at.by, actor=at.actor, now=now())
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
    with _at_work(slug, number, address) as at:
        release = at.session.get(CommentRelease, comment)
        version = release.version if release else 0
        moderation.retract(at.session, at.study, at.round, comment, reason, version=version, by=at.by, actor=at.actor, now=now())
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


@contextmanager
def _at_work(slug: str, number: int, address: str | None) -> Iterator[AtHand]:
    """Give the round whose comments are worked on; what is done with them is kept when all of it was possible."""
    with open_installation().database.transaction() as session:
        study = find_study(session, slug)
        by = named(session, study, address, WORK_ON_RESULTS)
        yield AtHand(session, study, find_round(session, study, number), by)
