"""`samestory status`, `topics` and `health`: what is there, and does it work."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal

import numpy as np
from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import upkeep_records
from samestory.deploy.cli.options import Json, Kafka, Ways
from samestory.deploy.cli.output import (
    is_for_programs,
    print_json,
    print_lines,
    print_rows,
    print_table,
)
from samestory.deploy.config import Settings
from samestory.deploy.masking import shown
from samestory.deploy.process import resident_bytes, running, since_last_turn
from samestory.deploy.quarantine import HELD, cases
from samestory.deploy.stream.log import JOURNAL, READERS, TOPICS, Lag, Log
from samestory.deploy.worker import NAMES
from samestory.errors import Retry
from samestory.index.decision.expiry import Calendar
from samestory.index.store.health import Largest, Latency
from samestory.message import iso

LATE_S: Final = 600.0  # that the oldest message may wait: seconds
HUNG_S: Final = 60.0  # the slowest turn is a batch of stories: seconds
QUANTILES: Final = (0.5, 0.95, 1.0)


@dataclass(frozen=True, kw_only=True)
class Status(Json, Kafka):
    """Tell what is running on this state and how far it is.

    For a monitor: --prometheus prints the text that its exporters read, e.g. into
    the folder of node_exporter's textfile collector.

    Examples:
      samestory status
      samestory status --prometheus > /var/lib/node_exporter/samestory.prom
    """

    prometheus: Annotated[bool, Parameter(help="Prometheus' text format")] = False

    def run(self, settings: Settings) -> int:
        """Print where things stand."""
        wiring.must_have_log(settings)
        status = _status(settings)
        is_here = not settings.brokers  # else workers may run on other machines
        status["problems"] = problems = [*_problems(status, is_here=is_here)]
        status["well"] = not problems
        if self.json:
            print_json(shown(status))
        elif self.prometheus:
            from samestory.deploy.metrics import prometheus  # noqa: PLC0415  (0.03 s)

            sys.stdout.write(prometheus(status))
        else:
            print_lines(_lines(status))
        return 0


@dataclass(frozen=True, kw_only=True)
class Topics(Ways, Kafka):
    """Make the log's topics, or verify those that are there, and list them.

    Exit 2 if one is not as it must be, with both values. --mend sets right what
    Kafka's topics have otherwise, but never their partitions.

    Examples:
      samestory topics
      samestory topics --brokers kafka:9092 --mend
    """

    mend: Annotated[
        bool, Parameter(help="set Kafka's topics right; says what it did")
    ] = False

    def run(self, settings: Settings) -> int:
        """Open the log, which makes and verifies its topics, and list them."""
        mend = _say if self.mend else None
        log = wiring.open_log(settings, mend=mend)
        rows = [
            {
                "topic": topic,
                "partitions": log.partitions(topic),
                "records": log.count(topic),
                "fingerprint": log.fingerprint(topic),
            }
            for topic in TOPICS
        ]
        log.close()
        if is_for_programs(self):
            print_rows(rows, self, upkeep_records.Topic)
        else:
            columns: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in rows[0]]
            print_table(columns, [[str(cell) for cell in row.values()] for row in rows])
        return 0


@dataclass(frozen=True, kw_only=True)
class Health(Kafka):
    """Tell whether a worker is well: exit 0, else 1 with the reason.

    It runs on this state, its loop turns and it reaches the log. For health
    checks of containers.

    Examples:
      samestory health ingest
      samestory health index --state /var/lib/samestory
    """

    worker: Annotated[Literal["ingest", "embed", "index"], Parameter()] = field(
        kw_only=False
    )

    def run(self, settings: Settings) -> int:
        """Return 0 if the worker is well."""
        why = _unwell(self.worker, settings)
        print(f"{self.worker}: {why or 'well'}")
        return 1 if why else 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _unwell(worker: str, settings: Settings) -> str | None:
    if running(settings.home, worker) is None:
        return f"does not run on {settings.home}"
    seconds = since_last_turn(settings.home, worker)
    if seconds > HUNG_S:
        return f"its loop has not turned for {seconds:.0f} s"
    try:
        wiring.open_log(replace(settings, wait=0.0)).close()
    except Retry as error:
        return str(error)
    return None


def _status(settings: Settings) -> dict[str, Any]:
    log, frontier = wiring.open_log(settings), wiring.open_frontier(settings)
    state = wiring.read_made_state(settings)
    feeds = frontier.feeds.all()
    lags = {group: log.lag(group, topic) for group, topic in READERS.items()}
    newest = state.health.newest_first_seen()
    polled = max((f.ok_at for f in feeds if f.ok_at), default=None)
    space, processes = state.meta.space(), {n: running(settings.home, n) for n in NAMES}
    return {
        "state": str(settings.home),
        "workers": processes,
        "memory": {n: resident_bytes(pid) for n, pid in processes.items() if pid},
        "space": {"id": space and space[0], "made_by": state.meta.made_by()},
        "feeds": {
            "total": len(feeds),
            "failing": sum(1 for f in feeds if f.failures),
            "never_polled": sum(1 for f in feeds if f.polled_at is None),
            "last_good_poll": polled,
        },
        "pages": frontier.stories.counts(),
        "lag": {group: _lag(READERS[group], parts) for group, parts in lags.items()},
        "latency": _latency(state.health.latencies()),
        "index": {**state.counts(), "newest_story": iso(newest)},
        "expiry": _expiry(state.meta.calendar(), settings),
        "largest_event": _largest(state.health.largest_event()),
        "journal": log.count(JOURNAL),
        "quarantine": _quarantined(log),
    }


def _expiry(calendar: Calendar, settings: Settings) -> dict[str, Any]:
    held = calendar.held if settings.keep_days else None
    warning = {"warning": held.warning if held else None}
    return {"keep_days": settings.keep_days, **calendar.for_people(), **warning}


def _largest(largest: Largest | None) -> dict[str, Any]:
    if largest is None:
        return {"event_id": None, "reports": 0, "stories": 0, "suspicious": False}
    return {**largest._asdict(), "suspicious": largest.is_suspicious}


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


def _latency(latencies: Sequence[Latency]) -> dict[str, Any]:
    """Return quantiles over the latest stories, in seconds; none before the first."""
    if not latencies:
        return {"stories": 0, "stages": {}}
    stages = {
        "embed": [one.embed_s for one in latencies],
        "index": [one.index_s for one in latencies],
        "total": [one.embed_s + one.index_s for one in latencies],
    }
    return {
        "stories": len(latencies),
        "stages": {
            stage: {str(q): round(float(np.quantile(values, q)), 3) for q in QUANTILES}
            for stage, values in stages.items()
        },
    }


def _quarantined(log: Log) -> dict[str, Any]:
    held = [case for case in cases(log).values() if case.status == HELD]
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


def _problems(status: dict[str, Any], *, is_here: bool) -> Iterator[str]:
    """Yield what is not as it should be, each with what to do."""
    yield from _of_workers(status, is_here=is_here)
    feeds = status["feeds"]
    if feeds["failing"]:
        every = counted(feeds["total"], "feed")
        yield f"{feeds['failing']} of {every} failing: samestory feeds list"
    if held := status["quarantine"]["total"]:
        yield f"{held} set aside: samestory quarantine list"
    largest = status["largest_event"]
    if largest["suspicious"]:
        yield (
            f"{largest['event_id']} holds {largest['reports']} of the"
            f" {largest['stories']} stories of the last week: it may have swallowed"
            f" others; see `samestory why {largest['event_id'][:10]}`, part it with"
            " `samestory different A B`, or use --joining tight"
        )
    gone = is_here and status["lag"]["index"]
    if gone and not status["index"]["stories"] and status["journal"] > gone["behind"]:
        yield (
            "the index has no stories, though the log holds some that it had read:"
            " samestory check"
        )
    if warning := status["expiry"]["warning"]:
        yield str(warning)


def _of_workers(status: dict[str, Any], *, is_here: bool) -> Iterator[str]:
    """Yield which workers are late or, if all of them run here, missing."""
    running_here = [name for name, pid in status["workers"].items() if pid]
    for group, lag in status["lag"].items():
        if is_here and lag["behind"] and group not in running_here:
            yield (
                f"{counted(lag['behind'], 'message')} waiting, and no {group} worker"
                " runs here: samestory run"
            )
        elif (lag["oldest_s"] or 0) > LATE_S:
            yield (
                f"the {group} worker is {lag['oldest_s'] / 60:.0f} minutes behind: more"
                " cores, or --model packaged, which is twice as fast"
            )
    stopped = [name for name in status["workers"] if name not in running_here]
    if is_here and running_here and stopped:
        yield f"no {' and no '.join(stopped)} worker runs: samestory run"


def _lines(status: dict[str, Any]) -> Iterator[str]:
    """Yield what a person reads."""
    problems = status["problems"]
    yield "all is well" if not problems else f"to look at: {len(problems)}"
    for one in problems:
        yield f"- {one}"
    yield ""
    yield from _of_processes(status)
    yield from _of_flow(status)
    yield from _of_index(status)
    held = status["quarantine"]
    stages = ", ".join(f"{stage} {n}" for stage, n in held["by_stage"].items())
    yield f"quarantine {held['total']}{' (' + stages + ')' if stages else ''}"
    for one in held["latest"]:
        yield f"           {one['id'][:10]} {one['where']}: {one['reason']}"


def _of_processes(status: dict[str, Any]) -> Iterator[str]:
    yield f"state      {status['state']}"
    workers = (f"{n} {p or '–'}" for n, p in status["workers"].items())
    yield f"workers    {'   '.join(workers)}   (process, – if not running)"
    if status["memory"]:
        memory = (f"{n} {size / 1e6:.0f} MB" for n, size in status["memory"].items())
        yield f"memory     {'   '.join(memory)}   (with their children)"


def _of_flow(status: dict[str, Any]) -> Iterator[str]:
    """Yield how far feeds, pages and stages are."""
    feeds, pages = status["feeds"], status["pages"]
    yield (
        f"feeds      {feeds['total']}, {feeds['failing']} failing,"
        f" {feeds['never_polled']} never polled"
    )
    yield (
        f"entries    {pages['published']} published, {pages['due']} waiting,"
        f" {pages['refused']} refused"
    )
    for group, lag in status["lag"].items():
        age = "" if lag["oldest_s"] is None else f", oldest {lag['oldest_s']:.0f} s"
        yield f"{group:<10} {lag['behind']} behind{age}"
    took = status["latency"]
    said = ", ".join(
        f"{stage} {took['stages'][stage]['0.5']:.1f} s"
        f" (95 %: {took['stages'][stage]['0.95']:.1f} s)"
        for stage in took["stages"]
    )
    yield f"latency    {said or '–'}, last {counted(took['stories'], 'story')}"


def _of_index(status: dict[str, Any]) -> Iterator[str]:
    index = status["index"]
    events = counted(index["events"], "event")
    yield (
        f"index      {counted(index['stories'], 'story')} in {events},"
        f" newest seen {(index['newest_story'] or '–')[:16]}"
    )
    if status["space"]["id"]:
        yield f"vectors    {status['space']['id']}, {status['space']['made_by']}"
