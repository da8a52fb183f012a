"""Puts a person's word into the journal and waits until the index has passed it."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from deploy import wiring
from deploy.config import Settings
from deploy.loop import patiently, until
from deploy.process import running
from deploy.stream.log import JOURNAL, Message
from deploy.supervisor import Supervisor
from ingest.errors import Retry

T = TypeVar("T")


def submit(
    settings: Settings, key: str, value: bytes, outcome: Callable[[], T | None]
) -> T:
    """Publish a message; return what the index made of it.

    Starts an index worker if none runs here.

    Args:
        settings: in force.
        key: of the message, its id.
        value: of the message.
        outcome: asks the state; None until the index has passed the message.

    Raises:
        Retry: it took too long; the message is in the journal.
    """
    stop = until(wiring.wait_of(settings), lambda: False)
    log = wiring.open_log(settings)
    patiently(partial(log.publish, JOURNAL, [Message(key=key, value=value)]), stop)
    log.close()
    with Supervisor((), settings) as supervisor:
        while (found := outcome()) is None:
            supervisor.tend()
            if running(settings.home, "index") is None:
                supervisor.ensure(["index"])
            if stop():
                raise Retry(
                    f"{key} is in the journal, the index has not come to it yet:"
                    " it will be obeyed"
                )
            time.sleep(0.1)
    return found
