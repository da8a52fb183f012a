"""A state in which the spelling of an address still made its story's id."""

import tarfile
from pathlib import Path

import pytest

from samestory.index.store.state import State
from samestory.ingest.frontier.frontier import Frontier
from samestory.story_keys import story_ids_of
from tests.conftest import make_story
from tests.data import former_state
from tests.data.former_state import (
    IMPORTED,
    IMPORTED_FORGOTTEN,
    POLLED,
    POLLED_FORGOTTEN,
    line_of,
    poll,
)
from tests.product import Run


@pytest.fixture
def former(tmp_path):
    """A copy of the state."""
    with tarfile.open(Path(former_state.__file__).with_suffix(".tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.mark.parametrize("feed", [former_state.FEED, "https://b.example/feed"])
def test_no_polled_story_comes_again(former, feed):
    """Neither from its own feed nor from another; none is even read anew."""
    frontier = Frontier(former / "frontier.db")
    plan = poll(frontier, POLLED, feed)
    assert (plan.new, plan.pending, plan.refused) == (0, [], [])
    assert frontier.stories.counts() == {
        "due": 0,
        "published": len(POLLED),
        "refused": 0,
    }
    frontier.close()


@pytest.mark.parametrize("feed", [former_state.FEED, "https://b.example/feed"])
def test_a_forgotten_polled_story_stays_out(former, feed):
    """Its address is refused as it was spelled then."""
    frontier = Frontier(former / "frontier.db")
    poll(frontier, (POLLED_FORGOTTEN,), feed)
    assert frontier.stories.counts()["due"] == 0
    frontier.close()


def test_a_page_of_before_is_tried_again_by_its_address(former):
    """As `samestory quarantine retry` does."""
    frontier = Frontier(former / "frontier.db")
    assert all(frontier.retry(url) for url in POLLED)
    assert frontier.stories.due_count() == len(POLLED)
    frontier.close()


def test_the_index_knows_what_comes_by_the_id_of_today(former):
    """From the feed of another machine, say, which never knew the former one."""
    state = State(former / "index" / "state.db")
    for url in (*IMPORTED, IMPORTED_FORGOTTEN):
        before, today = story_ids_of(url)
        assert state.given_id(make_story(url=url, story_id=today)) == before
        guided = make_story(url=url)  # named by a guid: another story, if there may be
        kept = before if url == IMPORTED_FORGOTTEN else guided.story_id
        assert state.given_id(guided) == kept
    junk = make_story(url="http://[x")
    assert state.given_id(junk) == junk.story_id
    state.close()


@pytest.mark.model
@pytest.mark.slow
def test_every_command_finds_a_story_of_before_by_its_address(former):
    """Import knows or refuses it, near finds it, forget removes it from every file."""
    run = Run(former)
    lines = "\n".join(map(line_of, (*IMPORTED, IMPORTED_FORGOTTEN)))
    assert run("import", "-", stdin=lines, expect=4)[0] == "0 new, 2 known, 1 refused\n"
    told = {row["url"]: row["story_id"] for row in run.rows("stories")}
    assert told == {url: story_ids_of(url)[0] for url in IMPORTED}
    for url in IMPORTED:
        assert "fetching" not in run("near", "--url", url)[1]
        assert told[url] in run("why", told[url])[0]
    (gone,) = run.rows("forget", IMPORTED[0], "--yes")
    assert (gone["removed"], set(gone["stories"])) == (
        1,
        set(story_ids_of(IMPORTED[0])),
    )
    (gone,) = run.rows("forget", told[IMPORTED[1]], "--yes")
    assert (gone["removed"], gone["stories"]) == (1, [told[IMPORTED[1]]])
    assert run.rows("stories", expect=1) == []
    assert run("import", "-", stdin=lines, expect=4)[0] == "0 new, 0 known, 3 refused\n"
