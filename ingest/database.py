"""Our SQLite files: WAL, fsync at each commit, made once, of one schema."""

import sqlite3
from pathlib import Path

from ingest.errors import Misconfigured, Retry


def open_database(
    path: Path, tables: str, schema: int, what: str
) -> sqlite3.Connection:
    """Open or create a file. Opening one that is there takes no lock.

    Args:
        path: the file; its folder is made.
        tables: statements that make it, separated by semicolons.
        schema: its version, at least 1.
        what: its name in messages.

    Raises:
        Misconfigured: it can't be opened, or holds another schema.
        Retry: the disk is full, or another process holds it for half a minute.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=30.0, check_same_thread=False)
        db.row_factory = sqlite3.Row
        if _schema(db) == 0:
            _create(db, tables, schema)
        db.execute("PRAGMA synchronous = FULL")
        found = _schema(db)
    except (OSError, sqlite3.Error) as error:
        if "locked" in str(error) or "full" in str(error):
            raise Retry(f"{what} {path}: {error}") from error
        raise Misconfigured(f"{what} {path}: {error}") from error
    if found != schema:
        db.close()
        raise Misconfigured(
            f"{what} {path}: schema {found}, this samestory knows {schema};"
            " use the samestory that made it, or another --state"
        )
    return db


def _schema(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _create(db: sqlite3.Connection, tables: str, schema: int) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    if _schema(db) == 0:  # nobody was quicker
        for statement in tables.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {schema}")
    db.commit()
