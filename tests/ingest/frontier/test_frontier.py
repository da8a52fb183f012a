"""What is due, what is known: the frontier and the plan made from a feed document."""

from dataclasses import replace
from functools import partial

from samestory.ingest.feeds.entry import ParsedFeed
from samestory.ingest.feeds.opml import (
    FeedRef,
)
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.polling.classification import Outcome
from samestory.ingest.polling.plan import plan_entries
from samestory.story_keys import story_ids_of
from tests.ingest.polls import FEED, entry, poll, publish
from tests.interleaving import just_before


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


def test_a_summary_that_changes_at_each_poll_is_read_three_times_in_vain(frontier):
    """A count of comments in it is no news."""
    read = 0
    for n in range(9):
        for _ in poll(frontier, [entry(summary=f"{n} comments")]).pending:
            publish(frontier, frontier.stories.due(100, 9)[0])
            read += 1
    assert read == 4


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
