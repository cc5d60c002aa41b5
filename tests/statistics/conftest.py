"""Test numbers from the shared folder beside the checkout, and ballots out of plain lists."""

import json
from pathlib import Path

import numpy as np
import pytest

from delphi.statistics import Counts, RoundRatings, RuleContext, Scale, Settings, analyse, default_zones, preset_rule

SHARED = Path(__file__).parents[3] / "shared"
OWN = Path(__file__).parent / "vectors"  # copies of those whose numbers are free of any licence
ONE_TO_NINE = Scale(1, 9)


@pytest.fixture
def vector():
    def read(name):
        path = next(
            (folder / f"{name}.json" for folder in (SHARED / "vectors", OWN) if (folder / f"{name}.json").is_file()), None
        )
        if path is None:
            pytest.skip(f"the shared test numbers are not beside this checkout: {name}")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


def counts_of(ratings, scale=ONE_TO_NINE):
    """Return int64[level] of a list of ratings (or a single one)."""
    return np.array([np.atleast_1d(ratings).tolist().count(level) for level in scale.levels], dtype=np.int64)


def counts_by_group(*groups, scale=ONE_TO_NINE):
    """Return the Counts of one slot: each group a list of ratings, with "unable" among them; the panel is put before them."""
    panel = [rating for group in groups for rating in group]
    everyone = [panel, *groups]
    levels = [[[group.count(level) for level in scale.levels] for group in everyone]]
    unable = [[group.count("unable") for group in everyone]]
    return Counts(np.array(levels), np.array(unable), np.zeros((1, len(everyone)), dtype=np.int64))


def settings_for(rule="70/15", scale=ONE_TO_NINE, zones=None, **more):
    zones = zones or default_zones(scale)
    return Settings(scale, zones, preset_rule(rule, RuleContext(scale, zones, more.get("denominator", "rated"))), **more)


def round_of(matrix, groups=None, group_names=(), items=None, criteria=(None,), round_=1):
    codes = np.array(matrix, dtype=np.uint8)
    groups = np.full(len(codes), -1) if groups is None else np.array(groups, dtype=np.int64)
    items = items or tuple(f"item {n}" for n in range(codes.shape[1] // len(criteria)))
    return RoundRatings(round_, tuple(items), tuple(criteria), codes, groups, tuple(group_names))


def items_of(*rounds, settings=None):
    """Return the entries of the first of the rounds."""
    return analyse(rounds, settings or settings_for(), "1.2.3")["rounds"][0]["items"]
