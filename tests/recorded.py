"""A recorded journal, and what was answered on it: the same today as then.

`data/recorded/journal.gz` has the records of topic `journal` as they stand in a log,
vectors included, a line each. `answers.json.gz` has what a replay of them answered.
`tests/pipeline/test_recorded.py` replays and compares; nothing is embedded for it.

    python -m tests.recorded --write      # the answers anew: say in the commit why
    python -m tests.recorded --journal    # both anew, by `recording` and the real model

Only what users see is asked: commands, topics, and one SQL query for what no command
tells of every story (`_joins`). Whole numbers, names and reasons must be the same.
Probabilities, features and contributions may differ by TOLERANCE: cosines and sums are
exact on every CPU (whole numbers, `index.neighbours`, `index.decision`), but the last
bit of an exp or log is not, and may turn the last digit of a contribution, 2**-30.
That no decision hangs on such a bit is measured when answers are written: with a bias
that is 1e-4 higher or lower nothing may become another but the numbers themselves.
"""

import argparse
import contextlib
import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from samestory.deploy.cli import run
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import EVENTS, JOURNAL, Log, Message, behind

FOLDER = Path(__file__).parent / "data" / "recorded"
JOURNAL_FILE = FOLDER / "journal.gz"
ANSWERS_FILE = FOLDER / "answers.json.gz"
DIGITS = 9  # of floats that are kept
TOLERANCE = 1e-8
MARGIN = 1e-4  # of the bias, within which no decision may be another
VARIANTS = {  # how many of the records, and the product's settings
    "kept for ever": (None, ""),
    "kept for 8 days": (300, "keep_days = 8\n"),
}
MOST_TOLD = 25  # differences in a message

Answers = dict[str, Any]


# the log


def read_journal() -> list[bytes]:
    """Return the recorded records."""
    return gzip.decompress(JOURNAL_FILE.read_bytes()).splitlines()


def read_answers() -> dict[str, Answers]:
    """Return by variant what was answered."""
    found: dict[str, Answers] = json.loads(gzip.decompress(ANSWERS_FILE.read_bytes()))
    return found


def open_log(home: Path) -> Log:
    """Return the embedded log of a state."""
    return EmbeddedLog(home / "log.db")


def publish(home: Path, topic: str, values: Sequence[bytes]) -> None:
    """Put records into a topic."""
    log = open_log(home)
    log.publish(topic, [Message(key="", value=value) for value in values])
    log.close()


def topic_of(home: Path, topic: str) -> list[bytes]:
    """Return all records of a topic."""
    log = open_log(home)
    found = [record.value for record in log.read(topic, 0, 0, 100_000)]
    log.close()
    return found


def work(home: Path, worker: str, topic: str, *options: str) -> None:
    """Let a worker run until it has read all of its topic."""
    log = open_log(home)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "samestory.deploy.cli",
            worker,
            "--state",
            home,
            *options,
        ],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stderr=subprocess.PIPE,
    )
    try:
        while process.poll() is None and behind(log, worker, topic):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
        log.close()
    assert process.returncode == 0, said.decode()[-3_000:]


# what is answered


def answers(
    journal: Sequence[bytes],
    folder: Path,
    settings: str = "",
    questions: Sequence[str] | None = None,
) -> Answers:
    """Replay a journal and ask.

    Args:
        journal: records.
        folder: an empty one, to work in.
        settings: of the product, as TOML.
        questions: for `why`, each an event or two stories; None to choose some.
    """
    home, config = folder / "home", folder / "settings.toml"
    home.mkdir()
    config.write_text(settings)
    options = ("--config", str(config))
    publish(home, JOURNAL, journal)
    into = ("replay", "--into", str(folder / "again"))
    (digest,) = _asked(home, *into, *options)
    # As after a crash: what waits in the state to be published is, by the worker.
    shutil.move(folder / "again" / "index", home / "index")
    work(home, "index", JOURNAL, *options)
    (held,) = _asked(home, "digest")
    assert held == digest
    told = [json.loads(value) for value in topic_of(home, EVENTS)]
    names = [f"{one['event_id']} #{one['revision']}" for one in told]
    joins = _joins(home / "index" / "state.db")
    events = _asked(home, "events")
    if questions is None:
        questions = _questions(events, joins)
    return _rounded(
        {
            "digest": digest,
            "stories": {
                one["story_id"]: [one["event_id"], one["version"]]
                for one in _asked(home, "stories")
            },
            "confirmed": _confirmed(told),
            "events": {one["event_id"]: _event(one) for one in events},
            "corrections": {
                one["id"]: {name: one[name] for name in ("status", "reason", "moved")}
                for one in _asked(home, "corrections", "list")
            },
            "refused": [
                [one["where"], one["reason"]]
                for one in _asked(home, "quarantine", "list")
            ],
            "joins": joins,
            "why": {one: _why(home, one) for one in questions},
            "revisions": dict(zip(names, told, strict=True)),
            "order of revisions": names,
        }
    )


def _asked(home: Path, *command: str) -> list[dict[str, Any]]:
    """Run a command in this process; return its lines of JSON."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = run([*command, "--json", "--state", str(home)])
    assert code == 0, f"{command}: {code} {said.getvalue()[-3_000:]}"
    return [json.loads(line) for line in out.getvalue().splitlines()]


def _why(home: Path, question: str) -> list[Any]:
    """Return what `why` answers, or that it can't: an event is not there any more."""
    try:
        return _asked(home, "why", *question.split())
    except AssertionError as error:
        return [str(error)]


def _confirmed(told: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return by event the stories that confirmed it, in order."""
    found: dict[str, list[str]] = {}
    for one in told:
        if one["reason"] == "confirmed":
            found.setdefault(one["event_id"], []).append(one["story"])
    return found


def _event(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"reports": [report["story_id"] for report in one["reports"]]}


def _joins(state: Path) -> dict[str, Any]:
    """Return the record of each join, and of those of former versions.

    No command tells the vetoes, nor all contributions, of every story.
    """
    db = sqlite3.connect(f"file:{state}?mode=ro", uri=True)
    now = db.execute("SELECT story_id, event_id, record FROM joins").fetchall()
    before = db.execute(
        "SELECT story_id || ' before ' || row_number()"
        " OVER (PARTITION BY story_id ORDER BY number), event_id, record FROM versions"
    ).fetchall()
    db.close()
    return {
        name: _join(json.loads(record)) | {"event": event_id}
        for name, event_id, record in sorted(now + before)
    }


def _join(record: dict[str, Any]) -> dict[str, Any]:
    """Return a join's record, with lists of what has a name by that name."""
    pairs = {name: _pairs(record.get(name, [])) for name in ("pairs", "merged")}
    vetoes = {v["story_id"]: [v["event_id"], v["reason"]] for v in record["vetoed"]}
    order = [pair["story_id"] for pair in record["pairs"]]
    return record | pairs | {"vetoed": vetoes, "order": order}


def _pairs(pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        pair["story_id"]: pair
        | {
            "features": {
                one["name"]: [one["value"], one["contribution"]]
                for one in pair["features"]
            }
        }
        for pair in pairs
    }


def _questions(events: Sequence[dict[str, Any]], joins: Mapping[str, Any]) -> list[str]:
    """Return what `why` is asked: events, and pairs that a veto keeps apart."""
    large = sorted(events, key=lambda e: (-len(e["reports"]), e["event_id"]))
    here = {story for one in events for story in _event(one)["reports"]}
    apart = [
        f"{story} {other}"
        for story, join in joins.items()
        for other, (event_id, _) in join["vetoed"].items()
        if {story, other} <= here and join["event"] != event_id
    ]
    return [one["event_id"] for one in large[:10]] + apart[::8][:10]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


# what differs


def differences(expected: Answers, found: Answers, tolerance: float = TOLERANCE) -> str:
    """Return what differs for a person, "" if nothing does.

    The parts come in the order of `answers`, the first first: where a story is in
    another event, all that follows is another too.
    """
    told = [
        line
        for part in expected
        for line in _differing(part, expected[part], found.get(part), tolerance)
    ]
    parts = Counter(line.partition(":")[0].partition(" / ")[0] for line in told)
    more = len(told) - MOST_TOLD
    return "\n".join(
        [
            *(", ".join(f"{n} in {part}" for part, n in parts.items()),) * bool(told),
            *told[:MOST_TOLD],
            *([f"... and {more} more"] if more > 0 else []),
        ]
    )


def _differing(path: str, expected: Any, found: Any, tolerance: float) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in expected | found:
            inner = f"{path} / {name}"
            if name not in found:
                yield f"{inner}: is missing, was {_short(expected[name])}"
            elif name not in expected:
                yield f"{inner}: is new, {_short(found[name])}"
            else:
                yield from _differing(inner, expected[name], found[name], tolerance)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path}: has {len(found)}, had {len(expected)}"
        for at, (one, other) in enumerate(zip(expected, found, strict=False)):
            lines = list(_differing(f"{path} / {at}", one, other, tolerance))
            yield from lines
            if lines:  # what follows is most often merely shifted
                return
    elif _is_number(expected) and _is_number(found):
        if abs(expected - found) > tolerance:
            yield f"{path}: is {found!r}, was {expected!r}"
    elif expected != found:
        yield f"{path}: is {_short(found)}, was {_short(expected)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 160 else f"{text[:150]} ..."


# recording


def record_journal() -> None:
    """Make the journal and write it."""
    from tests.recording import make_journal

    data = b"".join(line + b"\n" for line in make_journal())
    FOLDER.mkdir(exist_ok=True)
    JOURNAL_FILE.write_bytes(gzip.compress(data, 9, mtime=0))


def record_answers() -> None:
    """Ask all variants and write what they answer.

    Raises:
        SystemExit: a decision hangs on less than MARGIN.
    """
    journal = read_journal()
    found = {
        name: _anew(journal[:number], settings)
        for name, (number, settings) in VARIANTS.items()
    }
    for name, (number, settings) in VARIANTS.items():
        for shift in (MARGIN, -MARGIN):
            again = _shifted(journal[:number], settings, found[name]["why"], shift)
            said = differences(found[name], again, 0.01)
            if said:
                sys.exit(f"hangs on a bias {shift:+}, {name}: choose a SEED\n{said}")
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    ANSWERS_FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _anew(
    journal: Sequence[bytes], settings: str, questions: Sequence[str] | None = None
) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        return answers(journal, Path(folder), settings, questions)


def _shifted(
    journal: Sequence[bytes], settings: str, questions: Iterable[str], shift: float
) -> Answers:
    """Return the answers with another bias."""
    with tempfile.TemporaryDirectory() as folder:
        for file in files("samestory.index.decision").iterdir():
            if file.name in ("pair_model.json", "word_counts.txt.gz"):
                (Path(folder) / file.name).write_bytes(file.read_bytes())
        path = Path(folder) / "pair_model.json"
        model = json.loads(path.read_text())
        path.write_text(json.dumps(model | {"bias": model["bias"] + shift}))
        settings += f'pair_model = "{path}"\n'
        return _anew(journal, settings, list(questions))


def main() -> None:
    """Record."""
    os.environ["SAMESTORY_MODEL"] = "packaged"  # of the vectors in the journal
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="the answers anew")
    parser.add_argument("--journal", action="store_true", help="the journal, too")
    args = parser.parse_args()
    if args.journal:
        record_journal()
    if args.write or args.journal:
        record_answers()


if __name__ == "__main__":
    main()
