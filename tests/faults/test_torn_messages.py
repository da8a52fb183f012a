"""Torn and foreign bytes in every topic: set aside by name, and the rest goes on."""

import json
import random

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import (
    EVENTS,
    JOURNAL,
    QUARANTINE,
    STORIES,
    Message,
    behind,
)
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
SEED = 7
HOSTILE = {
    "attempt": "²",
    "quarantine": "../../etc",
    "published_at": "1e999",
    "é": "\x00",
}


def broken(value: bytes) -> dict[str, bytes]:
    """Return ways in which a message can be no message at all."""
    whole = json.loads(value)
    return {
        "empty": b"",
        "torn": value[: len(value) // 2],
        "null": b"null",
        "list": b"[1, 2]",
        "deep": b"[" * 100_000,
        "number": b'{"type":' + b"9" * 5_000 + b"}",
        "latin": value.replace(b'"', b"\xe9", 3),
        "future": json.dumps(whole | {"version": "3.0"}).encode(),
        "other": json.dumps(whole | {"type": "recipe"}).encode(),
        "nothing": json.dumps({"type": whole["type"], "version": "1.0"}).encode(),
    }


def flipped(value: bytes, rng: random.Random) -> bytes:
    """Return the message with one bit changed; it may still be one."""
    place = rng.randrange(len(value))
    return (
        value[:place]
        + bytes([value[place] ^ 1 << rng.randrange(8)])
        + value[place + 1 :]
    )


def test_torn_messages_are_set_aside_and_the_workers_live(news, tmp_path):
    """Real messages, broken in ten ways and by single bits, with hostile headers."""
    rng = random.Random(SEED)
    recorded = EmbeddedLog(news.state / "log.db")
    log = EmbeddedLog(tmp_path / "log.db")
    expected = set()
    for topic in (STORIES, JOURNAL):
        records = recorded.read(topic, 0, 0, 40)
        for name, value in broken(records[0].value).items():
            expected.add((topic, log.count(topic)))
            log.publish(topic, [Message(key=name, value=value, headers=HOSTILE)])
        bits = [flipped(record.value, rng) for record in records]
        log.publish(topic, [Message(key="bit", value=value) for value in bits])
    for value in (b"", b"\xff\x00"):
        log.publish(QUARANTINE, [Message(key="q-junk", value=value, headers=HOSTILE)])
        log.publish(EVENTS, [Message(key="junk", value=value, headers=HOSTILE)])
    recorded.close()
    run = Run(tmp_path)
    _, said = run.process(
        "import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."})
    )
    assert "ended with code" not in said
    assert "Traceback" not in said
    held = run.rows("quarantine", "list")
    places = {tuple(row["where"].rsplit(":", 2)[::2]) for row in held}
    assert {(topic, str(offset)) for topic, offset in expected} <= places
    assert "Envoys met in Port Callan." in {s["text"] for s in run.rows("stories")}
    assert behind(log, "embed", STORIES) == behind(log, "index", JOURNAL) == 0
    future = [row for row in held if "3.0" in row["reason"]]
    assert {row["stage"] for row in future} == {"embed", "index"}
    run("status")
    for row in held[::8]:
        assert run.rows("quarantine", "show", row["id"])
    log.close()
