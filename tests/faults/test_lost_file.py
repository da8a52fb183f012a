"""A file of --state is removed under the worker that has it open."""

import os
import subprocess
import sys

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, Message
from tests.processes import wait_for

pytestmark = pytest.mark.slow
RECORD = [Message(key="k", value=b"no story")]


@pytest.mark.parametrize(
    ("worker", "name"),
    [("index", "log.db"), ("index", "index/state.db"), ("ingest", "frontier.db")],
)
def test_a_worker_whose_file_is_removed_says_so_and_ends_with_exit_2(
    tmp_path, worker, name
):
    """One line; neither a traceback, nor a hang, nor a new file in its place."""
    log, file = EmbeddedLog(tmp_path / "log.db"), tmp_path / name
    log.publish(JOURNAL, RECORD)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "samestory.deploy.cli",
            worker,
            "--state",
            str(tmp_path),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"SAMESTORY_LOG_LEVEL": "error"},
    ) as process:
        wait_for((tmp_path / f"{worker}.lock").exists)
        wait_for(file.exists)
        wait_for_a_turn(tmp_path / f"{worker}.lock")
        if worker == "index":
            wait_for(lambda: log.position("index", JOURNAL) == 1)
        file.unlink()
        if name == "index/state.db":  # an idle index does not look at its state
            log.publish(JOURNAL, RECORD)
        _, said = process.communicate(timeout=120)
    log.close()
    assert process.returncode == 2
    (line,) = said.splitlines()
    assert f"{file}: the file that is open was removed" in line
    assert not file.exists()


def wait_for_a_turn(lock):
    """Wait until the worker's loop turns: it touches its lock."""
    before = lock.stat().st_mtime_ns
    wait_for(lambda: lock.stat().st_mtime_ns != before)
