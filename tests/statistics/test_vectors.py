"""Every vector of the shared test numbers, every leaf of what it expects, with raters and items in several orders."""

import importlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.statistics.conftest import OWN, SHARED

HERE = Path(__file__).parent
MODULES = [importlib.import_module(f"tests.statistics.{path.stem}") for path in sorted(HERE.glob("computed_*.py"))]
COMPUTED = {name: function for module in MODULES for name, function in module.COMPUTED.items()}
UNMATCHED = {name: leaves for module in MODULES for name, leaves in getattr(module, "UNMATCHED", {}).items()}
SEEDS = (None, 1, 2)


def leaves(value, path=""):
    """Yield path and value of everything in nested dictionaries and lists that is neither."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}/{key}" if path else str(key))
    elif isinstance(value, np.ndarray):
        yield from leaves(value.tolist(), path)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from leaves(part, f"{path}/{index}" if path else str(index))
    else:
        yield path, value.item() if isinstance(value, np.generic) else value


def order_of(seed):
    """Return what gives the order of n things: as they are without a seed, shuffled with one."""
    generator = None if seed is None else np.random.default_rng(seed)
    return (lambda n: np.arange(n)) if generator is None else generator.permutation


def is_close(ours, theirs, tolerance):
    if theirs is None or isinstance(theirs, str | bool):
        undefined = ours is None or (isinstance(ours, float) and math.isnan(ours))
        return undefined if theirs is None else bool(ours == theirs) and type(theirs) in (str, bool)
    if ours is None or isinstance(ours, str) or math.isnan(ours):
        return False
    return abs(float(ours) - theirs) <= tolerance * max(1.0, abs(theirs))


def excused(name, path):
    return any(path == leaf or path.startswith(f"{leaf}/") for leaf in UNMATCHED.get(name, ()))


def read(name):
    for folder in (SHARED / "vectors", OWN):
        if (folder / f"{name}.json").is_file():
            return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    pytest.skip(f"the shared test numbers are not beside this checkout: {name}")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_every_leaf_of_a_vector_is_matched(name, seed):
    vector = read(name)

    ours = dict(leaves(COMPUTED[name](vector["inputs"], order_of(seed))))

    wrong = {
        path: (expected, ours.get(path, "not computed"))
        for path, expected in leaves(vector["expected"])
        if not excused(name, path) and not (path in ours and is_close(ours[path], expected, vector["tolerance"]))
    }
    assert wrong == {}


def test_every_vector_is_used():
    if not SHARED.is_dir():
        pytest.skip("the shared test numbers are not beside this checkout")

    assert {path.stem for path in (SHARED / "vectors").glob("*.json")} <= set(COMPUTED)


def test_a_leaf_that_is_not_matched_is_named_with_a_reason_and_exists():
    for name, excuses in UNMATCHED.items():
        paths = [path for path, _ in leaves(read(name)["expected"])]
        for leaf, reason in excuses.items():
            assert reason
            assert any(path == leaf or path.startswith(f"{leaf}/") for path in paths), (name, leaf)
