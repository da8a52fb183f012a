"""A connection to one of our SQLite files, which notices that the file is lost."""

import sqlite3
from pathlib import Path
from typing import Self

from samestory.errors import Misconfigured


class Database(sqlite3.Connection):
    """A connection that writes no more when its path names another file, or none.

    SQLite goes on with the file that is open: what is written to it is gone at the end.
    """

    opened: tuple[str, Path, tuple[int, int]] | None = None  # what, path, its file

    def __enter__(self) -> Self:
        refuse_moved(self)
        return super().__enter__()


def refuse_moved(db: sqlite3.Connection) -> None:
    """Stop where the path that was opened does not name the open file any more.

    Raises:
        Misconfigured: it was removed, or another is in its place.
    """
    if not isinstance(db, Database) or db.opened is None:
        return
    what, path, file = db.opened
    try:
        is_there = file_of(path) == file
    except OSError:
        is_there = False
    if not is_there:
        raise Misconfigured(
            f"{what} {path}: the file that is open was removed, or another one was put"
            " in its place: stop all workers, bring it back from a copy, or start"
            " another --state"
        )


def file_of(path: Path) -> tuple[int, int]:
    """Return device and inode of a file."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino
