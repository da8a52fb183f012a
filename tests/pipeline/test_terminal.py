"""What a person has at a terminal: a board while all runs, a pager, links, near misses."""

import json
import re
import time

import pytest

from samestory.deploy.newsroom.outlets import OUTLETS
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from tests.processes import wait_for
from tests.product import LOCAL, Run
from tests.terminal import CTRL_C, Terminal

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _own_listing(tmp_path, monkeypatch):
    """Let each test print its own last list."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_run_shows_a_board_until_ctrl_c(newsroom, tmp_path):
    """Feeds, what waits, newest events; then one word that nothing is lost.

    Two runs with all their workers: some 15 s.
    """
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    urls = (newsroom.feed_url(outlet) for outlet in OUTLETS[:3])
    feeds = (*(part for url in urls for part in ("--feed", url)), *LOCAL)
    frontier = Frontier(state / "frontier.db")
    frontier.host_waits.keep(
        "slow.example", time.time() + 7_300, "429 Too Many Requests"
    )
    frontier.feeds.add([FeedRef(url="http://127.0.0.1:9/rss")])  # nobody listens
    frontier.close()
    terminal = Terminal(state, "run", *feeds, "--poll-interval", "5")
    many = r"events   \d+, [1-9]\d* told by two voices or more"
    wait_for(lambda: re.search(many, terminal.text), alive=terminal.process)
    wait_for(lambda: "fails    http://127.0.0.1:9/rss: " in terminal.text)
    assert re.search(r"feeds    \d of 4 answer, 1 fail", terminal.text)
    waits = "waiting  slow.example asked not to be asked for another 2 h 0[12] min: 429"
    assert re.search(waits, terminal.text)
    assert re.search(r"stories  \d+, \d+ to embed, \d+ to group", terminal.text)
    last = terminal.text.split("samestory runs on ")[-1].splitlines()
    assert len(last) <= 23
    assert max(map(len, last[:-1])) <= 80
    hides, shows = terminal.raw.rfind("\x1b[?25l"), terminal.raw.rfind("\x1b[?25h")
    assert hides < shows  # the cursor is there, whatever kills us
    terminal.press(CTRL_C)
    assert terminal.wait() == 0
    assert terminal.text.rstrip().endswith(
        "stopped, nothing is lost: `samestory run` goes on from here"
    )
    assert "semaphore" not in terminal.text
    assert "Traceback" not in terminal.text
    again = Terminal(state, "run", "--until-idle", *LOCAL)
    assert again.wait() == 0
    assert "not as in the last run: --poll-interval 5.0 (now 600.0)" in again.text
    assert Run(state).rows("status")[0]["index"]["stories"] > 20


def test_what_is_longer_than_the_terminal_goes_to_the_pager(news, tmp_path):
    """The one of $PAGER; what fits, or is asked for as JSON, is printed."""
    seen = tmp_path / "seen"
    pager = f"tee {seen}"
    long = Terminal(news.state, "events", "--all", PAGER=pager)
    assert long.wait() == 0
    count = len(news.rows("events"))
    assert len(seen.read_text().splitlines()) == 2 * count
    seen.unlink()
    for arguments in (("events", "--limit", "2"), ("events", "--json", "--limit", "1")):
        assert Terminal(news.state, *arguments, PAGER=pager).wait() == 0
    assert not seen.exists()
    plain = Terminal(news.state, "events", "--all", PAGER="")
    assert plain.wait() == 0
    assert len(plain.text.splitlines()) == 2 * count


def test_who_leaves_the_pager_early_has_read_enough(news):
    """No error, and what failed before still says so."""
    assert Terminal(news.state, "events", "--all", PAGER="head -1").wait() == 0
    gone = Terminal(news.state, "event", "e-00000000", PAGER="head -1")
    assert gone.wait() == 2
    assert "samestory: " in gone.text


def test_an_event_has_links_that_can_be_read_and_clicked(news):
    """OSC 8, with the same address as the text."""
    url = news.rows("events", "--limit", "1")[0]["reports"][0]["url"]
    terminal = Terminal(
        news.state, "event", url, size=(500, 200), TERM="xterm-256color"
    )
    assert terminal.wait() == 0
    assert url in terminal.text
    assert re.search(rf"\x1b\]8;[^;]*;{re.escape(url)}\x1b\\", terminal.raw)
    dumb = Terminal(news.state, "event", url, TERM="dumb", PAGER="an 'open mark")
    assert dumb.wait() == 0
    assert url in dumb.raw
    assert "\x1b" not in dumb.raw


def test_an_event_names_what_it_nearly_was(tmp_path):
    """From both sides, with what kept them apart and the command that joins them."""
    run = Run(tmp_path / "state")
    at = "2024-04-03T0{}:00:00+00:00"
    said = (
        "{0} expels five {1} envoys. {0} said on Wednesday that the {1} envoys spied."
    )
    texts = [said.format("Velund", "Kesmark"), said.format("Kesmark", "Velund")]
    rows = [
        {"title": t[:29], "text": t, "outlet": f"{n}.org", "published": at.format(n)}
        for n, t in enumerate(texts)
    ]
    run("import", "-", stdin="".join(json.dumps(row) + "\n" for row in rows))
    first, second = run.rows("events", "--sort", "oldest")
    (one,), (other,) = (run.rows("event", e["event_id"]) for e in (first, second))
    for here, there in ((one, second), (other, first)):
        (missed,) = here["near_misses"]
        assert missed["event_id"] == there["event_id"]
        assert missed["probability"] >= 0.05
        assert missed["veto"].startswith("roles reversed: ")
    out, _ = run("event", first["event_id"])
    joins = f"samestory same {first['event_id'][:10]} {second['event_id'][:10]}"
    assert f"kept apart; this joins them:\n  {second['title']}" in out
    assert joins in " ".join(out.split())
    run(*joins.split()[1:])
    (joined,) = run.rows("events")
    assert run.rows("event", joined["event_id"])[0]["near_misses"] == []
