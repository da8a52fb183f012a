"""`samestory backup` and `restore`: snapshots of the index."""

import sqlite3
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from samestory.counted import counted
from samestory.database_copy import copy_database, replace_database
from samestory.deploy import wiring
from samestory.deploy.cli.journal import patience_of, refuse_gap
from samestory.deploy.cli.options import Json, Kafka
from samestory.deploy.cli.output import print_json
from samestory.deploy.config import Settings
from samestory.deploy.loop import patiently
from samestory.deploy.process import hold_lock
from samestory.deploy.stream.log import JOURNAL, Consumer, Log
from samestory.errors import Misconfigured
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.reader import peek
from samestory.index.store.state import State


@dataclass(frozen=True, kw_only=True)
class Backup(Json):
    """Write a snapshot of the index, also while workers run.

    It has stories, events and decisions with their position in the journal.
    `restore FILE` puts it back; `replay --into DIR --from FILE` rebuilds a
    state beside the present one. It goes with its log: keep log.db (and
    frontier.db) too, or the broker.

    Examples:
      samestory backup monday.db
      samestory backup "index $(date +%F).db" --json
    """

    file: Annotated[
        str, Parameter(metavar="FILE", help="a file that is not there yet")
    ] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Write the snapshot."""
        wiring.read_state(settings).close()
        copy_database(wiring.state_path(settings), Path(self.file))
        damage = list(damage_of_state(Path(self.file), with_files=False))
        if damage:
            Path(self.file).unlink()
            raise Misconfigured(
                f"the state is damaged, no snapshot was made: {damage[0][1]};"
                " `samestory check` tells all of it"
            )
        held = peek(Path(self.file))
        if self.json:
            print_json(
                {
                    "file": self.file,
                    "position": held.position,
                    "stories": held.stories,
                    "events": held.events,
                }
            )
        else:
            print(f"{counted(held.stories, 'story')}, journal position {held.position}")
        return 0


@dataclass(frozen=True, kw_only=True)
class Restore(Json, Kafka):
    """Put a snapshot of `backup` in the place of the index's state.

    The index worker must not run; when it starts again, it goes on in the
    journal where the snapshot ends. A state that is there is kept beside, under
    another name.

    Examples:
      samestory restore monday.db
      samestory restore monday.db --replace
    """

    file: Annotated[str, Parameter(metavar="FILE", help="a snapshot")] = field(
        kw_only=False
    )
    replace: Annotated[bool, Parameter(help="though there is a state")] = False

    def run(self, settings: Settings) -> int:
        """Put a snapshot in the place of the state."""
        source, target = Path(self.file), wiring.state_path(settings)
        _refuse(source, target, may_replace=self.replace)
        log = wiring.open_log(settings)
        refuse_gap(source, log, settings)
        end = patiently(partial(log.count, JOURNAL), patience_of(settings))
        held = peek(source)
        consumer = patiently(
            partial(log.consumer, "index", JOURNAL), patience_of(settings)
        )  # refuses where another index reads the journal
        with hold_lock(settings.home, "index", 1.0):  # `status` may just look at it
            _hold_back(log, consumer, held.position, source, settings)
            announced = _announced_by(target)
            former = _set_aside(target)
            replace_database(source, target)
            state = State(target)
            with state.transaction():
                state.revisions.announce_anew(announced)
            state.close()
        log.close()
        if self.json:
            print_json(
                {
                    "file": self.file,
                    "position": held.position,
                    "former": former,
                    "stories": held.stories,
                    "events": held.events,
                }
            )
        else:
            kept = f"; the former state is {former}" if former else ""
            print(
                f"{counted(held.stories, 'story')};"
                f" {counted(end - held.position, 'journal record')} to follow"
                " when the index starts (`samestory run`, `index` or `import`),"
                f" corrections and what is to be forgotten among them{kept}"
            )
        return 0


def _refuse(source: Path, target: Path, *, may_replace: bool) -> None:
    """Refuse a snapshot that can't take the place of a state."""
    if not source.exists():
        raise Misconfigured(f"{source}: no such file")
    damage = list(damage_of_state(source, with_files=False))
    if damage:
        raise Misconfigured(f"{source} is damaged: {damage[0][1]}")
    if target.exists() and not may_replace:
        raise Misconfigured(
            f"{target} is there: --replace puts the snapshot in its place and keeps"
            " it beside"
        )


def _hold_back(
    log: Log, consumer: Consumer, position: int, source: Path, settings: Settings
) -> None:
    """Let retention keep the journal from here on, before anything is replaced.

    The log's own position mirrors the state's, for lag and for `check`, too.

    Raises:
        Misconfigured: some of it was removed meanwhile.
    """
    patience = patience_of(settings)
    (before,) = patiently(partial(log.lag, "index", JOURNAL), patience)
    patiently(partial(consumer.commit, {0: position}), patience)
    try:
        refuse_gap(source, log, settings)
    except Misconfigured:
        patiently(partial(consumer.commit, {0: before.position}), patience)
        raise


def _set_aside(target: Path) -> str | None:
    """Keep the state that is to be replaced; return where, None if there is none."""
    if not target.exists():
        return None
    number = 1
    while (kept := target.with_name(f"state.before-restore-{number}.db")).exists():
        number += 1
    try:
        copy_database(target, kept)
    except Misconfigured:  # it is damaged: then as it is
        for end in ("-wal", "-shm", ""):
            if Path(f"{target}{end}").exists():
                Path(f"{target}{end}").rename(f"{kept}{end}")
    return str(kept)


def _announced_by(target: Path) -> dict[str, int]:
    """Return the revisions that the state announced; none if it is unreadable."""
    if not target.exists():
        return {}
    try:
        state = State(target)
        announced = state.revisions.highest()
        state.close()
    except (Misconfigured, sqlite3.Error) as error:
        sys.stderr.write(f"{error}: its revisions can't be read, they begin anew\n")
        return {}
    return announced
