"""Lists of feeds that an operator keeps."""

from samestory.deploy import feedlists
from samestory.deploy.config import Settings
from samestory.deploy.feedlists import FeedLists
from samestory.ingest.frontier.frontier import Frontier


def test_a_list_that_is_written_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    """Half of it would take back the feeds of the other half."""
    file = tmp_path / "feeds.txt"
    half = "https://a.org/feed\n"
    whole = f"{half}https://b.org/feed\n"
    file.write_text(half)
    read = feedlists.read_feedlist
    late = iter([whole])

    def read_and_write(source, settings):
        found = read(source, settings)
        for text in late:
            file.write_text(text)
        return found

    monkeypatch.setattr(feedlists, "read_feedlist", read_and_write)
    frontier = Frontier(tmp_path / "frontier.db")
    FeedLists(frontier, Settings(state=str(tmp_path)), lists=[str(file)])
    assert [feed.url for feed in frontier.feeds.all()] == whole.split()
    frontier.close()
