"""Writing on a card: for whom a comment is, other words for an item, and the warning before a name is told."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from delphi.database import Database
from delphi.models import Comment, Contact, Proposal, Round, Study
from tests import cast
from tests.fields import PACE
from tests.web.conftest import Visitor

SECTION = "/panel/sections/first-meeting"
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def comment(database: Database) -> Callable[[], tuple[str, str]]:
    """Return a way to see text and audience of the one comment."""

    def read() -> tuple[str, str]:
        with database.reading() as session:
            one = session.scalars(select(Comment)).one()
            return one.text, one.audience.value

    return read


def text(response: object) -> str:
    return response.get_data(as_text=True)  # type: ignore[attr-defined, no-any-return]


def test_beside_each_box_stands_who_reads_it_when_how_much_and_where_to_turn(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.scalars(select(Study)).one().facts = {"crisis": "Ring the duty team on 0300 123 <4>."}

    page = text(ada.get(SECTION))

    assert page.count("Not watched for emergencies. Ring the duty team on 0300 123 &lt;4&gt;.") == 2  # a card each
    for field in (PACE.comment, PACE.wording):
        area = page[page.index(f"<textarea id={field} ") :]
        assert area.split('aria-describedby="')[1].startswith('care-1"')
    assert page.count("then the team does, without your name. At most 4000 characters.") == 2
    assert "if it leaves it out, you see why" in page


def test_the_readers_are_the_team_alone_at_first_and_then_those_that_were_chosen(
    ada: Visitor,
    comment: Callable[[], tuple[str, str]],
) -> None:
    first = text(ada.get(SECTION))
    ada.post(SECTION, {"round": "1", PACE.comment: "Whose?", PACE.comment_seen: "0", PACE.audience: "reworded"})
    then = text(ada.get(SECTION))

    assert f"name={PACE.audience} value=team checked" in first
    assert f"name={PACE.audience} value=reworded checked" in then
    assert comment() == ("Whose?", "reworded")


def test_readers_that_there_are_not_are_refused_and_the_text_comes_back(ada: Visitor, database: Database) -> None:
    answer = ada.post(SECTION, {"round": "1", PACE.comment: "Whose?", PACE.audience: "everybody"})

    assert answer.status_code == 422
    assert "Choose who may read your comment" in text(answer)
    assert ">Whose?</textarea>" in text(answer)
    with database.reading() as session:
        assert session.scalars(select(Comment)).all() == []


def test_where_no_comments_are_shown_nobody_is_asked_for_readers(
    database: Database,
    enter: Callable[[str], Visitor],
) -> None:
    with database.transaction() as session:
        study = cast.begin_study(session)
        cast.choose(session, study, show_comments=False)
        cast.add_panel(session, study, {"Carers": 6})
        cast.open_round(session, study)
    browser = enter("carers-1@example.org")

    page = text(browser.get(SECTION))
    refused = browser.post(SECTION, {"round": "1", PACE.comment: "Whose?", PACE.audience: "verbatim"})

    assert PACE.audience not in page
    assert "then the team does, without your name." in page
    assert refused.status_code == 422


def test_both_texts_of_other_words_are_shown_after_a_clash_and_neither_can_run(ada: Visitor, database: Database) -> None:
    ada.post(SECTION, {"round": "1", PACE.wording: "<script>one</script>", PACE.wording_seen: "0"})

    stale = ada.post(SECTION, {"round": "1", PACE.wording: "<script>two</script>", PACE.wording_seen: "0"})

    page = text(stale)
    assert stale.status_code == 409
    assert "&lt;script&gt;one&lt;/script&gt;" in page
    assert "&lt;script&gt;two&lt;/script&gt;" in page
    assert "<script>" not in page.replace("<script src", "")
    assert f"name={PACE.wording_seen} value=1" in page
    with database.reading() as session:
        assert session.scalars(select(Proposal)).one().text == "<script>one</script>"


def test_the_script_is_told_the_versions_and_that_a_text_may_identify_its_writer(ada: Visitor) -> None:
    sent = {"round": "1", "fragment": "1", PACE.comment: "Ring me: 020 7946 0123", PACE.wording: "The person sets the pace."}

    answer = ada.post(SECTION, sent, headers=SCRIPT)
    audience = ada.post(
        SECTION, {"round": "1", "fragment": "1", PACE.audience: "verbatim", PACE.comment_seen: "1"}, headers=SCRIPT
    )

    assert answer.json is not None
    assert answer.json["seen"] == {PACE.comment_seen: "1", PACE.wording_seen: "1"}
    assert "a telephone number" in answer.json["message"]
    assert audience.json is not None
    assert audience.json["seen"] == {PACE.comment_seen: "2"}


def test_a_text_that_names_its_writer_is_saved_and_the_writer_sees_it_once_more(
    ada: Visitor,
    comment: Callable[[], tuple[str, str]],
    database: Database,
) -> None:
    with database.transaction() as session:
        contact = session.get_one(
            Contact, cast.member(session, session.scalars(select(Round)).one(), "carers-1@example.org").panelist_id
        )
        contact.name_ciphertext = cast.keyring().encrypt("Denise Okoro")
    form = {"round": "1", PACE.comment: "Denise says: whose pace?", PACE.comment_seen: "0"}

    first = ada.post(SECTION, form)
    page = text(ada.get(SECTION))
    second = ada.post(SECTION, {**form, PACE.comment_seen: "1"})

    assert comment()[0] == "Denise says: whose pace?"
    assert first.headers["Location"] == f"{SECTION}#{PACE.comment}"
    assert "Something you wrote may identify you." in page
    assert "This may identify you: it seems to hold your name." in page
    assert second.headers["Location"] == "/panel/sections/going-along"


@pytest.mark.parametrize("field", [PACE.comment, PACE.wording])
def test_a_line_of_a_megabyte_comes_back_whole_with_count_and_limit(ada: Visitor, field: str) -> None:
    answer = ada.post(SECTION, {"round": "1", "rating-1": "4", field: "x" * 1_000_000})

    page = text(answer)
    assert answer.status_code == 422
    assert "at most 4000 characters; this one has 1000000" in page
    assert "x" * 1_000_000 in page
    assert f'href="#{field}"' in page
