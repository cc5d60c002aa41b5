"""Refusals of the statistics: each is a sentence that says what cannot be computed with, and why."""


class UnusableError(ValueError):
    """What was given cannot be computed with; the message is a sentence for a person."""


class ScaleError(UnusableError):
    """A scale or its zones contradict themselves or each other."""


class RatingsError(UnusableError):
    """A matrix of ratings does not have the shape or the codes that it should have."""


class RuleError(UnusableError):
    """A consensus rule cannot be read, or does not fit the scale, the zones or the groups."""
