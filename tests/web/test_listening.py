"""What people write, from the writer's page to the team's and to the others': judged, released, answered, told."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Action, Audience, Comment, CommentRelease, Proposal, ReleaseState, Round, Study
from delphi.services import decisions, ratings, rounds
from delphi.services.decisions import Verdict
from delphi.services.remarks import Remark
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor
from tests.web.stages import HOME

ADA, BO, CY = (f"carers-{n}@example.org" for n in (1, 2, 3))
SECTION = "/panel/sections/first-meeting"
COMMENTS, PROPOSALS = f"{HOME}/rounds/1/comments", f"{HOME}/rounds/1/proposals"
SAID = {  # who wrote what about the pace, and for whom
    ADA: ("Ada asks <b>whose</b> pace.", Audience.VERBATIM),
    BO: ("Bo wants it put kindly.", Audience.REWORDED),
    CY: ("Cy tells the team alone.", Audience.TEAM),
}


@pytest.fixture
def closed(database: Database) -> None:
    """A closed round with a comment for each kind of reader and other words of Bo's."""
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.add_panel(session, study, {"Carers": 6, "Academics": 6})
        round_ = cast.open_round(session, study)
        for n in range(1, 7):
            for group in ("carers", "academics"):
                cast.rate(session, round_, f"{group}-{n}@example.org", dict.fromkeys(cast.ITEMS, n + 2))
        for address, (text, audience) in SAID.items():
            remark = {"pace": Remark(text, 0, audience)}
            ratings.save(session, cast.member(session, round_, address), {}, remark, now=cast.NOW)
        words = {"step-back": Remark("The worker steps back early.")}
        ratings.save(session, cast.member(session, round_, BO), {}, {}, words, now=cast.NOW)
        rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)


def page(browser: Visitor, url: str, status: int = 200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def id_of(database: Database, address: str) -> str:
    with database.reading() as session:
        return str(next(one.id for one in session.scalars(select(Comment)) if one.text == SAID[address][0]))


def judge(ruth: Visitor, database: Database, address: str, **fields: str) -> object:
    ruth.get(COMMENTS)
    return ruth.post(COMMENTS, {"comment": id_of(database, address), "version": "0", **fields})


def publish_and_decide(database: Database) -> None:
    """Publish round 1, reword the item that all three wrote about because of them, and open round 2."""
    with database.transaction() as session:
        study, round_ = session.scalars(select(Study)).one(), session.scalars(select(Round)).one()
        rounds.publish_round(session, study, round_, actor="researcher 1", now=cast.NOW)
        ids = [one.id for one in session.scalars(select(Comment))]
        verdict = Verdict(Action.REWORD, "You asked whose pace is meant.", {"pace": "The person sets the pace."}, answers=ids)
        decisions.decide(session, study, round_, "pace", verdict, version=0, by=None, actor="researcher 1", now=cast.NOW)
        cast.open_round(session, study)


def test_the_team_reads_each_comment_beside_its_item_and_sees_whom_it_is_for(closed: None, ruth: Visitor) -> None:
    text = page(ruth, COMMENTS)

    for words in ("Ada asks &lt;b&gt;whose&lt;/b&gt; pace.", "Bo wants it put kindly.", "Cy tells the team alone."):
        assert text.count(words) >= 1
    assert text.count(">The worker goes at the pace of the person.</a>") == 3
    assert "carers" not in text.lower()
    assert text.count('name="state" value="approved"') == 2


def test_a_judgement_is_kept_and_one_that_cannot_be_comes_back_as_it_was_typed(
    closed: None, ruth: Visitor, database: Database
) -> None:
    kept = judge(ruth, database, ADA, state="approved")
    refused = judge(ruth, database, BO, state="withheld", reason="no")
    empty = judge(ruth, database, BO)

    assert kept.status_code == 303  # type: ignore[attr-defined]
    assert refused.status_code == empty.status_code == 422  # type: ignore[attr-defined]
    assert ">no</textarea>" in refused.get_data(as_text=True)  # type: ignore[attr-defined]
    assert "the writer reads it" in refused.get_data(as_text=True)  # type: ignore[attr-defined]
    with database.reading() as session:
        assert [one.state for one in session.scalars(select(CommentRelease))] == [ReleaseState.APPROVED]


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "7"])
def test_a_comment_that_there_is_not_is_not_judged(closed: None, ruth: Visitor, number: str) -> None:
    ruth.get(COMMENTS)

    answer = ruth.post(COMMENTS, {"comment": number, "version": "0", "state": "approved"})

    assert answer.status_code in (404, 422)


def test_publishing_asks_first_while_comments_wait_to_be_judged(closed: None, ruth: Visitor, database: Database) -> None:
    url = f"{HOME}/rounds/1/publish"
    asked = page(ruth, url)
    refused = ruth.post(url, {})
    judge(ruth, database, ADA, state="approved")
    one_left = page(ruth, url)
    done = ruth.post(url, {"without_unjudged": "y"})

    assert "2 comments are meant for the panel and wait to be judged" in asked
    assert refused.status_code == 422
    assert "1 comment is meant for the panel and waits to be judged" in one_left
    assert done.status_code == 303
    with database.reading() as session:
        assert [one.state for one in session.scalars(select(CommentRelease))] == [ReleaseState.RELEASED]


def test_a_writer_sees_what_became_of_a_comment_and_can_stop_a_rewording(
    closed: None, ruth: Visitor, database: Database, enter: Callable[[str], Visitor]
) -> None:
    bo = enter(BO)
    before = page(bo, "/panel/your-words")
    judge(ruth, database, BO, state="approved", words="Somebody would like it kinder.")
    reworded = page(bo, "/panel/your-words")
    stopped = bo.post("/panel/your-words", {"comment": id_of(database, BO)})
    then = page(bo, "/panel/your-words")
    foreign = bo.post("/panel/your-words", {"comment": id_of(database, ADA)})
    nothing = bo.post("/panel/your-words", {"comment": "x"})

    assert "You see them here first and can stop them." in before
    assert "Somebody would like it kinder." in reworded
    assert "Do not show this" in reworded
    assert 'name="ballot" value="' in reworded  # whose decision it is, should the session end before it comes
    assert stopped.status_code == 303
    assert "You have stopped this" in then
    assert "Show it after all" in then
    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert "The writer does not want it shown" in page(ruth, COMMENTS)


def test_the_reason_for_withholding_is_the_writers_to_read_and_nobody_elses(
    closed: None, ruth: Visitor, database: Database, enter: Callable[[str], Visitor]
) -> None:
    judge(ruth, database, ADA, state="withheld", reason="It names a colleague.")
    publish_and_decide(database)

    assert "It names a colleague." in page(enter(ADA), "/panel/your-words")
    for address in (BO, CY):
        browser = enter(address)
        for url in ("/panel/your-words", SECTION, "/panel/results", "/panel/"):
            text = page(browser, url)
            assert "colleague" not in text
            assert "Ada asks" not in text


def test_in_round_two_all_read_the_reasons_and_what_was_done_and_only_writers_that_it_was_because_of_them(
    closed: None, ruth: Visitor, database: Database, enter: Callable[[str], Visitor]
) -> None:
    judge(ruth, database, ADA, state="approved")
    judge(ruth, database, BO, state="approved", words="Somebody would like it kinder.")
    publish_and_decide(database)

    pages = {
        address: page(enter(address), SECTION) for address in (ADA, BO, CY, "carers-4@example.org", "academics-1@example.org")
    }

    for address, text in pages.items():
        assert "You said, we did, after round 1" in text
        assert "easons that people gave" not in text  # the change answers all of them, and each stands there
        assert text.count("Ada asks &lt;b&gt;whose&lt;/b&gt; pace.") == (2 if address == ADA else 1)
        assert "Somebody would like it kinder." in text
        assert "You asked whose pace is meant." in text
    own = {address: "Changed because of you" in text for address, text in pages.items()}
    assert own == {ADA: True, BO: True, CY: True, "carers-4@example.org": False, "academics-1@example.org": False}
    assert [address for address, text in pages.items() if "Cy tells the team alone." in text] == [CY]
    assert [address for address, text in pages.items() if "Bo wants it put kindly." in text] == [BO]
    results = {address: page(enter(address), "/panel/results") for address in (CY, "carers-4@example.org")}
    assert "Changed because of you" in results[CY]
    assert "Changed because of you" not in results["carers-4@example.org"]
    assert [text.count("Ada asks &lt;b&gt;whose&lt;/b&gt; pace.") for text in results.values()] == [1, 1]


def test_a_comment_that_was_taken_back_is_on_no_page_but_its_writers(
    closed: None, ruth: Visitor, database: Database, enter: Callable[[str], Visitor]
) -> None:
    judge(ruth, database, ADA, state="approved")
    publish_and_decide(database)
    with database.reading() as session:
        version = session.scalars(select(CommentRelease)).one().version
    ruth.get(COMMENTS)
    form = {"comment": id_of(database, ADA), "version": str(version), "state": "retracted"}
    refused = ruth.post(COMMENTS, {**form, "reason": ""})
    taken_back = ruth.post(COMMENTS, {**form, "reason": "It names a colleague."})

    assert (refused.status_code, taken_back.status_code) == (422, 303)
    browser = enter(CY)
    assert not any("Ada asks" in page(browser, url) for url in (SECTION, "/panel/results", "/panel/your-words"))
    own = page(enter(ADA), "/panel/your-words")
    assert "until the team took it back" in own
    assert "It names a colleague." in own


def test_a_panelist_proposes_changes_and_takes_back_items_for_a_section(
    open_study: None, enter: Callable[[str], Visitor], database: Database
) -> None:
    ada, url = enter(ADA), f"{SECTION}/propose"
    linked = url in page(ada, SECTION)
    empty = ada.post(url, {"box": "proposal-new", "text": " "})
    sent = ada.post(url, {"box": "proposal-new", "text": "Say <b>thank you</b>."})
    with database.reading() as session:
        name = f"proposal-{session.scalars(select(Proposal)).one().id}"
    ada.post(url, {"box": name, "seen": "1", "text": "Say thank you, always."})
    stale = ada.post(url, {"box": name, "seen": "1", "text": "Of a stale tab"})
    listed = page(ada, url)
    foreign = enter(BO)
    foreign.get(url)
    refused = foreign.post(url, {"box": name, "seen": "2", "text": "Not mine"})
    ada.get(url)
    ada.post(url, {"box": name, "seen": "2", "text": ""})

    assert linked
    assert (empty.status_code, sent.status_code, stale.status_code, refused.status_code) == (422, 303, 409, 404)
    assert "Of a stale tab" in stale.get_data(as_text=True)
    assert "There it says: “Say thank you, always.”" in stale.get_data(as_text=True)
    assert "Not mine" in refused.get_data(as_text=True)
    assert "Say thank you, always." in listed
    assert "Say thank you" not in page(ada, url)
    assert page(ada, "/panel/sections/nothing/propose", 404)


def test_the_button_saves_first_and_then_shows_how_the_panel_would_read_it(
    open_study: None, enter: Callable[[str], Visitor]
) -> None:
    ada = enter(ADA)
    ada.get(SECTION)

    answer = ada.post(
        SECTION, {"round": "1", PACE.comment: "Whose <i>pace</i>?", PACE.audience: "verbatim", "then": "your-words"}
    )

    assert answer.headers["Location"] == "/panel/your-words"
    text = page(ada, "/panel/your-words")
    assert "This is how the panel would read it" in text
    assert "Whose &lt;i&gt;pace&lt;/i&gt;?" in text
    assert 'id="comment-pace"' in text


def test_a_proposal_is_settled_and_its_proposer_told_when_the_round_is_published(
    closed: None, ruth: Visitor, database: Database, enter: Callable[[str], Visitor]
) -> None:
    with database.reading() as session:
        one = session.scalars(select(Proposal)).one()
    url = f"{PROPOSALS}/{one.id}"
    listed, shown = page(ruth, PROPOSALS), page(ruth, url)
    form = {"version": "1", "state": "accepted", "words": "The worker steps back early.", "reason": "no", "kind": "core"}
    refused = ruth.post(url, form)
    kept = ruth.post(url, {**form, "reason": "It says when."})
    again = ruth.post(url, {**form, "reason": "It says when."})
    bo_before = page(enter(BO), "/panel/your-words")
    publish_and_decide(database)
    bo = enter(BO)

    assert "The worker steps back early." in listed
    assert "<ins>" in shown
    assert (refused.status_code, kept.status_code, again.status_code) == (422, 303, 409)
    assert "It says when." not in bo_before
    assert "The team has taken this up." in page(bo, "/panel/your-words")
    assert "Changed because of you" in page(bo, "/panel/sections/going-along")
    assert "Changed because of you" not in page(enter(CY), "/panel/sections/going-along")


def test_what_people_wrote_cannot_be_read_while_the_round_is_open(open_study: None, ruth: Visitor) -> None:
    assert [ruth.get(url).status_code for url in (COMMENTS, PROPOSALS, f"{PROPOSALS}/1")] == [409, 409, 409]
