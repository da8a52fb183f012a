"""The product as its users run it: a state directory and the command line.

A process costs half a second of imports, and an import with its workers' processes six
under coverage. So a command that starts no other process is called in ours, and an
import that is there for its stories is worked off here, by what the workers run. What
processes have of their own (streams that are closed, signals, imports, supervisors,
kills) is held by tests that start them: `Run.process`, and `test_product`, where both
ways must say the same.
"""

import io
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from samestory.deploy import wiring
from samestory.deploy.cli import exit_code, run
from samestory.deploy.config import load_settings
from samestory.deploy.embed_worker import _embed
from samestory.deploy.process import hold_lock, running
from samestory.deploy.stream.log import JOURNAL, STORIES, ends, short_of
from samestory.deploy.worker import index_until
from samestory.embed.copies import RememberingEncoder
from samestory.embed.encoder import Encoder, EncoderSpec
from samestory.embed.opening import open_encoder
from tests.schemas import hold

CACHE = Path(__file__).parents[1] / ".run" / "cache"  # of converted models
# What starts processes of its own, or goes on in threads that only an exit ends.
WORKERS = {"run", "ingest", "embed", "index", "import", "topics", "health"}
OTHERS = {("feeds", "add"), ("feeds", "check"), ("models", "check")}
OURS = (signal.SIGTERM, signal.SIGINT)
# One process for each kind of work: a test's few stories do not pay for a second one.
SMALL = {"SAMESTORY_PARSE_WORKERS": "1", "SAMESTORY_EMBED_PROCESSES": "1"}


@cache
def encoder_here() -> Encoder:
    """Return the packaged model, loaded once."""
    return open_encoder(EncoderSpec(model="packaged", cache=CACHE / "models"))


@dataclass(frozen=True)
class Run:
    """A state directory, and the command line on it."""

    state: Path

    def __call__(self, *arguments: str, stdin: str | None = None, expect: int = 0):
        """Run `samestory` in the cheapest way that does the same; (stdout, stderr)."""
        is_here = is_alone(arguments) or (
            is_plain_import(arguments)
            and not any(running(self.state, one) for one in ("embed", "index"))
        )
        way = self.here if is_here else self.process
        return way(*arguments, stdin=stdin, expect=expect)

    def here(
        self, *arguments: str, stdin: str | None = None, expect: int = 0
    ) -> tuple[str, str]:
        """Run a command in this process; return (stdout, stderr)."""
        out, err = _stream(), _stream()
        with redirect_stdout(out), redirect_stderr(err), _as_it_was(stdin or ""):
            code = self._do(arguments)
        said = [_text_of(stream) for stream in (out, err)]
        assert code == expect, said[1][-9000:]
        return said[0], said[1]

    def _do(self, arguments: tuple[str, ...]) -> int:
        there = ("--state", str(self.state))
        if arguments[0] != "import":
            return run([*arguments, *there])
        if code := exit_code(self._work_off):  # what was published must be known
            return code
        code = run([*arguments, "--no-wait", *there])
        return code if code in {2, 3} else exit_code(self._work_off) or code

    def _work_off(self) -> int:
        """Embed and group what is in the log, as the workers would."""
        settings = load_settings(file=None, overrides={"state": str(self.state)})
        if not (self.state / "log.db").exists():
            return 0
        with closing(wiring.open_log(settings)) as log:
            left = partial(short_of, log, "embed", STORIES, ends(log, "embed", STORIES))
            if left():
                with hold_lock(self.state, "embed", 0.0):
                    encoder = RememberingEncoder(encoder_here())
                    _embed(settings, log, encoder, lambda: not left())
            end = ends(log, "index", JOURNAL)
            index_until(settings, log, lambda: not short_of(log, "index", JOURNAL, end))
        return 0

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
            env=SMALL | os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        assert done.returncode == expect, done.stderr[-9000:]
        return done.stdout, done.stderr

    def rows_of(self, *arguments: str, expect: int = 0) -> list[dict]:
        """Run what prints JSON lines anyway; return them."""
        out, _ = self(*arguments, expect=expect)
        rows = [json.loads(line) for line in out.splitlines()]
        hold(arguments, rows)
        return rows

    def rows(self, *arguments: str, expect: int = 0) -> list[dict]:
        """Run with --json; return its lines, each as the command's schema has it."""
        out, _ = self(*arguments, "--json", expect=expect)
        rows = [json.loads(line) for line in out.splitlines()]
        hold(arguments, rows)
        return rows


def is_alone(arguments: tuple[str, ...]) -> bool:
    """Return whether a command needs no process but its own."""
    return not (
        arguments[0] in WORKERS
        or arguments[:2] in OTHERS
        or "--brokers" in arguments  # a client's threads end with their process
    )


def is_plain_import(arguments: tuple[str, ...]) -> bool:
    """Return whether it is an import as anybody's, with the settings of everybody."""
    own = {"--brokers", "--model", "--precision", "--engine", "--config", "--no-wait"}
    odd = own | {"--pair-model", "--word-counts", "--joining", "--log-level"}
    return arguments[0] == "import" and odd.isdisjoint(arguments)


@contextmanager
def _as_it_was(stdin: str) -> Iterator[None]:
    """Log and read as a fresh process does; leave signals and environment alone."""
    root, ours = logging.getLogger(), logging.getLogger("samestory")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    signals = {number: signal.getsignal(number) for number in OURS}
    environment, before, descriptor = dict(os.environ), sys.stdin, os.dup(0)
    root.handlers[:] = []
    with tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        os.dup2(given.fileno(), 0)
    try:
        with open(0, encoding="utf-8", closefd=False) as sys.stdin:
            yield
    finally:
        sys.stdin = before
        os.dup2(descriptor, 0)
        os.close(descriptor)
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
