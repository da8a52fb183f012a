"""The journal, as commands use it: put a person's word in; read it from a place on."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.deploy.loop import patiently, until
from samestory.deploy.process import AlreadyRuns
from samestory.deploy.stream.log import JOURNAL, Log, Message
from samestory.deploy.worker import index_until
from samestory.errors import Misconfigured, Retry
from samestory.index.store.reader import peek

T = TypeVar("T")


def submit(
    settings: Settings, key: str, value: bytes, outcome: Callable[[], T | None]
) -> T:
    """Publish a message; return what the index made of it.

    Where no index worker runs here, this process is it for the moment: to start one for
    a single record would take three times as long.

    Args:
        settings: in force.
        key: of the message, its id.
        value: of the message.
        outcome: asks the state; None until the index has passed the message.

    Raises:
        Retry: it took too long; the message is in the journal.
    """
    stop = patience_of(settings)
    with contextlib.closing(wiring.open_log(settings)) as log:
        message = Message(key=key, value=value)
        patiently(partial(log.publish, JOURNAL, [message]), stop)
        why = ""
        while (result := outcome()) is None:
            if stop():
                raise Retry(
                    f"{key} is in the journal, the index has not come to it yet{why}:"
                    " it will be obeyed"
                )
            try:
                index_until(settings, log, lambda: stop() or outcome() is not None)
            except AlreadyRuns:
                time.sleep(0.1)
            except Retry as error:
                why = f" ({error})"
    return result


def first_of(log: Log, settings: Settings) -> int:
    """Return the journal's first offset; where all of it was removed, its end."""
    end = patiently(partial(log.count, JOURNAL), patience_of(settings))  # comes first:
    batch = next(journal_records(log, 0, 1, settings), None)  # what is new is read
    return batch[0][0] if batch else end


def refuse_gap(source: Path, log: Log, settings: Settings) -> None:
    """Refuse a snapshot from which the journal does not go on without a gap.

    Raises:
        Misconfigured: it is none, or of another log, or too old.
    """
    if not source.exists():
        raise Misconfigured(f"{source}: no such file")
    try:
        held = peek(source)
    except sqlite3.Error as error:
        raise Misconfigured(f"{source}: no snapshot: {error}") from error
    journal = patiently(partial(log.fingerprint, JOURNAL), patience_of(settings))
    if held.journal_id != journal:
        raise Misconfigured(
            f"{source}: its position counts in journal {held.journal_id}, this one is"
            f" {journal}: another log's snapshot"
        )
    first = first_of(log, settings)
    if held.position < first:
        raise Misconfigured(
            f"{source}: it ends at {held.position}, the journal begins at {first}: what"
            " was between is gone; use a later snapshot"
        )


def journal_records(
    log: Log, position: int, limit: int, settings: Settings
) -> Iterator[list[tuple[int, bytes]]]:
    """Yield batches of (offset, value) of the journal, from a position on."""
    while True:
        read = partial(log.read, JOURNAL, 0, position, limit)
        records = patiently(read, patience_of(settings))
        if not records:
            return
        yield [(record.offset, record.value) for record in records]
        position = records[-1].offset + 1


def patience_of(settings: Settings) -> Callable[[], bool]:
    """Return what ends a command's waiting for the log."""
    return until(wiring.wait_of(settings), lambda: False)
