"""`samestory import`: stories from JSON lines, grouped when it returns."""

import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.days import utc_now
from samestory.deploy import wiring
from samestory.deploy.cli.options import Deciding, Json, Worker
from samestory.deploy.cli.output import plain, print_json
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, REFUSED
from samestory.deploy.forgotten import ids_of_refused
from samestory.deploy.importing import open_lines, read_lines, story_of_line
from samestory.deploy.loop import patiently, until
from samestory.deploy.process import running
from samestory.deploy.progress import ProgressLine
from samestory.deploy.quarantine import quarantine_rejected
from samestory.deploy.stream.log import JOURNAL, STORIES, Log, Message, ends, short_of
from samestory.deploy.supervisor import Supervisor
from samestory.errors import Quarantine, Rejected
from samestory.index.store.state import State
from samestory.ingest.articles.versions import LastVersion, changes_since
from samestory.private import private_folder
from samestory.story import Story

CHUNK: Final = 200  # stories published with one fsync
FORGOTTEN: Final = "it was forgotten"
NAMED: Final = 20  # refused lines named one by one; the rest is in the quarantine


@dataclass(slots=True)
class _Counts:
    new: int = 0
    changed: int = 0  # new versions of what is known
    known: int = 0
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class Import(Json, Worker, Deciding):
    """Bring in stories from JSON lines; they are grouped when it returns.

    A line is an object: text (required; "" beside a title alone), title, url,
    published, outlet (or source), lang, id. Any order, any age; a known url, or an
    outlet's id, with another text is a new version. Starts the embed and index
    workers itself if none run.

    Lines that are refused are named, and set aside (samestory quarantine list):
    exit 4.

    Examples:
      samestory import articles.jsonl.gz
      zcat archive/*.gz | samestory import -
    """

    file: Annotated[
        str, Parameter(metavar="FILE.jsonl[.gz]|-", help="- reads stdin")
    ] = field(kw_only=False)
    no_wait: Annotated[
        bool, Parameter(help="publish only; workers group them later")
    ] = False

    def run(self, settings: Settings) -> int:
        """Publish the lines, wait until they are grouped."""
        try:
            return _import(self, settings)
        except KeyboardInterrupt:
            sys.stderr.write(
                "\nstopped; nothing is lost: import the file again to be sure of all of"
                " it, `samestory run` groups what has come in\n"
            )
            return 130


def _import(args: Import, settings: Settings) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    private_folder(settings.home)
    log, state = wiring.open_log(settings), wiring.open_state(settings)
    counts, line = _Counts(), ProgressLine()
    with open_lines(args.file) as file:
        lines = read_lines(file, args.file)
        wait_s = wiring.wait_of(settings)
        publish = partial(
            _publish, lines, args.file, log, state, counts, line, wait_s=wait_s
        )
        if args.no_wait:
            publish()
        else:
            missing = [
                n for n in ("embed", "index") if running(settings.home, n) is None
            ]
            with Supervisor(missing, settings) as supervisor:
                # What was published before must be known before we say what is new.
                _wait(log, supervisor, settings, line)
                publish()
                _wait(log, supervisor, settings, line)
    if args.json:
        print_json(
            {
                "new": counts.new,
                "changed": counts.changed,
                "known": counts.known,
                "refused": counts.refused,
            }
        )
    else:
        changed = f"{counts.changed} changed, " * bool(counts.changed)
        print(
            f"{counts.new} new, {changed}{counts.known} known, {counts.refused} refused"
        )
    return REFUSED if counts.refused else DONE


def _publish(
    lines: Iterable[tuple[int, bytes | Quarantine]],
    name: str,
    log: Log,
    state: State,
    counts: _Counts,
    progress: ProgressLine,
    *,
    wait_s: float,
) -> None:
    sent: dict[str, str] = {}
    waiting: list[Story] = []
    begin = utc_now()
    for number, line in lines:
        try:
            # A microsecond a line: a later line is a later version.
            story = _story_of(line, begin + timedelta(microseconds=number), state)
        except Quarantine as error:
            counts.refused += 1
            why = FORGOTTEN if _is_forgotten(state, line) else str(error)
            if why != FORGOTTEN:  # else nothing of it is kept
                _set_aside(log, f"{name}:{number}", line, why)
            _tell_refused(f"{name}:{number}", why, counts.refused)
            continue
        if state.forgotten.has(story.story_id):
            counts.refused += 1
            _tell_refused(f"{name}:{number}", FORGOTTEN, counts.refused)
            continue
        known = state.known(story.story_id)
        latest = sent.get(story.story_id) or (known[0] if known else None)
        if latest == story.digest or _is_former(state, story):
            counts.known += 1
            continue
        counts.new += latest is None
        counts.changed += latest is not None
        sent[story.story_id] = story.digest
        waiting.append(_with_changes(story, state) if latest else story)
        if len(waiting) >= CHUNK:
            _send(log, waiting, wait_s)
            progress.count("lines", number, more=f"{counts.new:,} new stories")
    _send(log, waiting, wait_s)


def _story_of(line: bytes | Quarantine, now: datetime, state: State) -> Story:
    """Return a line's story, by the id that it was given before, if it was.

    Raises:
        Quarantine: the line is none.
    """
    if isinstance(line, Quarantine):
        raise line

    def is_known(story_id: str, outlet: str) -> bool:
        member = state.member(story_id)
        is_its = member is not None and member.story.outlet == outlet
        return is_its or state.forgotten.has(story_id)

    story = story_of_line(line, now, is_known)
    story = replace(story, story_id=state.given_id(story))
    known = state.known(story.story_id)
    if known and story.observed.timestamp() <= known[1]:  # our clock went back
        later = datetime.fromtimestamp(known[1], UTC) + timedelta(milliseconds=1)
        story = replace(story, observed=later)
    return story


def _with_changes(story: Story, state: State) -> Story:
    """Return a new version that tells what the one that is grouped said otherwise."""
    member = state.member(story.story_id)
    if member is None:
        return story
    before = LastVersion.of(member.story)
    return replace(story, changes=changes_since(before, story.title, story.text))


def _is_former(state: State, story: Story) -> bool:
    """Return whether a line says what its story said before: an old file, again."""
    former = state.history.versions(story.story_id)
    return story.digest in {one.story.digest for one in former}


def _send(log: Log, waiting: list[Story], wait_s: float) -> None:
    messages = [Message(key=s.story_id, value=s.encode()) for s in waiting]
    patiently(partial(log.publish, STORIES, messages), until(wait_s, lambda: False))
    waiting.clear()


def _is_forgotten(state: State, line: bytes | Quarantine) -> bool:
    """Tell whether a line that can't be a story is of one that was forgotten."""
    if isinstance(line, Quarantine):
        return False
    return any(map(state.forgotten.has, ids_of_refused(line)))


def _set_aside(log: Log, where: str, line: bytes | Quarantine, why: str) -> None:
    detail = "" if isinstance(line, Quarantine) else line.decode("utf-8", "replace")
    rejected = Rejected(reason=why, source=where, detail=detail)
    quarantine_rejected(log, "import", [rejected])


def _tell_refused(where: str, why: str, count: int) -> None:
    if count <= NAMED:
        sys.stderr.write(plain(f"{where}: refused: {why}") + "\n")
    elif count == NAMED + 1:
        sys.stderr.write("further refused lines: see samestory quarantine list\n")


def _wait(
    log: Log,
    supervisor: Supervisor,
    settings: Settings,
    progress: ProgressLine,
) -> None:
    """Wait until what is in the log now has been embedded and grouped."""
    for group, topic, doing in (
        ("embed", STORIES, "embedded"),
        ("index", JOURNAL, "grouped"),
    ):
        patience = partial(until, wiring.wait_of(settings), lambda: False)
        target = patiently(partial(ends, log, group, topic), patience())
        to_do = partial(short_of, log, group, topic, target)
        most = 0
        while (left := patiently(to_do, patience())) > 0:
            most = max(most, left)
            progress.count(doing, most - left, most)
            supervisor.tend()
            supervisor.ensure(
                n for n in ("embed", "index") if running(settings.home, n) is None
            )
            time.sleep(0.2)
    progress.end()
