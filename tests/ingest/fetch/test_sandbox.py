"""The parsing processes at their end, while threads still want something of them."""

import multiprocessing
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
