"""The index worker: the journal in, events out; the one writer of the state."""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.deploy.loop import consume, patiently
from samestory.deploy.quarantine import set_aside
from samestory.deploy.stream.log import (
    EVENTS,
    JOURNAL,
    PUBLISHED_AT,
    Log,
    Message,
    Record,
)
from samestory.errors import Misconfigured, Retry
from samestory.index.decision.expiry import Held
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.health import Largest, Latency
from samestory.index.store.state import State

_log = logging.getLogger("samestory")


def run_index(settings: Settings, log: Log, stop: Callable[[], bool]) -> None:
    """Obey the journal until told to stop."""
    state = wiring.open_state(settings)
    index = wiring.open_index(settings, state)
    patiently(partial(_refuse_other_log, log, state), stop)
    consumer = patiently(partial(log.consumer, "index", JOURNAL), stop)
    begin = state.meta.position() or patiently(partial(_beginning, log), stop)
    if begin != state.meta.position():  # else `check` would miss what never was read
        with state.transaction():
            state.meta.set_position(begin)
    consumer.seek(0, begin)
    patiently(partial(_apply, index, [], state.path), stop)  # left by a crash
    _hand_on(log, state, stop)
    # The state's own position holds; the log's mirrors it, also after a crash between.
    notes = patiently(consumer.notes, stop)
    patiently(partial(consumer.commit, {0: begin}, notes), stop)
    warned: set[str] = set()

    def handle(records: Sequence[Record]) -> bool:
        batch = [(record.offset, record.value) for record in records]
        patiently(partial(_apply, index, batch, state.path), stop, consumer.keep)
        _hand_on(log, state, stop)
        state.health.keep_latencies(latencies(records, time.time()))
        _warn_of(state.health.largest_event(), warned)
        _warn_of_space(state, index, warned)
        if settings.keep_days:
            _warn_of_jump(state.meta.calendar().held, warned)
        _log.info("indexed records=%d position=%d", len(batch), state.meta.position())
        return True

    consume(
        consumer,
        limit=settings.index_batch,
        stop=stop,
        handle=handle,
        set_aside=lambda record, why: _refuse(log, state, stop, record, why),
    )
    consumer.close()
    state.close()


def _warn_of_space(state: State, index: EventIndex, warned: set[str]) -> None:
    """Warn once if what decides was not fitted to the vectors that are there."""
    space = state.meta.space()
    if space and space[0] not in warned and not index.model.fits(space[0]):
        warned.add(space[0])
        _log.warning(
            "pair model %s was fitted in space %s, the vectors are in %s: their"
            " cosines mean something else; fit one by `samestory train` and name it by"
            " --pair-model",
            *(index.model.name, index.model.space_id, space[0]),
        )


def _warn_of(largest: Largest | None, warned: set[str]) -> None:
    """Warn once of an event that may have swallowed others."""
    if largest and largest.is_suspicious and largest.event_id not in warned:
        warned.add(largest.event_id)
        _log.warning(
            "event %s holds %d of the %d stories of the last week: it may have"
            " swallowed others",
            *largest,
        )


def _warn_of_jump(held: Held | None, warned: set[str]) -> None:
    """Warn once of a jump of the day that is held.

    See `samestory.index.decision.expiry`.
    """
    if held and str(held.since) not in warned:
        warned.add(str(held.since))
        _log.warning("%s", held.warning)


def _beginning(log: Log) -> int:
    """Return the journal's first offset; not 0 where retention removed records."""
    end = log.count(JOURNAL)  # before the read: what is appended between is read
    first = log.read(JOURNAL, 0, 0, 1)
    begin = first[0].offset if first else end
    if begin:
        _log.warning(
            "a new state: the journal begins at %d, what was before is gone", begin
        )
    return begin


def latencies(records: Sequence[Record], now: float) -> dict[int, Latency]:
    """Return how long each journal record took through embed and index, by offset.

    A record without the time of its story's publication, e.g. a replayed one, is left
    out. Clocks of two machines may disagree: nothing is less than 0.
    """
    by_offset = {}
    for record in records:
        text = record.headers.get(PUBLISHED_AT, "")
        if text.isascii() and text.replace(".", "", 1).isdigit():
            by_offset[record.offset] = Latency(
                embed_s=max(0.0, record.appended_at - float(text)),
                index_s=max(0.0, now - record.appended_at),
            )
    return by_offset


def _refuse_other_log(log: Log, state: State) -> None:
    """Stop where the journal is not the one that the state's position counts in."""
    held, present = state.meta.journal_id(), log.fingerprint(JOURNAL)
    if held is None:
        with state.transaction():
            state.meta.set_journal_id(present)
    elif held != present:
        raise Misconfigured(
            f"the journal was {held}, is {present}: the log was made anew or is"
            " another; go back to the former one, or start another --state"
        )
    elif state.meta.position() > log.count(JOURNAL):
        raise Misconfigured(
            f"the journal ends at {log.count(JOURNAL)}, the state has read"
            f" {state.meta.position()}: the log has lost records; restore it, or start"
            " another --state"
        )


def _refuse(
    log: Log, state: State, stop: Callable[[], bool], record: Record, reason: str
) -> None:
    with state.transaction():
        state.revisions.refuse(record.offset, record.value, reason)
        state.meta.set_position(record.offset + 1)
    _hand_on(log, state, stop)


def _apply(
    index: EventIndex, batch: Sequence[tuple[int, bytes]], state_path: Path
) -> None:
    try:
        index.apply(batch)
    except (sqlite3.OperationalError, OSError) as error:  # disk full, locked
        raise Retry(f"state {state_path}: {error}") from error


def _hand_on(log: Log, state: State, stop: Callable[[], bool]) -> None:
    """Publish what a commit of the state left to be published."""
    waiting = state.revisions.outbox()
    if not waiting:
        return
    for one in waiting:
        if one.refused is not None:
            record = _journal_record(log, int(one.key), one.value)
            set_aside(log, "index", stop, record, one.refused)
    revisions = [
        Message(key=one.key, value=one.value) for one in waiting if one.refused is None
    ]
    patiently(partial(log.publish, EVENTS, revisions), stop)
    state.clear_outbox([one.number for one in waiting])


def _journal_record(log: Log, offset: int, value: bytes) -> Record:
    """Return the record with the history in its headers; without, if it is gone."""
    records = log.read(JOURNAL, 0, offset, 1)
    if records and records[0].offset == offset:
        return records[0]
    return Record(
        topic=JOURNAL,
        partition=0,
        offset=offset,
        key="",
        value=value,
        headers={},
        appended_at=0.0,
    )
