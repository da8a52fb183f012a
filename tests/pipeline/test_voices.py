"""`samestory event` says who reprinted whom in the sample newsroom."""

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]


def test_an_event_tells_its_voices_and_its_reprints(news):
    """The Islands Gazette prints the Continental Wire's text word by word."""
    reprints = news.rows("stories", "--outlet", "Islands Gazette")
    wire = {row["text"]: row for row in news.rows("stories") if "Wire" in row["outlet"]}
    reprint = next(row for row in reprints if row["text"] in wire)
    source = wire[reprint["text"]]
    assert reprint["event_id"] == source["event_id"]
    (event,) = news.rows("event", reprint["event_id"])
    assert "Islands Gazette" not in event["voices"]
    assert source["outlet"] in event["voices"]
    copy = next(c for c in event["copies"] if c["story_id"] == reprint["story_id"])
    assert (copy["of"], copy["share"], copy["adds"]) == (source["story_id"], 1.0, 0)
    said, _ = news("event", reprint["event_id"])
    count = len(event["voices"])
    assert f"{count} independent voice" in said
    assert f"Islands Gazette: 100% is in {source['story_id'][:10]}" in said
    assert "adds nothing" in said
