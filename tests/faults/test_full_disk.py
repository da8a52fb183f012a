"""A disk that is full, here a limit on the size of files: wait, say so, go on."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import wait_for
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
STORIES = 60


def limited(folder: Path, size: int, *arguments: str) -> subprocess.Popen:
    """Start `samestory` in a group of its own, whose files stay below so many bytes."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "samestory.deploy.cli", *arguments],
            stdout=said,
            stderr=said,
            start_new_session=True,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "SAMESTORY_LOG_LEVEL": "info"},
        )
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    return process


def free(group: int) -> None:
    """Make room: lift the limit of every process of a group."""
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(one.name)) == group:
                none = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                resource.prlimit(int(one.name), resource.RLIMIT_FSIZE, none)
        except ProcessLookupError:
            continue


@pytest.mark.parametrize(
    ("size", "waits"), [(400_000, "the import"), (1_300_000, "the embed worker")]
)
def test_who_finds_no_room_waits_and_then_every_story_comes(tmp_path, size, waits):
    """Nobody ends, nothing is set aside, and the reason is said."""
    text = "Envoys met in Port Callan to talk of grain and of the strait. " * 200
    rows = [
        json.dumps({"lang": "en", "text": f"Number {n}. {text}"})
        for n in range(STORIES)
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    state, said = tmp_path / "state", tmp_path / "said"
    arguments = ("import", str(tmp_path / "in.jsonl"), "--wait", "90")
    process = limited(tmp_path, size, *arguments, "--state", str(state))
    try:
        wait_for(lambda: said.read_text().count("waiting") >= 2)
        assert process.poll() is None
        assert ("embedded " in said.read_text()) == (waits == "the embed worker")
        free(process.pid)
        assert process.wait(120) == 0
    finally:
        process.kill()
    words = said.read_text()
    assert "Traceback" not in words
    assert str(state) in words
    run = Run(state)
    assert len(run.rows("stories")) == STORIES
    assert run.rows("quarantine", "list", expect=1) == []
