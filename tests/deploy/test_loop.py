"""The loop of a stream worker: crashes, poison, stops; real processes, the real log."""

import multiprocessing
import os

import pytest

from deploy.loop import MAX_CRASHES, Attempt, consume, pieces
from deploy.stream.embedded import EmbeddedLog
from deploy.stream.log import EVENTS, QUARANTINE, STORIES, Message, Record, behind

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


def work(path) -> None:
    """Copy stories to events; the process dies on the key `poison`."""
    log = EmbeddedLog(path)
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


def test_poison_that_kills_the_process_is_set_aside_after_the_third_crash(tmp_path):
    """Nothing else is lost, nothing else is set aside, and the worker is done."""
    path = tmp_path / "log.db"
    log = EmbeddedLog(path)
    names = [f"k{n}" for n in range(25)]
    names[13] = "poison"
    log.publish(STORIES, [Message(key=name, value=b"v") for name in names])
    context = multiprocessing.get_context("spawn")
    ends = []
    while not ends or ends[-1] != 0:
        process = context.Process(target=work, args=(path,))
        process.start()
        process.join(60)
        ends.append(process.exitcode)
        assert len(ends) < 10
    assert ends == [CRASHED] * MAX_CRASHES + [0]
    assert [r.key for r in log.read(EVENTS, 0, 0, 100)] == names[:13] + names[14:]
    (held,) = log.read(QUARANTINE, 0, 0, 100)
    assert (held.key, held.value) == ("poison", b"the worker crashed 3 times on it")
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
