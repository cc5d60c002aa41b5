"""Search: over what the team may read, in any spelling of accents and capitals, and nothing of a round that is open."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.errors import InvalidError
from delphi.models import Action, Audience, Comment, ReleaseState, Round, Study
from delphi.services import ratings, rounds, withdrawal
from delphi.services.decisions import Verdict, decide
from delphi.services.moderation import Judgement, judge, retract
from delphi.services.remarks import Remark
from delphi.services.searching import MOST_SHOWN, Excerpt, Results, excerpt_of, search
from tests import cast
from tests.statements import statements

WHO = {"actor": "researcher 1", "now": cast.NOW}
PEOPLE = [f"carers-{n}@example.org" for n in range(1, 7)]
ADA = PEOPLE[0]


@pytest.fixture
def study(session: Session) -> Study:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 60})
    return study


@pytest.fixture
def opened(session: Session, study: Study) -> Round:
    return cast.open_round(session, study)


def say(session: Session, round_: Round, address: str, words: str, audience: Audience = Audience.TEAM) -> None:
    remark = Remark(words, audience=audience)
    ratings.save(session, cast.member(session, round_, address), {}, {"pace": remark}, now=cast.NOW)


def close(session: Session, round_: Round) -> None:
    rounds.close_round(session, session.get_one(Study, round_.study_id), round_, **WHO)


def found(session: Session, study: Study, words: str, *, with_results: bool = True) -> Results:
    return search(session, study, words, with_results=with_results)


def comments(session: Session, study: Study, words: str) -> list[str]:
    return [whole(hit.excerpt) for hit in found(session, study, words).comments.shown]


def whole(excerpt: Excerpt) -> str:
    return f"{excerpt.before}{excerpt.hit}{excerpt.after}"


@pytest.mark.parametrize("words", ["cafe", "CAFÉ", "Cafe\u0301", "strasse CAFÉ", "grosse Straße"])
def test_accents_and_capitals_do_not_matter_and_all_words_have_to_be_there(
    session: Session, study: Study, opened: Round, words: str
) -> None:
    say(session, opened, ADA, "Das Café in der großen Straße.")
    say(session, opened, PEOPLE[1], "Die Straße ist leer.")
    close(session, opened)

    assert comments(session, study, words) == ["Das Café in der großen Straße."]
    assert comments(session, study, f"{words} zeppelin") == []


def test_nothing_of_an_open_round_is_found(session: Session, study: Study, opened: Round) -> None:
    say(session, opened, ADA, "A walrus came along.", Audience.VERBATIM)

    assert found(session, study, "walrus").comments.n == 0
    close(session, opened)
    assert found(session, study, "walrus").comments.n == 1


def test_what_was_taken_back_or_erased_is_not_found_and_only_the_words_that_stand_are(
    session: Session, study: Study, opened: Round
) -> None:
    for address in PEOPLE[:3]:
        say(session, opened, address, f"A walrus, says {address[:8]}.")
    ratings.save(session, cast.member(session, opened, ADA), {}, {"pace": Remark("", 1)}, now=cast.NOW)
    ratings.save(session, cast.member(session, opened, PEOPLE[1]), {}, {"pace": Remark("A seal.", 1)}, now=cast.NOW)
    close(session, opened)

    assert comments(session, study, "walrus") == ["A walrus, says carers-3."]
    assert comments(session, study, "seal") == ["A seal."]


def test_the_words_of_who_has_withdrawn_are_gone_where_the_protocol_erases_them(session: Session, study: Study) -> None:
    cast.choose(session, study, withdrawal="erase")
    opened = cast.open_round(session, study)
    say(session, opened, ADA, "A walrus came along.")
    close(session, opened)
    assert found(session, study, "walrus").comments.n == 1

    withdrawal.withdraw(session, cast.keyring(), cast.member(session, opened, ADA).panelist, now=cast.NOW)

    assert found(session, study, "walrus").comments.n == 0


def test_a_rewording_for_the_panel_is_found_beside_the_words_that_were_reworded(
    session: Session, study: Study, opened: Round
) -> None:
    say(session, opened, ADA, "A walrus came along.", Audience.REWORDED)
    close(session, opened)
    comment = session.scalars(select(Comment)).one()
    words = Judgement(ReleaseState.APPROVED, "An animal came along.")
    judge(session, study, opened, comment.id, words, version=0, by=None, **WHO)

    assert comments(session, study, "animal") == ["An animal came along."]
    assert comments(session, study, "walrus") == ["A walrus came along."]
    assert found(session, study, "came along").comments.n == 1  # one comment, whichever of its texts it is


def test_items_are_found_by_their_newest_wording_that_matches_with_the_way_to_it(
    session: Session, study: Study, opened: Round
) -> None:
    before = found(session, study, "somewhere chosen").items
    assert [(hit.key, hit.version, hit.round, hit.draft) for hit in before.shown] == [(cast.ITEMS[0], "1", None, 1)]
    close(session, opened)
    verdict = Verdict(Action.REWORD, "Because of Zoë.", {cast.ITEMS[0]: "The person chooses where to meet."})
    decide(session, study, opened, cast.ITEMS[0], verdict, version=0, by=None, **WHO)

    after = found(session, study, "person").items.shown
    assert [(hit.version, hit.round, hit.draft) for hit in after if hit.key == cast.ITEMS[0]] == [("2", 1, 2)]
    earlier = found(session, study, "SOMEWHERE").items.shown
    assert [(hit.version, hit.round, hit.draft) for hit in earlier] == [("1", 1, 1)]


def test_decisions_are_found_by_their_reason_and_by_new_words(session: Session, study: Study, opened: Round) -> None:
    close(session, opened)
    verdict = Verdict(Action.REWORD, "Because of Zoë.", {"pace": "The person sets the tempo."})
    decide(session, study, opened, "pace", verdict, version=0, by=None, **WHO)

    for words in ("because zoe", "TEMPO"):
        (hit,) = found(session, study, words).decisions.shown
        assert (hit.key, hit.round, hit.action) == ("pace", 1, Action.REWORD)


def test_who_may_not_see_results_finds_items_alone(session: Session, study: Study, opened: Round) -> None:
    say(session, opened, ADA, "The person was asked.")
    close(session, opened)
    decide(session, study, opened, "pace", Verdict(Action.KEEP, "No person minded."), version=0, by=None, **WHO)

    theirs = found(session, study, "person", with_results=False)

    assert theirs.items.n > 0
    assert (theirs.comments.n, theirs.decisions.n) == (0, 0)


def test_another_study_is_not_looked_through(session: Session, study: Study, opened: Round) -> None:
    say(session, opened, ADA, "A walrus came along.")
    close(session, opened)
    decide(session, study, opened, "pace", Verdict(Action.KEEP, "The walrus agreed."), version=0, by=None, **WHO)
    other = cast.begin_study(session, slug="other", manual=cast.MANUAL.replace("somewhere", "in a zeppelin"))

    theirs = found(session, other, "walrus")

    assert (theirs.items.n, theirs.comments.n, theirs.decisions.n) == (0, 0, 0)
    assert (found(session, other, "zeppelin").items.n, found(session, study, "zeppelin").items.n) == (1, 0)


def test_as_many_statements_whatever_there_is_and_no_more_shown_than_a_page_holds(
    session: Session, study: Study, opened: Round
) -> None:
    say(session, opened, ADA, "A walrus came along.")
    with_one = _asked(session, study)
    for n in range(2, 61):
        say(session, opened, f"carers-{n}@example.org", f"Walrus number {n}.")
    close(session, opened)

    with_many = _asked(session, study)

    assert len(with_many) == len(with_one) == 3
    many = found(session, study, "walrus").comments
    assert (many.n, len(many.shown)) == (60, MOST_SHOWN)


def _asked(session: Session, study: Study) -> list[str]:
    session.flush()
    session.expire_all()
    assert study.id
    with statements(session.get_bind().engine) as sent:
        found(session, study, "walrus")
    return sent


@pytest.mark.parametrize("words", ["", "   ", "\u0301", "a " * 11, "x" * 201])
def test_a_query_that_is_none_is_refused_in_a_sentence(session: Session, study: Study, words: str) -> None:
    with pytest.raises(InvalidError, match=r"Type at least one word|Look for at most 10 words"):
        found(session, study, words)


@pytest.mark.parametrize("words", ["%", "_", "'; DROP TABLE comments; --", "\\", "\0", "(", "[a-z]"])
def test_signs_stand_for_themselves(session: Session, study: Study, opened: Round, words: str) -> None:
    say(session, opened, ADA, "Plain words")
    close(session, opened)

    assert found(session, study, words).comments.n == 0


def test_an_excerpt_stands_around_what_was_found() -> None:
    text = f"{'before ' * 30}Fußgängerzone{' after' * 60}"

    excerpt = excerpt_of(text, "fussganger")

    assert excerpt.hit == "Fußgänger"
    assert excerpt.before.startswith("…")
    assert excerpt.after.startswith("zone after")
    assert excerpt.after.endswith("…")
    assert excerpt_of("A short one.", "short") == Excerpt("A ", "short", " one.")
    assert excerpt_of("A link.", "elsewhere") == Excerpt("A link.", "", "")


def test_a_comment_that_was_shown_and_taken_back_is_the_teams_to_find(session: Session, study: Study, opened: Round) -> None:
    say(session, opened, ADA, "A walrus came along.", Audience.VERBATIM)
    close(session, opened)
    comment = session.scalars(select(Comment)).one()
    release = judge(session, study, opened, comment.id, Judgement(ReleaseState.APPROVED), version=0, by=None, **WHO)
    rounds.publish_round(session, study, opened, **WHO)
    retract(session, study, opened, comment.id, "It names somebody.", version=release.version, by=None, **WHO)

    assert comments(session, study, "walrus") == ["A walrus came along."]
