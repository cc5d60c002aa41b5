"""What the database file holds of one ballot, by raw SQL: nothing of the application is used, so nothing of it is believed."""

import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CHANGE = struct.Struct("<HB")  # slot, new byte
NOT_ASKED, UNABLE = 254, 255

CHANGES = """SELECT c.changes FROM ballot_changes c JOIN panelists p ON p.id = c.panelist_id
             WHERE p.pseudonym = ? ORDER BY c.revision"""
BALLOT = "SELECT b.payload FROM ballots b JOIN panelists p ON p.id = b.panelist_id WHERE p.pseudonym = ?"
# A page names texts by the item's place in its round.
COMMENTS = """SELECT i.position, v.text, v.audience FROM comment_versions v JOIN comments c ON c.id = v.comment_id
              JOIN panelists p ON p.id = c.panelist_id
              JOIN round_items i ON i.round_id = c.round_id AND i.item_version_id = c.item_version_id
              WHERE p.pseudonym = ? ORDER BY v.number"""
WORDINGS = """SELECT i.position, v.text FROM proposal_versions v JOIN proposals c ON c.id = v.proposal_id
              JOIN panelists p ON p.id = c.panelist_id
              JOIN round_items i ON i.round_id = c.round_id AND i.item_version_id = c.item_version_id
              WHERE p.pseudonym = ? ORDER BY v.number"""

Value = TypeVar("Value")
Shown = Mapping[str, str]  # what a page shows, by the name of the field


@dataclass(frozen=True)
class Held:
    """Every value that each field has ever had, in order, the untouched one first; and the ballot as it stands."""

    histories: Mapping[str, Sequence[str]]
    versions: Mapping[str, Sequence[tuple[str, ...]]]
    payload: bytes

    def lacks(self, shown: Shown) -> list[str]:
        """Return the fields whose value has never been stored."""
        return [f"{name}={value!r}" for name, value in shown.items() if value not in self._history(name)]

    def differs(self, shown: Shown) -> list[str]:
        """Return the fields that a page shows otherwise than they stand."""
        stand = {name: self._history(name)[-1] for name in shown}
        return [f"{name}={value!r}, not {stand[name]!r}" for name, value in shown.items() if value != stand[name]]

    def disordered(self, shown: Iterable[Shown]) -> list[str]:
        """Return the fields whose values were stored in another order than a page called them saved."""
        shown = list(shown)
        names = {name for one in shown for name in one}
        return [name for name in sorted(names) if not _is_within(_changes(one[name] for one in shown), self._history(name))]

    def repeated(self) -> list[str]:
        """Return the texts of which two versions in a row are the same, as after one save that was taken for two."""
        return [name for name, versions in self.versions.items() if _changes(versions) != list(versions)]

    def folded(self) -> bytes:
        """Return the ballot that its history adds up to."""
        # What somebody was not asked stands on the ballot from the start, and no save changes it.
        payload = bytearray(byte if byte == NOT_ASKED else 0 for byte in self.payload)
        for name, history in self.histories.items():
            if name.startswith("rating-"):
                payload[int(name.removeprefix("rating-"))] = _byte(history[-1])
        return bytes(payload)

    def _history(self, name: str) -> Sequence[str]:
        return self.histories.get(name, ["team" if name.startswith("audience-") else ""])


def held(file: Path, pseudonym: str) -> Held:
    """Return what the file holds at this moment."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        histories: dict[str, list[str]] = {}
        versions: dict[str, list[tuple[str, ...]]] = {}
        for (changes,) in database.execute(CHANGES, [pseudonym]):
            for slot, byte in CHANGE.iter_unpack(changes):
                histories.setdefault(f"rating-{slot}", [""]).append(_word(byte))
        for place, text, audience in database.execute(COMMENTS, [pseudonym]):
            versions.setdefault(f"comment-{place}", []).append((text, audience))
            histories.setdefault(f"comment-{place}", [""]).append(text)
            histories.setdefault(f"audience-{place}", ["team"]).append(audience)
        for place, text in database.execute(WORDINGS, [pseudonym]):
            versions.setdefault(f"wording-{place}", []).append((text,))
            histories.setdefault(f"wording-{place}", [""]).append(text)
        row = database.execute(BALLOT, [pseudonym]).fetchone()
    return Held(histories, versions, row[0] if row else b"")


def _word(byte: int) -> str:
    return "unable" if byte == UNABLE else str(byte) if byte else ""


def _byte(word: str) -> int:
    return UNABLE if word == "unable" else int(word or 0)


def _changes(values: Iterable[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        if not kept or kept[-1] != value:
            kept.append(value)
    return kept


def _is_within(values: Sequence[str], history: Sequence[str]) -> bool:
    rest = iter(history)
    return all(value in rest for value in values)
