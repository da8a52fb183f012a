"""A checksum in each row of our tables, so that no flipped bit goes unnoticed."""

import re
import sqlite3
from collections.abc import Collection
from typing import Final

_COLUMN: Final = re.compile(r"\b(\w+) (INTEGER|REAL|TEXT|BLOB)\b( PRIMARY KEY AUTO)?")
_CHECKSUM: Final = re.compile(r"GENERATED ALWAYS AS \((checksum\(.*\))\) STORED")


def checksum(*values: bytes | float | None) -> int:
    """Return the CRC-32C of a row's values; SQLite calls it by its name."""
    from crc32c import crc32c  # noqa: PLC0415  (0.02 s, that no reader needs)

    parts = [v if isinstance(v, bytes) else repr(v).encode() for v in values]
    lengths = repr([len(part) for part in parts]).encode()
    return int(crc32c(b" ".join(parts), crc32c(lengths)))


def checked(table: str) -> str:
    """Return a CREATE TABLE statement with a checksum in each row.

    SQLite computes it when a row is written and never again: `damage_of` does. A number
    that SQLite itself gives to a row is not part of it.

    Args:
        table: the statement; of constraints behind its columns it may have a PRIMARY
            KEY of several.
    """
    begin, end = table.index("(") + 1, table.rindex(")")
    if (key := table.find("PRIMARY KEY (")) > 0:
        end = table.rindex(",", begin, key)
    values = ", ".join(
        f"CAST({name} AS BLOB)" if kind == "TEXT" else name
        for name, kind, numbered in _COLUMN.findall(table[begin:end])
        if not numbered
    )
    return (
        f"{table[:end].rstrip()},\n  checksum INTEGER NOT NULL"
        f" GENERATED ALWAYS AS (checksum({values})) STORED{table[end:]}"
    )


def rebuilt(name: str, table: str, new: Collection[str] = ()) -> str:
    """Return statements that make a table anew, of its rows of before.

    Args:
        name: of the table.
        table: the statement that makes it, see `checked`.
        new: its columns that were not there before, beside the checksum; they have
            defaults.
    """
    before = table[: table.index("checksum INTEGER")]
    columns_before = [name for name, _, _ in _COLUMN.findall(before)]
    columns = ", ".join(name for name in columns_before if name not in new)
    return (
        f"ALTER TABLE {name} RENAME TO former; {table};"
        f"INSERT INTO {name} ({columns}) SELECT {columns} FROM former;"
        "DROP TABLE former"
    )


def damaged_rows(db: sqlite3.Connection) -> list[str]:
    """Return the rows of a database whose checksum is wrong, a line each."""
    damage = []
    for table, made in db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall():
        sums = _CHECKSUM.search(made)
        if sums:
            first = _COLUMN.findall(made)[0][0]
            rows = db.execute(
                f"SELECT CAST({first} AS BLOB) FROM {table}"
                f" WHERE checksum IS NOT {sums[1]}"
            )
            damage += [
                f"table {table}, row {row[0].decode('utf-8', 'replace')}:"
                " its checksum is wrong"
                for row in rows
            ]
    return damage
