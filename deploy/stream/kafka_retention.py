"""What we remove from Kafka's topics: what every stage has read, by age.

The broker keeps it for ever (`kafka_topics`), as its own retention knows no readers;
Kafka Streams does so with its repartition topics.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from samestory.deploy.stream.clock import JUMP_S, utc_text
from samestory.deploy.stream.kafka_client import asking

EVERY_S: Final = 300.0  # a dozen requests each
EARLIEST: Final = -2  # of ListOffsets

_log = logging.getLogger("samestory")


class KafkaRetention:
    """Removes records that are old by our clock and by the broker's."""

    def __init__(self, admin: Any, keep_s: float, clock: Callable[[], float]) -> None:
        """Remember what to keep, see `KafkaLog`."""
        self._admin, self._keep_s, self._clock = admin, keep_s, clock
        self._due_at = time.monotonic() + EVERY_S  # not in a command that is short
        self._stamp: float | None = None  # what the broker stamped last
        self._warned = False

    def is_due(self, stamp: float) -> bool:
        """Return whether it is time to remove something.

        Args:
            stamp: seconds since 1970 that the broker gave a record just now.
        """
        self._stamp = stamp
        if time.monotonic() < self._due_at:
            return False
        self._due_at = time.monotonic() + EVERY_S
        return True

    def trim(self, read: Mapping[Any, int]) -> int:
        """Remove a topic's old records; return how many.

        Nothing before the broker has stamped a record of ours: by then we know its
        clock, and what is old is so by both.

        Args:
            read: by partition, what the stage has committed; others are left alone.

        Raises:
            Retry: no answer.
            Misconfigured: we may not.
        """
        if self._stamp is None or not read:
            return 0
        end_ms = int((self._now(self._stamp) - self._keep_s) * 1000)
        with asking():
            first = self._admin.list_partition_offsets(dict.fromkeys(read, EARLIEST))
            young = self._admin.list_partition_offsets(
                dict.fromkeys(read, max(0, end_ms))
            )
        count = 0
        for part, position in read.items():
            has_young = young[part].offset >= 0
            limit = min(position, young[part].offset) if has_young else position
            if limit > first[part].offset:
                with asking():
                    self._admin.delete_records({part: limit})
                count += limit - first[part].offset
        return count

    def give_up(self, reason: Exception) -> None:
        """Try no more; say so."""
        self._due_at = float("inf")
        _log.warning(
            "this process removes nothing from Kafka's topics: %s; one that publishes"
            " must be allowed to Delete stories and journal, see docs/kafka.md",
            reason,
        )

    def _now(self, stamp: float) -> float:
        """Return the earlier of two clocks, so that a jump of one removes nothing."""
        wall = self._clock()
        if abs(wall - stamp) > JUMP_S and not self._warned:
            self._warned = True
            _log.warning(
                "this machine's clock says %s, the broker's %s: one of them jumped;"
                " records are kept as long as one of them asks for",
                *(utc_text(wall), utc_text(stamp)),
            )
        return min(wall, stamp)
