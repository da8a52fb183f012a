"""What one process of a run makes for all of them."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pytest import TempPathFactory  # noqa: PT013

from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.newsroom.server import Newsroom


class ServedElsewhere(Newsroom):
    """A newsroom whose servers another process has."""

    def __init__(self, port: int) -> None:
        self._reports, self._servers, self.port = load_reports(), [], port


def built_once(
    factory: TempPathFactory, name: str, build: Callable[[Path], object]
) -> Path:
    """Return a copy of the folder that `build` fills, once for all xdist processes.

    Who comes first builds, the others wait for it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        alone = factory.mktemp(name)
        build(alone)
        return alone
    kept = factory.getbasetemp().parent / name
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            new = kept.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)  # of one that failed
            new.mkdir(mode=0o700)
            build(new)
            new.rename(kept)
    return Path(shutil.copytree(kept, factory.mktemp(name) / "copy"))
