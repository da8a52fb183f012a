"""`samestory follow`: topic `events` as JSON lines, from any place on."""

import json
import signal

import pytest

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
    some = news.rows_of("follow", "--from", "0:7", "--once")
    assert some == every[7:]
    out, _ = news("follow", "--once", expect=1)
    assert out == ""


@pytest.mark.parametrize("place", ["yesterday", "4:1", "-3"])
def test_a_place_that_is_none_is_named(news, place):
    """With those that there are."""
    _, said = news("follow", f"--from={place}", "--once", expect=2)
    assert place in said


def test_it_goes_on_until_it_is_stopped(tmp_path):
    """A story that comes meanwhile is told; Ctrl-C ends it."""
    run = Run(tmp_path / "state")
    run("import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."}))
    with (tmp_path / "said").open("w") as said:
        process = start(run.state, "follow", "--from", "beginning", stdout=said)
        wait_for(lambda: (tmp_path / "said").read_text().count("\n") == 1)
        run("import", "-", stdin=json.dumps({"text": "A dam burst near Usk."}))
        wait_for(lambda: (tmp_path / "said").read_text().count("\n") == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    rows = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    assert [row["reason"] for row in rows] == ["created", "created"]
