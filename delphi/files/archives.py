"""ZIP archives from strangers, opened with care."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other kinds may ask for gigabytes before they give a byte


class UnreadableArchiveError(Exception):
    """An archive that is damaged, locked with a password or packed in a way that is not read."""


@contextmanager
def opened_archive(content: bytes) -> Iterator[zipfile.ZipFile]:
    """Give the archive; whatever about it cannot be read, then or later in the block, is an UnreadableArchiveError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(part.compress_type not in READ for part in archive.infolist()):
                raise zipfile.BadZipFile
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise UnreadableArchiveError from error
