"""The check before a round: each thing that is missing or unwise is found, and only then."""

import json

import pytest
from sqlalchemy import delete, select

from delphi.errors import ConflictError
from delphi.models import AuditEntry, Role, Study, StudyRole
from delphi.services import rounds
from delphi.services.care import OutsideContact, save_care
from delphi.services.consent import current_consent, save_consent
from delphi.services.findings import Place
from delphi.services.mail_plan import Plan, save_plan
from delphi.services.protocol import UNDECIDED, Safeguarding
from delphi.services.readiness import check
from delphi.services.rule_building import EVERY, BuiltRule
from delphi.services.studies import rounds_of
from delphi.statistics.presets import PRESETS
from tests import cast
from tests.web import stages

BALANCED = {"Carers": 12, "Practitioners": 12}


def found(session, study):
    asked = [proposal.version for proposal in rounds.proposed_items(session, study) if proposal.is_asked]
    return {finding.key: finding for finding in check(session, study, asked, n_earlier=len(rounds_of(session, study)))}


def prepared(session, sizes=None, *, manual=cast.MANUAL, **choices):
    """Return a study about which there is nothing to say."""
    study = cast.begin_study(session, manual=manual)
    if sizes != {}:
        cast.add_panel(session, study, sizes or BALANCED)
    stages.researcher_with(session, stages.SOL, study, Role.OBSERVER)
    stages.researcher_with(session, "kim@example.org", study, Role.CUSTODIAN)
    session.execute(delete(StudyRole).where(StudyRole.role == Role.CUSTODIAN, StudyRole.researcher_id == cast.ruth(session).id))
    session.expire_all()
    cast.choose(session, study, **{"safeguarding": Safeguarding(cast.RUTH, stages.SOL), **choices})
    text = current_consent(session, study)
    said = dict(number=text.number, actor="researcher 1", now=cast.NOW)
    save_consent(session, study, f"{text.information}\nWe are paid by nobody.", text.statement, is_complete=True, **said)
    contact = OutsideContact("Uma", "ombudsperson", "112", "")
    save_care(session, study, contact, "", version=study.version, actor="researcher 1", now=cast.NOW)
    save_plan(session, study, Plan(sender="Dr Ruth Adler"), actor="researcher 1", now=cast.NOW)
    return study


def test_of_a_study_that_is_well_prepared_nothing_is_said(session):
    assert found(session, prepared(session)) == {}


def test_a_study_as_it_comes_is_told_everything_that_is_still_to_do(session):
    things = found(session, cast.begin_study(session))

    assert set(things) == {
        "no panel",
        "no safeguarding reader",
        "no contact outside the team",
        "protocol not kept",
        "information as it came",
        "mail as it came",
        "names and answers in one hand",
    }
    assert [key for key, finding in things.items() if finding.is_missing] == ["no panel"]


def test_a_text_of_ones_own_that_nobody_has_confirmed_is_told_from_the_one_that_came_with_the_site(session):
    study = prepared(session)
    text = current_consent(session, study)
    said = dict(number=text.number, actor="researcher 1", now=cast.NOW)
    save_consent(session, study, "We are paid by nobody.", text.statement, **said)

    assert set(found(session, study)) == {"information not confirmed"}


def test_who_is_alone_on_the_team_is_told_so_where_a_safeguarding_reader_is_missing(session):
    study = cast.begin_study(session)
    alone = found(session, study)["no safeguarding reader"]
    stages.researcher_with(session, stages.SOL, study, Role.OBSERVER)
    of_two = found(session, study)["no safeguarding reader"]

    assert (alone.place, of_two.place) == (Place.TEAM, Place.SAFEGUARDING)
    assert ("you are alone" in str(alone.why), "you are alone" in str(of_two.why)) == (True, False)


def test_what_is_missing_comes_first_and_everything_has_a_reason_and_a_source(session):
    things = list(found(session, cast.begin_study(session)).values())

    assert things[0].is_missing
    assert all(str(finding.what) and str(finding.why) and finding.source for finding in things)


def test_a_group_under_the_threshold_is_named(session):
    things = found(session, prepared(session, {"Carers": 12, "Practitioners": 11, "Academics": 4}))

    assert str(things["group too small"].what) == "Only 4 of the panel are of the group Academics."
    assert "group too small" not in found_in_another(session, {"Carers": 12, "Practitioners": 11, "Academics": 5})


def found_in_another(session, sizes):
    study = cast.begin_study(session, slug="another")
    cast.add_panel(session, study, sizes)
    return found(session, study)


@pytest.mark.parametrize(("n_words", "is_long"), [(5_750, False), (6_050, True)])
def test_more_than_half_an_hour_is_long(session, n_words, is_long):
    # Four items take a minute, so 29 or 31 minutes of reading at 200 words a minute make the difference.
    manual = cast.MANUAL.replace("Nobody is hurried.", "a " * n_words)

    assert ("takes long" in found(session, prepared(session, manual=manual))) is is_long


def test_sections_that_are_rated_as_wholes_for_want_of_marks_are_pointed_out(session):
    manual = "---\ntitle: T\n---\n\n# One\n\nWords.\n\n# Two\n\nOther words.\n"

    assert "no item marked" in found(session, prepared(session, manual=manual))


@pytest.mark.parametrize(("other", "said"), [(".core", "Every item is core."), (".flexible", "Every item is flexible.")])
def test_items_of_one_kind_are_pointed_out(session, other, said):
    manual = cast.MANUAL.replace(".core", other).replace(".flexible", other)

    assert str(found(session, prepared(session, manual=manual))["one kind of item"].what) == said


def test_a_section_that_is_rated_as_a_whole_and_item_by_item_is_named(session):
    manual = cast.MANUAL.replace("{#going-along}", "{#going-along .item .flexible}")

    assert str(found(session, prepared(session, manual=manual))["rated twice"].what).endswith("item by item too: Going along.")


@pytest.mark.parametrize(("n_more", "is_one_page"), [(4, False), (5, True)])
def test_many_items_under_one_heading_are_pointed_out(session, n_more, is_one_page):
    more = "".join(f"\n::: {{#more-{n} .item .core}}\nThe worker does thing {n}.\n:::\n" for n in range(n_more))
    head, sections = cast.MANUAL.split("## Meeting", 1)
    manual = f"{head}# All of it\n\nWords.\n\n## Meeting{sections}{more}"

    assert ("one page for all" in found(session, prepared(session, manual=manual))) is is_one_page


def test_items_with_the_same_words_are_named(session):
    manual = cast.MANUAL.replace(
        "The worker goes at the pace of the person.", "The worker  offers to go along for the first time."
    )

    assert str(found(session, prepared(session, manual=manual))["items alike"].what).endswith("pace, going-along-offered.")


def test_a_protocol_without_an_end_and_one_of_a_single_round_are_pointed_out(session):
    assert "no stopping rule" in found(session, prepared(session, stopping=UNDECIDED))
    assert "one round" not in found(session, prepared_again(session, planned_rounds=2))
    assert "one round" in found(session, prepared_again(session, planned_rounds=1))


def prepared_again(session, **choices):
    study = session.query(Study).one()
    cast.choose(session, study, **{"stopping": "planned", **choices})
    return study


# 54 % stay through three rounds: 66 % through two, so that of 8 people 5.3 stay and of 7 only 4.6; through three 4.9 of 9.
@pytest.mark.parametrize(
    ("n_rounds", "sizes", "said"),
    [
        (2, {"Carers": 8, "Practitioners": 8}, []),
        (2, {"Carers": 8, "Practitioners": 7}, ["left of: Practitioners (7).", "2 would lose 34 %", "at least 8 in each"]),
        (
            3,
            {"Carers": 10, "Practitioners": 9},
            ["left of: Practitioners (9).", "3 would lose 46 %", "at least 10 in each"],
        ),
        (3, {"Carers": 10, "Practitioners": 4}, []),  # that one is too small already
    ],
)
def test_a_group_that_the_usual_drop_out_would_hide_is_named_with_how_many_it_takes(session, n_rounds, sizes, said):
    loss = found(session, prepared(session, sizes, planned_rounds=n_rounds)).get("drop-out")

    assert bool(loss) == bool(said)
    assert all(words in f"{loss.what} {loss.why}" for words in said)


def test_a_group_that_outnumbers_the_others_under_a_rule_of_everybody_is_named(session):
    assert "Carers" in str(found(session, prepared(session, {"Carers": 13, "Practitioners": 12}))["one group decides"].what)
    every = PRESETS["70/15-every-group"].written
    assert "one group decides" not in found(session, prepared_again(session, rule=every))


def test_a_rule_of_every_group_with_a_hidden_group_would_never_settle_anything(session):
    sizes = {"Carers": 12, "Practitioners": 11, "Academics": 4}
    every = PRESETS["70/15-every-group"].written

    things = found(session, prepared(session, sizes, rule=every))

    assert not things["verdicts withheld"].is_missing
    assert "Academics" in str(things["groups do not count"].what)


def test_a_rule_that_needs_single_levels_of_a_panel_of_nine_would_never_settle_anything(session):
    study = prepared(session, {"Carers": 9}, rule=PRESETS["iqr-2"].written)
    assert "verdicts withheld" in found(session, study)

    cast.add_panel(session, study, {"Practitioners": 9})
    assert "verdicts withheld" not in found(session, study)


def test_a_rule_that_no_group_is_large_enough_for_keeps_the_round_from_opening(session):
    study = prepared(session, {"Carers": 4, "Practitioners": 4}, rule=BuiltRule(whom=EVERY).written())

    assert found(session, study)["groups do not count"].is_missing
    with pytest.raises(ConflictError, match="No item could ever meet the rule"):
        cast.open_round(session, study)


def test_what_was_unwise_stands_in_the_log_and_keeps_nothing_from_opening(session):
    study = prepared(session, {"Carers": 12, "Practitioners": 4}, planned_rounds=1)

    cast.open_round(session, study)

    opened = session.scalars(select(AuditEntry).where(AuditEntry.action == "round opened")).one()
    assert json.loads(opened.detail)["unwise"] == ["group too small", "one group decides", "one round"]


def test_a_round_about_which_there_is_nothing_to_say_opens_without_a_note(session):
    cast.open_round(session, prepared(session))

    opened = session.scalars(select(AuditEntry).where(AuditEntry.action == "round opened")).one()
    assert "unwise" not in json.loads(opened.detail)


def test_what_can_no_longer_be_mended_is_not_said_again_before_round_2(session):
    study = prepared(session, planned_rounds=1)
    opened = cast.open_round(session, study)
    cast.close_and_publish(session, study, opened)

    assert found(session, study) == {}


def test_a_rule_that_names_a_group_which_there_is_not_is_missing_it(session):
    rule = {**PRESETS["percent-75"].written, "name": "named"}
    rule["in"] = {"figure": "percent", "zone": "high", "at_least": 75, "groups": {"named": ["Nurses"]}}

    assert found(session, prepared(session, rule=replace_out(rule)))["rule without its groups"].is_missing


def replace_out(rule):
    return {key: value for key, value in rule.items() if key != "out"}
