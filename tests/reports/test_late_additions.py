"""The manual says who came to the panel once round 1 had opened: head counts by group, each person once."""

from sqlalchemy.orm import Session

from delphi.files.panel import PanelRow
from delphi.models import Round, Study
from delphi.reports.colophon import colophon_of
from delphi.reports.history import history_of
from delphi.services import auditing
from delphi.services.panel import import_panel
from tests import cast


def add(session: Session, study: Study, group: str, *names: str) -> None:
    rows = [PanelRow(n, name, f"{name}@example.org", group) for n, name in enumerate(names, start=2)]
    import_panel(session, cast.keyring(), study, rows, source="more.csv", actor="researcher 1", now=cast.NOW)


def said(session: Session, study: Study) -> list[str]:
    return [words for words in colophon_of(history_of(session, study)).how_made if "added to the panel" in words]


def next_round(session: Session, study: Study) -> Round:
    """Open another round that everybody on the panel is asked in, and publish it."""
    opened = cast.open_round(session, study)
    cast.close_and_publish(session, study, opened)
    return opened


def begun(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Practitioners": 6})
    cast.choose(session, study, planned_rounds=3)
    add(session, study, "Carers", "before")
    next_round(session, study)
    return study


def test_of_a_single_round_nothing_is_said(session: Session) -> None:
    assert said(session, begun(session)) == []


def test_that_nobody_was_added_is_said_after_two_rounds(session: Session) -> None:
    study = begun(session)
    next_round(session, study)

    assert said(session, study) == ["Nobody was added to the panel after round 1 had opened."]


def test_who_was_added_is_counted_by_group_with_the_first_round_that_asked_them(session: Session) -> None:
    study = begun(session)
    add(session, study, "Practitioners", "mona")
    add(session, study, "Carers", "nils", "olga")
    next_round(session, study)
    add(session, study, "Neighbours", "pia")
    next_round(session, study)

    assert said(session, study) == [
        "3 people were added to the panel after round 1 had opened and were first invited to round 2 "
        "(Carers: 2, Practitioners: 1).",
        "1 person was added to the panel after round 1 had opened and was first invited to round 3 (Neighbours: 1).",
    ]


def test_whoever_was_added_and_has_not_been_asked_yet_is_not_counted(session: Session) -> None:
    study = begun(session)
    next_round(session, study)
    add(session, study, "Carers", "nils")

    assert said(session, study) == ["Nobody was added to the panel after round 1 had opened."]


def test_whoever_joined_while_round_1_was_open_is_counted_too(session: Session) -> None:
    study = begun(session)
    next_round(session, study)
    for number in (1, 1, 2):
        auditing.record(session, study, "late addition", actor="researcher 1", now=cast.NOW, detail={"round": number})

    assert said(session, study) == ["2 people were added to the panel while round 1 was open."]
