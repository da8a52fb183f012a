"""What another process does between two statements, at exactly that moment."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def just_before(
    db: sqlite3.Connection, words: str, action: Callable[[], object], nth: int = 1
) -> Iterator[None]:
    """Do it once, before the nth statement of a connection that holds these words."""
    left, is_acting, failed = nth, False, []

    def look(statement: str) -> None:
        nonlocal left, is_acting
        if is_acting or words not in statement:
            return
        left -= 1
        if left == 0:
            is_acting = True
            try:
                action()
            except BaseException as error:  # sqlite3 would swallow it
                failed.append(error)
            is_acting = False

    db.set_trace_callback(look)
    yield
    with suppress(sqlite3.ProgrammingError):  # it was closed meanwhile
        db.set_trace_callback(None)
    for error in failed:
        raise error
    assert left <= 0, f"no such statement: {words}"
