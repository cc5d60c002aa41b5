"""Files that a browser sends: read within limits, by their contents, never written where their names say."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from delphi.errors import FileError, Message, Problem
from delphi.files.archives import UnreadableArchiveError, opened_archive
from delphi.language import marked
from delphi.manual.scan import MOST_BYTES

HEADING = marked("This draft was not read; nothing was changed.")
MOST_FILES = 500
PLAIN_TEXT = (".md", ".txt")  # editors for plain text give the second by themselves
LONGEST_STEM, LONGEST_SUFFIX = 100, 10
NO_MARKDOWN = marked(
    "This is no Markdown file. Give one or several Markdown files (.md or .txt), or one .zip of a folder of them."
)
NONE_INSIDE = marked(
    "The archive holds no Markdown file. Give one or several Markdown files (.md), or one .zip of a folder of them."
)
A_WORD_FILE = marked(
    "This is a file of Word, and a manual is read from plain text. Copy its text into a plain text file (.md or .txt), "
    "begin the title with # and each section’s heading with ##, and give that."
)
DAMAGED = marked(
    "The archive is damaged, locked with a password or of a kind that is not read. "
    "Give one or several Markdown files (.md), or one .zip of a folder of them."
)
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Upload:
    """The Markdown files of a draft by name, and how many others the archive held."""

    files: dict[str, bytes]
    n_left: int = 0


def read_upload(storages: Sequence[FileStorage]) -> Upload:
    """Return the files of a draft as they were sent: Markdown files, or one zip of a folder of them."""
    sent = [storage for storage in storages if storage.filename]
    contents = {_plain_name(storage.filename or ""): storage.read() for storage in sent}
    if len(contents) < len(sent):
        raise _refused("Two files have the same name. Give each its own.")
    name, content = next(iter(contents.items()), ("", b""))
    if len(contents) == 1 and content.startswith(ZIP):
        return _unzipped(name, content)
    for name in contents:
        if not name.lower().endswith(PLAIN_TEXT):
            raise _refused(NO_MARKDOWN, name)
    return Upload(contents)


@contextmanager
def kept_for_reading(storage: FileStorage) -> Iterator[Path]:
    """Give the file a place on disk under a harmless name, for as long as it is read."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / _plain_name(storage.filename or "")
        storage.save(path)
        yield path


def _unzipped(name: str, content: bytes) -> Upload:
    try:
        with opened_archive(content) as archive:
            parts = [part for part in archive.infolist() if not part.is_dir()]
            if len(parts) > MOST_FILES:
                raise _refused("The archive holds more than {most} files.", name, most=MOST_FILES)
            if any(part.filename == "word/document.xml" for part in parts):
                raise _refused(A_WORD_FILE, name)
            texts = _of_one_folder(parts, name)
            files = dict(_read_within_limit(archive, texts, name))
    except UnreadableArchiveError as error:
        raise _refused(DAMAGED, name) from error
    return Upload(files, len(parts) - len(files))


def _of_one_folder(parts: Iterable[zipfile.ZipInfo], name: str) -> list[zipfile.ZipInfo]:
    """Return the Markdown files of the highest folder that has any; a draft lies in one folder."""
    texts = [part for part in parts if part.filename.lower().endswith(".md") and "__MACOSX" not in part.filename]
    for part in texts:
        if PurePosixPath(part.filename).is_absolute() or ".." in PurePosixPath(part.filename).parts or "\\" in part.filename:
            raise _refused("The archive holds a file that lies outside its folder.", name)
    if not texts:
        raise _refused(NONE_INSIDE, name)
    depth = min(len(PurePosixPath(part.filename).parts) for part in texts)
    highest = [part for part in texts if len(PurePosixPath(part.filename).parts) == depth]
    if len({PurePosixPath(part.filename).parent for part in highest}) > 1:
        raise _refused("The archive holds several folders of Markdown files. Zip one folder.", name)
    return highest


def _read_within_limit(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo], name: str) -> Iterator[tuple[str, bytes]]:
    left = MOST_BYTES
    for part in parts:
        with archive.open(part) as stream:  # what an archive says of sizes may be wrong, so the bytes are counted
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _refused("The draft unpacks to more than {most:,} bytes.", name, most=MOST_BYTES)
        yield PurePosixPath(part.filename).name, content


def _plain_name(name: str) -> str:
    plain = PurePosixPath(secure_filename(name) or "file")
    return f"{plain.stem[:LONGEST_STEM]}{plain.suffix[:LONGEST_SUFFIX]}"  # a disk takes no longer names


def _refused(message: str, name: str = "", **values: object) -> FileError:
    return FileError(HEADING, [Problem(Message(message, **values), name)])
