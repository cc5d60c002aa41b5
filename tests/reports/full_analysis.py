"""The analysis of two rounds of a made-up panel, with a group of four, hostile names, and every block that there is."""

import numpy as np

from delphi.statistics.analysis import RoundRatings, Settings, analyse
from delphi.statistics.presets import preset_rule
from delphi.statistics.rule_files import RuleContext
from delphi.statistics.scale import ONE_TO_NINE, default_zones

GROUPS = ("Practitioners", "Carers", "People with lived experience")
ITEMS = (
    "The first meeting takes place somewhere that the person has chosen",
    "Pace",
    "The worker goes along for the first time, and the second time if that is wished for",
    "Costs are talked about",
    "=SUM(A1:A9)",
    "<script>alert(1)</script>",
)
UNABLE = 255


def full_analysis(n_people=40, items=ITEMS, n_rounds=2):
    """Return the analysis of the rounds; the same arguments give the same one."""
    zones = default_zones(ONE_TO_NINE)
    settings = Settings(ONE_TO_NINE, zones, preset_rule("70/15", RuleContext(ONE_TO_NINE, zones)))
    return analyse([_ratings(number, n_people, items) for number in range(1, n_rounds + 1)], settings, "0.0")


def _ratings(number, n_people, items):
    random = np.random.default_rng(number)
    centre = np.linspace(8.4, 2.0, len(items)) + 0.3 * number
    matrix = np.clip(np.rint(random.normal(centre, 1.6, (n_people, len(items)))), 1, 9).astype(np.uint8)
    matrix[random.random(matrix.shape) < 0.05] = UNABLE
    groups = np.where(np.arange(n_people) < 4, 2, np.arange(n_people) % 2)
    names = tuple(f"P{index:04}" for index in range(n_people))
    return RoundRatings(number, tuple(items), (None,), matrix, groups, GROUPS, names)
