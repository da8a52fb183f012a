"""`samestory status`: what is running, lag, freshness, quarantine."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from deploy import wiring
from deploy.cli.output import plain, print_json
from deploy.config import Settings
from deploy.metrics import prometheus
from deploy.process import running
from deploy.quarantine import cases
from deploy.stream.log import JOURNAL, STORIES, Lag, Log
from deploy.worker import NAMES
from index.state import Latency
from ingest.errors import Misconfigured
from ingest.story import iso

READERS: Final = {"embed": STORIES, "index": JOURNAL}
QUANTILES: Final = (0.5, 0.95, 1.0)


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add status."""
    status = commands.add_parser(
        "status",
        parents=[common],
        help="what is running, lag, freshness, quarantine",
        description="Tell what is running on this state and how far it is. For a"
        " monitor: --prometheus prints the text that its exporters read, e.g. into the"
        " folder of node_exporter's textfile collector.",
    )
    form = status.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument(
        "--prometheus", action="store_true", help="Prometheus' text format"
    )
    status.set_defaults(run=run_status)


def run_status(args: argparse.Namespace, settings: Settings) -> int:
    """Print where things stand."""
    if not settings.brokers and not (settings.home / "log.db").exists():
        raise Misconfigured(
            f"no state in {settings.home}: start with `samestory run --feed URL`"
        )
    found = _status(settings)
    if args.json:
        print_json(found)
    elif args.prometheus:
        sys.stdout.write(prometheus(found))
    else:
        _print(found)
    return 0


def _status(settings: Settings) -> dict[str, Any]:
    log, frontier = wiring.open_log(settings), wiring.open_frontier(settings)
    state = wiring.open_state(settings)
    feeds = frontier.feeds()
    lags = {group: log.lag(group, topic) for group, topic in READERS.items()}
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
        "lag": {group: _lag(READERS[group], parts) for group, parts in lags.items()},
        "latency": _latency(state.latencies()),
        "index": {**state.counts(), "newest_story": iso(newest)},
        "quarantine": _quarantined(log),
    }


def _lag(topic: str, parts: Sequence[Lag]) -> dict[str, Any]:
    return {
        "topic": topic,
        "behind": sum(lag.behind for lag in parts),
        "oldest_s": max((p.oldest_s for p in parts if p.oldest_s), default=None),
        "partitions": [
            {"partition": p.partition, "behind": p.behind, "oldest_s": p.oldest_s}
            for p in parts
        ],
    }


def _latency(found: Sequence[Latency]) -> dict[str, Any]:
    """Return quantiles over the latest stories, in seconds; none before the first."""
    if not found:
        return {"stories": 0, "stages": {}}
    stages = {
        "embed": [one.embed_s for one in found],
        "index": [one.index_s for one in found],
        "total": [one.embed_s + one.index_s for one in found],
    }
    return {
        "stories": len(found),
        "stages": {
            stage: {str(q): round(float(np.quantile(values, q)), 3) for q in QUANTILES}
            for stage, values in stages.items()
        },
    }


def _quarantined(log: Log) -> dict[str, Any]:
    held = [case for case in cases(log).values() if case.status == "held"]
    latest = [
        {
            "id": case.case_id,
            "stage": case.stage,
            "reason": case.reason,
            "where": case.where,
        }
        for case in held[-5:]
    ]
    stages = Counter(case.stage for case in held)
    return {"total": len(held), "by_stage": dict(stages), "latest": latest}


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
    took = found["latency"]
    said = ", ".join(
        f"{stage} {took['stages'][stage]['0.5']:.1f} s"
        f" (95 %: {took['stages'][stage]['0.95']:.1f} s)"
        for stage in took["stages"]
    )
    print(f"latency    {said or '–'}, last {took['stories']} stories")
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
