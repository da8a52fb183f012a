"""The stream's seam: a durable log of topics, read by groups at their own pace.

Delivery is at least once: publish is durable on return, a group's position moves only
when it commits, and what was read but not committed comes again. Positions are
explicit: a position is the offset of the next record to be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from samestory.errors import Misconfigured, Retry

STORIES: Final = "stories"
JOURNAL: Final = "journal"
EVENTS: Final = "events"
QUARANTINE: Final = "quarantine"
TOPICS: Final = (STORIES, JOURNAL, EVENTS, QUARANTINE)
# Which stage reads which topic: what it has not read is never removed.
READERS: Final = {"embed": STORIES, "index": JOURNAL}
PUBLISHED_AT: Final = "published_at"  # header: when its story came in, s since 1970


class Fenced(Retry):
    """Our partitions went to another member: drop the batch and poll again."""


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
    """A group in one partition: where it reads on, records behind, their oldest's age.

    `oldest_s` is in seconds, None if nothing is unread.
    """

    partition: int
    position: int
    behind: int
    oldest_s: float | None


class Consumer(Protocol):
    """One member's reading of one topic. One thread at a time."""

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """Return up to `limit` next records, in order within each partition.

        Waits for the first of them, at most timeout_s.
        """
        ...

    def keep(self) -> None:
        """Stay a member while a batch is worked on; call it at least every 10 s."""
        ...

    def commit(
        self, positions: Mapping[int, int], notes: Mapping[int, str] | None = None
    ) -> None:
        """Set the group's positions, each with a note (else ""); durable on return.

        Raises:
            Fenced: one of the partitions is not ours any more; nothing was set.
        """
        ...

    def notes(self) -> dict[int, str]:
        """Return, for our partitions, what was noted at the last commit; "" if none."""
        ...

    def seek(self, partition: int, position: int) -> None:
        """Read this position of the partition next."""
        ...

    def close(self) -> None:
        """Stop reading; others take over at once, on Kafka when the session ends."""
        ...


class Log(Protocol):
    """A durable log. Raises Retry when away, Misconfigured when it can't serve."""

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order; all of them are durable on return, or it raises.

        A key is always in the same partition, by Kafka's murmur2 on every backend.
        """
        ...

    def consumer(self, group: str, topic: str, member: str | None = None) -> Consumer:
        """Return a consumer at the group's committed positions or the beginning.

        Args:
            group: whose positions.
            topic: one of TOPICS.
            member: shares the partitions with the group's other members, under a name
                that the last to take it holds; None reads all partitions alone.
        """
        ...

    def read(
        self, topic: str, partition: int, position: int, limit: int
    ) -> list[Record]:
        """Return up to `limit` records from a position on, for no group."""
        ...

    def lag(self, group: str, topic: str) -> list[Lag]:
        """Return how far the group is behind the end, by partition."""
        ...

    def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has."""
        ...

    def count(self, topic: str) -> int:
        """Return how many records were ever appended to the topic."""
        ...

    def fingerprint(self, topic: str) -> str:
        """Return the name of this very topic; another one when it is made anew."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


def partitions_of(partitions: Mapping[str, int], topic: str) -> int:
    """Return how many partitions a topic has.

    Raises:
        Misconfigured: there is no such topic.
    """
    if topic not in partitions:
        raise Misconfigured(
            f"topic {topic!r} does not exist; there are {', '.join(TOPICS)}"
        )
    return int(partitions[topic])


def ends(log: Log, group: str, topic: str) -> dict[int, int]:
    """Return, by partition, where a group is when it has read all that is there now."""
    return {lag.partition: lag.position + lag.behind for lag in log.lag(group, topic)}


def short_of(log: Log, group: str, topic: str, target: Mapping[int, int]) -> int:
    """Return how many records a group has not committed before `target`, see `ends`.

    Partition by partition: one that is further does not make up for another.
    """
    return sum(
        max(0, target.get(lag.partition, 0) - lag.position)
        for lag in log.lag(group, topic)
    )


def behind(log: Log, group: str, topic: str) -> int:
    """Return how many records the group has not committed, over all partitions."""
    return sum(lag.behind for lag in log.lag(group, topic))
