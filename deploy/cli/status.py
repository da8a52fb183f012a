"""`samestory status`: what is running, lag, freshness, quarantine."""

import argparse
import sys
from collections import Counter
from typing import Any, Final

from deploy import wiring
from deploy.cli.output import plain, print_json
from deploy.config import Settings
from deploy.stream.log import JOURNAL, QUARANTINE, STORIES, Log
from deploy.worker import NAMES, running
from ingest.errors import Misconfigured
from ingest.story import iso

READ: Final = 1_000  # latest quarantined records told apart; more are only counted


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add status."""
    status = commands.add_parser(
        "status",
        parents=[common],
        help="what is running, lag, freshness, quarantine",
        description="Tell what is running on this state and how far it is.",
    )
    status.add_argument("--json", action="store_true", help="one JSON object")
    status.set_defaults(run=run_status)


def run_status(args: argparse.Namespace, settings: Settings) -> int:
    """Print where things stand."""
    if not (settings.home / "log.db").exists():
        raise Misconfigured(
            f"no state in {settings.home}: start with `samestory run --feed URL`"
        )
    found = _status(settings)
    if args.json:
        print_json(found)
    else:
        _print(found)
    return 0


def _status(settings: Settings) -> dict[str, Any]:
    log, frontier = wiring.open_log(settings), wiring.open_frontier(settings)
    state = wiring.open_state(settings)
    feeds = frontier.feeds()
    lags = {
        group: log.lag(group, topic)
        for group, topic in (("embed", STORIES), ("index", JOURNAL))
    }
    newest = state.newest_first_seen()
    polled = max((f.ok_at for f in feeds if f.ok_at), default=None)
    return {
        "state": str(settings.home),
        "workers": {name: running(settings.home, name) for name in NAMES},
        "feeds": {
            "total": len(feeds),
            "failing": sum(1 for f in feeds if f.failures),
            "never_polled": sum(1 for f in feeds if f.polled_at is None),
            "last_good_poll": polled,
        },
        "pages": frontier.counts(),
        "lag": {
            group: {"behind": lag.behind, "oldest_s": lag.oldest_s}
            for group, lag in lags.items()
        },
        "index": {**state.counts(), "newest_story": iso(newest)},
        "quarantine": _quarantined(log),
    }


def _quarantined(log: Log) -> dict[str, Any]:
    reader = log.consumer("status", QUARANTINE)  # never commits
    total = log.count(QUARANTINE)
    reader.seek(0, max(0, total - READ))
    records = reader.poll(READ, 0.0)
    stages = Counter(r.headers.get("stage", "?") for r in records)
    latest = [
        {
            "id": r.key,
            "stage": r.headers.get("stage"),
            "reason": r.headers.get("reason"),
            "where": r.headers.get("url")
            or f"{r.headers.get('topic')}:{r.headers.get('partition')}"
            f":{r.headers.get('offset')}",
        }
        for r in records[-5:]
    ]
    return {"total": total, "by_stage": dict(stages), "latest": latest}


def _print(found: dict[str, Any]) -> None:
    print(f"state      {found['state']}")
    workers = (f"{n} {p or '–'}" for n, p in found["workers"].items())
    print(f"workers    {'   '.join(workers)}   (process, – if not running)")
    feeds = found["feeds"]
    print(
        f"feeds      {feeds['total']}, {feeds['failing']} failing,"
        f" {feeds['never_polled']} never polled"
    )
    pages = found["pages"]
    print(
        f"entries    {pages['published']} published, {pages['due']} waiting,"
        f" {pages['refused']} refused"
    )
    for group, lag in found["lag"].items():
        age = "" if lag["oldest_s"] is None else f", oldest {lag['oldest_s']:.0f} s"
        print(f"{group:<10} {lag['behind']} behind{age}")
    index = found["index"]
    print(
        f"index      {index['stories']} stories in {index['events']} events,"
        f" newest seen {(index['newest_story'] or '–')[:16]}"
    )
    held = found["quarantine"]
    stages = ", ".join(f"{stage} {n}" for stage, n in held["by_stage"].items())
    print(f"quarantine {held['total']}{' (' + stages + ')' if stages else ''}")
    for one in held["latest"]:
        said = plain(f"{one['id'][:10]} {one['where']}: {one['reason']}")
        sys.stdout.write(f"           {said}\n")
