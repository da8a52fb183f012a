"""Processes of the command line, started, waited for and killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

LOOK_S = 0.05


def start(
    state, *arguments: str, prefix: str = "", stdout=subprocess.DEVNULL
) -> subprocess.Popen:
    """Start `samestory` in a process group of its own; with a prefix on Kafka."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "samestory.deploy.cli",
            *arguments,
            "--state",
            str(state),
        ],
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "SAMESTORY_KAFKA_PREFIX": prefix},
    )


def kill_at(state, moment_s: float, *arguments: str, whole_group: bool) -> None:
    """Start, let it work until the moment, then SIGKILL it (and its workers)."""
    process = start(state, *arguments)
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def wait_for(
    condition: Callable[[], object], timeout_s: float = 120.0, alive=None
) -> None:
    """Wait until the condition holds, while the process `alive` lives.

    Between two looks the core is left to what is waited for.
    """
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "gave up waiting"
        if alive:
            assert alive.poll() is None, alive.stderr.read().decode()[-3_000:]
        threading.Event().wait(LOOK_S)


def has_state(home: Path) -> bool:
    """Tell whether the index worker of a state has made it."""
    path = home / "index" / "state.db"
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA user_version").fetchone()[0])


def stories_in(home: Path) -> int:
    """Return how many stories a state holds; to be asked again and again."""
    if not has_state(home):
        return 0
    with closing(sqlite3.connect(home / "index" / "state.db")) as db:
        return int(db.execute("SELECT count(*) FROM stories").fetchone()[0])
