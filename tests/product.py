"""The product as its users run it: a state directory and the command line.

A process costs 0.6 s of imports, so a command that starts no other process is called in
ours. What a process has of its own (streams that are closed, signals, imports, exit
codes) is held by tests that start one: `test_bare_process`, `test_signals`,
`test_exit_codes`, and `test_product`, where both ways must say the same.
"""

import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from samestory.deploy.cli import run

# What starts processes of its own, or goes on in threads that only an exit ends.
WORKERS = {"run", "ingest", "embed", "index", "import", "models", "topics", "health"}
OTHERS = {("feeds", "add"), ("feeds", "check")}
OURS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Run:
    """A state directory, and the command line on it."""

    state: Path

    def __call__(self, *arguments: str, stdin: str | None = None, expect: int = 0):
        """Run `samestory`; return (stdout, stderr)."""
        alone = stdin is None and is_alone(arguments)
        return (self.here if alone else self.process)(
            *arguments, **({} if alone else {"stdin": stdin}), expect=expect
        )

    def here(self, *arguments: str, expect: int = 0) -> tuple[str, str]:
        """Run a command in this process; return (stdout, stderr)."""
        out, err = _stream(), _stream()
        with redirect_stdout(out), redirect_stderr(err), _as_it_was():
            try:
                code = run([*arguments, "--state", str(self.state)])
            except SystemExit as end:  # of argparse
                code = end.code
        said = [_text_of(stream) for stream in (out, err)]
        assert code == expect, said[1][-9000:]
        return said[0], said[1]

    def process(
        self, *arguments: str, stdin: str | None = None, expect: int = 0
    ) -> tuple[str, str]:
        """Run a command as a process; return (stdout, stderr)."""
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "samestory.deploy.cli",
                *arguments,
                "--state",
                self.state,
            ],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=300,
            check=False,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        assert done.returncode == expect, done.stderr[-9000:]
        return done.stdout, done.stderr

    def rows(self, *arguments: str, expect: int = 0) -> list[dict]:
        """Run with --json; return its lines."""
        out, _ = self(*arguments, "--json", expect=expect)
        return [json.loads(line) for line in out.splitlines()]


def is_alone(arguments: tuple[str, ...]) -> bool:
    """Return whether a command needs no process but its own."""
    return not (
        arguments[0] in WORKERS
        or arguments[:2] in OTHERS
        or "--brokers" in arguments  # a client's threads end with their process
    )


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Log as a fresh process does, and leave signals and environment as they were."""
    root, ours = logging.getLogger(), logging.getLogger("samestory")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    signals = {number: signal.getsignal(number) for number in OURS}
    environment = dict(os.environ)
    root.handlers[:] = []
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        for number, handler in signals.items():
            signal.signal(number, handler)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True
    )


def _text_of(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode()


LOCAL = ("--allow-network", "127.0.0.0/8", "--host-spacing", "0")
