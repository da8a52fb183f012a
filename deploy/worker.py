"""The worker processes: ingest, embed and index, as they are deployed.

Each holds a lock on its name in the state directory, so that no two run on one state.
"""

import contextlib
import fcntl
import logging
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from deploy import wiring
from deploy.config import Settings
from deploy.quarantine import quarantine_record, quarantine_rejected
from deploy.stream.log import EVENTS, JOURNAL, STORIES, Log, Message, Record
from embed.embedding import embed_story
from index.events import EventIndex
from ingest.errors import Misconfigured, Quarantine, Retry
from ingest.poller import Poller
from ingest.robots import Robots
from ingest.story import Story

NAMES: Final = ("ingest", "embed", "index")
POLL_S: Final = 0.5  # how long a stop may go unnoticed by an idle worker
LOCK_WAIT_S: Final = 10.0  # workers of a killed supervisor need a moment to leave
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)  # then 10 s for ever: nothing is dropped

_log = logging.getLogger("samestory")


def run_worker(name: str, settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT.

    Raises:
        Misconfigured: a person must act, e.g. the worker runs already.
    """
    stop = stop_on_signals()
    with hold_lock(settings.home, name, LOCK_WAIT_S):
        log = wiring.open_log(settings)
        try:
            {"ingest": _ingest, "embed": _embed, "index": _index}[name](
                settings, log, stop.is_set
            )
        finally:
            log.close()


def _ingest(settings: Settings, log: Log, stop: Callable[[], bool]) -> None:
    client = wiring.open_client(settings)
    frontier = wiring.open_frontier(settings)

    def publish(stories: Sequence[Story]) -> None:
        messages = [Message(key=s.story_id, value=s.encode()) for s in stories]
        patiently(lambda: log.publish(STORIES, messages), stop)
        if stories:
            _log.info("published stories=%d", len(stories))

    with wiring.open_sandbox(settings) as sandbox:
        Poller(
            frontier=frontier,
            client=client,
            robots=Robots(client, settings.user_agent),
            sandbox=sandbox,
            publish=publish,
            reject=lambda rejected: quarantine_rejected(log, "ingest", rejected),
            log=_log.info,
            interval_s=settings.poll_interval,
            spacing_s=settings.host_spacing,
            clock=time.time,
            rng=random.Random(),  # noqa: S311  (jitter)
        ).run(stop)
    frontier.close()


def _embed(settings: Settings, log: Log, stop: Callable[[], bool]) -> None:
    encoder = wiring.open_encoder(settings)
    space = encoder.space
    _log.info("model %s space=%s dim=%d", space.model, space.space_id, space.dim)
    consumer = log.consumer("embed", STORIES)
    while not stop():
        records = consumer.poll(settings.embed_batch, POLL_S)
        if not records:
            continue
        begin = time.monotonic()
        found: list[Message] = []
        for record in records:
            try:
                vector = embed_story(Story.decode(record.value), encoder)
                found.append(Message(key=vector.story.story_id, value=vector.encode()))
            except Quarantine as error:
                _set_aside(log, "embed", record, error)
            if stop():
                return  # nothing of this batch is committed: it comes again
        patiently(partial(log.publish, JOURNAL, found), stop)
        patiently(partial(consumer.commit, {0: records[-1].offset + 1}), stop)
        took = time.monotonic() - begin
        _log.info("embedded stories=%d batch_s=%.2f", len(found), took)


def _index(settings: Settings, log: Log, stop: Callable[[], bool]) -> None:
    state = wiring.open_state(settings)
    index = EventIndex(state)
    consumer = log.consumer("index", JOURNAL)
    consumer.seek(0, state.position())
    _publish_outbox(log, index, stop)
    while not stop():
        records = consumer.poll(settings.index_batch, POLL_S)
        if not records:
            continue
        patiently(partial(_index_batch, log, index, records), stop)
        if stop():
            return
        _publish_outbox(log, index, stop)
        position = records[-1].offset + 1
        patiently(partial(consumer.commit, {0: position}), stop)
        _log.info("indexed stories=%d position=%d", len(records), position)
    state.close()


def _index_batch(log: Log, index: EventIndex, records: Sequence[Record]) -> None:
    refused = index.apply([(r.offset, r.value) for r in records])
    by_offset = {record.offset: record for record in records}
    for offset, error in refused:
        _set_aside(log, "index", by_offset[offset], error)


def _publish_outbox(log: Log, index: EventIndex, stop: Callable[[], bool]) -> None:
    waiting = index.state.outbox()
    if waiting:
        messages = [Message(key=key, value=value) for _, key, value in waiting]
        patiently(lambda: log.publish(EVENTS, messages), stop)
        index.state.clear_outbox([number for number, _, _ in waiting])


def _set_aside(log: Log, stage: str, record: Record, error: Quarantine) -> None:
    where = f"{record.topic}:{record.partition}:{record.offset}"
    _log.warning("quarantined %s: %s", where, error)
    quarantine_record(log, stage, record, error)


def patiently(action: Callable[[], Any], stop: Callable[[], bool]) -> None:
    """Do it, again and again while it raises Retry; nothing is given up but by a stop.

    Raises:
        Retry: the stop came while the dependency was still away.
    """
    tries = 0
    while True:
        try:
            action()
        except Retry as error:
            wait_s = BACKOFF_S[min(tries, len(BACKOFF_S) - 1)]
            wait_s *= random.uniform(0.8, 1.2)  # noqa: S311  (jitter)
            _log.warning("waiting %.1f s: %s", wait_s, error)
            tries += 1
            end = time.monotonic() + wait_s
            while time.monotonic() < end:
                if stop():
                    raise
                time.sleep(0.1)
        else:
            return


@contextlib.contextmanager
def hold_lock(home: Path, name: str, wait_s: float) -> Iterator[None]:
    """Hold a worker's lock on a state; the kernel frees it however we end.

    Raises:
        Misconfigured: another process holds it; says which.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / f"{name}.lock").open("a+")
    except OSError as error:
        raise Misconfigured(f"--state {home}: {error}") from error
    with file:
        end = time.monotonic() + wait_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > end:
                file.seek(0)
                raise Misconfigured(
                    f"{name} already runs on {home} (process {file.read().strip()});"
                    " stop it, or use another --state"
                )
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running(home: Path, name: str) -> int | None:
    """Return the process that runs a worker on a state; None if none does."""
    path = home / f"{name}.lock"
    if not path.exists():
        return None
    with path.open("r+") as file:
        if _try_lock(file.fileno()):
            return None
        text = file.read().strip()
        return int(text) if text.isdigit() else 0


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; a second signal ends at once."""
    stop = threading.Event()

    def ask(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


def follow_supervisor() -> None:
    """Stop when the supervisor is gone, even by SIGKILL: our standard input closes."""

    def watch() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def log_to_stderr(settings: Settings) -> None:
    """Send our log lines to stderr at the level that was set."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper())
    if level is None:
        raise Misconfigured(f"log_level {settings.log_level!r}: use info or warning")
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    _log.setLevel(level)
