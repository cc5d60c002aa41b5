"""Attributes of the panel: kept all or none, counted by hand, told of nobody, and frozen with the round."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.errors import FileError, InvalidError
from delphi.files.panel import PanelRow
from delphi.models import PanelistAttribute, Round, Study
from delphi.reports.colophon import colophon_of
from delphi.reports.exporting import export
from delphi.reports.history import history_of
from delphi.services import attributes, panel, results
from delphi.services.attributes import Told
from delphi.services.disclosure import Policy
from delphi.services.panel import further_columns, import_panel, people
from delphi.services.protocol import ERASE
from delphi.services.rehearsal import rehearse
from delphi.services.sight import sight_of
from delphi.services.withdrawal import withdraw
from tests import cast

POLICY = Policy()
REGIONS = ["North"] * 12 + ["South"] * 11 + ["Orkney"] * 2 + [""] * 5  # thirty people


def rows_of(regions: Iterable[str], group: str = "Carers") -> list[PanelRow]:
    return [
        PanelRow(line, f"{group} {line}", f"{group.lower()}-{line}@example.org", group, {"Region": region, "Phone": str(line)})
        for line, region in enumerate(regions, start=2)
    ]


def take_in(session: Session, study: Study, rows: Sequence[PanelRow], *names: str) -> int:
    who = {"actor": "researcher 1", "now": cast.NOW}
    return import_panel(session, cast.keyring(), study, rows, source="panel.csv", attributes=names, **who)


def begun(session: Session) -> tuple[Study, list[PanelRow]]:
    study, rows = cast.begin_study(session), rows_of(REGIONS)
    take_in(session, study, rows, "region")
    return study, rows


def closed(session: Session, study: Study, answering: Iterable[PanelRow]) -> Round:
    round_ = cast.open_round(session, study)
    for row in answering:
        cast.rate(session, round_, row.email, {"pace": 5})
    cast.close_and_publish(session, study, round_)
    return round_


def of_round(session: Session, round_: Round) -> dict[str | None, tuple[int | None, int | None]]:
    """Return what everybody may know of who was invited to the round and took part, by region."""
    (region,) = results.public_view(session, round_)["attributes"]
    assert region["attribute"] == "Region"
    return {one["value"]: (one["invited"], one["participants"]) for one in region["values"]}


def kept(session: Session) -> set[tuple[str, str]]:
    return {(row.name, row.value) for row in session.scalars(select(PanelistAttribute))}


def test_what_is_named_is_kept_and_everything_else_left_alone(session: Session) -> None:
    study, _ = begun(session)

    assert kept(session) == {("Region", "North"), ("Region", "South"), ("Region", "Orkney")}
    assert [one.attributes for one in people(session, cast.keyring(), study) if one.name in ("Carers 2", "Carers 31")] == [
        {"Region": "North"},
        {},
    ]


def test_values_of_few_people_stand_together_without_their_names(session: Session) -> None:
    study, _ = begun(session)

    # Two in Orkney are few; with the five of whom it is not known they are seven, so nothing follows by subtraction.
    assert attributes.told(study, POLICY) == [Told("Region", (("North", 12), ("South", 11), (None, 7)))]


def test_a_single_small_value_takes_another_with_it(session: Session) -> None:
    study = cast.begin_study(session)
    take_in(session, study, rows_of(["North"] * 12 + ["South"] * 8 + ["Orkney"]), "Region")

    assert attributes.told(study, POLICY) == [Told("Region", (("North", 12), (None, 9)))]


def test_a_change_for_few_people_is_told_with_a_later_one(session: Session) -> None:
    study, _ = begun(session)
    before = attributes.told(study, POLICY)

    take_in(session, study, rows_of(["North"] * 4, "Neighbours"), "Region")
    assert attributes.told(study, POLICY) == before

    take_in(session, study, [replace(row, further={}) for row in rows_of(["", ""], "Academics")])
    assert attributes.told(study, POLICY) == [Told("Region", (("North", 16), ("South", 11), (None, 9)))]


def test_a_closed_round_tells_who_was_invited_and_took_part(session: Session) -> None:
    study, rows = begun(session)
    round_ = closed(session, study, [*rows[:7], *rows[12:18]])  # 7 of the North, 6 of the South

    # 12 - 7 and 11 - 6 left are five each, who are not few. Of Orkney are two; the five not known go with them.
    assert of_round(session, round_) == {"North": (12, 7), "South": (11, 6), None: (7, 0)}
    said = colophon_of(history_of(session, study)).how_made
    counts = "North: 7 of 12, South: 6 of 11, others, not named here: 0 of 7."
    assert f"By Region, of those invited to round 1 these answered: {counts}" in said
    assert "Orkney" not in " ".join(said)


@pytest.mark.parametrize(
    ("north", "south", "told"),
    [
        (5, 6, {"North": (12, 5), "South": (11, 6), None: (7, 0)}),
        (4, 6, {None: (30, 10)}),  # four took part; of the smaller values nobody did, so the six of South go with them
        (8, 6, {"South": (11, 6), None: (19, 8)}),  # four of the North did not; with the two of Orkney they are six
    ],
)
def test_neither_those_who_took_part_nor_those_who_did_not_are_told_if_few(
    session: Session, north: int, south: int, told: dict[str | None, tuple[int, int]]
) -> None:
    study, rows = begun(session)

    assert of_round(session, closed(session, study, [*rows[:north], *rows[12 : 12 + south]])) == told


def test_invitations_that_differ_from_the_panel_by_few_people_are_not_told(session: Session) -> None:
    study, rows = begun(session)
    gone = cast.member(session, cast.open_round(session, study), rows[0].email)
    withdraw(session, cast.keyring(), gone.panelist, now=cast.NOW)
    first = session.scalars(select(Round)).one()
    for row in [*rows[1:7], *rows[12:18]]:
        cast.rate(session, first, row.email, {"pace": 5})
    cast.close_and_publish(session, study, first)
    assert of_round(session, first) == {"North": (12, 6), "South": (11, 6), None: (7, 0)}

    second = closed(session, study, [*rows[1:7], *rows[12:18]])  # 29 are invited to it, one of the North fewer

    assert of_round(session, second) == {"North": (None, 6), "South": (None, 6), None: (None, 0)}
    said = colophon_of(history_of(session, study)).how_made
    made = export(session, study, "panel.csv", now=cast.NOW).content.decode()
    assert made.replace("\r", "").splitlines() == [
        "round,attribute,value,invited,took_part",
        "1,Region,North,12,6",
        "1,Region,South,11,6",
        '1,Region,"others, not named here",7,0',
        "2,Region,North,,6",
        "2,Region,South,,6",
        '2,Region,"others, not named here",,0',
    ]
    assert "Round 2 was answered, by Region: North: 6, South: 6, others, not named here: 0." in said


def test_what_a_closed_round_tells_changes_no_more(session: Session) -> None:
    study, rows = begun(session)
    round_ = closed(session, study, [*rows[:7], *rows[12:18]])
    before = of_round(session, round_)
    frozen = results.result_of(session, round_)

    take_in(session, study, rows_of(["Orkney"] * 9, "Neighbours"), "Region")

    assert of_round(session, round_) == before
    assert json.loads(frozen.content)["attributes"] == results.public_view(session, round_)["attributes"]
    assert "Orkney" not in frozen.content


def test_a_study_without_attributes_says_nothing_of_them(session: Session) -> None:
    study, rows = cast.begin_study(session), rows_of(REGIONS)
    take_in(session, study, rows)
    round_ = closed(session, study, rows)

    assert kept(session) == set()
    assert attributes.told(study, POLICY) == []
    assert "attributes" not in results.public_view(session, round_)
    assert sight_of(session, study).attributes == ()


def test_consent_names_what_is_known_beforehand(session: Session) -> None:
    study, _ = begun(session)

    assert sight_of(session, study).attributes == ("Region",)


def test_a_rehearsal_knows_the_same_of_its_people_and_nothing_that_is_known_of_anybody(
    session: Session, migrated_file: Path, tmp_path: Path
) -> None:
    study, _ = begun(session)
    shutil.copy(migrated_file, tmp_path / "scratch.sqlite3")
    scratch = Database(f"sqlite:///{tmp_path / 'scratch.sqlite3'}")

    with scratch.transaction() as other:
        copy = rehearse(session, other, cast.keyring(), study, actor="researcher 1", now=cast.NOW)

        assert sight_of(other, copy).attributes == ("Region",)
        assert {value for _, value in kept(other)} == {f"Invented value {n}" for n in (1, 2, 3)}
    scratch.dispose()


def test_whoever_is_erased_takes_their_facts_along(session: Session) -> None:
    study, rows = begun(session)
    cast.choose(session, study, withdrawal=ERASE)
    member = cast.member(session, cast.open_round(session, study), rows[0].email)

    withdraw(session, cast.keyring(), member.panelist, now=cast.NOW)

    left = session.scalars(select(PanelistAttribute.panelist_id)).all()
    assert len(left) == 24
    assert member.panelist_id not in left


@pytest.mark.parametrize("names", [("Town",), ("name",), ("Region", "Town")])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(session: Session, names: tuple[str, ...]) -> None:
    study = cast.begin_study(session)

    with pytest.raises(InvalidError, match="Its further columns are: Region, Phone"):
        take_in(session, study, rows_of(REGIONS), *names)
    assert people(session, cast.keyring(), study) == []


def test_all_that_is_wrong_with_columns_is_named_and_nobody_is_added(session: Session) -> None:
    study, rows = begun(session)
    more = rows_of(["orkney", "N" * 201, "East\x07", "West"], "Neighbours")

    with pytest.raises(FileError) as refused:
        take_in(session, study, more, "Region")

    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(2, "Region"), (3, "Region"), (4, "Region")]
    assert "orkney and Orkney differ in capitals only" in str(refused.value)
    assert len(people(session, cast.keyring(), study)) == len(rows)


def test_a_column_with_too_many_values_is_to_be_put_in_bands(session: Session) -> None:
    study = cast.begin_study(session)

    with pytest.raises(FileError, match="There are 21 different values, and at most 20 are counted"):
        take_in(session, study, rows_of(f"Place {n}" for n in range(21)), "Region")
    assert take_in(session, study, rows_of(f"Place {n}" for n in range(20)), "Region") == 20
    with pytest.raises(FileError, match="There are 21 different values"):
        take_in(session, study, rows_of(["Place 20"], "Neighbours"), "Region")


def test_a_study_keeps_at_most_eight_attributes(session: Session) -> None:
    study = cast.begin_study(session)
    names = [f"Fact {n}" for n in range(9)]
    rows = [replace(row, further=dict.fromkeys(names, "yes")) for row in rows_of([""])]

    with pytest.raises(FileError, match="at most 8 attributes"):
        take_in(session, study, rows, *names)
    assert take_in(session, study, rows, *names[:8]) == 1


def test_a_file_is_looked_at_before(session: Session) -> None:
    study = cast.begin_study(session)

    region, phone = further_columns(session, study, rows_of(REGIONS), source="panel.csv")

    assert (region.name, region.problem) == ("Region", None)
    assert region.counts == {"North": 12, "South": 11, "Orkney": 2, "": 5}
    assert phone.counts == {}
    assert "Put them in bands" in str(phone.problem)
    assert panel.what_an_import_does(
        session, cast.keyring(), study, rows_of(REGIONS), source="panel.csv", attributes=["Region"]
    ) == [panel.Growth("Carers", 0, 30)]
