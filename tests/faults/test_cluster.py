"""Two Kafka nodes, every partition on both; one of them dies."""

import contextlib
import signal
import time
from functools import partial

import pytest

from samestory.deploy.loop import patiently
from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.kafka_client import ConfigResource, kafka
from samestory.deploy.stream.log import JOURNAL, STORIES, Fenced, Message, behind
from samestory.errors import Retry
from tests.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
# Groups whose names follow one another have coordinators that take turns.
COPIES = """\
offsets.topic.replication.factor=2
offsets.topic.num.partitions=6
replica.lag.time.max.ms=2000
"""
PARTITIONS = {STORIES: 6}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """The controller, and the one that dies."""
    folder = tmp_path_factory.mktemp("cluster")
    first = Broker(folder / "one", COPIES)
    second = Broker(folder / "two", COPIES, joins=first)
    try:
        yield first.start(), second.start()
    finally:
        second.stop(signal.SIGKILL)
        first.stop(signal.SIGKILL)


@pytest.fixture
def log(nodes, request):
    """A log with two copies of everything, whichever node is there."""
    brokers = ",".join(node.bootstrap for node in nodes)
    address = KafkaAddress(brokers=brokers, prefix=f"{request.node.name[5:20]}.")
    found = KafkaLog(
        address,
        partitions=PARTITIONS,
        replication=2,
        session_s=3.0,
        ack_s=4.0,
        answer_s=1.0,
    )
    yield found
    found.close()


def numbered(numbers):
    return [Message(key=f"k{n}", value=b"v") for n in numbers]


def test_leaders_and_coordinators_move_and_the_flow_goes_on(nodes, log):
    """kill -9 of a node that leads half of the partitions: every record, for 3 groups.

    It was the coordinator of one of them at least, also for who asks how far it is.
    """
    log.publish(STORIES, numbered(range(60)))
    groups = {name: log.consumer(name, STORIES, "m") for name in ("a", "b", "c")}
    seen = {name: set() for name in groups}

    def read(name, wanted):
        ends, until = {}, time.monotonic() + 300
        while not wanted <= seen[name] or patiently(
            partial(behind, log, name, STORIES), lambda: time.monotonic() > until
        ):
            assert time.monotonic() < until, sorted(wanted - seen[name])
            with contextlib.suppress(Fenced, Retry):
                records = groups[name].poll(20, 1.0)
                seen[name] |= {r.key for r in records}
                ends |= {r.partition: r.offset + 1 for r in records}
                groups[name].commit(ends)  # again, if no answer came the last time

    first = {f"k{n}" for n in range(60)}
    for name in groups:
        read(name, first)
    nodes[1].stop(signal.SIGKILL)
    try:
        patiently(lambda: log.publish(STORIES, numbered(range(60, 120))), lambda: False)
        second = first | {f"k{n}" for n in range(60, 120)}
        for name in groups:
            read(name, second)
            assert seen[name] == second
            assert patiently(partial(behind, log, name, STORIES), lambda: False) == 0
    finally:
        nodes[1].start()


def test_too_few_copies_are_waited_for_and_nothing_is_acknowledged(nodes, log):
    """min.insync.replicas=2 with one node left: Retry; with both again it goes on."""
    name = ConfigResource("TOPIC", f"{log._address.prefix}{JOURNAL}")
    name.configs = {"min.insync.replicas": "2"}
    admin = kafka.KafkaAdminClient(bootstrap_servers=nodes[0].bootstrap)
    admin.alter_configs([name])
    admin.close()
    patiently(lambda: log.publish(JOURNAL, numbered([0])), lambda: False)
    nodes[1].stop(signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(Retry, match="journal:0 has 1 of 2 copies in step"):
            log.publish(JOURNAL, numbered([1]))
    nodes[1].start()
    patiently(lambda: log.publish(JOURNAL, numbered([1])), lambda: False)
    keys = [record.key for record in log.read(JOURNAL, 0, 0, 10)]
    assert keys[0] == "k0"
    assert set(keys[1:]) == {"k1"}  # at least once: a time-out is no refusal
