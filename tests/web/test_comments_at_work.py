"""Comments at work in the office: coded, found, marked as read, linked to decisions, and given out without a person."""

import csv
import io
import re

import pytest

from delphi.models import Audience, Code, Comment, CommentCode, Decision, Role, Study
from delphi.services import comment_work, ratings
from delphi.services.coding import add_code
from delphi.services.remarks import Remark
from delphi.web.office import comments as pages
from tests import cast
from tests.web import stages

COMMENTS = f"{stages.HOME}/rounds/1/comments"
CODES = f"{stages.HOME}/codes"
ITEM = f"{stages.HOME}/rounds/1/items/{cast.ITEMS[0]}"
FIRST, SECOND, THIRD = "Not every house <b>is</b> safe.", "=SUM(A1) is my pace.", "Only for you."


@pytest.fixture
def closed(database, ruth):
    """Round 1, closed: the comment of the stage on the first item, one for the panel on the pace, one for the team."""
    with database.transaction() as session:
        opened = stages.round_open(session)
        for address, key, text, audience in (
            ("carers-2@example.org", "pace", SECOND, Audience.VERBATIM),
            ("carers-3@example.org", "step-back", THIRD, Audience.TEAM),
        ):
            ratings.save(session, cast.member(session, opened, address), {}, {key: Remark(text, 0, audience)}, now=cast.NOW)
        study = session.get_one(Study, opened.study_id)
        stages.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)
        for name in ("Place", "Safety"):
            add_code(session, study, name, f"What is said of {name.lower()}.", actor="researcher 1", now=cast.NOW)
    ruth.get(COMMENTS)


@pytest.fixture
def ids(database, closed):
    with database.reading() as session:
        return {comment.text: comment.id for comment in session.query(Comment)}


@pytest.fixture
def code_ids(database, closed):
    with database.reading() as session:
        return {code.name: code.id for code in session.query(Code)}


def texts(page):
    return re.findall(r'<blockquote class="voice-text" dir="auto">(.*?)</blockquote>', page)


def carried(database):
    with database.reading() as session:
        names = {code.id: code.name for code in session.query(Code)}
        written = {comment.id: comment.text for comment in session.query(Comment)}
        return {(written[one.comment_id], names[one.code_id]) for one in session.query(CommentCode)}


def meter(page):
    """Return the numbers of the meter in their order."""
    told = page[page.index('<dl class="facts meter">') :]
    return [int(n) for n in re.findall(r"<dd>(\d+)</dd>", told[: told.index("</dl>")])]


def test_a_comment_takes_several_codes_and_new_ones(database, ruth, ids, code_ids):
    answer = ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [code_ids["Place"], code_ids["Safety"]], "new": " Night "})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{COMMENTS}#comment-{ids[FIRST]}"
    assert carried(database) == {(FIRST, "Place"), (FIRST, "Safety"), (FIRST, "Night")}
    page = ruth.get(COMMENTS).text
    assert re.search(rf'<input type="checkbox" name="codes" value="{code_ids["Place"]}" checked>', page)
    assert ">Night</a>" in ruth.get(ITEM).text


def test_a_code_that_is_not_ticked_any_more_is_taken_off(database, ruth, ids, code_ids):
    place, safety = code_ids["Place"], code_ids["Safety"]
    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [place]})

    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"shown": [place], "codes": [safety]})

    assert carried(database) == {(FIRST, "Safety")}


def test_coding_comes_back_to_the_same_selection(ruth, ids, code_ids):
    answer = ruth.post(f"{COMMENTS}/{ids[SECOND]}?state=uncoded&q=pace&evil=1", {"codes": [code_ids["Place"]]})

    assert answer.headers["Location"] == f"{COMMENTS}?state=uncoded&q=pace#comment-{ids[SECOND]}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"new": "x" * 61}, 422),
        ({"new": "SAFETY"}, 409),
        ({"codes": ["999999"]}, 409),
        ({"codes": ["two"]}, 422),
        ({"codes": [str(2**70)]}, 409),
    ],
)
def test_a_code_that_cannot_be_is_refused_and_what_was_typed_stays(database, ruth, ids, code_ids, sent, status):
    page = ruth.post(f"{COMMENTS}/{ids[FIRST]}", sent)

    assert page.status_code == status
    assert 'id="error-summary"' in page.text
    assert carried(database) == set()
    with database.reading() as session:
        assert session.query(Code).count() == 2
    if "new" in sent:
        assert f'value="{sent["new"]}"' in page.text


def test_a_comment_that_there_is_not_is_refused(ruth, ids, code_ids):
    assert ruth.post(f"{COMMENTS}/4711", {"codes": [code_ids["Place"]]}).status_code == 404
    assert ruth.post(f"{COMMENTS}/{2**80}", {"codes": [code_ids["Place"]]}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {FIRST, SECOND, THIRD}),
        ("q=HOUSE", {FIRST}),
        ("q=nothing+like+it", set()),
        ("section=going-along", {THIRD}),
        ("item=pace", {SECOND}),
        ("code=none", {SECOND, THIRD}),
        ("code=4711", {FIRST, SECOND, THIRD}),
        ("state=to-judge", {SECOND}),
        ("state=uncoded", {SECOND, THIRD}),
        ("state=unread", {SECOND, THIRD}),
        ("state=unanswered", {FIRST, SECOND, THIRD}),
        ("state=answered", set()),
        ("state=__class__&group=Carers", {FIRST, SECOND, THIRD}),
    ],
)
def test_comments_are_found_by_their_address(ruth, ids, code_ids, query, found):
    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [code_ids["Safety"]]})

    page = ruth.get(f"{COMMENTS}?{query}").text

    shown = {FIRST: "Not every house", SECOND: "=SUM(A1)", THIRD: "Only for you."}
    assert {text for text, words in shown.items() if any(words in each for each in texts(page))} == found


def test_comments_are_found_by_a_code(ruth, ids, code_ids):
    ruth.post(f"{COMMENTS}/{ids[THIRD]}", {"codes": [code_ids["Safety"]]})

    page = ruth.get(f"{COMMENTS}?code={code_ids['Safety']}").text

    assert texts(page) == [THIRD]
    assert "Safety (1)" in page


def test_the_meter_moves_with_the_work(database, ruth, ids, code_ids):
    # comments, read, judged of those for the panel, coded, answered
    assert meter(ruth.get(COMMENTS).text) == meter(ruth.get(f"{stages.HOME}/").text) == [3, 0, 0, 0, 0]

    ruth.post(f"{COMMENTS}/read", {"comments": [ids[FIRST], ids[THIRD]]})
    ruth.post(COMMENTS, {"comment": str(ids[SECOND]), "version": "0", "state": "approved"})
    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [code_ids["Safety"]]})
    ruth.get(ITEM)
    ruth.post(ITEM, {"version": "0", "action": "keep", "reason": "It stays.", "answers": [str(ids[FIRST])]})

    assert meter(ruth.get(COMMENTS).text) == meter(ruth.get(f"{stages.HOME}/").text) == [3, 3, 1, 1, 1]
    assert "judged, of 1 for the panel" in ruth.get(COMMENTS).text


def test_what_is_shown_is_marked_as_read_at_once(ruth, ids):
    page = ruth.get(f"{COMMENTS}?item=pace").text
    assert "Mark 1 comment on this page as read" in page

    answer = ruth.post(f"{COMMENTS}/read?item=pace", {"comments": [ids[SECOND]]})

    assert answer.headers["Location"] == f"{COMMENTS}?item=pace#comments"
    assert meter(ruth.get(COMMENTS).text)[1] == 1
    assert "Mark 2 comments on this page as read" in ruth.get(COMMENTS).text
    assert ruth.post(f"{COMMENTS}/read", {"comments": ["4711"]}).status_code == 404
    assert ruth.post(f"{COMMENTS}/read", {"comments": ["all"]}).status_code == 422


def test_a_comment_and_the_decision_that_answers_it_lead_to_each_other(database, ruth, ids, code_ids):
    ruth.get(ITEM)
    ruth.post(ITEM, {"version": "0", "action": "keep", "reason": "A house need not be the place."})

    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"can_answer": "y", "answers": "y"})

    page = ruth.get(COMMENTS).text
    assert "Answered by the decision:" in page
    assert f"{ITEM}#decide" in page
    ledger = ruth.get(f"{stages.HOME}/rounds/1/decisions").text
    assert "Not every house &lt;b&gt;is&lt;/b&gt; safe." in ledger
    with database.reading() as session:
        assert [one.text for one in session.query(Decision).one().answers] == [FIRST]
    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"can_answer": "y"})
    assert "Answered by the decision:" not in ruth.get(COMMENTS).text


def test_coding_where_there_was_no_decision_says_nothing_of_it(database, ruth, ids, code_ids):
    assert ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [code_ids["Safety"]], "answers": "y"}).status_code == 303


def test_many_comments_come_page_by_page(ruth, ids, code_ids, monkeypatch):
    monkeypatch.setattr(pages, "PER_PAGE", 2)

    first, second, beyond = (texts(ruth.get(f"{COMMENTS}?page={n}").text) for n in (1, 2, 99))

    assert (len(first), len(second)) == (2, 1)
    assert len({*first, *second}) == 3
    assert beyond == second
    assert "Page 1 of 2" in ruth.get(COMMENTS).text
    assert texts(ruth.get(f"{COMMENTS}?page=two").text) == first


def test_the_group_of_a_writer_can_be_looked_for_only_where_it_may_stand(ruth, ids, monkeypatch, database):
    assert "Group of the writer" not in ruth.get(COMMENTS).text

    told = {ids[FIRST]: "Carers"}
    monkeypatch.setattr(comment_work, "_groups", lambda *_: told)

    page = ruth.get(f"{COMMENTS}?group=Carers").text
    assert "Group of the writer" in page
    assert len(texts(page)) == 1


def test_a_code_is_named_defined_merged_and_removed(database, ruth, code_ids, ids):
    place, safety = code_ids["Place"], code_ids["Safety"]
    ruth.post(f"{COMMENTS}/{ids[FIRST]}", {"codes": [place]})

    assert ruth.post(CODES, {"name": "Night", "definition": "After dark."}).status_code == 303
    assert ruth.post(f"{CODES}/{safety}", {"version": "1", "name": "Feeling safe", "definition": "Or not."}).status_code == 303
    assert ruth.post(f"{CODES}/{place}/merge", {"version": "1", "into": str(safety)}).status_code == 303

    page = ruth.get(CODES).text
    assert all(words in page for words in ("Night", "After dark.", "Feeling safe", "Or not."))
    assert "Place" not in page
    assert carried(database) == {(FIRST, "Feeling safe")}
    assert ruth.get(f"{CODES}/{place}").status_code == 404
    assert ruth.post(f"{CODES}/{safety}/remove", {"version": "2"}).status_code == 303
    assert carried(database) == set()
    log = ruth.get(f"{stages.HOME}/log").text
    assert "merged a code with another one; 1 comment carried it" in log
    assert "Place · What is said of place. · Feeling safe" in log


@pytest.mark.parametrize(
    ("address", "sent", "status"),
    [
        ("", {"name": ""}, 422),
        ("", {"name": "safety"}, 409),
        ("", {"name": "x" * 61}, 422),
        ("", {"name": "x", "definition": "y" * 2001}, 422),
        ("/{code}", {"version": "7", "name": "Typed by me"}, 409),
        ("/{code}", {"version": "", "name": "Typed by me"}, 422),
        ("/{code}", {"version": "1", "name": "Place"}, 409),
        ("/{code}/merge", {"version": "1", "into": ""}, 422),
        ("/{code}/merge", {"version": "1", "into": "{code}"}, 422),
        ("/{code}/merge", {"version": "1", "into": "nothing"}, 404),
        ("/{code}/merge", {"version": "1", "into": "9" * 40}, 404),
        ("/{code}/remove", {"version": "9"}, 409),
    ],
)
def test_a_codebook_that_cannot_be_is_refused_and_what_was_typed_stays(database, ruth, code_ids, address, sent, status):
    code = str(code_ids["Safety"])
    sent = {name: value.replace("{code}", code) for name, value in sent.items()}

    page = ruth.post(CODES + address.replace("{code}", code), sent)

    assert page.status_code == status
    assert 'id="error-summary"' in page.text
    assert sent.get("name", "") in page.text
    with database.reading() as session:
        assert sorted(one.name for one in session.query(Code)) == ["Place", "Safety"]


def test_the_files_hold_no_person_no_formula_and_no_order(database, ruth, ids, code_ids):
    ruth.post(f"{COMMENTS}/{ids[SECOND]}", {"codes": [code_ids["Safety"], code_ids["Place"]]})

    coded = ruth.get(f"{stages.HOME}/coded-comments.csv")
    book = ruth.get(f"{stages.HOME}/codes.csv")

    rows = {row["comment"]: row for row in csv.DictReader(io.StringIO(coded.text))}
    assert set(rows) == {FIRST, f"'{SECOND}", THIRD}
    assert rows[f"'{SECOND}"]["codes"] == "Place; Safety"
    assert "@" not in coded.text
    assert not any(str(id_) in coded.text for id_ in ids.values())
    assert len({ruth.get(f"{stages.HOME}/coded-comments.csv").text for _ in range(40)}) > 1
    assert list(csv.reader(io.StringIO(book.text)))[1:] == [
        ["Place", "What is said of place.", "1"],
        ["Safety", "What is said of safety.", "1"],
    ]
    assert "attachment" in coded.headers["Content-Disposition"]


def test_no_file_comes_of_an_open_round(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)

    assert "house" not in ruth.get(f"{stages.HOME}/coded-comments.csv").text
    assert ruth.get(f"{stages.HOME}/rounds/1/results.csv").status_code == 409
    assert ruth.get(COMMENTS).status_code == 409
    assert '<dl class="facts meter">' not in ruth.get(f"{stages.HOME}/").text


@pytest.mark.parametrize("role", list(Role))
def test_files_and_forms_are_for_those_who_may(database, ruth, visitor, closed, role):
    with database.transaction() as session:
        stages.researcher_with(session, f"{role}@example.org", session.query(Study).one(), role)
    browser = visitor()
    browser.get("/office/sign-in")
    browser.post("/office/sign-in", {"email": f"{role}@example.org", "password": cast.PASSWORD})

    files = [
        browser.get(f"{stages.HOME}/{file}").status_code for file in ("codes.csv", "coded-comments.csv", "rounds/1/results.csv")
    ]
    page = browser.get(COMMENTS)

    may_see, may_work = role != Role.CUSTODIAN, role in (Role.OWNER, Role.FACILITATOR, Role.ANALYST)
    assert files == [200 if may_see else 403] * 3
    assert ("Keep the codes" in page.text) is may_work
    assert ("as read</button>" in page.text) is may_work
    assert ('<dl class="facts meter">' in browser.get(f"{stages.HOME}/").text) is may_see


def test_the_results_lead_on_to_what_comes_next_and_only_whoever_may_do_it(database, ruth, visitor, closed):
    def following(browser):
        found = re.search(
            r'Next: <a href="[^"]*/rounds/1/([^"]+)">([^<]+)</a>', browser.get(f"{stages.HOME}/rounds/1/results").text
        )
        return found and found.groups()

    with database.transaction() as session:
        stages.researcher_with(session, "oscar@example.org", session.query(Study).one(), Role.OBSERVER)
    oscar = visitor()
    oscar.get("/office/sign-in")
    oscar.post("/office/sign-in", {"email": "oscar@example.org", "password": cast.PASSWORD})

    assert following(ruth) == ("comments#to-judge", "Judge the 1 comment that is meant for the panel")
    assert following(oscar) is None
    ruth.post(f"{stages.HOME}/rounds/1/publish", {"without_unjudged": "y"})
    assert following(ruth) == (f"items/{cast.ITEMS[0]}?show=unsettled", "Decide on the items of round 1")
    assert following(oscar) is None
