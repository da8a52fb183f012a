"""`samestory replay`, `digest` and `diff`: the same answer, provably."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.database_copy import copy_database
from samestory.deploy import wiring
from samestory.deploy.cli.journal import (
    first_of,
    journal_records,
    patience_of,
    refuse_gap,
)
from samestory.deploy.cli.options import Deciding, Json, Kafka
from samestory.deploy.cli.output import print_columns, print_json, print_table
from samestory.deploy.config import Settings
from samestory.deploy.loop import patiently
from samestory.deploy.progress import ProgressLine
from samestory.deploy.stream.log import JOURNAL, Log
from samestory.disk import named
from samestory.errors import Misconfigured
from samestory.index.measure.diff import Change, differences
from samestory.index.store.held import Held
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from samestory.private import private_folder

BEGINNING: Final = "BEGINNING"
SAME: Final = 0
DIFFERENT: Final = 1


@dataclass(frozen=True, kw_only=True)
class _Rebuilding(Json, Kafka, Deciding):
    """Where the journal is read from."""

    begin: Annotated[
        str | None,
        Parameter(
            metavar="FILE|BEGINNING",
            help="go on from a snapshot that `backup` made; BEGINNING: from what is"
            " left of the journal, though its beginning is gone",
            name="--from",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Replay(_Rebuilding):
    """Rebuild the events from the journal, into a directory of its own.

    The same journal gives the same events, whatever happened on the way. What
    retention has removed from the journal must come from a snapshot (--from).

    Examples:
      samestory replay --into again
      samestory replay --into again --from monday.db
    """

    into: Annotated[str, Parameter(metavar="DIR", help="a new directory")]

    def run(self, settings: Settings) -> int:
        """Rebuild, print the digest; what is in --into then is whole, or not there."""
        wiring.must_have_log(settings)
        target = wiring.state_path_in(Path(self.into))
        place = Path(self.into) / ".replay"
        built = wiring.state_path_in(place)
        if target.parent.exists():
            raise Misconfigured(
                f"there is a state in it already: remove {target.parent}, or name"
                " another directory"
            )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            shutil.rmtree(place, ignore_errors=True)  # of a replay that was killed
            with named(f"--into {self.into}"):
                private_folder(place)
            rebuilt(built, self.begin, settings).close()
            with named(f"--into {self.into}"):
                built.parent.rename(target.parent)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        state = Reader(target)
        _print_digest(state, self)
        state.close()
        return 0


@dataclass(frozen=True, kw_only=True)
class Digest(_Rebuilding):
    """Print one line that names all stories and their events.

    It is equal on two states that hold the same versions of the same stories in
    the same events, by the same corrections.

    Examples:
      samestory digest
      samestory digest --at 1000 --json
    """

    at: Annotated[
        int | None,
        Parameter(
            metavar="POSITION",
            help="as it was when the journal's records before this one had been"
            " applied; rebuilds that from the journal",
        ),
    ] = None

    def run(self, settings: Settings) -> int:
        """Print the digest of now, or of an earlier position."""
        state = wiring.read_state(settings)
        with state.reading():
            if self.at in (None, state.meta.position()):
                _print_digest(state, self)
                return 0
        if not 0 <= self.at <= state.meta.position():
            raise Misconfigured(
                f"--at {self.at}: the state has read up to {state.meta.position()}"
            )
        state.close()
        with tempfile.TemporaryDirectory() as folder:
            target = wiring.state_path_in(Path(folder))
            again = rebuilt(target, self.begin, settings, self.at)
            _print_digest(again, self)
            again.close()
        return 0


@dataclass(frozen=True, kw_only=True)
class Diff(Json):
    """Tell how the events of two states differ: exit 0 if they do not, else 1.

    Lists the events that the two do not have in common, and how: merged, split,
    moved, missing, new. Names of events do not count, only who is with whom.

    Examples:
      samestory diff monday again
      samestory diff monday again --json
    """

    first: Annotated[str, Parameter(metavar="DIR", help="a state")] = field(
        kw_only=False
    )
    second: Annotated[str, Parameter(metavar="DIR", help="another")] = field(
        kw_only=False
    )

    def run(self, _: Settings) -> int:
        """Compare and print."""
        folders = (Path(self.first), Path(self.second))
        sides = [wiring.read_state_in(folder) for folder in folders]
        changes = differences(sides[0].assignments(), sides[1].assignments())
        for change in changes if self.json else ():
            print_json(change.to_json())
        if not self.json:
            _print_changes(changes, sides[0], sides[1])
        return DIFFERENT if changes else SAME


def _print_digest(state: Held, args: Json) -> None:
    summary = {
        "digest": state.digest(),
        "position": state.meta.position(),
        **state.counts(),
    }
    if args.json:
        print_json(summary)
    else:
        print(summary["digest"])


def rebuilt(
    target: Path, begin: str | None, settings: Settings, end: int | None = None
) -> State:
    """Return a new state of the journal up to a position; None for all of it."""
    log = wiring.open_log(settings)
    journal = patiently(partial(log.fingerprint, JOURNAL), patience_of(settings))
    first = first_of(log, settings)
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
            state.meta.set_journal_id(journal)
        sys.stderr.write(f"from the journal alone, which begins at {first}\n")
    else:
        refuse_gap(Path(begin), log, settings)
        copy_database(Path(begin), target)
        state = State(target)
        sys.stderr.write(
            f"from snapshot {begin}, which covers all before {state.meta.position()}\n"
        )
    if end is not None and state.meta.position() > end:
        raise Misconfigured(
            f"--from {begin}: it is of position {state.meta.position()}, later than"
            f" {end}"
        )
    _apply_all(log, state, settings, end, max(first, state.meta.position()))
    log.close()
    return state


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
        line.count("replayed", min(position, end), end)
        if position >= end:
            break
    line.end()
    if position < end:
        _refuse_removed(log, settings, position)


def _refuse_removed(log: Log, settings: Settings, position: int) -> None:
    first = first_of(log, settings)
    if first > position:
        raise Misconfigured(
            f"the journal began at {position}, begins at {first} now: retention"
            " removed what was between while it was read; start again with --from"
            " FILE, a later snapshot"
        )


def _print_changes(changes: list[Change], first: Reader, second: Reader) -> None:
    if not changes:
        counts = first.counts()
        events = counted(counts["events"], "event")
        print(f"the same: {counted(counts['stories'], 'story')} in {events}")
        return

    def title(story_id: str) -> str:
        member = first.member(story_id) or second.member(story_id)
        return member.story.title or member.story.text[:80] if member else story_id

    headings = ("change", "in the first", "in the second", "stories", "headline")
    rows = [
        [
            change.kind,
            _some(change.first),
            _some(change.second),
            str(len(change.stories)),
            title(change.stories[0]),
        ]
        for change in changes
    ]
    if sys.stdout.isatty():
        print_table([(heading, {}) for heading in headings], rows)
    else:
        print_columns(headings, rows)


def _some(events: Sequence[str]) -> str:
    """Return the first of these events, and how many more there are."""
    more = f" +{len(events) - 1}" if len(events) > 1 else ""
    return f"{events[0][:10]}{more}" if events else "-"
