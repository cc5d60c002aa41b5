"""The migrations make on PostgreSQL what the models say, and a whole round runs on it."""

from sqlalchemy import select

from delphi.database import Database
from delphi.migrations import require_current, upgrade
from delphi.models import Round, Study
from delphi.services import auditing
from tests.assets.make_first_version import fill
from tests.test_migrations import require_no_difference


def test_a_fresh_database_has_the_shape_that_the_models_say(database: Database) -> None:
    upgrade(database.engine)

    require_current(database.engine)
    require_no_difference(database)


def test_two_rounds_run_from_panel_to_decisions(database: Database) -> None:
    with database.transaction() as session:
        fill(session)

    with database.reading() as session:
        study = session.scalars(select(Study)).one()
        assert session.scalars(select(Round.status).order_by(Round.number)).all() == ["published", "open"]
        assert auditing.first_fault(session, study) is None
