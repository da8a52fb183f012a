"""Who copied whom: prints of the texts, what pairs of reports share, which are copies.

Each story's voice stands in its own row (`stories.voice`), where questions count it.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from samestory.days import DAY_S
from samestory.index.copies.house_lines import REPEATED, house_lines
from samestory.index.copies.kept import CREDIT, Copied, Pair, turned_side, whose_in
from samestory.index.copies.relays import (
    CONFIRMING,
    Told,
    relays_in,
    second_source,
    stance_in,
)
from samestory.index.copies.relays import kept as relays_kept
from samestory.index.decision.stance import WITHDRAWN
from samestory.index.store.withdrawn import with_withdrawn
from samestory.story import Story

EARLY: Final = 50  # reports of an event, read first
HOLDERS: Final = 60  # stories of a print that are read, the first that came
PRINTS, LINES = "prints", "lines"  # numbers that are kept of each text
_SIZES: Final = {PRINTS: "<i4", LINES: "<i8"}
WINDOW_S: Final = 30 * DAY_S  # between two reports that are compared (passim's)


class Holder(NamedTuple):
    """A story that may share a passage: what tells whether it is worth reading.

    `prints` is how many it has, `shared` how many of them the other story has.
    """

    seq: int
    event_time: float
    outlet: str
    lang: str | None
    prints: int
    shared: int


class Neighbour(NamedTuple):
    """A story that shares words with another; of their pair it is b.

    `shared` is the pair as it is kept, or with a and b in each other's place.
    """

    seq: int
    event_time: float
    story_id: str
    outlet: str
    shared: str
    is_turned: bool

    @property
    def whose(self) -> str:
        """Whose text it is, see `Pair`."""
        whose = whose_in(self.shared)
        return turned_side(whose) if self.is_turned else whose

    @property
    def pair(self) -> Pair:
        """What the two share; decoded each time."""
        kept = Pair.decode(self.shared)
        return kept.turned() if self.is_turned else kept


class Kept(NamedTuple):
    """A copy in a list, by story ids."""

    story_id: str
    of_id: str
    of_outlet: str
    copied: Copied

    def to_json(self) -> dict[str, Any]:
        """Return what `event --json` says of a copy."""
        return {
            "story_id": self.story_id,
            "of": self.of_id,
            "share": round(self.copied.share, 3),
            "source": self.copied.source or None,
            "ground": self.copied.ground or None,
            "sources": self.copied.sources,
        }


class Copies:
    """The tables of who copied whom; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # texts

    def put_numbers(self, kind: str, seq: int, numbers: Iterable[int]) -> set[int]:
        """Keep numbers of a story in place of former ones; return what is other.

        Args:
            kind: PRINTS, see `prints_of`, or LINES, see `house_lines`.
            seq: the story's.
            numbers: as they are now.
        """
        row = self._db.execute(
            f"SELECT {kind} FROM texts WHERE seq = ?", (seq,)
        ).fetchone()
        size = _SIZES[kind]
        new = set(numbers)
        former = set(np.frombuffer(row[0], size).tolist()) if row else set()
        if gone := former - new:
            self._db.executemany(
                f"DELETE FROM {kind} WHERE number = ? AND seq = ?",
                [(one, seq) for one in gone],
            )
        self._db.executemany(
            f"INSERT INTO {kind} VALUES (?,?)",
            [(one, seq) for one in sorted(new - former)],
        )
        blob = np.array(sorted(new), size).tobytes()
        self._db.execute(
            f"INSERT INTO texts (seq, {kind}) VALUES (?,?)"
            f" ON CONFLICT (seq) DO UPDATE SET {kind} = excluded.{kind}",
            (seq, blob),
        )
        return former ^ new

    def drop_text(self, seq: int) -> set[int]:
        """Let go of a story's prints and lines; return the lines."""
        self.put_numbers(PRINTS, seq, ())
        lines = self.put_numbers(LINES, seq, ())
        self._db.execute("DELETE FROM texts WHERE seq = ?", (seq,))
        return lines

    def printing(self, lines: Iterable[int]) -> dict[int, list[int]]:
        """Return the stories that have each line, REPEATED + 1 of one at most."""
        rows = self._db.execute(
            "SELECT value, (SELECT json_group_array(seq) FROM (SELECT seq FROM lines"
            " WHERE number = value ORDER BY seq LIMIT ?)) FROM json_each(?)",
            (REPEATED + 1, _json(lines)),
        )
        return {line: json.loads(seqs) for line, seqs in rows}

    def repeated(self, story: Story) -> set[str]:
        """Return the lines of a story that its outlet repeats."""
        lines = house_lines(story)
        having = self.printing(lines)
        return {line for one, line in lines.items() if len(having[one]) >= REPEATED}

    def holders(self, prints: Collection[int], at: float) -> list[Holder]:
        """Return the stories of a time that have some of these prints.

        Args:
            prints: of one story.
            at: its time, seconds since the epoch.

        Returns:
            Those that have most of them first; the earliest of as many.
        """
        counts = Counter(self._holding(prints))
        if not counts:
            return []
        rows = self._db.execute(
            "SELECT s.seq, event_time, outlet, lang, length(prints) / 4"
            " FROM stories s JOIN texts t ON t.seq = s.seq"
            " WHERE s.seq IN (SELECT value FROM json_each(?))"
            " AND event_time BETWEEN ? AND ?",
            (_json(counts), at - WINDOW_S, at + WINDOW_S),
        )
        found = [Holder._make((*row, counts[row[0]])) for row in rows]
        return sorted(found, key=lambda one: (-one.shared, one.event_time, one.seq))

    def _holding(self, prints: Collection[int]) -> list[int]:
        """Return the stories that have each print: HOLDERS of one at most."""
        most = HOLDERS + len(prints)
        rows = self._db.execute(
            "SELECT number, seq FROM prints"
            " WHERE number IN (SELECT value FROM json_each(?)) LIMIT ?",
            (_json(prints), most),
        ).fetchall()
        if len(rows) < most:
            times = Counter(number for number, _ in rows)
            if all(count <= HOLDERS for count in times.values()):
                return [seq for _, seq in rows]
        return [
            seq
            for one in prints
            for (seq,) in self._db.execute(
                "SELECT seq FROM prints WHERE number = ? ORDER BY seq LIMIT ?",
                (one, HOLDERS),
            )
        ]

    # pairs

    def put_pair(self, a: int, b: int, pair: Pair) -> None:
        """Keep what two stories share."""
        low, high, kept = (a, b, pair) if a < b else (b, a, pair.turned())
        self._db.execute(
            "INSERT OR REPLACE INTO pairs (a, b, shared) VALUES (?,?,?)",
            (low, high, kept.encode()),
        )

    def neighbours(self, seq: int) -> Iterator[Neighbour]:
        """Return the stories that share words with one, by their time and id.

        Hearsay is none of them: it is nobody's source.
        """
        rows = self._db.execute(
            "SELECT other, event_time, story_id, outlet, shared FROM ("
            " SELECT b AS other, shared FROM pairs WHERE a = :me"
            " UNION ALL SELECT a, shared FROM pairs WHERE b = :me"
            ") CROSS JOIN stories ON seq = other WHERE NOT heard"
            " ORDER BY event_time, story_id",
            {"me": seq},
        ).fetchall()
        return (Neighbour._make((*row, row[0] < seq)) for row in rows)

    def title(self, seq: int) -> str:
        """Return a story's headline."""
        (title,) = self._db.execute(
            "SELECT json_extract(story, '$.title') FROM stories WHERE seq = ?", (seq,)
        ).fetchone()
        return str(title)

    def drop(self, seqs: Collection[int]) -> set[int]:
        """Let go of what stories share with others, and of their being copies.

        Returns:
            The stories that shared something with them.
        """
        given = (_json(seqs),)
        gone = "IN (SELECT value FROM json_each(?))"
        rows = [
            row
            for side in ("a", "b")
            for row in self._db.execute(
                f"DELETE FROM pairs WHERE {side} {gone} RETURNING a, b", given
            ).fetchall()
        ]
        self._db.execute(f"DELETE FROM copies WHERE seq {gone}", given)
        return {seq for row in rows for seq in row[:2]} - set(seqs)

    # copies

    def put(self, seq: int, copied: Copied | None) -> bool:
        """Keep that a story is a copy, or that it is none; tell whether it is news."""
        if copied == self.of(seq):
            return False
        self._db.execute("DELETE FROM copies WHERE seq = ?", (seq,))
        if copied is not None:
            self._db.execute(
                "INSERT INTO copies (seq, source, covered, own, whose, ground, sources)"
                " VALUES (?,?,?,?,?,?,?)",
                (
                    seq,
                    copied.of,
                    copied.covered,
                    copied.own,
                    copied.source,
                    copied.ground,
                    copied.sources,
                ),
            )
        return True

    def of(self, seq: int) -> Copied | None:
        """Return what a story copies; None if it is its own."""
        row = self._db.execute("SELECT * FROM copies WHERE seq = ?", (seq,)).fetchone()
        return _copied(row) if row else None

    def copies_of(self, seq: int) -> list[int]:
        """Return the stories that are copies of one."""
        rows = self._db.execute(
            "SELECT seq FROM copies WHERE source = ? ORDER BY seq", (seq,)
        )
        return [row[0] for row in rows]

    def credited(self, seq: int, but: str) -> str:
        """Return whose text the first copy of a story says it is; "" if none does.

        Args:
            seq: of the story.
            but: a name that does not count, large or small.
        """
        row = self._db.execute(
            "SELECT c.whose FROM copies c JOIN stories s ON s.seq = c.seq"
            " WHERE c.source = ? AND c.ground = ? AND c.whose <> ? COLLATE NOCASE"
            " ORDER BY s.event_time, s.story_id LIMIT 1",
            (seq, CREDIT, but),
        ).fetchone()
        return str(row[0]) if row else ""

    def in_event(self, event_id: str) -> list[Kept]:
        """Return the copies among an event's reports, by their time and id."""
        rows = self._db.execute(
            "SELECT s.story_id, o.story_id AS of_id, o.outlet AS of_outlet, c.*"
            " FROM stories s JOIN copies c ON c.seq = s.seq"
            " JOIN stories o ON o.seq = c.source WHERE s.event_id = ?"
            " ORDER BY s.event_time, s.story_id",
            (event_id,),
        )
        return [Kept(row[0], row[1], row[2], _copied(row)) for row in rows]

    def digest_lines(self) -> Iterator[str]:
        """Yield what is told of each story: whom it copies, and whose voice it is."""
        for row in self._db.execute(
            "SELECT s.story_id, o.story_id, c.covered, c.whose, c.ground, s.voice"
            " FROM stories s"
            " LEFT JOIN copies c ON c.seq = s.seq"
            " LEFT JOIN stories o ON o.seq = c.source ORDER BY s.story_id"
        ):
            yield " ".join(str(one) for one in row)

    # voices

    def voice(self, seq: int) -> str | None:
        """Return a story's voice; "" for none, None if it was not yet told."""
        row = self._db.execute(
            "SELECT voice FROM stories WHERE seq = ?", (seq,)
        ).fetchone()
        return None if row is None else row[0]

    def set_voice(self, seq: int, voice: str) -> None:
        """Keep whose voice a story is."""
        self._db.execute("UPDATE stories SET voice = ? WHERE seq = ?", (voice, seq))

    def second_source(self, event_id: str) -> str | None:
        """Return the first report of an event of other knowledge than the first.

        None where one is alone; see `copies.relays`.
        """
        voices, reports = self._db.execute(
            "SELECT count(DISTINCT nullif(voice, '')), count(*) FROM stories"
            " WHERE event_id = ?",
            (event_id,),
        ).fetchone()
        if voices < CONFIRMING:
            return None
        if reports > EARLY:  # as a rule one of the first is it, if none is taken back
            second = self._second_of(event_id, EARLY)
            if second is not None and not self._has_withdrawn(event_id):
                return second
        return self._second_of(event_id, -1)

    def _second_of(self, event_id: str, most: int) -> str | None:
        rows = self._db.execute(
            "SELECT story_id, outlet, voice, relays, event_time FROM stories"
            " WHERE event_id = ? ORDER BY event_time, story_id LIMIT ?",
            (event_id, most),
        ).fetchall()
        told = [told_of(*row[1:]) for row in rows]
        second = second_source(with_withdrawn(told))
        return None if second is None else str(rows[second][0])

    def _has_withdrawn(self, event_id: str) -> bool:
        (has,) = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM stories WHERE event_id = ?"
            " AND relays LIKE ? || '%')",
            (event_id, relays_kept((), WITHDRAWN)),
        ).fetchone()
        return bool(has)

    def untold(self, limit: int) -> list[int]:
        """Return stories whose voice was not yet told, in order of arrival."""
        rows = self._db.execute(
            "SELECT seq FROM stories INDEXED BY stories_event WHERE voice IS NULL"
            " ORDER BY seq LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]


def told_of(outlet: str, voice: str | None, kept: str, at: float) -> Told:
    """Return what a report tells, of what is kept of it."""
    return Told(outlet, voice or "", relays_in(kept), stance_in(kept), at)


def _copied(row: sqlite3.Row) -> Copied:
    return Copied(
        of=row["source"],
        covered=row["covered"],
        own=row["own"],
        source=row["whose"],
        ground=row["ground"],
        sources=row["sources"],
    )


def _json(seqs: Iterable[int] | Sequence[int]) -> str:
    return "[" + ",".join(map(str, seqs)) + "]"
