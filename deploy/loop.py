"""The loop of a stream worker: read a batch, handle it, commit; poison is set aside.

A record may kill the process that handles it. So what is about to be handled is noted
beside the group's position, where it survives the process, even on a machine without a
disk of its own. After a crash the noted batch is handled one by one, and a record that
was in hand at MAX_CRASHES crashes is set aside; one that raises, at once.
"""

import contextlib
import logging
import random
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple, Self, TypeVar

from samestory.deploy.stream.log import Consumer, Fenced, Record
from samestory.errors import Misconfigured, Retry

MAX_CRASHES: Final = 3
POLL_S: Final = 0.5  # how long a stop may go unnoticed by an idle worker
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)  # then 10 s for ever: nothing is dropped

NOT_THE_RECORDS_FAULT: Final = (
    Retry,
    Misconfigured,
    sqlite3.Error,
    OSError,
    MemoryError,
)

_log = logging.getLogger("samestory")
T = TypeVar("T")


class Attempt(NamedTuple):
    """Offsets [begin, end) in hand, and the crashes that each of them has met."""

    begin: int
    end: int
    crashes: int

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}:{self.crashes}"

    @classmethod
    def read(cls, note: str) -> Self | None:
        """Return what a note says; None for an empty or foreign one."""
        span, _, crashes = note.partition(":")
        begin, _, end = span.partition("-")
        if not (begin.isdigit() and end.isdigit() and crashes.isdigit()):
            return None
        return cls(int(begin), int(end), int(crashes))


def consume(
    consumer: Consumer,
    *,
    limit: int,
    stop: Callable[[], bool],
    handle: Callable[[Sequence[Record]], bool],
    set_aside: Callable[[Record, str], None],
) -> None:
    """Read until told to stop.

    Args:
        consumer: whose positions move.
        limit: records in a batch.
        stop: says when to end; what is in hand then comes again.
        handle: does the work, durably; False if it stopped half-way.
        set_aside: quarantines a record, with the reason.
    """
    next_of: dict[int, int] = {}
    while not stop():
        try:
            records = _poll(consumer, limit, stop)
            for part, group in groupby(records, key=lambda record: record.partition):
                batch = list(group)
                crashed = None
                if next_of.get(part) != batch[0].offset:  # ours only since now
                    notes = patiently(consumer.notes, stop, consumer.keep)
                    crashed = Attempt.read(notes.get(part, ""))
                for attempt, piece in pieces(batch, crashed):
                    if not _attempt(consumer, attempt, piece, stop, handle, set_aside):
                        return
                next_of[part] = batch[-1].offset + 1
        except Fenced as error:
            _log.info("%s", error)
            next_of.clear()


def _poll(consumer: Consumer, limit: int, stop: Callable[[], bool]) -> Sequence[Record]:
    try:
        return patiently(partial(consumer.poll, limit, POLL_S), stop)
    except Fenced:
        raise
    except Retry:  # the stop came while the log was away; nothing is in hand
        return []


def pieces(
    batch: Sequence[Record], crashed: Attempt | None
) -> Iterator[tuple[Attempt, Sequence[Record]]]:
    """Cut a batch: what was in hand at a crash one by one, then the rest together.

    Args:
        batch: records of one partition, in order.
        crashed: what the last process had in hand when it ended; None if it ended well.
    """
    rest = list(batch)
    while rest and crashed and crashed.begin <= rest[0].offset < crashed.end:
        record = rest.pop(0)
        yield Attempt(record.offset, record.offset + 1, crashed.crashes + 1), [record]
    if rest:
        yield Attempt(rest[0].offset, rest[-1].offset + 1, 0), rest


def _attempt(
    consumer: Consumer,
    attempt: Attempt,
    piece: Sequence[Record],
    stop: Callable[[], bool],
    handle: Callable[[Sequence[Record]], bool],
    set_aside: Callable[[Record, str], None],
) -> bool:
    part = piece[0].partition

    def commit(position: int, note: str) -> None:
        moved = partial(consumer.commit, {part: position}, {part: note})
        patiently(moved, stop, consumer.keep)

    if attempt.crashes >= MAX_CRASHES:
        set_aside(piece[0], f"the worker crashed {attempt.crashes} times on it")
    else:
        commit(attempt.begin, str(attempt))
        try:
            done = handle(piece)
        except (Retry, Misconfigured):  # what it needs is away: no crash of the record
            with contextlib.suppress(Retry, Misconfigured):
                consumer.commit({part: attempt.begin}, {part: ""})
            raise
        except NOT_THE_RECORDS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001  (whatever a record makes it raise)
            if len(piece) > 1:
                return all(
                    _attempt(consumer, alone, [record], stop, handle, set_aside)
                    for record in piece
                    for alone in (Attempt(record.offset, record.offset + 1, 0),)
                )
            set_aside(piece[0], _reason_of(error))
            done = True
        if not done:
            commit(attempt.begin, "")
            return False
    commit(attempt.end, "")
    return True


def _reason_of(error: Exception) -> str:
    """Return what was raised, and where."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


def patiently(
    action: Callable[[], T],
    stop: Callable[[], bool],
    meanwhile: Callable[[], None] = lambda: None,
) -> T:
    """Do it, again and again while it raises Retry; nothing is given up but by a stop.

    Args:
        action: what is to be done.
        stop: ends the waiting.
        meanwhile: called while waiting, e.g. to stay a member of a group.

    Returns:
        What the action returned.

    Raises:
        Fenced: at once; waiting would not help.
        Retry: the stop came while the dependency was still away.
    """
    tries = 0
    while True:
        try:
            return action()
        except Fenced:
            raise
        except Retry as error:
            if stop():
                raise
            wait_s = BACKOFF_S[min(tries, len(BACKOFF_S) - 1)]
            wait_s *= random.uniform(0.8, 1.2)  # noqa: S311  (jitter)
            _log.warning("waiting %.1f s: %s", wait_s, error)
            tries += 1
            end = time.monotonic() + wait_s
            while time.monotonic() < end and not stop():
                meanwhile()
                time.sleep(0.1)


def until(wait_s: float, stop: Callable[[], bool]) -> Callable[[], bool]:
    """Return a stop that also comes when the time is over; for commands of people."""
    end = time.monotonic() + wait_s
    return lambda: stop() or time.monotonic() >= end
