"""Scales and zones: what they stand for, and what is refused when they are written."""

import pytest

from delphi.statistics import Scale, ScaleError, Zones, default_zones


@pytest.mark.parametrize(
    ("text", "ends"), [("1-9", (1, 9)), ("1..7", (1, 7)), ("-5..5", (-5, 5)), ("-5--1", (-5, -1)), (" 0-10 ", (0, 10))]
)
def test_a_scale_is_read_from_its_ends(text, ends):
    scale = Scale.parse(text)

    assert (scale.low, scale.high) == ends


@pytest.mark.parametrize("text", ["", "9", "1–9", "1-9-2", "a-b", "9-1", "4-4", "1-9999999", "0-253", "１-９"])
def test_a_scale_that_is_none_is_refused(text):
    with pytest.raises(ScaleError):
        Scale.parse(text)


def test_the_longest_scale_fits_into_a_byte():
    assert Scale(0, 252).n_levels == 253


def test_zones_are_read_with_and_without_a_middle():
    assert Zones.parse("1-3,4-6,7-9") == default_zones(Scale(1, 9)) == Zones((1, 3), (4, 6), (7, 9))
    assert Zones.parse("1-2, 3-4") == Zones((1, 2), None, (3, 4))
    assert Zones.parse("-5..-2,-1..1,2..5").middle == (-1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1-3,3-6,7-9", "do not overlap"),
        ("7-9,4-6,1-3", "do not overlap"),
        ("3-1,4-6,7-9", "lower to a higher"),
        ("1-9", "neither"),
        ("1-2,3-4,5-6,7-8", "neither"),
        ("low,high", "cannot be read"),
    ],
)
def test_zones_that_contradict_themselves_are_refused(text, said):
    with pytest.raises(ScaleError, match=said):
        Zones.parse(text)


@pytest.mark.parametrize("text", ["0-3,4-6,7-9", "1-3,4-6,7-10"])
def test_zones_off_the_scale_are_refused(text):
    with pytest.raises(ScaleError, match="not on the scale 1–9"):
        Zones.parse(text).require_on(Scale(1, 9))


def test_only_one_to_nine_has_usual_zones():
    with pytest.raises(ScaleError, match="zones have to be stated"):
        default_zones(Scale(1, 7))


def test_a_zone_that_is_not_there_is_refused():
    with pytest.raises(ScaleError, match="no zone called 'middle'; there are low, high"):
        Zones.parse("1-2,3-4").named("middle")
