"""Killable worker processes for parsers that hang, crash or eat memory.

Feeds and pages are written by strangers, and C parsers do not stop when asked. So each
of them is parsed in another process under a time limit and a limit of memory; what
hangs or dies costs that one document, and its process is replaced. A call that waits in
the queue for too long is tried again later: the machine is slow, not the document
hostile.
"""

import multiprocessing
import resource
import signal
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, Self

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from samestory.child import follow_parent
from samestory.errors import Quarantine, Retry, SamestoryError

QUEUE_S: Final = 20  # how many time limits a call may take with its wait in the queue
TICK_S: Final = 1.0  # between two looks whether we are closed
CLOSED: Final = "the parsing processes have ended"
# Imported once, in the process that the workers are forked from: they begin in some
# milliseconds with it, and share its memory.
PRELOADED: Final = "samestory.ingest.polling.parsers"
MAX_MEMORY: Final = 3_000_000_000  # bytes of address space; 5 MB of page take < 1 GB


class ParserFailed(Quarantine):
    """The parser hung, died or raised on this input."""


class Sandbox:
    """Runs top-level functions in other processes, with a time limit each.

    Safe to use from several threads. A worker that hangs or dies is replaced, and so
    is the pool: pebble gives it up for good when an idle worker is killed. A call that
    is under way when it is closed, or comes later, is one to try again.
    """

    def __init__(self, workers: int, timeout_s: float = 15.0) -> None:
        self._timeout_s = timeout_s
        self._workers = workers
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        # Forking a process that has threads can hang the child: one without them forks.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED])
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=2_000,  # a fresh process now and then bounds any leak
            initializer=_prepare,
            context=context,
        )

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return function(*args, **kwargs), computed in a worker.

        Raises:
            SamestoryError: whatever of ours the function raised.
            ParserFailed: it hung, died or raised anything else.
            Retry: the pool itself broke, or is closed.
        """
        name = getattr(function, "__name__", "parser")
        try:
            job = self._living_pool().schedule(
                function, args=args, kwargs=kwargs, timeout=self._timeout_s
            )
            return self._result_of(job)
        except SamestoryError:
            raise
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGKILL:  # e.g. the kernel, out of memory
                raise Retry(f"{name}: its process was killed") from error
            raise ParserFailed(f"{name} ended with {error.exitcode}") from error
        except BrokenProcessPool as error:
            raise Retry(f"{name}: the parsing processes were killed") from error
        except FutureTimeoutError as error:
            raise ParserFailed(f"{name} hung for {self._timeout_s:.0f} s") from error
        except Exception as error:  # a parser may raise anything at all
            if self._pool is None:
                raise Retry(f"{name}: {CLOSED}") from error
            what = f"{name} failed: {type(error).__name__}: {error}"
            raise ParserFailed(what[:300]) from error

    def _result_of(self, job: "ProcessFuture[Any]") -> Any:
        """Return a job's result; a pool that stops may leave a job without an end."""
        end = time.monotonic() + QUEUE_S * self._timeout_s
        while True:
            try:
                return job.result(timeout=TICK_S)
            except FutureTimeoutError:
                if job.done() or time.monotonic() > end:
                    raise
                if self._pool is None:
                    raise Retry(CLOSED) from None

    def _living_pool(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                raise Retry(CLOSED)
            if not self._pool.active:
                self._pool = self._new_pool()
            return self._pool

    def close(self) -> None:
        """Stop the workers at once, for good: a thread may hold us for longer."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _prepare() -> None:
    """Cap the memory; leave signals to the parent; die with it.

    What the libraries warn of is what a publisher wrote: it would fill our log.
    """
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_parent()
