"""Refusals: each is a sentence that tells a person what is wrong and what to do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

Translate = Callable[[str], str]
MOST_LISTED = 50


class Message:
    """A sentence with `{named}` places: it is looked up in the reader's language as it stands, and filled after.

    What fills it may be a sentence of that kind too.
    """

    def __init__(self, text: str, **values: object) -> None:
        self.text = text
        self.values = values

    def said(self, translate: Translate = str) -> str:
        """Return the sentence as `translate` says it; in English without."""
        said = translate(self.text)
        return said.format(**{name: _filled(value, translate) for name, value in self.values.items()}) if self.values else said

    def __str__(self) -> str:
        return self.said()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"


class Either:
    """Several words of which one would do, to fill a place in a sentence."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def said(self, translate: Translate = str) -> str:
        """Return the words as `translate` says them."""
        said = translate(self.words[0])
        for word in self.words[1:]:
            said = Message("{first} or {second}", first=said, second=translate(word)).said(translate)
        return said

    def __str__(self) -> str:
        return self.said()


class DelphiError(Exception):
    """A refusal. `message` is a msgid with `{named}` places; `values` fill them.

    The web translates the msgid first and fills it after; everywhere else `str()` gives the English sentence.
    `status` is what the web answers; a domain error never knows more of HTTP than that it was the asker's (4xx).
    """

    status = 400

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def said(self, translate: Translate = str) -> str:
        """Return the refusal as `translate` says it; in English without."""
        return Message(self.message, **self.values).said(translate)

    def __str__(self) -> str:
        return self.said()


class NotFoundError(DelphiError):
    """What was asked for is not there, or not for the one who asks: both answer alike."""

    status = 404


class ForbiddenError(DelphiError):
    """The person is known and may not do this."""

    status = 403


class ConflictError(DelphiError):
    """The state of things does not allow it (a closed round, text that somebody else has changed)."""

    status = 409


class InvalidError(DelphiError):
    """What was given cannot be used as it stands; `field` is the name of the one thing of several that is meant, if one is."""

    status = 422
    field = ""

    def about(self, field: str) -> "InvalidError":
        """Say which of the things that were given is meant, unless that is said already."""
        self.field = self.field or field
        return self


@contextmanager
def concerning(field: str) -> Iterator[None]:
    """Say of what is refused in the block which of the things that were given it is about."""
    try:
        yield
    except InvalidError as error:
        error.about(field)
        raise


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file, at a place that a person can find."""

    message: Message | str
    file: str = ""
    line: int | None = None
    column: str = ""

    def said(self, translate: Translate = str) -> str:
        """Return the place and what is wrong there, as `translate` says it."""
        what = _filled(self.message, translate) if isinstance(self.message, Message) else translate(self.message)
        line = Message("line {line}", line=self.line).said(translate) if self.line else ""
        column = Message("column {column!r}", column=self.column).said(translate) if self.column else ""
        place = ", ".join(part for part in (self.file, line, column) if part)
        return f"{place}: {what}" if place else str(what)

    def __str__(self) -> str:
        return self.said()


class FileError(InvalidError):
    """A file that cannot be read in: every problem at once (the first fifty and a count), nothing imported."""

    def __init__(self, heading: str, problems: Sequence[Problem]) -> None:
        super().__init__(heading)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *self.lines()])

    def lines(self, translate: Translate = str) -> Iterator[str]:
        """Yield the problems, a line each, as `translate` says them."""
        yield from (problem.said(translate) for problem in self.problems[:MOST_LISTED])
        if len(self.problems) > MOST_LISTED:
            yield Message("… and {n} more.", n=len(self.problems) - MOST_LISTED).said(translate)


def _filled(value: object, translate: Translate) -> object:
    said = getattr(value, "said", None)
    return said(translate) if said else value
