"""How the code reads: short files, short functions, a promise at the head of what others call."""

import ast
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 350
USUAL_FUNCTION = 25
PROMISING = ("statistics", "charts", "manual", "files", "services", "reports")  # libraries and use cases: others call them

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> dict[str, str]:
    """Return the text of each source file by its path; migrations, once written, are read by nobody."""
    paths = sorted(chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths if "versions" not in path.parts}


def functions(source: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def lines_of_code(function: Function) -> int:
    """Return how many lines a function takes, its docstring and signature apart."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def unpromising(source: str) -> list[str]:
    """Return the public functions and classes at the top of a module that do not say in a sentence what they promise."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in ast.parse(source).body if isinstance(node, kinds) and not node.name.startswith("_")]
    return [node.name for node in public if not is_sentence((ast.get_docstring(node) or "").partition("\n\n")[0])]


def is_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", ":", "!", "?"))


def titled(source: str) -> bool:
    """Tell whether the first line of the module says what it is for; an empty module needs none."""
    tree = ast.parse(source)
    return not tree.body or is_sentence((ast.get_docstring(tree) or "").partition("\n")[0])


def test_no_file_is_too_long_to_read():
    lengths = {path: len(text.splitlines()) for path, text in sources("delphi", "tests").items()}

    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_nine_of_ten_functions_are_short():
    lengths = {
        f"{path}:{function.lineno} {function.name}": lines_of_code(function)
        for path, text in sources("delphi").items()
        for function in functions(text)
    }

    long = {place: n for place, n in lengths.items() if n > USUAL_FUNCTION}

    assert len(long) <= 0.1 * len(lengths), long


@pytest.mark.parametrize("part", PROMISING)
def test_what_others_call_says_what_it_promises(part):
    silent = {path: unpromising(text) for path, text in sources(f"delphi/{part}").items()}

    assert {path: names for path, names in silent.items() if names} == {}


def test_every_module_says_in_its_first_line_what_it_is_for():
    assert [path for path, text in sources("delphi").items() if not titled(text)] == []


def test_the_length_of_a_function_leaves_out_docstring_and_signature():
    source = 'def f(\n    a,\n    b,\n):\n    """Promise.\n\n    More.\n    """\n    x = a\n    return x + b\n'

    assert [lines_of_code(function) for function in functions(source)] == [2]


@pytest.mark.parametrize("docstring", ["", '"""close the round"""', '"""A heading\n\n    A sentence."""'])
def test_a_public_function_without_a_promise_is_found(docstring):
    assert unpromising(f"def close():\n    {docstring}\n    return 1") == ["close"]


@pytest.mark.parametrize(
    "source", ['def close():\n    """Close for good."""', "def _step():\n    pass", "class A:\n    '''An A.'''"]
)
def test_a_promise_or_a_private_name_is_let_through(source):
    assert unpromising(source) == []


def test_a_module_without_a_title_is_found():
    assert not titled("x = 1")
    assert not titled('"""A line\nand a half."""\nx = 1')
    assert titled('"""One line."""\nx = 1')
    assert titled('"""One line.\n\nAnd why."""\nx = 1')
    assert titled("")
