"""What the disk, a lock or SQLite refuses: may it pass, or must a person act?"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from samestory.errors import Misconfigured, Retry

HELD: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
# A full disk, a quota, a limit on file sizes, a disk that fails.
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
SCARCE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
MAY_PASS: Final = (*HELD, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
CLOSED: Final = (  # to us, whatever is in the file
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
)
CHECK: Final = "`samestory check` tells what is damaged, and what can be done"
DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
LOCKS: Final = Path("/proc/locks")


def code_of(error: OSError | sqlite3.Error) -> int:
    """Return SQLite's primary code; 0 where it has none."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def may_pass(error: OSError | sqlite3.Error) -> bool:
    """Tell whether it may go well later: locked, no room, too many open files."""
    number = error.errno if isinstance(error, OSError) else 0
    return code_of(error) in MAY_PASS or number in (*NO_ROOM, *SCARCE)


def refusal(
    error: OSError | sqlite3.Error, what: str, path: Path
) -> Retry | Misconfigured:
    """Return what a caller raises for what the disk or SQLite said of a file."""
    holder = held_by(path) if code_of(error) in HELD else ""
    kind = Retry if may_pass(error) else Misconfigured
    advice = f"; {CHECK}" if code_of(error) in DAMAGE else ""
    return kind(f"{what}: {error}{holder}{advice}")


@contextmanager
def named(what: str) -> Iterator[None]:
    """Tell what the disk says of a path that the user gave, in the user's words for it.

    Args:
        what: the option and the path, e.g. "--out words.gz".

    Raises:
        Retry: it may go well later, e.g. the disk is full.
        Misconfigured: it will not, e.g. there is no such folder.
    """
    try:
        yield
    except OSError as error:
        kind = Retry if may_pass(error) else Misconfigured
        raise kind(f"{what}: {error.strerror or error}") from error


@contextmanager
def judging(path: Path) -> Iterator[None]:
    """Tell what keeps us from reading a file from what is wrong in it.

    Raises:
        Retry: it can't be judged now: it is locked, was taken away, the disk is full.
        Misconfigured: it can't be judged by us: no permission, a read-only folder.
        sqlite3.Error: it is damaged.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) or code_of(error) in CLOSED:
            raise _closed(path, error) from error
        if may_pass(error):
            raise refusal(error, "it can't be read now", path) from error
        raise


def _closed(path: Path, error: OSError | sqlite3.Error) -> Retry | Misconfigured:
    """Return why we can't read a file."""
    folder, us = path.parent, f"user {os.geteuid()}"
    beside = [Path(f"{path}{end}") for end in ("-wal", "-shm")]
    wanted = [(one, os.R_OK) for one in beside if may(one, os.F_OK)]
    for one, mode in ((folder, os.X_OK), (path, os.R_OK), *wanted):
        if not may(one, os.F_OK):
            return Retry(f"{one} was taken away meanwhile")
        if not may(one, mode):
            return Misconfigured(f"{us} may not read {one}: run it as its owner")
    if not may(folder, os.W_OK):
        return Misconfigured(
            f"{folder} is read-only for {us}, and SQLite has to write {path.name}-shm"
            " into it: make it writable, or check a copy of the whole directory"
        )
    return refusal(error, "it can't be read", path)


def may(path: Path, mode: int) -> bool:
    """Tell whether we, by our effective ids, may do so much with a path."""
    effective = os.access in os.supports_effective_ids
    return os.access(path, mode, effective_ids=effective)


def is_read_only(path: Path) -> bool:
    """Tell whether we can't write a file that is there, or can make none beside it."""
    return may(path, os.F_OK) and not (may(path, os.W_OK) and may(path.parent, os.W_OK))


def is_there(path: Path) -> bool:
    """Tell whether a path is there, or hidden from us: reading it then says so."""
    try:
        return path.exists()
    except PermissionError:
        return True


def held_by(path: Path) -> str:
    """Return which processes hold locks on a database, for a message; "" if unknown."""
    files = [Path(f"{path}{end}") for end in ("", "-shm", "-wal")]
    inodes = set()
    for one in files:
        with suppress(OSError):  # it may go just now
            inodes.add(str(one.stat().st_ino))
    try:
        rows = [line.split() for line in LOCKS.read_text("ascii").splitlines()]
    except OSError:
        return ""
    # number: kind mode access pid device:device:inode start end, see proc(5)
    pids = {row[4] for row in rows if len(row) > 5 and row[5].split(":")[-1] in inodes}  # noqa: PLR2004
    pids -= {str(os.getpid()), "-1"}
    return f", held by process {', '.join(sorted(pids))}" if pids else ""
