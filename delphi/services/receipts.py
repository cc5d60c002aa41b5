"""The published list of receipts: that an answer was counted, for anybody to see, and nothing of what it was."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import NotFoundError
from delphi.models import Ballot, Round, RoundStatus, Study
from delphi.services.ballots import n_answered
from delphi.services.results import public_view
from delphi.services.withdrawal import n_erased_on_record


@dataclass(frozen=True)
class Receipts:
    """The receipts of a closed round's ballots that count, sorted, so that their order says nothing.

    A ballot counts if it answers anything at all; the frozen result calls its owner a participant. `n_erased` ballots were erased
    since, at their owners' wish, and are on record as such.
    """

    study: Study
    round: Round
    receipts: tuple[str, ...]
    n_participants: int
    n_erased: int

    @property
    def n_missing(self) -> int:
        """Return how many counted ballots are neither here nor on record as erased: none, or something is wrong."""
        return self.n_participants - len(self.receipts) - self.n_erased


def find_receipts(session: Session, slug: str, number: int) -> Receipts:
    """Return the list of a closed round, or refuse; an open round is refused in the same words as one that there is not."""
    # Not every database can look for what cannot be printed, nor hold every number that an address can.
    known = select(Round).join(Study, Study.id == Round.study_id).where(Study.slug == slug)
    rounds = session.scalars(known).all() if slug.isprintable() else []
    round_ = next((one for one in rounds if one.number == number and one.status != RoundStatus.OPEN), None)
    if round_ is None:
        raise NotFoundError("There is no list of receipts here. A round's list is published when the round has closed.")
    return receipts_of(session, round_)


def receipts_of(session: Session, round_: Round) -> Receipts:
    """Return the list of a closed round."""
    ballots = session.execute(select(Ballot.receipt, Ballot.payload).where(Ballot.round_id == round_.id))
    counted = sorted(receipt for receipt, payload in ballots if n_answered(payload))
    n_participants = public_view(session, round_)["participants"]
    return Receipts(
        session.get_one(Study, round_.study_id), round_, tuple(counted), n_participants, n_erased_on_record(session, round_)
    )


def is_listed(round_: Round, ballot: Ballot | None) -> bool:
    """Tell whether the ballot's receipt stands in the published list of its round."""
    return round_.status != RoundStatus.OPEN and ballot is not None and n_answered(ballot.payload) > 0
