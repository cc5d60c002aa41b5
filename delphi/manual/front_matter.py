"""The front matter of a draft: title, language, authors and what else is said of it, in YAML."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import yaml

from delphi.errors import Message, Problem
from delphi.language import marked

Meta = dict[str, str | tuple[str, ...]]
_LISTS = {"authors"}
_UNREADABLE: Meta = {"title": "…"}  # a place-holder: the draft is refused anyway, and not for lack of a title too
_NAME = re.compile(r"\w[\w-]*")
_NOT_YAML = marked(
    "The front matter cannot be read. Write each line as “name: value”; a value with a colon in it goes in quotes."
)


def read_meta(text: str, file: str) -> tuple[Meta, list[Problem]]:
    """Return what the front matter says, every value as it was typed, and what is wrong with it.

    `text` is the YAML between the two lines of dashes; its first line is line 2 of the file.
    """
    try:
        # Composed and not loaded: nothing is executed, aliases are not multiplied out, and `1.10` and `no` stay what was typed.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        return dict(_UNREADABLE), [Problem(_NOT_YAML, file, _line_of(error))]
    if node is None:
        return {}, []
    if not isinstance(node, yaml.MappingNode):
        return dict(_UNREADABLE), [Problem("The front matter must be lines of the form “name: value”.", file, _line(node))]
    meta: Meta = {}
    problems = [problem for problem in _read_pairs(node, meta, file) if problem]
    return {key: value for key, value in meta.items() if value}, problems


def write_meta(meta: Mapping[str, str | tuple[str, ...]]) -> str:
    """Return the front matter with its two lines of dashes; nothing at all when there is nothing to say."""
    plain = {key: value if isinstance(value, str) else list(value) for key, value in meta.items()}
    if not plain:
        return ""
    return "---\n" + yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=100_000, indent=2) + "---\n"


def _read_pairs(node: yaml.MappingNode, meta: Meta, file: str) -> Iterator[Problem | None]:
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode) or not _NAME.fullmatch(key_node.value):
            yield Problem("A name in the front matter must be one word.", file, line)
        elif key_node.value in meta:
            yield Problem(Message("The front matter says “{name}” twice. Keep one.", name=key_node.value), file, line)
        else:
            yield _read_value(key_node.value, value_node, meta, file)


def _read_value(key: str, node: yaml.Node, meta: Meta, file: str) -> Problem | None:
    if isinstance(node, yaml.ScalarNode):
        meta[key] = _text(node)
        if key in _LISTS and meta[key]:
            meta[key] = (_text(node),)
        return None
    if key in _LISTS and isinstance(node, yaml.SequenceNode) and all(isinstance(part, yaml.ScalarNode) for part in node.value):
        meta[key] = tuple(text for text in map(_text, node.value) if text)
        return None
    meta[key] = "…"
    message = (
        Message("“{name}” in the front matter must be a text or a list of texts.", name=key)
        if key in _LISTS
        else Message("“{name}” in the front matter must be a text on one line.", name=key)
    )
    return Problem(message, file, _line(node))


def _text(node: yaml.ScalarNode) -> str:
    if node.tag == "tag:yaml.org,2002:null":
        return ""
    words = " ".join(str(node.value).split())
    return "".join(character for character in words if unicodedata.category(character) != "Cc")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 2


def _line_of(error: Exception) -> int | None:
    mark = getattr(error, "problem_mark", None)
    return int(mark.line) + 2 if mark else None
