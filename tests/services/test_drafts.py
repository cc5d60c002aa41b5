"""Drafts: what goes in comes out, wordings keep their versions, and a frozen draft is closed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delphi.database import Database
from delphi.errors import ConflictError, InvalidError
from delphi.manual.outline import Outline
from delphi.manual.parse import parse_draft, parse_text
from delphi.models import EditClass, ItemVersion, SectionVersion
from delphi.resources import resource_dir
from delphi.services import drafts, rounds
from delphi.services.drafts import Change
from tests import cast
from tests.manual.strategies import outlines

QUIET = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_example_manual_comes_out_as_it_went_in(session: Session) -> None:
    manual = parse_draft(resource_dir("manual_drafts") / "making-connections")
    study = cast.begin_study(session)
    draft = drafts.latest_draft(session, study)

    drafts.store_outline(session, study, draft, manual, Change(EditClass.FIRST))
    session.expire_all()

    assert drafts.outline_of(session, draft) == manual


@QUIET
@given(st.lists(outlines(), min_size=1, max_size=3))
def test_whatever_is_stored_and_stored_over_comes_out_as_it_went_in(database: Database, stored: list[Outline]) -> None:
    with database.writing() as session:  # never committed
        study = cast.begin_study(session)
        draft = drafts.latest_draft(session, study)
        for outline in stored:
            drafts.store_outline(session, study, draft, outline, Change(EditClass.FIRST))
            session.expire_all()

            assert drafts.outline_of(session, draft) == outline
        n_items = sum(1 for _ in stored[-1].items())
        assert session.scalar(select(func.count()).select_from(ItemVersion)) == n_items  # nothing left behind
        assert session.scalar(select(func.count()).select_from(SectionVersion)) == len(stored[-1].sections)


def test_front_matter_is_kept_as_it_was_last_given(session: Session) -> None:
    study = cast.begin_study(session)
    draft = drafts.latest_draft(session, study)
    changed = parse_text({"manual.md": cast.MANUAL.replace("A manual for the tests", "Second edition")})

    drafts.store_outline(session, study, draft, changed, Change(EditClass.FIRST))
    session.expire_all()

    assert draft.meta["subtitle"] == "Second edition"


def test_a_first_draft_that_nobody_has_rated_is_edited_in_place(session: Session) -> None:
    study = cast.begin_study(session)
    draft = drafts.latest_draft(session, study)
    edited = cast.reworded(drafts.outline_of(session, draft), {"pace": "The person sets the pace."})

    drafts.store_outline(session, study, draft, edited, Change())

    version = drafts.item_versions(session, draft)["pace"]
    assert (version.label, version.edit_class, version.text) == ("1", EditClass.FIRST, "The person sets the pace.")


def test_a_frozen_draft_takes_no_edit_and_the_next_one_leaves_it_alone(session: Session) -> None:
    study = cast.begin_study(session)
    addresses = cast.add_panel(session, study, {"Carers": 6})
    round_ = cast.open_round(session, study)
    before = drafts.outline_of(session, round_.draft)
    edited = cast.reworded(before, {"pace": "The person sets the pace."})

    with pytest.raises(ConflictError, match="frozen"):
        drafts.store_outline(session, study, round_.draft, edited, Change())
    with pytest.raises(ConflictError, match="A round is open"):
        drafts.working_draft(session, study, now=cast.NOW)
    cast.rate(session, round_, addresses[0], {"pace": 5})
    rounds.close_round(session, study, round_, actor="researcher 1", now=cast.NOW)
    second = drafts.working_draft(session, study, now=cast.NOW)
    drafts.store_outline(session, study, second, edited, Change())

    assert (second.number, drafts.working_draft(session, study, now=cast.NOW).id) == (2, second.id)
    assert drafts.outline_of(session, round_.draft) == before
    labels = {key: version.label for key, version in drafts.item_versions(session, second).items()}
    assert labels == {"first-meeting-place": "1", "pace": "2", "going-along-offered": "1", "step-back": "1"}


def test_an_edit_taken_back_leaves_no_version_behind(session: Session) -> None:
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6})
    rounds.close_round(session, study, cast.open_round(session, study), actor="researcher 1", now=cast.NOW)
    draft = drafts.working_draft(session, study, now=cast.NOW)
    before = drafts.outline_of(session, draft)

    drafts.store_outline(session, study, draft, cast.reworded(before, {"pace": "Other."}), Change())
    drafts.store_outline(session, study, draft, before, Change())

    assert drafts.item_versions(session, draft)["pace"].label == "1"
    assert session.scalar(select(func.count()).select_from(ItemVersion)) == 4


def test_more_items_than_a_panel_could_rate_are_refused_at_once(session: Session) -> None:
    many = "\n\n".join(f"::: {{#item-{n} .item .core}}\nStatement {n}.\n:::" for n in range(drafts.MOST_ITEMS + 1))

    with pytest.raises(InvalidError, match="1001 items; at most 1000"):
        cast.begin_study(session, manual=f"---\ntitle: Too much\n---\n\n## All {{#all}}\n\n{many}\n")
