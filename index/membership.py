"""Which stories are in which event: in the state, or in memory for what is measured."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Protocol

from samestory.index.corroboration import family


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


class InMemory:
    """See `Membership`."""

    def __init__(self) -> None:
        self._event_of: dict[int, str] = {}
        self._members: dict[str, dict[int, None]] = {}
        self._outlets: dict[int, str] = {}

    def events_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.events_of`."""
        return {seq: self._event_of[seq] for seq in seqs}

    def members(self, event_id: str) -> list[int]:
        """See `Membership.members`."""
        return list(self._members.get(event_id, ()))

    def outlets_of(self, seqs: Collection[int]) -> dict[int, str]:
        """See `Membership.outlets_of`."""
        return {seq: self._outlets[seq] for seq in seqs}

    def put(self, seq: int, event_id: str, outlet: str) -> None:
        """See `Membership.put`."""
        self.remove([seq])
        self._event_of[seq], self._outlets[seq] = event_id, outlet
        self._members.setdefault(event_id, {})[seq] = None

    def move(self, seq: int, event_id: str) -> None:
        """See `Membership.move`."""
        self.put(seq, event_id, self._outlets[seq])

    def remove(self, seqs: Iterable[int]) -> None:
        """See `Membership.remove`."""
        for seq in seqs:
            before = self._event_of.pop(seq, None)
            if before is not None:
                del self._members[before][seq]
                if not self._members[before]:
                    del self._members[before]


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
        return {row[0]: family(row[1]) for row in rows}

    def put(self, seq: int, event_id: str, outlet: str) -> None:
        """See `Membership.put`: its row says so."""

    def move(self, seq: int, event_id: str) -> None:
        """See `Membership.move`."""
        self._db.execute(
            "UPDATE stories SET event_id = ? WHERE seq = ?", (event_id, seq)
        )

    def remove(self, seqs: Iterable[int]) -> None:
        """See `Membership.remove`: their rows are gone."""
