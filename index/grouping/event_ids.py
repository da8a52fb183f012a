"""The one rule by which an event gets its id: after the story that it begins with."""

import hashlib
from collections.abc import Callable


def new_event_id(first: str, cause: str, is_taken: Callable[[str], bool]) -> str:
    """Return an id for a new event: that of its first story, if it is free.

    Other stories may be in the event that the story once began; then the id is made of
    what caused the new one and the story, so that a replay gives the same.

    Args:
        first: the id of the story that it begins with.
        cause: the id of what made it: a story that came, or a correction.
        is_taken: whether an event of this id has stories.
    """
    name, wanted = first, "e-" + first[2:]
    while is_taken(wanted):
        name = f"{cause} {name}"
        wanted = "e-" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return wanted
