"""The index's speed and size beside the naive way, all in one run; one core.

    OMP_NUM_THREADS=1 python -m bench.index [FILE.jsonl.gz...] [--quick] [--json]
        [--state DIR] [--folder DIR]

Searches, adds, opening and memory: invented stories of six days, 384 dimensions, as
many as the row says (a tenth with --quick). Interleaved rounds, medians. Decisions:
the labelled stories of the files in turns, as if they had come within six days; without
files those of the sample newsroom, again and again a month later. They are grouped as
`samestory eval` does it, in batches of 256, then one by one; and as `replay` does it,
out of a log. Vectors are kept in DIR/eval, where `eval --state DIR` keeps them too.
States are made in --folder: name a real disk, not a tmpfs.
"""

import argparse
import itertools
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import faiss
import numpy as np

from samestory.days import DAY_S
from samestory.deploy.config import load_settings
from samestory.deploy.labelled import read_labelled
from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, Message
from samestory.deploy.vector_cache import embedded
from samestory.embed.encoder import EncoderSpec
from samestory.embed.opening import open_encoder
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.whole_vector import combine
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search.neighbours import Neighbours
from samestory.index.store.state import State
from samestory.story import Story, story_id_from
from samestory.story_vector import StoryVector

BATCH = 256
SEARCHED = 32
K = 21  # what a decision asks for
DIM = 384
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=6)
TEXT = "Envoys of two countries met for talks on the border. " * 60


def story(name: str, at: datetime) -> Story:
    """Return an invented report of about 500 words."""
    return Story(
        story_id=story_id_from(name),
        url=f"https://example.org/{name}",
        outlet="example.org",
        title=f"Talks {name}",
        text=TEXT,
        lang="en",
        published=at,
        published_raw=at.isoformat(),
        date_quality="exact",
        first_seen=at,
        observed=at,
        text_from="page",
    )


def invented(number: int) -> Iterator[StoryVector]:
    """Yield stories of six days with random vectors."""
    rng = np.random.default_rng(1)
    for n in range(number):
        rows = rng.standard_normal((2, DIM), np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        at = BEGIN + SPAN * (n / number)
        yield StoryVector(
            story=story(f"n{n}", at), vectors=rows.astype(np.float16), space_id="v-b"
        )


def units(number: int, seed: int) -> np.ndarray:
    """Return searched vectors, shape (number, DIM)."""
    rows = np.random.default_rng(seed).standard_normal((number, DIM), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return (np.rint(rows * 2048) / 2048).astype(np.float32)


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def row(name, value, unit, against=None, least=None, most=None):
    """Return a row; with `against` its ratio is what the goal is about."""
    ratio = None if against is None else value / against
    judged = value if ratio is None else ratio
    goal = f">= {least}" if least else f"<= {most}" if most else None
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "against": None if against is None else round(against, 3),
        "ratio": None if ratio is None else round(ratio, 2),
        "goal": goal,
        "met": None
        if goal is None
        else judged >= (least or 0)
        if least
        else judged <= most,
    }


def searches(number: int, rounds: int):
    """Batches of 32, exact, beside faiss as it comes."""
    rows = units(number, 2)
    times = np.linspace(0, SPAN.total_seconds(), number)
    index = Neighbours(DIM)
    ours_threshold = faiss.cvar.distance_compute_blas_threshold
    index.add(range(number), rows, times)
    flat = faiss.IndexFlatIP(DIM)
    flat.add(rows)
    found, default = [], []
    same = total = 0
    for turn in range(rounds):
        queries = units(SEARCHED, 100 + turn)
        faiss.cvar.distance_compute_blas_threshold = DEFAULT_BLAS
        default.append(seconds(lambda q=queries: flat.search(q, K)))
        faiss.cvar.distance_compute_blas_threshold = ours_threshold
        found.append(seconds(lambda q=queries: index.search_many(q, K)))
        expected = flat.search(queries, K)[1]
        for wanted, hits in zip(expected, index.search_many(queries, K), strict=True):
            same += len(set(wanted.tolist()) & {hit.seq for hit in hits})
            total += K
    rates = [SEARCHED / statistics.median(one) for one in (found, default)]
    yield row(f"searches in batches of 32, {number}", rates[0], "1/s", rates[1], 4.0)
    yield row("their recall", same / total, "", least=1.0)


DEFAULT_BLAS = faiss.cvar.distance_compute_blas_threshold


def single(path: Path, number: int, rounds: int):
    """One search with a time filter, beside a flat index of the same vectors."""
    state = State(path)
    placed = state.placed()
    index = Neighbours(DIM)
    state.vectors.load(index, placed.seqs, placed.times)
    parts = [index.of_day(day)[1] for day in index.days()]
    flat = faiss.IndexFlatIP(DIM)
    for part in parts:
        flat.add(part)
    begin = BEGIN.timestamp()
    ours, theirs = [], []
    for query in units(40 * rounds, 3):
        wanted = query[None, :]
        span = begin - DAY_S / 2, begin + 7 * DAY_S
        ours.append(seconds(lambda q=query, s=span: index.search(q, K, *s)))
        theirs.append(seconds(lambda q=wanted: flat.search(q, K)))
    p50, p99 = (1_000 * np.quantile(ours, q) for q in (0.5, 0.99))
    flat50 = 1_000 * np.quantile(theirs, 0.5)
    name = f"one search with time filter, {number}"
    yield row(f"{name}: p50", p50, "ms", flat50, most=1.3)
    yield row(f"{name}: p99 against its p50", p99, "ms", p50, most=1.5)
    state.close()


def adds(folder: Path, number: int, rounds: int):
    """Stories with metadata, durable, beside one commit a story and a flat index."""
    ours, theirs = [], []
    for turn in range(rounds):
        found = list(invented(number))
        path = folder / f"adds{turn}" / "state.db"
        ours.append(number / seconds(lambda p=path, f=found: add(p, f)))
        naive = folder / f"naive{turn}.db"
        few = found[: max(50, number // 10)]
        theirs.append(len(few) / seconds(lambda p=naive, f=few: add_naively(p, f)))
    values = [statistics.median(one) for one in (ours, theirs)]
    yield row("adds with metadata, durable", values[0], "1/s", values[1], 50.0)


def add(path: Path, found: list[StoryVector]) -> None:
    """Add to state, vectors and files, as the index does once it has decided."""
    state, index = State(path), Neighbours(DIM)
    for at in range(0, len(found), BATCH):
        part = found[at : at + BATCH]
        with state.transaction():
            for n, one in enumerate(part, at + 1):
                state.put(
                    one,
                    n,
                    f"e-{one.story.story_id[2:]}",
                    JoinRecord(),
                    0.0,
                    [n] * 12,
                    seen=0.0,
                )
        index.add(
            range(at + 1, at + 1 + len(part)),
            np.stack([combine(one.vectors) for one in part]),
            [one.story.event_time.timestamp() for one in part],
        )
        due = state.vectors.due(index)
        if due:
            state.vectors.write(index, due)
    state.close()


def add_naively(path: Path, found: list[StoryVector]) -> None:
    """One durable commit a story, and a flat index in memory."""
    db, flat = sqlite3.connect(path), faiss.IndexFlatIP(DIM)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE stories (id TEXT PRIMARY KEY, story TEXT, vector BLOB)")
    for one in found:
        vector = combine(one.vectors)
        with db:
            db.execute(
                "INSERT INTO stories VALUES (?,?,?)",
                (
                    one.story.story_id,
                    json.dumps(one.story.to_json()),
                    vector.tobytes(),
                ),
            )
        flat.add(vector[None, :])
    db.close()


_OPEN = """
import os, sys, time
from pathlib import Path
import numpy as np
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
model = PairModel.load()
def held():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
before, begin = held(), time.perf_counter()
index = EventIndex(State(Path(sys.argv[1])), model)
query = np.ones(384, np.float32) / np.sqrt(np.float32(384))
hits = index._memory().neighbours.search(query, 21)
took = time.perf_counter() - begin
assert len(hits) == 21
stories = len(index._memory().neighbours)
index._memory().views(range(1, min(stories, 16_384)))
print(took, (held() - before) / stories)
"""


def opened(path: Path, number: int, rounds: int):
    """From a restart to the first answer, and memory a story with every cache full."""
    found = [
        subprocess.run(
            [sys.executable, "-c", _OPEN, str(path)],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
        ).stdout.split()
        for _ in range(rounds)
    ]
    took, size = (
        statistics.median(map(float, one)) for one in zip(*found, strict=True)
    )
    yield row(f"open to the first answer, {number}", took, "s", most=1.0)
    yield row(f"resident memory a story, {number}", size / 1_000, "kB", most=2.5)


def made(path: Path, number: int) -> None:
    """Make a state of invented stories, without deciding about them."""
    add(path, list(invented(number)))
    state = State(path)
    with state.transaction():
        state.meta.set_space("v-b", DIM)
    state.close()


def records(files: list[str], folder: Path, wanted: int) -> list[bytes]:
    """Return journal records of labelled stories of all files in turns."""
    encoder = open_encoder(
        EncoderSpec(cache=Path(tempfile.gettempdir()) / "samestory-models")
    )
    stories = [[one.story for one in read_labelled(file)] for file in files]
    if not files:
        texts = [story(f"r{n}", BEGIN) for n in range(len(load_reports()))]
        stories = [
            [
                replace(one, title=report.title, text="\n".join(report.paragraphs))
                for one, report in zip(texts, load_reports(), strict=True)
            ]
        ]
    streams = [embedded(one, encoder, folder) for one in stories]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*streams))
    found = list(itertools.islice((one for one in turns if one), wanted))
    result = []
    for n in range(wanted):
        one, again = found[n % len(found)], n // len(found)
        at = BEGIN + timedelta(days=30 * again) + SPAN * (n % len(found) / len(found))
        known = replace(
            one.story,
            story_id=story_id_from(f"{one.story.story_id} {again}"),
            published=at,
            first_seen=at,
            observed=at,
        )
        result.append(replace(one, story=known).encode())
    return result


def decisions(args, folder: Path, before: int, measure: int):
    """Decisions a second as `eval` makes them, one by one, and as `replay` does."""
    wanted = before + 2 * measure
    journal = list(enumerate(records(args.files, args.state / "eval", wanted)))
    state = State(folder / "decisions" / "state.db")
    index = EventIndex(state)
    began = time.perf_counter()
    for at in range(0, before, BATCH):
        index.apply(journal[at : min(at + BATCH, before)])
    middle = before + measure
    begin = time.perf_counter()
    for at in range(before, middle, BATCH):
        index.apply(journal[at : min(at + BATCH, middle)])
    rate = measure / (time.perf_counter() - begin)
    evaluated = middle / (time.perf_counter() - began)
    taken = [seconds(lambda one=one: index.apply([one])) for one in journal[middle:]]
    state.close()
    yield row(f"decisions in batches, {before} in the window", rate, "1/s")
    p50, p99 = 1_000 * np.quantile(taken, [0.5, 0.99])
    yield row("a decision alone, with its commit: p50", p50, "ms")
    yield row("a decision alone, with its commit: p99", p99, "ms")
    home = folder / "replayed"
    log = EmbeddedLog(home / "log.db")
    values = [Message(key="", value=value) for _, value in journal[:middle]]
    for at in range(0, middle, BATCH):
        log.publish(JOURNAL, values[at : at + BATCH])
    log.close()
    replayed = middle / seconds(lambda: replay(home))
    yield row("replay, decisions", replayed, "1/s", evaluated, 0.7)


def replay(home: Path) -> None:
    """Replay a log as the command does."""
    from samestory.deploy.cli.replay import rebuilt

    settings = load_settings(file=None, overrides={"state": str(home)})
    rebuilt(home / "again" / "index" / "state.db", None, settings).close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--before", type=int)
    parser.add_argument("--state", type=Path, default=Path(".run/ev"))
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    rounds, part = (2, 10) if args.quick else (5, 1)
    before = args.before or (10_000 if args.files else 1_000) // (
        2 if args.quick else 1
    )
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder, large = Path(name), 300_000 // part
        path = folder / "large" / "state.db"
        made(path, large)
        for one in itertools.chain(
            searches(100_000 // part, rounds),
            single(path, large, rounds),
            opened(path, large, rounds),
            adds(folder, 10_000 // part, rounds),
            decisions(args, folder, before, 1_024 // part),
        ):
            line = json.dumps(one) if args.json else "  ".join(map(str, one.values()))
            print(line, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
