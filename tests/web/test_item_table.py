"""The table of items: found, put in order, laid beside another round, and given out as a file; figures worked by hand."""

import csv
import io
import re

import pytest

from delphi.canonical import canonical
from delphi.models import Study
from delphi.reports.analysis_table import as_csv
from delphi.services.ballots import ratings_of
from delphi.services.linking import settings_of
from delphi.services.protocol import choices_of
from delphi.services.studies import find_round
from delphi.statistics.analysis import analyse
from tests import cast
from tests.web import stages
from tests.web.test_office_results import cells

ROUND_1, ROUND_2 = (f"{stages.HOME}/rounds/{n}/results" for n in (1, 2))


@pytest.fixture
def two_rounds(database, ruth):
    with database.transaction() as session:
        stages.round_two_closed(session)


@pytest.fixture
def closed(database, ruth):
    with database.transaction() as session:
        stages.round_closed(session)


def keys(page):
    """Return the keys of the items that a table shows, in its order."""
    body = page[page.index("<tbody>") : page.index("</tbody>")] if "<tbody>" in page else ""
    return re.findall(r'<th scope="row"><a href="[^"]*/items/([a-z-]+)', body)


def table(browser, address):
    """Return the rows of the file by their key."""
    answer = browser.get(address.replace("/results", "/results.csv"))
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return {row["Key"]: row for row in csv.DictReader(io.StringIO(answer.text))}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("show=no+consensus", [cast.ITEMS[0]]),
        ("section=going-along", list(cast.ITEMS[2:])),
        ("kind=core", [cast.ITEMS[0], cast.ITEMS[2]]),
        ("kind=flexible&section=going-along", ["step-back"]),
        ("q=COMPANY", []),
        ("q=by+name", ["step-back"]),
        ("q=Going+along", list(cast.ITEMS[2:])),  # the section's heading
        ("q=pace", ["pace"]),
        ("show=undecided", list(cast.ITEMS)),
        ("show=unsettled", []),  # what the next round asks is known once the results are published
        ("show=decided", []),
        ("q=%00", []),
        ("moved=moved", []),
        ("moved=unlinked", list(cast.ITEMS)),
    ],
)
def test_items_are_found_by_their_address(ruth, closed, query, found):
    page = ruth.get(f"{ROUND_1}?{query}").text

    assert keys(page) == found
    assert set(table(ruth, f"{ROUND_1}?{query}")) == set(found)


def test_the_filters_that_are_set_stay_set_and_can_be_taken_off(ruth, closed):
    page = ruth.get(f"{ROUND_1}?section=going-along&q=thanks&sort=median&order=descending").text

    assert '<option value="going-along" selected>' in page
    assert 'value="thanks"' in page
    assert '<input type="hidden" name="sort" value="median">' in page
    assert re.search(r'href="[^"]*results\?sort=median&amp;order=descending"[^>]*>Show all', page)


SORTED_BY = {
    "verdict": lambda row: {"Consensus:": 0, "No": 2}[row[1][0]],
    "n": lambda row: float(row[3][0]),
    "median": lambda row: float(row[4][0]),
    "iqr": lambda row: float(row[5][0]),
    "low": lambda row: float(row[6][0]),
    "middle": lambda row: float(row[7][0]),
    "high": lambda row: float(row[8][0]),
    "group-0": lambda row: float(row[9][0]),
    "group-1": lambda row: float(row[10][0]),
    "firm": lambda row: float(row[11][0]),
}


@pytest.mark.parametrize("name", SORTED_BY)
def test_a_column_sorts_both_ways(ruth, closed, name):
    rising, falling = (
        [SORTED_BY[name](row) for row in cells(ruth.get(f"{ROUND_1}?sort={name}&order={order}").text)]
        for order in ("ascending", "descending")
    )

    assert rising == sorted(rising)
    assert falling == sorted(rising, reverse=True)


def test_the_order_of_the_manual_can_be_turned_round(ruth, closed):
    assert keys(ruth.get(f"{ROUND_1}?sort=item&order=descending").text) == list(reversed(cast.ITEMS))


def test_the_heads_sort_and_turn_round(ruth, closed):
    heads = re.findall(r'<th scope="col"([^>]*)><a class="sort" href="([^"]+)"', ruth.get(f"{ROUND_1}?sort=median").text)

    assert len(heads) == 13  # every column of the table
    (sorted_head,) = [(mark, url) for mark, url in heads if "aria-sort" in mark]
    assert 'aria-sort="ascending"' in sorted_head[0]
    assert "order=descending" in sorted_head[1]


def test_the_file_says_what_the_analysis_of_the_same_ratings_says(database, ruth, two_rounds):
    with database.reading() as session:
        study = session.query(Study).one()
        round_ = find_round(session, study, 1)
        analysis = analyse([ratings_of(session, round_)], settings_of(choices_of(round_.protocol)), "0")
    told = {(row["item"], row["group"]): row for row in csv.DictReader(io.StringIO(as_csv(analysis).replace("\r\n", "\n")))}

    rows = table(ruth, ROUND_1)

    assert list(rows) == list(cast.ITEMS)
    for key, row in rows.items():
        panel = told[key, ""]
        assert [row[name] for name in ("Rated (people)", "Median", "IQR (levels)", "Low (% 1–3)", "High (% 7–9)")] == [
            panel[name] for name in ("n_rated", "median", "iqr", "percent_low", "percent_high")
        ]
        assert row["Ratings (by mean)"] == panel["mean"]
        assert row["Carers (% 7–9)"] == told[key, "Carers"]["percent_high"]
        assert row["Firm (other ratings)"] == panel["fragility"]
        assert {"Consensus: in": "consensus in", "No consensus": "no consensus"}[row["Verdict"]] == panel["verdict"]
    assert canonical(100 * 14 / 20) == 70
    assert rows["pace"]["High (% 7–9)"] == "70"


def test_a_group_can_be_looked_at_alone(ruth, closed):
    page = ruth.get(f"{ROUND_1}?group=Carers").text
    rows = table(ruth, f"{ROUND_1}?group=Carers")

    # six carers rated the first item 2 and the others 8
    first = rows[cast.ITEMS[0]]
    assert [first[name] for name in ("Verdict", "Rated (people)", "Median", "High (% 7–9)")] == ["Consensus: out", "6", "2", "0"]
    assert "what this group said of them: Carers" in page
    assert "Practitioners (% 7–9)" not in first
    assert keys(ruth.get(f"{ROUND_1}?group=Carers&show=consensus+out").text) == [cast.ITEMS[0]]


def test_rounds_lie_side_by_side(ruth, two_rounds):
    rows = table(ruth, f"{ROUND_2}?beside=1")

    # pace: 14 of 20 chose 8 in round 1; 15 of 15 in round 2; of these six carers moved from 2 to 8, net 40 %.
    pace = rows["pace"]
    assert [pace[name] for name in ("Round 1: verdict", "Round 1: median", "Round 1: high (% 7–9)")] == [
        "No consensus",
        "8",
        "70",
    ]
    assert [pace[name] for name in ("Verdict", "High (% 7–9)", "Moved (% net, same people)")] == ["Consensus: in", "100", "40"]
    assert rows[cast.ITEMS[0]]["Moved (% net, same people)"] == ""
    page = ruth.get(f"{ROUND_2}?beside=1").text
    assert page.count("in other words") == 1
    assert "Round 1: verdict" not in ruth.get(ROUND_2).text


def test_what_has_moved_is_found(ruth, two_rounds):
    assert keys(ruth.get(f"{ROUND_2}?moved=moved").text) == ["pace"]
    assert keys(ruth.get(f"{ROUND_2}?moved=unlinked").text) == [cast.ITEMS[0]]
    assert keys(ruth.get(f"{ROUND_2}?moved=stable").text) == []


def test_the_file_holds_no_formula(database, ruth):
    manual = cast.MANUAL.replace("The worker goes at the pace of the person.", "=HYPERLINK(1)")
    with database.transaction() as session:
        study = cast.begin_study(session, manual=manual)
        addresses = cast.add_panel(session, study, {"=1+1": 6, "Carers": 6})
        opened = cast.open_round(session, study)
        for address in addresses:
            cast.rate(session, opened, address, {"pace": 8})
        stages.rounds.close_round(session, study, opened, actor="researcher 1", now=cast.NOW)

    cells_ = [cell for row in csv.reader(io.StringIO(ruth.get(f"{stages.HOME}/rounds/1/results.csv").text)) for cell in row]

    assert any("HYPERLINK" in cell for cell in cells_)
    assert any("1+1" in cell for cell in cells_)
    assert not [cell for cell in cells_ if cell[:1] in ("=", "+", "@", "\t")]


def test_the_next_item_is_the_next_of_the_table(ruth, closed):
    item = f"{stages.HOME}/rounds/1/items"
    page = ruth.get(f"{item}/going-along-offered?section=going-along&sort=item&order=descending").text

    assert "Item 2 of 2" in page
    assert re.search(rf'href="{item}/step-back\?section=going-along&amp;sort=item&amp;order=descending" rel="prev"', page)
    assert 'rel="next"' not in page
    assert re.search(r'href="[^"]*/results\?section=going-along&amp;sort=item&amp;order=descending">All results', page)
    # An item that the table leaves out stands among all.
    assert "Item 2 of 4" in ruth.get(f"{item}/pace?section=going-along").text


def test_a_decision_keeps_the_table_that_it_came_from(ruth, closed):
    item = f"{stages.HOME}/rounds/1/items/pace"
    ruth.get(item)

    answer = ruth.post(
        f"{item}?sort=median&slug=other&_external=1&number=9",
        {"version": "0", "reason": "It is as it should be.", "action": "keep"},
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{item}?sort=median"


def test_an_item_shows_what_would_change_its_verdict_and_how_it_moved(ruth, two_rounds):
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", ruth.get(f"{stages.HOME}/rounds/2/items/pace").text))

    changed = "of 15 people who rated it twice, 40 % chose another level and 40 % another of low, middle and high"
    assert f"{changed}; net change 40 %" in page
    assert "of 6 people who rated it twice, 100 % chose another level" in page
    assert "Not stable yet" in page
    assert "at the lowest level: No consensus; at the highest: Consensus: in" in page  # 5 of 20 low are 25 %
    assert "the rule of this study" in page
    assert "the verdict stays, whoever had not answered" in page
    assert "Decision: Ask again." in page
    assert stages.REASONS[1] in page
    assert "From round to round" in page


def test_an_item_in_other_words_is_not_said_to_have_moved(ruth, two_rounds):
    page = ruth.get(f"{stages.HOME}/rounds/2/items/{cast.ITEMS[0]}").text

    assert "who rated it twice" not in page
    assert "<ins>" in page


@pytest.mark.parametrize("query", ["", "group=Carers", "beside=1"])
def test_every_column_is_explained_by_its_head(ruth, two_rounds, query):
    page = ruth.get(f"{ROUND_2}?{query}").text
    heads = set(re.findall(r'<a class="sort"[^>]*>([^<]+)</a>', page))
    explained = {head for term in re.findall(r"<dt>([^<]+)</dt>", page) for head in term.split(", ")}

    assert {"Verdict", "IQR", "High", "Moved", "Decision"} <= heads
    assert heads - explained == {"Item", *(head for head in heads if head.startswith("Round 1:"))}
    assert "Fragile: one other rating, or one person fewer" in page or query == "group=Carers"


def test_as_many_items_are_shown_as_the_overview_sends_people_to_decide_on_and_each_says_why(database, ruth):
    # Of 20 people 6 carers rate the pace 5, the middle: 70 % are high, none low, so it is in, and in their own group it is not.
    # They rate stepping back 2: 30 % are low, and there is no consensus.
    with database.transaction() as session:
        study = cast.begin_study(session)
        addresses = cast.add_panel(session, study, {"Carers": 6, "Practitioners": 14})
        opened = cast.open_round(session, study)
        for address in addresses:
            apart = {"pace": 5, "step-back": 2} if address.startswith("carers") else {}
            cast.rate(session, opened, address, {**dict.fromkeys(cast.ITEMS, 8), **apart})
        cast.close_and_publish(session, study, opened)

    overview = ruth.get(f"{stages.HOME}/").text
    page = ruth.get(
        re.search(r'href="([^"]*/results[^"]*)"[^>]*>\s*Go to what is undecided', overview)[1].replace("&amp;", "&")
    ).text

    assert "2 items have no consensus that settles them and no decision yet." in overview
    assert "2 items are shown." in page
    assert "4 items have no decision yet. 2 of them are not settled by the panel." in page
    assert keys(page) == ["pace", "step-back"]
    assert [" ".join(row[1]) for row in cells(page)] == [
        "Consensus: in Not settled: The groups do not agree on it.",
        "No consensus",
    ]
    assert "Not settled:" not in ruth.get(f"{ROUND_1}?group=Practitioners").text
