"""What the tests of the frontier share."""

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from tests.ingest.polls import FEED


@pytest.fixture
def frontier(tmp_path):
    found = Frontier(tmp_path / "frontier.db")
    found.feeds.add([FeedRef(url=FEED), FeedRef(url="https://b.org/feed")])
    yield found
    found.close()
