"""Reasons in another language: said anew from the frozen counts, and never something else than what is frozen."""

import pytest

from delphi import language
from delphi.language import speaking
from delphi.models import Study
from delphi.pseudo import PSEUDO
from delphi.services import reasons, results, rounds
from delphi.services.reasons import reason_in_words
from delphi.statistics.presets import PRESETS
from delphi.statistics.words import ENGLISH
from tests import cast

FITTING = [name for name, preset in PRESETS.items() if preset.scale is None or preset.scale.high == 9]


def closed_round(session, rule):
    study = cast.begin_study(session)
    cast.add_panel(session, study, {"Carers": 6, "Practitioners": 8, "Academics": 3})
    cast.choose(session, study, rule=PRESETS[rule].written)
    opened = cast.open_round(session, study)
    for n in range(1, 7):
        cast.rate(
            session, opened, f"carers-{n}@example.org", {"first-meeting-place": 8, "pace": 2 + n % 3, "step-back": "unable"}
        )
        cast.rate(session, opened, f"practitioners-{n}@example.org", {"first-meeting-place": 7, "pace": 9, "step-back": "unable"})
    cast.rate(session, opened, "academics-1@example.org", {"first-meeting-place": 1, "pace": "unable"})
    return rounds.close_round(session, session.get_one(Study, study.id), opened, actor="researcher 1", now=cast.NOW)


@pytest.mark.parametrize("rule", FITTING)
def test_the_english_said_anew_is_the_frozen_one(session, rule):
    round_ = closed_round(session, rule)
    result = results.result_of(session, round_)
    document = results.frozen_document(result.sha256, result.content)

    anew = reasons._reasons(document, ENGLISH)

    assert anew == [entry["reason"] for entry in document["rounds"][0]["items"] if entry["group"] is None]


@pytest.mark.parametrize("rule", FITTING)
def test_a_reason_is_told_in_the_readers_language_whole(session, rule):
    round_ = closed_round(session, rule)
    entries = results.team_view(session, round_)["items"]

    with speaking(PSEUDO):
        told = [reason_in_words(session, round_, entry) for entry in entries]

    names = {"Carers", "Practitioners", "Academics"}
    plain = [[word for word in sentence.replace(",", " ").split() if word.isascii() and word.isalpha()] for sentence in told]
    assert [set(words) - names for words in plain] == [set()] * len(entries)


def test_in_english_the_frozen_sentence_is_told_and_nothing_is_computed(session, monkeypatch):
    round_ = closed_round(session, "70/15")
    monkeypatch.setattr(reasons, "judge", lambda *_: pytest.fail("computed"))

    entry = results.team_view(session, round_)["items"][0]

    assert reason_in_words(session, round_, entry) == entry["reason"]


def test_a_sentence_of_another_version_stays_as_it_was_frozen(session):
    round_ = closed_round(session, "70/15")
    entry = {**results.team_view(session, round_)["items"][0], "reason": "So it was put once."}

    with speaking(PSEUDO):
        assert reason_in_words(session, round_, entry) == "So it was put once."
    assert language.current() == "en"
