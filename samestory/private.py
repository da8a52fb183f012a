"""Files and folders that their owner alone may read, from the moment they are made.

Feeds' addresses hold tokens, and texts may be paid for. SQLite gives what it makes
beside a file (-wal, -shm) the mode of that file.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing; one that is there stays."""
    if not folder.exists():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file; one that is there stays as it is.

    It is never opened: to close it would free the locks that SQLite may hold on it.
    """
    with contextlib.suppress(FileExistsError):
        os.mknod(path, stat.S_IFREG | 0o600)


def private_opener(path: str, flags: int) -> int:
    """Open a file that is private if this makes it: the `opener` of `open`."""
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield where to write what takes a file's place at the end: all of it, or none."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
