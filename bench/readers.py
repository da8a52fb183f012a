"""What questions of a large state cost, as a user asks them: seconds and memory.

    python -m bench.readers --folder DIR [--stories 120000] [--json]

Makes a state of invented stories of about 480 words over the last seven days, in events
of one to eight reports by 300 outlets, a twentieth of them hearsay; then asks by the
command line, each question three times, and tells the least of them. DIR is made, and
left for another run.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from samestory.index.decision.join_record import JoinRecord
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from samestory.story import Story, story_id_from
from samestory.story_vector import StoryVector

DIM = 384
SPAN = timedelta(days=7)
SIZES = (1, 1, 1, 2, 3, 5, 8)
MEASURE = """
import resource, subprocess, sys, time
begin = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
"""


def made(path: Path, number: int) -> None:
    """Write a state of so many stories."""
    rng, lots = np.random.default_rng(1), random.Random(1)
    words = [f"word{n}" for n in range(4_000)]
    texts = [" ".join(lots.choices(words, k=480)) for _ in range(50)]
    begin = datetime.now(UTC) - SPAN
    state, event, left = State(path), "", 0
    for done in range(0, number, 4_000):
        with state.transaction():
            for seq in range(done + 1, min(done + 4_000, number) + 1):
                at = begin + SPAN * (seq / number)
                rows = rng.standard_normal((2, DIM), np.float32)
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
                story = Story(
                    story_id=story_id_from(f"n{seq}"),
                    url=f"https://example.org/{seq}",
                    outlet=f"outlet{lots.randrange(300)}.example",
                    title=f"Talks {seq} in town {seq % 77}",
                    text=lots.choice(texts),
                    lang="en",
                    published=at,
                    published_raw=at.isoformat(),
                    date_quality="exact",
                    first_seen=at,
                    observed=at,
                    text_from="page",
                    hearsay_of="BBC" if seq % 20 == 0 else "",
                )
                is_first = not left
                if is_first:
                    event, left = "e-" + story.story_id[2:], lots.choice(SIZES)
                left -= 1
                found = StoryVector(
                    story=story, vectors=rows.astype(np.float16), space_id="v-b"
                )
                state.put(found, seq, event, JoinRecord(), 0.0, [], seen=at.timestamp())
                if is_first:
                    state.revisions.revise(event, "created")
            state.meta.set_space("v-b", DIM)
    state.clear_outbox([one.number for one in state.revisions.outbox()])
    state.close()


def cost(home: Path, *command: str) -> dict:
    """Return the least of three: seconds, CPU seconds, MB."""
    program = [sys.executable, "-P", "-m", "samestory.deploy.cli"]
    runs = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *program, *command, "--state", home],
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append([float(one) for one in done.stdout.split()])
    wall, cpu, memory = (min(column) for column in zip(*runs, strict=True))
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "mb": round(memory)}


def main() -> None:
    """Make the state if it is not there, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the state is, or is made")
    parser.add_argument("--stories", type=int, default=120_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    home = args.folder or Path(tempfile.mkdtemp())
    path = home / "index" / "state.db"
    if not path.exists():
        made(path, args.stories)
    with Reader(path) as reader:
        (event,) = reader.events(Query(limit=1))
        ids = event.event_id, event.first.story_id
        begin = time.process_time()
        reader.counts()
        reader.count_events(Query(min_outlets=2))
        last_line = round(time.process_time() - begin, 2)
    rows = [{"question": "the last line of run", "cpu_s": last_line}]
    commands = (
        ("events", "--since", "1h", "--json"),
        ("events", "--since", "1h"),
        ("events", "--limit", "20", "--json"),
        ("stories", "--limit", "20", "--json"),
        ("event", ids[0], "--json"),
        ("why", ids[0], "--json"),
        ("near", "--story", ids[1], "--json"),
        ("events", "--json"),
    )
    rows += [
        {"question": " ".join(command)} | cost(home, *command) for command in commands
    ]
    for row in rows:
        print(json.dumps(row) if args.json else "  ".join(map(str, row.values())))


if __name__ == "__main__":
    main()
