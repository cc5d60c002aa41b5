"""Reading a text that a command is given as a file."""

from pathlib import Path

from delphi.errors import InvalidError


def text_of(path: Path) -> str:
    """Return the text of a file, with plain line ends."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InvalidError("{path} cannot be read as text in UTF-8.", path=path) from None
