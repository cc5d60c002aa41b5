"""The example manual: of real size, original in every sentence, and in step with the demo's data."""

import csv
import re
from collections import Counter
from pathlib import Path

from delphi.manual.html import plain_text
from delphi.manual.outline import Outline
from delphi.manual.parse import parse_draft
from delphi.resources import resource_dir

FOLDER = resource_dir("manual_drafts") / "making-connections"
RUN = 8  # words


def words_of(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.casefold())


def repeated_runs(text: str) -> list[str]:
    words = words_of(text)
    runs = Counter(tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1))
    return [" ".join(run) for run, n in runs.items() if n > 1]


def text_of(outline: Outline) -> str:
    return "\n".join(plain_text(section.wording) for section in outline.sections)


def columns(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return set(next(csv.reader(file))) - {"participant", "group"}


def test_a_repeated_run_of_eight_words_is_found() -> None:
    assert repeated_runs("One two three four five six seven eight. Nine! One, two three four five six seven eight") == [
        "one two three four five six seven eight"
    ]


def test_it_is_of_real_size_and_no_eight_words_stand_in_it_twice() -> None:
    outline = parse_draft(FOLDER)
    text = text_of(outline)

    assert len(outline.sections) >= 8
    assert sum(1 for _ in outline.items()) >= 40
    assert len(words_of(text)) >= 5000
    assert repeated_runs(text) == []


def test_the_demo_rates_the_items_that_the_manual_has() -> None:
    items = {item.key for item in parse_draft(FOLDER).items()}
    with (FOLDER / "demo" / "decisions-1.csv").open(encoding="utf-8", newline="") as file:
        decisions = list(csv.DictReader(file))
    products = {key for row in decisions for key in row["into"].split()}

    assert columns(FOLDER / "demo" / "round-1.csv") == items
    assert {row["item"] for row in decisions} == items
    assert columns(FOLDER / "demo" / "round-2.csv") <= items | products
