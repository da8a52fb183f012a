"""The contract of the log: every backend passes it, the embedded one and Kafka."""

import threading
import uuid

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import (
    EVENTS,
    JOURNAL,
    STORIES,
    Fenced,
    Lag,
    Message,
    behind,
    ends,
    short_of,
)
from samestory.deploy.stream.partition import murmur2, partition_of
from samestory.errors import Misconfigured
from tests.contracts.records import keys, messages

THREE = {STORIES: 3}
BACKENDS = ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(params=BACKENDS)
def opened(request, tmp_path):
    """Return a function that opens the log, as often as one likes."""
    logs = []
    if request.param == "kafka":
        from samestory.deploy.stream.kafka import KafkaLog
        from samestory.deploy.stream.kafka_address import KafkaAddress

        broker = request.getfixturevalue("broker")
        prefix = f"t{uuid.uuid4().hex[:8]}."
        address = KafkaAddress(brokers=broker.bootstrap, prefix=prefix)

    def open_log(partitions=None, **options):
        if request.param == "kafka":
            number = partitions or {STORIES: 1}
            logs.append(KafkaLog(address, partitions=number, session_s=3.0, **options))
        else:
            path = tmp_path / "log.db"
            logs.append(EmbeddedLog(path, partitions=partitions, **options))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


def test_records_come_in_order_with_key_value_headers_and_place(opened):
    """What was published is what is read, by a consumer and by place."""
    log = opened()
    log.publish(STORIES, messages("a", "b"))
    log.publish(STORIES, [Message(key="ü", value=b"\xff\x00", headers={"n": "é"})])
    consumer = log.consumer("g", STORIES)
    found = []
    while len(found) < 3:
        found += consumer.poll(10, 20)
    assert [(r.topic, r.partition, r.offset, r.key, r.value) for r in found] == [
        (STORIES, 0, 0, "a", b"a"),
        (STORIES, 0, 1, "b", b"b"),
        (STORIES, 0, 2, "ü", b"\xff\x00"),
    ]
    assert [r.headers["n"] for r in found] == ["0", "1", "é"]
    assert log.read(STORIES, 0, 1, 1) == found[1:2]
    assert log.read(STORIES, 0, 3, 5) == []
    assert log.count(STORIES) == 3
    consumer.close()


def test_a_group_goes_on_from_what_it_committed(opened):
    """What was read but not committed comes again; groups are independent."""
    log = opened()
    log.publish(STORIES, messages(*"abcde"))
    reader = log.consumer("g", STORIES)
    assert keys(reader, 2) == ["a", "b"]
    reader.commit({0: 2}, {0: "a note"})
    assert keys(reader, 2) == ["c", "d"]
    reader.close()
    again = opened().consumer("g", STORIES)
    assert again.notes() == {0: "a note"}
    assert keys(again, 3) == ["c", "d", "e"]
    again.commit({0: 3})
    assert again.notes() == {0: ""}
    again.seek(0, 1)
    assert keys(again, 1) == ["b"]
    assert keys(log.consumer("other", STORIES), 1) == ["a"]


def test_lag_counts_what_the_group_has_not_committed(opened):
    """By partition, with the age of the oldest; nothing unread has no age."""
    log = opened(THREE)
    log.publish(STORIES, messages(*"abcdefghi"))
    sizes = [0, 0, 0]
    for letter in "abcdefghi":
        sizes[partition_of(letter, 3)] += 1
    assert [lag.behind for lag in log.lag("g", STORIES)] == sizes
    assert all(0 <= lag.oldest_s < 60 for lag in log.lag("g", STORIES) if lag.behind)
    reader = log.consumer("g", STORIES)
    keys(reader, 9)
    reader.commit(dict(enumerate(sizes)))
    assert log.lag("g", STORIES) == [
        Lag(partition=p, position=position, behind=0, oldest_s=None)
        for p, position in enumerate(sizes)
    ]
    assert behind(log, "other", STORIES) == 9
    target = ends(log, "g", STORIES)
    assert target == dict(enumerate(sizes))
    assert short_of(log, "other", STORIES, target) == 9
    log.publish(STORIES, messages("a"))
    other = log.consumer("other", STORIES)
    first = partition_of("a", 3)
    other.commit({first: sizes[first] + 1})  # further than asked for, in one alone
    assert short_of(log, "other", STORIES, target) == 9 - sizes[first]
    other.close()
    assert log.count(EVENTS) == 0
    reader.close()


def test_a_key_is_in_the_same_partition_on_every_backend(opened):
    """Kafka's murmur2, checked against where the records are."""
    log = opened(THREE)
    names = [f"s-{n:016x}" for n in range(60)] + ["", "ü"]
    log.publish(STORIES, messages(*names))
    for part in range(3):
        found = [record.key for record in log.read(STORIES, part, 0, 100)]
        assert found == [name for name in names if partition_of(name, 3) == part]


def test_our_murmur2_is_kafkas():
    """The library's own function is the oracle."""
    from kafka.partitioner import murmur2 as theirs

    for n in range(300):
        data = bytes((7 * n + i) % 256 for i in range(n % 37))
        assert murmur2(data) == theirs(data) & 0xFFFFFFFF


def test_members_share_the_partitions_and_take_over(opened):
    """Two join, each reads its own; one leaves, the other reads what was left."""
    log = opened(THREE)
    log.publish(STORIES, messages(*(str(n) for n in range(90))))
    read, stop = {"a": [], "b": []}, {"a": threading.Event(), "b": threading.Event()}
    failed = []

    def run(name):
        consumer = opened(THREE).consumer("g", STORIES, name)
        try:
            while not stop[name].is_set():
                try:
                    for record in consumer.poll(5, 0.3):
                        consumer.commit({record.partition: record.offset + 1})
                        read[name].append((record.partition, record.offset))
                except Fenced:
                    continue
        except Exception as error:
            failed.append(error)
        finally:
            consumer.close()

    def wait_for(condition):
        pause = threading.Event()
        for _ in range(600):
            if condition() or failed:
                break
            pause.wait(0.1)
        assert not failed, failed
        assert condition()

    threads = [threading.Thread(target=run, args=(name,)) for name in read]
    threads[0].start()
    wait_for(lambda: len(read["a"]) >= 10)
    threads[1].start()
    wait_for(lambda: behind(log, "g", STORIES) == 0)

    def b_reads():
        log.publish(STORIES, messages(*(str(n) for n in range(30))))
        return bool(read["b"])

    wait_for(b_reads)
    stop["a"].set()
    threads[0].join()
    log.publish(STORIES, messages(*(str(n) for n in range(30))))
    wait_for(lambda: behind(log, "g", STORIES) == 0)
    stop["b"].set()
    threads[1].join()
    everything = {
        (part, offset)
        for part in range(3)
        for offset in range(len(log.read(STORIES, part, 0, 100_000)))
    }
    assert set(read["a"]) | set(read["b"]) == everything


def test_what_a_stage_has_not_read_is_never_removed(opened):
    """Nor by a retention of nothing, nor where it never committed; what it has is."""
    log = opened(THREE, retention_s=-1.0)
    log.publish(STORIES, messages(*(str(n) for n in range(30))))
    log.publish(JOURNAL, messages("a", "b"))
    assert log.trim() == 0
    half = {part: log.read(STORIES, part, 0, 99)[3].offset for part in range(3)}
    log.consumer("embed", STORIES).commit(half)
    log.consumer("index", JOURNAL).commit({0: 1})
    assert log.trim() == sum(half.values()) + 1
    assert log.read(JOURNAL, 0, 0, 9)[0].offset == 1
    assert {part: log.read(STORIES, part, 0, 1)[0].offset for part in half} == half
    assert log.trim() == 0


def test_what_is_younger_than_the_retention_stays(opened):
    """Though every stage has read it."""
    log = opened(retention_s=3_600.0)
    log.publish(JOURNAL, messages("a", "b"))
    log.consumer("index", JOURNAL).commit({0: 2})
    assert log.trim() == 0
    assert [record.key for record in log.read(JOURNAL, 0, 0, 9)] == ["a", "b"]


def test_a_mistyped_topic_is_refused_and_never_made(opened):
    """The message lists the topics there are."""
    log = opened()
    for action in (
        lambda: log.publish("storiez", messages("a")),
        lambda: log.consumer("g", "storiez"),
        lambda: log.read("storiez", 0, 0, 1),
    ):
        with pytest.raises(Misconfigured, match="'storiez' does not exist"):
            action()
    consumer = log.consumer("g", STORIES)
    for action in (lambda: consumer.seek(3, 0), lambda: log.read(STORIES, 3, 0, 1)):
        with pytest.raises(Misconfigured, match="no partition 3"):
            action()
    consumer.close()


def test_a_changed_number_of_partitions_is_refused_with_both_numbers(opened):
    """Keys would move."""
    opened(THREE)
    with pytest.raises(Misconfigured, match="has 3 partitions, the settings say 4"):
        opened({STORIES: 4})


def test_a_topic_keeps_its_fingerprint_and_another_has_another(opened):
    """So that a log that was made anew is noticed."""
    one, two = opened(), opened()
    assert one.fingerprint(JOURNAL) == two.fingerprint(JOURNAL)
    assert one.fingerprint(JOURNAL) != one.fingerprint(STORIES)


def test_staying_a_member_brings_and_loses_nothing(opened):
    """While a batch is worked on."""
    log = opened()
    log.publish(STORIES, messages(*"abc"))
    consumer = log.consumer("g", STORIES, "m")
    assert keys(consumer, 1) == ["a"]
    consumer.keep()
    consumer.commit({0: 1})
    assert keys(consumer, 2) == ["b", "c"]
    consumer.close()
