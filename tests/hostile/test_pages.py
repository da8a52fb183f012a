"""Pages and robots.txt that are odd or hostile: the report, or the feed's words and why."""

import re
from datetime import UTC, datetime

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.fetch.sandbox import Sandbox
from tests.conftest import open_client
from tests.hostile.pages import PAGES, SUMMARY, TITLE, Page
from tests.poller_harness import Harness
from tests.publishers import Raw, publishing

pytestmark = pytest.mark.slow


def site_of(page: Page):
    """Serve a case's page at every path but robots.txt."""

    def answer(path, _):
        if path == "/robots.txt":
            return page.robots
        if callable(page.answer) and not isinstance(page.answer, Raw):
            return page.answer(path)
        return page.answer

    return answer


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All of them told by one feed and read by one poller; by name: (story, tries).

    As long as the slowest page takes to run into a time limit, twice.
    """
    path = tmp_path_factory.mktemp("pages") / "frontier.db"
    with (
        publishing() as world,
        open_client(total_s=4.0) as client,
        Sandbox(2, timeout_s=10.0) as sandbox,
    ):
        bases = {name: world.add(site_of(page)) for name, page in PAGES.items()}
        items = "".join(
            f"<item><title>{TITLE}</title><link>{base}/a/story</link>"
            f"<guid isPermaLink='false'>{base}</guid>"
            f"<description>{SUMMARY}</description></item>"
            for base in bases.values()
        )
        body = f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>"
        feed = world.add(lambda *_: (200, {}, body.encode())) + "/"
        now = [datetime(2026, 3, 10, tzinfo=UTC).timestamp()]
        harness = Harness(path, client, sandbox, clock=lambda: now[0])
        harness.frontier.feeds.add([FeedRef(url=feed)])

        def is_done():
            now[0] += 1.0 if harness.is_idle else 0.0
            return len(harness.stories) == len(PAGES)

        harness.run(is_done, seconds=240)
        stories = {story.url.rsplit("/", 2)[0]: story for story in harness.stories}
        yield {
            name: (stories[base], len(world.asked(base, "/a/story")))
            for name, base in bases.items()
        }
        harness.frontier.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_comes_to_what_it_has_to(outcomes, name):
    """The report's last paragraph and nothing around it; else the summary, and why."""
    expected = PAGES[name]
    story, tries = outcomes[name]
    flags = "; ".join(story.flags)
    if expected.lost and re.search(expected.lost, flags):
        assert (story.text, story.text_from, tries) == (SUMMARY, "feed", 0)
        return
    if expected.has and story.text_from == "page":
        assert expected.has in story.text
        assert expected.lacks not in story.text
    else:
        assert story.text == SUMMARY
        assert story.text_from == "feed"
    assert (
        re.fullmatch(f".*(?:{expected.flag}).*", flags) if expected.flag else not flags
    )
    assert tries == expected.tries


def test_what_a_page_tells_beside_its_text_is_kept(outcomes):
    """A date where the feed has none, the byline; one copy of what is repeated."""
    story, _ = outcomes["date in the page alone"]
    assert story.published == datetime(2026, 3, 4, 9, tzinfo=UTC)
    story, _ = outcomes["author in the text"]
    assert story.byline == "Jane Doe"
    story, _ = outcomes["text repeated 30 times"]
    assert story.text.count("number 2 of the day") == 1
