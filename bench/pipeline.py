"""Stories a second from feed to event, beside the naive chain, on two cores.

    python -m bench.pipeline FILE.jsonl.gz [--stories 300] [--rounds 3] [--json]

FILE holds articles, {"title", "text"} a line. They are served on loopback as RSS feeds
of 30 entries, each at an address of its own, and as pages of 150 kB in the median:
navigation, inline styles and scripts, teasers, the article. The naive chain, one story
after the other: feedparser.parse(url), urlopen (trafilatura.fetch_url refuses loopback)
and trafilatura.extract, model.encode(text), IndexFlatIP.search and add; its libraries
and its model are loaded before its clock starts. Ours is `samestory run --until-idle`,
on the clock from its start as a process to its end. The two take turns; the row is the
median of the ratios.

Each run also tells where its time went: the naive chain's in seconds of the clock by
step, ours in CPU seconds by process (read each 0.2 s from /proc, so that what a process
does in its last moment is missing), with the moments, in seconds since the start, of
the first and the last story and vector in the log.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, STORIES

GOAL = 3.5
A_FEED = 30  # entries
PAGE = 150_000  # bytes in the median
CHILDREN = "'s children"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def page(title: str, text: str, rng: random.Random) -> bytes:
    """Return an article's page as a newsroom's system makes them."""
    size = max(20_000, int(rng.gauss(PAGE, PAGE / 4)))
    words = [w for w in text.split() if w.isalpha()] or ["word"]
    links = "".join(
        f'<li class="nav-item"><a href="/s/{n}" data-id="{rng.random()}">'
        f"{escape(' '.join(rng.sample(words, min(4, len(words)))))}</a></li>"
        for n in range(120)
    )
    body = "".join(f"<p>{escape(p)}</p>" for p in text.split("\n") if p.strip())
    head = f"<title>{escape(title)}</title><style>.a{{color:#111}}</style>"
    article = f"<article><h1>{escape(title)}</h1>{body}</article>"
    filler = size - len(links) - len(body)
    script = "".join(
        f"<script>window.__d{n}={json.dumps({'k': rng.random(), 'v': 'x' * 900})}"
        f"</script><div class='w{n}'><span>{rng.random()}</span></div>"
        for n in range(max(0, filler // 1_050))
    )
    return (
        f"<!doctype html><html lang='en'><head>{head}</head><body><nav><ul>{links}"
        f"</ul></nav><main>{article}</main><aside>{script}</aside></body></html>"
    ).encode()


def serve(file: str, number: int, ready: Any) -> None:
    """Serve feeds and pages until killed; a process of its own."""
    with gzip.open(file, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    found = {r["text"][:200]: r for r in rows if r.get("title") and r.get("text")}
    articles = list(found.values())[:number]
    rng = random.Random(7)
    pages = [page(r["title"], r["text"], rng) for r in articles]
    hosts = [f"127.0.2.{n + 1}" for n in range(-(-len(pages) // A_FEED))]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, kind = b"", "text/html"
            if self.path.startswith("/a/"):
                body = pages[int(self.path[3:])]
            elif self.path == "/feed":
                body, kind = feed(self.server.server_address), "application/rss+xml"
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    def feed(address: Any) -> bytes:
        first = hosts.index(address[0]) * A_FEED
        items = "".join(
            f"<item><title>{escape(articles[n]['title'])}</title>"
            f"<link>http://{address[0]}:{address[1]}/a/{n}</link>"
            f"<pubDate>{format_datetime(BEGIN + timedelta(minutes=n))}</pubDate></item>"
            for n in range(first, min(first + A_FEED, len(pages)))
        )
        return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()

    port = 0
    for host in hosts:
        server = ThreadingHTTPServer((host, port), Handler)
        port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sizes = statistics.median(len(one) for one in pages)
    words = statistics.median(len(r["text"].split()) for r in articles)
    ready.send(([f"http://{host}:{port}/feed" for host in hosts], sizes, words))
    threading.Event().wait()


def naive(feeds: list[str], answer: Any) -> None:
    """Run the naive chain and send (stories, seconds, where they went)."""
    import faiss
    import feedparser
    import trafilatura
    from sentence_transformers import SentenceTransformer

    from samestory.embed.models import model_files

    model = SentenceTransformer(str(model_files("packaged").folder), device="cpu")
    index = faiss.IndexFlatIP(384)
    model.encode("warm")
    begin, stories = time.perf_counter(), 0
    went: Counter[str] = Counter()

    def timed(step: str, action: Callable[..., Any], *args: Any) -> Any:
        since = time.perf_counter()
        found = action(*args)
        went[step] += time.perf_counter() - since
        return found

    def fetched(url: str) -> bytes:
        with urlopen(url, timeout=30) as answered:
            return answered.read()

    encode = partial(model.encode, normalize_embeddings=True, show_progress_bar=False)
    for feed in feeds:
        for entry in timed("feed", feedparser.parse, feed).entries:
            body = timed("fetch", fetched, entry.link)
            text = timed("extract", trafilatura.extract, body) or ""
            row = timed("encode", encode, f"{entry.title}. {text}")
            timed("index", index.search, row[None], 10)
            timed("index", index.add, row[None])
            stories += 1
    answer.send((stories, time.perf_counter() - begin, dict(went)))


def cpu_of(pid: int, found: dict[int, tuple[str, float]], parent: str) -> None:
    """Note role and CPU seconds of a process and of what it started, by process id."""
    here = Path(f"/proc/{pid}")
    try:
        words = (here / "cmdline").read_bytes().split(b"\0")
        numbers = (here / "stat").read_text().rpartition(") ")[2].split()
        children = " ".join(p.read_text() for p in here.glob("task/*/children"))
    except OSError:
        return  # it just ended
    if b"samestory.deploy.cli" in words:
        role = words[words.index(b"samestory.deploy.cli") + 1].decode()
    elif pid in found:  # a zombie has no command line
        role = found[pid][0]
    else:
        role = parent.removesuffix(CHILDREN) + CHILDREN
    ticks = int(numbers[11]) + int(numbers[12])
    found[pid] = (role, ticks / os.sysconf("SC_CLK_TCK"))
    for child in children.split():
        cpu_of(int(child), found, role)


def ours(feeds: list[str]) -> tuple[int, float, dict[str, float]]:
    """Return (stories, seconds, where they went) of `samestory run --until-idle`."""
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "samestory.deploy.cli"]
        options = ["--state", state]
        local = ["--allow-network", "127.0.0.0/8", "--host-spacing", "0"]
        begin, started = time.perf_counter(), time.time()
        run = subprocess.Popen(
            [*command, "run", "--until-idle", *options, *local]
            + [part for feed in feeds for part in ("--feed", feed)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes: dict[int, tuple[str, float]] = {}
        while run.poll() is None:
            cpu_of(run.pid, processes, "run")
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.2)
        took = time.perf_counter() - begin
        if run.returncode:
            raise subprocess.CalledProcessError(run.returncode, run.args)
        went: Counter[str] = Counter()
        for role, seconds in processes.values():
            went[f"CPU of {role}"] += seconds
        log = EmbeddedLog(Path(state) / "log.db")
        for topic in (STORIES, JOURNAL):
            for which, at in (("first", 0), ("last", log.count(topic) - 1)):
                (record,) = log.read(topic, 0, at, 1)
                went[f"{which} of {topic}"] = record.appended_at - started
        log.close()
        out = subprocess.run(
            [*command, "status", "--json", *options], check=True, capture_output=True
        )
        return json.loads(out.stdout)["index"]["stories"], took, dict(went)


def naively(feeds: list[str]) -> tuple[int, float, dict[str, float]]:
    """Return (stories, seconds, where they went) of the naive chain."""
    near, far = get_context("spawn").Pipe()
    chain = get_context("spawn").Process(target=naive, args=(feeds, far))
    chain.start()
    found: tuple[int, float, dict[str, float]] = near.recv()
    chain.join()
    return found


@contextmanager
def serving(file: str, stories: int) -> Iterator[tuple[list[str], float, float]]:
    """Yield (URLs of feeds, median bytes, median words) of a server in a process."""
    here, there = get_context("spawn").Pipe()
    server = get_context("spawn").Process(target=serve, args=(file, stories, there))
    server.start()
    try:
        yield here.recv()
    finally:
        server.kill()


def prepare() -> None:
    """Keep to two cores, and to what is on this machine."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("SAMESTORY_MODEL_CACHE", str(Path(".run/cache").absolute()))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    parser.add_argument("--stories", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    prepare()
    with serving(args.file, args.stories) as (feeds, size, words):
        told = {"pages": args.stories, "median bytes": size, "median words": words}
        print(json.dumps(told), flush=True)
        ours(feeds[:1])  # converts the model, warms the disk's cache
        rates: dict[str, list[float]] = {"naive": [], "samestory": []}
        for _ in range(args.rounds):
            for name, chain in (("naive", naively), ("samestory", ours)):
                stories, took, went = chain(feeds)
                rates[name].append(stories / took)
                row = {"who": name, "stories": stories, "seconds": took} | went
                rounded = {k: v if k == "who" else round(v, 2) for k, v in row.items()}
                print(json.dumps(rounded), flush=True)
    pairs = zip(rates["samestory"], rates["naive"], strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    found = {"row": "stories a second end to end / naive", "value": round(ratio, 2)}
    found |= {name: round(statistics.median(of), 1) for name, of in rates.items()}
    print(json.dumps(found | {"goal": GOAL, "met": ratio >= GOAL}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
