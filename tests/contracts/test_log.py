"""The contract of the log: every backend passes it, the embedded one and Kafka."""

import multiprocessing
import os
import signal
import threading
import uuid

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from deploy.stream.embedded import STALE_GROUP_S, TRIM_ROWS, EmbeddedLog
from deploy.stream.embedded_group import LEASE_S
from deploy.stream.log import (
    EVENTS,
    JOURNAL,
    STORIES,
    Fenced,
    Lag,
    Message,
    behind,
)
from deploy.stream.partition import murmur2, partition_of
from ingest.errors import Misconfigured, Retry

THREE = {STORIES: 3}
BACKENDS = ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(params=BACKENDS)
def opened(request, tmp_path):
    """Return a function that opens the log, as often as one likes."""
    logs = []
    if request.param == "kafka":
        from deploy.stream.kafka import KafkaLog
        from deploy.stream.kafka_client import KafkaAddress

        broker = request.getfixturevalue("broker")
        prefix = f"t{uuid.uuid4().hex[:8]}."
        address = KafkaAddress(brokers=broker.bootstrap, prefix=prefix)

    def open_log(partitions=None):
        if request.param == "kafka":
            number = partitions or {STORIES: 1}
            logs.append(KafkaLog(address, partitions=number, session_s=3.0))
        else:
            logs.append(EmbeddedLog(tmp_path / "log.db", partitions=partitions))
        return logs[-1]

    yield open_log
    for log in logs:
        log.close()


@pytest.fixture
def log(tmp_path):
    found = EmbeddedLog(tmp_path / "log.db")
    yield found
    found.close()


def messages(*texts: str) -> list[Message]:
    return [
        Message(key=t, value=t.encode(), headers={"n": str(i)})
        for i, t in enumerate(texts)
    ]


def keys(consumer, count: int, timeout_s: float = 20.0) -> list[str]:
    """Poll until there are `count` records."""
    found = []
    while len(found) < count:
        rows = consumer.poll(count - len(found), timeout_s)
        assert rows, f"only {found}"
        found += [row.key for row in rows]
    return found


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
        Lag(partition=p, behind=0, oldest_s=None) for p in range(3)
    ]
    assert behind(log, "other", STORIES) == 9
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


# The embedded log alone: clocks, disks and processes of our own.


def test_a_member_that_slept_through_its_lease_is_fenced(tmp_path):
    """A zombie's commit sets nothing; the other has its partitions; it may join again."""
    now = [1_000.0]
    log = EmbeddedLog(tmp_path / "log.db", monotonic=lambda: now[0])
    log.publish(STORIES, messages("a", "b"))
    zombie = log.consumer("g", STORIES, "z")
    assert [r.key for r in zombie.poll(1, 0)] == ["a"]
    now[0] += LEASE_S + 1
    other = log.consumer("g", STORIES, "a")
    assert [r.key for r in other.poll(1, 0)] == ["a"]
    with pytest.raises(Fenced, match="members of stories changed"):
        zombie.commit({0: 1})
    assert behind(log, "g", STORIES) == 2
    other.commit({0: 1})
    assert zombie.poll(5, 0) == []
    other.close()
    now[0] += 4  # a heartbeat later it has them
    assert [r.key for r in zombie.poll(5, 0)] == ["b"]
    log.close()


def test_a_name_taken_twice_stops_the_first_to_have_it(tmp_path):
    """As Kafka's static members do; the message says what to do."""
    log = EmbeddedLog(tmp_path / "log.db")
    first = log.consumer("g", STORIES, "m")
    log.consumer("g", STORIES, "m")
    with pytest.raises(Misconfigured, match="taken over .* name them apart"):
        first.commit({0: 0})
    log.close()


def test_old_records_go_in_steps_but_never_what_a_live_group_has_not_read(
    tmp_path, caplog
):
    """By age; a group that is silent for a week is named and holds nothing back."""
    now = [1_000_000.0]
    log = EmbeddedLog(tmp_path / "log.db", retention_s=100, clock=lambda: now[0])
    log.publish(STORIES, messages(*(str(n) for n in range(TRIM_ROWS + 20))))
    reader, slow = log.consumer("g", STORIES), log.consumer("slow", STORIES)
    reader.commit({0: TRIM_ROWS + 10})
    slow.commit({0: 5})
    now[0] += 200
    assert log.trim() == 5
    assert [r.offset for r in log.read(STORIES, 0, 0, 1)] == [5]
    slow.commit({0: TRIM_ROWS + 20})
    assert [log.trim(), log.trim()] == [TRIM_ROWS, 5]
    assert [r.offset for r in log.read(STORIES, 0, 0, 1)] == [TRIM_ROWS + 10]
    now[0] += STALE_GROUP_S + 1
    slow.commit({0: TRIM_ROWS + 20})
    assert log.trim() == 10
    assert "group g has not read stories:0 for 7 days" in caplog.text
    assert log.count(STORIES) == TRIM_ROWS + 20
    log.close()


def test_a_log_over_its_size_gives_up_its_oldest_records(tmp_path):
    """However young they are."""
    log = EmbeddedLog(tmp_path / "log.db", retention_bytes=1_000)
    log.publish(EVENTS, [Message(key="k", value=b"x" * 100) for _ in range(25)])
    log.publish(EVENTS, messages("a"))
    while log.trim():
        pass
    assert [r.offset for r in log.read(EVENTS, 0, 0, 1)] == [16]
    log.close()


def test_a_reader_wakes_up_for_an_append_of_another_process(tmp_path, log):
    """poll waits, and returns as soon as there is something."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_append, args=(tmp_path / "log.db", 1))
    process.start()
    found = log.consumer("g", JOURNAL).poll(1, 60)
    process.join()
    assert [r.key for r in found] == ["0"]


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(tmp_path, log):
    """SIGKILL: what publish returned for is there, in order, once."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(
        target=_append, args=(tmp_path / "log.db", 10_000, writer)
    )
    process.start()
    writer.close()
    acknowledged = -1
    while acknowledged < 200:
        acknowledged = reader.recv()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while reader.poll():
        try:
            acknowledged = reader.recv()
        except EOFError:
            break
    found = [r.key for r in log.consumer("g", JOURNAL).poll(20_000, 0)]
    assert found == [str(i) for i in range(len(found))]
    assert len(found) > acknowledged


def _append(path, count, pipe=None):
    log = EmbeddedLog(path)
    for i in range(count):
        log.publish(JOURNAL, [Message(key=str(i), value=b"x" * 500)])
        if pipe:
            pipe.send(i)


def test_a_full_disk_raises_retry_and_leaves_the_log_whole(log):
    """Nothing half-written; the same append works when there is room again."""
    log.publish(STORIES, messages("a"))
    pages = log._db.execute("PRAGMA page_count").fetchone()[0]
    log._db.execute(f"PRAGMA max_page_count = {pages}")
    big = [Message(key="b", value=b"x" * 1_000_000)]
    with pytest.raises(Retry, match="full"):
        log.publish(STORIES, big)
    assert log.count(STORIES) == 1
    log._db.execute("PRAGMA max_page_count = 1000000")
    log.publish(STORIES, big)
    assert [r.key for r in log.consumer("g", STORIES).poll(9, 0)] == ["a", "b"]


class LogMachine(RuleBasedStateMachine):
    """The log against a list."""

    @initialize()
    def begin(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "log.db"
        self.log = EmbeddedLog(self.path)
        self.reader = self.log.consumer("g", STORIES)
        self.model: list[bytes] = []
        self.next = self.committed = 0

    @rule(values=st.lists(st.binary(max_size=40), max_size=4))
    def publish(self, values):
        self.log.publish(STORIES, [Message(key="k", value=v) for v in values])
        self.model += values

    @rule(limit=st.integers(1, 5))
    def poll(self, limit):
        found = self.reader.poll(limit, 0)
        assert [r.value for r in found] == self.model[self.next : self.next + limit]
        self.next += len(found)

    @rule()
    def commit(self):
        self.reader.commit({0: self.next})
        self.committed = self.next

    @rule()
    def restart(self):
        self.log.close()
        self.log = EmbeddedLog(self.path)
        self.reader = self.log.consumer("g", STORIES)
        self.next = self.committed

    @invariant()
    def lag_is_exact(self):
        if hasattr(self, "log"):
            left = behind(self.log, "g", STORIES)
            assert left == len(self.model) - self.committed

    def teardown(self):
        if hasattr(self, "log"):
            self.log.close()
            self.folder.cleanup()


TestLogModel = LogMachine.TestCase
TestLogModel.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
