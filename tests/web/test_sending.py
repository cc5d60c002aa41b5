"""Mail that a page sets going: in one place, which says so where no mail server takes it, whoever is asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from delphi.errors import InvalidError
from delphi.models import Study
from delphi.services.mail_texts import _require_silence
from delphi.web import create_app, sending
from tests import cast
from tests.web import stages
from tests.web.conftest import Visitor

REACHES_NOBODY = "No mail leaves this site"
WEB = Path(sending.__file__).parent


def test_pages_set_mail_going_only_where_it_is_told_that_it_reaches_nobody() -> None:
    callers = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.py") if "deliver_soon" in path.read_text("utf-8")}

    assert callers == {"sending.py"}


@pytest.mark.parametrize("page", ["/office/forgotten", "/new-link"])
def test_who_asks_for_a_link_reads_that_no_mail_leaves_whether_or_not_the_address_is_known(page, settings, database) -> None:
    with database.transaction() as session:
        cast.ruth(session)
    told = []
    for address in (cast.RUTH, "nobody@example.org"):
        browser = Visitor(create_app(replace(settings, smtp_url=""), clock=lambda: cast.NOW).test_client())
        browser.get(page)
        answer = browser.post(page, {"address": address})
        told.append(browser.get(answer.headers["Location"]).text.count(REACHES_NOBODY))

    assert told == [1, 1]


@pytest.mark.parametrize(("smtp_url", "n_told"), [("", 1), ("smtp://127.0.0.1:1", 0)])
def test_the_page_of_an_open_round_says_each_time_that_mail_reaches_nobody(smtp_url, n_told, settings, database) -> None:
    with database.transaction() as session:
        cast.ruth(session)
        stages.with_panel(session)
    ruth = Visitor(create_app(replace(settings, smtp_url=smtp_url), clock=lambda: cast.NOW).test_client())
    ruth.get("/office/sign-in")
    ruth.post("/office/sign-in", {"email": cast.RUTH, "password": cast.PASSWORD})
    ruth.get(f"{stages.HOME}/rounds/next")
    opened = ruth.post(f"{stages.HOME}/rounds/next", {"deadline": ""}).headers["Location"]

    assert [ruth.get(opened).text.count(REACHES_NOBODY) for _ in range(2)] == [n_told, n_told]


@pytest.mark.parametrize(
    ("title", "subject"),
    [("HIV care at home", "Your HIV answers"), ("HIV care at home", "At home"), ("Living with MS", "MS: round {round}")],
)
def test_a_short_word_of_the_title_is_refused_in_a_subject(title: str, subject: str) -> None:
    with pytest.raises(InvalidError, match="a word of the study's title"):
        _require_silence(Study(title=title), subject)


@pytest.mark.parametrize(("title", "subject"), [("Care for all of you", "For you all"), ("Living with MS", "Dear Ms or Mr")])
def test_small_words_of_the_title_may_stand_in_a_subject(title: str, subject: str) -> None:
    _require_silence(Study(title=title), subject)
