"""Groups on Kafka: who reads which partitions, and how far they are."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.stream.kafka_client import (
    OffsetAndMetadata,
    close_client,
    errors,
    record_of,
)
from deploy.stream.log import Fenced, Record
from ingest.errors import Misconfigured, Retry

COMMIT_S: Final = 5.0
POLL_S: Final = 0.5  # a longer poll is not cut short by a signal


class KafkaConsumer:
    """See `Consumer`."""

    def __init__(
        self, client: Any, topic: str, parts: Sequence[Any], *, is_member: bool
    ) -> None:
        self._client = client
        self._topic = topic
        self._is_member = is_member
        if is_member:
            client.subscribe([parts[0].topic])
        else:
            client.assign(list(parts))

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See `Consumer.poll`."""
        end = time.monotonic() + timeout_s
        while True:
            left = max(0.0, end - time.monotonic())
            rows = self._poll(limit, left)
            if rows or left <= 0:
                return [
                    record_of(self._topic, row)
                    for part in sorted(rows, key=lambda part: part.partition)
                    for row in rows[part]
                ]

    def _poll(self, limit: int, timeout_s: float) -> Mapping[Any, Sequence[Any]]:
        try:
            found: Mapping[Any, Sequence[Any]] = self._client.poll(
                timeout_ms=int(min(timeout_s, POLL_S) * 1000), max_records=limit
            )
            return found
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

    def _begin(self) -> None:
        """Read partitions that the group never committed from their beginning."""
        for part in self._client.assignment():
            if self._client.committed(part) is None:
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
        offsets = {
            by_number[p]: OffsetAndMetadata(position, (notes or {}).get(p, ""), -1)
            for p, position in positions.items()
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

    def notes(self) -> dict[int, str]:
        """See `Consumer.notes`."""
        found = {}
        for part in self._client.assignment():
            kept = self._client.committed(part, metadata=True)
            found[part.partition] = kept.metadata if kept else ""
        return found

    def seek(self, partition: int, position: int) -> None:
        """See `Consumer.seek`."""
        for part in self._client.assignment():
            if part.partition == partition:
                self._client.seek(part, position)
                return
        raise Misconfigured(f"topic {self._topic} has no partition {partition}")

    def close(self) -> None:
        """See `Consumer.close`."""
        close_client(self._client)
