"""Messages that anybody may publish, and all that is done with what became of them.

`through_everything` feeds mutated messages of every type to the doors (embed's
decoding, the index), and then asks for every listing, backs up, checks, forgets and
replays: in one process, by the functions under the commands.
"""

import contextlib
import io
import json
import random
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from samestory.deploy.cli import run
from samestory.deploy.index_worker import _hand_on
from samestory.deploy.quarantine import quarantine_record
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, STORIES, Message
from samestory.embed.passage import story_passages
from samestory.errors import Quarantine
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import DIFFERENT, SAME, UNDO, Correction
from samestory.index.messages.forget import Forget
from samestory.index.store.state import State
from samestory.story import Story, tombstone
from tests.conftest import NOW, make_story
from tests.index.vectors import record

DEEP = 500  # levels: Python reads and writes so many
MOMENTS = [
    *("0001-01-01T00:00:00+23:59", "0001-12-31T23:59:59-23:59", "0001-01-01"),
    *("0002-01-01T00:00:00+23:59", "0002-01-01T00:00:00Z", "1969-12-31T23:59:59.9Z"),
    *("9998-12-31T23:59:59-23:59", "9998-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-23:59", "2026-03-10T12:00"),
    *("2026-03-10T12:00:00.000001+23:59:59.999999", "2026-W10-2T00:00Z", "20260310"),
    *(
        "2026-02-30T00:00:00Z",
        "2026-03-10T24:00:00Z",
        "1e9",
        "",
        "\ud800",
        "٢٠٢٦-01-01",
    ),
]
TEXTS = [
    *("", " ", "\0", "a\0b", "\x1b[31m", "\u202e", "\ud800", "😀" * 9, "é" * 700),
    *("x" * 501, "x" * 5_000, "x" * 200_001, "s-", "s-\n", "s-a b", "s-" + "x" * 101),
    *("s-'; --", 's-"quoted"', "s-%", "s-\ud800", "c-", "f-", "e-", "same", "undo"),
    *("http://[", "javascript:1", "http://a.org/" + "a" * 3_000, "\u2028", "1.0"),
]


def nested(levels: int) -> Any:
    """Return a list in a list in a list."""
    found: Any = []
    for _ in range(levels):
        found = [found]
    return found


OTHERS = [
    *(None, True, False, 0, -1, 1.5, 2**63, 10**400, 1e308, float("nan")),
    *(float("inf"), [], {}, [None], ["a", 1], ["\ud800"], [["x"]], {"a": {}}, [""]),
    *(["x" * 5_000] * 3, ["x"] * 5_000, nested(DEEP), {"story_id": nested(DEEP)}),
]


def wholesome() -> list[bytes]:
    """Return a journal with messages of every type; none is refused."""
    found = [record(f"n{i}", i % 3, i, hours=i) for i in range(6)]
    found += [record("n1", 1, 9, hours=1, text="New.", observed=NOW + timedelta(1))]
    a, b, c = (make_story(f"n{i}").story_id for i in (0, 3, 4))
    for number, (kind, one, other) in enumerate(
        [(DIFFERENT, a, b), (SAME, b, c), (UNDO, "", "c-1")]
    ):
        said = {"a": one, "b": other, "who": "Ada", "why": "", "at": NOW}
        found.append(
            Correction(correction_id=f"c-{number}", kind=kind, **said).encode()
        )
    gone = ("s-0123456789abcdef",)
    found += [Forget(forget_id="f-1", story_ids=gone, who="Ada", at=NOW).encode()]
    return [*found, tombstone(gone[0]), make_story("n9").encode()]


def mutated(message: bytes, rng: random.Random) -> bytes:
    """Return a message with one to three fields that are something else."""
    value = json.loads(message)
    for _ in range(rng.choice((1, 1, 2))):
        inside = [
            one
            for one in (value, value.get("story"), value.get("vectors"))
            if isinstance(one, dict)
        ]
        part = rng.choice([inside[0], *inside[1:2] * 6, *inside[2:]])
        dated = [n for n in ("at", "published", "first_seen", "observed") if n in part]
        if dated and rng.random() < 0.4:
            part[rng.choice(dated)] = rng.choice(MOMENTS)
        else:
            name = rng.choice([*part, "extra"])
            part[name] = rng.choice(rng.choice([TEXTS, OTHERS]))
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.05:
        return text.encode("utf-16", "surrogatepass")
    return text.encode("utf-8", "surrogatepass")


def through_everything(seed: bytes) -> None:
    """Feed a journal of mutated messages to everything; nothing raises.

    Args:
        seed: of the mutations: the same one, the same messages.
    """
    rng = random.Random(seed)
    base = wholesome()
    journal = base[:7] + [mutated(rng.choice(base), rng) for _ in range(40)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log = EmbeddedLog(home / "log.db")
        _embed(log, [mutated(base[-1], rng) for _ in range(20)])
        log.publish(JOURNAL, [Message(key="", value=value) for value in journal])
        state = State(home / "index" / "state.db")
        index = EventIndex(state)
        for at in range(0, len(journal), 10):
            index.apply(list(enumerate(journal))[at : at + 10])
        _hand_on(log, state, lambda: True)
        assert state.meta.position() == len(journal)
        assert set(state.assignments()) >= {
            make_story(f"n{i}").story_id for i in (2, 5)
        }
        ask_everything(home)
        again = _replayed(home, "again")
        assert again == (state.digest(), state.counts()["stories"])
        forget_everything(log, index, journal)
        log.close()
        assert _replayed(home, "empty") == (state.digest(), 0)
        state.close()


def _embed(log: EmbeddedLog, values: list[bytes]) -> None:
    """Do with topic `stories` what the embed worker does beside its model."""
    log.publish(STORIES, [Message(key="", value=value) for value in values])
    for taken in log.read(STORIES, 0, 0, 1_000):
        try:
            story = Story.decode(taken.value)
        except Quarantine as error:
            quarantine_record(log, "embed", taken, str(error))
        else:
            assert Story.decode(story.encode()) == story
            assert all(story_passages(story))


def ask_everything(home: Path) -> None:
    """Run every command that lists, explains, copies or checks; they find or do not."""
    state = State(home / "index" / "state.db")
    stories, events = state.assignments(), sorted(set(state.assignments().values()))
    state.close()
    for command in ("events", "stories", "corrections list", "quarantine list"):
        answered(home, *command.split())
        answered(home, *command.split(), "--json")
    for event in events:
        answered(home, "event", event)
        answered(home, "event", event, "--json")
        answered(home, "why", event)
    for story in stories:
        answered(home, "why", story)
        answered(home, "why", min(stories), story, "--json", codes=(0, 2))
    answered(home, "corrections", "export")
    answered(home, "status")
    answered(home, "status", "--json")
    answered(home, "events", "--since", "2020-01-01", "--min-outlets", "2")
    copy = str(Path(tempfile.mkdtemp(dir=home)) / "copy.db")
    answered(home, "backup", copy, codes=(0,))
    answered(home, "check", copy, codes=(0,))
    # The state is whole; frontier and log beside it need not be of the same stories.
    told = answered(home, "check", codes=(2,)).splitlines()
    assert [line for line in told if line.startswith(str(home / "index"))] == []
    assert any(line.startswith(str(home / "frontier.db")) for line in told)


def answered(home: Path, *command: str, codes: tuple[int, ...] = (0, 1)) -> str:
    """Run a command in this process; return what it printed."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = run([*command, "--state", str(home)])
    assert code in codes, (command, code, said.getvalue(), out.getvalue())
    out.getvalue().encode()
    return out.getvalue()


def forget_everything(
    log: EmbeddedLog, index: EventIndex, journal: list[bytes]
) -> None:
    """Let the index forget each story that it holds."""
    held = list(index.state.assignments())
    one = Forget(forget_id="f-all", story_ids=tuple(held), who="Ada", at=NOW).encode()
    log.publish(JOURNAL, [Message(key="f-all", value=one)])
    index.apply([(len(journal), one)])
    assert index.state.forgotten.removed_by("f-all") == len(held)
    assert index.state.assignments() == {}


def _replayed(home: Path, name: str) -> tuple[str, int]:
    """Rebuild the state from the log; return its digest, and how many stories it has."""
    said = answered(home, "replay", "--into", str(home / name), "--json", codes=(0,))
    found = json.loads(said)
    return found["digest"], found["stories"]
