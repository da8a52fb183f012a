"""Signals that come while a command does what must not be cut short."""

import os
import signal
import subprocess
import sys

import pytest

from samestory.deploy.process import signals_wait

SIGNALLED = """\
import os, signal
from samestory.deploy.process import signals_wait
with signals_wait() as is_asked_to_leave:
    signal.raise_signal(signal.{name})
    print(is_asked_to_leave(), flush=True)
    {then}
print("went on")
"""


def test_without_a_signal_all_stays_as_it_was():
    """The handlers of before are back."""
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    with signals_wait() as is_asked_to_leave:
        assert not is_asked_to_leave()
        assert signal.getsignal(signal.SIGTERM) != before[0]
    after = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    assert after == before


def test_an_interrupt_comes_when_what_is_in_hand_is_done():
    """As KeyboardInterrupt, as if it had come just then."""
    seen = []

    def interrupted() -> None:
        with signals_wait() as is_asked_to_leave:
            signal.raise_signal(signal.SIGINT)
            seen.append(is_asked_to_leave())

    # A shell that starts us in the background lets us ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [True]


@pytest.mark.parametrize(
    ("name", "then", "code"),
    [
        ("SIGTERM", "pass", -signal.SIGTERM),
        ("SIGTERM", "signal.raise_signal(signal.SIGTERM)", 128 + signal.SIGTERM),
        ("SIGINT", "signal.raise_signal(signal.SIGTERM)", 128 + signal.SIGTERM),
    ],
)
def test_a_second_signal_ends_the_process_at_once(name, then, code):
    """One SIGTERM kills as ever, but not before what is in hand is done."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED.format(name=name, then=then)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert (done.stdout, done.returncode) == ("True\n", code), done.stderr
