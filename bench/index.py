"""Decisions a second with many stories in the window; one core, embedding excluded.

    OMP_NUM_THREADS=1 python -m bench.index LABELLED.jsonl.gz... --state DIR

Takes the stories of all files in turns, as if they had come within six days, groups
the first --before without measuring, then --measure in batches of 256, as the worker
makes them, and as many one by one, each with its commit. Vectors are kept in DIR/eval,
where `samestory eval --state DIR` keeps them too.
"""

import argparse
import itertools
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from deploy.embedded import embedded
from deploy.labelled import read_labelled
from embed.encoder import SentenceTransformerEncoder
from index.events import EventIndex
from index.state import State

BATCH = 256
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=6)


def records(files: list[str], folder: Path, wanted: int) -> list[bytes]:
    """Return journal records of stories of all files in turns."""
    encoder = SentenceTransformerEncoder("packaged", threads=1)
    streams = [
        embedded([row.story for row in read_labelled(file)], encoder, folder)
        for file in files
    ]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*streams))
    found = list(itertools.islice((one for one in turns if one), wanted))
    if len(found) < wanted:
        raise SystemExit(f"{len(found)} stories, {wanted} are needed: name more files")
    result = []
    for n, one in enumerate(found):
        at = BEGIN + SPAN * (n / wanted)
        story = replace(one.story, published=at, first_seen=at, observed=at)
        result.append(replace(one, story=story).encode())
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--before", type=int, default=10_000)
    parser.add_argument("--measure", type=int, default=1_024)
    parser.add_argument("--state", type=Path, default=Path(".run/ev"))
    args = parser.parse_args()
    wanted = args.before + 2 * args.measure
    journal = list(enumerate(records(args.files, args.state / "eval", wanted)))
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state.db")
        index = EventIndex(state)
        for at in range(0, args.before, BATCH):
            index.apply(journal[at : min(at + BATCH, args.before)])
        middle = args.before + args.measure
        begin = time.perf_counter()
        for at in range(args.before, middle, BATCH):
            index.apply(journal[at : min(at + BATCH, middle)])
        rate = args.measure / (time.perf_counter() - begin)
        taken = []
        for one in journal[middle:]:
            begin = time.perf_counter()
            index.apply([one])
            taken.append(time.perf_counter() - begin)
        events = state.counts()["events"]
        state.close()
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1_000
    print(
        f"{args.before} stories in the window: {rate:.0f} decisions a second in"
        f" batches; one by one p50 {p50:.2f} ms, p99 {p99:.2f} ms; {events} events"
    )


if __name__ == "__main__":
    main()
