"""Workers that die: started again, and given up where that leads nowhere."""

import sys
import threading

import pytest

from samestory.deploy.config import Settings
from samestory.deploy.supervisor import Patience, Supervisor
from samestory.errors import Misconfigured

AT_ONCE = (0.0,)
BOOM = "import sys; print('some words', file=sys.stderr); raise ValueError('boom')"
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
COUNTED = """
import pathlib, sys
found = pathlib.Path(sys.argv[1]); number = int(found.read_text()) + 1
found.write_text(str(number)); sys.exit({code} if number < {deaths} else 2)
"""


def tend_for_ever(supervisor: Supervisor) -> None:
    while True:
        supervisor.tend()
        threading.Event().wait(0.01)


def supervised(tmp_path, code: str, name: str = "embed", **patience) -> str:
    """Tend a worker that runs this code until it is given up; return the reason."""
    settings = Settings(state=str(tmp_path))
    command = (sys.executable, "-c", code)
    patience = Patience(restart_s=AT_ONCE, **patience)
    with (
        Supervisor([name], settings, command=command, patience=patience) as supervisor,
        pytest.raises(Misconfigured) as raised,
    ):
        tend_for_ever(supervisor)
    return str(raised.value)


def test_a_worker_that_dies_right_after_each_start_is_given_up(tmp_path, capfd):
    """With what it said last; all that it said has been passed on."""
    said = supervised(tmp_path, BOOM, deaths=3, quick_s=60.0)
    assert said == (
        "the embed worker is given up: it died 3 times within 60 s of its start, the"
        " last time with code 1; its last words: ValueError: boom"
    )
    passed_on = capfd.readouterr().err
    assert passed_on.count("some words\n") == 3
    assert passed_on.count("embed ended with code 1; starting it again in 0.0 s\n") == 2


def test_a_worker_that_the_kernel_kills_is_named_so(tmp_path, capfd):
    """It has no last words of its own."""
    said = supervised(tmp_path, KILLED, deaths=2, quick_s=60.0)
    assert "the last time by SIGKILL, which the kernel sends where memory runs" in said
    assert said.endswith("its last words: nothing")
    assert "embed ended by SIGKILL" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("code", "quick_s"),
    [(1, 0.0), (3, 60.0), (0, 60.0)],
    ids=["lived long", "waits for what is away", "was asked to leave"],
)
def test_a_worker_that_can_go_on_is_started_again_and_again(tmp_path, code, quick_s):
    """Until it says that it needs a person."""
    count = tmp_path / "count"
    count.write_text("0")
    code = COUNTED.format(code=code, deaths=5)
    said = supervised(tmp_path, code, str(count), deaths=2, quick_s=quick_s)
    assert said == f"the {count} worker can't go on, see above"
    assert count.read_text() == "5"


def test_two_records_in_a_row_that_kill_their_worker_are_lived_with():
    """Each is set aside after its third crash, before the worker is given up."""
    from samestory.deploy.loop import MAX_CRASHES

    assert Patience().deaths > 2 * MAX_CRASHES
