"""Model processes that are killed, die or hang; copies that cost no call."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from samestory.embed.copies import RememberingEncoder
from samestory.embed.encoder import EncoderSpec
from samestory.embed.processes import EncoderProcesses
from samestory.errors import Retry
from tests.conftest import CACHE
from tests.passages import ODD, passages_of

pytestmark = [pytest.mark.model, pytest.mark.slow]
SPEC = EncoderSpec(model="packaged", cache=CACHE / "models")


def test_a_copy_costs_no_model_call(encoder):
    """The same bits; forgotten when the memory is full; only what is equal is a copy."""
    seen = []

    class Counting:
        space, made_by = encoder.space, encoder.made_by

        def encode(self, texts, meanwhile):
            seen.extend(texts)
            return encoder.encode(texts, meanwhile)

    remembering = RememberingEncoder(Counting(), most=3)
    first = remembering.encode(["a", "b", "a", "A"])
    assert seen == ["a", "b", "A"]
    assert remembering.copies == 1
    assert first.tobytes() == encoder.encode(["a", "b", "a", "A"]).tobytes()
    remembering.encode(["b", "c"])  # now "a" is the oldest of four
    assert seen == ["a", "b", "A", "c"]
    assert remembering.encode(["a"]).tobytes() == first[:1].tobytes()
    assert seen[-1] == "a"
    assert remembering.encode([]).shape == (0, encoder.space.dim)


@pytest.fixture(scope="module")
def processes():
    """Two processes of the default engine."""
    found = EncoderProcesses(SPEC, 2)
    yield found
    found.close()


def test_processes_give_what_one_gives(processes, encoder):
    """Bit for bit, whatever went where."""
    texts = [*passages_of("fidelity.txt") * 3, *ODD]
    assert processes.encode(texts).tobytes() == encoder.encode(texts).tobytes()
    assert (processes.space, processes.made_by) == (encoder.space, encoder.made_by)
    assert processes.encode([]).shape == (0, encoder.space.dim)


def children(processes) -> list[int]:
    return list(processes._pool._processes or ())


def test_a_killed_process_is_replaced(processes, encoder):
    """While it works, and while it waits: no text is lost, none is blamed."""
    texts = passages_of("fidelity.txt")
    expected = encoder.encode(texts).tobytes()
    for moment_s in (0.0, 0.3):
        victim = children(processes)[0]
        threading.Timer(moment_s, os.kill, (victim, signal.SIGKILL)).start()
        for _ in range(3):
            assert processes.encode(texts).tobytes() == expected
        assert victim not in children(processes)


def encode_often(processes):
    """Now and then a text is quicker than who kills its process."""
    for _ in range(10_000):
        processes.encode(["a", "b"])


def test_processes_that_always_die_are_not_the_texts_fault():
    """E.g. no memory: the batch is tried again later, nothing is quarantined."""
    found = EncoderProcesses(SPEC, 1)
    stop = threading.Event()

    def kill():
        while not stop.wait(0.01):
            # It is being renewed, or gone already: next time.
            with contextlib.suppress(ProcessLookupError, RuntimeError):
                for pid in children(found):
                    os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        with pytest.raises(Retry, match="processes die"):
            encode_often(found)
    finally:
        stop.set()
        thread.join()
    assert found.encode(["a", "b"]).shape == (2, found.space.dim)
    found.close()


def test_a_process_that_hangs_does_not_hold_up_a_stop():
    """`meanwhile` is asked all the while, and closing waits for nobody."""
    found = EncoderProcesses(SPEC, 1)
    (child,) = children(found)
    os.kill(child, signal.SIGSTOP)
    begin = time.monotonic()

    class StopError(Exception):
        pass

    def stop():
        if time.monotonic() > begin + 1:
            raise StopError

    with pytest.raises(StopError):
        found.encode(["a"], stop)
    found.close()
    assert time.monotonic() - begin < 60  # the child is stopped for ever
    assert not Path(f"/proc/{child}/exe").exists()
