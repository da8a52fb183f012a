"""The long form of the fault tests: `make campaign`; what it printed is kept in docs/.

    python tests/campaign.py [--backend embedded|kafka] [--kills 50] [--soak MINUTES]
        [--index-kills 200] [--replayed 100000 [--labelled FILE.jsonl.gz]]
        [--embedded 100000 [--plot FILE.svg]] [--fuzz MINUTES]

For each backend: each worker is killed --kills times at random moments in a flow of
stories; then a soak of --soak minutes in which random workers are killed every few
seconds, and on Kafka the broker is killed every two minutes and once frozen for one.

Then the index alone: killed --index-kills times on a journal that has everything in it
(`tests/killed_index.py`); and --replayed stories, those of the labelled file (else of
the sample newsroom) again and again a month later, grouped twice, with other batches
and restarts: one digest. Then the embed worker alone, over --embedded stories: its
memory must stay flat. Last, each parser, and messages on their way through everything,
are fuzzed for --fuzz minutes (tests/fuzz.py).
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.index import records
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.worker import NAMES
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.embed_soak import GROWTH, growth, plot, soaked
from tests.endless_stream import drain, flowing, kill_often, outcome, wait_until
from tests.fuzz_targets import TARGETS
from tests.killed_index import killed_often

SEED = 20261125
RATE = 3.0  # stories a second
UPTO_S = {"ingest": 4.0, "embed": 6.0, "index": 4.0}  # embed takes 2 s to start
DRAIN_S = 600.0


def main() -> int:
    """Run what was asked for; 1 if a story is missing or twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=("embedded", "kafka"), action="append")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--soak", type=float, default=20.0, metavar="MINUTES")
    parser.add_argument("--index-kills", type=int, default=200)
    parser.add_argument("--replayed", type=int, default=100_000, metavar="STORIES")
    parser.add_argument("--labelled", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--embedded", type=int, default=100_000, metavar="STORIES")
    parser.add_argument("--fuzz", type=float, default=10.0, metavar="MINUTES")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    args = parser.parse_args()
    failed = index_killed(args.index_kills) if args.index_kills else False
    if args.replayed:
        failed |= not replayed_twice(args.labelled, args.replayed)
    if args.embedded:
        failed |= not embedded_flat(args.embedded, args.plot)
    for backend in args.backend or ("embedded", "kafka"):
        for name in NAMES if args.kills else ():
            title = f"{backend}: {name} killed {args.kills} times"
            failed |= not campaign(backend, title, kills=(name, args.kills))
        if args.soak:
            title = f"{backend}: soak of {args.soak:g} minutes"
            failed |= not campaign(backend, title, soak_s=60 * args.soak)
    for name in TARGETS if args.fuzz else ():
        command = [sys.executable, "-m", "tests.fuzz", "--only", name]
        minutes = ["--minutes", str(args.fuzz)]
        failed |= subprocess.run([*command, *minutes], check=False).returncode != 0
    return int(failed)


def index_killed(kills: int) -> bool:
    """Kill an index so often; return whether it ended as it must not."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        try:
            found = killed_often(Path(name), 100 * kills, kills, SEED, upto_s=2.2)
        except AssertionError:
            traceback.print_exc()
            return True
    found |= {"minutes": round((time.monotonic() - begin) / 60, 1)}
    print(f"index killed {kills} times\n    {json.dumps(found)}", flush=True)
    return bool(found["tracebacks"])


def embedded_flat(number: int, picture: Path | None) -> bool:
    """Embed many stories in one worker; tell whether its memory stayed flat."""
    with tempfile.TemporaryDirectory() as folder:
        found, length = soaked(Path(folder), number)
    seconds, _, megabytes = found[-1]
    told = {
        "stories": number,
        "in the journal": length,
        "minutes": round(seconds / 60, 1),
        "MB at the end": round(megabytes),
        "MB at most": round(max(mb for _, _, mb in found)),
        "end over third tenth": round(growth(found), 3),
    }
    print(f"embed: memory over {number} stories\n    {json.dumps(told)}", flush=True)
    if picture:
        title = f"embed worker and its model processes, {number:,} stories: resident"
        picture.write_text(plot(found, title))
    return length == number and growth(found) <= GROWTH


def replayed_twice(files: list[str], number: int) -> bool:
    """Group the same stories twice, differently; return whether they agree."""
    begin = time.monotonic()
    journal = records(files, Path(".run/ev/eval"), number)
    with (
        tempfile.TemporaryDirectory() as name,
        ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool,
    ):
        path = Path(name) / "journal"
        path.write_bytes(b"\n".join(journal))
        work = [
            (path, Path(name) / side, side == "rough") for side in ("calm", "rough")
        ]
        calm, rough = pool.map(grouped, work)
    found = {
        "stories": number,
        "digests": [calm["digest"][:16], rough["digest"][:16]],
        "events": calm["events"],
        "batches": [calm["batches"], rough["batches"]],
        "restarts": rough["restarts"],
        "minutes": round((time.monotonic() - begin) / 60, 1),
    }
    print(f"replayed twice\n    {json.dumps(found)}", flush=True)
    return calm["digest"] == rough["digest"]


def grouped(work: tuple[Path, Path, bool]) -> dict[str, Any]:
    """Group a journal in batches of 256, or of any size with restarts."""
    path, folder, is_rough = work
    journal = list(enumerate(path.read_bytes().split(b"\n")))
    rng, keep_s = random.Random(SEED), 45 * 86_400.0
    index = EventIndex(State(folder / "state.db"), keep_s=keep_s)
    at = batches = restarts = 0
    while at < len(journal):
        size = rng.randint(1, 500) if is_rough else 256
        index.apply(journal[at : at + size])
        waiting = index.state.revisions.outbox()
        index.state.clear_outbox([one.number for one in waiting])
        at, batches = at + size, batches + 1
        if is_rough and rng.random() < 0.1:
            restarts += 1
            index.state.close()
            index = EventIndex(State(folder / "state.db"), keep_s=keep_s)
    return index.state.counts() | {
        "digest": index.state.digest(),
        "batches": batches,
        "restarts": restarts,
    }


def campaign(backend: str, title: str, *, kills=None, soak_s: float = 0.0) -> bool:
    """Run one flow to its end and print what became of it."""
    rng = random.Random(SEED)
    begin = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = environment = None
        if backend == "kafka":
            from tests.broker import Broker

            node = Broker(folder / "node").start()
            stack.callback(node.stop, signal.SIGKILL)
            environment = {"SAMESTORY_BROKERS": node.bootstrap}
        state = folder / "state"
        feed, pipeline = stack.enter_context(flowing(state, RATE, environment or {}))
        wait_until(pipeline.indexed, 60, pipeline.tend)
        if kills:
            kill_often(pipeline, *kills, rng, UPTO_S[kills[0]])
        else:
            soak(pipeline, node, soak_s, rng)
        drained_s = drain(feed, pipeline, DRAIN_S)
        log = open_log(node, state)
        found = outcome(feed, pipeline, log)
        log.close()
        if found["missing"] or found["tracebacks"]:
            print(pipeline.said()[-6_000:], file=sys.stderr)
    found |= {
        "drained in s": round(drained_s, 1),
        "minutes": round((time.monotonic() - begin) / 60, 1),
    }
    print(f"{title}\n    {json.dumps(found)}", flush=True)
    return not (found["missing"] or found["twice"] or found["foreign"])


def open_log(node, state):
    """Return the log of the flow."""
    if node is None:
        return EmbeddedLog(state / "log.db")
    from samestory.deploy.stream.kafka import KafkaLog
    from samestory.deploy.stream.kafka_address import KafkaAddress

    return KafkaLog(KafkaAddress(brokers=node.bootstrap))


def soak(pipeline, node, seconds: float, rng: random.Random) -> None:
    """Kill a random worker every few seconds; on Kafka kill and freeze the broker."""
    end = time.monotonic() + seconds
    broker_at, frozen = time.monotonic() + 120, False
    while time.monotonic() < end:
        moment = time.monotonic() + rng.uniform(3, 20)
        wait_until(lambda at=moment: time.monotonic() > at, 30, pipeline.tend)
        pipeline.kill(rng.choice(NAMES))
        if node and time.monotonic() > broker_at:
            broker_at = time.monotonic() + 120
            if frozen:
                node.stop(signal.SIGKILL)
                node.start()
                pipeline.kills["broker"] += 1
            else:
                freeze(node, pipeline)
                frozen = True


def freeze(node, pipeline) -> None:
    """Stop the broker for a minute, without killing it."""
    os.kill(node.process.pid, signal.SIGSTOP)
    end = time.monotonic() + 60
    wait_until(lambda: time.monotonic() > end, 70, pipeline.tend)
    os.kill(node.process.pid, signal.SIGCONT)
    pipeline.kills["broker frozen"] += 1


if __name__ == "__main__":
    sys.exit(main())
