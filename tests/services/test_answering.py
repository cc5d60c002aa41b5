"""What a panelist is shown is what the record says was assigned to them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Feedback, StakeholderGroup
from delphi.services.answering import feedback_on
from delphi.services.results import feedback_view
from tests import cast


def test_the_feedback_on_a_page_is_the_one_that_was_assigned(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Academics": 5, "Carers": 6, "Practitioners": 12})
    first = cast.open_round(session, study)
    for address in addresses:
        cast.rate(session, first, address, {"pace": 5})
    cast.close_and_publish(session, study, first)
    second = cast.open_round(session, study)
    carer = cast.member(session, second, "carers-1@example.org")
    academics = session.scalars(select(StakeholderGroup).where(StakeholderGroup.label == "Academics")).one()
    theirs = session.scalars(select(Feedback).where(Feedback.group_id == academics.id)).one()
    own = feedback_on(session, carer, second)

    carer.feedback_id = theirs.id  # as if another snapshot had been assigned
    session.flush()
    shown = feedback_on(session, carer, second)

    assert shown != own
    assert [entry["groups"] for entry in shown.values()] == [item["groups"] for item in feedback_view(theirs)["items"]]
