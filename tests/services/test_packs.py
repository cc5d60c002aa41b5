"""Packs on paper: for whom, on record, and with nobody's name."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, InvalidError, NotFoundError
from delphi.models import AuditEntry, Channel, Round, RoundClosedError, RoundMember, Standing, Study
from delphi.services import packs, ratings
from delphi.services.ratings import Answer
from tests import cast

ADA = "carers-1@example.org"


def test_printing_a_pack_is_one_entry_in_the_log_without_a_key(
    session: Session, study: Study, round_: Round, ada: RoundMember
) -> None:
    pack = packs.print_pack(session, cast.keyring(), study, round_, ada, actor="researcher 1", now=cast.NOW)

    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "pack printed"))
    assert json.loads(entry.detail) == {"panelist": ada.panelist.pseudonym, "round": 1}
    assert pack.code not in entry.detail
    assert (pack.pseudonym, pack.last_moment) == (ada.panelist.pseudonym, round_.deadline + timedelta(days=7))


@pytest.mark.parametrize("written", ["{}", " {} ", "{}\n"])
def test_a_code_name_is_found_as_it_is_written_by_hand(session: Session, round_: Round, ada: RoundMember, written: str) -> None:
    code = ada.panelist.pseudonym

    assert packs.member_by_pseudonym(session, round_, written.format(code.lower())) == ada


@pytest.mark.parametrize("written", ["", "P-", "P-00000", "%", ADA])
def test_a_code_name_that_nobody_has_is_refused(session: Session, round_: Round, written: str) -> None:
    with pytest.raises(NotFoundError):
        packs.member_by_pseudonym(session, round_, written)


def test_packs_are_for_those_who_take_part_or_are_named(session: Session, round_: Round, ada: RoundMember) -> None:
    ada.panelist.standing = Standing.DECLINED
    session.flush()

    everybody = packs.members_on_paper(session, round_)
    named = packs.members_on_paper(session, round_, [everybody[2].panelist.pseudonym])

    assert len(everybody) == 5
    assert ada not in everybody
    assert [one.panelist.pseudonym for one in everybody] == sorted(one.panelist.pseudonym for one in everybody)
    assert named == [everybody[2]]


def test_labels_name_everybody_who_takes_part(session: Session, round_: Round, ada: RoundMember) -> None:
    labels = packs.labels_of(session, cast.keyring(), round_)

    assert [label.name for label in labels] == [f"Carers Person {n}" for n in range(1, 7)]
    assert labels[0] == packs.Label("Carers Person 1", ADA, ada.panelist.pseudonym)


def test_without_an_open_round_there_is_nothing_on_paper(session: Session, study: Study) -> None:
    with pytest.raises(ConflictError, match="No round is open"):
        packs.require_open_round(session, study)


def test_where_packs_go_is_kept_for_the_next_one(session: Session, study: Study) -> None:
    packs.save_return_address(session, study, " The team\r\n3 Some Street ")

    assert packs.return_address(session.get_one(Study, study.id)) == "The team\n3 Some Street"
    for unusable in ("", " ", "x" * 501):
        with pytest.raises(InvalidError):
            packs.save_return_address(session, study, unusable)


@pytest.mark.parametrize("channel", [Channel.PAPER, Channel.TELEPHONE])
def test_what_comes_by_post_or_telephone_has_seven_days_of_grace(
    session: Session, round_: Round, ada: RoundMember, channel: Channel
) -> None:
    last_moment = round_.deadline + timedelta(days=7)

    ratings.save(session, ada, {0: Answer("7")}, {}, now=last_moment, channel=channel)
    for late, by in ((last_moment + timedelta(microseconds=1), channel), (last_moment, Channel.WEB), (last_moment, Channel.FILE)):
        with pytest.raises(RoundClosedError):
            ratings.save(session, ada, {0: Answer("8", seen="7")}, {}, now=late, channel=by)
    ratings.finish(session, ada, now=last_moment, channel=channel)
    with pytest.raises(RoundClosedError):
        ratings.finish(session, ada, now=last_moment)
