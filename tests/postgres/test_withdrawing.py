"""Withdrawing on PostgreSQL, where others save and close at the same moment."""

from delphi.database import Database
from delphi.models import Round
from delphi.services import outbox
from tests import cast
from tests.services import racing, withdrawing


def test_nothing_is_stored_of_whoever_withdraws_while_an_answer_is_on_the_way(database: Database) -> None:
    withdrawing.gone_while_saving(database)


def test_the_published_number_is_what_is_stored_and_what_was_erased_since(database: Database) -> None:
    withdrawing.gone_while_closing(database)


def test_reminders_are_written_down_claimed_and_given_up(database: Database) -> None:
    study_id, addresses = racing.prepare(database, 3)
    round_id = racing.open_another(database, study_id)
    with database.transaction() as session:
        round_ = session.get_one(Round, round_id)
        outbox.queue_reminders(session, round_, now=cast.NOW, occasion="day 7")
        cast.member(session, round_, addresses[0]).panelist.wants_reminders = False

    with database.transaction() as session:
        letters = outbox.claim_next(session, cast.keyring(), now=cast.NOW)

    assert {letter.address for letter in letters if letter.kind == "reminder"} == set(addresses[1:])
