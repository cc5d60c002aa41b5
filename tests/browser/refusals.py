"""What a panelist, or anybody outside the office, can be refused with: read off the source, so that no new refusal is forgotten.

From the functions behind the panel's and the public pages every function is followed that they may call. A method is taken for
any of that name on a row of the database: rather too many are found than too few. Of the modules behind the pages themselves what
their forms say is read too, wherever it stands in them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import delphi

ROOT = Path(delphi.__file__).parent
Name = tuple[str, str]  # of a function: its module, and what it is called there
BEHIND_THE_PAGES = ("delphi.web.panel", "delphi.web.public")
# Whole parts of the program that refuse nobody in words of their own on a page.
SPEAK_TO_OTHERS = tuple(
    f"delphi.{part}" for part in ("canonical", "charts", "jobs", "mail", "reports", "resources", "statistics")
)
VALIDATORS = "wtforms.validators"
# What WTForms refuses with in this site's words where a form names none, by what brings it into the form.
SAID_FOR_IT = {
    "Length": "This is longer than %(num)s characters. Make it shorter.",
    "RadioField": "Choose one of the answers that are there.",
}
PLACE = re.compile(r"\\?\{[^{}]*\\?\}|%\\?\(\w+\\?\)s")


@dataclass
class Source:
    """One module: all of it, its functions and methods, and what its names stand for."""

    tree: ast.Module
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    imported: dict[str, Name] = field(default_factory=dict)


@cache
def sources() -> dict[str, Source]:
    """Return every module of the program, without the migrations."""
    found = {}
    for path in ROOT.rglob("*.py"):
        module = ".".join(("delphi", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        if not module.startswith("delphi.migrations"):
            found[module] = _read(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _read(tree: ast.Module) -> Source:
    source = Source(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            source.imported |= {one.asname or one.name: (node.module, one.name) for one in node.names}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            source.functions[node.name] = node
        if isinstance(node, ast.ClassDef):
            source.functions |= {f"{node.name}.{one.name}": one for one in node.body if isinstance(one, ast.FunctionDef)}
    return source


def reachable() -> set[Name]:
    """Return every function that a page outside the office may call."""
    found: set[Name] = set()
    waiting = [
        (module, name) for module in sources() if module.startswith(BEHIND_THE_PAGES) for name in sources()[module].functions
    ]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _called_by(*one)
    return {one for one in found if not one[0].startswith(SPEAK_TO_OTHERS)}


def _called_by(module: str, name: str) -> Iterator[Name]:
    source = sources()[module]
    for node in ast.walk(source.functions[name]):
        if isinstance(node, ast.Name):
            home, called = source.imported.get(node.id, (module, node.id))
            yield from _known(home, called)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in source.imported:
                yield from _known(".".join(source.imported[node.value.id]), node.attr)
            yield from _methods_of_rows().get(node.attr, ())


def _known(module: str, name: str) -> Iterator[Name]:
    functions = sources()[module].functions if module in sources() else {}
    yield from ((module, one) for one in (name, f"{name}.__init__", f"{name}.__post_init__") if one in functions)


@cache
def _methods_of_rows() -> dict[str, list[Name]]:
    methods: dict[str, list[Name]] = {}
    for module, source in sources().items():
        if module.startswith("delphi.models"):
            for name in source.functions:
                methods.setdefault(name.rpartition(".")[2], []).append((module, name))
    return methods


def refusals() -> dict[str, set[str]]:
    """Return the sentences that people outside the office may be refused with, each with the functions that say it."""
    said: dict[str, set[str]] = {}
    for module, name in reachable():
        for node in ast.walk(sources()[module].functions[name]):
            for sentence in _refused_with(module, node):
                said.setdefault(sentence, set()).add(f"{module.removeprefix('delphi.')}.{name}")
    for module in (one for one in sources() if one.startswith(BEHIND_THE_PAGES)):
        for sentence in _said_by_forms(sources()[module]):
            said.setdefault(sentence, set()).add(module.removeprefix("delphi."))
    for node in ast.walk(sources()["delphi.web.errors"].tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("marked", "gettext"):
            for sentence in _texts("delphi.web.errors", node.args[:1]):
                said.setdefault(sentence, set()).add("web.errors")
    return said


def _said_by_forms(source: Source) -> Iterator[str]:
    """Return what the forms of a module say to who has filled them in wrongly: by a validator, or put among their errors."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id in SAID_FOR_IT:
            yield SAID_FOR_IT[node.id]
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("errors.append", "errors.extend")):
            yield from _worded(node, source)
        if isinstance(node, ast.Call) and source.imported.get(ast.unparse(node.func), ("", ""))[0] == VALIDATORS:
            yield from _worded(node, source)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(".errors"):
            yield from _worded(node.value, source)
        if isinstance(node, ast.keyword) and (node.arg or "").endswith("errors"):
            yield from _worded(node.value, source)


def _worded(node: ast.AST, source: Source) -> Iterator[str]:
    """Return the sentences within an expression, and those of the module's own functions that it calls."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            if one.func.id in ("gettext", "lazy_gettext") and isinstance(one.args[0], ast.Constant):
                yield str(one.args[0].value)
            elif one.func.id in source.functions:
                yield from _worded(source.functions[one.func.id], source)


def _refused_with(module: str, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return _texts(module, _innermost(node.exc).args[:1])
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
        return _texts(module, node.args[:1])
    return []


def _innermost(call: ast.Call) -> ast.Call:
    """Return the call that names the words: that within `gettext(…)`, or before `.about(…)`."""
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        return _innermost(call.func.value)
    if call.args and isinstance(call.args[0], ast.Call):
        return _innermost(call.args[0])
    return call


def _texts(module: str, given: list[ast.expr]) -> list[str]:
    if not given:
        return []
    if isinstance(given[0], ast.Constant):
        return [str(given[0].value)]
    if isinstance(given[0], ast.Name):
        value = getattr(import_module(module), given[0].id, None)
        return [str(value)] if value else []
    return []


def pattern(sentence: str) -> re.Pattern[str]:
    """Return what the sentence looks like once its places are filled."""
    return re.compile(PLACE.sub(".*", re.escape(" ".join(sentence.split()))))
