"""The evidence in the manual: the figures of a small consultation, worked by hand."""

import pytest
from sqlalchemy.orm import Session

from delphi.manual.publication import ItemEvidence, Publication
from delphi.models import Action, Study
from delphi.reports.evidence import publication_of
from delphi.reports.history import history_of
from delphi.services import rounds
from delphi.services.decisions import Verdict
from delphi.services.protocol import CRITERIA
from delphi.statistics.presets import PRESETS
from tests import cast
from tests.reports import two_rounds


def publication(session: Session, study: Study) -> Publication:
    return publication_of(history_of(session, study))


def evidence(session: Session, study: Study) -> dict[str, ItemEvidence]:
    return {one.key: one for one in publication(session, study).evidence}


@pytest.fixture
def finished(session: Session) -> Study:
    """A study with two rounds published."""
    study, first = two_rounds.first_round(session)
    two_rounds.decide_all(session, study, first)
    two_rounds.second_round(session, study)
    return study


def test_the_figures_of_a_round_are_those_worked_by_hand(session: Session, finished: Study) -> None:
    place = evidence(session, finished)["first-meeting-place"]

    (said,) = place.rounds
    assert (said.round, said.wording_label, said.n_rated, said.n_unable) == (
        "Round 1",
        "wording 1",
        "22 rated",
        "0 unable to rate",
    )
    assert dict(said.figures) == {
        "median": "8",
        "quartiles": "7–8.75",
        "rated 7–9": "19 of 22 (86.4 %)",
        "rated 4–6": "2 of 22 (9.1 %)",
        "rated 1–3": "1 of 22 (4.5 %)",
    }
    assert 'data-counts="0 0 1 1 1 0 6 7 6"' in str(said.chart_svg)
    assert place.verdict == "Consensus in"
    assert place.decision == "After round 1: kept. Settled in both groups."


def test_each_group_has_a_row_of_its_own(session: Session, finished: Study) -> None:
    (said,) = evidence(session, finished)["first-meeting-place"].rounds

    assert list(said.group_columns) == ["Rated", "Unable", "7–9", "4–6", "1–3", "Median", "Quartiles"]
    assert {group.label: list(group.cells) for group in said.groups} == {
        "Carers": ["10", "0", "90 %", "0 %", "10 %", "8", "7–8"],
        "Academics": ["12", "0", "83.3 %", "16.7 %", "0 %", "8", "7–9"],
    }


def test_a_reworded_item_keeps_what_was_said_of_its_earlier_words(session: Session, finished: Study) -> None:
    pace = evidence(session, finished)["pace"]

    assert [(version.label, version.text, version.reason) for version in pace.versions] == [
        ("Wording 1", "The worker goes at the pace of the person.", ""),
        ("Wording 2", two_rounds.REWORDED, "It was not clear whose pace."),
    ]
    assert [(said.round, said.wording_label, said.n_rated, said.n_unable) for said in pace.rounds] == [
        ("Round 1", "wording 1", "21 rated", "1 unable to rate"),
        ("Round 2", "wording 2", "22 rated", "0 unable to rate"),
    ]
    assert dict(pace.rounds[0].figures)["rated 7–9"] == "10 of 21 (47.6 %)"
    assert pace.verdict == "Consensus in"
    assert pace.decision == "After round 1: reworded. It answers one comment."


def test_new_words_do_not_inherit_the_verdict_on_the_old(session: Session) -> None:
    study, first = two_rounds.first_round(session)

    two_rounds.decide_all(session, study, first)

    pace = evidence(session, study)["pace"]
    assert pace.verdict == "No consensus on wording 1"
    assert "Wording 2, the latest, has no published ratings: the figures above speak for wording 1." in pace.findings
    assert evidence(session, study)["offer"].findings == ("There are no published ratings of it.",)


def test_a_group_that_differs_from_the_panel_is_named(session: Session) -> None:
    study, _ = two_rounds.first_round(session)

    said = evidence(session, study)

    differ = "Taken by themselves, these groups differ from the panel's verdict: Carers, consensus in; Academics, consensus out."
    assert differ in said["pace"].findings
    assert not any("differ" in finding for finding in said["first-meeting-place"].findings)


def test_items_that_were_split_and_dropped_come_after_those_in_the_manual(session: Session, finished: Study) -> None:
    said = evidence(session, finished)

    assert list(said) == ["first-meeting-place", "pace", "offer", "walk", "going-along-offered", "step-back"]
    assert said["going-along-offered"].decision == (
        f"After round 1: split into “{two_rounds.OFFER}” and “{two_rounds.WALK}”. It said two things."
    )
    assert said["going-along-offered"].section_heading == "Going along"
    assert said["step-back"].decision == "After round 1: dropped. Hardly anybody wanted it."
    assert said["step-back"].verdict == "Consensus out"
    assert [version.label for version in said["offer"].versions] == ["Wording 1 before it was split", "Wording 1"]


def test_a_merged_item_says_into_which_words(session: Session) -> None:
    study, first = two_rounds.first_round(session)
    words = "The worker goes along and then steps back."

    verdict = Verdict(Action.MERGE, "Two halves of one thing.", {"step-back": words}, into="step-back")
    two_rounds.decide_on(session, study, first, "going-along-offered", verdict)

    said = evidence(session, study)
    assert said["going-along-offered"].decision == f"After round 1: merged with another item: “{words}”. Two halves of one thing."
    assert "Wording 1 of an item that was merged into it" in [version.label for version in said["step-back"].versions]


def test_only_published_rounds_are_told_of(session: Session) -> None:
    study = two_rounds.begin(session)
    first = cast.open_round(session, study)
    two_rounds.rate_first(session, first)
    rounds.close_round(session, study, first, actor="researcher 1", now=cast.NOW)
    two_rounds.decide_on(session, study, first, "step-back", Verdict(Action.DROP, "Only 2 of 22 wanted it."))
    two_rounds.decide_on(session, study, first, "pace", Verdict(Action.REWORD, "Nobody agreed.", {"pace": "Slowly."}))

    said = evidence(session, study)

    assert [one.rounds or one.verdict for one in said.values()] == [None] * 4
    assert said["step-back"].decision == "It was taken out after round 1; the reason follows with its results."
    assert [version.reason for version in said["pace"].versions] == ["", ""]
    assert publication(session, study).colophon.sha256 == ""


@pytest.mark.parametrize(("rule", "is_withheld"), [("70/15", False), ("70/15-every-group", True)])
def test_a_verdict_that_hangs_on_a_hidden_group_is_withheld_with_the_reason(
    session: Session, rule: str, is_withheld: bool
) -> None:
    sizes = {"Carers": 4, "Academics": 6, "Practitioners": 12}
    study = two_rounds.begin(session, sizes)
    cast.choose(session, study, rule=PRESETS[rule].written)
    first = cast.open_round(session, study)
    for people in two_rounds.addresses(sizes).values():
        for address in people:
            cast.rate(session, first, address, dict.fromkeys(cast.ITEMS, 8))
    cast.close_and_publish(session, study, first)

    place = evidence(session, study)["first-meeting-place"]

    reason = "the rule looks at each group, and it would tell of people whose group is too small to be shown"
    assert place.withheld == (f"The verdict is not shown, because {reason}." if is_withheld else None)
    assert place.verdict == (None if is_withheld else "Consensus in")
    assert {group.label: group.cells[0] for group in place.rounds[0].groups} == {
        "Carers": "fewer than 5: not shown",
        "Academics": "not shown, or those of fewer than 5 people could be worked out",
        "Practitioners": "12",
    }


def test_few_people_are_told_of_in_zones_and_in_words(session: Session) -> None:
    sizes = {"Carers": 7}
    study = two_rounds.begin(session, sizes)
    first = cast.open_round(session, study)
    for level, address in zip([8, 8, 8, 8, 8, 5, 2], two_rounds.addresses(sizes)["Carers"], strict=True):
        cast.rate(session, first, address, dict.fromkeys(cast.ITEMS, level))
    cast.close_and_publish(session, study, first)

    (said,) = evidence(session, study)["pace"].rounds

    assert dict(said.figures) == {
        "median": "8",
        "rated 7–9": "5 of 7 people",
        "rated 4–6": "1 of 7 people",
        "rated 1–3": "1 of 7 people",
    }
    assert 'data-chart="zones"' in str(said.chart_svg)
    assert said.n_unable == ""
    assert list(said.groups[0].cells) == ["7", "–", "5 of 7", "1 of 7", "1 of 7", "8", "–"]


def test_a_panel_of_four_is_told_of_in_no_figure(session: Session) -> None:
    sizes = {"Carers": 4}
    study = two_rounds.begin(session, sizes)
    first = cast.open_round(session, study)
    for address in two_rounds.addresses(sizes)["Carers"]:
        cast.rate(session, first, address, dict.fromkeys(cast.ITEMS, 8))
    cast.close_and_publish(session, study, first)

    pace = evidence(session, study)["pace"]

    (said,) = pace.rounds
    assert (said.n_rated, said.figures, said.chart_svg) == ("fewer than 5: not shown", [], None)
    assert (pace.verdict, pace.withheld) == (
        None,
        "The verdict is not shown, because fewer than 5 people rated the item.",
    )


def test_each_criterion_has_its_own_figures_and_verdict(session: Session) -> None:
    study = two_rounds.begin(session)
    cast.choose(session, study, criteria=(CRITERIA["importance"], CRITERIA["clarity"]))
    first = cast.open_round(session, study)
    two_rounds.rate_first(session, first)
    cast.close_and_publish(session, study, first)

    place = evidence(session, study)["first-meeting-place"]

    assert [said.round for said in place.rounds] == ["Round 1, Importance", "Round 1, Clarity"]
    assert place.verdict == "Importance: consensus in"
    assert place.withheld == "Clarity: the verdict is not shown, because fewer than 5 people rated the item."


def test_the_colophon_says_who_answered_by_which_rule_and_what_can_be_checked(session: Session, finished: Study) -> None:
    history = history_of(session, finished)

    colophon = publication_of(history).colophon

    sentences = " ".join(colophon.how_made)
    assert (colophon.version, colophon.date) == ("2", "2 March 2026")
    assert colophon.citation == "Making connections (2026). Version 2."
    assert "Round 1 asked 4 items of draft 1, on 2 March 2026; 22 of 22 people who were invited answered" in sentences
    assert "(Carers: 10 of 10, Academics: 12 of 12)" in sentences
    assert "Round 2 asked 3 items of draft 2" in sentences
    assert history.rounds[0].row.protocol.sha256 in sentences
    assert colophon.rule.startswith("Consensus in when at least 70 % rate it 7–9")
    assert len(colophon.sha256) == 64
