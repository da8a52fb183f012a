"""A disk without room, and the seed of the index's faults."""

import resource
from contextlib import contextmanager

SEED = 20261126


@contextmanager
def room(number: int):
    """Let no file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
