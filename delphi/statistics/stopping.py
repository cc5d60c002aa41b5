"""When to stop asking: what a stable item amounts to, and whether the panel needs another round."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from delphi.statistics.verdicts import Verdict


class Standing(StrEnum):
    """What the panel's answers to an item amount to (Dajani, Sincoff and Talley 1979)."""

    NOT_STABLE = "not stable"
    CONSENSUS = "consensus"
    MAJORITY = "majority"
    BIPOLARITY = "bipolarity"
    PLURALITY = "plurality"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True)
class ItemState:
    """An open item: what the rule says of it, and whether it is stable (None where nobody rated it in both rounds)."""

    verdict: str
    is_stable: bool | None


@dataclass(frozen=True)
class StoppingAnswer:
    """Whether to stop, and the sentence that says which clause of the rule answers and how many items it rests on."""

    stop: bool
    clause: str


def classify(verdict: str, is_stable: bool, bipolar: bool, zone_counts: Sequence[int], n_rated: int) -> Standing:
    """Return what an item has come to: stability first, then the hierarchy of Dajani, Sincoff and Talley (1979) from above.

    They describe the steps in words; the counts are this platform's convention. Not stable: nothing else is said, another round
    is due. Consensus: the study's rule says in or out. Majority: one zone holds more than half of the `n_rated` ratings.
    Bipolarity: the panel is split by the flag given (RAND/UCLA disagreement or van der Eijk's A below 0). Plurality: one zone of
    `zone_counts` holds more than each other one. Disagreement: no zone does.

    >>> classify("no consensus", is_stable=True, bipolar=False, zone_counts=[2, 3, 5], n_rated=10).value
    'plurality'
    """
    if not is_stable:
        return Standing.NOT_STABLE
    if _is_consensus(verdict):
        return Standing.CONSENSUS
    largest = max(zone_counts, default=0)
    if 2 * largest > n_rated:
        return Standing.MAJORITY
    if bipolar:
        return Standing.BIPOLARITY
    leads = list(zone_counts).count(largest) == 1
    return Standing.PLURALITY if leads else Standing.DISAGREEMENT


def stopping_answer(round_number: int, max_rounds: int | None, items: Sequence[ItemState]) -> StoppingAnswer:
    """Return whether to stop after the round: at the last one, or once every open item is stable, with consensus or without.

    Consensus alone does not stop it (von der Gracht, Technological Forecasting and Social Change 2012;79:1525–1536). The rule is
    this platform's convention; `max_rounds` None sets no limit. Items that nobody rated twice, new ones above all, are not
    stable yet.

    >>> stopping_answer(2, 3, [ItemState("consensus in", True), ItemState("no consensus", False)]).clause
    'Not yet: of 2 open items 1 is not stable.'
    """
    if not items:
        return StoppingAnswer(True, "No item is open.")
    unsettled = _unsettled(items)
    if not unsettled:
        return StoppingAnswer(True, _all_stable(items))
    if max_rounds is not None and round_number >= max_rounds:
        return StoppingAnswer(True, f"Round {round_number} is the last of {max_rounds}: of {unsettled}.")
    return StoppingAnswer(False, f"Not yet: of {unsettled}.")


def _is_consensus(verdict: str) -> bool:
    return verdict in (Verdict.IN, Verdict.OUT)


def _all_stable(items: Sequence[ItemState]) -> str:
    n_without = sum(not _is_consensus(item.verdict) for item in items)
    every = "The open item is" if len(items) == 1 else f"All {len(items)} open items are"
    if not n_without:
        return f"{every} stable with consensus."
    if n_without == len(items):
        return f"{every} stable without consensus: another round is not expected to bring it."
    return f"{every} stable, {len(items) - n_without} with consensus and {n_without} without."


def _unsettled(items: Sequence[ItemState]) -> str:
    """Return how many open items are not stable and how many cannot be judged, in words; empty where all are stable."""
    n_unstable = sum(item.is_stable is False for item in items)
    n_unpaired = sum(item.is_stable is None for item in items)
    parts = []
    if n_unstable:
        parts.append(f"{n_unstable} {'is' if n_unstable == 1 else 'are'} not stable")
    if n_unpaired:
        parts.append(f"{n_unpaired} {'was' if n_unpaired == 1 else 'were'} not rated by the same people in two rounds")
    n_open = f"{len(items)} open item{'' if len(items) == 1 else 's'}"
    return f"{n_open} {' and '.join(parts)}" if parts else ""
