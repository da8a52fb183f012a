"""What is due, what is known: the frontier and the plan made from a feed document."""

import json
import sqlite3
from dataclasses import asdict, replace
from functools import partial

import pytest

from samestory.database import connect, damage_of
from samestory.errors import Misconfigured
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import ParsedFeed
from samestory.ingest.feeds.opml import (
    FeedRef,
    checked_ref,
    parse_feedlist,
    to_opml,
)
from samestory.ingest.frontier.feed_table import FEEDS, FEEDS_DUE
from samestory.ingest.frontier.forgotten import FORGOTTEN
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.host_waits import HOSTS
from samestory.ingest.frontier.listed import BY_HAND, LISTED
from samestory.ingest.frontier.moves import MOVES
from samestory.ingest.frontier.own_sites import OWN_SITES
from samestory.ingest.frontier.pending_story import Published
from samestory.ingest.frontier.schema import _STORIES_4
from samestory.ingest.frontier.sightings import SIGHTINGS
from samestory.ingest.frontier.story_table import STORIES_DUE
from samestory.ingest.polling.classification import Outcome
from samestory.ingest.polling.plan import plan_entries
from samestory.urls import story_ids_of
from tests.conftest import make_story
from tests.ingest.polls import FEED, entry, poll
from tests.interleaving import just_before


def publish(frontier, story, title="One", text="Text."):
    """Mark a story as published, as the poller does."""
    url = story.entry.link
    version = LastVersion.of(
        make_story(title=title, text=text, url=url), story.last_version
    )
    frontier.stories.mark_published(
        [Published(story=story, digest="d", reason=None, version=version)]
    )


@pytest.fixture
def frontier(tmp_path):
    found = Frontier(tmp_path / "frontier.db")
    found.feeds.add([FeedRef(url=FEED), FeedRef(url="https://b.org/feed")])
    yield found
    found.close()


def test_a_new_entry_is_due_once_and_known_afterwards(frontier):
    """The second poll of the same document asks for nothing."""
    assert [p.entry.guid for p in poll(frontier, [entry()]).pending] == ["g1"]
    assert [p.entry.guid for p in frontier.stories.due(100, 9)] == ["g1"]
    assert poll(frontier, [entry()]).pending == []


def test_links_and_guids_that_change_at_each_poll_are_one_story(frontier):
    """What is said and when tells it again; it is not read again."""
    first = entry(guid="a", link="https://a.org/1?session=1", published_raw="Monday")
    assert len(poll(frontier, [first]).pending) == 1
    for n in range(2, 5):
        again = replace(first, guid=f"b{n}", link=f"https://a.org/1?session={n}")
        other = replace(again, title="Another", link=f"https://a.org/2?session={n}")
        fresh = [p.entry.title for p in poll(frontier, [again, other]).pending]
        assert fresh == (["Another"] if n == 2 else [])


def test_two_entries_that_say_the_same_are_two_stories_while_both_are_there(frontier):
    """ "Correction" under two links; and a known story is not taken for another."""
    one = entry(guid="", link="https://a.org/1", published_raw="Monday")
    two = replace(one, link="https://a.org/2")
    assert len(poll(frontier, [one]).pending) == 1
    assert len(poll(frontier, [one, two]).pending) == 1
    assert poll(frontier, [one, two]).pending == []


def test_undated_entries_of_one_title_are_stories_of_their_own(frontier):
    """ "Morning briefing", a new link each day."""
    for n in range(3):
        briefing = entry(
            guid="", link=f"https://a.org/{n}", title="Briefing", summary=""
        )
        assert len(poll(frontier, [briefing]).pending) == 1


def test_the_publishers_own_feed_takes_its_story_back(frontier):
    """Whoever told it first, in whatever words; its page is what is read."""
    other = "https://b.org/feed"
    told = entry(title="Lies", content="<p>" + "Lies upon lies. " * 90 + "</p>")
    (first,) = poll(frontier, [told], other).pending
    assert first.host == "a.org"  # not the words of a stranger's feed
    address = story_ids_of("https://a.org/1")[-1]
    assert first.story_id != address  # before its page shows it
    first = frontier.rename(first, address, "https://a.org/1", 100.0)
    publish(frontier, first)
    (own,) = poll(frontier, [entry()]).pending
    assert (own.story_id, own.feed_url) == (address, FEED)
    publish(frontier, frontier.stories.due(100, 9)[0])
    assert poll(frontier, [replace(told, title="More lies")], other).pending == []


def test_a_feed_that_redirects_to_another_takes_no_guid_along(frontier):
    """Or what it told before would be the other's next stories."""
    other = "https://b.org/feed"
    poll(frontier, [entry(guid="post-1", link=None, title="Spam")])
    frontier.moves.see(FEED, other, 100.0)
    frontier.feeds.move(FEED, other)
    (found,) = poll(frontier, [entry(guid="post-1", link=None)], other).pending
    assert found.entry.title == "One"
    assert frontier.stories.get(found.story_id).last_version is None


def test_a_guid_that_is_given_to_another_article_makes_a_story(frontier):
    """Feeds that call their newest entry "1" do not rewrite the one before."""
    first = poll(frontier, [entry(guid="1", published_raw="Monday")]).pending[0]
    second = entry(
        guid="1", link="https://a.org/2", title="Two", published_raw="Tuesday"
    )
    (found,) = poll(frontier, [second]).pending
    assert found.story_id != first.story_id
    assert poll(frontier, [second]).pending == []


def test_a_date_that_changes_at_each_poll_is_read_three_times_in_vain(frontier):
    """An entry that says "now" for ever is not fetched for ever; news still is."""
    read = 0
    for n in range(9):
        for story in poll(frontier, [entry(published_raw=f"at {n}")]).pending:
            (due,) = frontier.stories.due(100, 9)
            assert due.story_id == story.story_id
            publish(frontier, due)
            read += 1
    assert read == 4
    assert len(poll(frontier, [entry(title="One, corrected")]).pending) == 1


def test_a_feed_that_moved_is_polled_at_its_new_url_with_all_it_told(frontier):
    """Nothing is read anew; the old URL in a list is the same feed."""
    poll(frontier, [entry(link=None)])
    frontier.moves.see(FEED, "https://a.org/new", 100.0)
    frontier.feeds.move(FEED, "https://a.org/new")
    assert [f.url for f in frontier.feeds.all()] == [
        "https://a.org/new",
        "https://b.org/feed",
    ]
    assert poll(frontier, [entry(link=None)], "https://a.org/new").pending == []
    assert frontier.feeds.add([FeedRef(url=FEED)]) == 0
    frontier.moves.see("https://a.org/new", FEED, 200.0)
    frontier.feeds.move("https://a.org/new", FEED)
    assert frontier.moves.see(FEED, "https://a.org/new", 300.0) == (1, 300.0)
    frontier.feeds.move(FEED, "https://a.org/new")
    frontier.moves.see("https://b.org/feed", "https://a.org/new", 100.0)
    frontier.feeds.move("https://b.org/feed", "https://a.org/new")
    assert [f.url for f in frontier.feeds.all()] == ["https://a.org/new"]


def test_moves_are_counted_and_forgotten_when_the_redirect_ends(frontier):
    """A maintenance page that redirects for a day does not move a feed."""
    moved = [frontier.moves.see(FEED, "https://x.org", t) for t in (1.0, 2.0)]
    assert moved == [(1, 1.0), (2, 1.0)]
    assert frontier.moves.see(FEED, None, 3.0) == (0, 3.0)
    assert frontier.moves.see(FEED, "https://x.org", 4.0) == (1, 4.0)
    assert frontier.moves.see(FEED, "https://y.org", 5.0) == (1, 5.0)


def test_a_list_that_is_followed_takes_back_what_it_alone_named(frontier):
    """Feeds that a person or another list named stay."""
    table = frontier.feeds
    refs = {n: FeedRef(url=f"https://{n}.org/f") for n in "cde"}
    assert table.follow("/l.opml", refs.values()) == (3, 0)
    assert table.follow("/k.opml", [refs["e"]]) == (0, 0)
    assert table.follow("/l.opml", [refs["d"], FeedRef(url=FEED)]) == (0, 1)
    assert table.get(refs["e"].url) is not None
    assert table.follow("/l.opml", [refs["d"]]) == (0, 0)
    assert table.get(FEED) is not None
    frontier.listed.forget_lists(but=["/l.opml"])
    assert frontier.listed.of(refs["e"].url) == []
    assert table.follow("/k.opml", []) == (0, 0)
    urls = [FEED, "https://b.org/feed", refs["d"].url, refs["e"].url]
    assert [f.url for f in table.all()] == urls


def test_what_is_made_due_while_it_is_asked_stays_due_and_is_read_whole(frontier):
    """`feeds retry` in the middle of a poll is not lost."""
    feed = replace(frontier.feeds.get(FEED), due_at=50.0)
    frontier.feeds.postpone(FEED, 50.0, "")
    frontier.feeds.retry(FEED)
    asked = replace(feed, due_at=700.0, etag="1", body_digest="x", status="ok")
    frontier.record_poll(asked, was_due_at=50.0, now=100.0)
    after = frontier.feeds.get(FEED)
    assert (after.due_at <= 0, after.etag, after.body_digest) == (True, None, None)
    frontier.record_poll(asked, was_due_at=after.due_at, now=100.0)
    assert frontier.feeds.get(FEED).due_at == 700.0


def test_a_summary_that_changes_at_each_poll_is_read_three_times_in_vain(frontier):
    """A count of comments in it is no news."""
    read = 0
    for n in range(9):
        for _ in poll(frontier, [entry(summary=f"{n} comments")]).pending:
            publish(frontier, frontier.stories.due(100, 9)[0])
            read += 1
    assert read == 4


def test_hosts_that_asked_to_wait_are_remembered_until_then(tmp_path):
    """A restart does not forget a Retry-After."""
    first = Frontier(tmp_path / "f.db")
    first.host_waits.keep("a.org", 500.0, "429")
    first.close()
    again = Frontier(tmp_path / "f.db")
    assert again.host_waits.in_force(499.0) == [("a.org", 500.0, "429")]
    assert again.host_waits.in_force(500.0) == []
    again.close()


def test_a_moved_link_with_the_same_guid_is_the_same_story(frontier):
    """The guid is an alias within its feed."""
    first = poll(frontier, [entry()]).pending[0]
    moved = poll(frontier, [entry(link="https://a.org/moved")]).pending[0]
    assert moved.story_id == first.story_id
    assert moved.first_seen == first.first_seen


def test_a_changed_entry_is_due_again_and_a_tracking_link_is_no_change_of_story(
    frontier,
):
    """A new title is a new version of the same story."""
    first = poll(frontier, [entry()]).pending[0]
    changed = poll(
        frontier, [entry(title="One, corrected", link="https://a.org/1?utm_source=x")]
    )
    assert [p.story_id for p in changed.pending] == [first.story_id]


def test_the_same_article_in_another_feed_is_not_fetched_again(frontier):
    """One story, whichever feed shows it, however its summary reads there."""
    poll(frontier, [entry()])
    other = poll(frontier, [entry(summary="Else.")], "https://b.org/feed")
    assert other.pending == []


def test_a_guid_used_twice_in_a_document_identifies_nothing(frontier):
    """Feeds that give "1" to everything still have two stories."""
    plan = poll(
        frontier, [entry(guid="1"), entry(guid="1", link="https://a.org/2", title="B")]
    )
    assert len({p.story_id for p in plan.pending}) == 2


def test_guids_of_two_feeds_are_strangers(frontier):
    """An entry without link is identified within its feed."""
    one = poll(frontier, [entry(link=None)]).pending[0]
    two = poll(frontier, [entry(link=None)], "https://b.org/feed").pending[0]
    assert one.story_id != two.story_id
    assert one.host == ""  # no page to fetch


def test_entries_under_one_shared_link_are_stories_of_their_own(frontier):
    """Comments or notes that link to one page; the page is not fetched for them."""
    notes = [
        entry(guid=f"g{n}", link=f"https://a.org/notes#{n}", title=f"Note {n}")
        for n in range(3)
    ]
    found = poll(frontier, notes).pending
    assert len({p.story_id for p in found}) == 3
    assert {p.host for p in found} == {""}
    assert poll(frontier, notes[:1]).pending == []  # alone, it is still known
    again = [entry(guid=f"h{n}") for n in range(3)]
    assert len(poll(frontier, again).pending) == 1  # the same title: the same story


def test_an_entry_with_nothing_is_refused_with_the_reason(frontier):
    """Never silently dropped, and not named again at each poll."""
    empty = entry(link=None, title="", summary="")
    assert [why for _, why in poll(frontier, [empty]).refused] == [
        "entry without link, title or text"
    ]
    assert poll(frontier, [empty]).refused == []
    assert frontier.stories.counts() == {"due": 0, "published": 0, "refused": 1}


def test_hosts_take_turns_and_full_text_needs_no_host(frontier):
    """One due story a host; a feed that carries the article needs no page."""
    full = "<p>" + "Long article text. " * 80 + "</p>"
    poll(
        frontier,
        [
            entry(),
            entry(guid="g2", link="https://a.org/2"),
            entry(guid="g3", link="https://c.org/3"),
            entry(guid="g4", link="https://a.org/4", content=full),
        ],
    )
    due = frontier.stories.due(100, 9)
    assert sorted(p.host for p in due) == ["", "a.org", "c.org"]
    assert len(frontier.stories.due_of_host("a.org", 9)) == 2


def test_failed_pages_wait_and_published_ones_are_done(frontier):
    """postpone counts a try; mark_published takes the story off."""
    story = poll(frontier, [entry()]).pending[0]
    frontier.stories.postpone(story.story_id, 130.0, "503")
    assert frontier.stories.due(129, 9) == []
    assert frontier.stories.due(130, 9)[0].tries == 1
    assert frontier.stories.next_due() == 130.0
    publish(frontier, story)
    assert frontier.stories.next_due() is None


def test_a_story_changed_while_it_is_read_stays_due(frontier):
    """The newer form is read again; nothing of a correction is lost."""
    before = poll(frontier, [entry()]).pending[0]
    poll(frontier, [entry(title="One, corrected")])
    publish(frontier, before)
    (due,) = frontier.stories.due(100, 9)
    assert due.entry.title == "One, corrected"


def test_a_removed_feed_takes_what_is_due_with_it_and_others_bring_it(frontier):
    """A feed that carries the same story is read anew; added again, it starts anew."""
    other = "https://b.org/feed"
    poll(frontier, [entry()])
    assert poll(frontier, [entry()], other).pending == []
    assert frontier.feeds.remove(FEED)
    assert not frontier.feeds.remove(FEED)
    assert frontier.stories.due_count() == 0
    (left,) = frontier.feeds.all()
    assert (left.url, left.due_at <= 0, left.body_digest) == (other, True, None)
    assert len(poll(frontier, [entry()], other).pending) == 1
    frontier.feeds.add([FeedRef(url=FEED)])
    assert len(poll(frontier, [entry()]).pending) == 1  # its own feed takes it back
    assert poll(frontier, [entry()]).pending == []


def test_a_story_whose_feed_goes_while_another_is_read_comes_from_that_one(
    frontier, tmp_path
):
    """It was known from its own feed when the other's entries were looked at."""
    other, people = "https://b.org/feed", Frontier(tmp_path / "frontier.db")
    poll(frontier, [entry()])
    with just_before(
        frontier._db, "BEGIN IMMEDIATE", partial(people.feeds.remove, FEED)
    ):
        assert poll(frontier, [entry()], other).pending == []
    assert len(poll(frontier, [entry()], other).pending) == 1


def test_who_is_due_at_once_and_made_due_again_is_read_whole(frontier, tmp_path):
    """Both moments are now: it shows all the same that something came between."""
    other, people = "https://b.org/feed", Frontier(tmp_path / "frontier.db")
    poll(frontier, [entry()])
    poll(frontier, [entry()], other)
    frontier.feeds.make_due()
    asked = frontier.feeds.get(other)
    people.feeds.remove(FEED)
    after = replace(asked, polled_at=200.0, due_at=800.0)
    frontier.record_poll(after, was_due_at=asked.due_at, now=200.0)
    found = frontier.feeds.get(other)
    assert (found.due_at <= 0, found.body_digest) == (True, None)


def test_a_feed_that_a_person_adds_while_its_list_drops_it_stays(frontier, tmp_path):
    """The person's word comes before or after, never in the middle."""
    people = Frontier(tmp_path / "frontier.db")
    people._db.execute("PRAGMA busy_timeout = 0")
    listed = FeedRef(url="https://listed.org/feed")
    frontier.feeds.follow("list", [listed])

    def add() -> None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            people.feeds.add([listed])

    with just_before(frontier._db, "DELETE FROM feeds", add):
        frontier.feeds.follow("list", [])
    assert frontier.feeds.get(listed.url) is None
    people.feeds.add([listed])
    frontier.feeds.follow("list", [])
    assert frontier.listed.of(listed.url) == [BY_HAND]


def test_a_published_story_is_told_on_by_another_feed_when_its_own_is_gone(frontier):
    """A correction arrives though the feed that brought the story was removed."""
    other = "https://b.org/feed"
    story = poll(frontier, [entry()]).pending[0]
    publish(frontier, story)
    assert poll(frontier, [entry()], other).pending == []
    frontier.feeds.remove(FEED)
    (again,) = poll(frontier, [entry(title="Corrected")], other).pending
    assert (again.story_id, again.first_seen) == (story.story_id, 100.0)


def test_a_link_shared_since_then_still_names_what_it_named_alone(frontier):
    """No entry becomes two stories; one told twice in a document is counted."""
    first = entry(guid="")
    story = poll(frontier, [first]).pending[0]
    plan = poll(frontier, [first, entry(guid="", title="Two"), entry(guid="")])
    assert [p.entry.title for p in plan.pending] == ["Two"]
    assert plan.pending[0].story_id != story.story_id
    assert plan.counts[Outcome.REPEATED] == 1


def test_one_feed_of_each_host_is_due_so_that_none_holds_up_the_others(frontier):
    """Two hundred feeds of one host leave the first place to others."""
    frontier.feeds.add(FeedRef(url=f"https://a.org/{n}") for n in range(200))
    assert [f.url.split("/")[2] for f in frontier.feeds.due(100, 9)] == [
        "a.org",
        "b.org",
    ]


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


def test_feed_lists_are_read_and_written_alike():
    """OPML out and in again; a text with comments; each mistake is named."""
    feeds = [
        checked_ref("https://a.org/f", "A & B", "Wires", "en"),
        checked_ref("https://b.org/f"),
    ]
    read = parse_feedlist(to_opml(feeds), "x.opml")
    assert [(f.url, f.group, f.lang) for f in read] == [
        ("https://a.org/f", "Wires", "en"),
        ("https://b.org/f", "", ""),
    ]
    text = b"# mine\n\nhttps://c.org/f\n"
    assert [f.url for f in parse_feedlist(text, "x.txt")] == ["https://c.org/f"]
    with pytest.raises(Misconfigured, match="x.txt:2: not a feed URL"):
        parse_feedlist(b"https://c.org/f\nftp://d.org\n", "x.txt")
    with pytest.raises(Misconfigured, match="no feed in it"):
        parse_feedlist(b"<opml><body/></opml>", "x.opml")
    with pytest.raises(Misconfigured, match="not readable as OPML"):
        parse_feedlist(b"<opml><body>", "x.opml")
    with pytest.raises(Misconfigured, match="no feed in it"):
        parse_feedlist(b"\n", "x.txt")


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


def statements(frontier, work):
    """Return how many statements some work takes."""
    asked = []
    frontier._db.set_trace_callback(asked.append)
    work()
    frontier._db.set_trace_callback(None)
    return len(asked)


def test_a_document_of_many_entries_takes_as_many_queries_as_one_of_one(frontier):
    """A query a table: what is known is fetched before anything is decided."""
    entries = [entry(guid=f"g{n}", link=f"https://a.org/{n}") for n in range(60)]
    poll(frontier, entries[::2])

    def plan(several):
        parsed = ParsedFeed(title="T", entries=tuple(several), left_out=0, note=None)
        return statements(frontier, lambda: plan_entries(parsed, FEED, frontier, 100.0))

    assert plan(entries) == plan(entries[:1]) < 9


def test_many_stories_are_forgotten_in_as_many_statements_as_one(frontier):
    """An outlet of thousands: each table in one pass."""
    entries = [entry(guid=f"g{n}", link=f"https://a.org/{n}") for n in range(60)]
    poll(frontier, entries)
    ids = frontier.stories.of_outlet("a.org")

    def forget(several):
        return statements(frontier, lambda: frontier.forget(several))

    def names(several):
        return statements(frontier, lambda: frontier.names_of(several))

    assert len(ids) == 60
    assert names(ids) == names(ids[:1]) < 9
    assert forget(ids[1:]) == forget(ids[:1])
    assert frontier.stories.counts()["due"] == 0


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
