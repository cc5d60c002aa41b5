"""Drafts read in: Markdown with marked items, from a folder, a file or an upload, all or nothing."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from delphi.errors import FileError, Message, Problem
from delphi.language import marked
from delphi.manual.front_matter import Meta
from delphi.manual.html import plain_text
from delphi.manual.marks import Attributes
from delphi.manual.outline import Item, ItemKind, Outline, Prose, Section
from delphi.manual.scan import MOST_BYTES, Heading, MarkedItem, Scan, Text, has_plain_block, read_bytes, scan

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_DRAFT_REFUSED = marked("This draft was not imported. Mend what is listed and import it again.")
_SECTION_REFUSED = marked("This section was not saved. Mend what is listed and save it again.")
_WORDING_REFUSED = marked("This wording cannot be an item's. Mend what is listed.")


def parse_draft(path: Path, title: str = "") -> Outline:
    """Read a draft from a folder (its *.md files in the order of their names) or from one file.

    `title` is that of a draft which does not say its own.
    """
    if not path.exists():
        raise FileError(_DRAFT_REFUSED, [Problem("There is no such file or folder.", path.name)])
    files = sorted(path.glob("*.md")) if path.is_dir() else [path]
    if not files:
        raise FileError(_DRAFT_REFUSED, [Problem("This folder holds no Markdown file (*.md).", path.name)])
    _require_size(sum(file.stat().st_size for file in files), path.name)
    return parse_files({file.name: file.read_bytes() for file in files}, title)


def parse_text(files: Mapping[str, str]) -> Outline:
    """Read a draft from texts by file name, in the order of the names."""
    return parse_files({name: text.encode(errors="surrogatepass") for name, text in files.items()})


def parse_files(files: Mapping[str, bytes], title: str = "") -> Outline:
    """Read a draft from uploaded files by name; FileError lists everything that is wrong, with file and line.

    One `#` at the start, above headings of lower levels, is the manual's title and not one section that holds everything; what
    stands under it opens the manual. Markdown without any mark is read too: every other heading becomes a section that is rated
    as a whole, as flexible. `title` is that of a draft which does not say its own.
    """
    first = min(files, default="")
    _require_size(sum(map(len, files.values())), first)
    scans = {name: _scan_bytes(files[name], name) for name in sorted(files)}
    reading = _Reading(scans)
    reading.refuse_front_matter(name for name in scans if name != first)
    sections = reading.sections()
    meta = dict(scans[first].meta) if scans else {}
    opening, sections = _parted(sections, meta, is_plain=reading.begins_unmarked)
    title = " ".join(title.split())
    if not any(piece.attributes.is_item for piece in reading.pieces if not isinstance(piece, Text)):
        sections = _rated_as_wholes(sections, meta, title)
    if not meta.setdefault("title", title):
        reading.say(Message("The draft has no title. Begin it with three lines: ---, title: …, ---"), first, 1)
    reading.require_none(_DRAFT_REFUSED)
    return Outline(meta, opening + sections)


def parse_section(text: str) -> Section:
    """Read one section, its heading first, as an editor gives it; only what is marked is rated."""
    reading = _Reading({"": _scan_bytes(text.encode(errors="surrogatepass"), "")})
    reading.refuse_front_matter([""])
    sections = reading.sections()
    for heading in [piece for piece in reading.pieces if isinstance(piece, Heading)][1:]:
        message = Message("A second heading, “{heading}”, begins here. Make it a section of its own.", heading=heading.words)
        reading.say(message, "", heading.line)
    reading.require_none(_SECTION_REFUSED)
    return sections[0]


def is_key(text: str) -> bool:
    """Tell whether a section or an item can have this key."""
    return _KEY.fullmatch(text) is not None


def parse_wording(text: str) -> str:
    """Return an item's new wording in its normal form, or refuse what an item cannot hold."""
    scanned = _scan_bytes(text.encode(errors="surrogatepass"), "")
    problems = list(scanned.problems)
    for piece in scanned.pieces:
        if isinstance(piece, Heading):
            problems.append(Problem("An item holds no heading. Take it out, or make it a section of its own.", line=piece.line))
        elif isinstance(piece, MarkedItem):
            problems.append(Problem("An item holds no other item. Give its words only.", line=piece.line))
    words = "\n\n".join(piece.markdown for piece in scanned.pieces if isinstance(piece, Text))
    if not problems and has_plain_block(words):
        problems.append(Problem("The plain words stand apart from the wording: give them on their own, without ::: plain."))
    if not problems and not plain_text(words):
        problems.append(Problem("The wording is empty. Write what is to be rated."))
    if problems:
        raise FileError(_WORDING_REFUSED, sorted(problems, key=_place))
    return words


def _scan_bytes(raw: bytes, name: str) -> Scan:
    _require_size(len(raw), name)
    text, problems = read_bytes(raw, name)
    scanned = scan(text, name)
    return replace(scanned, problems=(*problems, *scanned.problems))


def _require_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        message = Message("The draft has {size:,} bytes; {most:,} is the most that is read.", size=size, most=MOST_BYTES)
        raise FileError(_DRAFT_REFUSED, [Problem(message, name)])


def _parted(sections: tuple[Section, ...], meta: Meta, *, is_plain: bool) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """Take a title that stands as a heading apart: return what stands under it, if anything, and the sections after it.

    A heading with marks (`is_plain` is false) was meant as a section, and so was one that says anything but the title.
    """
    title, others = sections[:1], sections[1:]
    if not is_plain or not others or title[0].level != 1 or any(section.level == 1 for section in others):
        return (), sections
    words = plain_text(title[0].heading)
    if meta.setdefault("title", words) != words:
        return (), sections
    beside = min(section.level for section in others)
    return tuple(replace(section, level=beside) for section in title if section.blocks), others


def _rated_as_wholes(sections: tuple[Section, ...], meta: Meta, given: str) -> tuple[Section, ...]:
    """Rate every section as a whole. Without a title the first heading of level 1 is it, and no section unless it has words.

    A heading with words under it gives way to a title that is `given`.
    """
    rated = tuple(replace(section, rated=ItemKind.FLEXIBLE) for section in sections)
    title = next((section for section in rated if section.level == 1), None)
    if title is None or meta.get("title") or (given and title.blocks):
        return rated
    meta["title"] = plain_text(title.heading)
    return tuple(section for section in rated if section is not title or section.blocks or len(rated) == 1)


def _place(problem: Problem) -> tuple[str, int]:
    return problem.file, problem.line or 0


class _Reading:
    """What the files hold, put together; every problem is kept until the end, so that all are told at once."""

    def __init__(self, scans: Mapping[str, Scan]) -> None:
        self.scans = scans
        self.pieces = [piece for scanned in scans.values() for piece in scanned.pieces]
        self.problems = [problem for scanned in scans.values() for problem in scanned.problems]

    def sections(self) -> tuple[Section, ...]:
        """Return the sections in order, as far as they can be made out."""
        if not any(isinstance(piece, Heading) for piece in self.pieces):
            message = (
                Message("There is no heading, so there is no section. Begin it with a heading: # First section")
                if self.pieces
                else Message("There is no heading, so there is no section. Write a heading and text under it.")
            )
            self.say(message, min(self.scans, default=""))
            return ()
        keys = self._keys()
        held: list[tuple[Section, list[Prose | Item]]] = []
        for piece in self.pieces:
            if isinstance(piece, Heading):
                held.append((Section(keys[piece], piece.words, piece.level, (), self._kind(piece)), []))
            elif held:
                self._add(piece, held[-1][1])
            else:
                self.say(Message("This stands before the first heading. Put it into a section."), piece.file, piece.line)
        return tuple(replace(section, blocks=tuple(blocks)) for section, blocks in held)

    @property
    def begins_unmarked(self) -> bool:
        """Whether the first heading is one without key and marks."""
        first = next((piece for piece in self.pieces if isinstance(piece, Heading)), None)
        return first is not None and first.attributes == Attributes()

    def refuse_front_matter(self, names: Iterable[str]) -> None:
        """Say of each of these files that front matter has no place in it, if it has any."""
        for name in names:
            if self.scans[name].meta:
                self.say(Message("Front matter can stand only at the head of a draft, in its first file."), name, 1)

    def require_none(self, heading: str) -> None:
        """Refuse with every problem there is."""
        if self.problems:
            raise FileError(heading, sorted(self.problems, key=_place))

    def say(self, message: Message, file: str, line: int | None = None) -> None:
        self.problems.append(Problem(message, file, line))

    def _add(self, piece: MarkedItem | Text, blocks: list[Prose | Item]) -> None:
        if isinstance(piece, MarkedItem):
            if not plain_text(piece.markdown):
                message = Message("The item “{key}” is empty. Write its words or take it out.", key=piece.attributes.key)
                self.say(message, piece.file, piece.line)
            if piece.plain is not None and not plain_text(piece.plain):
                empty = marked("The plain words of the item “{key}” are empty. Write them, or take the block ::: plain out.")
                self.say(Message(empty, key=piece.attributes.key), piece.file, piece.line)
            kind = self._kind(piece) or ItemKind.FLEXIBLE
            blocks.append(Item(piece.attributes.key, kind, piece.markdown, piece.plain or ""))
        elif blocks and isinstance(blocks[-1], Prose):
            blocks[-1] = Prose(f"{blocks[-1].markdown}\n\n{piece.markdown}")
        else:
            blocks.append(Prose(piece.markdown))

    def _kind(self, piece: Heading | MarkedItem) -> ItemKind | None:
        said = [kind for kind in ItemKind if kind in piece.attributes.classes]
        if piece.attributes.is_item and len(said) != 1:
            message = (
                Message("This item is marked both .core and .flexible. Mark it as one of them.")
                if said
                else Message("This item is marked neither .core nor .flexible. Mark it as one of them.")
            )
            self.say(message, piece.file, piece.line)
        elif said and not piece.attributes.is_item:
            message = Message("This is marked .{kind} and not .item. Write .item .{kind} if it is to be rated.", kind=said[0])
            self.say(message, piece.file, piece.line)
        return said[0] if said else None

    def _keys(self) -> dict[Heading, str]:
        """Return each heading's key, its own or one made from its words, and say which keys cannot be used."""
        taken: dict[str, Heading | MarkedItem] = {}
        for piece in self.pieces:
            if not isinstance(piece, Text):
                self._take_key(piece, taken)
        keys = {}
        last: dict[str, int] = {}
        for piece in self.pieces:
            if isinstance(piece, Heading):
                keys[piece] = piece.attributes.key or _free_key(piece.words, taken, last)
                taken.setdefault(keys[piece], piece)
        return keys

    def _take_key(self, piece: Heading | MarkedItem, taken: dict[str, Heading | MarkedItem]) -> None:
        key = piece.attributes.key
        first = taken.get(key)
        if not key and isinstance(piece, MarkedItem):
            self.say(Message("This item has no key. Give it one: ::: {#first-meeting .item .core}"), piece.file, piece.line)
        elif first:
            self.say(_used(key, first), piece.file, piece.line)
        elif key:
            taken[key] = piece
            if not _KEY.fullmatch(key):
                message = Message("The key “{key}” cannot be used. Make it of the letters a–z, digits, - and _ only.", key=key)
                self.say(message, piece.file, piece.line)


def _used(key: str, first: Heading | MarkedItem) -> Message:
    if not first.file:
        return Message("The key “{key}” is already used in line {line}. Give each its own.", key=key, line=first.line)
    return Message(
        "The key “{key}” is already used in {file}, line {line}. Give each its own.", key=key, file=first.file, line=first.line
    )


def _free_key(words: str, taken: Mapping[str, object], last: dict[str, int]) -> str:
    """Return a key made from a heading's words that nobody has; `last` remembers the number that a repeated one got."""
    folded = unicodedata.normalize("NFKD", plain_text(words)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-") or "section"
    key = slug
    while key in taken:
        last[slug] = last.get(slug, 1) + 1
        key = f"{slug}-{last[slug]}"
    return key
