"""The stream's seam: a durable log of topics, read by groups at their own pace.

Delivery is at least once: publish is durable on return, a group's position moves only
when it commits, and what was read but not committed comes again after a restart.
Positions are explicit: the position is the offset of the next record to be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

STORIES: Final = "stories"
JOURNAL: Final = "journal"
EVENTS: Final = "events"
QUARANTINE: Final = "quarantine"
TOPICS: Final = (STORIES, JOURNAL, EVENTS, QUARANTINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is published: raw bytes, a key that orders, headers as text."""

    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is read: a message at its place; `appended_at` in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    appended_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far a group is behind: records, and age in seconds of the oldest unread."""

    behind: int
    oldest_s: float | None


class Consumer(Protocol):
    """One group's reading of one topic."""

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """Return up to `limit` next records in order, waiting for the first of them."""
        ...

    def commit(self, positions: Mapping[int, int]) -> None:
        """Set the group's position in each partition; durable on return."""
        ...

    def seek(self, partition: int, position: int) -> None:
        """Read this position of the partition next."""
        ...


class Log(Protocol):
    """A durable log. Raises Retry when away, Misconfigured when it can't serve."""

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order; all of them are durable on return, or it raises."""
        ...

    def consumer(self, group: str, topic: str) -> Consumer:
        """Return the group's consumer, at its committed position or the beginning."""
        ...

    def lag(self, group: str, topic: str) -> Lag:
        """Return how far the group is behind the end of the topic."""
        ...

    def count(self, topic: str) -> int:
        """Return how many records were ever appended to the topic."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...
