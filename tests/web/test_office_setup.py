"""The panel and the protocol as pages."""

import io
import re
import zipfile

import pytest

from delphi.models import Panelist
from delphi.services.protocol import choices_of, current_protocol
from delphi.services.studies import find_study
from delphi.statistics.presets import PRESETS
from delphi.web.office.rule_words import rule_word
from tests import cast
from tests.web import stages

PANEL = f"{stages.HOME}/panel"
PROTOCOL = f"{stages.HOME}/protocol"
CHOSEN = {
    "scale": "1-7",
    "low": "never",
    "middle": "sometimes",
    "high": "always",
    "criteria": ["importance", "clarity"],
    "rule": "percent-80",
    "show_panel": "y",
    "planned_rounds": "3",
    "weeks": "2",
}


@pytest.fixture
def study(database, ruth):
    with database.transaction() as session:
        cast.begin_study(session)
    ruth.get(PANEL)


@pytest.fixture
def opened(database, ruth):
    with database.transaction() as session:
        stages.round_open(session)
    ruth.get(PANEL)


def send(browser, content, name="panel.csv"):
    return browser.post(PANEL, {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def add(browser, content, name="panel.csv"):
    """Send a file and, having seen what it does, add its people."""
    page = send(browser, content, name)
    return browser.post(f"{PANEL}/import", {"people": sealed(page.text)})


def sealed(page):
    return re.search(r'name="people" value="([^"]+)"', page)[1]


def n_people(database):
    with database.reading() as session:
        return session.query(Panelist).count()


def protocol_of(database):
    with database.reading() as session:
        return current_protocol(session, find_study(session, stages.SLUG))


def test_a_panel_file_adds_everybody_in_it(database, ruth, study):
    rows = "".join(f"Person {n},p{n}@example.org,Carers\n" for n in range(1, 5)) + "Ada,ada@example.org,Academics\n"

    shown = send(ruth, f"name,email,group\n{rows}".encode())
    assert shown.status_code == 200
    assert "5 people stand in panel.csv" in shown.text
    assert n_people(database) == 0

    answer = ruth.post(f"{PANEL}/import", {"people": sealed(shown.text)})

    assert answer.status_code == 303
    assert n_people(database) == 5
    page = ruth.get(PANEL).text
    assert "5 people were added to the panel." in page
    assert "ada@example.org" in page


def test_a_group_that_is_too_small_to_show_is_said_to_be(ruth, study):
    shown = send(ruth, b"name,email,group\nAda,ada@example.org,Academics\n")
    assert "A group is too small to be shown" in shown.text
    add(ruth, b"name,email,group\nAda,ada@example.org,Academics\n")

    assert "A group is too small to be shown" in ruth.get(PANEL).text


def test_one_bad_line_keeps_everybody_out_and_is_named(database, ruth, study):
    rows = "".join(f"Person {n},p{n}@example.org,Carers\n" for n in range(1, 6)) + "Bo,bo at example,Carers\n"

    page = send(ruth, f"name,email,group\n{rows}".encode())

    assert page.status_code == 422
    assert "panel.csv, line 7, column &#39;email&#39;" in page.text
    assert n_people(database) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"name,group\nAda,Carers\n", b"\xff\xfe\x00", b"name,email,group\n", b"PK\x03\x04damaged", b'name,email,group\n"Ada'],
)
def test_what_is_no_panel_file_is_refused_in_words(database, ruth, study, content):
    page = send(ruth, content)

    assert page.status_code == 422
    assert 'id="error-summary"' in page.text
    assert n_people(database) == 0


def test_a_name_with_markup_is_shown_as_text_where_it_is_refused_too(ruth, study):
    page = send(ruth, b"name,email,group\nAda,<script>alert(1)</script>,Carers\n")

    assert page.status_code == 422
    assert "<script>alert" not in page.text


def test_who_holds_both_roles_is_told_that_they_can_link_names_and_answers(ruth, study):
    said = "able to link names and answers"
    assert said not in ruth.get(PANEL).text  # as long as there are no names
    add(ruth, b"name,email,group\nAda,ada@example.org,Academics\n")
    assert said in ruth.get(PANEL).text


def test_the_protocol_is_kept_as_chosen(database, ruth, study):
    version = str(protocol_of(database).version)

    answer = ruth.post(PROTOCOL, {**CHOSEN, "version": version})

    assert answer.status_code == 303
    choices = choices_of(protocol_of(database))
    assert (choices.scale.low, choices.scale.high) == (1, 7)
    assert choices.scale.anchors == {"1": "never", "4": "sometimes", "7": "always"}
    assert [criterion.key for criterion in choices.criteria] == ["importance", "clarity"]
    assert choices.rule["name"] == "percent-80"
    assert (choices.show_panel, choices.show_groups, choices.planned_rounds, choices.weeks) == (True, False, 3, 2)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("criteria", [], "Choose one to three criteria."),
        ("planned_rounds", "0", "Plan one to nine rounds."),
        ("weeks", "seven", "Write a whole number."),
        ("rule", "ram", "is meant for the scale 1–9"),
        ("rule", "invented", "Choose one of the answers that are there."),
        ("low", "", "Say what the lowest level means."),
        ("scale", "1-99", "Choose one of the answers that are there."),
    ],
)
def test_a_choice_that_cannot_be_is_refused_and_the_rest_stays_typed(database, ruth, study, field, value, said):
    before = protocol_of(database).sha256

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "high": "always and ever", field: value})

    assert page.status_code == 422
    assert said in page.text
    assert 'value="always and ever"' in page.text
    assert protocol_of(database).sha256 == before


def test_a_protocol_that_somebody_else_has_changed_is_not_overwritten(database, ruth, study):
    ruth.post(PROTOCOL, {**CHOSEN, "version": "1"})

    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "high": "my own words"})

    assert page.status_code == 409
    assert "Somebody else has changed the protocol meanwhile" in page.text
    assert 'value="my own words"' in page.text
    assert choices_of(protocol_of(database)).scale.anchors["7"] == "always"


def test_the_protocol_is_folded_by_topic_with_what_is_chosen_and_an_error_opens_its_own(ruth, study):
    page = ruth.get(PROTOCOL).text
    line = r'<summary><h2>([^<]+)</h2> <span class="topic-chosen"><span[^>]*>Kept so far: </span>([^<]+)<'
    topics = re.findall(rf'<details class="topic"( open)?>\s*{line}', page)
    assert [opened for opened, *_ in topics] == [""] * 10
    assert ("", "What panelists answer", "Importance, from 1 to 9") in topics
    assert ruth.get(f"{PROTOCOL}?open=all").text.count('<details class="topic" open>') == 10

    wrong = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "weeks": "seven"}).text

    assert re.findall(r'<details class="topic" open>\s*<summary><h2>([^<]+)</h2>', wrong) == ["How long it takes"]


def test_the_rules_can_be_looked_at_for_another_scale_without_keeping_anything(database, ruth, study):
    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "scale": "1-5", "look": "1"})

    assert page.status_code == 200
    assert "at least 75 % rate it 4–5" in page.text
    assert choices_of(protocol_of(database)).scale.high == 9


def rules_in(page):
    """Return the values of the rules that stand open, then of those under “More rules”."""
    field = page.partition("When is there consensus?")[2].partition("What panelists see afterwards")[0]
    usual, more = field.partition("<details")[::2]
    rule = 'name="rule" value="([^"]+)"'
    return re.findall(rule, usual), re.findall(rule, more.partition("</details>")[0])


@pytest.mark.parametrize("scale", ["1-9", "1-4"])
def test_usual_rules_stand_open_the_first_advised_and_what_cannot_fit_stands_last(ruth, study, scale):
    page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "scale": scale, "rule": "70/15", "look": "1"}).text
    usual, more = rules_in(page)

    assert usual == ["70/15", "70/15-every-group", "percent-75", "percent-80"]
    assert sorted(usual + more) == sorted(PRESETS)
    assert page.index("Advised, unless") < page.index('value="70/15-every-group"')
    fit = [PRESETS[name].scale is None or str(PRESETS[name].scale) == scale.replace("-", "–") for name in more]
    assert fit == sorted(fit, reverse=True)
    assert 0 < sum(fit) < len(fit)
    assert page.count("Not on this scale") == len(fit) - sum(fit)


def test_more_rules_are_unfolded_where_one_of_them_is_chosen(ruth, study):
    folded = '<details class="explain">\n      <summary>More rules'
    for rule, is_folded in (("70/15", True), ("percent-80", True), ("own", True), ("ram", False)):
        page = ruth.post(PROTOCOL, {**CHOSEN, "version": "1", "rule": rule, "look": "1"}).text
        assert (folded in page) == is_folded, rule
        assert "More rules" in page


def test_a_sealed_protocol_shows_its_fingerprint_and_no_form(database, ruth, opened):
    page = ruth.get(PROTOCOL).text

    assert protocol_of(database).sha256 in page
    assert 'name="scale"' not in page
    assert ruth.post(PROTOCOL, {**CHOSEN, "version": "2"}).status_code == 409


def test_a_file_with_a_very_long_name_is_read(database, ruth, study):
    answer = add(ruth, b"name,email,group\nAda,ada@example.org,Carers\n", "p" * 400 + ".csv")

    assert answer.status_code == 303
    assert n_people(database) == 1


def test_a_spreadsheet_with_damaged_contents_is_refused_in_words(database, ruth, study):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 50)
    content = bytearray(whole.getvalue())
    first = content.index(b"workbook.xml") + len(b"workbook.xml")
    for place in range(first, first + 8):
        content[place] ^= 0xFF

    page = send(ruth, bytes(content), "panel.xlsx")

    assert page.status_code == 422
    assert "the spreadsheet is damaged" in page.text


def test_every_rule_of_the_list_has_words_of_its_own(app):
    with app.test_request_context():
        words = [rule_word(name) for name in PRESETS]

    assert [name for name, word in zip(PRESETS, words, strict=True) if word == name] == []
    assert len(set(words)) == len(words)
