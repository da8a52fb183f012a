"""What an operator watches: how long stories take, and whether an event swallows."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from samestory.database import transaction
from samestory.days import DAY_S

LARGEST_S: Final = 7 * DAY_S  # event time in which the largest event is looked for
SWALLOWED: Final = 50  # reports of an event that may have swallowed others,
SWALLOWED_SHARE: Final = 0.2  # if it holds more than this share of the latest stories
LATENCIES: Final = 1_000  # stories whose way through the stages is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds that a story took to be embedded once published, then to be grouped."""

    embed_s: float
    index_s: float


class Largest(NamedTuple):
    """The largest event among the latest stories, and how many those are."""

    event_id: str
    reports: int
    stories: int

    @property
    def is_suspicious(self) -> bool:
        """Whether it may have swallowed others: too large a part of the news."""
        return (
            self.reports >= SWALLOWED and self.reports > SWALLOWED_SHARE * self.stories
        )


class Health:
    """Figures of a state."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def largest_event(self) -> Largest | None:
        """Return the largest event of the last LARGEST_S of event time.

        None in an empty state.
        """
        row = self._db.execute(
            "WITH latest AS (SELECT event_id FROM stories WHERE event_time >="
            " (SELECT max(event_time) FROM stories) - ?)"
            " SELECT event_id, count(*), (SELECT count(*) FROM latest) FROM latest"
            " GROUP BY event_id ORDER BY 2 DESC, 1 LIMIT 1",
            (LARGEST_S,),
        ).fetchone()
        return Largest(*row) if row else None

    def keep_latencies(self, latencies: Mapping[int, Latency]) -> None:
        """Keep the way of the latest stories, by journal offset."""
        with transaction(self._db):
            self._db.executemany(
                "INSERT OR REPLACE INTO latencies VALUES (?,?,?)",
                [
                    (n % LATENCIES, one.embed_s, one.index_s)
                    for n, one in latencies.items()
                ],
            )

    def latencies(self) -> list[Latency]:
        """Return those of the latest LATENCIES stories, in no order."""
        rows = self._db.execute("SELECT embed_s, index_s FROM latencies")
        return [Latency(embed_s=row[0], index_s=row[1]) for row in rows]

    def newest_first_seen(self) -> datetime | None:
        """Return when the story seen last was first seen; None in an empty state."""
        row = self._db.execute("SELECT max(first_seen) FROM stories").fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)
