"""The whole product over a real Apache Kafka."""

import json
import signal
import uuid
from functools import partial

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.log import JOURNAL, Message
from tests.broker import Broker
from tests.processes import has_state, start, stories_in, wait_for
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.kafka, pytest.mark.model, pytest.mark.slow]


def test_a_run_over_kafka_brings_the_same_stories(
    news, newsroom, broker, tmp_path, monkeypatch
):
    """Six partitions instead of one: the same stories in as many events."""
    run = Run(tmp_path)
    monkeypatch.setenv("SAMESTORY_KAFKA_PREFIX", f"t{uuid.uuid4().hex[:8]}.")
    there = ("--brokers", broker.bootstrap)
    run("run", "--feeds", newsroom.opml_url, "--until-idle", *LOCAL, *there)
    kept = ("story_id", "version", "url", "outlet", "title", "published", "text_from")
    found, expected = (
        [{name: story[name] for name in kept} for story in one.rows("stories")]
        for one in (run, news)
    )
    assert found == expected
    (status,) = run.rows("status", *there)
    assert status["lag"]["embed"]["behind"] == status["lag"]["index"]["behind"] == 0
    assert status["quarantine"]["total"] == 0
    assert not (tmp_path / "log.db").exists()


def test_a_recorded_journal_gives_the_same_digest_on_both_logs(news, broker, tmp_path):
    """Published in order to two empty logs, indexed by the real worker."""
    recorded = EmbeddedLog(news.state / "log.db")
    journal = recorded.read(JOURNAL, 0, 0, 100_000)
    recorded.close()
    messages = [Message(key=r.key, value=r.value) for r in journal]
    prefix = f"t{uuid.uuid4().hex[:8]}."
    address = KafkaAddress(brokers=broker.bootstrap, prefix=prefix)
    there = ("--brokers", broker.bootstrap)
    digests = [news.rows("digest")[0]["digest"]]
    for name, log, options in (
        ("embedded", EmbeddedLog(tmp_path / "embedded" / "log.db"), ()),
        ("kafka", KafkaLog(address), there),
    ):
        log.publish(JOURNAL, messages)
        log.close()
        run = Run(tmp_path / name)
        process = start(run.state, "index", *options, prefix=prefix)
        wait_for(partial(has_state, run.state))
        wait_for(lambda r=run: r.rows("digest")[0]["position"] == len(messages))
        process.terminate()
        assert process.wait(90) == 0
        digests.append(run.rows("digest")[0]["digest"])
    assert len(set(digests)) == 1, digests


def test_what_is_forgotten_is_in_no_state_and_in_no_replay(
    broker, tmp_path, monkeypatch
):
    """Nor is what corrections said of it; that the topics still hold it is told."""
    run = Run(tmp_path / "state")
    monkeypatch.setenv("SAMESTORY_KAFKA_PREFIX", f"t{uuid.uuid4().hex[:8]}.")
    there = ("--brokers", broker.bootstrap)
    texts = ["Quzzar of Bolvik spoke.", "Herons nest on the Vilmar lighthouse."]
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    run("import", "-", *there, stdin=lines)
    a, b = sorted(run.rows("stories"), key=lambda s: s["text"], reverse=True)
    ids = a["story_id"], b["story_id"]
    (told,) = run.rows("same", *ids, "--why", "Quzzar is in both", *there)
    run("undo", told["id"], "--why", "no Quzzar there", *there)
    _, said = run("forget", a["story_id"], "--yes", *there)
    assert "in Kafka's topics the bytes of stories, and of reasons" in said
    (again,) = run.rows("replay", "--into", str(tmp_path / "again"), *there)
    assert again["digest"] == run.rows("digest")[0]["digest"]
    held = run.rows("corrections", "list")
    assert [(one["status"], one["why"]) for one in held] == [("forgotten", "")] * 2
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [one for one in files if b"Quzzar" in one.read_bytes()] == []


def test_without_a_broker_a_command_says_so_and_gives_up_when_told(tmp_path):
    """Exit 3, the address and what may be wrong."""
    there = ("--brokers", "127.0.0.1:9", "--wait", "0")
    _, said = Run(tmp_path)("import", "/dev/null", *there, expect=3)
    assert "cannot reach kafka at 127.0.0.1:9" in said
    assert "Connection refused" in said
    assert "Traceback" not in said


def test_a_broker_killed_and_restarted_on_the_way_loses_nothing(tmp_path):
    """kill -9 in the middle of an import; it ends with every story, once.

    A broker of its own starts twice, and clients wait for it in between.
    """
    broker = Broker(tmp_path / "node").start()
    state, file = tmp_path / "state", tmp_path / "in.jsonl"
    rows = [json.dumps({"text": f"Report number {n}."}) for n in range(120)]
    file.write_text("\n".join(rows))
    there = ("--brokers", broker.bootstrap)
    run = Run(state)
    try:
        process = start(state, "import", str(file), *there)
        wait_for(partial(has_state, state))
        wait_for(lambda: stories_in(run.state) > 0)
        broker.stop(signal.SIGKILL)
        broker.start()
        assert process.wait(180) == 0
        assert len(run.rows("stories")) == 120
        out, _ = run("import", str(file), *there)
        assert out == "0 new, 120 known, 0 refused\n"
    finally:
        broker.stop(signal.SIGKILL)


def test_a_broker_that_comes_back_empty_is_noticed_and_named(tmp_path):
    """The state's position counts in another journal: exit 2, never on in silence."""
    broker = Broker(tmp_path / "node").start()
    run, there = Run(tmp_path / "state"), ("--brokers", broker.bootstrap)
    try:
        run("import", "-", *there, stdin=json.dumps({"text": "One."}))
        broker.stop(signal.SIGKILL)
        broker.wipe()
        broker.start()
        _, said = run("import", "-", *there, stdin=json.dumps({"text": "B."}), expect=2)
        assert "the log was made anew or is another" in said
    finally:
        broker.stop(signal.SIGKILL)
