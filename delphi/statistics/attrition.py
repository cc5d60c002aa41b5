"""Who stayed from one round to the next, whether those who left had rated otherwise, and how much they could have changed."""

from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.counts import NOT_ANSWERED, NOT_ASKED, count_ballots
from delphi.statistics.description import count_in, percent
from delphi.statistics.differences import mann_whitney
from delphi.statistics.errors import RatingsError
from delphi.statistics.ratio import ratio
from delphi.statistics.scale import Scale
from delphi.statistics.uncertainty import Interval

COMPLETE_FROM_PERCENT = 80
FEWEST_FOR_TEST = 5

_PEOPLE_AT_ONCE = 1024

Ballots = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Retention:
    """How many people took part in two rounds, int64[group]; group 0 is the panel.

    `invited` were asked to the later round, `eligible` had at least one item to rate in it, `started` answered at least one and
    `completed` at least the declared share of what they were asked. `stayed` took part in both rounds, `left` in the earlier
    one alone, `joined` in the later one alone. Saying that one is unable to rate is an answer. The percents (0–100) are
    float64[group], nan where their base is 0; those who joined are in `started` and never in `stayed`.
    """

    invited: Ints
    eligible: Ints
    started: Ints
    completed: Ints
    stayed: Ints
    left: Ints
    joined: Ints

    @property
    def percent_of_invited(self) -> Floats:
        """The response rate: who started, of those invited."""
        return percent(self.started, self.invited)

    @property
    def percent_of_eligible(self) -> Floats:
        """The response rate: who started, of those who had something to rate."""
        return percent(self.started, self.eligible)

    @property
    def percent_stayed(self) -> Floats:
        """The retention: who stayed, of those who took part in the earlier round."""
        return percent(self.stayed, self.stayed + self.left)

    @property
    def percent_completed(self) -> Floats:
        """The completion: who completed the round, of those who started it."""
        return percent(self.completed, self.started)


@dataclass(frozen=True)
class AttritionBias:
    """The mean ratings in the earlier round of those who stayed and those who left; every array is [group], group 0 the panel.

    Each person's mean over the items that he or she rated counts once; `n_stayed` and `n_left` are the people who have one. `t`,
    `df` and `p` are Welch's test of stayed less left, `mann_whitney_p` the rank test of the same means (normal law, corrected for
    ties), both two-sided. The means are nan where there is nobody; the tests also with fewer than five on either side, or
    without spread.
    """

    n_stayed: Ints
    n_left: Ints
    mean_stayed: Floats
    mean_left: Floats
    t: Floats
    df: Floats
    p: Floats
    mann_whitney_p: Floats


@dataclass(frozen=True)
class ItemAttrition:
    """How those who stayed and those who left had rated each item, [slot, group]; group 0 is the panel.

    The numbers are int64, the percents (0–100) within the zone float64, nan where nobody of them rated the item.
    """

    rated_stayed: Ints
    rated_left: Ints
    percent_stayed: Floats
    percent_left: Floats


def retention(
    previous: Ballots,
    current: Ballots,
    groups: Ints,
    n_groups: int,
    invited: Flags | None = None,
    complete_from_percent: int = COMPLETE_FROM_PERCENT,
) -> Retention:
    """Return who took part in two rounds, by group.

    `previous` and `current` are uint8[panelist, slot] (codes as in `count_ballots`) of the same people in the same order, all 0
    for who was absent; the slots may differ. `groups` is int[panelist], -1 for no group; these count for the panel only.
    `invited` is bool[panelist]; without it everybody is taken to be. For the response over the starters of round 1, `previous` is
    round 1.
    """
    _require_same_people(previous, current, groups)
    asked = np.count_nonzero(current != NOT_ASKED, axis=1)
    answered = _n_answered(current)
    was_there, is_there = _n_answered(previous) > 0, answered > 0
    return Retention(
        invited=_by_group(np.ones(len(groups), dtype=np.bool_) if invited is None else invited, groups, n_groups),
        eligible=_by_group(asked > 0, groups, n_groups),
        started=_by_group(is_there, groups, n_groups),
        completed=_by_group(is_there & (100 * answered >= complete_from_percent * asked), groups, n_groups),
        stayed=_by_group(was_there & is_there, groups, n_groups),
        left=_by_group(was_there & ~is_there, groups, n_groups),
        joined=_by_group(~was_there & is_there, groups, n_groups),
    )


def attrition_bias(previous: Ballots, current: Ballots, groups: Ints, n_groups: int, scale: Scale) -> AttritionBias:
    """Return whether those who left had rated otherwise, by group; the arguments are those of `retention`.

    Source: Williamson et al., The COMET Handbook version 1.0, Trials 2017;18(Suppl 3):280, section 2.7.
    """
    _require_same_people(previous, current, groups)
    means = _personal_means(previous, scale)
    has_stayed = _n_answered(current) > 0
    rows = []
    for group in range(n_groups + 1):
        is_member = ~np.isnan(means) & ((groups == group - 1) if group else True)
        rows.append(_compare(means[is_member & has_stayed], means[is_member & ~has_stayed]))
    n_stayed, n_left, *figures = np.array(rows, dtype=np.float64).T
    return AttritionBias(n_stayed.astype(np.int64), n_left.astype(np.int64), *figures)


def item_attrition(
    previous: Ballots, current: Ballots, groups: Ints, n_groups: int, bounds: tuple[int, int], scale: Scale
) -> ItemAttrition:
    """Return the percent of ratings within the bounds, in the earlier round, by those who stayed and those who left.

    The other arguments are those of `retention`.
    """
    _require_same_people(previous, current, groups)
    # Group by group, and those without a group first: who left before who stayed.
    status = 2 * (groups.astype(np.int64) + 1) + (_n_answered(current) > 0)
    levels = count_ballots(previous, status, 2 * (n_groups + 1), scale.n_levels).levels[:, 1:]
    by_status = levels.reshape(len(levels), n_groups + 1, 2, scale.n_levels)
    by_status[:, 0] = by_status.sum(axis=1)
    part, whole = count_in(by_status, bounds, scale), by_status.sum(axis=-1)
    shares = percent(part, whole)
    return ItemAttrition(whole[..., 1], whole[..., 0], shares[..., 1], shares[..., 0])


def worst_case_bounds(counts: Ints, n_left: Ints, bounds: tuple[int, int], scale: Scale) -> Interval:
    """Return the percent within the bounds if all who left had rated outside of them, and if all had rated within.

    `counts` is int64[…, level] of the later round, `n_left` int64[…] or broadcast to it; nan where nobody rated and nobody left.
    """
    part = count_in(counts, bounds, scale)
    whole = counts.sum(axis=-1) + n_left
    return Interval(percent(part, whole), percent(part + n_left, whole))


def _require_same_people(previous: Ballots, current: Ballots, groups: Ints) -> None:
    if not len(previous) == len(current) == len(groups):
        raise RatingsError(
            f"Two rounds are compared person by person; there are {len(previous)} ballots, {len(current)} later ones and "
            f"the groups of {len(groups)} panelists."
        )


def _n_answered(ballots: Ballots) -> Ints:
    """Return how many items each person rated, or was unable to rate, int64[panelist]."""
    return np.asarray(np.count_nonzero((ballots != NOT_ANSWERED) & (ballots != NOT_ASKED), axis=1), dtype=np.int64)


def _by_group(flags: Flags, groups: Ints, n_groups: int) -> Ints:
    """Return how many people have the flag, the panel before its groups."""
    tally = np.bincount(groups[flags] + 1, minlength=n_groups + 1).astype(np.int64)
    tally[0] = tally.sum()
    return tally


def _personal_means(ballots: Ballots, scale: Scale) -> Floats:
    """Return each person's mean rating, float64[panelist], nan where there is none; a quotient of whole numbers."""
    total, n_rated = np.zeros((2, len(ballots)), dtype=np.int64)
    for start in range(0, len(ballots), _PEOPLE_AT_ONCE):
        people = slice(start, start + _PEOPLE_AT_ONCE)
        is_level = (ballots[people] != NOT_ANSWERED) & (ballots[people] <= scale.n_levels)
        total[people] = (ballots[people] * is_level).sum(axis=1, dtype=np.int64)
        n_rated[people] = np.count_nonzero(is_level, axis=1)
    # The lowest level has the code 1.
    return ratio(total + (scale.low - 1) * n_rated, n_rated)


def _compare(stayed: Floats, left: Floats) -> tuple[float, ...]:
    """Return the figures of AttritionBias in their order."""
    means = _mean(stayed), _mean(left)
    tests = (np.nan,) * 4
    if min(stayed.size, left.size) >= FEWEST_FOR_TEST:
        tests = (*_welch(stayed, left, *means), _mann_whitney_p(stayed, left))
    return stayed.size, left.size, *means, *tests


def _mean(sample: Floats) -> float:
    # fsum rounds once, so the order of the people does not matter.
    return fsum(sample) / sample.size if sample.size else np.nan


def _welch(first: Floats, second: Floats, first_mean: float, second_mean: float) -> tuple[float, float, float]:
    """Return t, the degrees of freedom and the two-sided p of Welch's test (Biometrika 1947;34:28–35)."""
    from scipy.special import stdtr

    first_square, second_square = _squared_error(first, first_mean), _squared_error(second, second_mean)
    if first_square + second_square == 0:
        return np.nan, np.nan, np.nan
    t = (first_mean - second_mean) / (first_square + second_square) ** 0.5
    df = (first_square + second_square) ** 2 / (first_square**2 / (first.size - 1) + second_square**2 / (second.size - 1))
    return t, df, 2 * float(stdtr(df, -abs(t)))


def _squared_error(sample: Floats, mean: float) -> float:
    """Return the squared standard error of the mean, exactly 0 where all are equal."""
    return 0.0 if sample.min() == sample.max() else fsum((sample - mean) ** 2) / (sample.size - 1) / sample.size


def _mann_whitney_p(first: Floats, second: Floats) -> float:
    """Return the two-sided p; equal means are equal quotients, so that ties are exact."""
    means, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    counts = np.stack([np.bincount(part, minlength=means.size) for part in (place[: first.size], place[first.size :])])
    return float(mann_whitney(counts).p)
