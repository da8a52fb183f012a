"""What only Apache Kafka does: freeze, refuse, rot, and come back as another."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.kafka_client import (
    ConfigResource,
    OffsetAndMetadata,
    kafka,
)
from samestory.deploy.stream.kafka_group import _limited, _StuckError
from samestory.deploy.stream.log import JOURNAL, STORIES, Fenced, Message, behind
from samestory.errors import Misconfigured, Quarantine, Retry
from tests.broker import Broker
from tests.contracts.kafka_logs import admin, opening
from tests.contracts.records import keys, messages

pytestmark = pytest.mark.kafka
ONE = {STORIES: 1}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A broker that the tests of this file may freeze, stop and damage."""
    folder = tmp_path_factory.mktemp("node")
    found = Broker(folder / "node").start()
    yield found
    found.stop(signal.SIGKILL)


@pytest.fixture
def opened(node):
    """Return a function that opens a log with topics of its own."""
    with opening(
        node, partitions=ONE, session_s=3.0, ack_s=3.0, answer_s=1.0
    ) as open_log:
        yield open_log


def alter(node, name, **configs):
    with admin(node) as client:
        values = {key.replace("_", "."): value for key, value in configs.items()}
        client.alter_configs([ConfigResource("TOPIC", name, values)])


def test_many_workers_may_start_at_once_on_an_empty_broker(opened):
    """Each makes what is missing and verifies what another made a moment ago."""
    logs, failed = [], []

    def start():
        try:
            logs.append(opened())
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len({log.fingerprint(JOURNAL) for log in logs}) == 1


def test_a_frozen_broker_is_said_to_be_silent_and_nothing_is_lost(node, opened):
    """SIGSTOP: poll and publish say so by our clock; after SIGCONT both go on."""
    log = opened()
    log.publish(STORIES, messages("a"))
    reader = log.consumer("g", STORIES, "m")
    assert keys(reader, 1) == ["a"]
    reader.commit({0: 1})
    os.kill(node.process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Retry, match="publish to stories"):
            log.publish(STORIES, messages("b"))
        with pytest.raises(Retry, match=r"no answer from kafka for \d+ s"):
            reader.poll(1, 10)
    finally:
        os.kill(node.process.pid, signal.SIGCONT)
    log.publish(STORIES, messages("c"))
    found = []
    while "c" not in found:
        with contextlib.suppress(Retry):
            found += [r.key for r in reader.poll(5, 1)]
    assert found in (["c"], ["b", "c"])  # b may have arrived though nobody said so


def test_a_topic_made_anew_under_a_reader_stops_it(node, opened):
    """Deleted and made again: never read on in silence; both ids are named."""
    log = opened()
    log.publish(JOURNAL, messages("a"))
    reader = log.consumer("g", JOURNAL)
    assert keys(reader, 1) == ["a"]
    reader.commit({0: 1})
    was = log.fingerprint(JOURNAL)
    with admin(node) as client:
        client.delete_topics([opened.prefix + JOURNAL])
    with pytest.raises(Misconfigured, match="journal is gone from the broker"):
        read_until_refused(reader)
    again = opened()
    again.publish(JOURNAL, messages("x", "y", "z"))
    found = again.fingerprint(JOURNAL)
    assert found != was
    with pytest.raises(Misconfigured, match=f"was {was}, is {found}"):
        read_until_refused(reader)


def read_until_refused(reader):
    """Poll until something is raised that waiting does not mend."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(Retry):
            assert not [r.key for r in reader.poll(5, 0.5) if r.key in "xyz"]


def test_a_group_begins_anew_in_a_topic_that_was_made_anew_meanwhile(node, opened):
    """Nobody was reading when it happened; this broker forgets the position as well."""
    log = opened()
    log.publish(STORIES, messages("a", "b"))
    reader = log.consumer("g", STORIES, "m")
    assert keys(reader, 2) == ["a", "b"]
    reader.commit({0: 2}, {0: "1-2:0"})
    reader.close()
    with admin(node) as client:
        client.delete_topics([opened.prefix + STORIES])
    again = opened()
    again.publish(STORIES, messages("x", "y", "z"))
    other = again.consumer("g", STORIES, "m")
    assert keys(other, 3) == ["x", "y", "z"]
    assert other.notes() == {0: ""}


def test_a_position_in_another_topic_of_the_same_name_is_refused(node, opened):
    """A broker that keeps it: what we noted beside it tells."""
    log = opened()
    log.publish(STORIES, messages("a", "b"))
    part = kafka.TopicPartition(opened.prefix + STORIES, 0)
    group = kafka.KafkaConsumer(
        bootstrap_servers=node.bootstrap, group_id=opened.prefix + "g"
    )
    group.assign([part])
    group.commit({part: OffsetAndMetadata(1, "\nformer/one", -1)})
    group.close()
    reader = log.consumer("g", STORIES)
    found = log.fingerprint(STORIES)
    with pytest.raises(Misconfigured, match=f"was former/one, is {found}"):
        reader.notes()


def test_a_position_that_retention_passed_stops_the_reader(node, opened):
    """What was removed unread is never passed over in silence."""
    log = opened()
    log.publish(STORIES, messages(*"abcd"))
    reader = log.consumer("g", STORIES)
    assert keys(reader, 1) == ["a"]
    reader.commit({0: 1})
    reader.close()
    part = kafka.TopicPartition(opened.prefix + STORIES, 0)
    with admin(node) as client:
        client.delete_records({part: 3})
    with pytest.raises(Misconfigured, match="retention passed it"):
        log.consumer("g", STORIES).poll(1, 20)


def test_what_is_too_large_is_quarantined_and_the_next_goes_through(node, opened):
    """Refused by the client, and by a broker whose limit was lowered meanwhile."""
    log = opened()
    big = Message(key="b", value=b"x" * 5_000_000)
    with pytest.raises(Quarantine, match="too large for topic stories"):
        log.publish(STORIES, [big])
    log.publish(STORIES, messages("a"))
    alter(node, opened.prefix + STORIES, max_message_bytes="20000")
    for size in (40_000, 40_000):
        with pytest.raises(Quarantine, match="too large for topic stories"):
            log.publish(STORIES, [Message(key="b", value=os.urandom(size))])
    log.publish(STORIES, messages("c"))
    assert [r.key for r in log.read(STORIES, 0, 0, 9)] == ["a", "c"]


def test_old_stamps_remove_nothing_unread(node, opened):
    """The broker stamps: a foreign producer's old times count for nothing."""
    log = opened()
    alter(node, opened.prefix + STORIES, retention_ms="3600000", segment_ms="100")
    producer = kafka.KafkaProducer(bootstrap_servers=node.bootstrap)
    try:
        for n in range(3):
            producer.send(
                opened.prefix + STORIES, key=b"old", value=b"%d" % n, timestamp_ms=1_000
            ).get(timeout=60)
    finally:
        producer.close()
    (lag,) = log.lag("g", STORIES)
    assert lag.behind == 3
    assert lag.oldest_s < 60


def member(bootstrap, prefix, pipe):
    """Read one record, say so, and commit it when told."""
    log = KafkaLog(
        KafkaAddress(brokers=bootstrap, prefix=prefix), partitions=ONE, session_s=3.0
    )
    consumer = log.consumer("g", STORIES, "zombie")
    (record,) = consumer.poll(1, 20)
    pipe.send(record.key)
    pipe.recv()
    try:
        consumer.commit({0: record.offset + 1})
        pipe.send("committed")
    except Fenced:
        pipe.send("fenced")
    log.close()


def test_a_zombie_that_wakes_up_is_fenced(node, opened):
    """Stopped for longer than its session: its commit sets nothing."""
    log = opened()
    log.publish(STORIES, messages("a", "b"))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=member, args=(node.bootstrap, opened.prefix, theirs)
    )
    process.start()
    assert ours.recv() == "a"
    os.kill(process.pid, signal.SIGSTOP)
    try:
        other = log.consumer("g", STORIES, "other")
        assert keys(other, 2) == ["a", "b"]
        other.commit({0: 2})
    finally:
        os.kill(process.pid, signal.SIGCONT)
    ours.send("go on")
    assert ours.recv() == "fenced"
    process.join(30)
    assert behind(log, "g", STORIES) == 0


def test_a_name_taken_twice_stops_the_first_also_when_idle(opened):
    """The broker tells only who commits: so an idle reader commits again."""
    log = opened()
    log.publish(STORIES, messages("a"))
    first = log.consumer("g", STORIES, "m")
    assert keys(first, 1) == ["a"]
    first.commit({0: 1})
    second = opened().consumer("g", STORIES, "m")
    second.poll(1, 2)
    with pytest.raises(Misconfigured, match="taken over by another process"):
        read_until_refused(first)


def test_a_rotten_batch_is_named_and_can_be_read_all_the_same(node, opened):
    """A byte on the broker's disk changed; then every poll is refused, none hangs."""
    log = opened()
    log.publish(STORIES, messages("before"))
    log.publish(STORIES, [Message(key="k", value=b"rotten-apple")])
    log.publish(STORIES, messages("after"))
    log.close()
    node.stop(signal.SIGTERM)
    (segment,) = (node.data / f"{opened.prefix}{STORIES}-0").glob("*.log")
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b"rotten-apple", b"rotten-grape"))
    node.start()
    reader = opened().consumer("g", STORIES)
    for _ in range(2):  # the second after a new client, which does not hang either
        with pytest.raises(Misconfigured, match=r"can't be read: .*check_crcs"):
            read_until_refused(reader)
    lenient = opened(check_crcs=False).consumer("h", STORIES)
    assert keys(lenient, 3) == ["before", "k", "after"]


def test_records_of_producers_that_compress_are_read(node, opened):
    """Any codec that Kafka knows."""
    log = opened()
    for name in ("gzip", "snappy", "lz4", "zstd"):
        producer = kafka.KafkaProducer(
            bootstrap_servers=node.bootstrap, compression_type=name
        )
        topic = opened.prefix + STORIES
        producer.send(topic, key=name.encode(), value=b"v" * 999).get(timeout=60)
        producer.close()
    found = log.read(STORIES, 0, 0, 9)
    assert [r.key for r in found] == ["gzip", "snappy", "lz4", "zstd"]
    assert {r.value for r in found} == {b"v" * 999}


def test_missing_libraries_are_named_at_the_start(node, opened):
    """In a process that has neither crc32c nor lz4; the start goes on."""
    code = (
        "import sys; sys.modules.update({'crc32c': None, 'lz4.frame': None});"
        "import importlib.util as u; f = u.find_spec;"
        "u.find_spec = lambda n: None if n == 'crc32c' else f(n);"
        "from samestory.deploy.stream.kafka import KafkaLog;"
        "from samestory.deploy.stream.kafka_address import KafkaAddress;"
        f"a = KafkaAddress(brokers={node.bootstrap!r}, prefix={opened.prefix!r});"
        "KafkaLog(a).close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "crc32c is not installed" in done.stderr
    assert "pip install 'kafka-python[lz4]'" in done.stderr
    assert "zstd" not in done.stderr


def test_a_poll_that_never_returns_is_cut_short():
    """In the main thread, where the workers poll."""

    def hang():
        with _limited(0.1):
            while True:
                pass

    with pytest.raises(_StuckError):
        hang()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_reader_that_gets_nothing_though_there_is_something_is_made_anew(
    opened, caplog
):
    """As if the client had forgotten a partition: paused behind our back."""
    log = opened(answer_s=0.5, stall_s=1.0)
    log.publish(STORIES, messages("a"))
    reader = log.consumer("g", STORIES, "m")
    assert keys(reader, 1) == ["a"]
    reader.commit({0: 1})
    reader._client.pause(*reader._client.assignment())
    log.publish(STORIES, messages("b"))
    assert keys(reader, 1) == ["b"]
    assert "nothing of topic stories came" in caplog.text
    assert "1 records wait" in caplog.text
