"""One round on its way from single ratings to a matrix."""

from array import array

from delphi.files.rating_rounds import Repeat, RoundSoFar


def test_a_repeat_among_few_ratings_of_very_many_things_is_found_without_room_for_all_of_them():
    n = 300_000
    places = array("i", [*range(n), 7])
    ratings = RoundSoFar(
        participants={f"P{number}": number for number in range(n)},
        slots={(f"item {number}", None): number for number in range(n)},
        who=places,
        what=places,
        codes=bytearray(n + 1),
        where=array("i", range(2, n + 3)),
    )

    assert list(ratings.repeats()) == [Repeat("P7", "item 7", None, n + 2)]
