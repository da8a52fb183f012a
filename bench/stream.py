"""The log's speed and cost beside the alternatives, all in one run.

    pip install -e '.[bench]'
    KAFKA_HOME=... python bench/stream.py [--quick] [--json] [--folder DIR]

Messages of 5 kB, each batch of 100 durable before the next. Interleaved rounds (five,
two with --quick), medians and ratios. The naive queue commits each row, once with
SQLite's own defaults (a rollback journal), once in WAL; both fsync, as we do.
persist-queue commits each row; litequeue takes batches, but does not fsync them. Kafka
runs only where KAFKA_HOME names one: it acknowledges before its fsync. Files are made
in --folder: name a real disk, not a tmpfs.
"""

import argparse
import json
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import confluent_kafka
import litequeue
import persistqueue

from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.newsroom.site import page_of
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import EVENTS, JOURNAL, STORIES, Message
from samestory.embed.embedding import embed_stories
from samestory.embed.encoder import EncoderSpec
from samestory.embed.opening import open_encoder
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from samestory.ingest.articles.page import choose_text
from samestory.story import Story, story_id_from

VALUE = b"x" * 5_000
BATCH = 100
EMBED_BATCH = 32
GOALS = [  # what, against, at least
    ("append", "naive", 30.0),
    ("append", "naive WAL", 30.0),
    ("append", "persist-queue", None),
    ("append", "litequeue", None),
    ("append", "kafka append", 0.5),
    ("read", "append", 2.0),
    ("kafka append", "confluent append", None),
    ("kafka read", "confluent read", None),
]
_number = count()


def rate(messages: int, work: Callable[[], object]) -> float:
    """Return messages a second."""
    begin = time.perf_counter()
    work()
    return messages / (time.perf_counter() - begin)


def batches(number):
    """Return batches of messages."""
    return [
        [Message(key=f"{b}-{i}", value=VALUE) for i in range(BATCH)]
        for b in range(number)
    ]


def append(log, number):
    """Publish batches, each durable before the next."""
    work = batches(number)

    def publish():
        for batch in work:
            log.publish(EVENTS, batch)

    return rate(number * BATCH, publish)


def read(log, number):
    """Read as a new group that commits each batch."""
    consumer = log.consumer(f"g{next(_number)}", EVENTS, "m")
    left = number * BATCH - len(consumer.poll(BATCH, 10.0))  # joining is not reading

    def drain():
        nonlocal left
        while left > 0:
            rows = consumer.poll(min(BATCH, left), 1.0)
            left -= len(rows)
            if rows:
                consumer.commit({0: rows[-1].offset + 1})

    found = rate(left, drain)
    consumer.close()
    return found


def naive(path, number, journal):
    """One row a commit."""
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.execute("CREATE TABLE IF NOT EXISTS queue (id INTEGER PRIMARY KEY, value BLOB)")

    def put():
        for _ in range(number):
            with db:
                db.execute("INSERT INTO queue (value) VALUES (?)", (VALUE,))

    found = rate(number, put)
    db.close()
    return found


def persist_queue(folder, number):
    """One row a commit, in WAL."""
    queue = persistqueue.SQLiteQueue(str(folder / "persist"), auto_commit=True)
    found = rate(number, lambda: [queue.put(VALUE) for _ in range(number)])
    queue.close()
    return found


def lite_queue(path, number):
    """Batches in WAL, without an fsync for each (synchronous = NORMAL)."""
    queue = litequeue.LiteQueue(path)

    def put():
        for _ in range(number):
            with queue.transaction():
                for _ in range(BATCH):
                    queue.put(VALUE)

    found = rate(number * BATCH, put)
    queue.close()
    return found


def confluent_append(bootstrap, number):
    """As our producer does it: acks=all, each batch awaited."""
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 20}
    )

    def publish():
        for b in range(number):
            for i in range(BATCH):
                producer.produce(EVENTS, VALUE, key=f"{b}-{i}")
            producer.flush()

    return rate(number * BATCH, publish)


def confluent_read(bootstrap, number):
    """As a new group that commits each batch."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"c{next(_number)}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([EVENTS])
    left = number * BATCH - len(consumer.consume(1, 10.0))

    def drain():
        nonlocal left
        while left > 0:
            rows = consumer.consume(min(BATCH, left), 1.0)
            left -= len(rows)
            if rows:
                consumer.commit(asynchronous=False)

    found = rate(left, drain)
    consumer.close()
    return found


def idle_cpu(log, seconds):
    """Return the share of a core that a waiting reader uses."""
    consumer = log.consumer("idle", EVENTS)
    consumer.seek(0, log.count(EVENTS))
    begin, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - begin < seconds:
        consumer.poll(1, 0.5)
    return (time.process_time() - cpu) / (time.perf_counter() - begin)


class Meter:
    """CPU seconds, by what they were spent on."""

    def __init__(self):
        self.spent = defaultdict(float)

    def __call__(self, what, work, *args):
        """Do it, and add up what it took."""
        begin = time.process_time()
        found = work(*args)
        self.spent[what] += time.process_time() - begin
        return found


def share_of_stream(log, folder, encoder):
    """Return (the stream's part of a story's CPU time from page to event, seconds).

    The newsroom's reports: cleaned and published one by one, embedded in batches as the
    worker does, indexed; all in this process, polling and network left out.
    """
    meter, reports = Meter(), load_reports()
    for report in reports:
        story = meter("work", story_of, report, reports)
        message = Message(key=story.story_id, value=story.encode())
        meter("stream", log.publish, STORIES, [message])
    consumer = log.consumer("embed", STORIES, "m")
    pass_on(
        meter,
        consumer,
        lambda rows: [
            Message(
                key=r.key,
                value=embed_stories([Story.decode(r.value)], encoder)[0].encode(),
            )
            for r in rows
        ],
        partial(log.publish, JOURNAL),
    )
    consumer.close()
    state = State(folder / f"state{next(_number)}.db")
    index = EventIndex(state)

    def apply(rows):
        index.apply([(r.offset, r.value) for r in rows])
        return [Message(key=o.key, value=o.value) for o in state.revisions.outbox()]

    pass_on(meter, log.consumer("index", JOURNAL), apply, partial(log.publish, EVENTS))
    state.close()
    whole = sum(meter.spent.values())
    return meter.spent["stream"] / whole, whole / len(reports)


def story_of(report, reports):
    """Return the story of a report, cleaned from its page."""
    url = f"http://127.0.0.1{report.path}"
    page = page_of(report, reports)
    cleaned = choose_text(page, url=url, title=report.title, feed_text="", stated="en")
    return Story(
        story_id=story_id_from(url),
        url=url,
        outlet=report.outlet.key,
        title=report.title,
        text=cleaned.text,
        lang="en",
        published=report.published,
        published_raw="",
        date_quality="exact",
        first_seen=report.published,
        observed=report.published,
        text_from="page",
    )


def pass_on(meter, consumer, work, publish):
    """Read all there is, as the loop of a worker does: note, work, publish, commit."""
    while records := meter("stream", consumer.poll, EMBED_BATCH, 1.0):
        positions = {r.partition: r.offset + 1 for r in records}
        meter("stream", consumer.commit, positions, dict.fromkeys(positions, "0-0:0"))
        meter("stream", publish, meter("work", work, records))
        meter("stream", consumer.commit, positions)


def start_kafka(folder, stack):
    """Return (log, address) on a broker of our own; None without KAFKA_HOME."""
    from tests.broker import Broker, libs

    try:
        libs()
    except BaseException:  # noqa: BLE001  (pytest's skip)
        return None
    from samestory.deploy.stream.kafka import KafkaLog
    from samestory.deploy.stream.kafka_address import KafkaAddress

    broker = Broker(folder / "kafka", folder / "cache").start()
    stack.callback(broker.stop, signal.SIGKILL)
    log = KafkaLog(KafkaAddress(brokers=broker.bootstrap), partitions={STORIES: 1})
    stack.callback(log.close)
    return log, broker.bootstrap


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    rounds, number = (2, 20) if args.quick else (5, 50)
    found, rows = defaultdict(list), []
    with tempfile.TemporaryDirectory(dir=args.folder) as name, ExitStack() as stack:
        folder = Path(name)
        log, kafka = EmbeddedLog(folder / "log.db"), start_kafka(folder, stack)
        encoder = open_encoder(
            EncoderSpec(cache=Path(tempfile.gettempdir()) / "samestory-models")
        )
        for _ in range(rounds):
            work = {
                "naive": lambda: naive(folder / "naive.db", 2 * number, "DELETE"),
                "naive WAL": lambda: naive(folder / "wal.db", 2 * number, "WAL"),
                "persist-queue": lambda: persist_queue(folder, 2 * number),
                "litequeue": lambda: lite_queue(folder / "lite.db", number),
                "append": lambda: append(log, number),
                "read": lambda: read(log, number),
            }
            if kafka:
                work |= {
                    "kafka append": lambda: append(kafka[0], number),
                    "confluent append": lambda: confluent_append(kafka[1], number),
                    "kafka read": lambda: read(kafka[0], number),
                    "confluent read": lambda: confluent_read(kafka[1], number),
                }
            for what, measure in work.items():
                found[what].append(measure())
        rows = ratios({what: statistics.median(all_) for what, all_ in found.items()})
        idle = idle_cpu(log, 5.0)
        rows.append(row("idle reader, cores", idle, most=0.01))
        logs = {"": log} | ({" on kafka": kafka[0]} if kafka else {})
        for what, one in logs.items():
            part, per_story = share_of_stream(one, folder, encoder)
            rows.append(row(f"stream's share of the CPU of a story{what}", part, 0.05))
            rows.append(row(f"CPU of a story{what}, s", per_story))
        log.close()
    for one in rows:
        print(json.dumps(one) if args.json else "  ".join(map(str, one.values())))


def ratios(middle):
    """Return a row for each pair that was measured."""
    return [
        {
            "name": f"{what} / {other}",
            "value": round(middle[what]),
            "against": round(middle[other]),
            "unit": "messages/s",
            "ratio": round(middle[what] / middle[other], 2),
            "goal": goal and f">= {goal}",
            "met": goal and middle[what] / middle[other] >= goal,
        }
        for what, other, goal in GOALS
        if what in middle and other in middle
    ]


def row(name, value, most=None):
    """Return a row for a single number."""
    goal = most and f"<= {most}"
    return {"name": name, "value": round(value, 4), "goal": goal} | {
        "met": most and value <= most
    }


if __name__ == "__main__":
    main()
