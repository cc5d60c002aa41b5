"""Words, dates and plurals in the reader's language; catalogues that hold every message of the sources."""

import ast
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from delphi import catalogues, language
from delphi.language import (
    available,
    format_clock,
    format_day,
    format_moment,
    format_number,
    gettext,
    lazy_gettext,
    ngettext,
    speaking,
)
from delphi.pseudo import PSEUDO, pseudo_text
from delphi.services.audit_kinds import KINDS
from delphi.web.office import audit
from tests.test_style import sources

MOMENT = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
PEOPLE = "%(num)s person answered.", "%(num)s people answered."
POLISH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "%(num)s person answered."
msgid_plural "%(num)s people answered."
msgstr[0] "Odpowiedziała jedna osoba."
msgstr[1] "Odpowiedziały %(num)s osoby."
msgstr[2] "Odpowiedziało %(num)s osób."

msgid "Log"
msgstr "Dziennik"
"""


@pytest.fixture
def translations(tmp_path, monkeypatch):
    """A folder of catalogues of our own, the template among them."""
    shutil.copy(language.resource_dir("translations") / language.TEMPLATE, tmp_path)
    found = language.resource_dir
    for module in (language, catalogues):
        monkeypatch.setattr(module, "resource_dir", lambda name: tmp_path if name == "translations" else found(name))
    yield tmp_path
    language.available.cache_clear()
    language._translations.cache_clear()


@pytest.fixture
def polish(translations):
    write(translations, "pl", POLISH)


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name / "LC_MESSAGES" / language.CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    language.available.cache_clear()
    language._translations.cache_clear()


def test_the_template_holds_every_message_of_the_sources_and_no_other():
    gathered, kept = ({message.id for message in found if message.id} for found in (catalogues.gather(), catalogues.template()))

    assert gathered == kept, "run: make catalogue"


def test_english_needs_no_catalogue():
    assert gettext("Sign in") == "Sign in"
    assert gettext("Round %(n)s", n=2) == "Round 2"
    assert ngettext(*PEOPLE, 1) == "1 person answered."
    assert ngettext(*PEOPLE, 2) == "2 people answered."
    assert format_day(MOMENT) == "2 March 2026"
    assert format_moment(MOMENT) == "Monday 2 March 2026, 09:05 UTC"
    assert format_number(1.256) == "1.26"


@pytest.mark.parametrize(
    ("n", "said"), [(1, "Odpowiedziała jedna osoba."), (3, "Odpowiedziały 3 osoby."), (5, "Odpowiedziało 5 osób.")]
)
def test_a_language_with_three_plural_forms_gets_the_one_that_fits(polish, n, said):
    with speaking("pl"):
        assert ngettext(*PEOPLE, n) == said


def test_dates_and_figures_are_written_as_in_the_language(polish):
    with speaking("pl"):
        assert format_day(MOMENT) == "2 marca 2026"
        assert format_moment(MOMENT) == "poniedziałek, 2 marca 2026, 09:05 UTC"
        assert format_number(1.256) == "1,26"


def test_what_is_said_later_is_said_in_the_language_of_then(polish):
    said = lazy_gettext("Log")

    with speaking("pl"):
        assert str(said) == "Dziennik"
    assert str(said) == "Log"


def test_a_language_without_a_catalogue_is_answered_in_the_next_best(translations):
    write(translations, "pt", POLISH)

    assert available("pt-BR") == "pt"
    assert available("pt_br") == "pt"
    assert available("xx") == "en"
    assert available("xx", "pt") == "pt"


def test_right_to_left_follows_from_the_language(translations):
    write(translations, "ar", POLISH)

    with speaking("ar"):
        assert language.direction() == "rtl"
    assert language.direction() == "ltr"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("%(n)s of %(all)s people", ["%(n)s", "%(all)s"]),
        ("There is no study called {slug} here.", ["{slug}"]),
        ("%(n)s %%", ["%(n)s", "%%"]),
        ("Read <a href='x'>this</a> &amp; that", ["<a href='x'>", "</a>", "&amp;"]),
        ("Write it like {given!r}", ["{given!r}"]),
    ],
)
def test_the_pseudo_language_keeps_what_is_filled_in(text, kept):
    said = pseudo_text(text)

    assert all(part in said for part in kept)
    for part in kept:
        said = said.replace(part, "")
    assert said.startswith("[")
    assert said.endswith("]")
    assert not any(letter.isascii() and letter.isalpha() for letter in said)


def test_the_pseudo_language_is_longer_and_has_pseudo_dates():
    with speaking(PSEUDO):
        assert len(gettext("Your answers are kept under a code name, separate from your name and address.")) > 1.25 * 78
        assert "March" not in format_day(MOMENT)
        assert "2026" in format_day(MOMENT)


def test_a_language_is_begun_filled_in_and_checked(translations):
    path = catalogues.bring_up_to_date("de")
    assert "not translated: Log" in list(catalogues.faults("de"))

    text = path.read_text(encoding="utf-8").replace('msgid "Log"\nmsgstr ""', 'msgid "Log"\nmsgstr "Protokoll"')
    path.write_text(text.replace('msgid "Round %(n)s"\nmsgstr ""', 'msgid "Round %(n)s"\nmsgstr "Runde %(m)s"'), encoding="utf-8")
    found = list(catalogues.faults("de"))
    catalogues.bring_up_to_date("de")

    assert "not translated: Log" not in found
    assert "other places to fill than in: Round %(n)s" in found
    assert "Protokoll" in path.read_text(encoding="utf-8")


SENTENCE = re.compile(r"[A-Z“].*\s.*[.:?!]")


def test_no_sentence_of_a_page_is_left_out_of_the_catalogue():
    """The sentences of WTForms are the names of the site's own for them."""
    known = {text for _, message in catalogues.messages() for text in ([message] if isinstance(message, str) else message)}
    unknown = {
        (path, node.value)
        for path, text in sources("delphi/web", "delphi/services").items()
        for node in without_docstrings(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.fullmatch(node.value)
        if node.value not in known
    }

    assert {place for place, _ in unknown} <= {"delphi/web/fields.py"}, sorted(unknown)


def without_docstrings(tree):
    """Yield every node of the syntax but texts that stand alone: those tell about the code."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    return (node for node in ast.walk(tree) if id(node) not in told)


def test_no_message_is_put_together_before_it_is_looked_up():
    """Statistics apart, whose refusals are for who calls the library; those that reach a page are raised in two functions."""
    assert [place for place in catalogues.glued() if not place.startswith("delphi/statistics/")] == []


def test_no_message_with_a_plural_stands_alone_too():
    """Some versions of Python find the words of a message with a plural only where it is asked for with a number."""
    catalogue = catalogues.gather()

    with_plural = {message.id[0] for message in catalogue if isinstance(message.id, tuple)}
    alone = {message for _, message in catalogues.messages() if isinstance(message, str)}

    assert with_plural & alone == set()


def test_every_act_on_the_log_is_told_in_words():
    acts = {act for path in sorted((catalogues.PACKAGE_DIR).rglob("*.py")) for act in recorded(path)}

    assert len(acts) > 20
    assert {act for act in acts if not any(act == known or act in known for known in audit.WORDS)} == set()


def test_every_act_on_the_log_is_about_one_thing():
    about = [act for acts in KINDS.values() for act in acts]

    assert sorted(about) == sorted(audit.WORDS)


def recorded(path: Path) -> Iterator[str]:
    """Yield the names of acts that a module puts on the log; of one made up of parts, its beginning."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("auditing.record", "record", "_record"):
            for argument in call.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
                elif isinstance(argument, ast.JoinedStr):
                    yield str(getattr(argument.values[0], "value", ""))


def test_a_clock_says_the_zone_it_goes_by_in_words():
    winter, summer = (datetime(2026, month, 25, 23, 59, tzinfo=UTC) for month in (12, 7))

    with speaking("en", zone="Europe/Vienna"):
        assert format_moment(winter) == "Saturday 26 December 2026, 00:59 Central European Standard Time"
        assert format_clock(summer) == "01:59 Central European Summer Time"
        assert format_day(winter) == "26 December 2026"
        assert format_day(winter.date()) == "25 December 2026"
    assert format_moment(winter) == "Friday 25 December 2026, 23:59 UTC"
