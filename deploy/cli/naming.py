"""What users call stories and events: ids, beginnings of ids, URLs, titles, @7.

@7 is row 7 of the list of this state that was printed last on a terminal, or else in a
pipe: its ids are kept in the user's cache folder.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from samestory.errors import Misconfigured
from samestory.index.store.reader import Reader
from samestory.private import private_folder, private_opener, replaced

ROW: Final = "@"


def remember(state: Reader, ids: Sequence[str]) -> None:
    """Keep the ids of a list that is printed, so that @1 is the first of it.

    Of an empty one nothing was printed: the last one stays. So it does without a
    folder to keep it in, and where a script asks, who sees no rows, after a person
    who saw some on a terminal.
    """
    is_shown = sys.stdout.isatty()
    if not ids or (not is_shown and _kept(state).get("shown")):
        return
    path = _path(state)
    with contextlib.suppress(OSError):
        private_folder(path.parent)
        with (
            replaced(path) as new,
            open(new, "w", encoding="utf-8", opener=private_opener) as file,
        ):
            json.dump({"shown": is_shown, "ids": list(ids)}, file)


def named(state: Reader, given: str) -> str:
    """Return the id of the one story or event that a user names.

    Raises:
        Misconfigured: nothing or more than one is called so; says what to do.
    """
    return state.resolve(_row(state, given) if given.startswith(ROW) else given)


def story_named(state: Reader, given: str) -> str:
    """Return the id of the one story that a user names.

    Raises:
        Misconfigured: see `named`, or it is an event.
    """
    found = named(state, given)
    if not found.startswith("s-"):
        raise Misconfigured(
            f"{given!r} is an event: name one of its stories, see"
            f" `samestory event {found}`"
        )
    return found


def event_named(state: Reader, given: str) -> str:
    """Return the id of the one event that a user names by it, or by a story of it."""
    found = named(state, given)
    return state.events_of([found]).get(found, found)


def _row(state: Reader, given: str) -> str:
    number = given.removeprefix(ROW)
    if not (number.isascii() and number.isdigit() and int(number)):
        raise Misconfigured(f"{given!r} is no row: rows are @1, @2 and so on")
    ids = _kept(state).get("ids")
    if not isinstance(ids, list):
        raise Misconfigured(
            f"{given}: no list of this state was printed yet: `samestory events` or"
            " `samestory stories` prints one"
        )
    if int(number) > len(ids):
        raise Misconfigured(f"{given}: the last list has {len(ids)} rows")
    return str(ids[int(number) - 1])


def _kept(state: Reader) -> dict[str, Any]:
    """Return what is kept of the last list of a state; {} if nothing is."""
    try:
        kept = json.loads(_path(state).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _path(state: Reader) -> Path:
    from platformdirs import user_cache_dir  # noqa: PLC0415

    name = hashlib.sha256(os.fsencode(state.path.resolve())).hexdigest()[:16]
    return Path(user_cache_dir("samestory")) / "lists" / f"{name}.json"
