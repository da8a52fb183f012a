"""Feeds as an operator keeps them: found, listed, followed, shared, behind a login."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from samestory.deploy.config import Settings
from samestory.deploy.feedlists import FeedLists
from samestory.ingest.frontier.frontier import Frontier
from tests.conftest import serve
from tests.processes import wait_for
from tests.product import LOCAL, Run
from tests.publishers import publishing

pytestmark = pytest.mark.slow
ITEM = "<item><title>Talks go on in Rome</title><link>/a/1</link></item>"
FEED = (
    f"<rss version='2.0'><channel><title>A News</title>{ITEM}</channel></rss>".encode()
)
PAGE = b"""<html><head><title>A News</title>
<link rel=alternate type=application/rss+xml title=Comments href=/comments>
<link rel=alternate type=application/rss+xml title=World href=/world></head></html>"""


def test_the_feed_of_a_site_is_found_and_others_are_named(tmp_path):
    """Linked, in a usual place, itself; a page without one is not added."""

    def answer(path, _):
        table = {"/": PAGE, "/world": FEED, "/comments": FEED, "/bare": b"<html>x"}
        return (200 if path in table else 404), {}, table.get(path, b"")

    run = Run(tmp_path)
    with serve(answer) as base:
        out, said = run("feeds", "add", f"{base}/", *LOCAL)
        assert "1 added" in out
        assert f"found {base}/world" in said
        assert f"also there: {base}/comments (Comments)" in said
        assert "0 added, 1 known" in run("feeds", "add", f"{base}/world", *LOCAL)[0]
        _, said = run("feeds", "add", f"{base}/bare", *LOCAL, expect=1)
        assert "no feed there: it is a page that names none" in said
    assert [row["title"] for row in run.rows("feeds", "list")] == ["A News"]
    _, said = run("feeds", "add", f"{base}/gone", *LOCAL)
    assert "not read yet" in said
    assert "1 added" in run("feeds", "add", "https://x.invalid/f", "--as-is")[0]


def test_a_site_without_links_is_looked_at_in_the_usual_places(tmp_path):
    """WordPress and others keep their feed at /feed."""
    table = {"/": b"<html>welcome</html>", "/feed": FEED}

    def answer(path, _):
        return (200 if path in table else 404), {}, table.get(path, b"")

    with serve(answer) as base:
        (row,) = Run(tmp_path).rows("feeds", "add", base, *LOCAL)
    assert row["feeds"] == [f"{base}/feed"]


def start(run: Run, *options: str):
    """Start `samestory ingest` in the background."""
    command = [
        sys.executable,
        "-m",
        "samestory.deploy.cli",
        "ingest",
        "--state",
        str(run.state),
    ]
    return subprocess.Popen(
        [*command, *options, *LOCAL],
        stderr=subprocess.PIPE,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )


def stop(process) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    process.stderr.close()


def known(run: Run) -> dict[str, str]:
    """Return each feed's outcome by URL, as the frontier has it."""
    try:
        db = sqlite3.connect(f"file:{run.state}/frontier.db?mode=ro", uri=True)
        rows = db.execute("SELECT url, status FROM feeds").fetchall()
        db.close()
    except sqlite3.Error:
        return {}
    return dict(rows)


def test_a_running_worker_follows_its_list_and_what_is_added_by_hand(tmp_path):
    """Added to the file: polled; taken out: gone; broken: nothing changes."""
    run, listed = Run(tmp_path / "state"), tmp_path / "feeds.txt"
    with publishing() as world:
        one, two, three = (world.add(lambda *_: (200, {}, FEED)) for _ in range(3))
        listed.write_text(f"{one}/f\n")
        worker = start(run, "--feeds", str(listed))
        try:
            wait_for(lambda: "1 new" in known(run).get(f"{one}/f", ""), alive=worker)
            run("feeds", "add", f"{three}/f", "--as-is")
            wait_for(lambda: "1 new" in known(run).get(f"{three}/f", ""), alive=worker)
            replaced = tmp_path / "new.txt"
            replaced.write_text(f"{two}/f\n")
            replaced.replace(listed)
            wait_for(lambda: "1 new" in known(run).get(f"{two}/f", ""), alive=worker)
            assert set(known(run)) == {f"{two}/f", f"{three}/f"}
            listed.write_text("<opml><body>")
            seen = []
            while "the feeds stay as they are" not in "".join(seen):
                seen.append(worker.stderr.readline().decode())
            assert set(known(run)) == {f"{two}/f", f"{three}/f"}
        finally:
            stop(worker)


def test_a_worker_without_lists_leaves_those_of_its_supervisor_alone(tmp_path):
    """`samestory run --feeds FILE` follows the file; its ingest worker is given none."""
    listed, settings = tmp_path / "feeds.txt", Settings(state=str(tmp_path))
    listed.write_text("https://a.org/f\nhttps://b.org/f\n")
    frontier = Frontier(tmp_path / "frontier.db")
    FeedLists(frontier, settings, lists=[str(listed)])
    FeedLists(frontier, settings)
    listed.write_text("https://b.org/f\n")
    FeedLists(frontier, settings, lists=[str(listed)])
    assert [feed.url for feed in frontier.feeds.all()] == ["https://b.org/f"]
    frontier.close()


def test_shards_share_the_feeds_and_a_restart_keeps_a_retry_after(tmp_path):
    """Two workers, each feed asked once; who asked to wait is not asked again."""
    with publishing() as world:
        bases = [world.add(lambda *_: (200, {}, FEED)) for _ in range(12)]
        asks = world.add(lambda *_: (429, {"Retry-After": "3600"}, b""))
        listed = tmp_path / "feeds.txt"
        listed.write_text("".join(f"{base}/f\n" for base in [*bases, asks]))
        runs = [Run(tmp_path / str(number)) for number in (1, 2)]
        shards = [
            start(run, "--feeds", str(listed), "--shard", f"{number}/2")
            for number, run in enumerate(runs, 1)
        ]
        for run, worker in zip(runs, shards, strict=True):
            wait_for(
                lambda run=run: (
                    len(known(run)) == 13 and "never polled" not in known(run).values()
                ),
                alive=worker,
            )
            stop(worker)
        for base in [*bases, asks]:
            assert len(world.asked(base, "/f")) == 1
        owner = next(r for r in runs if "429" in known(r)[f"{asks}/f"])
        number = runs.index(owner) + 1
        run_again = start(owner, "--shard", f"{number}/2", "--feed", f"{asks}/g")
        wait_for(
            lambda: "not asked" in known(owner).get(f"{asks}/g", ""), alive=run_again
        )
        stop(run_again)
        assert len(world.asked(asks)) == 1


def test_headers_for_a_feed_behind_a_login_come_from_file_and_environment(
    tmp_path, monkeypatch
):
    """Sent to that feed; a variable that is not set is named."""
    seen = []

    def answer(_, headers):
        seen.append(headers.get("Authorization"))
        return 200, {}, FEED

    file = tmp_path / "headers.toml"
    with serve(answer) as base:
        file.write_text(f'["{base}/paid"]\nAuthorization = "Bearer $PAID_TOKEN"\n')
        run, options = Run(tmp_path / "s"), ("--feed-headers", str(file), *LOCAL)
        _, said = run("feeds", "add", f"{base}/paid", *options, expect=2)
        assert "'PAID_TOKEN' is not set" in said
        monkeypatch.setenv("PAID_TOKEN", "x1")
        run("feeds", "add", f"{base}/paid", f"{base}/free", *options)
    assert seen == ["Bearer x1", None]
    _, said = run("feeds", "add", "https://me:secret@a.org/f", expect=2)
    assert "--feed-headers file" in said
    assert "secret" not in said


def test_tokens_of_feeds_are_seen_in_the_export_alone(tmp_path):
    """Lists, errors and rows for scripts hide them; the masked form names the feed."""
    run = Run(tmp_path)
    urls = [f"http://127.0.0.1:9/{name}?token=hidden{name}" for name in "abc"]
    run("feeds", "add", "--as-is", *urls)
    shown = [row["url"] for row in run.rows("feeds", "list")]
    assert shown == [f"http://127.0.0.1:9/{name}?token=***" for name in "abc"]
    told = run("feeds", "list")
    assert "hidden" not in "".join(told)
    assert "token=***" in told[0]
    checked = run("feeds", "check", "--host-spacing", "0", expect=1)
    assert "token=***" in checked[0]
    assert "hidden" not in "".join(checked)
    assert all(url in run("feeds", "export")[0] for url in urls)
    assert "1 removed" in run("feeds", "remove", shown[0])[0]
    assert "1 removed" in run("feeds", "remove", urls[1])[0]
    assert [row["url"] for row in run.rows("feeds", "list")] == shown[2:]
    run("feeds", "add", "--as-is", urls[2].replace("hidden", "other"))
    _, said = run("feeds", "remove", shown[2], expect=2)
    assert "2 feeds are shown so" in said


def test_tokens_of_feeds_are_in_no_line_of_a_workers_log():
    """Nor is a page's, nor a proxy's password."""
    lines = (
        "import logging; from samestory.deploy.config import Settings;"
        "from samestory.deploy.process import log_to_stderr; log_to_stderr(Settings());"
        "logging.getLogger('samestory').info('feed %s: 503', 'https://a.org/?key=hidden')"
    )
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    assert done.stderr.endswith("INFO feed https://a.org/?key=***: 503\n")
