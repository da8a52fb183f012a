"""A worker that waits for what is away hears a signal; a second one ends it at once."""

import contextlib
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import STORIES, Message
from tests.broker import Broker
from tests.conftest import make_story
from tests.faults.leaving import LEAVE_S
from tests.processes import start, wait_for
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
GAVE_UP = 3


def test_a_worker_that_waits_for_a_broker_leaves_when_asked(tmp_path):
    """Nobody is there: it has waited, and says so with exit 3."""
    process = start(tmp_path, "index", "--brokers", "127.0.0.1:9")
    wait_for((tmp_path / "index.lock").exists)
    process.terminate()
    assert process.wait(LEAVE_S) == GAVE_UP


def test_a_worker_whose_log_is_locked_leaves_when_asked(tmp_path):
    """By another process; nothing of the batch in hand is lost."""
    log = EmbeddedLog(tmp_path / "log.db")
    process = start(tmp_path, "embed")
    members = "SELECT count(*) FROM members"
    reader = sqlite3.connect(tmp_path / "log.db")
    wait_for(lambda: reader.execute(members).fetchone()[0] == 1)
    other = sqlite3.connect(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="a", value=make_story("a").encode())])
    other.execute("BEGIN IMMEDIATE")
    process.terminate()
    assert process.wait(LEAVE_S) in (0, GAVE_UP)
    other.rollback()
    Run(tmp_path).process("import", "/dev/null")
    assert [s["title"] for s in Run(tmp_path).rows("stories")] == ["Title a"]
    for one in (log, reader, other):
        one.close()


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_second_signal_ends_a_worker_at_once(tmp_path, number, code):
    """Its broker is frozen, so that the first one is not enough for a while."""
    broker = Broker(tmp_path / "node").start()
    try:
        state = tmp_path / "state"
        process = start(state, "index", "--brokers", broker.bootstrap)
        wait_for(lambda: _has_read(state / "index" / "state.db"))
        broker.process.send_signal(signal.SIGSTOP)
        end = time.monotonic() + 30.0  # a busy disk holds a write up for seconds
        while process.poll() is None and time.monotonic() < end:
            process.send_signal(number)  # two that come together count as one
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        assert process.poll() == code
    finally:
        broker.stop(signal.SIGKILL)


def _has_read(path: Path) -> bool:
    """Tell whether the index is past its start, with the journal it reads noted."""
    if not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path)) as state:
        tables = state.execute("SELECT name FROM sqlite_master WHERE name = 'meta'")
        if not tables.fetchone():
            return False
        found = state.execute("SELECT value FROM meta WHERE name = 'journal'")
        return found.fetchone() is not None
