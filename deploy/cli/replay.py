"""`samestory replay`, `digest` and `diff`: the same answer, provably."""

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from deploy import wiring
from deploy.cli.output import add_command, print_json, print_table
from deploy.config import Settings
from deploy.loop import patiently, until
from deploy.progress import ProgressLine
from deploy.stream.log import JOURNAL, Log
from index.difference import Change, differences
from index.state import State, existing_state, peek
from ingest.database import copy_database
from ingest.errors import Misconfigured

BEGINNING: Final = "BEGINNING"
SAME: Final = 0
DIFFERENT: Final = 1


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add replay, digest and diff."""
    add = partial(add_command, commands, common)
    replay = add(
        "replay",
        run_replay,
        help="rebuild the events from the journal, into another directory",
        description="Apply the journal anew, into a directory of its own: the same"
        " journal gives the same events, whatever happened on the way. What retention"
        " has removed from the journal must come from a snapshot (--from).",
    )
    replay.add_argument("--into", required=True, metavar="DIR", help="a new directory")
    replay.add_argument(
        "--from",
        dest="begin",
        metavar="FILE|BEGINNING",
        help="go on from a snapshot that `backup` made; BEGINNING: from what is left of"
        " the journal, though its beginning is gone",
    )
    digest = add(
        "digest",
        run_digest,
        help="one line that names all stories and their events",
        description="Print the state's digest: equal on two states that hold the same"
        " versions of the same stories in the same events, by the same corrections.",
    )
    digest.add_argument(
        "--at",
        type=int,
        metavar="POSITION",
        help="as it was when the journal's records before this one had been applied;"
        " rebuilds that from the journal",
    )
    digest.add_argument(
        "--from",
        dest="begin",
        metavar="FILE|BEGINNING",
        help="where that begins, see `samestory replay`",
    )
    diff = add(
        "diff",
        run_diff,
        help="how the events of two states differ: exit 0 if they do not, else 1",
        description="List the events that two states do not have in common, and how:"
        " merged, split, moved, missing, new. Exit 0 if there are none, else 1, as diff"
        " does; names of events do not count, only who is with whom.",
    )
    diff.add_argument("first", metavar="DIR", help="a state")
    diff.add_argument("second", metavar="DIR", help="another")


def run_replay(args: argparse.Namespace, settings: Settings) -> int:
    """Rebuild and print the digest; what is in --into then is whole, or not there."""
    home = Path(args.into)
    target = wiring.state_path_in(home)
    if target.parent.exists():
        raise Misconfigured(
            f"--into {args.into}: there is a state in it already: remove it, or name"
            " another directory"
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(prefix=".replay-", dir=home)
    except OSError as error:
        raise Misconfigured(f"--into {args.into}: {error}") from error
    with place as folder:
        built = wiring.state_path_in(Path(folder))
        rebuilt(built, args.begin, settings).close()
        built.parent.rename(target.parent)
    state = existing_state(target)
    _print_digest(state, args)
    state.close()
    return 0


def run_digest(args: argparse.Namespace, settings: Settings) -> int:
    """Print the digest of now, or of an earlier position."""
    state = wiring.read_state(settings)
    with state.reading():
        if args.at in (None, state.position()):
            _print_digest(state, args)
            return 0
    if not 0 <= args.at <= state.position():
        raise Misconfigured(
            f"--at {args.at}: the state has read up to {state.position()}"
        )
    state.close()
    with tempfile.TemporaryDirectory() as folder:
        target = wiring.state_path_in(Path(folder))
        state = rebuilt(target, args.begin, settings, args.at)
        _print_digest(state, args)
        state.close()
    return 0


def _print_digest(state: State, args: argparse.Namespace) -> None:
    found = {"digest": state.digest(), "position": state.position(), **state.counts()}
    if args.json:
        print_json(found)
    else:
        print(found["digest"])


def rebuilt(
    target: Path, begin: str | None, settings: Settings, end: int | None = None
) -> State:
    """Return a new state of the journal up to a position; None for all of it."""
    log = wiring.open_log(settings)
    journal = patiently(partial(log.fingerprint, JOURNAL), patience_of(settings))
    first = _first(log, settings)
    if begin is None and first > 0:
        raise Misconfigured(
            f"the journal begins at {first}, what was before is gone: start with"
            " --from FILE, a snapshot that `samestory backup` made, or rebuild what is"
            f" left with --from {BEGINNING}"
        )
    if end is not None and end < first:
        raise Misconfigured(f"--at {end}: the journal begins at {first}")
    if begin in (None, BEGINNING):
        state = State(target)
        with state.transaction():
            state.set_journal_id(journal)
        sys.stderr.write(f"from the journal alone, which begins at {first}\n")
    else:
        refuse_gap(Path(begin), log, settings)
        copy_database(Path(begin), target)
        state = State(target)
        sys.stderr.write(
            f"from snapshot {begin}, which covers all before {state.position()}\n"
        )
    if end is not None and state.position() > end:
        raise Misconfigured(
            f"--from {begin}: it is of position {state.position()}, later than {end}"
        )
    _apply_all(log, state, settings, end, max(first, state.position()))
    log.close()
    return state


def _first(log: Log, settings: Settings) -> int:
    """Return the journal's first offset; where all of it was removed, its end."""
    end = patiently(partial(log.count, JOURNAL), patience_of(settings))  # comes first:
    batch = next(journal_records(log, 0, 1, settings), None)  # what is new is read
    return batch[0][0] if batch else end


def refuse_gap(source: Path, log: Log, settings: Settings) -> None:
    """Refuse a snapshot from which the journal does not go on without a gap.

    Raises:
        Misconfigured: it is none, or of another log, or too old.
    """
    if not source.exists():
        raise Misconfigured(f"{source}: no such file")
    try:
        held = peek(source)
    except sqlite3.Error as error:
        raise Misconfigured(f"{source}: no snapshot: {error}") from error
    journal = patiently(partial(log.fingerprint, JOURNAL), patience_of(settings))
    if held.journal_id != journal:
        raise Misconfigured(
            f"{source}: its position counts in journal {held.journal_id}, this one is"
            f" {journal}: another log's snapshot"
        )
    first = _first(log, settings)
    if held.position < first:
        raise Misconfigured(
            f"{source}: it ends at {held.position}, the journal begins at {first}: what"
            " was between is gone; use a later snapshot"
        )


def _apply_all(
    log: Log,
    state: State,
    settings: Settings,
    until_position: int | None,
    position: int,
) -> None:
    """Apply the journal's records from a position on.

    Raises:
        Misconfigured: retention removed some of them meanwhile.
    """
    index = wiring.open_index(settings, state)
    line = ProgressLine()
    end = until_position
    if end is None:
        end = patiently(partial(log.count, JOURNAL), patience_of(settings))
    for batch in journal_records(log, position, settings.index_batch, settings):
        if position < min(batch[0][0], end):
            _refuse_removed(log, settings, position)
        index.apply([one for one in batch if one[0] < end])
        position = batch[-1][0] + 1
        line.show(f"replayed {min(position, end)} of {end}")
        if position >= end:
            break
    line.end()
    if position < end:
        _refuse_removed(log, settings, position)


def _refuse_removed(log: Log, settings: Settings, position: int) -> None:
    first = _first(log, settings)
    if first > position:
        raise Misconfigured(
            f"the journal began at {position}, begins at {first} now: retention"
            " removed what was between while it was read; start again with --from"
            " FILE, a later snapshot"
        )


def journal_records(
    log: Log, position: int, limit: int, settings: Settings
) -> Iterator[list[tuple[int, bytes]]]:
    """Yield batches of (offset, value) of the journal, from a position on."""
    while True:
        read = partial(log.read, JOURNAL, 0, position, limit)
        records = patiently(read, patience_of(settings))
        if not records:
            return
        yield [(record.offset, record.value) for record in records]
        position = records[-1].offset + 1


def patience_of(settings: Settings) -> Callable[[], bool]:
    """Return what ends a command's waiting for the log."""
    return until(wiring.wait_of(settings), lambda: False)


def run_diff(args: argparse.Namespace, _: Settings) -> int:
    """Compare and print."""
    sides = []
    for folder in (args.first, args.second):
        state = existing_state(wiring.state_path_in(Path(folder)))
        sides.append(state)
    found = differences(sides[0].assignments(), sides[1].assignments())
    for change in found if args.json else ():
        print_json(change.to_json())
    if not args.json:
        _print_changes(found, sides[0], sides[1])
    return DIFFERENT if found else SAME


def _print_changes(found: list[Change], first: State, second: State) -> None:
    if not found:
        counts = first.counts()
        print(f"the same: {counts['stories']} stories in {counts['events']} events")
        return

    def title(story_id: str) -> str:
        member = first.member(story_id) or second.member(story_id)
        return member.story.title or member.story.text[:80] if member else story_id

    print_table(
        [("change", {}), ("events", {}), ("stories", {"justify": "right"}), ("", {})],
        [
            [
                change.kind,
                f"{len(change.first)} → {len(change.second)}",
                str(len(change.stories)),
                title(change.stories[0]),
            ]
            for change in found
        ],
    )
