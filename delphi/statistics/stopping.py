"""When to stop asking: what a stable item amounts to, and whether the panel needs another round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from delphi.statistics.verdicts import Verdict
from delphi.statistics.words import ENGLISH, Words, listed


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


def standing_of(entry: Mapping[str, Any], is_stable: bool, zones: Sequence[Sequence[int]]) -> Standing:
    """Return what the panel's entry of an analysis has come to; `zones` are the bounds of the zones that there are.

    The panel is split where RAND/UCLA finds disagreement or van der Eijk's A is below 0.
    """
    counts = {int(level): n for level, n in (entry["counts"] or {}).items()}
    in_zones = [sum(n for level, n in counts.items() if low <= level <= high) for low, high in zones]
    agreement, ram = entry["van_der_eijk_a"], entry["ram"]
    is_bipolar = bool(ram and ram["disagreement"]) or (agreement is not None and agreement < 0)
    return classify(entry["verdict"], is_stable, is_bipolar, in_zones, entry["n_rated"])


def stopping_answer(
    round_number: int, max_rounds: int | None, items: Sequence[ItemState], words: Words = ENGLISH
) -> StoppingAnswer:
    """Return whether to stop after the round: at the last one, or once every open item is stable, with consensus or without.

    Consensus alone does not stop it (von der Gracht, Technological Forecasting and Social Change 2012;79:1525–1536). The rule is
    this platform's convention; `max_rounds` None sets no limit. Items that nobody rated twice, new ones above all, are not
    stable yet.

    >>> stopping_answer(2, 3, [ItemState("consensus in", True), ItemState("no consensus", False)]).clause
    'Not yet: of 2 open items 1 is not stable.'
    """
    if not items:
        return StoppingAnswer(True, words.gettext("No item is open."))
    unsettled = _unsettled(items, words)
    if not unsettled:
        return StoppingAnswer(True, _all_stable(items, words))
    if max_rounds is not None and round_number >= max_rounds:
        last = words.gettext(
            "Round %(n)s is the last of %(all)s: of %(unsettled)s.", n=round_number, all=max_rounds, unsettled=unsettled
        )
        return StoppingAnswer(True, last)
    return StoppingAnswer(False, words.gettext("Not yet: of %(unsettled)s.", unsettled=unsettled))


def _is_consensus(verdict: str) -> bool:
    return verdict in (Verdict.IN, Verdict.OUT)


def _all_stable(items: Sequence[ItemState], words: Words) -> str:
    n = len(items)
    n_without = sum(not _is_consensus(item.verdict) for item in items)
    if not n_without:
        return words.ngettext("The open item is stable with consensus.", "All %(num)s open items are stable with consensus.", n)
    if n_without == n:
        return words.ngettext(
            "The open item is stable without consensus: another round is not expected to bring it.",
            "All %(num)s open items are stable without consensus: another round is not expected to bring it.",
            n,
        )
    return words.gettext(
        "All %(n)s open items are stable, %(agreed)s with consensus and %(open)s without.",
        n=n,
        agreed=n - n_without,
        open=n_without,
    )


def _unsettled(items: Sequence[ItemState], words: Words) -> str:
    """Return how many open items are not stable and how many cannot be judged, in words; empty where all are stable."""
    n_unstable = sum(item.is_stable is False for item in items)
    n_unpaired = sum(item.is_stable is None for item in items)
    parts = []
    if n_unstable:
        parts.append(words.ngettext("%(num)s is not stable", "%(num)s are not stable", n_unstable))
    if n_unpaired:
        parts.append(
            words.ngettext(
                "%(num)s was not rated by the same people in two rounds",
                "%(num)s were not rated by the same people in two rounds",
                n_unpaired,
            )
        )
    n_open = words.ngettext("%(num)s open item", "%(num)s open items", len(items))
    return f"{n_open} {listed(parts, words)}" if parts else ""
