"""Polling, fetching and cleaning beside the naive loop and beside lemon24/reader.

    python -m bench.ingest FILE.jsonl.gz [--stories 600] [--rounds 5] [--quick] [--json]

(a) FILE holds articles, {"title", "text"} a line. They are served on loopback by 200
hosts, each a feed and three pages of 150 kB in the median, every answer after 100 ms.
The naive loop, one after the other: feedparser.parse(url), trafilatura.fetch_url and
trafilatura.extract; its libraries are loaded before its clock starts. Ours is
`samestory ingest`, on the clock from its start as a process until the last story is on
the log; it asks each host for robots.txt too. They take turns; CPU seconds are those of
all processes of each.
(b) 10,000 feeds on 1,000 hosts, each polled once an hour by one worker, all 304.
(c) `tests/simulated_day.py`: 50 feeds for 24 simulated hours, polled by us as the
cadence says, and by reader once an hour. reader is no dependency: pip install reader
sgmllib3k.
"""

import argparse
import gzip
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.pipeline import page
from samestory.database import connect
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.frontier.frontier import Frontier
from tests.conftest import open_client
from tests.poller_harness import Harness
from tests.publishers import Publishers, publishing
from tests.simulated_day import BEGIN as DAY
from tests.simulated_day import HOUR, Publisher, judge, publishers

HOSTS, A_FEED, DELAY_S = 200, 3, 0.1
FEEDS, FEED_HOSTS = 10_000, 1_000
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
TICKS = os.sysconf("SC_CLK_TCK")


def serve(file: str, number: int, ready: Any) -> None:
    """Serve feeds and pages until killed; a process of its own."""
    with gzip.open(file, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    found = {r["text"][:200]: r for r in rows if r.get("title") and r.get("text")}
    articles = list(found.values())[:number]
    rng = random.Random(7)
    pages = [page(r["title"], r["text"], rng) for r in articles]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(DELAY_S)
            host = self.request.getsockname()[0]
            body, kind = b"", "text/html"
            if self.path.startswith("/a/"):
                body = pages[int(self.path[3:])]
            elif self.path == "/feed":
                body, kind = feed(host, self.server.server_address[1]), "text/xml"
            elif self.path.startswith("/f/"):  # of the 10,000
                self.send_response(304)
                self.send_header("ETag", '"1"')
                self.end_headers()
                return
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    def feed(host: str, port: int) -> bytes:
        first = (int(host.rsplit(".", 1)[1]) - 1) * A_FEED
        items = "".join(
            f"<item><title>{escape(articles[n]['title'])}</title>"
            f"<link>http://{host}:{port}/a/{n}</link>"
            f"<pubDate>{format_datetime(BEGIN + timedelta(minutes=n))}</pubDate></item>"
            for n in range(first, min(first + A_FEED, len(pages)))
        )
        return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    hosts = -(-len(pages) // A_FEED)
    told = {
        "stories": len(pages),
        "hosts": hosts,
        "median bytes": statistics.median(len(one) for one in pages),
        "median words": statistics.median(len(r["text"].split()) for r in articles),
    }
    urls = [f"http://127.0.3.{n + 1}:{port}/feed" for n in range(hosts)]
    ready.send((urls, told))
    server.serve_forever()


def naive(feeds: list[str], answer: Any) -> None:
    """Run the naive loop and send (stories, seconds, CPU seconds)."""
    import feedparser
    import trafilatura
    from trafilatura.settings import use_config

    config = use_config()
    config.set("DEFAULT", "SSRF_PROTECTION", "off")  # it would refuse loopback
    trafilatura.extract("<html><body><p>warm</p></body></html>")
    begin, cpu, stories = time.perf_counter(), time.process_time(), 0
    for feed in feeds:
        for entry in feedparser.parse(feed).entries:
            found = trafilatura.fetch_url(entry.link, config=config)
            stories += bool(found and trafilatura.extract(found))
    answer.send((stories, time.perf_counter() - begin, time.process_time() - cpu))


def naively(feeds: list[str]) -> tuple[int, float, float]:
    """Return (stories, seconds, CPU seconds) of the naive loop."""
    near, far = get_context("spawn").Pipe()
    loop = get_context("spawn").Process(target=naive, args=(feeds, far))
    loop.start()
    found: tuple[int, float, float] = near.recv()
    loop.join()
    return found


def worker(state: str, *options: str) -> subprocess.Popen[bytes]:
    """Start `samestory ingest` on a state directory."""
    command = [sys.executable, "-m", "samestory.deploy.cli", "ingest", "--state", state]
    local = ["--allow-network", "127.0.0.0/8", "--host-spacing", "0"]
    return subprocess.Popen(
        [*command, *local, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ours(feeds: list[str], stories: int) -> tuple[int, float, float]:
    """Return (stories, seconds, CPU seconds) of one worker that reads them all."""
    with tempfile.TemporaryDirectory() as state:
        listed = Path(state) / "feeds.txt"
        listed.write_text("\n".join(feeds))
        begin = time.perf_counter()
        process = worker(state, "--feeds", str(listed))
        while published(Path(state) / "frontier.db") < stories:
            if process.poll() is not None:
                raise SystemExit(f"ingest ended with {process.returncode}")
            time.sleep(0.05)
        took, cpu = time.perf_counter() - begin, cpu_s(process.pid)
        process.terminate()
        process.wait()
        return stories, took, cpu


def published(path: Path) -> int:
    """Return how many stories a frontier has published; 0 if it is not there yet."""
    if not path.exists():
        return 0
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        counted = "SELECT count(*) FROM stories WHERE state = 'published'"
        return int(db.execute(counted).fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        db.close()


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        below = [int(one) for one in children.read_text().split()]
    except OSError:
        below = []
    return [pid, *(found for child in below for found in tree(child))]


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its children, also of those gone."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def memory_mb(pid: int) -> float:
    """Return the proportional memory of a process and its children."""
    total = 0
    for one in tree(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(rollup.split("Pss:")[1].split()[0])
    return total / 1_024


def scheduled(port: int, seconds: float) -> dict[str, float]:
    """Return what one worker takes that has 10,000 feeds and finds nothing new."""
    with tempfile.TemporaryDirectory() as state:
        frontier = Frontier(Path(state) / "frontier.db")
        hosts = [f"127.0.{4 + n // 250}.{n % 250 + 1}" for n in range(FEED_HOSTS)]
        places = [(hosts[n % FEED_HOSTS], port, n) for n in range(FEEDS)]
        urls = ["http://{}:{}/f/{}".format(*place) for place in places]
        frontier.feeds.add(FeedRef(url=url) for url in urls)
        frontier.close()
        now = time.time()
        with connect(Path(state) / "frontier.db") as db:  # as after a first poll
            db.executemany(
                "UPDATE feeds SET etag='\"1\"', validated_url=url, body_digest='x',"
                " read_at=?, polled_at=?, ok_at=?, interval_s=3600, due_at=?"
                " WHERE url=?",
                [
                    (now, now, now, now + n * 3_600 / FEEDS, url)
                    for n, url in enumerate(urls)
                ],
            )
        db.close()
        process = worker(state)
        time.sleep(15)
        begin, cpu = time.perf_counter(), cpu_s(process.pid)
        time.sleep(seconds)
        took, used = time.perf_counter() - begin, cpu_s(process.pid) - cpu
        mb = memory_mb(process.pid)
        process.terminate()
        process.wait()
        db = sqlite3.connect(Path(state) / "frontier.db")
        polls = db.execute("SELECT sum(polls), sum(failures) FROM feeds").fetchone()
        db.close()
        return {
            "core": used / took,
            "mb": mb,
            "polls a second": polls[0] / (took + 15),
            "failed": polls[1],
        }


def our_day(folder: Path) -> Any:
    """Return what publishers say of us after 24 hours of 50 feeds."""
    with publishing(DAY) as world, open_client() as client, Sandbox(2) as sandbox:
        made = opened(world)
        desk = Harness(folder / "f.db", client, sandbox, clock=lambda: world.now)
        desk.frontier.feeds.add(FeedRef(url=f"{one.base}/feed") for one in made)
        found: dict[str, float] = {}

        def is_over() -> bool:
            for story in desk.stories[len(found) :]:
                found[story.title] = world.now
            if desk.is_idle:
                world.now = max(world.now + 0.5, min(desk.next_due(), world.now + HOUR))
            return world.now >= DAY + 24 * HOUR

        desk.run(is_over, seconds=400)
        desk.frontier.close()
        return judge(world, made, found, 0.0)


def readers_day(folder: Path) -> Any:
    """Return what they say of reader with its own schedule, once an hour."""
    from reader import make_reader  # type: ignore[import-not-found]

    with publishing(DAY) as world:
        reader = make_reader(str(folder / "reader.db"))
        made = opened(world)
        for one in made:
            reader.add_feed(f"{one.base}/feed")
        found: dict[str, float] = {}
        reader._now = lambda: datetime.fromtimestamp(world.now, UTC)  # noqa: SLF001
        for turn in range(24 * 6):
            world.now = DAY + turn * HOUR / 6
            list(reader.update_feeds_iter(workers=4))
            for entry in reader.get_entries():
                found.setdefault(entry.title or "", world.now)
        reader.close()
        return judge(world, made, found, 0.0)


def opened(world: Publishers) -> list[Publisher]:
    """Return the 50 publishers, each at its address."""
    made = publishers()
    for one in made:
        one.base = world.add(one.site(world))
    return made


@contextmanager
def serving(file: str, stories: int) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield (URLs of feeds, what is served) of a server in a process of its own."""
    here, there = get_context("spawn").Pipe()
    server = get_context("spawn").Process(target=serve, args=(file, stories, there))
    server.start()
    try:
        yield here.recv()
    finally:
        server.kill()


def row(name: str, value: float, goal: str, *, met: bool, **more: Any) -> None:
    """Print a result."""
    found = {"name": name, "value": round(value, 2), **more, "goal": goal, "met": met}
    print(json.dumps(found), flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    parser.add_argument("--stories", type=int, default=HOSTS * A_FEED)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="60 stories, one round")
    parser.add_argument("--json", action="store_true", help="rows are JSON in any case")
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    number, rounds = (60, 1) if args.quick else (args.stories, args.rounds)
    with serving(args.file, number) as (feeds, told):
        print(json.dumps(told), flush=True)
        race(feeds, number, rounds)
        port = int(feeds[0].rsplit(":", 1)[1].split("/")[0])
        idle = scheduled(port, 15 if args.quick else 120)
    core, mb = idle.pop("core"), idle.pop("mb")
    more = {name: round(value, 2) for name, value in idle.items()}
    row("(b) share of a core", core, "<= 0.3", met=core <= 0.3, **more)
    row("(b) MB", mb, "< 500", met=mb < 500)
    with tempfile.TemporaryDirectory() as folder:
        cards = {
            "samestory": our_day(Path(folder)),
            "reader": readers_day(Path(folder)),
        }
    for name, card in cards.items():
        print(f"{name}: {card}", flush=True)
    mine, theirs = (card.requests / card.found for card in cards.values())
    more = {"reader": round(theirs, 2)}
    row("(c) requests a story", mine, "reader's", met=mine <= theirs, **more)
    return 0


def race(feeds: list[str], number: int, rounds: int) -> None:
    """Print the rows of (a)."""
    runs: dict[str, list[tuple[float, float]]] = {"naive": [], "samestory": []}
    for _ in range(rounds):
        for name, done in runs.items():
            found = naively(feeds) if name == "naive" else ours(feeds, number)
            stories, took, cpu = found
            done.append((stories / took, cpu / stories))
            rates = {"stories a second": round(stories / took, 1)}
            rates |= {"CPU ms a story": round(1_000 * cpu / stories, 1)}
            print(json.dumps({"who": name, "stories": stories} | rates), flush=True)
    pairs = list(zip(runs["samestory"], runs["naive"], strict=True))
    faster = statistics.median(a[0] / b[0] for a, b in pairs)
    cheaper = statistics.median(a[1] / b[1] for a, b in pairs)
    row("(a) stories a second / naive", faster, ">= 5", met=faster >= 5)
    row("(a) CPU a story / naive", cheaper, "<= 0.8", met=cheaper <= 0.8)


if __name__ == "__main__":
    sys.exit(main())
