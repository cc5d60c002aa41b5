"""Sections that a protocol assigns to groups: ballots, counts, completion, invitations and the check; worked by hand."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.errors import FileError, InvalidError, NotFoundError
from delphi.models import Ballot, BallotChange, Comment, Panelist, Proposal, Round, RoundMember, StakeholderGroup, Study
from delphi.models.responses import NOT_ASKED
from delphi.reports.evidence import publication_of
from delphi.reports.history import history_of
from delphi.services import applicants, progress, ratings, rounds, simulating
from delphi.services.answering import Sheet, sheet_of
from delphi.services.ballots import folded, questionnaire_of
from delphi.services.drafts import latest_draft, outline_of
from delphi.services.findings import Finding
from delphi.services.importing import import_ratings
from delphi.services.linking import result_document
from delphi.services.minutes import minutes_for
from delphi.services.outbox import claim_next
from delphi.services.own_answers import own_rounds
from delphi.services.panel import group_sizes
from delphi.services.proposals import propose
from delphi.services.protocol import Choices, choices_of, current_protocol, written
from delphi.services.readiness import check
from delphi.services.rehearsal import rehearse
from delphi.services.remarks import Remark
from delphi.services.results import public_view, team_view
from delphi.services.round_plan import change_plan, state_of
from delphi.services.studies import find_study, rounds_of
from tests import assigned, cast
from tests.services.joining import WHO, ask, call_for_people, confirm, waiting

CARER, USER = "carers-1@example.org", "users-1@example.org"


@pytest.fixture
def study(session: Session) -> Study:
    return assigned.begin(session)


@pytest.fixture
def round_(session: Session, study: Study) -> Round:
    return cast.open_round(session, study)


def ballot(session: Session, round_: Round, address: str) -> Ballot:
    return session.get_one(Ballot, (round_.id, cast.member(session, round_, address).panelist_id))


def sheet(session: Session, round_: Round, address: str) -> Sheet:
    return sheet_of(session, cast.member(session, round_, address), round_)


def everybody_rates(session: Session, round_: Round, keys: dict[str, tuple[str, ...]], first: int = 2) -> None:
    """Have everybody choose 8 for the items of their group, the first of each group another level."""
    for group, size in assigned.SIZES.items():
        for n in range(1, size + 1):
            cast.rate(session, round_, f"{group.lower()}-{n}@example.org", dict.fromkeys(keys[group], first if n == 1 else 8))


def keys_of(session: Session, study: Study, **choices: object) -> list[Finding]:
    cast.choose(session, study, **choices)
    asked = [proposal.version for proposal in rounds.proposed_items(session, study)]
    return check(session, study, asked, n_earlier=len(rounds_of(session, study)))


def found(session: Session, study: Study, **choices: object) -> dict[str, Finding]:
    return {finding.key: finding for finding in keys_of(session, study, **choices)}


def test_a_protocol_that_assigns_nothing_is_sealed_in_the_same_words_as_before() -> None:
    assert "asked_of" not in written(Choices())[0]
    assert json.loads(written(Choices(asked_of=assigned.ASKED_OF))[0])["asked_of"] == {"costs": ["Users", "Staff"]}


def test_a_ballot_says_what_its_writer_was_not_asked_and_its_history_adds_up_to_it(session: Session, round_: Round) -> None:
    cast.rate(session, round_, CARER, {"pace": 7})
    cast.rate(session, round_, USER, {"pace": 7})

    mine, other = ballot(session, round_, CARER), ballot(session, round_, USER)

    assert list(mine.payload) == [0, 7, 0, 0, NOT_ASKED, NOT_ASKED]
    assert list(other.payload) == [0, 7, 0, 0, 0, 0]
    empty = questionnaire_of(session, round_).empty(cast.member(session, round_, CARER))
    history = list(session.scalars(select(BallotChange).where(BallotChange.panelist_id == mine.panelist_id)))
    assert folded(empty, history) == mine.payload


@pytest.mark.parametrize("finishing", [True, False])
def test_who_has_answered_what_they_were_asked_has_completed(session: Session, round_: Round, finishing: bool) -> None:
    cast.rate(session, round_, CARER, dict.fromkeys(assigned.MINE, 8))  # four of four, of six in all
    cast.rate(session, round_, USER, dict.fromkeys(assigned.MINE, 8))  # four of six
    if finishing:
        ratings.finish(session, cast.member(session, round_, "carers-2@example.org"), now=cast.NOW)

    progress.count_now(session, round_, now=cast.NOW)
    counted = progress.progress_of(session, round_)

    assert {group.label: group.completed for group in counted.groups} == {"Users": 0, "Carers": 1, "Staff": 0}
    assert (counted.started, counted.completed) == (2, 1)  # a ballot on which nothing is answered is not begun


def test_nothing_is_kept_of_what_a_group_is_not_asked(session: Session, round_: Round) -> None:
    carer = cast.member(session, round_, CARER)

    for answers, remarks, wordings in [
        ({4: ratings.Answer("8")}, {}, {}),
        ({1: ratings.Answer("8")}, {"costs-first": Remark("Too dear")}, {}),
        ({}, {}, {"costs-shared": Remark("Travel is free.")}),
    ]:
        with pytest.raises(InvalidError, match="The group Carers is not asked about costs-"):
            ratings.save(session, carer, answers, remarks, wordings, now=cast.NOW)
    with pytest.raises(NotFoundError, match="no section called costs"):
        propose(session, carer, "costs", "Say what a taxi costs.", now=cast.NOW)

    assert [session.scalars(select(row)).all() for row in (Ballot, Comment, Proposal)] == [[], [], []]


def test_a_file_with_an_answer_to_what_a_group_is_not_asked_is_refused_whole(
    session: Session, study: Study, round_: Round, tmp_path: Path
) -> None:
    path = tmp_path / "ratings.csv"
    lines = ["participant,item,rating", f"{CARER},pace,8", f"{CARER},costs-first,8", f"{USER},costs-first,8"]
    path.write_text("\n".join(lines))

    with pytest.raises(FileError) as refused:
        import_ratings(session, cast.keyring(), study, round_, path, actor="researcher 1", now=cast.NOW)

    assert [str(problem.message) for problem in refused.value.problems] == [
        f"{CARER} is in the group Carers, which is not asked about costs-first; leave the cell empty."
    ]
    path.write_text("\n".join([*lines[:2], f"{CARER},costs-first,NA", lines[3]]))
    assert import_ratings(session, cast.keyring(), study, round_, path, actor="researcher 1", now=cast.NOW) == 2
    assert list(ballot(session, round_, CARER).payload) == [0, 8, 0, 0, NOT_ASKED, NOT_ASKED]


def test_a_panelist_is_shown_the_sections_that_their_group_is_asked(session: Session, study: Study, round_: Round) -> None:
    mine, other = sheet(session, round_, CARER), sheet(session, round_, USER)

    assert [chapter.key for chapter in mine.chapters] == ["first-meeting", "going-along"]
    assert (list(mine.asked), mine.n_others) == (list(assigned.MINE), 1)
    assert [mine.place(asked) for asked in mine.asked.values()] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (list(other.asked), other.n_others, other.place(other.asked["costs-first"])) == (list(assigned.ITEMS), 0, (5, 6))
    outline = outline_of(session, latest_draft(session, study))
    assert mine.minutes == minutes_for(outline.chapters[:2], assigned.MINE, 1) < other.minutes


def test_an_invitation_says_how_long_answering_takes_the_group_that_it_goes_to(session: Session, round_: Round) -> None:
    told = {letter.address: letter.minutes for letter in claim_next(session, cast.keyring(), now=cast.NOW)}

    assert told[CARER] == sheet(session, round_, CARER).minutes < told[USER] == sheet(session, round_, USER).minutes


def test_own_answers_are_of_what_was_asked(session: Session, round_: Round) -> None:
    cast.rate(session, round_, CARER, {"pace": 7})

    (mine,) = own_rounds(session, cast.member(session, round_, CARER).panelist)

    assert [answer.version.item.key for answer in mine.answers] == list(assigned.MINE)


def test_figures_are_of_those_who_were_asked_and_a_group_that_was_not_is_said_to_be_none(
    session: Session, study: Study, round_: Round
) -> None:
    everybody_rates(session, round_, {"Users": assigned.ITEMS, "Carers": assigned.MINE, "Staff": assigned.ITEMS})
    cast.close_and_publish(session, study, round_)

    team, public = team_view(session, round_)["items"], public_view(session, round_)["items"]

    counted = {item["item"]: {one["group"]: one["n_rated"] for one in item["groups"]} for item in team}
    assert counted["pace"] == {"Users": 8, "Carers": 6, "Staff": 12}
    assert counted["costs-first"] == {"Users": 8, "Carers": 0, "Staff": 12}
    assert {item["item"]: item["panel"]["n_rated"] for item in team}["costs-first"] == 20
    for view in (team, public):
        shown = {item["item"]: {one["group"]: one["shown"] for one in item["groups"]}["Carers"] for item in view}
        assert (shown["costs-first"], shown["costs-shared"]) == ("not asked", "not asked")
        assert shown["pace"] != "not asked"
    entry = next(
        one
        for one in result_document(session, round_)["rounds"][0]["items"]
        if one["item"] == "costs-first" and one["group"] == "Carers"
    )
    assert (entry["n_rated"], entry["n_unable"], entry["n_missing"]) == (0, 0, 0)  # not asked is not missing


def test_the_manual_says_which_groups_were_asked_and_of_the_others_that_they_were_not(
    session: Session, study: Study, round_: Round
) -> None:
    everybody_rates(session, round_, {"Users": assigned.ITEMS, "Carers": assigned.MINE, "Staff": assigned.ITEMS})
    cast.close_and_publish(session, study, round_)

    publication = publication_of(history_of(session, study))

    said = "In round 1 only these groups were asked about the section “Running costs”: Users, Staff."
    assert said in publication.colophon.how_made
    cells = {one.key: {row.label: list(row.cells) for row in one.rounds[0].groups} for one in publication.evidence}
    assert cells["costs-first"]["Carers"] == ["not asked about it"]
    assert cells["pace"]["Carers"][0] == "6"
    assert {one.key: one.withheld for one in publication.evidence}["costs-first"] is None


def test_who_is_asked_nothing_is_not_invited_has_not_left_and_is_invited_again(session: Session) -> None:
    sections = dict.fromkeys(["first-meeting", "going-along"], ("Users", "Staff"))
    study = assigned.begin(session, asked_of={"costs": ("Carers", "Users", "Staff")}, inviting="respondents", planned_rounds=3)
    first = cast.open_round(session, study)
    everybody_rates(session, first, dict.fromkeys(assigned.SIZES, assigned.ITEMS))
    cast.close_and_publish(session, study, first)
    cast.amend(session, study, asked_of={**sections, "costs": ("Users", "Staff")})
    plan_all(session, study)
    second = cast.open_round(session, study)

    in_second = set(session.scalars(select(RoundMember.group_id).where(RoundMember.round_id == second.id)))
    labels = set(session.scalars(select(StakeholderGroup.label).where(StakeholderGroup.id.in_(in_second))))
    assert labels == {"Users", "Staff"}
    for n in range(2, 9):  # the first of the users says nothing this time
        cast.rate(session, second, f"users-{n}@example.org", {"pace": 8})
    for n in range(1, 13):
        cast.rate(session, second, f"staff-{n}@example.org", {"pace": 8})
    cast.close_and_publish(session, study, second)
    entries = {one["group"]: one for one in result_document(session, second)["attrition"]}
    assert (entries[None]["left"], entries["Users"]["left"], entries["Carers"]["left"]) == (1, 1, 0)
    shown = [{one["group"]: one["shown"] for one in item["groups"]} for item in public_view(session, second)["items"]]
    assert {one["Carers"] for one in shown} == {"not asked"}  # and not "too few to be shown"

    cast.amend(session, study, asked_of={})
    asked = [proposal.version for proposal in rounds.proposed_items(session, study)]
    choices = choices_of(current_protocol(session, study))
    again = rounds.invited_next(session, study, [first, second], choices, asked)
    groups = sorted(session.get_one(StakeholderGroup, one.group_id).label for one in again)
    assert groups == ["Carers"] * 6 + ["Staff"] * 12 + ["Users"] * 7


def test_what_a_group_is_asked_about_for_the_first_time_is_asked_again_though_it_was_settled(
    session: Session, study: Study, round_: Round
) -> None:
    keys = {"Users": assigned.ITEMS, "Carers": assigned.MINE, "Staff": assigned.ITEMS}
    everybody_rates(session, round_, keys, first=8)
    cast.close_and_publish(session, study, round_)
    assert not any(proposal.is_asked for proposal in rounds.proposed_items(session, study))

    cast.amend(session, study, asked_of={"going-along": ("Users",)})

    asked = {one.version.item.key: one.why for one in rounds.proposed_items(session, study) if one.is_asked}
    assert asked == dict.fromkeys(("costs-first", "costs-shared"), "A group is asked about it that was not asked before.")


def plan_all(session: Session, study: Study) -> None:
    """Have the next round ask every item again."""
    for proposal in rounds.proposed_items(session, study):
        if not proposal.is_asked:
            seen = state_of(proposal)
            change_plan(session, study, proposal.version.item.key, is_asked=True, reason="Once more.", seen=seen, **WHO)


def test_who_joins_late_is_not_invited_to_be_asked_nothing(session: Session) -> None:
    study = assigned.begin(session, asked_of=dict.fromkeys(["costs", "first-meeting", "going-along"], ("Users", "Staff")))
    call_for_people(session, study)
    cast.open_round(session, study)
    ask(session, study)  # as a carer
    confirm(session)

    (one,) = waiting(session, study)

    assert applicants.admit(session, cast.keyring(), study, one.id, **WHO) is None
    assert session.scalars(select(Panelist).where(Panelist.group_id == one_group(session, study, "Carers"))).all()


def one_group(session: Session, study: Study, label: str) -> int:
    mine = select(StakeholderGroup.id).where(StakeholderGroup.study_id == study.id, StakeholderGroup.label == label)
    return session.scalars(mine).one()


def test_an_invented_panel_answers_what_it_is_asked(session: Session, round_: Round) -> None:
    simulating.fill_in(session, cast.keyring(), round_, seed=3, now=cast.NOW)

    carers = select(RoundMember.panelist_id).join(StakeholderGroup, StakeholderGroup.id == RoundMember.group_id)
    theirs = session.scalars(
        select(Ballot.payload).where(Ballot.panelist_id.in_(carers.where(StakeholderGroup.label == "Carers")))
    )
    assert {payload[4:] for payload in theirs} == {bytes([NOT_ASKED, NOT_ASKED])}


def test_a_rehearsal_without_a_panel_invents_the_groups_that_are_named(
    database: Database, migrated_file: Path, tmp_path: Path
) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, asked_of={"going-along": ("Managers", "Users")})
    shutil.copy(migrated_file, tmp_path / "scratch.sqlite3")
    scratch = Database(f"sqlite:///{tmp_path / 'scratch.sqlite3'}")

    with database.reading() as source, scratch.transaction() as session:
        copy = rehearse(source, session, cast.keyring(), find_study(source, "connections"), actor="researcher 1", now=cast.NOW)

        assert [(size.label, size.n) for size in group_sizes(session, copy)] == [("Managers", 12), ("Users", 12)]
    scratch.dispose()


def test_the_check_names_sections_that_are_asked_of_nobody_or_of_few_and_groups_that_are_asked_nothing(
    session: Session, study: Study
) -> None:
    session.flush()

    assert not {"section asked of nobody", "section asked of few", "group asked nothing"} & found(session, study).keys()
    nobody = found(session, study, asked_of={"costs": ("Managers",)})
    assert nobody["section asked of nobody"].is_missing
    assert "“Running costs”" in str(nobody["section asked of nobody"].what)
    assert "Managers" in str(nobody["assigned groups missing"].what)
    cast.add_panel(session, study, {"Managers": 4})
    few = found(session, study, asked_of={"costs": ("Managers",)})
    assert not few["section asked of few"].is_missing
    assert str(few["section asked of few"].what) == "Only 4 people are asked about the section “Running costs”."
    everything = dict.fromkeys(["costs", "first-meeting", "going-along"], ("Users", "Staff", "Managers"))
    one = found(session, study, asked_of=everything)
    assert str(one["group asked nothing"].what).startswith("The group Carers is asked nothing")
    assert "gone" in str(found(session, study, asked_of={"gone": ("Users",)})["assigned sections missing"].what)


NAMED = {
    "name": "carers-too",
    "source": "A test",
    "in": {"figure": "percent", "zone": "high", "at_least": 70, "groups": {"named": ["Carers"]}},
}
TWO = {**NAMED, "name": "three", "in": {**NAMED["in"], "groups": {"at_least": 3}}}  # type: ignore[dict-item]


@pytest.mark.parametrize(("rule", "said"), [(NAMED, "names the group Carers"), (TWO, "asks for 3 groups")])
def test_a_rule_that_asks_for_a_group_which_is_not_asked_is_refused_in_check_and_amendment(
    session: Session, study: Study, rule: dict[str, object], said: str
) -> None:
    lacking = found(session, study, rule=rule)["rule without its groups"]
    assert lacking.is_missing
    assert said in str(lacking.what)
    assert "“Running costs”" in str(lacking.what)
    cast.choose(session, study, rule=rule, asked_of={})
    cast.open_round(session, study)

    with pytest.raises(InvalidError, match=f"{said}.*Ask that group too"):
        cast.amend(session, study, asked_of=assigned.ASKED_OF)
