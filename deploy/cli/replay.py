"""`samestory replay`, `diff`, `check` and `backup`: the same answer, provably."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from deploy import wiring
from deploy.cli.output import json_option, print_json, print_table
from deploy.config import Settings
from deploy.loop import patiently, until
from deploy.progress import ProgressLine
from deploy.stream.log import JOURNAL, Log
from index.difference import Change, differences
from index.events import EventIndex
from index.soundness import damage_of_state
from index.state import State, existing_state
from ingest.database import copy_database, damage_of
from ingest.errors import Misconfigured

BEGINNING: Final = "BEGINNING"
SAME: Final = 0
DIFFERENT: Final = 1
DAMAGED: Final = 2


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add replay, diff, check and backup."""

    def add(name: str, run: Callable[..., int], **about: str) -> Any:
        parser = commands.add_parser(name, parents=[common], **about)
        parser.set_defaults(run=run)
        json_option(parser)
        return parser

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
    add(
        "check",
        run_check,
        help="whether every file of the state is whole: exit 0, else 2",
        description="Read every page and row of the state, and name what is damaged:"
        " exit 2. Workers may go on meanwhile.",
    )
    backup = add(
        "backup",
        run_backup,
        help="write a snapshot of the index, also while workers run",
        description="Write a snapshot of stories, events and decisions with their"
        " position in the journal. `replay --into DIR --from FILE` restores it and"
        " brings it up to date.",
    )
    backup.add_argument("file", metavar="FILE", help="a file that is not there yet")


def run_replay(args: argparse.Namespace, settings: Settings) -> int:
    """Rebuild and print the digest."""
    target = wiring.state_path_in(Path(args.into))
    if target.exists():
        raise Misconfigured(
            f"--into {args.into}: there is a state in it already: remove it, or name"
            " another directory"
        )
    log = wiring.open_log(settings)
    journal = patiently(partial(log.fingerprint, JOURNAL), _patience(settings))
    first = next(_records(log, 0, 1, settings), [(0, b"")])[0][0]
    if args.begin is None and first > 0:
        raise Misconfigured(
            f"the journal begins at {first}, what was before is gone: start with"
            " --from FILE, a snapshot that `samestory backup` made, or rebuild what is"
            f" left with --from {BEGINNING}"
        )
    if args.begin in (None, BEGINNING):
        state = State(target)
        with state.transaction():
            state.set_journal_id(journal)
    else:
        state = _snapshot(Path(args.begin), target, journal, first)
    _apply_all(log, state, settings)
    found = {"digest": state.digest(), "position": state.position(), **state.counts()}
    if args.json:
        print_json(found)
    else:
        print(found["digest"])
    state.close()
    log.close()
    return 0


def _snapshot(source: Path, target: Path, journal: str, first: int) -> State:
    """Return a copy of a snapshot, from which the journal goes on without a gap."""
    if not source.exists():
        raise Misconfigured(f"--from {source}: no such file")
    copy_database(source, target)
    try:
        state = State(target)
        _refuse_gap(state, source, journal, first)
    except Misconfigured:
        target.unlink()
        raise
    return state


def _refuse_gap(state: State, source: Path, journal: str, first: int) -> None:
    if state.journal_id() != journal:
        raise Misconfigured(
            f"--from {source}: its position counts in journal {state.journal_id()},"
            f" this one is {journal}: another log's snapshot"
        )
    if state.position() < first:
        raise Misconfigured(
            f"--from {source}: it ends at {state.position()}, the journal begins at"
            f" {first}: what was between is gone; use a later snapshot"
        )


def _apply_all(log: Log, state: State, settings: Settings) -> None:
    index = EventIndex(state, wiring.open_pair_model(settings))
    line = ProgressLine()
    end = patiently(partial(log.count, JOURNAL), _patience(settings))
    for batch in _records(log, state.position(), settings.index_batch, settings):
        index.apply([one for one in batch if one[0] < end])
        line.show(f"replayed {min(state.position(), end)} of {end}")
        if state.position() >= end:
            break
    line.end()


def _records(
    log: Log, position: int, limit: int, settings: Settings
) -> Iterator[list[tuple[int, bytes]]]:
    """Yield batches of (offset, value) of the journal, from a position on."""
    while True:
        read = partial(log.read, JOURNAL, 0, position, limit)
        records = patiently(read, _patience(settings))
        if not records:
            return
        yield [(record.offset, record.value) for record in records]
        position = records[-1].offset + 1


def _patience(settings: Settings) -> Callable[[], bool]:
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


def run_check(args: argparse.Namespace, settings: Settings) -> int:
    """Read everything, name what is damaged."""
    state = wiring.state_path(settings)
    files = [settings.home / "frontier.db", settings.home / "log.db", state]
    found: list[tuple[Path, str]] = []
    for path in files:
        if path.exists():
            lines = damage_of_state(path) if path == state else damage_of(path)
            found += [(path, line) for line in lines]
    checked = [str(path) for path in files if path.exists()]
    if not checked:
        raise Misconfigured(f"nothing to check in {settings.home}: name its --state")
    if args.json:
        damage = [{"file": str(path), "damage": line} for path, line in found]
        print_json({"checked": checked, "damaged": damage})
    else:
        for path, line in found:
            print(f"{path}: {line}")
        if not found:
            print(f"whole: {', '.join(checked)}")
    if found:
        sys.stderr.write(
            "a damaged file must be restored: index/state.db by `samestory backup`s and"
            " `samestory replay`, the others from your own copies\n"
        )
    return DAMAGED if found else 0


def run_backup(args: argparse.Namespace, settings: Settings) -> int:
    """Write the snapshot."""
    wiring.read_state(settings).close()
    copy_database(wiring.state_path(settings), Path(args.file))
    snapshot = existing_state(Path(args.file))
    found = {"file": args.file, "position": snapshot.position(), **snapshot.counts()}
    snapshot.close()
    if args.json:
        print_json(found)
    else:
        print(f"{found['stories']} stories, journal position {found['position']}")
    return 0
