"""`samestory check`: which files are whole, are damaged, or can't be judged."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

from cyclopts import Parameter

from samestory.database import damage_of, finds
from samestory.deploy import wiring
from samestory.deploy.cli.journal import first_of
from samestory.deploy.cli.options import Json, Kafka
from samestory.deploy.cli.output import print_json, print_lines
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, GAVE_UP, NEEDS_A_PERSON
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL
from samestory.disk import DAMAGE, code_of, is_read_only, is_there, judging
from samestory.errors import Misconfigured, Retry
from samestory.index.store.integrity import damage_of_state, has_fed_stories
from samestory.index.store.reader import Peek, peek

Damage = Iterable[tuple[Path | str, str]]


@dataclass(slots=True)
class _Findings:
    """What was judged, what of it is damaged, and what can't be judged."""

    judged: list[str] = field(default_factory=list)
    damaged: list[tuple[str, str]] = field(default_factory=list)
    unjudged: list[tuple[str, Retry | Misconfigured]] = field(default_factory=list)

    def look(self, name: Path | str, damage: Callable[[], Damage]) -> None:
        """Judge one of them, and keep what was found before it can't be judged."""
        try:
            for path, line in damage():
                self.damaged.append((str(path), line))
        except (Retry, Misconfigured) as error:
            self.unjudged.append((str(name), error))
        else:
            self.judged.append(str(name))

    @property
    def exit_code(self) -> int:
        """Whether a person must act, of damage or to let us read; or it may pass."""
        closed = [one for one in self.unjudged if isinstance(one[1], Misconfigured)]
        if self.damaged or closed:
            return NEEDS_A_PERSON
        return GAVE_UP if self.unjudged else DONE


@dataclass(frozen=True, kw_only=True)
class Check(Json, Kafka):
    """Tell whether every file of the state is whole: exit 0, else 2 or 3.

    Reads every page and row, compares every checksum, asks the log how far the
    index had read, and names what is damaged or gone: exit 2. What can't be
    judged, e.g. since it is locked, is named with the reason: exit 3 if it may
    pass, else 2. Workers may go on meanwhile. With SNAPSHOT that file alone.

    Examples:
      samestory check
      samestory check monday.db
    """

    snapshot: Annotated[
        str | None, Parameter(metavar="SNAPSHOT", help="of `samestory backup`")
    ] = field(default=None, kw_only=False)

    def run(self, settings: Settings) -> int:
        """Read everything; name what is damaged, and what can't be judged."""
        findings = _Findings()
        if self.snapshot is None:
            _look_at_home(findings, settings)
        else:
            path = Path(self.snapshot)
            if not path.exists():
                raise Misconfigured(f"{path}: no such file")
            if path.is_dir():
                raise Misconfigured(
                    f"{path}: is a directory: a state is named by --state, a snapshot"
                    " is a file"
                )
            findings.look(path, partial(_damage_of_snapshot, path))
        _tell(findings, self)
        return findings.exit_code


def _damage_of_snapshot(path: Path) -> Damage:
    try:
        if not finds(path):
            return [(path, "it is empty, no snapshot")]
        return [*damage_of_state(path, with_files=False)]
    except sqlite3.DatabaseError as error:
        if code_of(error) not in DAMAGE:
            raise
        return [(path, f"it is damaged, or no snapshot: {error}")]


def _look_at_home(findings: _Findings, settings: Settings) -> None:
    log, state = settings.home / "log.db", wiring.state_path(settings)
    looks = {
        path: partial(_damage_of_plain, path)
        for path in (settings.home / "frontier.db", log)
    } | {state: partial(damage_of_state, state)}
    there = [path for path in looks if is_there(path)]
    if not there and not (settings.brokers and _ran(settings, "index")):
        raise Misconfigured(f"nothing to check in {settings.home}: name its --state")
    for path in there:
        findings.look(path, looks[path])
    if findings.exit_code == DONE:
        _look_at_all(findings, settings, log)


def _damage_of_plain(path: Path) -> Damage:
    return [(path, line) for line in damage_of(path)]


def _look_at_all(findings: _Findings, settings: Settings, log: Path) -> None:
    """Judge whether what is there, and what is not, agrees with the log."""
    if settings.brokers:
        findings.look(f"log on {settings.brokers}", partial(_at_odds, settings))
    elif finds(log):
        findings.judged.remove(str(log))  # its records come now
        findings.look(log, partial(_at_odds, settings))
    else:
        findings.damaged += [(str(log), line) for line in _without_log(settings)]


def _ran(settings: Settings, worker: str) -> bool:
    """Tell whether a worker has ever run on this state: its lock's file stays."""
    return (settings.home / f"{worker}.lock").exists()


def _held(path: Path) -> Peek | None:
    """Return what a state stands for; None if it is gone, or was emptied."""
    try:
        with judging(path):
            return peek(path) if finds(path) else None
    except sqlite3.Error as error:
        raise Misconfigured(f"{path} is no state: {error}") from error


def _without_log(settings: Settings) -> Iterator[str]:
    """Yield that log.db is gone; not where it never was, as beside a replay's state."""
    held = _held(wiring.state_path(settings))
    if held and "/" in (held.journal_id or ""):
        sys.stderr.write("its log is on Kafka: only --brokers tells if they agree\n")
    elif _ran(settings, "index"):
        yield (
            f"it is gone or empty, the index had read"
            f" {held.position if held else 'some'} records of it: put your copy back;"
            " without one the index answers, but what is new needs another --state"
        )


def _at_odds(settings: Settings) -> Damage:
    """Yield where log, state and frontier contradict each other, or one is gone.

    SQLite takes a damaged end of a -wal file for a crash and leaves out what it held.
    """
    log = wiring.open_log(settings)
    name = settings.brokers or settings.home / "log.db"
    if isinstance(log, EmbeddedLog):
        yield from ((name, line) for line in log.damage())
    state, frontier = wiring.state_path(settings), settings.home / "frontier.db"
    # In this order: workers may go on meanwhile.
    read, held = log.lag("index", JOURNAL)[0].position, _held(state)
    journal = _Journal(
        id=log.fingerprint(JOURNAL),
        first=first_of(log, settings),
        end=log.count(JOURNAL),
        read=read,
    )
    log.close()
    yield from ((name, line) for line in _of_log(journal, held))
    if not settings.brokers or _ran(settings, "index"):
        yield from ((state, line) for line in _of_state(journal, held))
    if not settings.brokers or _ran(settings, "ingest"):
        yield from ((frontier, line) for line in _of_frontier(frontier, state))


class _Journal(NamedTuple):
    """What a log knows of its journal, and of how far the index has read it."""

    id: str
    first: int
    end: int
    read: int


def _of_log(journal: _Journal, held: Peek | None) -> Iterator[str]:
    if not held or not held.position:
        return
    if held.journal_id not in (None, journal.id):
        yield (
            f"its journal is {journal.id}, the index has read {held.journal_id}: the"
            " log was made anew or is another; go back to the former one, or start"
            " another --state"
        )
    elif held.position > journal.end:
        yield f"it ends before {held.position}, which the index has read"


def _of_state(journal: _Journal, held: Peek | None) -> Iterator[str]:
    if journal.read and not (held and held.position):
        what = (
            "all of it" if not journal.first else f"what came from {journal.first} on"
        )
        yield (
            f"it is gone or empty, the index had read {journal.read} records of the"
            f" journal: `samestory index` makes it anew of what the log holds, {what}"
        )
    elif held and held.journal_id == journal.id and held.position < journal.read:
        yield f"it ends at {held.position}, it had read {journal.read}"


def _of_frontier(frontier: Path, state: Path) -> Iterator[str]:
    if has_fed_stories(state) and not finds(frontier, "SELECT 1 FROM stories"):
        yield (
            "it is gone or empty, though there are stories of feeds: put your copy"
            " back, or name the feeds again (`samestory run --feeds FILE`): what the"
            " index has is not counted twice"
        )


def _read_only(findings: _Findings) -> list[str]:
    """Return the files, of those that were judged, that we can read but not write."""
    return [one for one in findings.judged if is_read_only(Path(one))]


def _tell(findings: _Findings, args: Check) -> None:
    if args.json:
        print_json(
            {
                "checked": findings.judged,
                "damaged": [
                    {"file": f, "damage": line} for f, line in findings.damaged
                ],
                "unjudged": [{"file": f, "why": str(e)} for f, e in findings.unjudged],
            }
        )
    else:
        print_lines(f"{file}: {line}" for file, line in findings.damaged)
        unjudged = findings.unjudged
        print_lines(f"{file}: can't be judged: {why}" for file, why in unjudged)
        if findings.judged and not findings.damaged:
            print_lines([f"whole: {', '.join(findings.judged)}"])
    if read_only := _read_only(findings):
        sys.stderr.write(
            f"read-only for user {os.geteuid()}: {', '.join(read_only)}; what was"
            " judged is what is in them now\n"
        )
    if findings.damaged and args.snapshot:
        sys.stderr.write(
            "nothing is wrong with --state, which was not looked at; `samestory backup"
            " FILE` makes another snapshot of it\n"
        )
    elif findings.damaged:
        sys.stderr.write(
            "index/state.vectors/ is made anew by the index; for index/state.db"
            " `samestory restore` a snapshot, or one made with `replay --into DIR` and"
            " `backup --state DIR`; the others must come from your own copies\n"
        )
