"""An index worker that anybody may kill, on a journal that has everything in it.

Stories of sixty days, new versions, corrections, undos, forgettings, junk; stories
expire after twenty days, files of vectors are written every few stories, and backups
are made meanwhile. Whatever is killed, the state in the end is that of an undisturbed
run.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import EVENTS, JOURNAL, Message, behind
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import DIFFERENT, SAME, UNDO, Correction
from samestory.index.messages.forget import Forget
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.state import State
from tests.conftest import NOW, make_story
from tests.index.tables import table_in, table_of
from tests.index.vectors import record

DAYS = 60
KEEP_DAYS = 20
UNFILED = 12  # stories of a day before its file is written
_COMMAND = f"""
import sys
from samestory.index.search import segments
segments.DAY_UNFILED = {UNFILED}
from samestory.deploy.cli import main
main(sys.argv[1:])
"""


def journal_of(stories: int, seed: int) -> list[bytes]:
    """Return a journal with so many stories, and all else that can be in one."""
    rng = random.Random(seed)
    names: list[str] = []
    corrections: list[str] = []
    found: list[bytes] = []
    for number in range(stories):
        seen = NOW + timedelta(days=DAYS * number / stories)
        told = seen - timedelta(hours=rng.expovariate(1 / 8))
        topic = rng.randrange(stories // 5) if rng.random() < 0.2 else number // 6
        times = {"published": told, "first_seen": seen, "observed": seen}
        text = f"Report {number}: {rng.randrange(90)} were hurt in topic {topic}."
        names.append(f"n{number}")
        found.append(record(names[-1], topic, number, text=text, **times))
        chance = rng.random()
        lately = names[-60:]
        at = seen + timedelta(minutes=1)
        if chance < 0.05:
            times = {"published": told, "first_seen": seen, "observed": at}
            other = rng.choice(lately)
            found.append(record(other, topic, number, text=f"New: {text}", **times))
        elif chance < 0.09 and len(lately) > 1:
            a, b = rng.sample(lately, 2)
            kind = rng.choice([SAME, DIFFERENT])
            corrections.append(f"c-{number}")
            found.append(_correction(number, kind, _id(a), _id(b), at))
        elif chance < 0.11 and corrections:
            one = rng.choice(corrections)
            found.append(_correction(number, UNDO, "", one, at))
        elif chance < 0.115:
            ids = (_id(rng.choice(lately)),)
            forget = Forget(forget_id=f"f-{number}", story_ids=ids, who="Ada", at=at)
            found.append(forget.encode())
        elif chance < 0.12:
            found.append(b"junk")
    return found


def _id(name: str) -> str:
    return make_story(name).story_id


def _correction(number: int, kind: str, a: str, b: str, at) -> bytes:
    return Correction(
        correction_id=f"c-{number}", kind=kind, a=a, b=b, who="Ada", why="", at=at
    ).encode()


def undisturbed(journal: list[bytes], folder: Path, batch: int) -> State:
    """Return the state of an index that nobody disturbs."""
    state = State(folder / "state.db")
    index = EventIndex(state, keep_s=KEEP_DAYS * 86_400.0)
    records = list(enumerate(journal))
    for at in range(0, len(records), batch):
        index.apply(records[at : at + batch])
        state.clear_outbox([one.number for one in state.revisions.outbox()])
    return state


class Killed:
    """The index worker on a log that holds a journal."""

    def __init__(self, home: Path, journal: list[bytes], rng: random.Random) -> None:
        self.home, self._rng = home, rng
        self.state_path = home / "index" / "state.db"
        log = EmbeddedLog(home / "log.db")
        log.publish(JOURNAL, [Message(key="", value=value) for value in journal])
        log.close()
        self.said = home / "worker.log"
        self.copies = 0

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start a command in a process of its own."""
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-c", _COMMAND, *arguments],
                env=os.environ
                | {
                    "SAMESTORY_STATE": str(self.home),
                    "SAMESTORY_KEEP_DAYS": str(KEEP_DAYS),
                    "SAMESTORY_INDEX_BATCH": str(self._rng.choice([1, 7, 40, 256])),
                },
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=Path(__file__).parents[1],
            )

    def live(self, seconds: float) -> None:
        """Let a worker live so long, now and then with a backup; kill both."""
        processes = [self.start("index")]
        if self.state_path.exists() and self._rng.random() < 0.3:
            self.copies += 1
            processes.append(self.start("backup", str(self.copy(self.copies))))
        try:
            processes[0].wait(seconds)
        except subprocess.TimeoutExpired:
            for process in processes:
                process.send_signal(signal.SIGKILL)
        for process in processes:
            process.wait()

    def copy(self, number: int) -> Path:
        """Return where a backup is."""
        return self.home / f"backup-{number}.db"

    def left(self) -> int:
        """Return how many records the worker has not passed."""
        log = EmbeddedLog(self.home / "log.db")
        found = behind(log, "index", JOURNAL)
        log.close()
        return found

    def finish(self) -> None:
        """Let a worker go on until it has passed everything."""
        process = self.start("index")
        try:
            while self.left():
                assert process.poll() is None, self.said.read_text()[-3_000:]
                threading.Event().wait(0.2)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def told(self) -> list[bytes]:
        """Return the records of topic `events`."""
        log, found = EmbeddedLog(self.home / "log.db"), []
        while page := log.read(EVENTS, 0, len(found), 1_000):
            found += [one.value for one in page]
        log.close()
        return found


def killed_often(
    folder: Path, stories: int, kills: int, seed: int, upto_s: float
) -> dict[str, object]:
    """Kill an index worker at random moments; return what became of it.

    Raises:
        AssertionError: the state is not what an undisturbed index makes of the journal.
    """
    rng, journal = random.Random(seed), journal_of(stories, seed)
    calm = undisturbed(journal, folder / "calm", 64)
    victim = Killed(folder / "rough", journal, rng)
    wasted = 0
    for _ in range(kills):
        victim.live(rng.uniform(0.6, upto_s))
        if victim.state_path.exists():
            assert list(damage_of_state(victim.state_path)) == []
        wasted += victim.left() == 0
    victim.finish()
    state = State(victim.state_path)
    assert state.digest() == calm.digest()
    assert list(damage_of_state(victim.state_path)) == []
    told = victim.told()
    assert table_of([v for v in told if json.loads(v)["type"] == "event"]) == table_in(
        state
    )
    copies = [victim.copy(n + 1) for n in range(victim.copies)]
    whole = [path for path in copies if path.exists()]
    for path in whole:
        assert list(damage_of_state(path, with_files=False)) == []
    if whole:
        (folder / "again").mkdir()
        shutil.copy(whole[0], folder / "again" / "state.db")
        again = EventIndex(
            State(folder / "again" / "state.db"), keep_s=KEEP_DAYS * 86_400.0
        )
        again.apply(list(enumerate(journal)))
        assert again.state.digest() == calm.digest()
    counts = state.counts()
    return {
        "records": len(journal),
        "kills": kills,
        "after the end": wasted,
        "stories kept": counts["stories"],
        "events": counts["events"],
        "revisions told": len(told),
        "backups whole of": f"{len(whole)} of {victim.copies}",
        "tracebacks": victim.said.read_text().count("Traceback"),
    }
