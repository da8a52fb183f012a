"""Our SQLite files: WAL, fsync at each commit, made once, of one schema."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from samestory.checksums import checksum, damaged_rows
from samestory.connection import Database, file_of, refuse_moved
from samestory.disk import is_there, judging, may, refusal
from samestory.errors import Misconfigured
from samestory.private import private_file, private_folder

# Where locks and shared memory do not reach other machines: https://sqlite.org/wal.html
NETWORK: Final = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.sshfs", "gfs2"}
    | {"gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs"}
)
BUSY_S: Final = 30.0  # that we wait for who holds a file
MOUNTS: Final = Path("/proc/self/mounts")


def open_database(
    path: Path,
    tables: str,
    schema: int,
    what: str,
    *,
    marker: str,
    page_bytes: int = 4_096,
    upgrades: Mapping[int, str] | None = None,
    functions: Mapping[str, Callable[[str], str]] | None = None,
) -> sqlite3.Connection:
    """Open or create a file, for its owner alone. Opening one takes no lock.

    Args:
        path: the file; its folder is made, for its owner alone too.
        tables: statements that make it, separated by semicolons.
        schema: its version, at least 1.
        what: its name in messages.
        marker: a table that no other kind of file of ours has.
        page_bytes: of a new file; larger is faster for rows of kilobytes.
        upgrades: by version, statements that bring a file of it to the next one.
        functions: that those statements call, by name.

    Raises:
        Misconfigured: it can't be opened or written, is on a network file system, or
            holds something else or another schema.
        Retry: the disk is full or fails, or another process holds it for half a minute.
    """
    try:
        private_folder(path.parent)
        _refuse_network(path, what)
        _refuse_read_only(path, what)
        private_file(path)
        db = connect(path)
        with reading(db):  # another process may make it just now
            if not _has(db, marker) and (_schema(db) or _tables(db)):
                raise sqlite3.DatabaseError("it holds something else")
        if _schema(db) == 0:
            _create(db, tables, schema, page_bytes)
        elif db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # a copy
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")  # what is removed leaves no bytes
        for name, function in (functions or {}).items():
            db.create_function(name, 1, function, deterministic=True)
        _upgrade(db, upgrades or {})
        present = _schema(db)
        db.opened = (what, path, file_of(path))
    except (OSError, sqlite3.Error) as error:
        raise refusal(error, f"{what} {path}", path) from error
    if present != schema:
        db.close()
        raise Misconfigured(
            f"{what} {path}: schema {present}, this samestory knows {schema};"
            " use the samestory that made it, or another --state"
        )
    return db


def connect(path: Path | str, *, uri: bool = False) -> Database:
    """Open a database, with the function that its checksums need."""
    db = sqlite3.connect(
        path, timeout=BUSY_S, check_same_thread=False, uri=uri, factory=Database
    )
    db.row_factory = sqlite3.Row
    db.create_function("checksum", -1, checksum, deterministic=True)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything inside at once, or nothing of it."""
    refuse_moved(db)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it
            db.execute("ROLLBACK")
        raise


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what is written inside, unless the caller's own transaction does."""
    if db.in_transaction:
        yield
        return
    with db:
        yield


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """See one and the same commit in all that is read inside."""
    if db.in_transaction:  # the caller's
        yield
        return
    refuse_moved(db)
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a database that is there only to read it, whatever its schema."""
    how = "&immutable=1" if is_alone(path) else ""
    db = connect(f"{path.absolute().as_uri()}?mode=ro{how}", uri=True)
    db.execute("PRAGMA query_only = ON")
    return db


def is_alone(path: Path) -> bool:
    """Tell whether we can make nothing beside a database, and nobody seems to write it.

    SQLite then has no way to lock it, and need not: without a write-ahead log beside it
    all that was committed is in the file itself.
    """
    return not may(path.parent, os.W_OK) and not is_there(Path(f"{path}-wal"))


def _refuse_network(path: Path, what: str) -> None:
    kind = file_system_of(path, MOUNTS.read_text("utf-8")) if MOUNTS.exists() else ""
    if kind in NETWORK:
        raise Misconfigured(
            f"{what} {path}: on a network file system ({kind}), where locks don't hold:"
            " put --state on a disk of this machine; many machines share by --brokers"
        )


def _refuse_read_only(path: Path, what: str) -> None:
    for one in (path.parent, path):  # WAL makes files beside it
        if one.exists() and not may(one, os.W_OK):
            raise Misconfigured(f"{what} {path}: {one} is read-only for us")


def file_system_of(path: Path, mounts: str) -> str:
    """Return the type of the file system that a path is on; "" if nothing says so.

    Args:
        path: of a file or folder, there or not.
        mounts: as in /proc/self/mounts, see proc(5).
    """
    mount, kind = "", ""
    full = os.path.realpath(path)
    for line in mounts.splitlines():
        _, place, name, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        inside = full == place or full.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(mount):
            mount, kind = place, name
    return kind


def _upgrade(db: sqlite3.Connection, upgrades: Mapping[int, str]) -> None:
    while _schema(db) in upgrades:
        db.execute("BEGIN IMMEDIATE")
        version = _schema(db)
        if version in upgrades:  # nobody was quicker
            for statement in upgrades[version].split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version + 1}")
        db.commit()


def damage_of(path: Path) -> list[str]:
    """Return what is damaged in a file, a line each; [] if it is whole.

    What SQLite finds in its pages and indexes; then, if that is whole, the rows whose
    checksum is wrong.

    Args:
        path: of a database that is there; it is only read, others may write meanwhile.

    Raises:
        Retry, Misconfigured: it can't be judged, see `judging`.
    """
    try:
        with judging(path), closing(open_to_read(path)) as db:
            rows = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)")]
            if rows == ["ok"]:
                return damaged_rows(db)
    except sqlite3.Error as error:
        return [str(error)]
    return [line for row in rows for line in row.split("\n")]


def finds(path: Path, query: str = "SELECT 1 FROM sqlite_master") -> bool:
    """Tell whether a database is there, holds tables, and a query finds a row in it.

    Raises:
        Retry, Misconfigured: it can't be judged, see `judging`.
    """
    if not is_there(path):
        return False
    with judging(path), closing(open_to_read(path)) as db:
        return _tables(db) > 0 and db.execute(query).fetchone() is not None


def _tables(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _has(db: sqlite3.Connection, table: str) -> bool:
    row = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return row is not None


def _schema(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _create(db: sqlite3.Connection, tables: str, schema: int, page_bytes: int) -> None:
    db.execute(f"PRAGMA page_size = {page_bytes}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    if _schema(db) == 0:  # nobody was quicker
        for statement in tables.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {schema}")
    db.commit()
