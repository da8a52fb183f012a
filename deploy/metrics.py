"""The numbers of `samestory status` in Prometheus' text format."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

ABOUT = {
    "worker_up": "1 if the worker runs on this state",
    "worker_resident_bytes": "memory of the worker and its children",
    "feeds": "feeds that are polled",
    "feeds_failing": "feeds whose last poll failed",
    "entries": "entries of feeds, by what became of them",
    "lag_records": "records that the group has not read",
    "lag_oldest_seconds": "age of the oldest record that the group has not read",
    "latency_seconds": "from published to embedded to grouped, over the latest stories",
    "stories": "stories in the index",
    "events": "events in the index",
    "largest_event_reports": "reports of the largest event of the last week",
    "quarantine_held": "cases in the quarantine, by the stage that set them aside",
}


def prometheus(status: Mapping[str, Any]) -> str:
    """Return what `samestory status --json` tells as gauges named samestory_*."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for name, labels, value in _samples(status):
        if name not in gauges:
            gauges[name] = Gauge(
                f"samestory_{name}", ABOUT[name], list(labels), registry=registry
            )
        gauge = gauges[name].labels(**labels) if labels else gauges[name]
        gauge.set(value)
    return generate_latest(registry).decode()


def _samples(
    status: Mapping[str, Any],
) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield (name, labels, value)."""
    yield from _of_workers(status)
    yield "feeds", {}, status["feeds"]["total"]
    yield "feeds_failing", {}, status["feeds"]["failing"]
    for kind, number in status["pages"].items():
        yield "entries", {"status": kind}, number
    for group, lag in status["lag"].items():
        for part in lag["partitions"]:
            labels = {
                "group": group,
                "topic": lag["topic"],
                "partition": str(part["partition"]),
            }
            yield "lag_records", labels, part["behind"]
            yield "lag_oldest_seconds", labels, part["oldest_s"] or 0.0
    for stage, quantiles in status["latency"]["stages"].items():
        for quantile, seconds in quantiles.items():
            yield "latency_seconds", {"stage": stage, "quantile": quantile}, seconds
    yield "stories", {}, status["index"]["stories"]
    yield "events", {}, status["index"]["events"]
    yield "largest_event_reports", {}, status["largest_event"]["reports"]
    for stage, number in status["quarantine"]["by_stage"].items():
        yield "quarantine_held", {"stage": stage}, number


def _of_workers(
    status: Mapping[str, Any],
) -> Iterator[tuple[str, dict[str, str], float]]:
    for worker, process in status["workers"].items():
        yield "worker_up", {"worker": worker}, float(process is not None)
    for worker, size in status["memory"].items():
        yield "worker_resident_bytes", {"worker": worker}, size
