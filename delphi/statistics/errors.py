"""Refusals of the statistics: each is a sentence that says what cannot be computed with, and why."""

from collections.abc import Callable


class UnusableError(ValueError):
    """What was given cannot be computed with; the message is a sentence for a person, whose `{named}` places are filled."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def said(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence as `translate` says it; in English without."""
        said = translate(self.message)
        return said.format(**self.values) if self.values else said

    def __str__(self) -> str:
        return self.said()


class ScaleError(UnusableError):
    """A scale or its zones contradict themselves or each other."""


class RatingsError(UnusableError):
    """A matrix of ratings does not have the shape or the codes that it should have."""


class RuleError(UnusableError):
    """A consensus rule cannot be read, or does not fit the scale, the zones or the groups."""
