"""Somebody who withdraws while their answers are still on the way, and while the round is closed."""

from delphi.database import Database
from delphi.errors import ConflictError
from delphi.models import Ballot, Round, RoundMember, Study
from delphi.services import rounds
from delphi.services.ratings import Answer, save
from delphi.services.receipts import receipts_of
from delphi.services.withdrawal import n_erased_on_record, withdraw
from tests import cast
from tests.services import racing

SAVERS, PACE = 4, 1  # how many, and into which slot


def gone_while_saving(database: Database) -> None:
    """Withdraw while others save for the same person: nothing of theirs is stored, and who came too late was told."""
    study_id, addresses = racing.prepare(database, 3)
    _choose_erasure(database, study_id)
    round_id = racing.open_another(database, study_id)

    def act(n: int) -> str:
        with database.transaction() as session:
            member = session.get_one(RoundMember, (round_id, panelist_id))
            if n == 0:
                return withdraw(session, cast.keyring(), member.panelist, now=cast.NOW)
            save(session, member, {PACE: Answer(str(n))}, {}, now=cast.NOW)
            return "saved"

    with database.reading() as session:
        panelist_id = cast.member(session, session.get_one(Round, round_id), addresses[0]).panelist_id
    outcomes = racing.at_once(act, SAVERS + 1)

    assert outcomes[0] == "erase"
    assert all(outcome == "saved" or isinstance(outcome, ConflictError) for outcome in outcomes[1:])
    with database.reading() as session:
        assert session.get(Ballot, (round_id, panelist_id)) is None


def gone_while_closing(database: Database) -> None:
    """Withdraw while the round is closed: the frozen number is what is stored and what was erased since."""
    study_id, addresses = racing.prepare(database, 3)
    _choose_erasure(database, study_id)
    round_id = racing.open_another(database, study_id)
    with database.transaction() as session:
        for address in addresses:
            cast.rate(session, session.get_one(Round, round_id), address, {"pace": 7})

    def act(n: int) -> None:
        with database.transaction() as session:
            round_ = session.get_one(Round, round_id)
            if n == 0:
                rounds.close_round(session, session.get_one(Study, study_id), round_, actor="researcher 1", now=cast.NOW)
            else:
                withdraw(session, cast.keyring(), cast.member(session, round_, addresses[n]).panelist, now=cast.NOW)

    assert racing.at_once(act, 3) == [None] * 3
    with database.reading() as session:
        round_ = session.get_one(Round, round_id)
        listed = receipts_of(session, round_)
        assert len(listed.receipts) == 1
        assert len(listed.receipts) + n_erased_on_record(session, round_) == listed.n_participants


def _choose_erasure(database: Database, study_id: int) -> None:
    with database.transaction() as session:
        cast.choose(session, session.get_one(Study, study_id), withdrawal="erase")
