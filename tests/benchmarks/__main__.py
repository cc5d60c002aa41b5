"""`python -m tests.benchmarks [RATERSxITEMS … | pages | panel]`: our statistics against their peers and their floors, in one run.

`pages` alone tells what a panelist's page costs with a small and with a large panel, `panel` what it takes to bring a panel in
and to write to it.

Every comparison is taken in turn, five times, and told as medians and ratios; nothing here fails on a time.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from delphi.statistics.counts import Counts
from tests.benchmarks import ours, peers
from tests.benchmarks.pages import compare_pages
from tests.benchmarks.panels import GROUP_NAMES, Panel, make, with_missing, write_long
from tests.benchmarks.people import compare_panels
from tests.benchmarks.timing import (
    ROUNDS,
    SIZES,
    Part,
    Timing,
    growth_exponent,
    interleaved,
    machine,
    ratios,
    resident_peak,
    traced_peak,
    whole_process,
)

LARGEST_FOR_PEERS = 20_000_000  # cells: beyond it the kits take minutes
LARGEST_IN_TURN = 2_000_000
BOOTSTRAPPED = 3
CLI_SIZE = (4_000, 300)
MEMORY_SIZE = (40_000, 500)


def main(arguments: Sequence[str]) -> None:
    """Compare at the sizes that are named, all by default, then memory, the command line and a panelist's page."""
    alone = {("pages",): compare_pages, ("panel",): compare_panels}.get(tuple(arguments))
    if alone:
        return alone()
    sizes = [tuple(map(int, each.split("x"))) for each in arguments] or list(SIZES)
    say(f"{machine()}. Each line: what, median of {ROUNDS}, how many times ours.")
    whole = [compare_size(n_raters, n_items) for n_raters, n_items in sizes]
    if len(sizes) > 1:
        say(f"\nGrowth of the whole round, last two sizes: {growth_exponent(sizes, whole):.2f} (wanted: at most 0.8)")
    if not arguments:
        show_memory()
        compare_command_lines()
        compare_pages()
        compare_panels()


def compare_size(n_raters: int, n_items: int) -> float:
    """Compare everything at one size and return the seconds of the whole round."""
    panel = make(n_raters, n_items)
    counts = ours.counted(panel)
    say(f"\n=== {n_raters:,} raters x {n_items} items, two rounds, the panel and {len(GROUP_NAMES)} groups ===")
    whole = compare_floors(panel)
    compare_intervals(counts)
    show_apart(panel, counts)
    if panel.second.size <= LARGEST_FOR_PEERS:
        compare_descriptives(panel)
        compare_kits(panel)
    return whole


def compare_floors(panel: Panel) -> float:
    """Compare the whole round and the counts with one bincount of the codes and one copy of the bytes."""
    codes = peers.bincount_input(panel)
    whole, counted = fresh(panel, ours.whole_round), fresh(panel, ours.counted)
    found = interleaved(
        {
            "whole round": whole,
            "counts": counted,
            "one bincount": lambda: peers.one_bincount(codes),
            "one copy": lambda: peers.one_copy(panel.second),
        }
    )
    tell("The whole round against its floors", found, "whole round")
    tell_ratio("whole round / one bincount", found, "whole round", "one bincount", "at most 4 in the two largest")
    tell_ratio("counts / one copy", found, "counts", "one copy", "at most 10 there")
    return found["whole round"].median


def compare_intervals(counts: Counts) -> None:
    """Compare the exact bootstrap interval of every median with 2,000 multinomial replicates of a few."""
    few = counts.levels[:BOOTSTRAPPED].reshape(-1, counts.levels.shape[-1])
    scale = len(counts.levels) / BOOTSTRAPPED
    found = interleaved(
        {
            "interval of every median": lambda: ours.median_intervals(counts),
            "of the panel's, groups kept": lambda: ours.stratified_intervals(counts),
            "2,000 multinomial replicates": Part(lambda: peers.multinomial_medians(few), scale, f"{BOOTSTRAPPED} items, scaled"),
        }
    )
    tell("The bootstrap interval of the median", found, "interval of every median")
    names = "2,000 multinomial replicates", "interval of every median"
    tell_ratio("replicates / law", found, *names, "at least 400 from 400 x 150 up")


def show_apart(panel: Panel, counts: Counts) -> None:
    """Time what is not part of the whole round."""
    found = interleaved(
        {
            "intraclass correlations": lambda: ours.intraclass_correlations(panel),
            "Gwet's coefficients": lambda: ours.gwet_coefficients(counts),
            "attrition": lambda: ours.attrition(panel),
            "sensitivity": lambda: ours.sensitivity(counts),
        },
        once=("sensitivity",),
    )
    say("Apart from it: " + "; ".join(f"{name} {each}" for name, each in found.items()))


def compare_descriptives(panel: Panel) -> None:
    """Compare counting and describing with polars, which is the fastest of the peers."""
    fastest = peers.fastest_input(panel)
    found = interleaved({"described": fresh(panel, ours.described), "polars": lambda: fastest.describe(fastest.frame)})
    theirs, mine = fastest.describe(fastest.frame), ours.described(panel)
    numbers = f"ours {ours.n_figures(mine):,} numbers, polars {ours.n_figures(theirs):,}"
    say(f"Descriptive figures: {numbers}, by {doc(fastest.describe)}")
    tell("", found, "described")
    tell_ratio("polars / ours", found, "polars", "described", "at least 1 at 40 x 60, 10 at 4,000 x 300, 80 at 40,000 x 500")


def compare_kits(panel: Panel) -> None:
    """Compare the whole round with the usual and with the fastest kit, and the figures of all three."""
    usual, fastest = peers.usual_input(panel), peers.fastest_input(panel)
    slow = panel.second.size > LARGEST_IN_TURN
    found = interleaved(
        {
            "whole round": fresh(panel, ours.whole_round),
            "usual kit": lambda: peers.usual_kit(usual),
            "fastest kit": lambda: peers.fastest_kit(fastest),
        },
        once=("usual kit", "fastest kit") if slow else (),
    )
    tell("The whole round against kits of packages", found, "whole round")
    tell_ratio("usual kit / ours", found, "usual kit", "whole round", "at least 20 at 400 x 150, 100 at 40,000 x 500")
    tell_ratio("fastest kit / ours", found, "fastest kit", "whole round", "at least 30 at 40,000 x 500")
    mine = ours.whole_round(panel)
    for name, kit, prepared in (("usual", peers.usual_kit, usual), ("fastest", peers.fastest_kit, fastest)):
        theirs = kit(prepared)
        gap = ours.largest_gap(ours.in_peers_shape(mine), theirs)
        say(
            f"  figures: ours {ours.n_figures(mine):,}, the {name} kit's {theirs.n_figures:,} ({doc(kit)}); largest gap {gap:.1e}"
        )
    for call in (peers.pandas_descriptives, peers.krippendorff_alpha, peers.pingouin_w, peers.scipy_w, peers.stability_by_item):
        say(f"  {call.__name__}: {doc(call)}")
    if not slow:
        incomplete = with_missing(panel)
        gap = ours.largest_gap(ours.in_peers_shape(ours.whole_round(incomplete)), peers.usual_kit(peers.usual_input(incomplete)))
        say(f"  with 5 % of the ratings missing: largest gap {gap:.1e}")


def show_memory() -> None:
    """Tell by how much a fresh process grows while it measures a round."""
    size = ", ".join(map(str, MEMORY_SIZE))
    prepare = f"from tests.benchmarks import ours, panels\npanel = panels.make({size})\nours.whole_round(panels.make(60, 20))"
    grown = resident_peak(prepare, "ours.whole_round(panel)")
    panel = make(*MEMORY_SIZE)
    held = traced_peak(lambda: ours.whole_round(panel))
    say(
        f"\nMemory beyond the input at {MEMORY_SIZE[0]:,} x {MEMORY_SIZE[1]}: at most {held / 2**20:.0f} MB held by NumPy and"
        f" Python, by which the process grew {grown / 2**20:.0f} MB (wanted: at most 50)"
    )


def compare_command_lines() -> None:
    """Compare `delphi analyse` with a pandas script on one file, as whole processes."""
    panel = make(*CLI_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        write_long(panel.second, panel.groups, path)
        command = [sys.executable, "-m", "delphi", "analyse", str(path), "--format", "json"]
        peer = [sys.executable, "-m", "tests.benchmarks.cli_peer", str(path)]
        found = interleaved({"delphi analyse": whole_process(command), "pandas script": whole_process(peer)})
    tell(f"The whole process on the long CSV of {CLI_SIZE[0]:,} x {CLI_SIZE[1]}, JSON out", found, "delphi analyse")
    tell_ratio("delphi analyse / pandas script", found, "delphi analyse", "pandas script", "at most 0.5")


def fresh(panel: Panel, call: Callable[[Panel], object]) -> Callable[[], object]:
    """Return a call that meets ballots which nobody has looked at before, each time."""
    copies = iter([replace(panel, first=panel.first.copy(), second=panel.second.copy()) for _ in range(ROUNDS + 1)])
    return lambda: call(next(copies))


def tell(title: str, found: dict[str, Timing], name: str) -> None:
    """Print every timing and how many times the named one it is."""
    say("\n".join([*([title] if title else []), *(f"  {line}" for line in ratios(found, name))]))


def tell_ratio(title: str, found: dict[str, Timing], part: str, whole: str, wanted: str) -> None:
    """Print the ratio of two timings beside what is wanted."""
    say(f"  -> {title}: {found[part].median / found[whole].median:.2f} (wanted: {wanted})")


def doc(call: Callable[..., object]) -> str:
    """Return the first line of what a function says of itself."""
    return (call.__doc__ or "").strip().splitlines()[0]


def say(text: str) -> None:
    """Print at once, as a run takes minutes."""
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
