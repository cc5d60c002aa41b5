"""Times of things that are compared: taken in turn in one run, told as medians and ratios."""

import math
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
SIZES = ((40, 60), (400, 150), (4_000, 300), (40_000, 500), (200_000, 200))

_ROOT = Path(__file__).parents[2]
_RESET_PEAK = "5"  # see proc_pid_clear_refs(5)
_AS_CHILD = """
import sys
from tests.benchmarks import timing
{prepare}
before = timing.resident("VmRSS")
timing.reset_peak()
{call}
print(timing.resident("VmHWM") - before)
"""


@dataclass(frozen=True)
class Timing:
    """How long something took: the seconds of every round, times `scale` where only a part of the work was done."""

    seconds: tuple[float, ...]
    scale: float = 1.0
    note: str = ""

    @property
    def median(self) -> float:
        """The median, in seconds for the whole work."""
        return statistics.median(self.seconds) * self.scale

    def __str__(self) -> str:
        remarks = [self.note] if self.note else []
        if len(self.seconds) == 1:
            remarks.append("once")
        return in_units(self.median) + (f" ({', '.join(remarks)})" if remarks else "")


@dataclass(frozen=True)
class Part:
    """A call that does 1 / `scale` of the work, as the whole would take too long; `note` says which part."""

    call: Callable[[], object]
    scale: float
    note: str


def interleaved(
    calls: Mapping[str, Callable[[], object] | Part], rounds: int = ROUNDS, once: Sequence[str] = ()
) -> dict[str, Timing]:
    """Time the calls in turn, round after round, so that a slow moment of the machine hits them all alike.

    Each is called once before and not timed, but for those in `once`, which are too slow for it and are timed a single time.
    """
    parts = {name: call if isinstance(call, Part) else Part(call, 1.0, "") for name, call in calls.items()}
    for name, part in parts.items():
        if name not in once:
            part.call()
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    for round_ in range(rounds):
        for name, part in parts.items():
            if round_ == 0 or name not in once:
                seconds[name].append(_seconds(part.call))
    return {name: Timing(tuple(seconds[name]), part.scale, part.note) for name, part in parts.items()}


def ratios(timings: Mapping[str, Timing], ours: str) -> list[str]:
    """Return a line for each timing: its name, its median and how many times ours that is."""
    width = max(map(len, timings))
    return [f"{name:{width}}  {each!s:>12}  {each.median / timings[ours].median:8.2f} x {ours}" for name, each in timings.items()]


def growth_exponent(sizes: Sequence[tuple[int, int]], seconds: Sequence[float]) -> float:
    """Return b of "seconds grow as (raters x items) to the power of b", between the last two sizes.

    >>> growth_exponent([(10, 10), (100, 10), (100, 100)], [1, 2, 20])
    1.0
    """
    before, last = (math.prod(size) for size in sizes[-2:])
    return math.log(seconds[-1] / seconds[-2]) / math.log(last / before)


def in_units(seconds: float) -> str:
    """Return a time with its unit.

    >>> in_units(0.00123), in_units(1.5)
    ('1.23 ms', '1.50 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-6:.1f} µs"


def traced_peak(call: Callable[[], object]) -> int:
    """Return the most bytes that Python and NumPy held during the call beyond what was there before it.

    What other libraries allocate for themselves is not seen: for those `resident_peak`.
    """
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident_peak(prepare: str, call: str) -> int:
    """Return by how many bytes the memory of a fresh process grew, at most, while it ran `call` after `prepare`; Linux only."""
    program = _AS_CHILD.format(prepare=prepare, call=call)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=_ROOT)
    return int(done.stdout.split()[-1])


def whole_process(command: Sequence[str]) -> Callable[[], object]:
    """Return a call that runs the command as a process of its own, from its start to its end."""
    return lambda: subprocess.run(command, check=True, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def resident(field: str) -> int:
    """Return a memory figure of this process in bytes: VmRSS now, VmHWM at most since the peak was reset."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def reset_peak() -> None:
    """Let the peak begin anew at what is held now."""
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)


def machine() -> str:
    """Return what a reader has to know of the machine: the cores that this process may use, and how busy they are."""
    return f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}; trust ratios, not seconds"


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
