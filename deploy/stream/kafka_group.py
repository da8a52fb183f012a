"""Groups on Kafka: who reads which partitions, and how far they are.

kafka-python's poll never says that a broker is frozen, that a topic is another one of
the same name, or that another process took our name over; and once it has met bytes
that it can't read it never returns. So each poll is timed, what is silent or was not
looked at for a while is asked, and a client that failed so is made anew.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from samestory.deploy.stream.kafka_client import (
    OffsetAndMetadata,
    asking,
    close_client,
    errors,
    record_of,
)
from samestory.deploy.stream.kafka_note import Noted
from samestory.deploy.stream.log import Fenced, Record
from samestory.errors import Misconfigured, Retry

COMMIT_S: Final = 5.0
POLL_S: Final = 0.5  # a longer poll is not cut short by a signal
STUCK_S: Final = 30.0  # a poll of POLL_S that takes so long never returns

_log = logging.getLogger("samestory")


class _StuckError(Exception):
    """A poll that does not return."""


class KafkaConsumer:
    """See `Consumer`."""

    def __init__(
        self,
        make: Callable[[], Any],
        topic: str,
        parts: Sequence[Any],
        *,
        is_member: bool,
        holder: str,
        fingerprint: Callable[[], str],
        check_s: float,
        stall_s: float,
    ) -> None:
        """Read a topic's partitions.

        Args:
            make: returns a client of our group.
            topic: one of TOPICS.
            parts: all that the topic has.
            is_member: shares them with others, else reads all of them.
            holder: who reads all of them alone, for others to see; "" for nobody.
            fingerprint: returns that of the topic now.
            check_s: seconds between two looks at what poll does not tell.
            stall_s: see `KafkaLog`.
        """
        self._check_s = check_s
        self._stall_s = stall_s
        self._read_at = time.monotonic()
        self._make = make
        self._topic = topic
        self._parts = list(parts)
        self._is_member = is_member
        self._holder = holder
        self._is_alone = is_member or bool(holder)
        self._beat_at = time.monotonic()
        self._fingerprint = fingerprint
        self._made = fingerprint()
        self._checked = time.monotonic()
        self._next: dict[Any, int] = {}
        self._committed: dict[int, tuple[int, str]] = {}
        self._client: Any = None
        self._open()

    def _open(self) -> None:
        close_client(self._client)
        self._client = self._make()
        if self._is_member:
            self._client.subscribe([self._parts[0].topic])
            return
        self._client.assign(self._parts)
        for part, position in self._next.items():
            self._client.seek(part, position)

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See `Consumer.poll`."""
        end = time.monotonic() + timeout_s
        while True:
            left = max(0.0, end - time.monotonic())
            rows = self._poll(limit, left)
            if time.monotonic() - self._checked > self._check_s:
                self._check()
            if rows:
                self._read_at = time.monotonic()
            self._next |= {part: of[-1].offset + 1 for part, of in rows.items() if of}
            if rows or left <= 0:
                return [
                    record_of(self._topic, row)
                    for part in sorted(rows, key=lambda part: part.partition)
                    for row in rows[part]
                ]

    def _poll(self, limit: int, timeout_s: float) -> Mapping[Any, Sequence[Any]]:
        try:
            with _limited(STUCK_S):
                rows: Mapping[Any, Sequence[Any]] = self._client.poll(
                    timeout_ms=int(min(timeout_s, POLL_S) * 1000), max_records=limit
                )
            return rows
        except _StuckError:
            self._open()
            raise Retry(f"kafka: poll of {self._topic} did not return") from None
        except (errors.CorruptRecordError, errors.UnsupportedCodecError) as error:
            self._open()  # another poll would never return
            raise Misconfigured(
                f"kafka: topic {self._topic} holds bytes that can't be read: {error};"
                " restore that partition on the broker, install the codec it names, or"
                " set check_crcs to false to read on: what then is no message"
                " goes to the quarantine"
            ) from error
        except errors.NoOffsetForPartitionError:
            self._begin()
            return {}
        except errors.OffsetOutOfRangeError as error:
            raise Misconfigured(
                f"topic {self._topic}: the position to read from is not there any more"
                f" ({error}): retention passed it, or the broker lost data; start from"
                " what is there with another group or --state"
            ) from error
        except errors.AuthorizationError as error:
            raise Misconfigured(f"kafka: not allowed to read: {error}") from error
        except (errors.KafkaError, OSError) as error:
            raise Retry(f"kafka: poll of {self._topic}: {error}") from error

    def _check(self) -> None:
        """Ask whether the broker answers, the topic is the same, and we are ourselves.

        Raises:
            Retry: no answer.
            Misconfigured: another topic, partitions that were added, another process
                of our name, or another holder.
        """
        try:
            now = self._fingerprint()
        except Retry as error:
            silent_s = time.monotonic() - self._checked
            raise Retry(
                f"no answer from kafka for {silent_s:.0f} s ({error})"
            ) from error
        if now != self._made:
            raise Misconfigured(_another(self._topic, self._made, now))
        self._checked = time.monotonic()
        self._unstick()
        ours = {part.partition for part in self._client.assignment()}
        if self._is_alone and ours and ours <= set(self._committed):
            # Only a commit says that another process took over our name, and tells
            # others that we live.
            again = {part: self._committed[part] for part in ours}
            self.commit(
                {part: position for part, (position, _) in again.items()},
                {part: note for part, (_, note) in again.items()},
            )

    def _unstick(self) -> None:
        """Make a new client where nothing comes though there is something to read."""
        silent_s = time.monotonic() - self._read_at
        if silent_s < self._stall_s:
            return
        self._read_at = time.monotonic()
        parts = list(self._client.assignment())
        timeout_ms = int(COMMIT_S * 1000)
        with asking():
            ends = self._client.end_offsets(parts, timeout_ms=timeout_ms)
            waiting = sum(
                end - self._client.position(part, timeout_ms=timeout_ms)
                for part, end in ends.items()
            )
        if waiting > 0:
            _log.warning(
                "kafka: nothing of topic %s came for %.0f s though %d records wait:"
                " reading with a new client",
                *(self._topic, silent_s, waiting),
            )
            self._open()

    def _begin(self) -> None:
        """Read partitions that the group never committed from their beginning."""
        with asking():
            for part in self._client.assignment():
                if (
                    self._client.committed(part, timeout_ms=int(COMMIT_S * 1000))
                    is None
                ):
                    self._client.seek_to_beginning(part)

    def keep(self) -> None:
        """See `Consumer.keep`: a poll of paused partitions brings nothing."""
        parts = self._client.assignment()
        self._client.pause(*parts)
        try:
            self._client.poll(timeout_ms=0)
        except (errors.KafkaError, OSError) as error:
            raise Retry(f"kafka: {error}") from error
        finally:
            self._client.resume(*(parts & self._client.assignment()))

    def commit(
        self, positions: Mapping[int, int], notes: Mapping[int, str] | None = None
    ) -> None:
        """See `Consumer.commit`."""
        by_number = {part.partition: part for part in self._client.assignment()}
        if not set(positions) <= set(by_number):
            raise Fenced(f"topic {self._topic}: partitions went to another member")
        self._refuse_other_holder()
        noted = {
            p: (position, (notes or {}).get(p, "")) for p, position in positions.items()
        }
        offsets = {
            by_number[p]: OffsetAndMetadata(position, self._noted(note), -1)
            for p, (position, note) in noted.items()
        }
        try:
            self._client.commit(offsets, timeout_ms=int(COMMIT_S * 1000))
        except errors.FencedInstanceIdError as error:
            raise Misconfigured(
                f"this member of topic {self._topic} was taken over by another process"
                " of that name: stop one of them, or set `member` apart"
            ) from error
        except (errors.CommitFailedError, errors.UnknownMemberIdError) as error:
            raise Fenced(f"topic {self._topic}: {error}") from error
        except (errors.KafkaError, OSError, RuntimeError) as error:
            raise Retry(f"kafka: commit of {self._topic}: {error}") from error
        self._beat_at = time.monotonic()
        self._committed = {
            p: said for p, said in (self._committed | noted).items() if p in by_number
        }

    def notes(self) -> dict[int, str]:
        """See `Consumer.notes`."""
        notes = {}
        for number, noted in self._noted_by_group():
            if noted.made not in ("", self._made):
                raise Misconfigured(_another(self._topic, noted.made, self._made))
            notes[number] = noted.note
        return notes

    def _noted_by_group(self) -> Iterator[tuple[int, Noted]]:
        """Yield (partition, what was noted at its last commit) of our partitions."""
        for part in self._client.assignment():
            with asking():
                kept = self._client.committed(
                    part, metadata=True, timeout_ms=int(COMMIT_S * 1000)
                )
            yield part.partition, Noted.read(kept.metadata if kept else "")

    def _noted(self, note: str) -> str:
        return str(
            Noted(
                note=note,
                made=self._made,
                partitions=len(self._parts),
                holder=self._holder,
            )
        )

    def _refuse_other_holder(self) -> None:
        """Stop where another took the topic over while we were silent.

        Raises:
            Misconfigured: says who.
        """
        if not self._holder or time.monotonic() - self._beat_at < self._check_s:
            return
        for _, noted in self._noted_by_group():
            if noted.holder not in ("", self._holder):
                raise Misconfigured(held_by_another(self._topic, noted.holder))

    def seek(self, partition: int, position: int) -> None:
        """See `Consumer.seek`."""
        for part in self._client.assignment():
            if part.partition == partition:
                self._client.seek(part, position)
                self._next[part] = position
                return
        raise Misconfigured(f"topic {self._topic} has no partition {partition}")

    def close(self) -> None:
        """See `Consumer.close`."""
        close_client(self._client)


def held_by_another(topic: str, holder: str) -> str:
    """Return what to tell who is not the only reader of a topic."""
    return (
        f"topic {topic} is read by the index of {holder}: there can be one for a broker"
        " and kafka_prefix; stop that one, or read with `samestory replay --into DIR`,"
        " which disturbs nobody"
    )


def _another(topic: str, was: str, now: str) -> str:
    return (
        f"topic {topic} was {was}, is {now} (cluster/topic): it was made anew, or the"
        " broker lost its data; bring the former one back, or start from the new one's"
        " beginning with another kafka_prefix and --state"
    )


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise _StuckError in the main thread if it takes longer; elsewhere nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def raise_stuck(_: int, __: object) -> None:
        raise _StuckError

    before = signal.signal(signal.SIGALRM, raise_stuck)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
