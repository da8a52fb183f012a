"""All workers under one parent: starts them, restarts them, stops them.

- A worker that ends by itself is started again, after ever longer pauses (`Patience`).
- One that needs a person (code 2) ends all of them: its message says what to do. So
  does one that dies right after each of its starts, with its last words.
- One whose lock another process holds is left to that process, and taken over when that
  leaves.
- A worker sees by its closed stdin that its parent is gone, and leaves too.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from types import TracebackType
from typing import IO, Final, Self

from samestory.deploy.config import PREFIX, SUPERVISED, Settings
from samestory.deploy.exit_codes import (
    DONE,
    GAVE_UP,
    NEEDS_A_PERSON,
    RUNS_ELSEWHERE,
)
from samestory.errors import Misconfigured

WAITED: Final = (DONE, GAVE_UP)  # was asked to leave, or waits for what may come back
STOP_S: Final = 8.0  # grace for the batch in hand; then SIGKILL, which loses nothing
WORKER: Final = (sys.executable, "-P", "-m", "samestory.deploy.cli")
STDERR: Final = 2
LINE_BYTES: Final = 65_536  # a longer one is passed on in parts
WORDS: Final = 20  # last lines of a worker that are kept
WORDS_S: Final = 1.0  # for what is still in its pipe; a child of its may hold it open


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a worker that dies is started again, and when it is given up.

    Attributes:
        restart_s: pauses before the starts that follow a death; then the last one.
        quick_s: who lived longer has died by accident, and begins with a clean slate.
        deaths: quick ones in a row, then it is given up. A record that kills its worker
            costs three (`loop.MAX_CRASHES`): two such records in a row are lived with.
    """

    restart_s: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    quick_s: float = 10.0
    deaths: int = 7


class _Worker:
    """A worker's process, whose stderr is passed on; its last lines are kept."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        tell: Callable[[bytes], None],
    ) -> None:
        self._tell = tell
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            # Held open as long as we live: a worker whose parent was killed sees it
            # close, and leaves.
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._lines: deque[str] = deque(maxlen=WORDS)
        self._listener = threading.Thread(
            target=self._listen, args=(self.process.stderr,), daemon=True
        )
        self._listener.start()

    def _listen(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(LINE_BYTES):
                self._lines.append(line.decode("utf-8", "replace").strip())
                with suppress(OSError):  # it is the worker that must not wait for us
                    self._tell(line)

    def last_words(self) -> str:
        """Return what it said last, after its end."""
        self._listener.join(WORDS_S)
        return next((line for line in reversed(self._lines) if line), "nothing")

    def close(self) -> None:
        """Let go of what we hold of it, after its end."""
        self._listener.join(WORDS_S)
        if self.process.stdin:
            self.process.stdin.close()


@dataclass(slots=True)
class _Deaths:
    """Of one worker: how many in a row, how many were quick, when it starts again."""

    failures: int = 0
    quick: int = 0
    restart_at: float | None = None


class Supervisor:
    """Runs the worker commands that a deployment would start one by one."""

    def __init__(
        self,
        names: Iterable[str],
        settings: Settings,
        *,
        command: Sequence[str] = WORKER,
        patience: Patience | None = None,
        tell: Callable[[bytes], None] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            names: of the workers to begin with.
            settings: that each of them gets.
            command: that a worker's name follows.
            patience: with workers that die.
            tell: where their stderr goes, line by line; None for ours.
        """
        self._environment = environment(settings)
        self._names = tuple(names)
        self._command = tuple(command)
        self._patience = patience or Patience()
        self._tell = tell or to_stderr
        self._workers: dict[str, _Worker] = {}
        self._deaths: dict[str, _Deaths] = {}

    def __enter__(self) -> Self:
        for name in self._names:
            self._start(name)
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, name: str) -> None:
        self._workers[name] = _Worker(
            [*self._command, name], self._environment, self._tell
        )

    def ensure(self, names: Iterable[str]) -> None:
        """Start workers that run nowhere, e.g. since another supervisor left."""
        for name in names:
            if name not in self._workers:
                self._start(name)

    def tend(self) -> None:
        """Restart workers that died.

        Raises:
            Misconfigured: one of them needs a person, and has said why; or died again
                and again right after its start.
        """
        now = time.monotonic()
        for name, worker in list(self._workers.items()):
            code = worker.process.poll()
            if code is None:
                continue
            deaths = self._deaths.setdefault(name, _Deaths())
            if deaths.restart_at is None:
                self._mourn(name, worker, code, deaths)
            elif now >= deaths.restart_at:
                deaths.restart_at = None
                self._start(name)

    def _mourn(self, name: str, worker: _Worker, code: int, deaths: _Deaths) -> None:
        """Decide what follows a worker's end."""
        worker.close()
        if code == RUNS_ELSEWHERE:
            del self._workers[name]  # `ensure` takes it over when it is free
            return
        if code == NEEDS_A_PERSON:
            raise Misconfigured(f"the {name} worker can't go on, see above")
        now, ours = time.monotonic(), self._patience
        if now - worker.started_at > ours.quick_s:
            deaths.failures = deaths.quick = 0
        deaths.quick += code not in WAITED
        if deaths.quick >= ours.deaths:
            raise Misconfigured(
                f"the {name} worker is given up: it died {deaths.quick} times within"
                f" {ours.quick_s:.0f} s of its start, the last time {_how(code)};"
                f" its last words: {worker.last_words()}"
            )
        wait_s = ours.restart_s[min(deaths.failures, len(ours.restart_s) - 1)]
        deaths.failures += 1
        deaths.restart_at = now + wait_s
        sys.stderr.write(
            f"{name} ended {_how(code)}; starting it again in {wait_s} s\n"
        )

    def restarts(self) -> dict[str, float]:
        """Return in how many seconds each worker that died is started again."""
        now = time.monotonic()
        return {
            name: max(0.0, one.restart_at - now)
            for name, one in self._deaths.items()
            if one.restart_at is not None
        }

    def stop(self) -> None:
        """Ask all workers to stop, wait, and kill those that don't."""
        for worker in self._workers.values():
            worker.process.terminate()
        end = time.monotonic() + STOP_S
        for worker in self._workers.values():
            try:
                worker.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.close()


def to_stderr(line: bytes) -> None:
    """Pass a worker's line on."""
    os.write(STDERR, line)  # unlike sys.stderr it needs no lock at exit


def _how(code: int) -> str:
    """Return how a process ended, by its exit code; below 0 it is a signal's."""
    if code >= 0:
        return f"with code {code}"
    if -code == signal.SIGKILL:
        return "by SIGKILL, which the kernel sends where memory runs out (dmesg)"
    return f"by signal {-code}, {signal.strsignal(-code)}"


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment that gives a worker exactly these settings."""
    variables = dict(os.environ)
    for f in fields(Settings):
        value = getattr(settings, f.name)
        if value == f.default:
            variables.pop(PREFIX + f.name.upper(), None)
        else:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            variables[PREFIX + f.name.upper()] = text
    variables[PREFIX + "STATE"] = str(settings.home.absolute())
    variables[SUPERVISED] = "1"
    return variables
