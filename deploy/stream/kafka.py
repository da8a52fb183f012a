"""The log on Apache Kafka: many machines, or a broker you already run.

Raw bytes only, explicit offsets only, acks=all with every answer awaited, and no
idempotent producer: kafka-python's can hang for ever after a failure, and the index
drops what comes twice anyway.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

from deploy.stream.kafka_address import KafkaAddress, knock
from deploy.stream.kafka_client import (
    ConfigResource,
    asking,
    close_client,
    connected,
    errors,
    kafka,
    mechanism_of,
    missing_codecs,
    record_of,
)
from deploy.stream.kafka_group import KafkaConsumer
from deploy.stream.log import (
    EVENTS,
    JOURNAL,
    QUARANTINE,
    STORIES,
    TOPICS,
    Lag,
    Message,
    Record,
)
from ingest.errors import Misconfigured, Quarantine, Retry

MAX_MESSAGE: Final = 4_194_304  # bytes; a story has at most 0.8 MB of text
PARTITIONS: Final = {STORIES: 6, JOURNAL: 1, EVENTS: 1, QUARANTINE: 1}
EARLIEST: Final = -2  # of ListOffsets
LATEST: Final = -1
UNKNOWN_TOPIC: Final = 3  # error codes of the protocol
NOT_ALLOWED: Final = 29
_log = logging.getLogger("samestory")
COORDINATOR_S: Final = 15.0  # a new cluster makes its offsets topic at the first group


class KafkaLog:
    """See `Log`. One object for each thread."""

    def __init__(
        self,
        address: KafkaAddress,
        *,
        partitions: Mapping[str, int] | None = None,
        retention_s: float = 30 * 86_400.0,
        replication: int = 1,
        session_s: float = 45.0,
        batch_s: float = 600.0,
        ack_s: float = 30.0,
        answer_s: float = 10.0,
        stall_s: float = 300.0,
        check_crcs: bool = True,
    ) -> None:
        """Connect; make the topics that are missing, verify those that are there.

        Args:
            address: where and who.
            partitions: by topic; where it says nothing, PARTITIONS for a new topic and
                whatever one has that is there.
            retention_s: seconds that new topics keep records.
            replication: copies of new topics.
            session_s: seconds of silence after which a member's partitions move.
            batch_s: seconds without poll or keep after which they move, too.
            ack_s: seconds after which a publish that nobody acknowledged failed.
            answer_s: seconds without an answer after which a broker counts as away;
                so often each reader asks, beside its polls.
            stall_s: seconds after which a reader that gets nothing, though there is
                something, makes a new client.
            check_crcs: refuse records whose checksum is wrong.

        Raises:
            Retry: no broker answers.
            Misconfigured: a broker does not let us in, or a topic is not as the
                settings say; says both values.
        """
        address.check()
        knock(address, mechanism_of(address))
        _warn_of_missing_libraries()
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
        self._admin: Any = connected(
            self._address,
            kafka.KafkaAdminClient,
            request_timeout_ms=int(answer_s * 1000),
        )
        self._partitions = {}
        wanted = dict(partitions or {})
        try:
            for topic in TOPICS:
                configs = {
                    "retention.ms": str(int(retention_s * 1000)),
                    "max.message.bytes": str(MAX_MESSAGE),
                    # Else records stamped long ago are removed unread.
                    "message.timestamp.type": "LogAppendTime",
                }
                self._make(
                    topic, wanted.get(topic, PARTITIONS[topic]), replication, configs
                )
                self._partitions[topic] = self._verify(
                    topic, wanted.get(topic), configs
                )
        except BaseException:
            self.close()
            raise

    def _name(self, name: str) -> str:
        return self._address.prefix + name

    def _make(
        self, topic: str, number: int, replication: int, configs: dict[str, str]
    ) -> None:
        name = self._name(topic)
        with asking():
            found = self._admin.describe_topics([name])[0]
            if found["error_code"] == NOT_ALLOWED:
                raise Misconfigured(
                    f"kafka: {self._address.username or 'we'} may not see topic {name}"
                )
            if found["error_code"] != UNKNOWN_TOPIC:
                return
            new = {
                "num_partitions": number,
                "replication_factor": replication,
                "configs": configs,
            }
            try:
                self._admin.create_topics({name: new}, wait_for_metadata=True)
            except errors.TopicAlreadyExistsError:
                return  # another worker was quicker

    def _verify(self, topic: str, number: int | None, configs: dict[str, str]) -> int:
        name = self._name(topic)
        has, values = self._described(name)
        if number is not None and has != number:
            raise Misconfigured(
                f"topic {name} has {has} partitions, the settings say {number}: keys"
                " would move; set stories_partitions to what it has"
            )
        stamp = values.get("message.timestamp.type", "")
        if stamp != configs["message.timestamp.type"]:
            raise Misconfigured(
                f"topic {name}: message.timestamp.type is {stamp}, must be"
                " LogAppendTime: else old stories are removed before they are read"
            )
        if int(values.get("max.message.bytes", MAX_MESSAGE)) < MAX_MESSAGE:
            raise Misconfigured(
                f"topic {name}: max.message.bytes is {values['max.message.bytes']},"
                f" must be {MAX_MESSAGE} or more"
            )
        return has

    def _described(self, name: str) -> tuple[int, dict[str, str]]:
        """Return a topic's partitions and settings; it may have been made just now.

        Another worker may have made it: a broker tells its settings a moment later.
        """
        end = time.monotonic() + COORDINATOR_S
        while True:
            with asking():
                has = len(self._admin.describe_topics([name])[0]["partitions"])
                resource = ConfigResource("TOPIC", name)
                found = self._admin.describe_configs([resource], config_filter="all")
            values = _values(found, name)
            if has and "message.timestamp.type" in values:
                return has, values
            if time.monotonic() > end:
                raise Retry(f"kafka: no broker tells the settings of topic {name}")
            time.sleep(0.1)

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
            for one in sent:
                one.get(timeout=max(0.1, end - time.monotonic()))
        except errors.MessageSizeTooLargeError as error:
            self._drop_producer()
            raise Quarantine(f"message too large for topic {topic}: {error}") from error
        except (errors.KafkaError, OSError, RuntimeError) as error:
            self._drop_producer()
            copies = self._copies(topic)
            raise Retry(f"kafka: publish to {topic}: {error}{copies}") from error

    def _copies(self, topic: str) -> str:
        """Return which partitions lack copies, for a message; "" if none or unknown."""
        try:
            found = self._admin.describe_topics([self._name(topic)])[0]["partitions"]
        except (errors.KafkaError, OSError, RuntimeError):
            return ""
        return "".join(
            f"; {topic}:{one['partition_index']} has {len(one['isr_nodes'])} of"
            f" {len(one['replica_nodes'])} copies in step"
            for one in found
            if len(one["isr_nodes"]) < len(one["replica_nodes"])
        )

    def _send(self, topic: str, message: Message) -> Any:
        return self._producer.send(
            self._name(topic),
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
        parts = [
            kafka.TopicPartition(self._name(topic), p)
            for p in range(self._known(topic))
        ]
        static = {"group_instance_id": member} if member else {}
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
        found = KafkaConsumer(
            make,
            topic,
            parts,
            is_member=member is not None,
            fingerprint=partial(self.fingerprint, topic),
            check_s=self._answer_s,
            stall_s=self._stall_s,
        )
        self._consumers.append(found)
        return found

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
        found: list[Record] = []
        until = time.monotonic() + self._ack_s
        while begin + len(found) < min(end, begin + limit):
            if time.monotonic() > until:
                raise Retry(f"kafka: no answer reading {topic}:{partition}")
            with asking():
                rows = self._reader.poll(timeout_ms=500, max_records=limit - len(found))
            found += [record_of(topic, row) for row in rows.get(part, [])]
        return found

    def lag(self, group: str, topic: str) -> list[Lag]:
        """See `Log.lag`."""
        name = self._name(topic)
        parts = [kafka.TopicPartition(name, p) for p in range(self._known(topic))]
        committed = self._committed(self._name(group), parts)
        found = []
        for part in parts:
            position = max(committed.get(part, 0), self._offset(part, EARLIEST))
            behind = max(0, self._offset(part, LATEST) - position)
            oldest_s = None
            if behind:
                for first in self.read(topic, part.partition, position, 1):
                    oldest_s = max(0.0, time.time() - first.appended_at)
            found.append(
                Lag(
                    partition=part.partition,
                    position=position,
                    behind=behind,
                    oldest_s=oldest_s,
                )
            )
        return found

    def _committed(self, group: str, parts: Sequence[Any]) -> dict[Any, int]:
        end = time.monotonic() + COORDINATOR_S
        while True:
            try:
                with asking():
                    found = self._admin.list_group_offsets({group: list(parts)})[group]
                return {p: o.offset for p, o in found.items() if o.offset >= 0}
            except Retry:
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
        self._known(topic)
        with asking():
            cluster = self._admin.describe_cluster()["cluster_id"]
            found = self._admin.describe_topics([self._name(topic)])[0]
        if found["error_code"] == UNKNOWN_TOPIC:
            raise Misconfigured(
                f"topic {self._name(topic)} is gone from the broker: it was deleted, or"
                " the broker lost its data; a start makes it anew"
            )
        return f"{cluster}/{found['topic_id']}"

    def _known(self, topic: str) -> int:
        if topic not in self._partitions:
            raise Misconfigured(
                f"topic {topic!r} does not exist; there are {', '.join(TOPICS)}"
            )
        return int(self._partitions[topic])

    def close(self) -> None:
        """See `Log.close`."""
        for consumer in self._consumers:
            consumer.close()
        for client in (self._producer, self._reader, self._admin):
            close_client(client)


def _warn_of_missing_libraries() -> None:
    if find_spec("crc32c") is None:
        _log.warning("kafka: crc32c is not installed: all of it takes 15 times as long")
    for name in missing_codecs():
        _log.warning(
            "kafka: no library for %s: records that a producer compressed so can't be"
            " read; pip install 'kafka-python[%s]'",
            *(name, name),
        )


def _values(found: Any, name: str) -> dict[str, str]:
    """Return a topic's settings from what describe_configs answers."""
    for kind in found.values():
        if name in kind:
            return {key: str(one["value"]) for key, one in kind[name].items()}
    return {}
