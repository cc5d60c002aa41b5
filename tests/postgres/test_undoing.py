"""An opening is taken back on PostgreSQL too, where rows of a round keep its numbers apart; and one link is followed once."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.errors import DelphiError
from delphi.models import Researcher, Role, Study
from delphi.services import links, team, undoing
from delphi.services.account_links import link_by_token
from delphi.services.drafts import latest_draft
from delphi.services.protocol import current_protocol
from delphi.services.researchers import roles_in
from delphi.services.studies import rounds_of
from tests import cast

ADA = "carers-1@example.org"


def test_everything_is_as_before_and_old_links_are_told(database: Database) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6})
        opened = cast.open_round(session, study)
        old = cast.token(session, opened, ADA)

    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        (opened,) = rounds_of(session, study)
        undoing.undo_opening(session, study, opened, "Too early.", actor="researcher 1", now=cast.NOW)

    with database.transaction() as session:
        study = session.scalars(select(Study)).one()
        assert rounds_of(session, study) == []
        assert not current_protocol(session, study).is_sealed
        assert not latest_draft(session, study).is_frozen
        again = cast.open_round(session, study)
        assert links.member_by_token(session, cast.token(session, again, ADA)).round_id == again.id
        with pytest.raises(links.TakenBackError):
            links.member_by_token(session, old)


def test_of_two_who_follow_one_invitation_at_once_one_is_let_in(database: Database) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        link = team.invite(
            session, cast.keyring(), study, "iris@example.org", [Role.ANALYST], by=None, actor="command line", now=cast.NOW
        )
        token = cast.keyring().account_token(link.id)
    start, outcomes = Barrier(2), []

    def follow() -> None:
        start.wait()
        try:
            with database.transaction() as session:
                team.accept(session, link_by_token(session, token, now=cast.NOW), cast.PASSWORD, now=cast.NOW)
            outcomes.append("in")
        except Exception as refusal:  # the refusal, or the database's word that this address has an account by now
            outcomes.append("refused" if isinstance(refusal, DelphiError) else type(refusal).__name__)

    threads = [Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes)[-1] != sorted(outcomes)[0]
    assert outcomes.count("in") == 1
    with database.reading() as session:
        iris = session.scalars(select(Researcher).where(Researcher.email == "iris@example.org")).one()
        assert roles_in(session, iris, session.scalars(select(Study)).one()) == {Role.ANALYST}
