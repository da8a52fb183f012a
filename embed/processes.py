"""One single-threaded model process a core, under one encoder.

Two processes of one thread beat one of two: its barrier waits for the thread that was
preempted (docs/performance.md). They start when there is work for them.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

import numpy as np

from embed import canary
from embed.encoder import Encoder, EncoderSpec, Vectors, nothing
from embed.opening import open_encoder
from ingest.child import follow_parent
from ingest.errors import Quarantine, Retry

CHARS: Final = 8_000  # of the texts of one task: about two batches
TURN_S: Final = 0.5  # between two calls of `meanwhile`


class EncoderProcesses:
    """Encoders in processes of their own, as one; see `Encoder`.

    A process that dies is replaced; a text that makes it die twice is quarantined.
    """

    def __init__(self, spec: EncoderSpec, number: int) -> None:
        """Start the first process.

        Raises:
            Misconfigured: see `open_encoder`.
            Retry: it was killed.
        """
        self._spec, self._number = spec, number
        self._pool = self._new_pool()
        try:
            self.space, self.made_by = self._result(self._pool.submit(_describe, spec))
        except BaseException:
            self.close()
            raise

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
        rows = np.empty((len(texts), self.space.dim), np.float32)
        try:
            jobs = {
                self._pool.submit(_encode, self._spec, [texts[n] for n in task]): task
                for task in tasks(texts)
            }
            for job in _done(jobs, meanwhile):
                rows[jobs[job]] = job.result()
        except BrokenProcessPool:
            self._renew()
            for number, text in enumerate(texts):
                rows[number] = self._alone(text)
                meanwhile()
        return rows

    def _alone(self, text: str) -> Vectors:
        """Return the row of a text that may kill the process that embeds it."""
        for _ in range(2):
            try:
                rows = self._pool.submit(_encode, self._spec, [text]).result()
                return np.asarray(rows[0], np.float32)
            except BrokenProcessPool:
                self._renew()
                probe = self._pool.submit(_encode, self._spec, [canary.SENTENCES[0]])
                self._result(probe)
        raise Quarantine(f"the model's process dies of {text[:60]!r}")

    def _result(self, job: "Future[Any]") -> Any:
        try:
            return job.result()
        except BrokenProcessPool as error:
            self._renew()
            raise Retry("the model's processes die: out of memory?") from error

    def _renew(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._new_pool()

    def close(self) -> None:
        """End the processes, once they are through with what they have in hand."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def tasks(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the texts' numbers in tasks of about CHARS characters, by length."""
    task: list[int] = []
    chars = 0
    for number in sorted(range(len(texts)), key=lambda n: -len(texts[n])):
        task.append(number)
        chars += len(texts[number]) + 50
        if chars >= CHARS:
            yield task
            task, chars = [], 0
    if task:
        yield task


def _done(
    jobs: "dict[Future[Vectors], list[int]]", meanwhile: Callable[[], None]
) -> "Iterator[Future[Vectors]]":
    """Yield jobs as they are done; `meanwhile` may end it, then the rest is dropped."""
    waiting = set(jobs)
    try:
        while waiting:
            done, waiting = wait(waiting, TURN_S, FIRST_COMPLETED)
            yield from done
            meanwhile()
    finally:
        for job in waiting:
            job.cancel()


# From here on in the processes.

_encoders: dict[EncoderSpec, Encoder] = {}


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    follow_parent()


def _encoder(spec: EncoderSpec) -> Encoder:
    if spec not in _encoders:
        _encoders[spec] = open_encoder(spec)
    return _encoders[spec]


def _describe(spec: EncoderSpec) -> Any:
    encoder = _encoder(spec)
    return encoder.space, encoder.made_by


def _encode(spec: EncoderSpec, texts: Sequence[str]) -> Vectors:
    return _encoder(spec).encode(texts)
