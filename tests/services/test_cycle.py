"""The whole cycle through the services: rate, close, decide, revise, ask again."""

from sqlalchemy.orm import Session

from delphi.models import Action
from delphi.services import auditing, decisions, results
from delphi.services.decisions import Verdict
from tests import cast


def test_a_reworded_item_is_asked_again_in_its_second_version(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
    first = cast.open_round(session, study)
    for address in addresses:
        cast.rate(session, first, address, {"first-meeting-place": 8, "pace": 5, "going-along-offered": 8, "step-back": 9})
    cast.close_and_publish(session, study, first)

    verdict = Verdict(Action.REWORD, "Several of you asked whose pace.", {"pace": "The person sets the pace."})
    decisions.decide(session, study, first, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
    second = cast.open_round(session, study)

    asked = [(place.item_version.item.key, place.item_version.label) for place in second.items]
    assert asked == [("pace", "2")]
    view = results.team_view(session, first)
    assert [item["verdict"] for item in view["items"]] == ["consensus in", "no consensus", "consensus in", "consensus in"]
    assert auditing.first_fault(session, study) is None
