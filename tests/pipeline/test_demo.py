"""`make run`: what a newcomer sees."""

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]


def as_a_user_has_it() -> dict[str, str]:
    """Return the environment with the model that is the default."""
    named = {name: it for name, it in os.environ.items() if name != "SAMESTORY_MODEL"}
    return named | {"HF_HUB_OFFLINE": "1"}


def test_the_demonstration_shows_events_answers_a_question_and_says_what_next(tmp_path):
    """Feeds in, a table of events out, one answer, three lines for one's own feeds.

    The whole product once, as `make run` shows it: six processes start.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "samestory.deploy.newsroom", "demo"),
            *("--port", "0", "--state", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=as_a_user_has_it(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    table, answer = done.stdout.split("one event  similarity", 1)
    assert "first reported by" in table
    assert "Islands Gazette: copy of Continental Wire, 100%, adds nothing" in table
    assert "Sorrel court" in table
    assert "warns alliance" in answer
    assert "157 reports by 18 outlets" in done.stderr
    last = done.stderr.split("Now with your own feeds:\n")[1]
    assert len(last.strip().splitlines()) == 3
    assert "Loading weights" not in done.stderr


def test_a_taken_port_is_named_with_what_to_do(newsroom):
    """Another newsroom runs: stop it, or choose another port."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "samestory.deploy.newsroom",
            "demo",
            "--port",
            str(newsroom.port),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 2
    assert "Stop it, or choose another --port" in done.stderr
