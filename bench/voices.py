"""Who copied whom: stories a second, its share of the index's time, size of its tables.

    OMP_NUM_THREADS=1 python -m bench.voices FILE.jsonl.gz [--stories 100000] [--json]

One core. A window of so many stories is made of the labelled file's texts, each time
with other words of three letters and more; one of five is a copy of one of the last
2,000, cut to 70 to 100 percent below a paragraph of its own. Timed are the
last 5,000: all that `CopyTracker.place` does, beside writing the story's own row.
Then the file's own stories are grouped by the index, to tell the tracker's share.
"""

import argparse
import itertools
import json
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.index import BATCH, BEGIN, DIM, SPAN, row
from samestory.deploy.labelled import read_labelled
from samestory.deploy.vector_cache import embedded
from samestory.embed.encoder import EncoderSpec
from samestory.embed.opening import open_encoder
from samestory.index.decision.join_record import JoinRecord
from samestory.index.grouping.copy_tracker import CopyTracker
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from samestory.story import Story, story_id_from
from samestory.story_vector import StoryVector

TIMED = 5_000
COPIES = 0.21  # of a busy day's stories, as measured on real ones
RECENT = 2_000
LETTERS = "qwxzjkvbph"
_LONG = re.compile(r"\w{3,}")


def stories(known: list[Story], number: int) -> Iterator[Story]:
    """Yield stories of six days."""
    rng, recent = random.Random(1), []
    for n in range(number):
        turn, at = divmod(n, len(known))
        one = known[at]
        # Letters: with figures in them all lines would be a table's rows.
        ending = "".join(LETTERS[int(digit)] for digit in str(turn))
        text = _LONG.sub(lambda word, ending=ending: f"{word[0]}{ending}", one.text)
        if recent and rng.random() < COPIES:
            lines = rng.choice(recent).split("\n")
            kept = lines[: max(1, round(len(lines) * rng.uniform(0.7, 1.0)))]
            text = "\n".join([text[:300], *kept])
        recent = [*recent[1 - RECENT :], text]
        when = BEGIN + SPAN * (n / number)
        yield replace(
            one,
            story_id=story_id_from(f"{one.story_id} {turn}"),
            text=text,
            outlet=f"{rng.randrange(2_000)}.example",
            published=when,
            first_seen=when + timedelta(minutes=9),
            observed=when + timedelta(minutes=9),
        )


def alone(known: list[Story], number: int, folder: Path) -> Iterator[dict]:
    """The tracker by itself, and the size of what it keeps."""
    state = State(folder / "alone.db")
    tracker, record = CopyTracker(state), JoinRecord()
    rng = np.random.default_rng(1)
    took = put = 0.0
    made = enumerate(stories(known, number))
    for batch in iter(lambda: list(itertools.islice(made, BATCH)), []):
        with state.transaction():
            for seq, story in batch:
                rows = rng.standard_normal((2, DIM), np.float32)
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
                vector = StoryVector(
                    story=story, vectors=rows.astype(np.float16), space_id="v-b"
                )
                begin = time.process_time()
                state.put(vector, seq, f"e-{seq}", record, 0.0, [], seen=0.0)
                middle = time.process_time()
                tracker.place(seq, story)
                if seq >= number - TIMED:
                    put += middle - begin
                    took += time.process_time() - middle
    timed = min(TIMED, number)
    yield row(f"voices, {number} in the window", timed / took, "1/s", least=400)
    yield row("the story's own row", timed / put, "1/s")
    state.close()
    db = sqlite3.connect(folder / "alone.db")
    sizes = dict(db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    ours = ("texts", "prints", "lines", "pairs", "pairs_b", "copies", "copies_source")
    mine = sum(sizes[name] for name in ours)
    # A day's file of vectors stands beside the state.
    whole = sum(sizes.values()) - mine + number * DIM * 2
    yield row("added to the state's size", mine / whole, "", most=0.15)
    db.close()


def share(known: list[Story], folder: Path, kept: Path) -> Iterator[dict]:
    """Its share of the index's time."""
    encoder = open_encoder(EncoderSpec(cache=Path(".run/cache/models")))
    vectors = embedded(known, encoder, kept)
    index = EventIndex(State(folder / "whole.db"))
    took = 0.0
    place = CopyTracker.place

    def timed(self, *args):
        nonlocal took
        begin = time.process_time()
        found = place(self, *args)
        took += time.process_time() - begin
        return found

    CopyTracker.place = timed
    journal = list(enumerate(one.encode() for one in vectors))
    begin = time.process_time()
    for at in range(0, len(journal), BATCH):
        index.apply(journal[at : at + BATCH])
    whole = time.process_time() - begin
    CopyTracker.place = place
    yield row("share of the index's time", took / whole, "", most=0.4)
    yield row("the index with it", len(journal) / whole, "1/s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    known = [one.story for one in read_labelled(args.file)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in itertools.chain(
            alone(known, args.stories, folder),  # first: as a worker begins
            share(known, folder, Path(".run/ev/eval")),
        ):
            line = json.dumps(one) if args.json else "  ".join(map(str, one.values()))
            print(line, flush=True)


if __name__ == "__main__":
    main()
