"""kill -9 of `samestory run`: nothing is lost, nothing is there twice."""

import json
import os
import random
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.processes import kill_at, start, wait_for
from tests.product import LOCAL, Run
from tests.publishers import led, publishing, rss

pytestmark = [pytest.mark.model, pytest.mark.slow]
SEED = 20260310


def test_a_run_killed_at_three_random_moments_has_the_same_stories(
    news, newsroom, tmp_path
):
    """Started again each time; supervisor alone or with all its workers.

    Three lives of up to seven seconds, and one to the end; `make campaign` is the
    long form.
    """
    rng = random.Random(SEED)
    arguments = ("run", "--feeds", newsroom.opml_url, "--until-idle", *LOCAL)
    for number in range(3):
        kill_at(tmp_path, rng.uniform(0.7, 7), *arguments, whole_group=number % 2 == 0)
    run = Run(tmp_path)
    run(*arguments)
    kept = ("story_id", "version", "url", "outlet", "title", "published", "text_from")
    found, expected = (
        [{name: s[name] for name in kept} for s in one.rows("stories")]
        for one in (run, news)
    )
    assert found == expected
    (status,) = run.rows("status")
    assert status["lag"]["index"]["behind"] == status["lag"]["embed"]["behind"] == 0
    assert status["quarantine"]["total"] == 0


def test_an_import_killed_on_the_way_gives_the_same_events(news, tmp_path):
    """One file in a fixed order, one partition: the same events, story by story.

    Three lives of up to three seconds, and one to the end.
    """
    rows = [
        {name: s[name] for name in ("url", "title", "text", "published", "outlet")}
        for s in news.rows("stories")[:60]
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    calm = Run(tmp_path / "calm")
    calm("import", str(file))
    rough = Run(tmp_path / "rough")
    rough.process("import", str(file), "--no-wait")
    rng = random.Random(SEED)
    for number in range(3):
        kill_at(
            rough.state,
            rng.uniform(0.8, 3),
            *("import", "/dev/null"),
            whole_group=number % 2 == 0,
        )
    assert rough.process("import", str(file))[0] == "0 new, 60 known, 0 refused\n"

    def events(run):
        return {s["story_id"]: s["event_id"] for s in run.rows("stories")}

    assert events(rough) == events(calm)
    assert len(events(calm)) == 60


def test_workers_leave_when_their_supervisor_is_killed(newsroom, tmp_path):
    """Nothing goes on in the background that nobody knows of."""
    process = start(tmp_path, "run", "--feeds", newsroom.opml_url, *LOCAL)
    run = Run(tmp_path)

    def workers():
        (status,) = run.rows("status")
        return [pid for pid in status["workers"].values() if pid]

    wait_for(lambda: (tmp_path / "log.db").exists() and len(workers()) == 3)
    process.kill()
    process.wait()
    wait_for(lambda: workers() == [])


def test_a_worker_killed_while_feeds_wait_for_a_redirects_host_goes_on_there(tmp_path):
    """The hosts that redirect are asked once, the one that they lead to in turns."""

    def waiting():
        with closing(sqlite3.connect(tmp_path / "frontier.db")) as db:
            return db.execute("SELECT url FROM redirects").fetchall()

    def polled():
        return [feed["polls"] for feed in Run(tmp_path).rows("feeds", "list")]

    with publishing() as world:
        target = world.add(lambda *_: (200, {}, rss()))
        feeds = [led(world, [302], end=f"{target}/{n}") for n in range(2)]
        worker = ("ingest", *(word for feed in feeds for word in ("--feed", feed)))
        worker += ("--allow-network", "127.0.0.0/8", "--host-spacing")
        first = start(tmp_path, *worker, "3600")
        wait_for(lambda: len(world.asked(target)) == 1 and len(waiting()) == 1)
        wait_for(lambda: sorted(polled()) == [0, 1])
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        second = start(tmp_path, *worker, "0")
        wait_for(lambda: len(world.asked(target)) == 2)
        wait_for(lambda: polled() == [1, 1])
        second.terminate()
        assert second.wait(90) == 0
    assert [len(world.asked(feed)) for feed in feeds] == [1, 1]
    assert waiting() == []


def test_sigterm_stops_everything_with_exit_0(newsroom, tmp_path):
    """Gracefully: the next run finds a whole state."""
    process = start(tmp_path, "run", "--feeds", newsroom.opml_url, *LOCAL)
    wait_for((tmp_path / "frontier.db").exists)
    process.terminate()
    assert process.wait(90) == 0


def test_a_second_worker_on_the_same_state_is_refused_by_name(newsroom, tmp_path):
    """It says which process holds the state, and what to do."""
    first = start(tmp_path, "run", "--feeds", newsroom.opml_url, *LOCAL)
    try:
        wait_for((tmp_path / "ingest.lock").exists)
        _, said = Run(tmp_path)("ingest", expect=2)
        assert "ingest already runs on" in said
        assert "stop it, or use another --state" in said
    finally:
        first.terminate()
        first.wait(90)
