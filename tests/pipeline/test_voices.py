"""`samestory event` says who reprinted whom in the sample newsroom."""

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]


def reprinted(news):
    """Return (a reprint, its source): word by word, as the Islands Gazette prints."""
    reprints = news.rows("stories", "--outlet", "Islands Gazette")
    wire = {row["text"]: row for row in news.rows("stories") if "Wire" in row["outlet"]}
    reprint = next(row for row in reprints if row["text"] in wire)
    return reprint, wire[reprint["text"]]


def test_an_event_tells_its_voices_and_its_reprints(news):
    """The Islands Gazette is no voice where it prints the Continental Wire."""
    reprint, source = reprinted(news)
    assert reprint["event_id"] == source["event_id"]
    (event,) = news.rows("event", reprint["event_id"])
    assert "Islands Gazette" not in event["voices"]
    assert source["outlet"] in event["voices"]
    copy = next(c for c in event["copies"] if c["story_id"] == reprint["story_id"])
    assert (copy["of"], copy["share"], copy["added"]) == (source["story_id"], 1.0, [])
    said, _ = news("event", reprint["event_id"])
    count = len(event["voices"])
    assert f"{count} independent voice" in said
    assert f"Islands Gazette: 100% is in {source['story_id'][:10]}" in said
    assert "adds nothing" in said


def test_two_reports_are_shown_side_by_side(news):
    """A reprint is one bracket on both sides; two reports of two events have none."""
    reprint, source = reprinted(news)
    ids = reprint["story_id"], source["story_id"]
    (row,) = news.rows("compare", *ids)
    (span,) = row["spans"]
    assert (row["kind"], row["contained_a"], row["contained_b"]) == ("copy", 1.0, 1.0)
    assert (span["kind"], span["a"], span["b"]) == ("copy", span["b"], span["a"])
    assert span["text"] == reprint["text"][slice(*span["a"])]
    said, _ = news("compare", *ids)
    assert said.startswith("copy: 100% of the own words of Islands Gazette")
    assert said.count("[1c: ") == 2
    other = next(
        one
        for one in news.rows("stories")
        if one["event_id"] != reprint["event_id"] and one["lang"] == "en"
    )
    (row,) = news.rows("compare", ids[0], other["story_id"])
    assert (row["kind"], row["spans"], row["source"]) == ("independent", [], "unknown")


@pytest.mark.parametrize("given", ["e-0123456789abcdef", "x"])
def test_what_is_no_story_is_refused(news, given):
    """In one line."""
    _, said = news("compare", given, given, expect=2)
    assert f"{given!r} is no story id" in said
