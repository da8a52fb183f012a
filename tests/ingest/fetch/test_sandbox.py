"""The parsing processes at their end, while threads still want something of them."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from samestory.errors import Retry
from samestory.ingest.fetch.sandbox import Sandbox
from tests.processes import wait_for


def hang(begun: Path) -> None:
    """Say that it runs, and never end."""
    begun.touch()
    time.sleep(600)


def test_what_is_under_way_or_comes_after_the_end_is_to_be_tried_again(tmp_path):
    """It is not the document's fault; and no process begins that nobody would end."""
    before = multiprocessing.active_children()  # of a sandbox that tests share
    sandbox = Sandbox(1)
    raised = []

    def want() -> None:
        try:
            sandbox.run(hang, tmp_path / "begun")
        except Retry as error:
            raised.append(error)

    wanting = threading.Thread(target=want)
    wanting.start()
    wait_for((tmp_path / "begun").exists)
    sandbox.close()
    wanting.join()
    assert len(raised) == 1
    with pytest.raises(Retry, match="have ended"):
        sandbox.run(len, "abc")
    assert multiprocessing.active_children() == before
    sandbox.close()  # once more does no harm


def process_of() -> tuple[int, int]:
    """Return our process, and the one that it was forked from."""
    return os.getpid(), os.getppid()


def has_loaded(module: str) -> bool:
    """Return whether this process has imported a module."""
    return module in sys.modules


@pytest.mark.parametrize("victim", ["the worker", "what it is forked from"])
def test_a_process_that_is_killed_is_replaced_with_all_that_is_loaded(victim):
    """And nobody loads it again: no parsing process waits for libraries."""
    with Sandbox(1) as sandbox:
        worker, forker = before = sandbox.run(process_of)
        assert forker != os.getpid()
        os.kill(worker if victim == "the worker" else forker, signal.SIGKILL)
        if victim != "the worker":
            os.kill(worker, signal.SIGKILL)

        def is_replaced():
            with contextlib.suppress(Retry):
                return sandbox.run(process_of)[0] != before[0]

        wait_for(is_replaced)
        assert sandbox.run(has_loaded, "py3langid")
        assert (sandbox.run(process_of)[1] == forker) is (victim == "the worker")


def wait_and_die(begun: Path) -> None:
    """Parse without end in a process of a sandbox; see the test."""
    with Sandbox(1) as sandbox:
        sandbox.run(tell_and_hang, begun)


def tell_and_hang(begun: Path) -> None:
    """Tell which processes we are, and never end."""
    begun.with_suffix(".new").write_text(" ".join(map(str, process_of())))
    begun.with_suffix(".new").rename(begun)
    time.sleep(600)


def test_no_parsing_process_outlives_who_started_it(tmp_path):
    """Not even one that hangs, when the other is killed."""
    begun = tmp_path / "begun"
    owner = multiprocessing.get_context("spawn").Process(
        target=wait_and_die, args=(begun,)
    )
    owner.start()
    wait_for(begun.exists)
    owner.kill()
    owner.join()
    pids = begun.read_text().split()
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def is_running(pid: str) -> bool:
    """Return whether there is a process that is more than a line of the table."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
