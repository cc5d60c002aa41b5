"""A consensus rule from a few choices is a rule file, and its choices are found again in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delphi.errors import InvalidError
from delphi.services.protocol import Choices
from delphi.services.rule_building import OWN_SOURCE, WHOM, BuiltRule, built_from, is_preset, rule_from_json
from delphi.statistics.presets import PRESETS

RULES = st.builds(
    BuiltRule,
    percent=st.integers(1, 100),
    opposite=st.none() | st.integers(1, 100),
    most_iqr=st.none() | st.sampled_from([0.5, 1.0, 2.0, 3.5]),
    whom=st.sampled_from(WHOM),
    denominator=st.sampled_from(["rated", "answered"]),
    source=st.sampled_from(["", "Agreed in the team."]),
)


@given(RULES)
def test_every_rule_that_can_be_built_can_be_sealed_and_edited_again(built):
    choices = Choices(rule=built.written())

    assert choices.rule_sentence()
    assert built_from(choices.rule) == built


def test_a_built_rule_says_what_was_chosen():
    sentence = Choices(rule=BuiltRule(percent=80, opposite=10, most_iqr=2, whom="every").written()).rule_sentence()

    for said in ("every group of 5 or more", "at least 80 %", "less than 10 %", "interquartile range is at most 2"):
        assert sentence.count(said) == 2, said  # in, and out


def test_a_rule_without_a_source_says_whose_it_is():
    assert BuiltRule().written()["source"] == OWN_SOURCE


@pytest.mark.parametrize("name", ["iqr-2", "ram", "cvr", "i-cvi", "70/15-balanced", "percent-75"])
def test_a_rule_of_another_kind_is_not_taken_for_one(name):
    assert built_from(PRESETS[name].written) is None


def test_a_rule_that_only_has_the_name_of_a_preset_is_none():
    assert is_preset(PRESETS["70/15"].written)
    assert not is_preset({**PRESETS["70/15"].written, "in": PRESETS["percent-75"].written["in"]})


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b"\xff\xfe", b"{" * 100_000, b" " * 100_001 + b"{}"],
    ids=lambda content: repr(content[:4]),
)
def test_what_is_no_rule_file_is_refused_with_its_name(content):
    with pytest.raises(InvalidError, match=r"mine\.json cannot be used as a rule"):
        rule_from_json(content, "mine.json")
