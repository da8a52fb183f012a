"""Who only asks: the state opened read-only, whoever we are.

- SQLite opens the file with `mode=ro` and `query_only`: nothing is made, upgraded or
  changed. A state of another schema is refused with what to do.
- Where the folder can't be written by us and no write-ahead log stands beside the file
  (a read-only mount, a snapshot, a state whose writer has ended, as another user sees
  it), SQLite can't make the files that it shares with a writer: the file is opened as
  one that nobody changes (`immutable`). Before each question we look whether it is
  still so, and after it too: a writer may have begun.
- Each question is one short transaction: it sees one commit, and holds no writer up.
- `has_changed` asks SQLite whether something was committed (`PRAGMA data_version`).
"""

import os
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from samestory.connection import file_of
from samestory.database import is_alone, open_to_read, reading
from samestory.disk import judging, may, refusal
from samestory.errors import Misconfigured, Retry
from samestory.index.decision.whole_vector import combine
from samestory.index.store.held import Held
from samestory.index.store.query import Cursor, Query, has_words
from samestory.index.store.results import Event, Listed, Report, no_stories, own_of
from samestory.index.store.rows import LISTED, REPORT, listed_of, report_of, vectors_of
from samestory.index.store.schema import SCHEMA

T = TypeVar("T")
AT_ONCE: Final = 500  # events or stories whose rows are read by one statement
_KINDS: Final = {"s-": ("story_id", "stories"), "e-": ("event_id", "events")}
_BARE: Final = re.compile(r"[0-9a-f]{4,16}")  # of an id, without what it begins with
FEW: Final = 2  # reports of which none is nearer to the others


class Reader(Held):
    """A state as it is asked; see above."""

    def __init__(self, path: Path, headlines: Sequence[str] = ()) -> None:
        """Open a state that must be there.

        Args:
            path: of its file.
            headlines: languages in which an event's headline is told where a report
                has one, the most wanted first.

        Raises:
            Misconfigured: it is not there, not for us, no state, or of another
                samestory; says what to do.
            Retry: it can't be opened now, e.g. since it is locked.
        """
        self._stamp = _stamp(path)
        super().__init__(_opened(path), path)
        self._headlines = headlines
        self._seen = self._version()

    def __enter__(self) -> Self:
        """Return it; it is closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def has_changed(self) -> bool:
        """Tell whether something was committed since this was asked last."""
        before, self._seen = self._seen, self._version()
        return before != self._seen

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one and the same commit in all that is read inside.

        Raises:
            Retry: a writer began to change a file that nobody was to change.
        """
        if self._connection.in_transaction:  # the caller's
            yield
            return
        with reading(self._db):
            yield
        if self._stamp.is_alone and self._stamp != _stamp(self.path):
            raise Retry(f"state {self.path} was written while it was read: ask again")

    @property
    def _db(self) -> sqlite3.Connection:
        """The connection of the moment, on the file that is in its place."""
        if not self._connection.in_transaction:
            self._renew()
        return self._connection

    @_db.setter
    def _db(self, db: sqlite3.Connection) -> None:
        self._connection = db

    def _renew(self) -> None:
        """Open the file anew if another is in its place, or a writer came to it."""
        now = _stamp(self.path)
        if now.file != self._stamp.file or (
            self._stamp.is_alone and now != self._stamp
        ):
            self._connection.close()
            self._use(_opened(self.path))
            self._stamp = now

    def _version(self) -> tuple[object, int]:
        (number,) = self._db.execute("PRAGMA data_version").fetchone()
        return self._stamp, int(number)

    def events(self, query: Query) -> list[Event]:
        """Return the events that match, each with all of its reports."""
        with self.reading():
            rows = self._db.execute(*query.events()).fetchall()
            return [
                event
                for some in _parts(rows)
                for event in self._events([Cursor(*row) for row in some])
            ]

    def count_events(self, query: Query) -> int:
        """Return how many events match, however long a page is."""
        with self.reading():
            return int(self._db.execute(*query.count_of_events()).fetchone()[0])

    def event(self, event_id: str) -> Event:
        """Return one event by its whole id, with all its reports.

        Raises:
            Misconfigured: none of them is kept any more.
        """
        events = self.events(Query(event=event_id))
        if not events:
            raise no_stories(event_id)
        return events[0]

    def reports(self, query: Query) -> list[Report]:
        """Return the stories that match, without their texts."""
        with self.reading():
            return [report_of(row) for row in self._stories(query, REPORT)]

    def stories(self, query: Query) -> list[Listed]:
        """Return the stories that match, whole."""
        with self.reading():
            return [listed_of(row) for row in self._stories(query, LISTED)]

    def _stories(self, query: Query, columns: str) -> Iterator[sqlite3.Row]:
        matching = self._db.execute(*query.stories()).fetchall()
        for some in _parts([row["seq"] for row in matching]):
            rows = self._db.execute(
                f"SELECT seq, {columns} FROM stories WHERE seq IN ({_marks(some)})",
                some,
            )
            by_seq = {row["seq"]: row for row in rows}
            yield from (by_seq[seq] for seq in some)

    def _events(self, places: Sequence[Cursor]) -> list[Event]:
        reports: dict[str, list[Report]] = {place.id: [] for place in places}
        rows = self._db.execute(
            f"SELECT {REPORT} FROM stories WHERE event_id IN ({_marks(places)})"
            " ORDER BY event_id, event_time, story_id",
            [place.id for place in places],
        )
        for row in rows:
            reports[row["event_id"]].append(report_of(row))
        return [
            Event(
                event_id=place.id,
                title=self._title(own_of(reports[place.id])),
                reports=tuple(reports[place.id]),
                cursor=place,
            )
            for place in places
        ]

    def _title(self, reports: Sequence[Report]) -> str:
        """Return the headline of the report that is nearest to all others.

        Of those in the language that is wanted most, of those that are there.
        """
        told = {report.lang for report in reports}
        if wanted := next((one for one in self._headlines if one in told), None):
            reports = [report for report in reports if report.lang == wanted]
        if len(reports) <= FEW:
            return reports[0].headline
        searched: dict[int, NDArray[np.float32]] = {}
        for some in _parts([report.seq for report in reports]):
            rows = self._db.execute(
                f"SELECT seq, vectors FROM stories WHERE seq IN ({_marks(some)})", some
            )
            searched |= {row["seq"]: combine(vectors_of(row)) for row in rows}
        vectors = np.stack([searched[report.seq] for report in reports])
        return reports[int((vectors @ vectors.sum(axis=0)).argmax())].headline

    def resolve(self, given: str) -> str:
        """Return the id of the one story or event that is meant; after mergers today's.

        Args:
            given: an id or the beginning of one, also without its s- or e-; the URL of
                a story, or its whole title, written large or small.

        Raises:
            Misconfigured: nothing is called so, or more than one.
        """
        if given.startswith(("http://", "https://")):
            return self._at(given)
        is_bare = _BARE.fullmatch(given) is not None
        beginnings = [f"s-{given}", f"e-{given}"] if is_bare else [given]
        found = [one for beginning in beginnings for one in self._ids(beginning)]
        if (
            len({one[2:] for one in found}) == 1
        ):  # an event is called as its first story
            found = found[:1]
        if not found and given[:2] not in _KINDS:
            found = self._titled(given)
            if not found:
                raise Misconfigured(
                    f"{given!r} is no id: ids begin with s- or e-; nor is it the URL or"
                    " the title of a story"
                )
        if not found:
            raise Misconfigured(f"no id begins with {given!r}")
        if len(found) > 1 and found[0] != given:
            first = ", ".join(found[:3])
            raise Misconfigured(f"{given!r} is ambiguous: {first}; give more of it")
        return self.revisions.today(found[0]) if found[0][0] == "e" else found[0]

    def _ids(self, beginning: str) -> list[str]:
        """Return the first ids that begin so."""
        if beginning[:2] not in _KINDS:
            return []
        column, table = _KINDS[beginning[:2]]
        rows = self._db.execute(
            f"SELECT {column} FROM {table} WHERE {column} >= ? AND {column} < ?"
            f" ORDER BY {column} LIMIT 3",
            (beginning, beginning + "\uffff"),
        )
        return [str(row[0]) for row in rows]

    def _titled(self, title: str) -> list[str]:
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE json_extract(story, '$.title') = ?"
            " COLLATE NOCASE ORDER BY event_time DESC LIMIT 3",
            (title,),
        )
        return [str(row[0]) for row in rows]

    def _at(self, url: str) -> str:
        from samestory.story_keys import ids_at  # noqa: PLC0415  (0.01 s, not every question's)

        found = sorted(self.addresses.at_addresses(ids_at(url)))
        if len(found) != 1:
            raise Misconfigured(
                f"{len(found) or 'no'} stories are at {url}: give an id,"
                " see `samestory stories`"
            )
        return found[0]


class _Stamp(NamedTuple):
    """Which file a state is, and, where we are alone with it, in which condition.

    `is_alone`: nobody seems to write it, and we can make nothing beside it.
    """

    file: tuple[int, int]
    is_alone: bool
    size: int
    changed_ns: int


def _stamp(path: Path) -> _Stamp:
    """Return a state's stamp.

    Raises:
        Misconfigured: it is not there, or not for us to read.
    """
    _refuse_closed(path)
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise Misconfigured(
            f"no stories yet: {path} does not exist; bring some in with"
            " `samestory run --feed URL` or `samestory import FILE.jsonl`,"
            " or name another --state"
        ) from None
    alone = is_alone(path)
    size, changed = (stat.st_size, stat.st_mtime_ns) if alone else (0, 0)
    return _Stamp(file_of(path), alone, size, changed)


def _refuse_closed(path: Path) -> None:
    for one in (*reversed(path.absolute().parents), path):
        mode = os.R_OK if one == path else os.X_OK
        if may(one, os.F_OK) and not may(one, mode):
            raise Misconfigured(
                f"user {os.geteuid()} may not read {one}: its owner lets a group or all"
                " read by the setting index_readable, see docs/state.md; or ask as its"
                " owner"
            )


def _opened(path: Path) -> sqlite3.Connection:
    try:
        with judging(path):
            db = open_to_read(path)
            schema = int(db.execute("PRAGMA user_version").fetchone()[0])
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise refusal(error, f"state {path}", path) from error
    wrong = _wrong(schema, is_state="joins" in tables, is_empty=not tables)
    if wrong:
        db.close()
        raise Misconfigured(f"state {path}: {wrong}")
    db.create_function("has_words", 3, has_words, deterministic=True)
    return db


def _wrong(schema: int, *, is_state: bool, is_empty: bool) -> str | None:
    """Return why a file can't be asked, and what to do; None if it can."""
    if is_empty:
        return "it is empty: no stories yet, or its index worker begins just now"
    if not is_state:
        return "it holds something else"
    if schema < SCHEMA:
        return (
            f"schema {schema}, of an earlier samestory; its owner starts"
            f" `samestory run` or `samestory index` once, which brings it to {SCHEMA}"
        )
    if schema > SCHEMA:
        return (
            f"schema {schema}, this samestory knows {SCHEMA}; use the samestory that"
            " made it, or another --state"
        )
    return None


class Peek(NamedTuple):
    """What a state or snapshot stands for."""

    position: int
    journal_id: str | None
    stories: int
    events: int


def peek(path: Path) -> Peek:
    """Look into a state without touching it, whatever its schema."""
    db = open_to_read(path)
    try:
        with reading(db):
            meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
            stories, events = db.execute(
                "SELECT count(*), count(DISTINCT event_id) FROM stories"
            ).fetchone()
    finally:
        db.close()
    return Peek(int(meta.get("position", 0)), meta.get("journal"), stories, events)


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(rows), AT_ONCE):
        yield rows[begin : begin + AT_ONCE]
