"""Files read at once give what a walk through their lines gives: the same ratings, or the same refusal."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delphi.errors import DelphiError
from delphi.files import plain_csv, ratings
from delphi.files.plain_csv import NotPlainError
from delphi.files.ratings import read_ratings


def read(paths, how, **words):
    """Return all that is read, or all that is said instead, with the one way of reading or the other."""
    with pytest.MonkeyPatch.context() as patch:
        how(patch)
        try:
            found = read_ratings(paths, 1, 9, **words)
        except DelphiError as refusal:
            return type(refusal), str(refusal)
    return found.notices, [
        (each.round, each.participants, each.items, each.criteria, each.group_names, each.groups.tolist(), each.matrix.tolist())
        for each in found.rounds
    ]


def walking(patch):
    def refuse(*arguments):
        raise NotPlainError

    patch.setattr(ratings, "plain_rounds", refuse)


def at_once(patch):
    def walk(*arguments):
        raise AssertionError("the lines were walked")

    patch.setattr(ratings._Reading, "_walk", walk)


def in_chunks(size):
    return lambda patch: patch.setattr(plain_csv, "CHUNK", size)


@pytest.mark.parametrize(
    "content",
    [
        "participant,item,rating\nBo,pace,7\nAda,pace,unable\nBo,place,NA\n",
        "rating;item;participant;group;round\n7;pace;Bo;users;2\n8;pace;Bo;carers;1\n;pace;Ada;;2\n",
        "participant,item,criterion,rating\nBo,pace,clarity,7\nBo,pace,weight,8\nAda,place,weight,9\n",
        '"participant","item","rating","sent"\r\n"Bo","pace","7","2026-05-07"\r\n',
        "\ufeffparticipant\tgroup\tpace\tplace\nBo\tusers\t7\t\nAda\t\tX\t 8 \n",
        "participant,group,item,rating\nBo,users,pace,7\nBo,,place,8\nAda,,pace,7\n",
        "Participant,round,pace,place,\nBo,1,7,,\nBo,2,,8, \n",
        "participant,item,rating\nZoe\u0301,pace  of\u00a0talk,7\nZo\u00e9,place,8\n",
    ],
)
def test_a_plain_file_is_read_without_a_walk_and_alike(file, content):
    path = file(content)

    found = read([path], at_once, unable=["X"])

    assert found == read([path], walking, unable=["X"])
    assert isinstance(found[0], tuple)


def test_several_plain_files_are_read_without_a_walk_and_alike(file):
    paths = [file("participant,item,rating\nBo,pace,7\n", "a.csv"), file("participant,item,rating\nAda,time,7\n", "b.csv")]

    assert read(paths, at_once) == read(paths, walking)


def test_a_repeat_in_a_plain_file_is_told_with_its_line(file):
    first, second = file("participant,pace\nBo,7\nAda,7\n", "a.csv"), file("participant,pace\nBo,7\nAda,7\nBo,8\n", "b.csv")

    found = read([first, second], at_once)

    assert found[1].splitlines()[1:] == ["b.csv, line 4: 'Bo' has rated 'pace' already in this round; keep one of the two."]


names = st.sampled_from(["Bo", "Ada", "Ada ", "Zoe\u0301", "Zo\u00e9", "Cy", "a very long name, and more than eight"])
odd_names = st.sampled_from(["", " ", "B\x1bo", "x" * 70, 'Jo "J"', "a\nb"])
things = st.sampled_from(["pace", "place", " pace", "time", "item-001", "item-002"])
codes = st.sampled_from(["", "NA", "unable", " 7", "-", *map(str, range(1, 10))])
odd_codes = st.sampled_from(["10", "x", "7.0", "７"])
groups = st.sampled_from(["users", "carers", "users ", "", " "])
rounds = st.sampled_from(["1", "2", " 2", "10"])
odd_rounds = st.sampled_from(["0", "one", "", "1000"])


def rarely(odd, usual):
    return st.integers(0, 30).flatmap(lambda n: usual if n else odd)


COLUMNS = {
    "participant": (names, odd_names),
    "item": (things, odd_names),
    "rating": (codes, odd_codes),
    "criterion": (st.sampled_from(["clarity", "weight"]), odd_names),
    "group": (groups, odd_names),
    "round": (rounds, odd_rounds),
    "": (st.sampled_from(["", " "]), st.just("lost")),
    "sent": (st.sampled_from(["", "today"]), st.just('a "b", c')),
}


@st.composite
def files(draw, columns, *, with_odd):
    """Draw the text of a file: lines of the columns' cells, quoted where they have to be or anyhow, and at times broken."""
    cells = [
        rarely(odd, usual) if with_odd else usual for usual, odd in (COLUMNS.get(each, COLUMNS["rating"]) for each in columns)
    ]
    lines = [list(columns), *draw(st.lists(st.tuples(*cells), max_size=8, unique_by=None if with_odd else tuple))]
    is_quoted = draw(st.booleans())
    delimiter, end = draw(st.sampled_from([",", ";", "\t"])), draw(st.sampled_from(["\n", "\r\n"]))
    written = [delimiter.join(quoted(str(cell), is_quoted) for cell in line) for line in lines]
    if with_odd and draw(st.integers(0, 3)) == 0:
        written.insert(draw(st.integers(0, len(written))), draw(st.sampled_from(["", " ", delimiter, "Bo", '"', "a\rb", 'x"y'])))
    return draw(st.sampled_from(["", "\ufeff"])) + end.join(written) + draw(st.sampled_from(["", end]))


def quoted(cell, always):
    return '"' + cell.replace('"', '""') + '"' if always or set(cell) & set('",;\t\n') else cell


long_columns = st.lists(st.sampled_from(["criterion", "group", "round", "", "sent"]), unique=True).flatmap(
    lambda more: st.permutations(["participant", "item", "rating", *more])
)
wide_columns = st.lists(st.sampled_from(["group", "round", "", "pace", "place of talk"]), unique=True).flatmap(
    lambda more: st.permutations(["participant", "time", *more])
)


@pytest.mark.parametrize("columns", [long_columns, wide_columns])
@settings(max_examples=200)
@given(data=st.data())
def test_all_files_are_read_alike_in_both_ways(tmp_path_factory, columns, data):
    folder = tmp_path_factory.mktemp("ratings")
    paths = [folder / f"{n}.csv" for n in range(data.draw(st.integers(1, 2)))]
    is_odd = data.draw(st.booleans())
    for path in paths:
        path.write_bytes(data.draw(files(data.draw(columns), with_odd=is_odd)).encode())

    found = read(paths, in_chunks(data.draw(st.integers(100, 400))), missing=["-"])

    assert found == read(paths, walking, missing=["-"])


@given(st.binary(max_size=40) | st.text(st.sampled_from('Bopace7,\n\r"é\0'), max_size=40).map(str.encode))
def test_any_bytes_are_read_alike_in_both_ways(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("ratings") / "any.csv"
    path.write_bytes(b"participant,item,rating\nBo,pace,7\n" + content)

    assert read([path], in_chunks(100)) == read([path], walking)


def test_names_in_any_unicode_spelling_are_one_name(file):
    spellings = [unicodedata.normalize(form, "Zoé Ångström") for form in ("NFC", "NFD")]
    content = "participant,item,rating\n" + "".join(f"{name},item {n},7\n" for n, name in enumerate(spellings * 2))

    found = read([file(content)], at_once)

    assert found[1][0][1] == (spellings[0],)
    assert np.array(found[1][0][6]).tolist() == [[7] * 4]
