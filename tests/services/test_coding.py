"""The codebook and its use: names that are one, merging, two people at once, and what goes with a person who withdraws."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import ConflictError, DelphiError, FileError, InvalidError, NotFoundError
from delphi.files.codes import CodeRow
from delphi.models import AuditEntry, Code, Comment, CommentCode, CommentReading, Round, Study
from delphi.services import auditing, coding, rounds
from delphi.services.codebook_files import codebook_table, coded_table, import_codebook
from delphi.services.comment_work import Meter, comments_at_work, link_to_decision, mark_read, meter_of
from delphi.services.protocol import ERASE
from delphi.services.studies import rounds_of
from delphi.services.withdrawal import withdraw
from tests import cast
from tests.services.test_moderation import SHOW, WRITERS, Where, closed, judge, opened, publish

__all__ = ["closed", "opened"]
WHO = {"actor": "researcher 1", "now": cast.NOW}
ADA = "carers-1@example.org"


def add(session: Session, where: Where, name: str, definition: str = "") -> Code:
    return coding.add_code(session, where[0], name, definition, **WHO)


def code_it(session: Session, where: Where, text: str, chosen: set[int], shown: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    one = next(one for one in session.scalars(select(Comment)) if one.text == text)
    coding.code_comment(session, *where, one.id, chosen=chosen, shown=shown, **WHO)


def carried(session: Session, where: Where) -> dict[str, set[str]]:
    """Return by comment the names of the codes that it carries."""
    names = {code.id: code.name for code in coding.codebook_of(session, where[0])}
    return {one.comment.text: {names[code] for code in one.codes} for one in comments_at_work(session, where[1])}


def test_codes_stand_by_name_with_how_many_comments_carry_them(session: Session, closed: Where) -> None:
    safety, place = add(session, closed, "  Safety  at home ", "Where people feel safe."), add(session, closed, "place")
    code_it(session, closed, "verbatim words", {safety.id, place.id})
    code_it(session, closed, "team words", {place.id})

    header, rows = codebook_table(session, closed[0])

    assert header == ("name", "definition", "comments")
    assert rows == [("place", "", 2), ("Safety at home", "Where people feel safe.", 1)]


@pytest.mark.parametrize(
    ("name", "definition", "refusal"),
    [
        ("", "", "Give the code a name"),
        (" \n ", "", "Give the code a name"),
        ("x" * 61, "", "at most 60"),
        ("x", "y" * 2001, "at most 2000"),
        ("SAFETY", "", "called SAFETY already"),
    ],
)
def test_a_code_that_says_too_little_or_too_much_is_refused(
    session: Session, closed: Where, name: str, definition: str, refusal: str
) -> None:
    add(session, closed, "Safety")

    with pytest.raises(DelphiError, match=refusal):
        add(session, closed, name, definition)


def test_a_codebook_has_an_end(session: Session, closed: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "MOST_CODES", 1)
    add(session, closed, "Safety")

    with pytest.raises(InvalidError, match="1 codes at the most"):
        add(session, closed, "Place")


def test_a_code_of_another_study_is_none_of_this(session: Session, closed: Where) -> None:
    other = cast.begin_study(session, slug="other")
    theirs = coding.add_code(session, other, "Theirs", "", **WHO)

    with pytest.raises(NotFoundError):
        coding.change_code(session, closed[0], theirs.id, "Ours", "", version=1, **WHO)
    with pytest.raises(ConflictError, match="not in the codebook"):
        code_it(session, closed, "team words", {theirs.id})
    assert coding.codebook_of(session, closed[0]) == []


def test_a_renamed_code_stays_on_its_comments_and_the_log_has_both_names(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")
    code_it(session, closed, "team words", {code.id})

    coding.change_code(session, closed[0], code.id, "Feeling safe", "At home or not.", version=1, **WHO)

    assert carried(session, closed)["team words"] == {"Feeling safe"}
    page = auditing.page_of(session, closed[0], 1)
    told = [page.texts[entry.id]["name"] for entry in page.entries if entry.action.startswith("code ")]
    assert told == ["Feeling safe", "Safety"]
    assert auditing.first_fault(session, closed[0]) is None


def test_a_code_that_somebody_else_has_changed_is_not_overwritten(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")
    coding.change_code(session, closed[0], code.id, "Feeling safe", "", version=1, **WHO)

    for change in (
        lambda: coding.change_code(session, closed[0], code.id, "Danger", "", version=1, **WHO),
        lambda: coding.remove_code(session, closed[0], code.id, version=1, **WHO),
    ):
        with pytest.raises(ConflictError, match="changed this code meanwhile"):
            change()
    assert [one.name for one in coding.codebook_of(session, closed[0])] == ["Feeling safe"]


def test_merging_leaves_one_code_on_each_comment(session: Session, closed: Where) -> None:
    safety, danger = add(session, closed, "Safety"), add(session, closed, "Danger")
    code_it(session, closed, "verbatim words", {safety.id, danger.id})
    code_it(session, closed, "team words", {danger.id})

    coding.merge_codes(session, closed[0], danger.id, safety.id, version=1, **WHO)

    assert [one.name for one in coding.codebook_of(session, closed[0])] == ["Safety"]
    assert carried(session, closed) == {"verbatim words": {"Safety"}, "reworded words": set(), "team words": {"Safety"}}
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "codes merged")).one()
    assert json.loads(entry.detail)["comments"] == 2


def test_a_code_is_not_merged_into_itself(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")

    with pytest.raises(InvalidError, match="another code"):
        coding.merge_codes(session, closed[0], code.id, code.id, version=1, **WHO)


def test_a_removed_code_leaves_its_comments(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")
    code_it(session, closed, "team words", {code.id})

    assert coding.remove_code(session, closed[0], code.id, version=1, **WHO) == 1
    assert carried(session, closed)["team words"] == set()


def test_what_two_people_code_at_once_adds_up(session: Session, closed: Where) -> None:
    ours, theirs, old = (add(session, closed, name).id for name in ("Ours", "Theirs", "Old"))
    code_it(session, closed, "team words", {old})

    code_it(session, closed, "team words", {old, theirs}, shown={old})  # whoever came first
    code_it(session, closed, "team words", {ours}, shown={old})  # had seen the old one alone, and takes it off

    assert carried(session, closed)["team words"] == {"Ours", "Theirs"}


def test_what_somebody_took_off_meanwhile_stays_off(session: Session, closed: Where) -> None:
    code = add(session, closed, "Old").id
    code_it(session, closed, "team words", {code})
    code_it(session, closed, "team words", set(), shown={code})

    code_it(session, closed, "team words", {code}, shown={code})

    assert carried(session, closed)["team words"] == set()


def test_comments_of_an_open_round_are_not_coded_nor_read(session: Session, opened: Where) -> None:
    code = add(session, opened, "Safety")
    one = session.scalars(select(Comment)).first()
    assert one is not None

    with pytest.raises(ConflictError, match="still open"):
        coding.code_comment(session, *opened, one.id, chosen={code.id}, shown=(), **WHO)
    with pytest.raises(ConflictError, match="still open"):
        mark_read(session, *opened, [one.id], by=None, **WHO)
    assert meter_of(session, rounds_of(session, opened[0])) == Meter()


def test_a_comment_of_another_round_is_refused(session: Session, closed: Where) -> None:
    with pytest.raises(NotFoundError):
        coding.code_comment(session, *closed, 4711, chosen=(), shown=(), **WHO)
    with pytest.raises(NotFoundError):
        mark_read(session, *closed, [4711], by=None, **WHO)
    with pytest.raises(NotFoundError):
        link_to_decision(session, *closed, 4711, answers=True, **WHO)


def test_the_file_has_codes_and_no_person_in_an_order_of_its_own(session: Session, closed: Where) -> None:
    safety, place = add(session, closed, "Safety"), add(session, closed, "=Place")
    code_it(session, closed, "team words", {safety.id, place.id})
    judge(session, closed, "reworded words", SHOW, words="In our words.")

    header, rows = coded_table(session, closed[0], rounds_of(session, closed[0]))

    told = [dict(zip(header, row, strict=True)) for row in rows]
    by_text = {row["comment"]: row for row in told}
    assert by_text["team words"]["codes"] == "=Place; Safety"
    assert (by_text["team words"]["readers"], by_text["team words"]["group"]) == ("team", "")
    assert (by_text["reworded words"]["state"], by_text["reworded words"]["in_other_words"]) == ("approved", "In our words.")
    told_of = {str(cell) for row in rows for cell in row}
    people = [cast.member(session, closed[1], address).panelist for address in WRITERS]
    assert told_of.isdisjoint({str(name) for one in people for name in (one.id, one.pseudonym)})
    orders = {tuple(row[3] for row in coded_table(session, closed[0], [closed[1]])[1]) for _ in range(60)}
    assert len(orders) > 1


def test_what_was_done_with_a_comment_goes_with_its_writer(session: Session) -> None:
    study = cast.begin_study(session)
    cast.choose(session, study, withdrawal=ERASE)
    cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)
    cast.rate(session, round_, ADA, {"pace": 8}, {"pace": "Whose pace?"})
    rounds.close_round(session, study, round_, **WHO)
    (one,) = comments_at_work(session, round_)
    code = coding.add_code(session, study, "Safety", "", **WHO)
    coding.code_comment(session, study, round_, one.id, chosen={code.id}, shown=(), **WHO)
    mark_read(session, study, round_, [one.id], by=None, **WHO)

    withdraw(session, cast.keyring(), cast.member(session, round_, ADA).panelist, now=cast.NOW)

    assert session.scalars(select(CommentCode)).all() == session.scalars(select(CommentReading)).all() == []
    assert comments_at_work(session, session.get_one(Round, round_.id)) == []
    assert coding.uses_of(session, session.get_one(Study, study.id)) == {}


def test_a_codebook_file_adds_and_defines_anew(session: Session, closed: Where) -> None:
    add(session, closed, "Safety", "Old.")
    add(session, closed, "Place", "Kept.")
    rows = [CodeRow(2, "safety", "New."), CodeRow(3, "Place", ""), CodeRow(4, "Time", "When."), CodeRow(5, "Safety", "New.")]

    assert import_codebook(session, closed[0], rows, source="codes.csv", **WHO) == (1, 1)
    assert {code.name: code.definition for code in coding.codebook_of(session, closed[0])} == {
        "Safety": "New.",
        "Place": "Kept.",
        "Time": "When.",
    }


def test_a_codebook_file_with_a_fault_names_every_line(session: Session, closed: Where) -> None:
    rows = [CodeRow(2, "x" * 61, ""), CodeRow(3, "Time", "When."), CodeRow(4, "Place", "y" * 2001)]

    with pytest.raises(FileError) as refused:
        import_codebook(session, closed[0], rows, source="codes.csv", **WHO)

    assert [line for line in ("line 2", "line 3", "line 4") if line in str(refused.value)] == ["line 2", "line 4"]


def test_publishing_changes_nothing_of_the_codes(session: Session, closed: Where) -> None:
    code = add(session, closed, "Safety")
    code_it(session, closed, "verbatim words", {code.id})
    judge(session, closed, "verbatim words", SHOW)

    publish(session, closed)

    assert carried(session, closed)["verbatim words"] == {"Safety"}
