"""Refusals: each is a sentence that tells a person what is wrong and what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_LISTED = 50


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

    def __str__(self) -> str:
        return self.message.format(**self.values) if self.values else self.message


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
    """What was given cannot be used as it stands."""

    status = 422


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file, at a place that a person can find."""

    message: str
    file: str = ""
    line: int | None = None
    column: str = ""

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        column = f"column {self.column!r}" if self.column else ""
        place = ", ".join(part for part in (self.file, line, column) if part)
        return f"{place}: {self.message}" if place else self.message


class FileError(InvalidError):
    """A file that cannot be read in: every problem at once (the first fifty and a count), nothing imported."""

    def __init__(self, heading: str, problems: Sequence[Problem]) -> None:
        super().__init__(heading)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *self.lines()])

    def lines(self) -> Iterable[str]:
        yield from (str(problem) for problem in self.problems[:MOST_LISTED])
        if len(self.problems) > MOST_LISTED:
            yield f"… and {len(self.problems) - MOST_LISTED} more."
