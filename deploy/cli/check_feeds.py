"""`samestory feeds check`: fetch feeds once, and say what each holds."""

import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Annotated, Any, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.options import Fetching, Json
from samestory.deploy.cli.output import print_json, print_table
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.deploy.feedlists import read_feedlist
from samestory.deploy.masking import shown
from samestory.deploy.progress import ProgressLine
from samestory.errors import Misconfigured, SamestoryError
from samestory.ingest.feeds.entry import ParsedFeed
from samestory.ingest.feeds.opml import FeedRef, checked_ref
from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.fetch.client import MAX_FEED_BYTES, Client
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.text.dates import parse_date
from samestory.urls import host_of

CHECKS_AT_ONCE: Final = 8


@dataclass(frozen=True, kw_only=True)
class Check(Json, Fetching):
    """Fetch each feed once and say what it holds.

    Examples:
      samestory feeds check
      samestory feeds check feeds.opml https://example.org/rss
    """

    sources: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="URL|FILE.opml",
            help="feed URLs or list files; without any, the feeds that are polled",
        ),
    ] = field(default=(), kw_only=False)

    def run(self, settings: Settings) -> int:
        """Fetch each feed once; exit 1 if none of them answers."""
        refs = _refs(self.sources, settings)
        if not refs:
            raise Misconfigured("no feeds to check: give URLs or a list, or add feeds")
        client, line = wiring.open_client(settings), ProgressLine()
        rows: list[dict[str, Any]] = []
        with (
            wiring.open_sandbox(settings) as sandbox,
            ThreadPoolExecutor(CHECKS_AT_ONCE) as threads,
        ):
            check = partial(_check_host, client, sandbox, settings.host_spacing)
            for checked in chain.from_iterable(threads.map(check, _by_host(refs))):
                rows.append(checked)
                line.count("checked", len(rows), len(refs))
                if self.json:
                    print_json(shown(checked))
        line.end()
        good = sum(bool(row["ok"]) for row in rows)
        if not self.json:
            _print_check(rows)
        sys.stderr.write(f"{good} of {counted(len(refs), 'feed')} answer\n")
        return DONE if good else NOTHING_FOUND


def _refs(sources: Iterable[str], settings: Settings) -> list[FeedRef]:
    if not sources:
        wiring.must_have_feeds(settings)
        feeds = wiring.open_frontier(settings).feeds.all()
        return [FeedRef(url=f.url, title=f.title) for f in feeds]
    refs: list[FeedRef] = []
    for source in sources:
        if source.startswith(("http://", "https://")):
            refs.append(checked_ref(source))
        else:
            refs += read_feedlist(source, settings).feeds
    return refs


def _by_host(refs: Iterable[FeedRef]) -> list[list[FeedRef]]:
    hosts: dict[str, list[FeedRef]] = {}
    for ref in refs:
        hosts.setdefault(host_of(ref.url), []).append(ref)
    return list(hosts.values())


def _check_host(
    client: Client, sandbox: Sandbox, spacing_s: float, refs: Sequence[FeedRef]
) -> list[dict[str, Any]]:
    """Check the feeds of one host, one after the other, with the pause it is due."""
    rows = []
    for number, ref in enumerate(refs):
        if number:
            time.sleep(spacing_s)
        rows.append(_check_one(client, sandbox, ref))
    return rows


def _check_one(client: Client, sandbox: Sandbox, ref: FeedRef) -> dict[str, Any]:
    row = {"url": ref.url, "title": ref.title, "ok": False, "entries": 0}
    try:
        fetched = client.get(ref.url, max_bytes=MAX_FEED_BYTES)
        kind = fetched.headers.get("content-type", "")
        parsed: ParsedFeed = sandbox.run(parse_feed, fetched.body, fetched.url, kind)
    except SamestoryError as error:
        return row | {"newest": None, "status": str(error)}
    now = datetime.now(UTC)
    dates = [parse_date(entry.published_raw, now).at for entry in parsed.entries]
    newest = max((d for d in dates if d), default=None)
    return row | {
        "title": parsed.title or ref.title,
        "ok": True,
        "entries": len(parsed.entries),
        "newest": newest.isoformat() if newest else None,
        "status": f"damaged: {parsed.note}" if parsed.note else "ok",
    }


def _print_check(rows: list[dict[str, Any]]) -> None:
    print_table(
        [
            ("", {"no_wrap": True}),
            ("feed", {"ratio": 2, "overflow": "fold"}),
            ("entries", {"justify": "right"}),
            ("newest", {"no_wrap": True}),
            ("outcome", {"ratio": 2}),
        ],
        [
            (
                "✓" if row["ok"] else "✗",
                str(row["url"]),
                str(row["entries"]),
                str(row["newest"] or "–")[:16],
                str(row["status"]),
            )
            for row in rows
        ],
    )
