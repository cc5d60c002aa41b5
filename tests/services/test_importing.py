"""Files taken into a round: all of one or nothing, and never silently over or beside what is there."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.errors import DelphiError, FileError
from delphi.files.comments import read_comments
from delphi.files.decisions import read_decisions
from delphi.models import Ballot, BallotChange, Comment, Decision, Panelist, Round, Study
from delphi.services import importing, ratings
from tests import cast

WIDE = "participant,first-meeting-place,pace\ncarers-1@example.org,8,unable\ncarers-2@example.org,,3\ncarers-3@example.org,,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def written(folder: Path, content: str) -> Path:
    path = folder / "file.csv"
    path.write_text(content)
    return path


def take_ratings(session: Session, study: Study, round_: Round, path: Path) -> int:
    return importing.import_ratings(session, cast.keyring(), study, round_, path, actor="researcher 1", now=cast.NOW)


def take_comments(session: Session, study: Study, round_: Round, path: Path) -> int:
    rows = read_comments(path)
    return importing.import_comments(
        session, cast.keyring(), study, round_, rows, source=path.name, actor="researcher 1", now=cast.NOW
    )


def take_decisions(session: Session, study: Study, round_: Round, path: Path) -> int:
    rows = read_decisions(path)
    return importing.import_decisions(session, study, round_, rows, source=path.name, by=None, actor="researcher 1", now=cast.NOW)


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_ratings_from_a_file_are_on_record_as_such_and_empty_cells_change_nothing(
    session: Session, study: Study, round_: Round, folder: Path
) -> None:
    cast.rate(session, round_, "carers-2@example.org", {"first-meeting-place": 9})

    assert take_ratings(session, study, round_, written(folder, WIDE)) == 2

    payloads = {
        address: (ratings.ballot_of(session, cast.member(session, round_, address)) or Ballot(payload=b"")).payload
        for address in ("carers-1@example.org", "carers-2@example.org", "carers-3@example.org")
    }
    assert list(payloads.values()) == [bytes([8, 255, 0, 0]), bytes([9, 3, 0, 0]), b""]
    assert sorted(session.scalars(select(BallotChange.channel))) == ["file", "file", "web"]


def test_the_same_file_taken_in_twice_changes_nothing_more(session: Session, study: Study, round_: Round, folder: Path) -> None:
    path = written(folder, WIDE)
    take_ratings(session, study, round_, path)

    assert take_ratings(session, study, round_, path) == 2

    assert count(session, BallotChange) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (WIDE.replace(",8,", ",10,"), "10"),
        (WIDE.replace("carers-2", "stranger"), "stranger@example.org was not invited"),
        (WIDE.replace("pace", "paces"), "does not ask an item called 'paces'"),
        ("participant,group,pace\ncarers-1@example.org,Academics,5\n", "is in the group 'Carers', not 'Academics'"),
        ("participant,item,rating,criterion\ncarers-1@example.org,pace,5,clarity\n", "does not ask for clarity"),
        ("participant,item,rating,round\ncarers-1@example.org,pace,5,2\n", "ratings of round 2"),
        ("participant,item,rating,round\ncarers-1@example.org,pace,5,1\ncarers-1@example.org,pace,5,2\n", "several rounds"),
    ],
)
def test_a_ratings_file_that_does_not_fit_the_round_is_refused_whole(
    session: Session, study: Study, round_: Round, folder: Path, content: str, sentence: str
) -> None:
    with pytest.raises(DelphiError) as refused:
        take_ratings(session, study, round_, written(folder, content))

    assert sentence in str(refused.value)
    assert count(session, Ballot) == 0


def test_one_person_under_two_names_is_refused(session: Session, study: Study, round_: Round, folder: Path) -> None:
    member = cast.member(session, round_, "carers-1@example.org")
    pseudonym = session.get_one(Panelist, member.panelist_id).pseudonym
    path = written(folder, f"participant,pace\ncarers-1@example.org,5\n{pseudonym},6\n")

    with pytest.raises(FileError, match="are the same person"):
        take_ratings(session, study, round_, path)


def test_comments_that_clash_or_have_no_place_are_named_by_line(
    session: Session, study: Study, round_: Round, folder: Path
) -> None:
    lines = [
        "participant,item,comment",
        "carers-1@example.org,pace,First words.",
        "carers-1@example.org,pace,Second words.",
        "carers-2@example.org,unheard-of,Words.",
        f"carers-3@example.org,pace,{'x' * 4001}",
        "carers-1@example.org,pace,First words.",
    ]

    with pytest.raises(FileError) as refused:
        take_comments(session, study, round_, written(folder, "\n".join(lines)))

    assert [problem.line for problem in refused.value.problems] == [3, 4, 5]


def test_comments_from_a_file_stand_beside_those_from_the_web(
    session: Session, study: Study, round_: Round, folder: Path
) -> None:
    cast.rate(session, round_, "carers-1@example.org", {}, {"pace": "Whose pace?"})

    path = written(folder, "participant,item,comment\ncarers-2@example.org,pace,Mine.\ncarers-3@example.org,pace,\n")

    assert take_comments(session, study, round_, path) == 1
    assert count(session, Comment) == 2


@pytest.fixture
def closed(session: Session, study: Study, round_: Round) -> Round:
    cast.close_and_publish(session, study, round_)
    return round_


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("pace,keep,Because we say so.,,,,\npace,drop,Because we say so.,,,,", "pace stands on line 2 already"),
        ("pace,shorten,Because we say so.,,,,", "'shorten' is no action"),
        ("pace,keep,Because we say so.,Other words.,,,", "changes no words"),
        ("pace,reword,Because we say so.,,,,", "Write the new wording of the item."),
        ("pace,merge,Because we say so.,,step-back first-meeting-place,,", "Name the one item"),
        (
            "pace,split,Because we say so.,One.,one two,,",
            "New wordings: 1, items: 2. Give each item one: separate the keys",
        ),
        ("pace,keep,Because we say so.,,,some,", "'some' is not understood"),
        ("pace,reword,Because we say so.,Other words.,,,perhaps", "'perhaps' is not understood"),
        ("unheard-of,keep,Because we say so.,,,,", "did not ask an item called unheard-of"),
    ],
)
def test_a_decision_that_cannot_be_carried_out_is_refused_with_its_line(
    session: Session, study: Study, closed: Round, folder: Path, row: str, sentence: str
) -> None:
    path = written(folder, f"item,action,reason,new_wording,into,answers,typo\n{row}\n")

    with pytest.raises(FileError) as refused:
        take_decisions(session, study, closed, path)

    assert sentence in str(refused.value)
    assert refused.value.problems[0].line == 2 + row.count("\n")


def test_plain_words_in_a_file_go_with_their_wordings(session: Session, study: Study, closed: Round, folder: Path) -> None:
    path = written(folder, 'item,action,reason,new_wording,into,plain\npace,split,Two things.,"One.\n---\nTwo.",one two,Eins.\n')

    with pytest.raises(FileError, match="Plain wordings: 1, items: 2"):
        take_decisions(session, study, closed, path)


def test_decisions_from_a_file_are_carried_out(session: Session, study: Study, closed: Round, folder: Path) -> None:
    path = written(
        folder,
        "item;action;reason;new wording;into;answers;typo;plain\n"
        'pace;split;Two things in one.;"One.\n---\nTwo.";pace patience;all;;"1\n---\n2"\n'
        "step-back;Re-rate;Ask again, please.;;;;no;\n",
    )

    assert take_decisions(session, study, closed, path) == 2

    found = dict(session.execute(select(Decision.action, Decision.wordings)).all())
    assert found["split"]["texts"] == {"pace": "One.", "patience": "Two."}
    assert found["split"]["plains"] == {"pace": "1", "patience": "2"}
    assert "re-rate" in found
