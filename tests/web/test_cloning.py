"""A new study from one that there is, on the site."""

import pytest

from delphi.models import Study
from tests import cast
from tests.web import stages

CLONE = f"{stages.HOME}/clone"


@pytest.fixture(autouse=True)
def study(database):
    with database.transaction() as session:
        stages.decided(session)


def test_it_is_begun_under_a_title_of_its_own_and_belongs_to_who_began_it(database, ruth):
    page = ruth.get(CLONE).text
    assert "The manual as it stands in draft 2" in page

    answer = ruth.post(CLONE, {"title": "  Once   more "})

    assert answer.headers["Location"] == "/office/studies/once-more/"
    overview = ruth.get("/office/studies/once-more/").text
    assert "The new study is begun" in overview
    assert "The way to round 1" in overview
    assert (
        "took over the manual (draft 2), the protocol and the words of the study connections"
        in ruth.get("/office/studies/once-more/log").text
    )
    told = ruth.get("/office/studies/once-more/consent").text
    assert 'id="who"' in told  # nobody wrote the first one's text either
    assert "as it comes with the site" in told
    assert ruth.post("/office/studies/once-more/archive").status_code == 303
    with database.reading() as session:
        assert session.query(Study).filter_by(title="Once more").one().archived_at == cast.NOW


@pytest.mark.parametrize(
    ("title", "status", "said"),
    [
        ("", 422, "Give the new study a title of its own."),
        ("x" * 201, 422, "A title has at most 200 characters."),
        ("Connections", 409, "There is a study called connections already."),
        ("—", 422, "at least one letter"),
    ],
)
def test_a_title_that_will_not_do_comes_back_with_the_reason(database, ruth, title, status, said):
    ruth.get(CLONE)

    answer = ruth.post(CLONE, {"title": title})

    assert answer.status_code == status
    assert said in answer.text
    assert f'value="{title}"' in answer.text
    with database.reading() as session:
        assert session.query(Study).count() == 1
