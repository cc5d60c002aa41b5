"""Files that are there whole or not at all, whatever happens while they are written."""

import os
import tempfile
from pathlib import Path

READABLE = 0o644
PRIVATE = 0o600


def write_whole(path: Path, content: bytes, mode: int = READABLE) -> None:
    """Write the file so that a crash leaves the earlier one, or none, and never a part of the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    """Bring the new name in the folder to the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
