"""`samestory event` says who reprinted whom in the sample newsroom."""

import json

import pytest

from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def reprinted(news, newsroom):
    """Return (a reprint, its source), as the newsroom says."""
    stories = {row["url"].split("?")[0]: row for row in news.rows("stories")}
    reprint, source = next(iter(newsroom.reprints().items()))
    return stories[reprint], stories[source]


def test_the_copies_are_those_that_reprint(news, newsroom):
    """All of the newsroom's and no other; each is its source's voice."""
    urls = {row["story_id"]: row["url"].split("?")[0] for row in news.rows("stories")}
    voices = {
        urls[report["story_id"]]: report["voice"]
        for event in news.rows("events")
        for report in event["reports"]
    }
    copies = {
        urls[copy["story_id"]]: urls[copy["of"]]
        for event in news.rows("events")
        for copy in news.rows("event", event["event_id"])[0]["copies"]
    }
    assert copies == newsroom.reprints()
    assert len(copies) == 6
    assert {(voices[a], voices[b]) for a, b in copies.items()} == {
        ("Continental Wire", "Continental Wire")
    }


def test_events_are_counted_and_sorted_by_their_voices(news):
    """A copy is none: three reports of one are two voices."""
    events = news.rows("events", "--sort", "voices")
    counts = [len(one["voices"]) for one in events]
    assert counts == sorted(counts, reverse=True)
    assert any(len(e["voices"]) < len(e["outlets"]) for e in events)
    several = news.rows("events", "--min-voices", "3")
    assert {one["event_id"] for one in several} == {
        one["event_id"] for one in events if len(one["voices"]) >= 3
    }
    assert "voices" in news("events")[0]


def test_an_event_is_a_timeline_with_its_copies_below_their_source(news, newsroom):
    """By its id, a story's, or a URL; each report with what it adds."""
    reprint, source = reprinted(news, newsroom)
    (event,) = news.rows("event", reprint["url"])
    assert event["event_id"] == reprint["event_id"] == source["event_id"]
    assert [event] == news.rows("event", source["story_id"][:9])
    assert "Islands Gazette" not in event["voices"]
    (copy,) = (c for c in event["copies"] if c["story_id"] == reprint["story_id"])
    assert (copy["of"], copy["share"]) == (source["story_id"], 1.0)
    added = {one["story_id"]: one for one in event["additions"]}
    assert list(added) == [one["story_id"] for one in event["reports"]]
    assert added[reprint["story_id"]]["sentences"] == []
    assert len(added[event["first_report"]]["sentences"]) == 3
    said, _ = news("event", reprint["event_id"])
    assert f"{len(event['voices'])} independent voice" in said
    lines = said.splitlines()
    (at,) = (n for n, line in enumerate(lines) if "copy of Continental Wire" in line)
    assert "Islands Gazette: copy of Continental Wire, 100%, adds nothing" in lines[at]
    assert "Continental Wire: " in "".join(lines[at - 3 : at])


def test_what_is_at_no_address_is_told(news):
    """In one line, with what to do."""
    _, said = news("event", "https://nowhere.example/1", expect=2)
    assert "no stories are at https://nowhere.example/1: give an id" in said


def test_two_reports_are_shown_side_by_side(news, newsroom):
    """A reprint is one bracket on both sides; two reports of two events have none."""
    reprint, source = reprinted(news, newsroom)
    ids = reprint["story_id"], source["story_id"]
    (row,) = news.rows("compare", *ids)
    (span,) = row["spans"]
    assert (row["kind"], row["contained_a"], row["contained_b"]) == ("copy", 1.0, 1.0)
    assert (span["kind"], span["a"], span["b"]) == ("copy", span["b"], span["a"])
    assert span["text"] == reprint["text"][slice(*span["a"])]
    said, _ = news("compare", *ids)
    assert said.startswith("copy: 100% of the own words of Islands Gazette")
    assert said.count("[1c: ") == 2
    assert said in news("why", *ids)[0]
    assert news.rows("why", *ids)[0]["shared"] == row
    other = next(
        one
        for one in news.rows("stories")
        if one["event_id"] != reprint["event_id"] and one["lang"] == "en"
    )
    (row,) = news.rows("compare", ids[0], other["story_id"])
    assert (row["kind"], row["spans"], row["source"]) == ("independent", [], "unknown")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("e-0123456789abcdef", "no id begins with 'e-0123456789abcdef'"),
        ("x", "'x' is no id: ids begin with s- or e-; nor is it the URL or the title"),
        ("e-", "is ambiguous"),
    ],
)
def test_what_is_no_story_is_refused(news, given, says):
    """In one line."""
    assert says in news("compare", given, given, expect=2)[1]


def test_a_voice_is_seen_here_under_any_name_of_its_outlet(tmp_path):
    """A domain is its paper's; an agency of which there is no report is not seen."""
    run = Run(tmp_path)
    line = {
        "title": "Dam bursts near Usk",
        "text": "USK (Reuters) - A dam burst near Usk on Monday, officials said.",
    }
    other = {"title": "Envoys meet", "text": "Envoys met in Port Callan on Friday."}
    rows = [
        line | {"outlet": "harbour.example"},
        other | {"outlet": "www.dailymail.co.uk"},
    ]
    run("import", "-", stdin="\n".join(map(json.dumps, rows)))
    for words, voice in (
        ("dam", "Reuters (not seen here)"),
        ("envoys", "dailymail.co.uk"),
    ):
        (event,) = run.rows("events", "--grep", words)
        said = run("event", event["event_id"])[0].splitlines()
        assert f"voices: {voice}" in [part.strip() for part in said]


def test_an_event_tells_which_report_confirmed_it_and_when(news):
    """The first of a second voice; none where there is one, however often copied."""
    events = news.rows("events")
    assert {one["voice_count"] > 1 for one in events} == {True, False}
    for one in events:
        second = [r for r in one["reports"] if r["voice"] not in one["voices"][:1]]
        found = one["confirmed"]
        assert (found is not None) == (one["voice_count"] > 1)
        if found:
            assert found["by"] == second[0]["story_id"]
            assert found["at"] == second[0]["published"]
    event = next(one for one in events if one["confirmed"])
    assert f"({event['confirmed']['by'][:10]})" in news("event", event["event_id"])[0]
