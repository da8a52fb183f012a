"""How soon a command answers, against importing sentence_transformers: median of ten.

    python -m bench.start --state DIR [--json]

The state must hold stories, e.g. of `samestory run --until-idle` on any feeds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.index import row
from samestory.index.store.query import MOST_VOICES, Query
from samestory.index.store.reader import Reader

ROUNDS = 10
PROGRAM = Path(sys.executable).with_name("samestory")


def seconds(command: list[str]) -> float:
    """Return how long a command takes, in the median, after one that is not counted."""
    took = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        took.append(time.perf_counter() - begin)
    return statistics.median(took[1:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", required=True)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    state = Reader(Path(args.state) / "index" / "state.db")
    (event,) = state.events(Query(order=MOST_VOICES, limit=1))
    first, second = (one.story_id for one in event.reports[:2])
    state.close()
    whole = seconds([sys.executable, "-c", "import sentence_transformers"])
    for name, command, least in (
        ("--version", ["--version"], 40),
        ("--help", ["--help"], 20),
        ("events -h", ["events", "-h"], 20),
        ("events", ["events"], 16),
        ("event", ["event", event.event_id], 16),
        ("why", ["why", first, second], 16),
        ("near --story", ["near", "--story", first], 16),
        ("status", ["status"], 16),
        ("near TEXT", ["near", event.title], 6),
    ):
        given = command if command[0][0] == "-" else [*command, "--state", args.state]
        one = row(name, whole / seconds([str(PROGRAM), *given]), "times", least=least)
        print(json.dumps(one) if args.json else "  ".join(map(str, one.values())))


if __name__ == "__main__":
    main()
