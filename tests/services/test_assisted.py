"""Typing in what came on paper or by telephone: agreed to, on record, and blind to what was answered on the site."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import (
    Audience,
    AuditEntry,
    BallotChange,
    Channel,
    Consent,
    Round,
    RoundClosedError,
    RoundMember,
    Standing,
    Study,
)
from delphi.services import assisted, ratings, rounds
from delphi.services.ballots import questionnaire_of
from delphi.services.ratings import Answer, Saved
from delphi.services.remarks import Remark, comments_of, wordings_of
from tests import cast

ADA = "carers-1@example.org"
NO: dict[str, Remark] = {}


def take(session: Session, study: Study, round_: Round, code: str, **more: object) -> RoundMember:
    given = {"channel": Channel.PAPER, "has_consented": True, "actor": "researcher 1", "now": cast.NOW} | more
    channel = given.pop("channel")
    return assisted.open_pack(session, cast.keyring(), study, round_, code, channel, **given)  # type: ignore[arg-type]


def enter(
    session: Session,
    study: Study,
    ada: RoundMember,
    answers: dict[int, Answer],
    remarks: dict[str, Remark] = NO,
    wordings: dict[str, Remark] = NO,
    channel: Channel = Channel.PAPER,
) -> Saved:
    return assisted.enter(session, study, ada, answers, remarks, wordings, channel=channel, actor="researcher 1", now=cast.NOW)


def logged(session: Session) -> list[tuple[str, dict[str, object]]]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
    return [(entry.action, json.loads(entry.detail)) for entry in entries if "pack" in entry.action or "typed" in entry.action]


def test_a_pack_is_found_by_its_code_name_or_by_the_code_for_the_site(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    code = cast.keyring().typed_code(ada.panelist_id, round_.id, ada.panelist.link_serial)

    assert take(session, study, round_, ada.panelist.pseudonym.lower()) == ada
    assert take(session, study, round_, code.lower()) == ada
    for unknown in ("P-00000", "00000-00000", ADA):
        with pytest.raises(NotFoundError):
            take(session, study, round_, unknown)


def test_nothing_is_typed_in_for_who_has_not_agreed_and_how_they_agreed_is_kept(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    with pytest.raises(InvalidError, match="has not agreed to take part yet"):
        take(session, study, round_, ada.panelist.pseudonym, has_consented=False)

    take(session, study, round_, ada.panelist.pseudonym, channel=Channel.TELEPHONE)
    take(session, study, round_, ada.panelist.pseudonym, has_consented=False)

    assert [consent.channel for consent in session.scalars(select(Consent))] == [Channel.TELEPHONE]


def test_nothing_is_typed_in_for_who_has_left(session: Session, study: Study, round_: Round, ada: RoundMember) -> None:
    ada.panelist.standing = Standing.WITHDRAWN
    session.flush()

    with pytest.raises(ConflictError, match="no longer takes part"):
        take(session, study, round_, ada.panelist.pseudonym)


def test_every_step_is_on_record_with_numbers_and_never_an_answer(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    pseudonym = ada.panelist.pseudonym

    take(session, study, round_, pseudonym)
    enter(session, study, ada, {0: Answer("7"), 1: Answer("unable")}, {"pace": Remark("Whose pace?")})
    assisted.finish_pack(session, study, ada, channel=Channel.PAPER, actor="researcher 1", now=cast.NOW)

    whose = {"round": 1, "panelist": pseudonym, "channel": "paper"}
    assert logged(session) == [
        ("pack opened", {**whose, "consent": True}),
        ("answers typed in", {**whose, "answers": 3}),
        ("pack finished", whose),
    ]
    (change,) = session.scalars(select(BallotChange))
    assert change.channel == Channel.PAPER


def test_who_types_sees_what_the_team_typed_and_nothing_from_the_site(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    ratings.save(session, ada, {0: Answer("2"), 1: Answer("3")}, {"pace": Remark("My own words.")}, now=cast.NOW)
    enter(session, study, ada, {1: Answer("5"), 2: Answer("6")})
    ratings.save(session, ada, {2: Answer("1", seen="6")}, {}, now=cast.NOW)

    asked = assisted.sheet_to_type(session, ada, round_).asked

    assert [asked[key].values for key in cast.ITEMS] == [("",), ("5",), ("",), ("",)]
    assert {one.comment for one in asked.values()} == {""}


def test_a_later_round_shows_who_types_no_earlier_answer(session: Session, study: Study, round_: Round, ada: RoundMember) -> None:
    ratings.save(session, ada, {0: Answer("2")}, {}, now=cast.NOW)
    cast.close_and_publish(session, study, round_)
    second = cast.open_round(session, study)

    sheet = assisted.sheet_to_type(session, cast.member(session, second, ADA), second)

    assert sheet.last == {}
    assert all(one.last is None and one.since is None for one in sheet.asked.values())


def test_a_rating_given_on_the_site_is_replaced_with_notice(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    ratings.save(session, ada, {0: Answer("2"), 1: Answer("3")}, {}, now=cast.NOW)

    saved = enter(session, study, ada, {0: Answer("9"), 1: Answer("3"), 2: Answer("4")})

    assert saved.replaced == (0,)
    assert list(ratings.ballot_of(session, ada).payload) == [9, 3, 4, 0]  # type: ignore[union-attr]


def test_a_text_is_added_to_what_was_written_on_the_site_once_and_for_the_narrower_circle(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    mine = {"pace": Remark("My own words.", 0, Audience.VERBATIM)}
    ratings.save(session, ada, {}, mine, {"pace": Remark("The person leads.")}, now=cast.NOW)
    typed = {"pace": Remark("From the paper.", 0, Audience.TEAM), "step-back": Remark("New.", 0, Audience.REWORDED)}

    for _ in range(2):
        saved = enter(session, study, ada, {}, typed, {"pace": Remark("Slowly.")})

    of_key = {version.item.key: version.id for version in questionnaire_of(session, round_).items}
    comments, wordings = comments_of(session, ada), wordings_of(session, ada)
    assert comments[of_key["pace"]].text == "My own words.\n\nFrom the paper."
    assert comments[of_key["pace"]].audience is Audience.TEAM
    assert comments[of_key["step-back"]].audience is Audience.REWORDED
    assert wordings[of_key["pace"]].text == "The person leads.\n\nSlowly."
    assert (saved.n_changed, saved.clashes) == (0, ())


def test_an_empty_box_takes_nothing_back(session: Session, study: Study, round_: Round, ada: RoundMember) -> None:
    ratings.save(session, ada, {}, {"pace": Remark("My own words.")}, now=cast.NOW)

    enter(session, study, ada, {}, {"pace": Remark("")}, {"pace": Remark("")})

    assert [one.text for one in comments_of(session, ada).values()] == ["My own words."]
    assert wordings_of(session, ada) == {}


def test_nothing_is_typed_in_past_the_grace_or_after_the_close(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    late = round_.deadline + timedelta(days=7, minutes=1)
    with pytest.raises(RoundClosedError):
        take(session, study, round_, ada.panelist.pseudonym, now=late)
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)

    for act in (
        lambda: take(session, study, round_, ada.panelist.pseudonym),
        lambda: enter(session, study, ada, {0: Answer("7")}),
        lambda: assisted.finish_pack(session, study, ada, channel=Channel.PAPER, actor="researcher 1", now=cast.NOW),
    ):
        with pytest.raises(RoundClosedError):
            act()
    assert logged(session) == []
