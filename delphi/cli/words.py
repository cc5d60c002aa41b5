"""Words that several commands use to tell what they did, or what there is."""


def counted(n: int, one: str, many: str) -> str:
    """Return a number with the words that go with it.

    >>> counted(1, "comment was", "comments were"), counted(0, "comment was", "comments were")
    ('1 comment was', '0 comments were')
    """
    return f"{n} {one if n == 1 else many}"


def exact(number: int) -> str:
    """Return the number of a comment and the like for JSON: as text, as one of that length is not exact in every program."""
    return str(number)
