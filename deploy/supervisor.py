"""All workers under one parent: starts them, restarts them, stops them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import fields
from types import TracebackType
from typing import Final, Self

from deploy.config import PREFIX, SUPERVISED, Settings
from ingest.errors import Misconfigured

NEEDS_A_PERSON: Final = 2  # exit code of a worker that can't go on by itself
RUNS_ELSEWHERE: Final = 4  # of a supervised worker whose lock another process holds
STOP_S: Final = 8.0  # grace for the batch in hand; then SIGKILL, which loses nothing
RESTART_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Supervisor:
    """Runs the worker commands that a deployment would start one by one."""

    def __init__(self, names: Iterable[str], settings: Settings) -> None:
        self._environment = environment(settings)
        self._names = tuple(names)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._failures: dict[str, int] = {}
        self._restart_at: dict[str, float] = {}

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
        self._processes[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "deploy.cli", name],
            env=self._environment,
            # Held open as long as we live: a worker whose parent was killed sees it
            # close, and leaves.
            stdin=subprocess.PIPE,
        )

    def ensure(self, names: Iterable[str]) -> None:
        """Start workers that run nowhere, e.g. since another supervisor left."""
        for name in names:
            if name not in self._processes:
                self._start(name)

    def tend(self) -> None:
        """Restart workers that died.

        Raises:
            Misconfigured: one of them needs a person; it has said why.
        """
        now = time.monotonic()
        for name, process in list(self._processes.items()):
            code = process.poll()
            if code is None:
                continue
            if code == RUNS_ELSEWHERE:
                del self._processes[name]  # `ensure` takes it over when it is free
                continue
            if code == NEEDS_A_PERSON:
                raise Misconfigured(f"the {name} worker can't go on, see above")
            if name not in self._restart_at:
                failures = self._failures.get(name, 0)
                wait_s = RESTART_S[min(failures, len(RESTART_S) - 1)]
                self._failures[name] = failures + 1
                self._restart_at[name] = now + wait_s
                sys.stderr.write(
                    f"{name} ended with code {code}; starting it again in {wait_s} s\n"
                )
            elif now >= self._restart_at[name]:
                del self._restart_at[name]
                self._start(name)

    def stop(self) -> None:
        """Ask all workers to stop, wait, and kill those that don't."""
        for process in self._processes.values():
            process.terminate()
        end = time.monotonic() + STOP_S
        for process in self._processes.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment that gives a worker exactly these settings."""
    found = dict(os.environ)
    for f in fields(Settings):
        value = getattr(settings, f.name)
        if value == f.default:
            found.pop(PREFIX + f.name.upper(), None)
        else:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            found[PREFIX + f.name.upper()] = text
    found[PREFIX + "STATE"] = str(settings.home.absolute())
    found[SUPERVISED] = "1"
    return found
