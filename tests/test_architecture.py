"""Who may import whom, and what no layer does: the house rules, read off the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The modules at the bottom know nothing of Delphi studies; `canonical` and `errors` know nothing at all.
BOTTOM = {"errors", "resources", "canonical", "clock", "config", "atomic", "pseudo", "language"}
LIBRARIES = {"statistics", "charts", "manual", "files"}
ROWS = BOTTOM | {"database", "models"}

# part of the package: the parts that it may import, itself apart. "delphi" is the package's own __init__ (its version).
MAY_IMPORT = {
    "delphi": set(),
    "errors": set(),
    "resources": set(),
    "canonical": set(),
    "clock": set(),
    "atomic": set(),
    "pseudo": set(),
    "language": {"resources", "pseudo"},
    "catalogues": {"errors", "resources", "language", "pseudo", "statistics"},
    "config": {"errors", "resources", "language"},
    "statistics": set(),
    "charts": set(),
    "manual": {"errors", "resources", "language"},
    "files": {"errors", "resources", "canonical", "language"},
    "database": BOTTOM,
    "models": BOTTOM | {"database"},
    "migrations": ROWS,
    "services": ROWS | LIBRARIES | {"delphi"},
    "reports": ROWS | LIBRARIES | {"delphi", "services"},
    "mail": ROWS | {"services"},
    "printing": {"errors", "manual"},
    "rehearsals": ROWS | {"services", "migrations"},
    "exports": ROWS | {"services", "reports", "printing"},
    "jobs": ROWS | {"services", "mail", "exports"},
    "web": ROWS
    | LIBRARIES
    | {"delphi", "services", "reports", "exports", "printing", "mail", "jobs", "migrations", "rehearsals"},
    "cli": ROWS | LIBRARIES | {"delphi", "catalogues", "services", "reports", "mail", "jobs", "web", "migrations", "rehearsals"},
    "__main__": {"cli"},
}
MAY_USE_FLASK = {"web", "cli"}
MAY_COMMIT = {"database", "migrations", "jobs", "web", "cli"}
FLASK = {"flask", "flask_babel", "flask_limiter", "flask_wtf", "werkzeug", "wtforms"}
SAY_NOTHING = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}


def part_of(module: str) -> str:
    """Return the part of the package that a module belongs to: `delphi.web.panel` is of `web`."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "delphi"


def imported(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything that the source imports, inside functions too."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def imported_parts(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and part for everything of ours that the source imports."""
    for line, name in imported(source, module, is_package=is_package):
        if name.split(".")[0] == "delphi":
            part = part_of(name)
            yield line, part if part in MAY_IMPORT or is_module(part) else "delphi"


def is_module(part: str) -> bool:
    return (ROOT / "delphi" / part).is_dir() or (ROOT / "delphi" / f"{part}.py").is_file()


def layering_faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    part = part_of(module)
    if part not in MAY_IMPORT:
        return [f"{module} has no place among the layers: give {part} one in MAY_IMPORT"]
    return [
        f"{module}:{line} imports {other}, and {part} may not"
        for line, other in imported_parts(source, module, is_package=is_package)
        if other != part and other not in MAY_IMPORT[part]
    ]


def flask_faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    if part_of(module) in MAY_USE_FLASK:
        return []
    names = imported(source, module, is_package=is_package)
    return [f"{module}:{line} imports {name}" for line, name in names if name.split(".")[0] in FLASK]


def commit_faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    if part_of(module) in MAY_COMMIT:
        return []
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        f"{module}:{node.lineno} commits" for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def naming_faults(source: str, module: str, *, is_package: bool = False) -> list[str]:
    return [f"{module} is named after nothing: say what it is about" for name in module.split(".") if name in SAY_NOTHING]


RULES = [layering_faults, flask_faults, commit_faults, naming_faults]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("rule", RULES)
def test_the_package_keeps_the_rules(rule):
    paths = sorted((ROOT / "delphi").rglob("*.py"))

    faults = [
        fault
        for path in paths
        for fault in rule(path.read_text(encoding="utf-8"), module_name(path), is_package=path.name == "__init__.py")
    ]

    assert paths
    assert not faults, "\n".join(faults)


def test_every_layer_that_may_be_imported_is_a_layer():
    assert set().union(*MAY_IMPORT.values()) <= set(MAY_IMPORT)


def test_no_two_parts_may_import_each_other():
    mutual = [(a, b) for a, below in MAY_IMPORT.items() for b in below if a in MAY_IMPORT[b]]

    assert mutual == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("delphi.statistics.counts", "import delphi.errors"),
        ("delphi.statistics.counts", "from delphi.charts import bars"),
        ("delphi.charts.bars", "from delphi import errors"),
        ("delphi.charts.bars", "from delphi import __version__"),
        ("delphi.charts.bars", "from .. import resources"),
        ("delphi.charts.bars", "from ..statistics.counts import Counts"),
        ("delphi.manual.parse", "from delphi.services.drafts import import_draft"),
        ("delphi.manual.parse", "from delphi.canonical import sha256"),
        ("delphi.files.tables", "from delphi.models import Study"),
        ("delphi.models.study", "def late():\n    from delphi.services.rounds import close"),
        ("delphi.services.rounds", "from delphi.reports.round_report import write"),
        ("delphi.services.rounds", "import delphi.web"),
        ("delphi.reports.verify", "if TYPE_CHECKING:\n    from delphi.web import create_app"),
        ("delphi.web.panel.pages", "from delphi.cli import main"),
        ("delphi.web.panel.pages", "from ...cli.demo import main"),
        ("delphi.config", "from delphi.database import Base"),
        ("delphi.novelty", "x = 1"),
    ],
)
def test_an_import_that_the_layers_forbid_is_found(module, source):
    assert layering_faults(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("delphi.statistics.counts", "import statistics\nfrom delphi.statistics.scale import Scale\nfrom .scale import Zones"),
        ("delphi.manual.parse", "from delphi.errors import FileError"),
        ("delphi.services.rounds", "from delphi import __version__\nfrom delphi.statistics import analysis"),
        ("delphi.web.panel.pages", "from ...services import rounds"),
        ("delphi.cli.demo", "from delphi.web import create_app"),
    ],
)
def test_an_import_that_the_layers_allow_is_let_through(module, source):
    assert layering_faults(source, module) == []


def test_a_relative_import_in_a_package_starts_from_that_package():
    source = "from .counts import Counts"

    assert list(imported(source, "delphi.statistics", is_package=True)) == [(1, "delphi.statistics.counts.Counts")]


@pytest.mark.parametrize(
    "source", ["import flask", "from flask_babel import gettext", "def f():\n    from werkzeug.urls import x"]
)
def test_flask_below_the_web_is_found(source):
    assert flask_faults(source, "delphi.services.rounds")
    assert flask_faults(source, "delphi.web.errors") == []


def test_only_one_module_takes_words_and_forms_from_elsewhere():
    """Words come from `delphi.language` and forms from `delphi.web.fields`, so that all of them speak the reader's language."""
    taken = {path: path.read_text(encoding="utf-8") for path in (ROOT / "delphi").rglob("*.py") if path.name != "fields.py"}

    assert [str(path) for path, text in taken.items() if "flask_babel" in text or "import FlaskForm" in text] == []


@pytest.mark.parametrize("source", ["session.commit()", "def f(s):\n    s.session.commit()", "(yield).commit()"])
def test_a_commit_in_a_service_is_found(source):
    assert commit_faults(source, "delphi.services.rounds")
    assert commit_faults(source, "delphi.web.office.rounds") == []


@pytest.mark.parametrize("module", ["delphi.utils", "delphi.web.helpers", "delphi.common.dates", "delphi.models.managers"])
def test_a_module_that_says_nothing_by_its_name_is_found(module):
    assert naming_faults("", module)
    assert naming_faults("", "delphi.services.rounds") == []
