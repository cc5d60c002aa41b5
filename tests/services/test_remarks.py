"""Comments with their readers, and other words for items: versions, clashes, and what cannot be kept."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import Audience, CommentVersion, Proposal, ProposalVersion, Round, RoundMember
from delphi.services import ratings
from delphi.services.ratings import Saved
from delphi.services.remarks import LONGEST_TEXT, Clash, Remark, clean, comments_of
from tests import cast


@pytest.fixture
def round_(session: Session) -> Round:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    return cast.open_round(session, study)


@pytest.fixture
def ada(session: Session, round_: Round) -> RoundMember:
    return cast.member(session, round_, "carers-1@example.org")


def write(session: Session, member: RoundMember, text: str | None, seen: int = 0, audience: Audience | None = None) -> Saved:
    return ratings.save(session, member, {}, {"pace": Remark(text, seen, audience)}, now=cast.NOW)


def word(session: Session, member: RoundMember, text: str, seen: int = 0, key: str = "pace") -> Saved:
    return ratings.save(session, member, {}, {}, {key: Remark(text, seen)}, now=cast.NOW)


def versions(session: Session) -> list[tuple[int, str, str]]:
    rows = session.scalars(select(CommentVersion).order_by(CommentVersion.number))
    return [(row.number, row.text, row.audience) for row in rows]


def wordings(session: Session) -> list[str]:
    return list(session.scalars(select(ProposalVersion.text).order_by(ProposalVersion.number)))


def test_a_comment_is_for_the_team_alone_unless_its_writer_says_otherwise(session: Session, ada: RoundMember) -> None:
    write(session, ada, "Whose pace?")

    assert versions(session) == [(1, "Whose pace?", "team")]


def test_another_choice_of_readers_alone_is_a_new_version(session: Session, ada: RoundMember) -> None:
    write(session, ada, "Whose pace?")
    saved = write(session, ada, "Whose pace?", 1, Audience.VERBATIM)
    write(session, ada, None, 2, Audience.REWORDED)
    write(session, ada, "Whose pace is it?", 3)

    assert saved.comments == ("pace",)
    assert versions(session) == [
        (1, "Whose pace?", "team"),
        (2, "Whose pace?", "verbatim"),
        (3, "Whose pace?", "reworded"),
        (4, "Whose pace is it?", "reworded"),
    ]


def test_readers_chosen_before_a_word_is_typed_are_those_of_the_first_word(session: Session, ada: RoundMember) -> None:
    write(session, ada, None, 0, Audience.VERBATIM)
    write(session, ada, "Whose pace?", 1)

    assert versions(session)[-1] == (2, "Whose pace?", "verbatim")


def test_what_differs_in_nothing_from_what_the_form_showed_changes_nothing(session: Session, ada: RoundMember) -> None:
    write(session, ada, "Whose pace?", 0, Audience.VERBATIM)

    again = [
        write(session, ada, "", 0, Audience.TEAM),  # a form that was loaded before there was a comment
        write(session, ada, "Whose pace?", 0, Audience.VERBATIM),  # sent twice
        write(session, ada, "Whose pace?", 1),
        write(session, ada, None, 1),
    ]

    assert {(saved.n_changed, saved.clashes) for saved in again} == {(0, ())}


def test_readers_chosen_in_a_stale_form_do_not_open_a_text_that_it_did_not_show(session: Session, ada: RoundMember) -> None:
    write(session, ada, "For the panel", 0, Audience.TEAM)
    write(session, ada, "Private after all", 1)

    stale = write(session, ada, None, 1, Audience.VERBATIM)

    assert stale.clashes == (Clash("comment", "pace", "For the panel", "Private after all", 2, Audience.TEAM),)
    assert versions(session)[-1] == (2, "Private after all", "team")


def test_a_study_that_shows_no_comments_takes_none_for_the_panel(session: Session) -> None:
    study = cast.begin_study(session)
    cast.choose(session, study, show_comments=False)
    cast.add_panel(session, study, {"Carers": 6})
    member = cast.member(session, cast.open_round(session, study), "carers-1@example.org")

    with pytest.raises(InvalidError, match="only go to the team"):
        write(session, member, "Whose pace?", 0, Audience.VERBATIM)

    assert comments_of(session, member) == {}


def test_other_words_are_kept_in_versions_and_an_emptied_box_takes_them_back(session: Session, ada: RoundMember) -> None:
    word(session, ada, "The person sets the pace.")
    word(session, ada, "The person alone sets the pace.", 1)
    word(session, ada, "", 2)

    assert wordings(session) == ["The person sets the pace.", "The person alone sets the pace.", ""]
    assert len(session.scalars(select(Proposal)).all()) == 1


def test_other_words_that_were_changed_elsewhere_are_given_back(session: Session, ada: RoundMember) -> None:
    word(session, ada, "First")
    word(session, ada, "Second", 1)

    stale = word(session, ada, "Of a stale tab", 1)

    assert stale.clashes == (Clash("wording", "pace", "Of a stale tab", "Second", 2),)
    assert wordings(session) == ["First", "Second"]


def test_a_whole_section_has_no_other_words(session: Session) -> None:
    study = cast.begin_study(session, manual="---\ntitle: One\n---\n\n## Beginnings {#beginnings .item .core}\n\nIt begins.\n")
    cast.add_panel(session, study, {"Carers": 1})
    member = cast.member(session, cast.open_round(session, study), "carers-1@example.org")

    with pytest.raises(InvalidError, match="whole section"):
        word(session, member, "Other words", key="beginnings")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("👩🏽‍🦽 and 👍", "👩🏽‍🦽 and 👍"),
        ("safe\u202egnp.exe", "safe\u202egnp.exe"),
        ("a\x00b\x07c", "abc"),
        ("one\r\ntwo\rthree\n\n", "one\ntwo\nthree"),
        ("<b>bold</b> & [link](javascript:x)", "<b>bold</b> & [link](javascript:x)"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("half \ud83d", "half ?"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_a_text_is_kept_as_it_was_typed_but_for_what_cannot_be_seen(
    session: Session, ada: RoundMember, typed: str, kept: str
) -> None:
    write(session, ada, typed)
    word(session, ada, typed)

    assert (versions(session)[0][1], wordings(session)[0]) == (kept, kept)


@pytest.mark.parametrize(("length", "is_kept"), [(LONGEST_TEXT, True), (LONGEST_TEXT + 1, False), (1_000_000, False)])
def test_too_long_a_text_is_refused_with_the_limit_and_its_length(length: int, is_kept: bool) -> None:
    if is_kept:
        assert len(clean("é" * length)) == length
        return
    with pytest.raises(InvalidError, match=f"at most 4000 characters; this one has {length}"):
        clean("é" * length)
