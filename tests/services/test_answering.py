"""What a panelist is shown is what the record says was assigned to them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from delphi.models import Feedback, StakeholderGroup
from delphi.services.answering import Sheet, feedback_on, sheet_of
from delphi.services.results import feedback_view
from tests import cast


def test_the_feedback_on_a_page_is_the_one_that_was_assigned(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Academics": 5, "Carers": 6, "Practitioners": 12})
    first = cast.open_round(session, study)
    for address in addresses:
        cast.rate(session, first, address, {"pace": 5})
    cast.close_and_publish(session, study, first)
    second = cast.open_round(session, study)
    carer = cast.member(session, second, "carers-1@example.org")
    academics = session.scalars(select(StakeholderGroup).where(StakeholderGroup.label == "Academics")).one()
    theirs = session.scalars(select(Feedback).where(Feedback.group_id == academics.id)).one()
    own = feedback_on(session, carer, second)

    carer.feedback_id = theirs.id  # as if another snapshot had been assigned
    session.flush()
    shown = feedback_on(session, carer, second)

    assert shown != own
    assert [entry["groups"] for entry in shown.values()] == [item["groups"] for item in feedback_view(theirs)["items"]]


def test_items_are_numbered_in_the_order_in_which_they_are_read(session: Session) -> None:
    manual = cast.MANUAL.replace("{#first-meeting}", "{#first-meeting .item .flexible}")
    study = cast.begin_study(session, manual=manual)
    cast.add_panel(session, study, {"Carers": 1})
    round_ = cast.open_round(session, study)

    sheet = sheet_of(session, cast.member(session, round_, "carers-1@example.org"), round_)

    assert next(iter(sheet.asked)) == "first-meeting"  # where the ballot keeps it
    read = {"first-meeting-place": 1, "pace": 2, "first-meeting": 3, "going-along-offered": 4, "step-back": 5}
    assert {key: sheet.place(asked) for key, asked in sheet.asked.items()} == {key: (n, 5) for key, n in read.items()}
    assert [asked.version.item.key for asked in sheet.unanswered] == list(read)
    assert [asked.version.item.key for asked in sheet.asked_in(sheet.chapters[0])] == list(read)[:3]


@pytest.mark.parametrize(
    ("takes", "fit"), [((4, 7, 5, 2), ["a", "c"]), ((0, 3, 3, 4), ["b", "c", "d"]), ((12, 11, 30, 0), ["b"]), ((0, 0, 0, 0), [])]
)
def test_whole_sections_are_offered_as_long_as_they_fit_together(
    monkeypatch: pytest.MonkeyPatch, takes: tuple[int, ...], fit: list[str]
) -> None:
    minutes = dict(zip("abcd", takes, strict=True))
    monkeypatch.setattr(Sheet, "minutes_left", lambda _sheet, chapter: minutes[chapter])
    sheet = Sheet(None, tuple("abcd"), {}, {})  # type: ignore[arg-type]

    assert sheet.chapters_within(10) == fit
