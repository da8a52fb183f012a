"""One single-threaded model process a core, under one encoder.

Two processes of one thread beat one of two: its barrier waits for the thread that was
preempted (docs/performance.md). They start when there is work for them.
"""

import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any, Final

import numpy as np

from samestory.child import follow_parent
from samestory.embed.encoder import PROBE, Encoder, EncoderSpec, Vectors, nothing
from samestory.embed.opening import open_encoder
from samestory.errors import Quarantine, Retry

CHARS: Final = 8_000  # of the texts of one task: about two batches
A_TEXT: Final = 50  # characters that a text costs beside its own
TASKS_EACH: Final = 3  # of a batch, for each process: the last ones end together
HANG_S: Final = 120.0  # without a task done: some 10 texts, of the slowest model 3 s
TURN_S: Final = 0.5  # between two calls of `meanwhile`


class EncoderProcesses:
    """Encoders in processes of their own, as one; see `Encoder`.

    A process that dies is replaced; a text that makes it die twice is quarantined.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        number: int,
        meanwhile: Callable[[], None] = nothing,
    ) -> None:
        """Start the first process.

        Args:
            spec: which encoder.
            number: of processes, at most.
            meanwhile: called while the model is opened, or converted; may raise.

        Raises:
            Misconfigured: see `open_encoder`.
            Retry: it was killed.
        """
        self._spec, self._number = spec, number
        self._pool = self._new_pool()
        try:
            self.space, self.made_by, self.means = self._ask(meanwhile, _describe, spec)
        except BaseException:
            self.close()
            raise
        # The others run the same engine, whatever would be chosen then.
        self._spec = _chosen(spec, self.made_by)

    def _new_pool(self) -> ProcessPoolExecutor:
        # spawn: forking a process that has threads can hang the child.
        return ProcessPoolExecutor(
            self._number,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
        )

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> Vectors:
        """See `Encoder.encode`.

        Raises:
            Retry: the processes die whatever they are given.
        """
        for _ in range(2):  # a process may have been killed, at work or idle
            try:
                return self._together(texts, meanwhile)
            except BrokenProcessPool:
                self._renew()
                meanwhile()
        rows = np.empty((len(texts), self.space.dim), np.float32)
        for number, text in enumerate(texts):
            rows[number] = self._alone(text, meanwhile)
        return rows

    def _together(self, texts: Sequence[str], meanwhile: Callable[[], None]) -> Vectors:
        rows = np.empty((len(texts), self.space.dim), np.float32)
        jobs = {
            self._pool.submit(_encode, self._spec, [texts[n] for n in task]): task
            for task in tasks(texts, self._number)
        }
        for job in _done(jobs, meanwhile, HANG_S):
            rows[jobs[job]] = job.result()
        return rows

    def _alone(self, text: str, meanwhile: Callable[[], None]) -> Vectors:
        """Return the row of a text that may kill the process that embeds it."""
        for _ in range(2):
            try:
                row: Vectors = self._together([text], meanwhile)[0]
                return row
            except BrokenProcessPool:
                self._renew()
                # As long as any: where that one kills too, it is for want of memory.
                harmless = [f"{PROBE} " * self.space.tokens]
                self._ask(meanwhile, _encode, self._spec, harmless)
        raise Quarantine(f"the model's process dies of {text[:60]!r}")

    def _ask(
        self,
        meanwhile: Callable[[], None],
        function: Callable[..., Any],
        *args: Any,
    ) -> Any:
        """Return what a process answers to what can't be at fault."""
        try:
            jobs: dict[Future[Any], list[int]] = {
                self._pool.submit(function, *args): []
            }
            (job,) = _done(jobs, meanwhile, math.inf)  # it may convert the model
            return job.result()
        except BrokenProcessPool as error:
            self._renew()
            raise Retry("the model's processes die: out of memory?") from error

    def _renew(self) -> None:
        self.close()
        self._pool = self._new_pool()

    def close(self) -> None:
        """End the processes at once: what they have in hand is dropped."""
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001
            process.kill()  # Python 3.14 has kill_workers for it
        self._pool.shutdown(wait=True, cancel_futures=True)


def tasks(texts: Sequence[str], processes: int) -> Iterator[list[int]]:
    """Yield the texts' numbers in tasks, by length; enough for every process.

    A task has at most about CHARS characters, so that `meanwhile` is called in time.
    """
    task: list[int] = []
    chars = 0
    whole = sum(len(text) + A_TEXT for text in texts)
    most = min(CHARS, whole / (TASKS_EACH * processes))
    for number in sorted(range(len(texts)), key=lambda n: -len(texts[n])):
        task.append(number)
        chars += len(texts[number]) + A_TEXT
        if chars >= most:
            yield task
            task, chars = [], 0
    if task:
        yield task


def _done(
    jobs: "dict[Future[Any], list[int]]",
    meanwhile: Callable[[], None],
    hang_s: float,
) -> "Iterator[Future[Any]]":
    """Yield jobs as they are done; `meanwhile` may end it, then the rest is dropped."""
    waiting, since = set(jobs), time.monotonic()
    try:
        while waiting:
            done, waiting = wait(waiting, TURN_S, FIRST_COMPLETED)
            if done:
                since = time.monotonic()
            elif time.monotonic() - since > hang_s:
                raise BrokenProcessPool(f"no answer for {hang_s:.0f} s")
            yield from done
            meanwhile()
    finally:
        for job in waiting:
            job.cancel()


def _chosen(spec: EncoderSpec, made_by: str) -> EncoderSpec:
    """Return the spec with the engine that was chosen."""
    return replace(spec, engine=made_by.split(maxsplit=1)[0])


# From here on in the processes.

_encoders: dict[EncoderSpec, Encoder] = {}


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    follow_parent()


def _encoder(spec: EncoderSpec) -> Encoder:
    if spec not in _encoders:
        encoder = open_encoder(spec)
        _encoders[spec] = _encoders[_chosen(spec, encoder.made_by)] = encoder
    return _encoders[spec]


def _describe(spec: EncoderSpec) -> Any:
    encoder = _encoder(spec)
    return encoder.space, encoder.made_by, encoder.means


def _encode(spec: EncoderSpec, texts: Sequence[str]) -> Vectors:
    return _encoder(spec).encode(texts)
