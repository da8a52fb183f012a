"""A stream of stories that does not end, and workers that are killed in it.

The feed grows while it is read; the three workers are processes that anybody may kill.
In the end every story that the feed ever told must be in the index, once.
"""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.stream.log import Log
from samestory.deploy.worker import NAMES
from samestory.story import story_id_from
from samestory.story_keys import url_key
from tests.conftest import serve

START = datetime(2026, 3, 1, tzinfo=UTC)
IN_FEED = 300  # the latest entries; a reader that is away for longer would miss some


class LivingFeed:
    """A feed with `rate` new stories a second, until it is frozen; real texts."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._begin = time.monotonic()
        self._end: float | None = None
        self._lock = threading.Lock()
        self._told = 0
        self.base = ""

    def freeze(self) -> None:
        """Tell nothing new any more."""
        self._end = time.monotonic()

    def answer(self, path: str, _: object) -> tuple[int, dict[str, str], bytes]:
        """Answer a request for the feed or for a story's page."""
        if path == "/feed":
            return 200, {"Content-Type": "application/rss+xml"}, self._feed()
        if path.startswith("/story/"):
            return 200, {"Content-Type": "text/html"}, self._page(int(path[7:]))
        return 404, {}, b""

    def _feed(self) -> bytes:
        now = self._end or time.monotonic()
        with self._lock:
            self._told = max(self._told, int((now - self._begin) * self._rate))
            told = self._told
        rows = "".join(
            f"<item><title>{self._title(n)}</title><link>{self.base}/story/{n}</link>"
            f"<pubDate>{format_datetime(START + timedelta(minutes=n))}</pubDate></item>"
            for n in range(max(0, told - IN_FEED), told)
        )
        return f"<rss version='2.0'><channel>{rows}</channel></rss>".encode()

    def _title(self, number: int) -> str:
        reports = load_reports()
        return escape(f"{reports[number % len(reports)].title} ({number})")

    def _page(self, number: int) -> bytes:
        reports = load_reports()
        text = "".join(
            f"<p>{escape(p)}</p>" for p in reports[number % len(reports)].paragraphs
        )
        return (
            f"<html><body><article><h1>{self._title(number)}</h1>{text}"
            f"<p>Filed as number {number}.</p></article></body></html>"
        ).encode()

    def ids(self) -> set[str]:
        """Return the ids of all stories that the feed ever told."""
        return {
            story_id_from(url_key(f"{self.base}/story/{n}")) for n in range(self._told)
        }


class Pipeline:
    """The three workers on one state, each a process."""

    def __init__(self, state: Path, feed: str, environment: dict[str, str]) -> None:
        self.state = state
        self.state.mkdir(parents=True, exist_ok=True)
        self._feed = feed
        self._environment = os.environ | {"HF_HUB_OFFLINE": "1"} | environment
        self._log = (state / "workers.log").open("ab")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()
        self.ends: list[tuple[str, int]] = []  # that nobody asked for
        self.memory: dict[str, float] = {}

    def start(self, name: str) -> None:
        """Start a worker, as a deployment would."""
        options = ["--feed", self._feed] if name == "ingest" else []
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", "samestory.deploy.cli", name, *options],
            env=self._environment | {"SAMESTORY_STATE": str(self.state)},
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
        )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Kill a worker and start it again."""
        process = self._processes[name]
        process.send_signal(number)
        process.wait()
        self.kills[name] += 1
        self.start(name)

    def ask_to_leave(self, name: str, within_s: float) -> int:
        """SIGTERM; start it again and return its exit code, which must come in time."""
        self._processes[name].terminate()
        code = self._processes[name].wait(within_s)
        self.start(name)
        return code

    def tend(self) -> None:
        """Start again what ended by itself, and remember it; look at the memory."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                self.ends.append((name, process.returncode))
                self.start(name)
                continue
            pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
            megabytes = int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
            self.memory[name] = max(self.memory.get(name, 0.0), megabytes)

    def stop(self) -> dict[str, int]:
        """Stop all; return their exit codes."""
        for process in self._processes.values():
            process.terminate()
        codes = {name: p.wait(90) for name, p in self._processes.items()}
        self._log.close()
        return codes

    def indexed(self) -> list[str]:
        """Return the ids of the stories in the index, as often as they are there."""
        path = self.state / "index" / "state.db"
        if not path.exists():
            return []
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            return [row[0] for row in db.execute("SELECT story_id FROM stories")]
        except sqlite3.OperationalError:  # it is being made
            return []
        finally:
            db.close()

    def said(self) -> str:
        """Return what the workers logged."""
        return (self.state / "workers.log").read_text("utf-8", "replace")


@contextmanager
def flowing(
    state: Path, rate: float, environment: dict[str, str]
) -> Iterator[tuple[LivingFeed, Pipeline]]:
    """Serve a living feed, with all workers on it."""
    feed = LivingFeed(rate)
    with serve(feed.answer) as base:
        feed.base = base
        pipeline = Pipeline(
            state,
            f"{base}/feed",
            {
                "SAMESTORY_ALLOW_NETWORK": "127.0.0.0/8",
                "SAMESTORY_HOST_SPACING": "0",
                "SAMESTORY_POLL_INTERVAL": "1",
                "SAMESTORY_POLL_INTERVAL_MAX": "1",
            }
            | environment,
        )
        for name in NAMES:
            pipeline.start(name)
        try:
            yield feed, pipeline
        finally:
            pipeline.stop()


def wait_until(condition, timeout_s: float, meanwhile=lambda: None) -> bool:
    """Wait for it; return whether it came."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        meanwhile()
        threading.Event().wait(0.1)
    return True


def drain(feed: LivingFeed, pipeline: Pipeline, timeout_s: float) -> float:
    """Freeze the feed, wait until all of it is indexed; return the seconds it took."""
    feed.freeze()
    begin = time.monotonic()
    # One more poll, so that the reader has seen the last entries too.
    wait_until(lambda: time.monotonic() > begin + 3, 5)
    wait_until(lambda: feed.ids() <= set(pipeline.indexed()), timeout_s, pipeline.tend)
    return time.monotonic() - begin


def outcome(feed: LivingFeed, pipeline: Pipeline, log: Log) -> dict[str, object]:
    """Return what became of the stories."""
    found, expected = Counter(pipeline.indexed()), feed.ids()
    return {
        "stories": len(expected),
        "missing": len(expected - set(found)),
        "twice": sum(1 for n in found.values() if n > 1),
        "foreign": len(set(found) - expected),
        "came again": log.count("journal") - len(found),
        "quarantined": log.count("quarantine"),
        "kills": dict(pipeline.kills),
        "ended by themselves": pipeline.ends,
        "tracebacks": len(tracebacks(pipeline.said())),
        "largest MB": {name: round(mb) for name, mb in pipeline.memory.items()},
    }


def tracebacks(said: str) -> list[str]:
    """Return what failed, each as Python told it.

    Not of a child whose worker was killed before it had told the child what to do: the
    child's own start-up (multiprocessing.spawn) ends with this and none of our code ran.
    """
    told = re.findall(r"^Traceback.*\n(?:  .*\n)*.*", said, re.MULTILINE)
    return [
        one
        for one in told
        if not ("in spawn_main" in one and one.endswith("EOFError: Ran out of input"))
    ]


def kill_often(
    pipeline: Pipeline, name: str, times: int, rng: random.Random, upto_s: float
) -> None:
    """Kill a worker at random moments, each within upto_s of its start."""
    for _ in range(times):
        moment = time.monotonic() + rng.uniform(0.1, upto_s)
        wait_until(lambda at=moment: time.monotonic() > at, upto_s + 1, pipeline.tend)
        pipeline.kill(name)
