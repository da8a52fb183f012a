"""For processes that must not outlive the one that started them."""

import contextlib
import multiprocessing
import os
import threading


def follow_parent() -> None:
    """Exit when the parent is gone, even by SIGKILL: its end of a pipe closes.

    For a child that multiprocessing started; its signals are its own matter.
    """
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    with contextlib.suppress(OSError):
        process = multiprocessing.parent_process()
        if process is not None:
            process.join()
    os._exit(0)
