"""The catalogues that translators fill in: gathered from the sources, begun and brought up to date, checked."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from delphi.errors import NotFoundError
from delphi.language import CATALOGUE, TEMPLATE, paragraphs
from delphi.resources import PACKAGE_DIR, resource_dir
from delphi.statistics.presets import PRESETS

_SAYING = {"gettext", "say", "lazy_gettext", "marked", "Message", "Problem", "_refused"}
_TEMPLATES = ("**/*.html", "mail/*.txt")
_TEXTS = "consent/*.md"
_PLACES = re.compile(r"%\(\w+\)[a-z]|%%|\{[^{}\s]*\}")
_TAGS = re.compile(r"</?[a-z][^<>]*>")
_OPTIONS = {"trimmed": "true", "silent": "false"}
_HEAD = "Words of the site. Copyright and licence as the project's own."


def gather() -> Catalog:
    """Return every message of the sources, with the files that say it."""
    catalogue = Catalog(project="delphi-manual", header_comment=f"# {_HEAD}", charset="utf-8")
    for file, message in messages():
        catalogue.add(message, locations=[(file, 0)])
    return catalogue


def glued() -> list[str]:
    """Return where a message is put together before it is looked up, so that no catalogue can hold it."""
    return [
        f"{_place(path)}:{call.lineno}"
        for path in _modules()
        for call in _said(path)
        for argument in call.args[: 1 + (_name(call.func) == "ngettext")]
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
    ]


def messages() -> Iterator[tuple[str, Any]]:
    """Yield every file that says something with its message: a text, or singular and plural."""
    for path in _modules():
        for call in _said(path):
            yield from ((_place(path), message) for message in _of_call(call))
    for preset in PRESETS.values():
        yield "delphi/statistics/presets.py", str(preset.written["source"])
    templates = resource_dir("templates")
    for pattern in _TEMPLATES:
        for path in sorted(templates.glob(pattern)):
            with path.open("rb") as file:
                for _line, function, message, _comments in babel_extract(file, ["_", "gettext", "ngettext"], [], _OPTIONS):
                    forms = (message,) if isinstance(message, str) else tuple(message or ())
                    if forms and isinstance(forms[0], str):
                        yield _place(path), forms[:2] if function == "ngettext" else forms[0]
    for path in sorted(templates.glob(_TEXTS)):
        yield from ((_place(path), paragraph) for paragraph in paragraphs(path.read_text("utf-8")))


def _modules() -> list[Path]:
    return sorted(PACKAGE_DIR.rglob("*.py"))


def _place(path: Path) -> str:
    """Return where a file lies, the same in a checkout and in an installation."""
    return "/".join(path.relative_to(resource_dir("templates").parent).parts)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _said(path: Path) -> Iterator[ast.Call]:
    """Yield the calls that say something to a person."""
    saying = {*_SAYING, *refusals(), "ngettext"}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in saying:
            yield node


def _of_call(call: ast.Call) -> Iterator[Any]:
    forms = [list(_constants(argument)) for argument in call.args[:2]]
    if _name(call.func) == "ngettext":
        yield from ((one, many) for one, many in zip(*forms, strict=True))
    else:
        yield from forms[0]


def _constants(argument: ast.expr) -> Iterator[str]:
    """Yield the texts that the argument may be."""
    if isinstance(argument, ast.IfExp):
        yield from _constants(argument.body)
        yield from _constants(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


@cache
def refusals() -> frozenset[str]:
    """Return the names of all kinds of refusal: their first argument is a message."""
    classes = [node for path in _modules() for node in ast.walk(_tree(path)) if isinstance(node, ast.ClassDef)]
    known = {"DelphiError", "UnusableError"}
    while more := {node.name for node in classes if node.name not in known and known & {*map(_name, node.bases)}}:
        known |= more
    return frozenset(known)


def write_template() -> Path:
    """Write down the messages of the sources, in an order that only they decide; return where."""
    path = resource_dir("translations") / TEMPLATE
    path.write_bytes(_as_po(gather()))
    return path


def template() -> Catalog:
    """Return the messages as they were last written down."""
    with (resource_dir("translations") / TEMPLATE).open("rb") as file:
        return read_po(file, locale="en")


def bring_up_to_date(language: str) -> Path:
    """Begin the catalogue of a language, or take up what is new and drop what is gone; what is translated stays."""
    name = _known(language)
    path = resource_dir("translations") / name / "LC_MESSAGES" / CATALOGUE
    catalogue = Catalog(locale=name, header_comment=f"# {_HEAD}", charset="utf-8", fuzzy=False)
    if path.is_file():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=name)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_as_po(catalogue))
    return path


def faults(language: str) -> Iterator[str]:
    """Yield what is missing or wrong in the catalogue of a language, a sentence to each message."""
    path = resource_dir("translations") / _known(language) / "LC_MESSAGES" / CATALOGUE
    if not path.is_file():
        raise NotFoundError(
            "There is no catalogue of {language}. Begin it with: delphi language begin {language}", language=language
        )
    with path.open("rb") as file:
        catalogue = read_po(file, locale=_known(language))
    for message in template():
        if message.id:
            yield from _faults(message, catalogue.get(message.id, message.context), catalogue.num_plurals)


def _faults(message: Message, translated: Message | None, n_forms: int) -> Iterator[str]:
    said = _forms(translated.string) if translated else []
    wanted = _forms(message.id)
    if not all(said) or len(said) != (n_forms if len(wanted) == 2 else 1):
        yield f"not translated: {wanted[0]}"
        return
    places, tags = ({*_PLACES.findall(wanted[-1])}, sorted(_TAGS.findall(wanted[-1])))
    for form in said:
        # "one person" may stand for "%(num)s person".
        if not {*_PLACES.findall(form)} <= places or places - {*_PLACES.findall(form)} - {"%(num)s"}:
            yield f"other places to fill than in: {wanted[-1]}"
        if sorted(_TAGS.findall(form)) != tags:
            yield f"other marks than in: {wanted[-1]}"


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _known(language: str) -> str:
    try:
        return str(Locale.parse(language.replace("-", "_")))
    except (UnknownLocaleError, ValueError) as error:
        raise NotFoundError("No language is written {language}. Write it like de or pt-BR.", language=language) from error


def _as_po(catalogue: Catalog) -> bytes:
    """Return the catalogue without dates and line numbers, which would differ whenever nothing else does."""
    written = BytesIO()
    write_po(written, catalogue, width=120, sort_output=True, include_lineno=False)
    lines = written.getvalue().decode("utf-8").splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By')
    return "".join(line for line in lines if not line.startswith(dated)).encode()


def _name(base: ast.expr) -> str:
    """Return what is called: its last name, or for a refusal that says its own sentence, its class."""
    is_super = isinstance(base, ast.Attribute) and isinstance(base.value, ast.Call) and _name(base.value.func) == "super"
    if is_super and getattr(base, "attr", "") == "__init__":
        return "DelphiError"
    return base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
