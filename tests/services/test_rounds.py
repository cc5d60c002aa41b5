"""Opening, closing and publishing rounds, and what the next one asks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError
from delphi.models import Action, EditClass, Feedback, OutboxMail, Panelist, Round, RoundMember, Study
from delphi.services import decisions, drafts, results, rounds
from delphi.services.decisions import Verdict
from delphi.services.drafts import Change
from delphi.services.protocol import choices_of, current_protocol, save_protocol
from delphi.statistics.presets import PRESETS
from tests import cast

ASKED = "first-meeting-place", "pace", "going-along-offered", "step-back"


def study_with(session: Session, sizes: Mapping[str, int]) -> tuple[Study, list[str]]:
    study = cast.begin_study(session)
    return study, cast.add_panel(session, study, sizes)


def rated(session: Session, study: Study, ratings: Mapping[str, Mapping[str, int | str]]) -> Round:
    """Open a round, let everybody rate, close and publish it."""
    round_ = cast.open_round(session, study)
    for address, answers in ratings.items():
        cast.rate(session, round_, address, answers)
    cast.close_and_publish(session, study, round_)
    return round_


def proposals(session: Session, study: Study) -> dict[str, tuple[bool, str]]:
    return {each.version.item.key: (each.is_asked, each.why) for each in rounds.proposed_items(session, study)}


def decide(session: Session, study: Study, round_: Round, key: str, action: Action, **more: object) -> None:
    verdict = Verdict(action, "The team talked about it.", **more)  # type: ignore[arg-type]
    earlier = decisions.decisions_of(session, round_).get(key)
    version = earlier.version if earlier else 0
    decisions.decide(session, study, round_, key, verdict, version=version, by=None, actor="researcher 1", now=cast.NOW)


def test_a_round_asks_the_items_in_the_order_of_the_document(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})

    round_ = cast.open_round(session, study)

    assert [place.item_version.item.key for place in round_.items] == list(ASKED)
    assert round_.deadline == (cast.NOW + timedelta(weeks=4)).replace(hour=23, minute=59)
    assert drafts.latest_draft(session, study).frozen_at == cast.NOW
    assert len(session.scalars(select(OutboxMail)).all()) == len(session.scalars(select(RoundMember)).all()) == 6


def test_without_anybody_on_the_panel_no_round_opens(session: Session) -> None:
    study = cast.begin_study(session)

    with pytest.raises(ConflictError, match="nobody on the panel"):
        cast.open_round(session, study)

    assert not current_protocol(session, study).is_sealed


def test_a_deadline_in_the_past_is_refused_and_seals_nothing(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})

    with pytest.raises(InvalidError, match="deadline has passed"):
        rounds.open_round(session, cast.keyring(), study, actor="researcher 1", now=cast.NOW, deadline=cast.NOW)

    assert not current_protocol(session, study).is_sealed


def test_a_rule_on_more_groups_than_there_are_opens_no_round(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})
    rule = {"name": "three", "in": {"figure": "percent", "zone": "high", "at_least": 70, "groups": {"at_least": 3}}}
    cast.choose(session, study, rule=rule)

    with pytest.raises(ConflictError, match="asks for 3 groups, and there are 1"):
        cast.open_round(session, study)


def test_the_protocol_is_sealed_once_and_stays(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    first = rated(session, study, {address: {"pace": 5} for address in addresses})
    sealed = (first.protocol.sealed_at, first.protocol.sha256)

    second = rounds.open_round(session, cast.keyring(), study, actor="researcher 1", now=cast.NOW + timedelta(days=40))

    assert (second.protocol.sealed_at, second.protocol.sha256) == sealed
    with pytest.raises(ConflictError, match="sealed when round 1 opened"):
        save_protocol(
            session, study, choices_of(first.protocol), version=first.protocol.version, actor="researcher 1", now=cast.NOW
        )


def test_two_who_change_the_protocol_do_not_overwrite_each_other(session: Session) -> None:
    study = cast.begin_study(session)
    protocol = current_protocol(session, study)
    seen = protocol.version
    cast.choose(session, study, weeks=6)

    with pytest.raises(ConflictError, match="Somebody else has changed the protocol"):
        save_protocol(session, study, choices_of(protocol), version=seen, actor="researcher 1", now=cast.NOW)

    assert choices_of(current_protocol(session, study)).weeks == 6


def test_no_second_round_opens_before_the_first_is_published(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})
    first = cast.open_round(session, study)

    with pytest.raises(ConflictError, match="Round 1 is not published yet"):
        cast.open_round(session, study)
    rounds.close_round(session, study, first, actor="researcher 1", now=cast.NOW)
    with pytest.raises(ConflictError, match="Round 1 is not published yet"):
        cast.open_round(session, study)


def test_a_round_goes_one_way_only(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})
    round_ = cast.open_round(session, study)

    with pytest.raises(ConflictError, match="still open"):
        rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    cast.close_and_publish(session, study, round_)

    with pytest.raises(ConflictError, match="already closed"):
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    with pytest.raises(ConflictError, match="already published"):
        rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)


def test_a_round_that_nobody_answered_closes_and_says_so(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})

    round_ = rated(session, study, {})

    item = results.team_view(session, round_)["items"][0]
    assert (item["panel"]["n_rated"], item["verdict"]) == (0, "not rated")


def test_there_are_no_results_while_a_round_is_open(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})

    with pytest.raises(ConflictError, match="still open"):
        results.team_view(session, cast.open_round(session, study))


def test_what_is_settled_leaves_and_what_is_not_is_asked_again(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6, "Academics": 6})
    answers: dict[str, dict[str, int | str]] = {
        address: {"first-meeting-place": 8, "pace": 2, "step-back": 8} for address in addresses
    }
    for address in addresses[:3]:
        answers[address]["step-back"] = "unable"  # half of the carers; a quarter of the panel
    for n, address in enumerate(addresses):
        answers[address]["going-along-offered"] = 8 if n >= 4 else 5  # two of six carers, all academics
    rated(session, study, answers)

    asked = {key: is_asked for key, (is_asked, _why) in proposals(session, study).items()}

    assert asked == {"first-meeting-place": False, "pace": False, "going-along-offered": True, "step-back": True}


def test_unable_of_a_fifth_still_settles_and_of_more_does_not(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 10})
    answers: dict[str, dict[str, int | str]] = {address: {"pace": 8, "step-back": 8} for address in addresses}
    for address in addresses[:2]:
        answers[address]["pace"] = "unable"
    for address in addresses[:3]:
        answers[address]["step-back"] = "unable"
    rated(session, study, answers)

    asked = {key: is_asked for key, (is_asked, _why) in proposals(session, study).items()}

    assert (asked["pace"], asked["step-back"]) == (False, True)


def test_decisions_say_what_is_asked_again(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    first = rated(
        session, study, {address: {"first-meeting-place": 8, "pace": 5, "going-along-offered": 5} for address in addresses}
    )
    decide(session, study, first, "first-meeting-place", Action.RE_RATE)
    decide(session, study, first, "pace", Action.KEEP)
    decide(session, study, first, "going-along-offered", Action.REWORD, wordings={"going-along-offered": "Somebody goes along."})
    decide(
        session,
        study,
        first,
        "step-back",
        Action.SPLIT,
        wordings={"step-back": "The worker steps back.", "by-name": "Others know them."},
    )

    assert proposals(session, study) == {
        "first-meeting-place": (True, "The team decided to ask it again."),
        "pace": (False, "The team decided to keep it."),
        "going-along-offered": (True, "Its wording has changed, so earlier ratings no longer speak for it."),
        "step-back": (True, "Its wording has changed, so earlier ratings no longer speak for it."),
        "by-name": (True, "It is new and has not been rated yet."),
    }


def test_a_typo_fix_leaves_a_settled_item_settled(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    first = rated(session, study, {address: {"pace": 8} for address in addresses})
    decide(session, study, first, "pace", Action.REWORD, wordings={"pace": "The worker goes at the person's pace."}, is_typo=True)

    is_asked, _why = proposals(session, study)["pace"]

    assert not is_asked
    assert drafts.item_versions(session, drafts.latest_draft(session, study))["pace"].label == "1a"


def test_what_was_decided_before_an_item_was_asked_again_no_longer_holds(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    first = rated(session, study, {address: {"pace": 5} for address in addresses})
    decide(session, study, first, "pace", Action.RE_RATE)
    rated(session, study, {address: {"pace": 8} for address in addresses})

    assert proposals(session, study)["pace"] == (False, "It is settled: the panel and every group that is shown agree.")


def test_when_nothing_is_left_to_ask_no_round_opens(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    rated(session, study, {address: dict.fromkeys(ASKED, 8) for address in addresses})

    with pytest.raises(ConflictError, match="nothing left to ask"):
        cast.open_round(session, study)


def test_the_next_round_tells_nothing_of_who_in_hidden_groups_said_what(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 4, "Academics": 6, "Practitioners": 12})
    for name in ("70/15", "70/15-every-group"):
        asked = []
        for high in (addresses[:4], addresses[6:10]):  # four carers, or four academics, say 8 and the others of the two 2
            with session.begin_nested() as undone:
                cast.choose(session, study, rule=PRESETS[name].written)
                low = set(addresses[:10]) - set(high)
                ratings = {address: {"pace": 2 if address in low else 8} for address in addresses}
                rated(session, study, ratings)
                asked.append(proposals(session, study))
                undone.rollback()
        assert asked[0] == asked[1]


def test_a_result_has_the_same_bytes_whoever_came_first(session: Session) -> None:
    contents = set()
    for order in (1, -1):
        study = cast.begin_study(session, slug=f"study{order}")
        addresses = cast.add_panel(session, study, {"Carers": 6, "Academics": 7})
        round_ = cast.open_round(session, study)
        for n, address in list(enumerate(addresses))[::order]:
            cast.rate(session, round_, address, {"pace": n % 9 + 1, "step-back": "unable" if n % 4 else 3})
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
        contents.add(results.result_of(session, round_).content)

    assert len(contents) == 1  # the panelists' ids are random, and other ones in each study


def test_what_each_group_is_shown_is_assigned_when_the_next_round_opens(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6, "Academics": 12})
    first = rated(session, study, {address: {"pace": 5} for address in addresses})
    late = cast.add_panel(session, study, {"Editors": 1})

    second = cast.open_round(session, study)

    shown = {address: cast.member(session, second, address).feedback_id for address in (addresses[0], addresses[-1], late[0])}
    feedback = {one.id: one.group_id for one in session.scalars(select(Feedback).where(Feedback.round_id == first.id))}
    groups = [cast.member(session, second, address).group_id for address in (addresses[0], addresses[-1])]
    assert [feedback[shown[address] or 0] for address in (addresses[0], addresses[-1])] == groups
    assert shown[late[0]] is None  # that group had no members then
    assert sorted(map(str, feedback.values())) == sorted(map(str, [*groups, None]))


def test_who_joins_while_a_round_is_open_is_asked_in_the_next(session: Session) -> None:
    study, _ = study_with(session, {"Carers": 6})
    round_ = cast.open_round(session, study)

    cast.add_panel(session, study, {"Academics": 5})

    members = session.scalars(select(RoundMember).where(RoundMember.round_id == round_.id)).all()
    assert (len(members), len(session.scalars(select(Panelist)).all())) == (6, 11)


def test_a_hand_edit_is_asked_again(session: Session) -> None:
    study, addresses = study_with(session, {"Carers": 6})
    rated(session, study, {address: {"pace": 8} for address in addresses})
    draft = drafts.working_draft(session, study, now=cast.NOW)
    outline = drafts.outline_of(session, draft)
    changed = cast.reworded(outline, {"pace": "Nobody sets the pace."})
    drafts.store_outline(session, study, draft, changed, Change(EditClass.SUBSTANTIVE, "Clearer."))

    assert proposals(session, study)["pace"][0]


def test_a_deadline_beyond_every_calendar_is_refused(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})

    with pytest.raises(InvalidError, match="hundred years"):
        rounds.open_round(
            session, cast.keyring(), study, actor="researcher 1", now=cast.NOW, deadline=datetime(9999, 12, 31, tzinfo=UTC)
        )
