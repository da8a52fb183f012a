"""`samestory follow`: topic `events` as JSON lines, from any place on."""

import json
import signal
from contextlib import closing

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import EVENTS, Message
from tests.processes import start, wait_for
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def test_what_became_of_events_is_printed_from_any_place_on(news):
    """From the beginning, from an offset, and nothing of before now."""
    every = news.rows_of("follow", "--from", "beginning", "--once")
    offsets = [row["offset"] for row in every]
    assert offsets == list(range(len(every)))
    last = {row["event_id"]: row for row in every if row["members"]}
    for event in news.rows("events"):
        told = last[event["event_id"]]
        assert set(told["members"]) == {one["story_id"] for one in event["reports"]}
        assert sorted(told["voices"]) == sorted(event["voices"])
    some = news.rows_of("follow", "--from", "7", "--once")
    assert some == every[7:]
    out, _ = news("follow", "--once", expect=1)
    assert out == ""


@pytest.mark.parametrize("place", ["yesterday", "0:1", "-3"])
def test_a_place_that_is_none_is_named(news, place):
    """With those that there are."""
    _, said = news("follow", f"--from={place}", "--once", expect=2)
    assert place in said


def test_it_goes_on_until_it_is_stopped(tmp_path, monkeypatch):
    """A story that comes meanwhile is told; Ctrl-C ends it."""
    run = Run(tmp_path / "state")
    run("import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."}))
    with (tmp_path / "said").open("w") as said:
        monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
        process = start(run.state, "follow", "--from", "beginning", stdout=said)
        wait_for(lambda: (tmp_path / "said").read_text().count("\n") == 1)
        run("import", "-", stdin=json.dumps({"text": "A dam burst near Usk."}))
        wait_for(lambda: (tmp_path / "said").read_text().count("\n") == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    rows = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    assert [row["reason"] for row in rows] == ["created", "created"]


def test_what_is_no_message_is_named_and_passed_over(tmp_path):
    """Junk, a list, nothing: the messages behind them are told all the same."""
    run = Run(tmp_path / "state")
    run("import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."}))
    junk = (b"{", b"[1]", b"", b"\xff\xfe", b'{"type": "event"}')
    with closing(EmbeddedLog(run.state / "log.db")) as log:
        log.publish(EVENTS, [Message(key="k", value=value) for value in junk])
    out, said = run("follow", "--from", "1", "--once")
    assert json.loads(out) == {"offset": 5, "type": "event"}
    passed = [line.partition(": passed over: ")[0] for line in said.splitlines()]
    assert passed == ["offset 1", "offset 2", "offset 4"]
