"""A day of forty publishers by a clock of ours: the politeness score card."""

from itertools import pairwise

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.fetch.sandbox import Sandbox
from tests.conftest import ROOT, open_client
from tests.poller_harness import Harness
from tests.publishers import publishing
from tests.simulated_day import BEGIN, HOUR, judge, publishers

pytestmark = pytest.mark.slow
SPACING_S = 2.0


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Thirty-two hours: (card, desk, publishers, world).

    Some 1,000 real requests and as many documents parsed, one after the other.
    """
    made = publishers()
    path = tmp_path_factory.mktemp("day") / "frontier.db"
    with publishing(BEGIN) as world, open_client() as client, Sandbox(2) as sandbox:
        for one in made:
            one.base = world.add(one.site(world))
        harness = Harness(
            path, client, sandbox, clock=lambda: world.now, spacing_s=SPACING_S
        )
        harness.frontier.feeds.add(FeedRef(url=f"{one.base}/feed") for one in made)
        found: dict[str, float] = {}

        def is_over():
            for story in harness.stories[len(found) :]:
                found[story.title] = world.now
            if harness.is_idle:
                world.now = max(
                    world.now + 0.5, min(harness.next_due(), world.now + HOUR)
                )
            return world.now >= BEGIN + 32 * HOUR

        harness.run(is_over, seconds=400)
        yield judge(world, made, found, SPACING_S), harness, made, world
        harness.frontier.close()


def test_publishers_have_nothing_to_complain_of(day):
    """Every announced time, Retry-After and spacing is kept; validators are sent."""
    card, *_ = day
    folder = ROOT / ".run"
    folder.mkdir(exist_ok=True)
    text = f"politeness score card, 32 hours of 40 feeds: {card}\n"
    (folder / "politeness.txt").write_text(text)  # `make test` ends with it
    assert (card.early, card.unasked, card.close) == (0, 0, 0)
    assert card.unconditional <= 30  # one a day for each feed that has validators
    assert card.hits > 100
    assert card.requests < card.allowed / 3
    assert card.requests < 1.5 * card.told


def test_nothing_that_was_told_is_lost(day):
    """Each story of a feed that answers is found, and as it was told."""
    card, harness, *_ = day
    assert card.found == card.told > 400
    ids = [story.story_id for story in harness.stories]
    assert len(ids) == len(set(ids))


def test_feeds_that_are_gone_or_walled_are_asked_ever_less(day):
    """410: once. A wall: again and again, at longer and longer times, and named."""
    _, harness, made, world = day
    feeds = {feed.url: feed for feed in harness.frontier.feeds.all()}
    for one in made:
        feed = feeds.get(f"{one.base}/feed")
        refused = [r for r in world.asked(one.base) if r.status in {403, 410}]
        if one.name == "gone":
            assert len(refused) == 1
            assert "asked once a week" in feed.status
        if one.name == "walled":
            gaps = [b.at - a.at for a, b in pairwise(refused)]
            assert "bot wall: Cloudflare challenge" in feed.status
            assert gaps[-1] > 1.5 * gaps[0]
            assert 4 <= len(refused) < 24


def test_a_feed_whose_validators_lie_is_found_out(day):
    """It said 304 to everything; a probe a day shows it."""
    _, harness, made, _ = day
    (one,) = [one for one in made if one.name == "lies"]
    feed = harness.frontier.feeds.get(f"{one.base}/feed")
    assert feed.distrusted
    assert feed.stories > 10
