"""The worker processes: ingest, embed and index, as they are deployed.

Each holds a lock on its name in the state directory, so that no two run on one state.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.deploy.process import (
    hold_lock,
    log_to_stderr,
    signals_wait,
    stop_on_signals,
    turning,
)
from samestory.deploy.stream.log import Log

NAMES: Final = ("ingest", "embed", "index")
LOCK_WAIT_S: Final = 10.0  # workers of a killed supervisor need a moment to leave


def run_worker(
    name: str, settings: Settings, urls: Sequence[str] = (), lists: Sequence[str] = ()
) -> None:
    """Run one worker until SIGTERM or SIGINT.

    Args:
        name: one of NAMES.
        settings: of the product.
        urls: of feeds that ingest adds.
        lists: of feeds that ingest adds and, where they are files, follows.

    Raises:
        Misconfigured: a person must act, e.g. the worker runs already.
    """
    stop = turning(stop_on_signals().is_set, settings.home, name)
    with hold_lock(settings.home, name, LOCK_WAIT_S):
        log = wiring.open_log(settings, float("inf"), stop)
        try:
            match name:
                case "ingest":
                    from samestory.deploy.ingest_worker import run_ingest  # noqa: PLC0415

                    run_ingest(settings, log, stop, urls=urls, lists=lists)
                case "embed":
                    from samestory.deploy.embed_worker import run_embed  # noqa: PLC0415

                    run_embed(settings, log, stop)
                case "index":
                    from samestory.deploy.index_worker import run_index  # noqa: PLC0415

                    run_index(settings, log, stop)
                case _:
                    raise ValueError(name)
        finally:
            log.close()


def index_until(settings: Settings, log: Log, is_done: Callable[[], bool]) -> None:
    """Be the index worker of a state until something holds; for a command of a person.

    Args:
        settings: of the product.
        log: whose journal is obeyed; it stays open.
        is_done: asked between two batches.

    Raises:
        AlreadyRuns: another process is it.
        Misconfigured: a person must act.
        Retry: it was done before what the index needs came back.
    """
    from samestory.deploy.index_worker import run_index  # noqa: PLC0415

    with hold_lock(settings.home, "index", 0.0), signals_wait() as is_asked_to_leave:
        # As much as a supervised worker says.
        log_to_stderr(replace(settings, log_level=settings.log_level or "warning"))
        ask = turning(is_done, settings.home, "index")
        run_index(settings, log, lambda: is_asked_to_leave() or ask())
