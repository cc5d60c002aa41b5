"""What the finished manual says of its panel: thanks by name, in every format, and how many declared an interest."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from delphi.manual.parse import parse_text
from delphi.models import Round, Study
from delphi.reports import exporting
from delphi.services import background
from delphi.services.acknowledgements import thank_by_name, thanked_names
from delphi.services.drafts import latest_draft, outline_of
from tests import cast
from tests.reports.test_exporting import words_of

NAMES = {"carers-1@example.org": "Zoë Quinn", "carers-2@example.org": "Ada <b>Byron</b>"}


def published(session: Session, n_declared: int) -> tuple[Study, Round]:
    """A study whose round 1 is published; so many of twelve carers have declared an interest."""
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 12})
    round_ = cast.open_round(session, study)
    for n, address in enumerate(addresses):
        cast.rate(session, round_, address, {"pace": 7})
        one = cast.member(session, round_, address)
        background.declare_interests(session, one, "Shares in the publisher" if n < n_declared else "", now=cast.NOW)
    session.flush()
    cast.close_and_publish(session, study, round_)
    return study, round_


def content(session: Session, study: Study, kind: str) -> bytes:
    names = thanked_names(session, cast.keyring(), study)
    return exporting.export(session, study, kind, now=cast.NOW, thanks=names).content


def test_names_stand_in_every_format_in_alphabetical_order_until_they_are_taken_back(session: Session, tmp_path: Path) -> None:
    study, round_ = published(session, 0)
    for address, name in NAMES.items():
        thank_by_name(session, cast.keyring(), cast.member(session, round_, address).panelist, name)
    session.flush()

    html, markdown = (content(session, study, kind).decode() for kind in ("manual.html", "manual.md"))
    printed = words_of(content(session, study, "manual.pdf"), tmp_path)

    assert html.index("<li>Ada &lt;b&gt;Byron&lt;/b&gt;</li>") < html.index("<li>Zoë Quinn</li>")
    assert "\n- Ada \\<b\\>Byron\\</b\\>\n- Zoë Quinn\n" in markdown
    assert parse_text({"manual.md": markdown}) == outline_of(session, latest_draft(session, study))
    assert printed.index("Ada <b>Byron</b>") < printed.index("Zoë Quinn")
    keys = [exporting.export_key(session, study, "manual.md", thanked_names(session, cast.keyring(), study))]

    for address in NAMES:
        thank_by_name(session, cast.keyring(), cast.member(session, round_, address).panelist, "")
    session.flush()

    for kind in ("manual.html", "manual.md"):
        assert "Zoë" not in content(session, study, kind).decode()
        assert "Thanks" not in content(session, study, kind).decode()
    assert exporting.export_key(session, study, "manual.md") not in keys


@pytest.mark.parametrize(
    ("n_declared", "said"),
    [
        (0, "None of the 12 who answered declared an interest."),
        (7, "7 of the 12 who answered declared an interest."),
        (3, "How many of them declared an interest is not shown: it would tell of fewer than 5 people."),
        (10, "How many of them declared an interest is not shown: it would tell of fewer than 5 people."),
    ],
)
def test_interests_are_printed_as_a_count_and_only_where_it_tells_of_nobody(session: Session, n_declared: int, said: str) -> None:
    study, _ = published(session, n_declared)

    for kind in ("manual.html", "manual.md"):
        made = content(session, study, kind).decode()
        assert said in made
        assert "Shares in the publisher" not in made
