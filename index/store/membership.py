"""Which stories are in which event."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from samestory.publishers import outlet_key


class Place(NamedTuple):
    """Where a story stands: its number in the order of arrival, its id, its event."""

    seq: int
    story_id: str
    event_id: str


class Membership(Protocol):
    """Events of stories by their numbers."""

    def events_of(self, seqs: Collection[int]) -> dict[int, str]:
        """Return the events of stories that are there."""
        ...

    def members(self, event_id: str) -> list[int]:
        """Return the stories of an event, in no order; empty if there is none."""
        ...

    def outlets_of(self, seqs: Collection[int]) -> dict[int, str]:
        """Return the publishers of stories that are there, see `family`."""
        ...

    def put(self, seq: int, event_id: str, outlet: str) -> None:
        """Let a story that is new be in an event."""
        ...

    def move(self, seq: int, event_id: str) -> None:
        """Let a story that is there be in another event."""
        ...

    def remove(self, seqs: Iterable[int]) -> None:
        """Let stories be in none."""
        ...


class Stored:
    """See `Membership`: the stories of a state, in the transaction of the moment.

    Nothing is kept in memory: a state of 300,000 stories is open at once, and what a
    crash rolls back is rolled back here, too. Stories come and go in their own table.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def events_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.events_of`."""
        marks = ",".join("?" * len(seqs))
        rows = self._db.execute(
            f"SELECT seq, event_id FROM stories WHERE seq IN ({marks})", tuple(seqs)
        )
        return {row[0]: row[1] for row in rows}

    def members(self, event_id: str) -> list[int]:
        """See `Membership.members`."""
        rows = self._db.execute(
            "SELECT seq FROM stories WHERE event_id = ?", (event_id,)
        )
        return [row[0] for row in rows]

    def outlets_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.outlets_of`."""
        marks = ",".join("?" * len(seqs))
        rows = self._db.execute(
            f"SELECT seq, outlet FROM stories WHERE seq IN ({marks})", tuple(seqs)
        )
        return {row[0]: outlet_key(row[1]) for row in rows}

    def ids_of(self, seqs: Sequence[int]) -> list[str]:
        """Return the ids of stories that are there, in the order given."""
        return [str(self._row("story_id", "seq", seq)) for seq in seqs]

    def seqs_of(self, story_ids: Iterable[str]) -> tuple[int, ...]:
        """Return the numbers of stories that are there, ascending."""
        return tuple(sorted(int(self._row("seq", "story_id", s)) for s in story_ids))

    def _row(self, column: str, by: str, value: str | int) -> str | int:
        (row,) = self._db.execute(
            f"SELECT {column} FROM stories WHERE {by} = ?", (value,)
        ).fetchone()
        return row  # type: ignore[no-any-return]

    def standing(self, story_id: str) -> Place:
        """Return where a story stands that is there."""
        (standing,) = self._standing("story_id", story_id)
        return standing

    def arrived(self, event_id: str) -> list[Place]:
        """Return an event's stories in their order of arrival; empty without any."""
        return self._standing("event_id", event_id)

    def _standing(self, column: str, value: str) -> list[Place]:
        rows = self._db.execute(
            f"SELECT seq, story_id, event_id FROM stories WHERE {column} = ?"
            " ORDER BY seq",
            (value,),
        )
        return [Place(*row) for row in rows]

    def put(self, seq: int, event_id: str, outlet: str) -> None:
        """See `Membership.put`: its row says so."""

    def move(self, seq: int, event_id: str) -> None:
        """See `Membership.move`."""
        self._db.execute(
            "UPDATE stories SET event_id = ? WHERE seq = ?", (event_id, seq)
        )

    def remove(self, seqs: Iterable[int]) -> None:
        """See `Membership.remove`: their rows are gone."""
