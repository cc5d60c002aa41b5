"""A panelist's own answers: theirs, all of them, with the words that stood there."""

from sqlalchemy.orm import Session

from delphi.models import Action, Contact, Panelist, Proposal, ProposalVersion
from delphi.services.decisions import Verdict, decide
from delphi.services.own_answers import OwnRound, own_rounds
from tests import cast

ADA, BO = "carers-1@example.org", "carers-2@example.org"


def of(own: OwnRound) -> dict[str, tuple[tuple[str, ...], str]]:
    return {one.version.item.key: (one.values, one.comment) for one in own.answers}


def test_every_item_stands_in_the_manuals_order_with_what_was_said_of_it(session: Session) -> None:
    ada = _two_rounds(session)

    first, second = own_rounds(session, ada)

    assert tuple(of(first)) == cast.ITEMS
    assert of(first) == {
        "first-meeting-place": (("7",), ""),
        "pace": (("unable",), "Whose pace?"),
        "going-along-offered": (("",), ""),
        "step-back": (("",), ""),
    }
    assert [heading for heading, _ in first.by_section] == ["Meeting for the first time", "Going along"]
    assert of(second)["pace"] == (("9",), "")


def test_an_answer_stands_beside_the_words_that_it_was_given_to(session: Session) -> None:
    ada = _two_rounds(session)

    wordings = [
        next(one.version for one in own.answers if one.version.item.key == "pace").text for own in own_rounds(session, ada)
    ]

    assert wordings == ["The worker goes at the pace of the person.", "The person sets the pace."]


def test_a_round_without_an_answer_is_left_out_and_nothing_of_anybody_else_is_in_it(session: Session) -> None:
    _two_rounds(session)
    bo = session.get_one(Panelist, _panelist_id(session, BO))

    (only,) = own_rounds(session, bo)

    assert only.round.number == 1
    assert of(only) == dict.fromkeys(cast.ITEMS, (("",), "")) | {"pace": (("3",), "")}
    assert only.proposals == ()


def test_what_was_proposed_stands_with_the_item_or_the_section(session: Session) -> None:
    ada = _two_rounds(session)
    first = own_rounds(session, ada)[0]
    versions = {one.version.item.key: one.version.id for one in first.answers}
    wording = Proposal(round_id=first.round.id, panelist_id=ada.id, item_version_id=versions["pace"])
    wording.versions = [ProposalVersion(number=1, text="The person leads.")]
    new = Proposal(round_id=first.round.id, panelist_id=ada.id, section_key="going-along")
    new.versions = [ProposalVersion(number=1, text="Somebody calls the day after.")]
    session.add_all([wording, new])
    session.flush()

    first = own_rounds(session, ada)[0]

    assert {one.version.item.key: one.proposal.text for one in first.answers if one.proposal} == {"pace": "The person leads."}
    assert [(heading, one.text) for heading, one in first.proposals] == [("Going along", "Somebody calls the day after.")]


def _two_rounds(session: Session) -> Panelist:
    """Two rounds in which Ada answers, and Bo in the first one only; one item is reworded between them."""
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    first = cast.open_round(session, study)
    cast.rate(session, first, ADA, {"first-meeting-place": 7, "pace": "unable"}, {"pace": "Whose pace?"})
    cast.rate(session, first, BO, {"pace": 3})
    cast.close_and_publish(session, study, first)
    verdict = Verdict(Action.REWORD, "It was not clear whose pace.", {"pace": "The person sets the pace."})
    decide(session, study, first, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
    second = cast.open_round(session, study)
    cast.rate(session, second, ADA, {"pace": 9})
    return session.get_one(Panelist, _panelist_id(session, ADA))


def _panelist_id(session: Session, address: str) -> int:
    return session.query(Contact).filter_by(address_hash=cast.keyring().address_hash(address)).one().panelist_id
