"""The loop of a stream worker: crashes, poison, stops; real processes, the real log."""

import multiprocessing
import os
import sqlite3
import time
import uuid
from functools import partial

import pytest

from samestory.deploy.loop import MAX_CRASHES, Attempt, consume, patiently, pieces
from samestory.deploy.quarantine import cases, quarantine_record, retry_message
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import (
    EVENTS,
    QUARANTINE,
    STORIES,
    Message,
    Record,
    behind,
)
from samestory.errors import Misconfigured, Retry
from tests.interleaving import just_before

CRASHED = 9


def record(offset: int) -> Record:
    return Record(
        topic=STORIES,
        partition=0,
        offset=offset,
        key="k",
        value=b"",
        headers={},
        appended_at=0.0,
    )


def cut(offsets, note):
    """Return [(note of the attempt, its offsets)]."""
    found = pieces([record(o) for o in offsets], Attempt.read(note))
    return [(str(attempt), [r.offset for r in piece]) for attempt, piece in found]


def test_a_batch_is_one_piece_unless_the_last_process_crashed_on_it():
    """Then what was in hand comes one by one, and the rest together."""
    assert cut(range(5, 9), "") == [("5-9:0", [5, 6, 7, 8])]
    assert cut(range(5, 9), "5-7:0") == [
        ("5-6:1", [5]),
        ("6-7:1", [6]),
        ("7-9:0", [7, 8]),
    ]
    assert cut(range(5, 9), "5-6:1") == [("5-6:2", [5]), ("6-9:0", [6, 7, 8])]
    assert cut(range(5, 9), "1-5:0") == [("5-9:0", [5, 6, 7, 8])]


@pytest.mark.parametrize("note", ["", "junk", "1-2", "a-b:c", "1-2:x", "-:"])
def test_a_note_that_is_not_ours_is_no_attempt(note):
    """Foreign metadata never stops a worker."""
    assert Attempt.read(note) is None


def open_on_kafka(bootstrap: str, prefix: str):
    from samestory.deploy.stream.kafka import KafkaLog
    from samestory.deploy.stream.kafka_address import KafkaAddress

    address = KafkaAddress(brokers=bootstrap, prefix=prefix)
    return KafkaLog(address, partitions={STORIES: 1}, session_s=3.0)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def open_log(request, tmp_path):
    """Return a function that opens the log, in this process or another."""
    if request.param == "embedded":
        return partial(EmbeddedLog, tmp_path / "log.db")
    broker = request.getfixturevalue("broker")
    return partial(open_on_kafka, broker.bootstrap, f"t{uuid.uuid4().hex[:8]}.")


def work(open_log) -> None:
    """Copy stories to events; the process dies on the key `poison`."""
    log = open_log()
    consumer = log.consumer("g", STORIES, "m")

    def handle(records):
        for one in records:
            if one.key == "poison":
                os._exit(CRASHED)
        log.publish(EVENTS, [Message(key=r.key, value=r.value) for r in records])
        return True

    def set_aside(one, reason):
        message = Message(key=one.key, value=reason.encode())
        log.publish(QUARANTINE, [message])

    consume(
        consumer,
        limit=10,
        stop=lambda: behind(log, "g", STORIES) == 0,
        handle=handle,
        set_aside=set_aside,
    )


def test_poison_that_kills_the_process_is_set_aside_after_the_third_crash(open_log):
    """Nothing else is lost, nothing else is set aside, and the worker is done."""
    log = open_log()
    names = [f"k{n}" for n in range(25)]
    names[13] = "poison"
    log.publish(STORIES, [Message(key=name, value=b"v") for name in names])
    context = multiprocessing.get_context("spawn")
    ends = []
    while not ends or ends[-1] != 0:
        process = context.Process(target=work, args=(open_log,))
        process.start()
        process.join(60)
        ends.append(process.exitcode)
        assert len(ends) < 10
    assert ends == [CRASHED] * MAX_CRASHES + [0]
    assert [r.key for r in log.read(EVENTS, 0, 0, 100)] == names[:13] + names[14:]
    (held,) = log.read(QUARANTINE, 0, 0, 100)
    assert (held.key, held.value) == ("poison", b"the worker crashed 3 times on it")
    log.close()


def test_a_record_that_makes_the_handler_raise_is_set_aside_alone(open_log):
    """With what was raised and where; the rest of its batch is handled."""
    log = open_log()
    names = ["a", "bad", "b", "c"]
    log.publish(STORIES, [Message(key=name, value=b"v") for name in names])
    done, aside = [], []

    def handle(records):
        if any(r.key == "bad" for r in records):
            raise ValueError("no such thing")
        done.extend(r.key for r in records)
        return True

    consume(
        log.consumer("g", STORIES, "m"),
        limit=10,
        stop=lambda: behind(log, "g", STORIES) == 0,
        handle=handle,
        set_aside=lambda one, reason: aside.append((one.key, reason)),
    )
    assert done == ["a", "b", "c"]
    ((key, reason),) = aside
    assert key == "bad"
    assert reason.startswith("ValueError: no such thing (test_loop.py:")
    log.close()


def test_a_log_or_disk_that_fails_is_no_fault_of_the_record(open_log):
    """Nothing is set aside for it; the batch comes again."""
    log = open_log()
    log.publish(STORIES, [Message(key="a", value=b"v")])
    aside = []

    def handle(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        consume(
            log.consumer("g", STORIES, "m"),
            limit=10,
            stop=lambda: False,
            handle=handle,
            set_aside=lambda *case: aside.append(case),
        )
    assert aside == []
    assert behind(log, "g", STORIES) == 1
    log.close()


def test_a_quarantine_that_cannot_be_written_is_waited_for(tmp_path, caplog):
    """The worker says so and stays where it is; with room it goes on, once."""
    log, other = EmbeddedLog(tmp_path / "log.db"), sqlite3.connect(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="a", value=b"v")])

    def handle(_):
        if "waiting" not in caplog.text:
            other.execute("BEGIN IMMEDIATE")
        raise ValueError("no such thing")

    def work(stop):
        def set_aside(record, reason):
            patiently(partial(quarantine_record, log, "embed", record, reason), stop)

        consumer = log.consumer("g", STORIES, "m")
        consume(consumer, limit=1, stop=stop, handle=handle, set_aside=set_aside)

    with pytest.raises(Retry, match="database is locked"):
        work(lambda: "waiting" in caplog.text)
    other.rollback()
    assert behind(log, "g", STORIES) == 1
    assert log.count(QUARANTINE) == 0
    work(lambda: behind(log, "g", STORIES) == 0)
    assert log.count(QUARANTINE) == 1
    other.close()
    log.close()


def test_a_message_with_an_endless_key_can_be_set_aside(open_log):
    """What any producer may write: the case is cut, and says so."""
    log = open_log()
    log.publish(STORIES, [Message(key="k" * 2_000_000, value=b"v" * 2_000_000)])
    (record,) = log.read(STORIES, 0, 0, 1)
    quarantine_record(log, "embed", record, "r" * 3_000)
    (case,) = cases(log).values()
    assert (len(case.key), len(case.reason), case.is_whole) == (2_000, 2_000, False)
    log.close()


@pytest.mark.kafka
def test_a_batch_that_takes_longer_than_the_session_keeps_its_membership(broker):
    """`keep` is called meanwhile; the commit counts and nothing comes twice."""
    log = open_on_kafka(broker.bootstrap, f"t{uuid.uuid4().hex[:8]}.")
    log.publish(STORIES, [Message(key=str(n), value=b"v") for n in range(4)])
    consumer = log.consumer("g", STORIES, "m")
    handled = []

    def handle(records):
        end = time.monotonic() + 4  # the session of these tests is 3 s
        while time.monotonic() < end:
            consumer.keep()
        handled.extend(r.key for r in records)
        return True

    consume(
        consumer,
        limit=4,
        stop=lambda: len(handled) >= 4,
        handle=handle,
        set_aside=lambda *_: None,
    )
    assert handled == ["0", "1", "2", "3"]
    assert behind(log, "g", STORIES) == 0
    log.close()


def test_a_stop_in_the_middle_of_a_batch_is_no_crash(tmp_path):
    """The batch comes again, whole; nothing of it is under suspicion."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="a", value=b""), Message(key="b", value=b"")])
    consumer = log.consumer("g", STORIES, "m")
    stopped = []

    def handle(_):
        stopped.append(True)
        return False

    consume(
        consumer,
        limit=10,
        stop=lambda: bool(stopped),
        handle=handle,
        set_aside=lambda *_: None,
    )
    assert consumer.notes() == {0: ""}
    assert behind(log, "g", STORIES) == 2
    log.close()


@pytest.mark.parametrize("error", [Misconfigured, Retry])
def test_what_a_worker_lacks_is_no_crash_of_its_record(tmp_path, error):
    """However often it is started without it: the record waits, and is handled then."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="a", value=b"1"), Message(key="b", value=b"2")])
    handled, aside = [], []
    may = False

    def handle(records):
        if not may:
            raise error("the model is away")
        handled.extend(record.key for record in records)
        return True

    def started():
        consume(
            log.consumer("g", STORIES, "m"),
            limit=10,
            stop=lambda: behind(log, "g", STORIES) == 0,
            handle=handle,
            set_aside=lambda record, _: aside.append(record.key),
        )

    for _ in range(MAX_CRASHES + 2):
        with pytest.raises(error):
            started()
    may = True
    started()
    assert (handled, aside) == (["a", "b"], [])
    log.close()


def test_a_case_that_fails_again_before_its_retry_is_written_down_is_held(tmp_path):
    """The worker may be quicker than who says that it was retried."""
    log, worker = EmbeddedLog(tmp_path / "log.db"), EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="k", value=b"junk")])
    reader = worker.consumer("embed", STORIES, "m")

    def fail() -> None:
        for one in reader.poll(10, 0):
            quarantine_record(worker, "embed", one, "not a story")

    fail()
    (case,) = cases(log).values()
    with just_before(log._db, "BEGIN IMMEDIATE", fail, nth=2):
        retry_message(log, case)
    (again,) = cases(log).values()
    assert (again.case_id, again.status, again.attempt) == (case.case_id, "held", 2)
    retry_message(log, again)
    (settled,) = cases(log).values()
    assert settled.status == "retried"
    worker.close()
    log.close()
