"""The log's speed, against the naive way and against Kafka, in one run.

    KAFKA_HOME=... python bench/stream.py [--quick] [--json] [--folder DIR]

Messages of 5 kB. Five interleaved rounds (two with --quick), medians and ratios. The
naive way is a SQLite table in WAL with fsync and one row a commit. Kafka runs only
where KAFKA_HOME names one; each batch is awaited on both sides, and Kafka acknowledges
before its fsync. Files are made in --folder: name a real disk, not a tmpfs.
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
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from deploy.stream.embedded import EmbeddedLog
from deploy.stream.log import EVENTS, Message

VALUE = b"x" * 5_000
BATCH = 100


def batches(count):
    """Return batches of messages."""
    return [
        [Message(key=f"{b}-{i}", value=VALUE) for i in range(BATCH)]
        for b in range(count)
    ]


def publish_rate(log, count):
    """Return messages a second, each batch durable before the next."""
    work = batches(count)
    begin = time.perf_counter()
    for batch in work:
        log.publish(EVENTS, batch)
    return count * BATCH / (time.perf_counter() - begin)


def read_rate(log, count, group):
    """Return messages a second of a group that commits each batch."""
    consumer = log.consumer(group, EVENTS)
    begin, done = time.perf_counter(), 0
    while done < count * BATCH:
        rows = consumer.poll(BATCH, 1.0)
        done += len(rows)
        consumer.commit({0: rows[-1].offset + 1})
    return done / (time.perf_counter() - begin)


def naive_rate(path, count):
    """Return messages a second of one row a commit."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS queue (id INTEGER PRIMARY KEY, value BLOB)")
    begin = time.perf_counter()
    for _ in range(count):
        with db:
            db.execute("INSERT INTO queue (value) VALUES (?)", (VALUE,))
    rate = count / (time.perf_counter() - begin)
    db.close()
    return rate


def idle_cpu(log, seconds):
    """Return the share of a core that a waiting reader uses."""
    consumer = log.consumer("idle", EVENTS)
    consumer.seek(0, log.count(EVENTS))
    begin, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - begin < seconds:
        consumer.poll(1, 0.5)
    return (time.process_time() - cpu) / (time.perf_counter() - begin)


def kafka_log(folder, stack):
    """Return a log on a broker of our own; None without KAFKA_HOME."""
    from tests.broker import Broker, libs

    try:
        libs()
    except BaseException:  # noqa: BLE001  (pytest's skip)
        return None
    from deploy.stream.kafka import KafkaLog
    from deploy.stream.kafka_address import KafkaAddress

    broker = Broker(folder / "kafka", folder / "cache").start()
    stack.callback(broker.stop, signal.SIGKILL)
    log = KafkaLog(KafkaAddress(brokers=broker.bootstrap))
    stack.callback(log.close)
    return log


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    rounds, count = (2, 20) if args.quick else (5, 50)
    found = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=args.folder) as name, ExitStack() as stack:
        folder = Path(name)
        log, kafka = EmbeddedLog(folder / "log.db"), kafka_log(folder, stack)
        for number in range(rounds):
            found["naive"].append(naive_rate(folder / "naive.db", 2 * count))
            found["append"].append(publish_rate(log, count))
            found["read"].append(read_rate(log, count, f"g{number}"))
            if kafka:
                found["kafka"].append(publish_rate(kafka, count))
        idle = idle_cpu(log, 5.0)
        log.close()
    middle = {name: statistics.median(values) for name, values in found.items()}
    rows = [
        ("append, batches of 100", "append", "naive", 30.0),
        ("append, batches of 100", "append", "kafka", 0.5),
        ("read and commit", "read", "append", 2.0),
    ]
    out = [
        {
            "name": text,
            "value": round(middle[one]),
            "unit": "messages/s",
            "against": other,
            "ratio": round(middle[one] / middle[other], 2),
            "goal": goal,
            "met": middle[one] / middle[other] >= goal,
        }
        for text, one, other, goal in rows
        if other in middle
    ]
    share = {"name": "idle reader", "value": round(idle, 4), "unit": "cores"}
    out.append(share | {"against": "", "ratio": None, "goal": 0.01, "met": idle < 0.01})
    for row in out:
        print(json.dumps(row) if args.json else "  ".join(map(str, row.values())))


if __name__ == "__main__":
    main()
