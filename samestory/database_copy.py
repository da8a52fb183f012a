"""A database as a whole: copied while others write, replaced, made anew."""

import os
import sqlite3
from pathlib import Path

from samestory.database import connect, open_to_read
from samestory.disk import refusal
from samestory.errors import Misconfigured, Retry
from samestory.private import private_file, private_folder


def copy_database(source: Path, target: Path) -> None:
    """Write a whole copy of a database, also while others write to it.

    It appears under its name only when it is on the disk.

    Raises:
        Misconfigured: the target is there already, or can't be written.
        Retry: the disk is full, or others hold the source.
    """
    if target.exists():
        raise Misconfigured(f"{target} is there already: name another file")
    partial = target.with_name(target.name + ".partial")
    try:
        private_folder(target.parent)
        partial.unlink(missing_ok=True)
        private_file(partial)
        one = open_to_read(source)
        two = sqlite3.connect(partial)
        try:
            one.backup(two)
            two.execute("PRAGMA journal_mode = DELETE")  # one file, no -wal beside it
        finally:
            one.close()
            two.close()
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise refusal(error, f"copy of {source} to {target}", source) from error


def replace_database(source: Path, target: Path) -> None:
    """Put all that a database holds in the place of what another one does, at once.

    One transaction: a crash leaves the one or the other, readers go on.

    Raises:
        Misconfigured: it can't be written.
        Retry: the disk is full, or others hold the file.
    """
    try:
        private_folder(target.parent)
        private_file(target)
        one, two = open_to_read(source), connect(target)
        try:
            one.backup(two)
        finally:
            one.close()
            two.close()
    except (OSError, sqlite3.Error) as error:
        raise refusal(error, f"{source} into {target}", target) from error


def vacuum(db: sqlite3.Connection, path: Path) -> None:
    """Make a file anew, so that no byte of removed rows stays in it or beside it.

    secure_delete alone is not enough: pages that were balanced keep copies of cells.

    Raises:
        Retry: the disk has no room for it, or others hold the file.
    """
    try:
        db.execute("VACUUM")
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise Retry(f"{path}: {error}; removed rows still have bytes in it") from error
    if busy:
        raise Retry(f"{path}: others read it; removed rows still have bytes beside it")


def sync_folder(folder: Path) -> None:
    """Let a folder's new names reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
