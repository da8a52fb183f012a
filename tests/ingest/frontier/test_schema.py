"""Frontiers of before are taken over; what is none is refused."""

import json
import sqlite3
from dataclasses import asdict

import pytest

from samestory.database import connect, damage_of
from samestory.errors import Misconfigured
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.opml import (
    checked_ref,
)
from samestory.ingest.frontier.feed_table import FEEDS, FEEDS_DUE
from samestory.ingest.frontier.forgotten import FORGOTTEN
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.host_waits import HOSTS
from samestory.ingest.frontier.listed import LISTED
from samestory.ingest.frontier.moves import MOVES
from samestory.ingest.frontier.own_sites import OWN_SITES
from samestory.ingest.frontier.schema import _STORIES_4
from samestory.ingest.frontier.sightings import SIGHTINGS
from samestory.ingest.frontier.story_table import STORIES_DUE
from tests.ingest.polls import FEED, entry, publish


def test_a_file_of_a_newer_schema_or_no_database_is_refused(tmp_path):
    """Says what it found and what to do."""
    path = tmp_path / "f.db"
    frontier = Frontier(path)
    frontier._db.execute("PRAGMA user_version = 9")
    frontier.close()
    with pytest.raises(Misconfigured, match="schema 9, this samestory knows 5"):
        Frontier(path)
    (tmp_path / "g.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(Misconfigured, match="not a database"):
        Frontier(tmp_path / "g.db")


FIRST = """
CREATE TABLE feeds (
  url TEXT PRIMARY KEY, host TEXT NOT NULL, title TEXT NOT NULL,
  grp TEXT NOT NULL, lang TEXT NOT NULL,
  etag TEXT, last_modified TEXT, body_digest TEXT,
  polled_at REAL, ok_at REAL, due_at REAL NOT NULL, failures INTEGER NOT NULL,
  status TEXT NOT NULL, entries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stories (
  story_id TEXT PRIMARY KEY, feed_url TEXT NOT NULL, host TEXT NOT NULL,
  entry TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL, first_seen REAL NOT NULL, digest TEXT, reason TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX stories_due ON stories (state, host, due_at);
CREATE TABLE sightings (
  feed_url TEXT NOT NULL, identity TEXT NOT NULL, story_id TEXT NOT NULL,
  entry_digest TEXT NOT NULL, PRIMARY KEY (feed_url, identity)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def test_a_frontier_of_before_is_taken_over(tmp_path):
    """As schema 1 was: nothing was forgotten, rows had no checksums."""
    path = tmp_path / "f.db"
    now = Frontier(tmp_path / "now.db")
    now.feeds.add([checked_ref("https://a.org/f", "A", "", "en")])
    expected = now.feeds.all()
    now.close()
    db = sqlite3.connect(path)
    db.executescript(FIRST)
    db.execute("ATTACH ? AS now", (str(tmp_path / "now.db"),))
    columns = [row[1] for row in db.execute("PRAGMA main.table_info(feeds)")]
    said = ("https://a.org/f", "g1", "s-1", "digest of before")
    db.execute("INSERT INTO sightings VALUES (?,?,?,?)", said)
    names = ",".join(columns)
    old = {
        n: v for n, v in asdict(entry()).items() if n not in {"author", "source_url"}
    }
    row = (
        "s-0",
        "https://a.org/f",
        "a.org",
        json.dumps(old),
        "due",
        0,
        0,
        0,
        None,
        None,
    )
    db.execute(f"INSERT INTO stories VALUES ({','.join('?' * len(row))})", row)
    db.execute(f"INSERT INTO feeds SELECT {names} FROM now.feeds")
    db.commit()
    db.close()
    frontier = Frontier(path)
    assert frontier.feeds.all() == expected
    (due,) = frontier.stories.due(0, 9)
    publish(frontier, due)
    assert frontier.stories.due(0, 9) == []
    assert frontier.sightings.of("https://a.org/f", ["g1"])["g1"].entry_digest == ""
    frontier.forget(["s-1"])
    assert frontier.forgotten.among(["s-1", "s-2"]) == {"s-1"}
    frontier.close()
    assert damage_of(path) == []


def test_a_frontier_of_schema_4_keeps_where_its_pages_were_led_to(tmp_path):
    """What it was half-way to is asked there; its published stories stay known."""
    path = tmp_path / "f.db"
    db = connect(path)
    tables = (FEEDS, FEEDS_DUE, MOVES, LISTED, HOSTS, _STORIES_4, STORIES_DUE)
    for table in (*tables, SIGHTINGS, FORGOTTEN, OWN_SITES, "PRAGMA user_version = 4"):
        db.execute(table)
    entry_json = json.dumps(asdict(entry()))
    for state, story_id, at in [
        ("due", "s-1", "https://m.a.org/1"),
        ("published", "s-2", "https://m.a.org/2"),
        ("published", "s-3", ""),
    ]:
        told = '["One", ["m"], 2, "page"]' if state == "published" else ""
        db.execute(
            "INSERT INTO stories (story_id, feed_url, host, entry, state, due_at,"
            " tries, first_seen, page_url, told) VALUES (?,?,'m.a.org',?,?,9,1,7,?,?)",
            (story_id, FEED, entry_json, state, at, told),
        )
    db.commit()
    db.close()
    frontier = Frontier(path)
    stories = {one: frontier.stories.get(one) for one in ("s-1", "s-2", "s-3")}
    assert [due.page_url for due in frontier.stories.due(9, 9)] == ["https://m.a.org/1"]
    assert {one: story.page_url for one, story in stories.items()} == {
        "s-1": "https://m.a.org/1",
        "s-2": "https://m.a.org/2",
        "s-3": "",
    }
    assert frontier.stories.counts() == {"due": 1, "published": 2, "refused": 0}
    assert frontier.redirects.of(["s-1"])["s-1"].hops == 1
    last = LastVersion(title="One", marks=("m",), futile_reads=2, text_from="page")
    assert [one.last_version for one in stories.values()] == [None, last, last]
    frontier.close()
    assert damage_of(path) == []
