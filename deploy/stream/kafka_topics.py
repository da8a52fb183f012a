"""The topics on Kafka: made where they are missing, else verified, or mended.

What a stage reads is kept for ever by the broker, and removed by us when every stage
has read it: a broker's own retention knows no readers.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.kafka_client import ConfigResource, asking, errors
from samestory.deploy.stream.log import EVENTS, JOURNAL, QUARANTINE, READERS, STORIES
from samestory.errors import Misconfigured, Retry

MAX_MESSAGE: Final = 4_194_304  # bytes; a story has at most 0.8 MB of text
PARTITIONS: Final = {STORIES: 6, JOURNAL: 1, EVENTS: 1, QUARANTINE: 1}
SETTLE_S: Final = 15.0  # a broker tells the settings of a new topic a moment later
UNKNOWN_TOPIC: Final = 3  # error codes of the protocol
NOT_ALLOWED: Final = 29
STAMPED: Final = {"message.timestamp.type": "LogAppendTime"}  # else old stamps expire
KEPT: Final = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
}

_log = logging.getLogger("samestory")


def wrong_settings(
    topic: str, settings: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return what a topic's settings are and must be, by name; {} if all is well.

    Args:
        topic: one of TOPICS.
        settings: of the topic, the broker's defaults among them.
    """
    wanted = STAMPED | (KEPT if topic in READERS.values() else {})
    differing = {
        name: (settings.get(name, ""), value)
        for name, value in wanted.items()
        if settings.get(name, "") != value
    }
    size = settings.get("max.message.bytes", str(MAX_MESSAGE))
    if int(size) < MAX_MESSAGE:
        differing["max.message.bytes"] = (size, str(MAX_MESSAGE))
    return differing


class KafkaTopics:
    """What we ask of a cluster's topics."""

    def __init__(
        self,
        admin: Any,
        address: KafkaAddress,
        *,
        retention_s: float,
        replication: int,
        mend: Callable[[str], None] | None,
    ) -> None:
        """Remember how topics are to be, see `KafkaLog`."""
        self._admin, self._address = admin, address
        self._retention_s, self._replication = retention_s, replication
        self._mend = mend

    def opened(self, topic: str, number: int | None) -> int:
        """Make or verify a topic; return how many partitions it has.

        Args:
            topic: one of TOPICS.
            number: of partitions, as the settings say; None if they don't.

        Raises:
            Misconfigured: it is not as it must be; says both values and what mends it.
        """
        self._make(topic, number or PARTITIONS[topic])
        has, settings = self._described(self._name(topic))
        self._refuse_number(topic, number, has)
        wrong = wrong_settings(topic, settings)
        if wrong and self._mend:
            self._alter(topic, wrong, self._mend)
        elif wrong:
            raise Misconfigured(self._complaint(topic, wrong))
        return has

    def fingerprint(self, topic: str, number: int) -> str:
        """Return cluster id and topic id of a topic that has this many partitions.

        Raises:
            Misconfigured: it is gone, or partitions were added.
        """
        with asking():
            cluster = self._admin.describe_cluster()["cluster_id"]
            description = self._admin.describe_topics([self._name(topic)])[0]
        if description["error_code"] == UNKNOWN_TOPIC:
            raise Misconfigured(
                f"topic {self._name(topic)} is gone from the broker: it was deleted, or"
                " the broker lost its data; a start makes it anew"
            )
        self.refuse_added(topic, number, len(description["partitions"]))
        return f"{cluster}/{description['topic_id']}"

    def refuse_added(self, topic: str, had: int, has: int) -> None:
        """Refuse a topic whose partitions are not those that it had.

        Raises:
            Misconfigured: says both numbers.
        """
        if has == had or not has:  # none: its leaders are away
            return
        mend = "start anew with another kafka_prefix and --state"
        if topic == STORIES:
            mend = f"to go on with {has}, set stories_partitions to {has} (a story's"
            mend += " former version may then come after its latter); or start anew"
            mend += " with another kafka_prefix and --state"
        raise Misconfigured(
            f"topic {self._name(topic)} has {has} partitions, had {had}: they were"
            f" added, so that keys move; {mend}"
        )

    def _name(self, topic: str) -> str:
        return self._address.prefix + topic

    def _make(self, topic: str, number: int) -> None:
        name = self._name(topic)
        with asking():
            description = self._admin.describe_topics([name])[0]
            if description["error_code"] == NOT_ALLOWED:
                raise Misconfigured(
                    f"kafka: {self._address.username or 'we'} may not see topic {name}"
                )
            if description["error_code"] != UNKNOWN_TOPIC:
                return
            kept = {"retention.ms": str(max(0, int(self._retention_s * 1000)))}
            configs = {"max.message.bytes": str(MAX_MESSAGE)} | STAMPED
            configs |= KEPT if topic in READERS.values() else kept
            new = {
                "num_partitions": number,
                "replication_factor": self._replication,
                "configs": configs,
            }
            try:
                self._admin.create_topics({name: new}, wait_for_metadata=True)
            except errors.TopicAlreadyExistsError:
                return  # another worker was quicker

    def _described(self, name: str) -> tuple[int, dict[str, str]]:
        """Return a topic's partitions and settings; it may have been made just now.

        Another worker may have made it: a broker tells its settings a moment later.
        """
        end = time.monotonic() + SETTLE_S
        while True:
            with asking():
                has = len(self._admin.describe_topics([name])[0]["partitions"])
                resource = ConfigResource("TOPIC", name)
                answer = self._admin.describe_configs([resource], config_filter="all")
            settings = _settings(answer, name)
            if has and "message.timestamp.type" in settings:
                return has, settings
            if time.monotonic() > end:
                raise Retry(f"kafka: no broker tells the settings of topic {name}")
            time.sleep(0.1)

    def _refuse_number(self, topic: str, number: int | None, has: int) -> None:
        if topic == JOURNAL and has != 1:
            raise Misconfigured(
                f"topic {self._name(topic)} has {has} partitions, must have exactly 1:"
                " it is the order that the index obeys; start anew with another"
                " kafka_prefix and --state"
            )
        if number is not None and has != number:
            raise Misconfigured(
                f"topic {self._name(topic)} has {has} partitions, the settings say"
                f" {number}: keys would move; set stories_partitions to what it has"
            )

    def _complaint(self, topic: str, wrong: Mapping[str, tuple[str, str]]) -> str:
        name = self._name(topic)
        said = ", ".join(
            f"{setting} is {has or 'not known'}, must be {must}"
            for setting, (has, must) in wrong.items()
        )
        configs = ",".join(f"{setting}={must}" for setting, (_, must) in wrong.items())
        return (
            f"topic {name}: {said}: else records are lost before they are read;"
            " `samestory topics --mend` sets it, or kafka-configs.sh"
            f" --bootstrap-server {self._address.brokers} --alter --entity-type topics"
            f" --entity-name {name} --add-config {configs}"
        )

    def _alter(
        self,
        topic: str,
        wrong: Mapping[str, tuple[str, str]],
        say: Callable[[str], None],
    ) -> None:
        name = self._name(topic)
        values = {setting: must for setting, (_, must) in wrong.items()}
        with asking():
            answer = self._admin.alter_configs([ConfigResource("TOPIC", name, values)])
        if answer["topic"][name] != "OK":
            raise Misconfigured(f"topic {name}: {answer['topic'][name]}")
        for setting, (has, must) in wrong.items():
            say(f"topic {name}: {setting} was {has or 'not known'}, is {must} now")


def _settings(answer: Any, name: str) -> dict[str, str]:
    """Return a topic's settings from what describe_configs answers."""
    for kind in answer.values():
        if name in kind:
            return {key: str(one["value"]) for key, one in kind[name].items()}
    return {}
