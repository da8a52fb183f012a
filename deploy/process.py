"""What every process of ours needs: its lock, its signals, its supervisor, its log."""

import contextlib
import fcntl
import io
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from samestory.deploy.config import Settings, is_supervised
from samestory.deploy.masking import masked
from samestory.disk import is_there, refusal
from samestory.errors import Misconfigured
from samestory.private import private_folder, private_opener

TURN_S: Final = 1.0
STREAMS: Final = {"stdin": "r", "stdout": "w", "stderr": "w"}

_log = logging.getLogger("samestory")


class AlreadyRuns(Misconfigured):
    """Another process runs this worker on this state."""


@contextlib.contextmanager
def hold_lock(home: Path, name: str, wait_s: float) -> Iterator[None]:
    """Hold a worker's lock on a state; the kernel frees it however we end.

    Raises:
        AlreadyRuns: another process holds it; says which.
        Misconfigured: the directory can't be written, or the lock is no plain file.
    """
    with _open_lock(home, name, "a+") as file:
        end = time.monotonic() + wait_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > end:
                file.seek(0)
                raise AlreadyRuns(
                    f"{name} already runs on {home} (process {file.read().strip()});"
                    " stop it, or use another --state"
                )
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _open_lock(home: Path, name: str, mode: str) -> IO[str]:
    path = home / f"{name}.lock"
    try:
        if mode != "r":
            private_folder(home)
        if path.exists() and not path.is_file():  # to open a pipe would wait for ever
            raise Misconfigured(f"{path} is no plain file: remove it")
        return open(
            path, mode, encoding="utf-8", errors="replace", opener=private_opener
        )
    except OSError as error:
        raise refusal(error, f"--state {home}", path) from error


def running(home: Path, name: str) -> int | None:
    """Return the process that runs a worker on a state; None if none does.

    Raises:
        Misconfigured: its lock can't be read.
    """
    if not is_there(home / f"{name}.lock"):
        return None
    with _open_lock(home, name, "r") as file:
        if _try_lock(file.fileno(), fcntl.LOCK_SH):  # two who look don't meet
            return None
        text = file.read().strip()
        return int(text) if text.isascii() and text.isdigit() else 0


def turning(stop: Callable[[], bool], home: Path, name: str) -> Callable[[], bool]:
    """Return a stop that, asked, leaves a sign that the worker's loop turns.

    Every loop asks it at each turn; the sign is the time of the lock's file.
    """
    path, next_at = home / f"{name}.lock", 0.0

    def ask() -> bool:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + TURN_S
            with contextlib.suppress(OSError):
                os.utime(path)
        return stop()

    return ask


def since_last_turn(home: Path, name: str) -> float:
    """Return how many seconds ago the worker's loop turned; its lock must be there."""
    return max(0.0, time.time() - (home / f"{name}.lock").stat().st_mtime)


def resident_bytes(pid: int) -> int:
    """Return the memory of a process and its children; 0 if it is gone.

    Shared pages count once for each process that holds them.
    """
    total, waiting = 0, [pid]
    while waiting:
        one = Path("/proc") / str(waiting.pop())
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int((one / "statm").read_text().split()[1])
            total += pages * os.sysconf("SC_PAGE_SIZE")
        for task in one.glob("task/*/children"):
            with contextlib.suppress(OSError):  # a thread that just ended
                waiting += map(int, task.read_text().split())
    return total


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_streams() -> None:
    """Have stdin, stdout and stderr, and let no character be refused by them.

    Where one was closed (`>&-`), the next file that is opened would take its place.
    """
    for number, (name, mode) in enumerate(STREAMS.items()):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # noqa: FBT003  (of our children, too)
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; a second signal ends at once.

    Ctrl-C goes to all processes of a terminal: a supervised worker leaves it to its
    supervisor, who asks it by SIGTERM.
    """
    stop = threading.Event()

    def ask(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN if is_supervised() else ask)
    return stop


@contextlib.contextmanager
def signals_wait() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether SIGTERM or SIGINT came; a second one ends at once.

    What came does at the end what it would have done: raise KeyboardInterrupt, or kill.
    """
    came: list[int] = []

    def ask(number: int, _: object) -> None:
        if came:
            os._exit(128 + number)
        came.append(number)

    before = {one: signal.signal(one, ask) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for one in came:
            signal.raise_signal(one)


def follow_supervisor() -> None:
    """Stop when the supervisor is gone, even by SIGKILL: our standard input closes."""

    def watch() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


class _Masked(logging.Formatter):
    """Lines in which no address tells a secret."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def log_to_stderr(settings: Settings) -> None:
    """Send our log lines to stderr at the level that was set."""
    name = settings.log_level or ("warning" if is_supervised() else "info")
    level = logging.getLevelNamesMapping().get(name.upper())
    if level is None:
        raise Misconfigured(f"log_level {settings.log_level!r}: use info or warning")
    handler = logging.StreamHandler()
    handler.setFormatter(_Masked("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    _log.setLevel(level)
    # In an outage it repeats itself; what matters of it is in our own messages.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
