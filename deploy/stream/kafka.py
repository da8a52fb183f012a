"""The log on Apache Kafka: many machines, or a broker you already run.

Raw bytes only, explicit offsets only, acks=all with every answer awaited, and no
idempotent producer: kafka-python's can hang for ever after a failure, and the index
drops what comes twice anyway.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from samestory.days import DAY_S
from samestory.deploy.stream.kafka_address import KafkaAddress, knock
from samestory.deploy.stream.kafka_client import (
    asking,
    close_client,
    connected,
    errors,
    kafka,
    mechanism_of,
    record_of,
    warn_of_missing_libraries,
)
from samestory.deploy.stream.kafka_group import KafkaConsumer, held_by_another
from samestory.deploy.stream.kafka_note import Noted
from samestory.deploy.stream.kafka_retention import KafkaRetention
from samestory.deploy.stream.kafka_topics import MAX_MESSAGE, KafkaTopics
from samestory.deploy.stream.log import (
    READERS,
    TOPICS,
    Lag,
    Message,
    Record,
    partitions_of,
)
from samestory.deploy.stream.partition import partition_of
from samestory.errors import Misconfigured, Quarantine, Retry

EARLIEST: Final = -2  # of ListOffsets
LATEST: Final = -1
_log = logging.getLogger("samestory")
HOLDER_S: Final = 2.5  # times `answer_s`: a holder that was silent so long is gone
COORDINATOR_S: Final = 15.0  # a new cluster makes its offsets topic at the first group


class KafkaLog:
    """See `Log`. One object for each thread."""

    def __init__(
        self,
        address: KafkaAddress,
        *,
        partitions: Mapping[str, int] | None = None,
        retention_s: float = 30 * DAY_S,
        replication: int = 1,
        session_s: float = 45.0,
        batch_s: float = 600.0,
        ack_s: float = 30.0,
        answer_s: float = 10.0,
        stall_s: float = 300.0,
        check_crcs: bool = True,
        holder: str = "",
        clock: Callable[[], float] = time.time,
        mend: Callable[[str], None] | None = None,
    ) -> None:
        """Connect; make the topics that are missing, verify those that are there.

        Args:
            address: where and who.
            partitions: by topic; where it says nothing, PARTITIONS for a new topic and
                whatever one has that is there.
            retention_s: seconds that records are kept at least; those of new topics
                that no stage reads, by the broker.
            replication: copies of new topics.
            session_s: seconds of silence after which a member's partitions move.
            batch_s: seconds without poll or keep after which they move, too.
            ack_s: seconds after which a publish that nobody acknowledged failed.
            answer_s: seconds without an answer after which a broker counts as away;
                so often each reader asks, beside its polls.
            stall_s: seconds after which a reader that gets nothing, though there is
                something, makes a new client.
            check_crcs: refuse records whose checksum is wrong.
            holder: who we are where we read a topic alone: another holder that lives
                is refused, and refuses us; "" for nobody.
            clock: seconds since the epoch.
            mend: set topics right that are not as they must be, and tell it this, a
                line each; None refuses them.

        Raises:
            Retry: no broker answers.
            Misconfigured: a broker does not let us in, or a topic is not as the
                settings say; says both values.
        """
        address.check()
        knock(address, mechanism_of(address))
        warn_of_missing_libraries()
        self._address = address
        self._producer: Any = None
        self._reader: Any = None
        self._consumers: list[KafkaConsumer] = []
        self._session_s = session_s
        self._batch_s = batch_s
        self._ack_s = ack_s
        self._check_crcs = check_crcs
        self._answer_s = answer_s
        self._stall_s = stall_s
        self._admin: Any = self._new_admin()
        self._offset_reader: Any = None  # an admin client, for `_offsets_of`
        self._holder, self._clock = holder, clock
        self._seen: dict[Any, tuple[str, float]] = {}  # beats of other holders, since
        self._wanted = dict(partitions or {})
        self._retention = KafkaRetention(self._admin, retention_s, clock)
        self._topics = KafkaTopics(
            self._admin,
            address,
            retention_s=retention_s,
            replication=replication,
            mend=mend,
        )
        try:
            self._partitions = {
                topic: self._topics.opened(topic, self._wanted.get(topic))
                for topic in TOPICS
            }
        except BaseException:
            self.close()
            raise

    def _new_admin(self) -> Any:
        return connected(
            self._address,
            kafka.KafkaAdminClient,
            request_timeout_ms=int(self._answer_s * 1000),
        )

    def _name(self, name: str) -> str:
        return self._address.prefix + name

    def _parts(self, topic: str) -> list[Any]:
        name = self._name(topic)
        return [kafka.TopicPartition(name, p) for p in range(self._known(topic))]

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Log.publish`: acks=all, each answer awaited."""
        self._known(topic)
        if not messages:
            return
        if self._producer is None:
            self._producer = connected(
                self._address,
                kafka.KafkaProducer,
                acks="all",
                # The idempotent one dies or hangs after a failure; the index drops
                # what comes twice anyway.
                enable_idempotence=False,
                max_in_flight_requests_per_connection=1,
                linger_ms=20,
                batch_size=262_144,
                max_request_size=MAX_MESSAGE,
                request_timeout_ms=int(self._ack_s * 500),
                delivery_timeout_ms=int(self._ack_s * 1000),
                max_block_ms=int(self._address.bootstrap_s * 1000),
            )
        try:
            sent = [self._send(topic, message) for message in messages]
            end = time.monotonic() + self._ack_s + 5
            self._producer.flush(timeout=self._ack_s + 5)  # not waiting for linger_ms
            done = [one.get(timeout=max(0.1, end - time.monotonic())) for one in sent]
        except errors.MessageSizeTooLargeError as error:
            self._drop_producer()
            raise Quarantine(f"message too large for topic {topic}: {error}") from error
        except (errors.KafkaError, OSError, RuntimeError) as error:
            self._drop_producer()
            copies = self._copies(topic)
            raise Retry(f"kafka: publish to {topic}: {error}{copies}") from error
        if self._retention.is_due(done[-1].timestamp / 1000):
            self.trim()

    def trim(self) -> int:
        """Remove what every stage has read and is old; return how many records.

        A failure can wait; a broker that forbids it is named once.
        """
        count = 0
        try:
            for group, topic in READERS.items():
                read = self._committed(group, topic)
                positions = {part: position for part, (position, _) in read.items()}
                count += self._retention.trim(positions)
        except Misconfigured as error:
            self._retention.give_up(error)
        except Retry as error:
            _log.debug("retention: %s", error)
        return count

    def _copies(self, topic: str) -> str:
        """Return which partitions lack copies, for a message; "" if none or unknown."""
        try:
            (described,) = self._admin.describe_topics([self._name(topic)])
        except (errors.KafkaError, OSError, RuntimeError):
            return ""
        return "".join(
            f"; {topic}:{one['partition_index']} has {len(one['isr_nodes'])} of"
            f" {len(one['replica_nodes'])} copies in step"
            for one in described["partitions"]
            if len(one["isr_nodes"]) < len(one["replica_nodes"])
        )

    def _send(self, topic: str, message: Message) -> Any:
        return self._producer.send(
            self._name(topic),
            # By the number that we know: keys don't move where partitions are added.
            partition=partition_of(message.key, self._partitions[topic]),
            key=message.key.encode("utf-8", "replace"),
            value=message.value,
            headers=[(name, text.encode()) for name, text in message.headers.items()],
        )

    def _drop_producer(self) -> None:
        """After a failure a producer may never answer again: make another."""
        producer, self._producer = self._producer, None
        close_client(producer)

    def consumer(
        self, group: str, topic: str, member: str | None = None
    ) -> KafkaConsumer:
        """See `Log.consumer`."""
        held = self._committed(group, topic)
        holder = "" if member else self._holder
        if holder:
            self._refuse_other_holder(topic, held)
        static = {"group_instance_id": self._instance(topic, member)} if member else {}
        make = partial(
            connected,
            self._address,
            kafka.KafkaConsumer,
            check_crcs=self._check_crcs,
            group_id=self._name(group),
            enable_auto_commit=False,
            auto_offset_reset="none",  # a gap is never passed over in silence
            max_poll_interval_ms=int(self._batch_s * 1000),
            session_timeout_ms=int(self._session_s * 1000),
            heartbeat_interval_ms=int(min(3.0, self._session_s / 3) * 1000),
            isolation_level="read_committed",
            **static,
        )
        consumer = KafkaConsumer(
            make,
            topic,
            self._parts(topic),
            is_member=member is not None,
            holder=holder,
            fingerprint=partial(self.fingerprint, topic),
            check_s=self._answer_s,
            stall_s=self._stall_s,
        )
        self._consumers.append(consumer)
        if holder and held:  # from now on others see that it is ours
            ours = {part.partition: kept for part, kept in held.items()}
            consumer.commit(
                {number: position for number, (position, _) in ours.items()},
                {number: noted.note for number, (_, noted) in ours.items()},
            )
        return consumer

    def _instance(self, topic: str, member: str) -> str:
        """Return a member's name: another one where the settings say another number.

        A name that comes again keeps the partitions it had; none of those that were
        added would ever be read.
        """
        return f"{member}.{self._wanted[topic]}" if topic in self._wanted else member

    def _refuse_other_holder(
        self, topic: str, held: Mapping[Any, tuple[int, Noted]]
    ) -> None:
        """Let nobody read a topic alone that another holder reads.

        Raises:
            Retry: another held it; whether it lives is not known yet.
            Misconfigured: it lives.
        """
        for part, (_, noted) in held.items():
            if noted.holder in ("", self._holder):
                continue
            beat, since = self._seen.setdefault(part, (noted.beat, time.monotonic()))
            if noted.beat != beat:
                raise Misconfigured(held_by_another(topic, noted.holder))
            if time.monotonic() - since < HOLDER_S * self._answer_s:
                raise Retry(
                    f"topic {topic} was read by the index of {noted.holder}: looking"
                    f" for {HOLDER_S * self._answer_s:.0f} s whether it still runs"
                )

    def read(
        self, topic: str, partition: int, position: int, limit: int
    ) -> list[Record]:
        """See `Log.read`."""
        if not 0 <= partition < self._known(topic):
            raise Misconfigured(f"topic {topic} has no partition {partition}")
        part = kafka.TopicPartition(self._name(topic), partition)
        end = self._offset(part, LATEST)
        begin = max(position, self._offset(part, EARLIEST))
        if self._reader is None:
            self._reader = connected(
                self._address,
                kafka.KafkaConsumer,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                check_crcs=self._check_crcs,
            )
        self._reader.assign([part])
        self._reader.seek(part, begin)
        records: list[Record] = []
        until = time.monotonic() + self._ack_s
        while begin + len(records) < min(end, begin + limit):
            if time.monotonic() > until:
                raise Retry(f"kafka: no answer reading {topic}:{partition}")
            with asking():
                rows = self._reader.poll(
                    timeout_ms=500, max_records=limit - len(records)
                )
            records += [record_of(topic, row) for row in rows.get(part, [])]
        return records

    def lag(self, group: str, topic: str) -> list[Lag]:
        """See `Log.lag`."""
        parts = self._parts(topic)
        self.fingerprint(topic)  # refuses added partitions: nobody would read them
        committed = self._committed(group, topic)
        lags = []
        for part in parts:
            position = committed[part][0] if part in committed else 0
            position = max(position, self._offset(part, EARLIEST))
            behind = max(0, self._offset(part, LATEST) - position)
            oldest_s = None
            if behind:
                for first in self.read(topic, part.partition, position, 1):
                    oldest_s = max(0.0, self._clock() - first.appended_at)
            lags.append(
                Lag(
                    partition=part.partition,
                    position=position,
                    behind=behind,
                    oldest_s=oldest_s,
                )
            )
        return lags

    def _committed(self, group: str, topic: str) -> dict[Any, tuple[int, Noted]]:
        """Return position and note of the partitions that a group committed.

        Raises:
            Misconfigured: partitions were added since, and the settings don't say so.
        """
        held = self._offsets_of(self._name(group), self._parts(topic))
        committed = {
            part: (one.offset, Noted.read(one.metadata or ""))
            for part, one in held.items()
            if one.offset >= 0
        }
        if topic not in self._wanted:
            had = max((noted.partitions for _, noted in committed.values()), default=0)
            self._topics.refuse_added(
                topic, had or self._known(topic), self._known(topic)
            )
        return committed

    def _offsets_of(self, group: str, parts: Sequence[Any]) -> dict[Any, Any]:
        """Return what a group committed.

        kafka-python asks the coordinator that it found first for ever, also when that
        broker is gone: after a failure a new client finds the coordinator of now.
        """
        end = time.monotonic() + COORDINATOR_S
        while True:
            try:
                if self._offset_reader is None:
                    self._offset_reader = self._new_admin()
                with asking():
                    offsets = self._offset_reader.list_group_offsets(
                        {group: list(parts)}
                    )
                return dict(offsets[group])
            except Retry:
                close_client(self._offset_reader)
                self._offset_reader = None
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _offset(self, part: Any, which: int) -> int:
        with asking():
            return int(self._admin.list_partition_offsets({part: which})[part].offset)

    def partitions(self, topic: str) -> int:
        """See `Log.partitions`."""
        return self._known(topic)

    def count(self, topic: str) -> int:
        """See `Log.count`."""
        return sum(
            self._offset(kafka.TopicPartition(self._name(topic), p), LATEST)
            for p in range(self._known(topic))
        )

    def fingerprint(self, topic: str) -> str:
        """See `Log.fingerprint`: cluster id and topic id."""
        return self._topics.fingerprint(topic, self._known(topic))

    def _known(self, topic: str) -> int:
        return partitions_of(self._partitions, topic)

    def close(self) -> None:
        """See `Log.close`."""
        for consumer in self._consumers:
            consumer.close()
        for client in (
            self._producer,
            self._reader,
            self._offset_reader,
            self._admin,
        ):
            close_client(client)
