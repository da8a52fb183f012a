"""Topics and positions on Kafka as somebody else left them: refused by name."""

import contextlib
import os
import time
from functools import partial

import pytest

from samestory.deploy.loop import patiently
from samestory.deploy.stream.kafka_client import ConfigResource
from samestory.deploy.stream.kafka_note import Noted
from samestory.deploy.stream.log import EVENTS, JOURNAL, STORIES, TOPICS, ends
from samestory.errors import Misconfigured, Retry
from tests.contracts.kafka_logs import admin, opening
from tests.contracts.records import keys, messages
from tests.product import Run

pytestmark = pytest.mark.kafka
DAY_S = 86_400.0


@pytest.fixture
def opened(broker):
    """Return a function that opens a log with topics of its own."""
    with opening(broker, answer_s=0.5, session_s=3.0) as open_log:
        yield open_log


def add_partitions(broker, topic, number):
    with admin(broker) as client:
        client.create_partitions({topic: number})


def read_until_refused(reader):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(Retry):
            reader.poll(9, 0.3)


def test_a_broker_that_would_remove_what_was_not_read_is_refused_until_it_is_mended(
    broker, opened, tmp_path, monkeypatch
):
    """Exit 2 with what is, what must be, and the command; `--mend` says what it did."""
    opened().close()
    name = opened.prefix + JOURNAL
    values = {"retention.ms": "60000", "cleanup.policy": "compact"}
    with admin(broker) as client:
        client.alter_configs([ConfigResource("TOPIC", name, values)])
    monkeypatch.setitem(os.environ, "SAMESTORY_KAFKA_PREFIX", opened.prefix)
    run, there = Run(tmp_path), ("topics", "--brokers", broker.bootstrap)
    _, said = run(*there, expect=2)
    assert (
        f"topic {name}: retention.ms is 60000, must be -1, cleanup.policy is compact,"
        " must be delete" in said
    )
    assert "`samestory topics --mend` sets it" in said
    assert f"--entity-name {name} --add-config retention.ms=-1,cleanup.p" in said
    _, said = run(*there, "--mend")
    assert said == (
        f"topic {name}: retention.ms was 60000, is -1 now\n"
        f"topic {name}: cleanup.policy was compact, is delete now\n"
    )
    _, said = run(*there)
    assert said == ""


def test_what_no_stage_reads_is_removed_by_the_broker(broker, opened):
    """Events and quarantine by `retention_days`; stories and journal never."""
    opened(retention_s=60.0)
    resources = [ConfigResource("TOPIC", opened.prefix + topic) for topic in TOPICS]
    with admin(broker) as client:
        found = client.describe_configs(resources, config_filter="all")["topic"]
    kept = {
        topic: found[opened.prefix + topic]["retention.ms"]["value"] for topic in TOPICS
    }
    assert kept == {
        STORIES: "-1",
        JOURNAL: "-1",
        EVENTS: "60000",
        "quarantine": "60000",
    }


@pytest.mark.parametrize("days", [-40, 40])
def test_a_clock_that_is_not_the_brokers_removes_nothing(opened, caplog, days):
    """The earlier of the two counts; it is named, once."""
    log = opened(retention_s=DAY_S, clock=lambda: time.time() + days * DAY_S)
    log.publish(JOURNAL, messages("a", "b"))
    log.consumer("index", JOURNAL).commit({0: 2})
    assert [log.trim(), log.trim()] == [0, 0]
    assert len(log.read(JOURNAL, 0, 0, 9)) == 2
    assert caplog.text.count("one of them jumped") == 1


def test_partitions_that_were_added_are_refused_while_running_and_at_the_start(
    broker, opened
):
    """With both numbers; keys stay where they were; who says so goes on with them."""
    log = opened()
    log.publish(STORIES, messages("a"))
    reader = log.consumer("embed", STORIES, "m")
    assert keys(reader, 1) == ["a"]
    reader.commit(dict.fromkeys((p.partition for p in reader._client.assignment()), 0))
    add_partitions(broker, opened.prefix + STORIES, 9)
    numbers = "stories has 9 partitions, had 6: .* set stories_partitions to 9"
    with pytest.raises(Misconfigured, match=numbers):
        read_until_refused(reader)
    with pytest.raises(Misconfigured, match=numbers):
        ends(log, "embed", STORIES)
    log.publish(STORIES, messages(*(str(n) for n in range(60))))
    reader.close()
    again = opened()
    for action in (
        lambda: again.consumer("embed", STORIES, "m"),
        lambda: ends(again, "embed", STORIES),
    ):
        with pytest.raises(Misconfigured, match=numbers):
            action()
    assert [again.read(STORIES, part, 0, 9) for part in (6, 7, 8)] == [[], [], []]
    told = opened(partitions={STORIES: 9})
    told.publish(STORIES, messages(*(f"more {n}" for n in range(60))))
    assert len(keys(told.consumer("embed", STORIES, "m"), 121)) == 121
    assert all(told.read(STORIES, part, 0, 9) for part in (6, 7, 8))


def test_the_journal_has_one_partition_always(broker, opened):
    """It is the order that the index obeys."""
    reader = opened().consumer("index", JOURNAL)
    add_partitions(broker, opened.prefix + JOURNAL, 3)
    with pytest.raises(Misconfigured, match="journal has 3 partitions, had 1"):
        read_until_refused(reader)
    with pytest.raises(Misconfigured, match="has 3 partitions, must have exactly 1"):
        opened()


def test_a_second_index_is_refused_while_the_first_one_lives(opened):
    """By its name; the same one is let in again at once, a dead one's place is free."""
    first = opened(holder="one:/a")
    first.publish(JOURNAL, messages("a", "b"))
    reader = first.consumer("index", JOURNAL)
    reader.commit({0: 1}, {0: "noted"})
    second = opened(holder="two:/b")
    with pytest.raises(Retry, match="was read by the index of one:/a: looking for 1 s"):
        second.consumer("index", JOURNAL)
    reader.poll(1, 0.6)  # long enough for a sign of life
    reader.poll(1, 0.6)
    with pytest.raises(Misconfigured, match="of one:/a: .* `samestory replay --into"):
        second.consumer("index", JOURNAL)
    again = opened(holder="one:/a").consumer("index", JOURNAL)
    assert again.notes() == {0: "noted"}
    third = opened(holder="three:/c")
    found = patiently(partial(third.consumer, "index", JOURNAL), lambda: False)
    assert found.notes() == {0: "noted"}
    for former in (reader, again):  # woke up from its sleep
        with pytest.raises(Misconfigured, match="read by the index of three:/c"):
            read_until_refused(former)
    assert keys(found, 1) == ["b"]


def test_what_was_noted_by_a_samestory_before_is_read():
    """It had a note and the topic's fingerprint, or nothing."""
    assert Noted.read("1-2:0\nc/t") == Noted(note="1-2:0", made="c/t")
    assert Noted.read("") == Noted()
    told = Noted(note="n", made="c/t", partitions=6, holder="host:/a b")
    found = Noted.read(str(told))
    assert found == Noted(
        note="n", made="c/t", partitions=6, beat=found.beat, holder="host:/a b"
    )
    assert len({Noted.read(str(told)).beat for _ in range(9)}) == 9
