"""The fields of a section's form as tests name them: by the item, where the site names them by its place in the questionnaire."""

from tests import assigned


def name_of(box: str, item: str) -> str:
    """Return the name of an item's field, which is its id too; every small manual of the tests begins with the same items."""
    return f"{box}-{assigned.ITEMS.index(item)}"


class Texts:
    """The names of the fields of an item's two texts."""

    def __init__(self, item: str) -> None:
        self.comment, self.comment_seen = name_of("comment", item), name_of("comment-seen", item)
        self.audience = name_of("audience", item)
        self.wording, self.wording_seen = name_of("wording", item), name_of("wording-seen", item)


PLACE, PACE, COSTS = Texts("first-meeting-place"), Texts("pace"), Texts("costs-first")
