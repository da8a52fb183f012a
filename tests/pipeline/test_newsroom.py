"""The whole product on the sample newsroom: feeds in, events out, the nearest found."""

import json
import re
from collections import Counter, defaultdict

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from samestory.deploy.newsroom.outlets import OUTLETS
from samestory.deploy.newsroom.reports import load_reports
from samestory.index.decision.whole_vector import combine
from samestory.index.measure.metrics import b_cubed
from samestory.index.store.state import State
from tests.conftest import serve
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def test_status_tells_the_way_through_the_stages_also_to_a_monitor(news):
    """The same numbers as JSON and in Prometheus' text format."""
    (status,) = news.rows("status")
    took = status["latency"]["stages"]
    assert status["latency"]["stories"] == 157
    for stage in took.values():
        assert 0 < stage["0.5"] <= stage["0.95"] <= stage["1.0"] < 300
    assert took["total"]["1.0"] >= max(took["embed"]["1.0"], took["index"]["1.0"])
    text, _ = news("status", "--prometheus")
    told = {
        (s.name, *(value for _, value in sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }
    assert told["samestory_stories",] == 157
    assert told["samestory_events",] == status["index"]["events"]
    assert told["samestory_latency_seconds", "0.95", "embed"] == took["embed"]["0.95"]
    assert told["samestory_lag_records", "embed", "0", "stories"] == 0
    assert told["samestory_lag_records", "index", "0", "journal"] == 0
    assert told["samestory_worker_up", "index"] == 0
    assert told["samestory_feeds",] == status["feeds"]["total"]
    assert told["samestory_entries", "published"] == status["pages"]["published"]


def test_every_report_becomes_a_story_with_the_text_of_its_page(news, newsroom):
    """157 of 157, navigation and banners left out, outlets named."""
    stories = {s["url"].split("?")[0]: s for s in news.rows("stories")}
    assert set(stories) == set(newsroom.gold())
    for report in load_reports():
        story = stories[newsroom.url(report)]
        words = " ".join(report.paragraphs).split()
        have = set(story["text"].split())
        assert sum(w in have for w in words) >= 0.9 * len(words), story
        assert "cookies" not in story["text"]
        outlet = report.outlet
        assert (story["outlet"], story["lang"]) == (outlet.name, outlet.lang)
        full = outlet.feed == "rss-full"
        assert story["text_from"] == ("feed" if full else "page"), story["flags"]


def test_the_events_match_the_gold_labels(news, newsroom):
    """B-cubed F1 at least 0.90, in whatever order the outlets are read.

    Of the reports in English, which alone the packaged model knows; `eval` is held to
    all, with the default model, in `test_eval_and_why`.
    """
    stories = [s for s in news.rows("stories") if s["lang"] == "en"]
    found = {s["url"].split("?")[0]: s["event_id"] for s in stories}
    gold = {url: event for url, event in newsroom.gold().items() if url in found}
    assert b_cubed(found, gold).f1 >= 0.90


def test_no_single_cosine_threshold_does_it(news, newsroom):
    """Chosen with the labels in hand, on any of three vectors, it stays at most 0.85."""
    state = State(news.state / "index" / "state.db")
    members = state.stories()
    state.close()
    gold = newsroom.gold()
    keys = [m.story.url.split("?")[0] for m in members]
    best = 0.0
    for pick in (combine, lambda v: v[0].astype(float), lambda v: v[1].astype(float)):
        rows = np.stack([pick(m.vectors) for m in members])
        cosines = rows @ rows.T
        for threshold in np.arange(0.3, 0.95, 0.01):
            for is_mean in (False, True):
                groups = one_pass(cosines, threshold, is_mean)
                best = max(best, b_cubed(dict(zip(keys, groups, strict=True)), gold).f1)
    assert 0.6 < best <= 0.85


def one_pass(cosines, threshold, is_mean) -> list[int]:
    """Join each story to the nearest event whose cosine reaches the threshold.

    That of an event is the highest of its stories' cosines, or their mean.
    """
    number, size, labels = len(cosines), 0, []
    held = np.full((number, number), 0.0 if is_mean else -1.0)  # event x story
    counts = np.zeros(number)
    for at, row in enumerate(cosines):
        scores = held[:size, at] / (counts[:size] if is_mean else 1)
        label = int(scores.argmax()) if size and scores.max() >= threshold else size
        size = max(size, label + 1)
        held[label] = held[label] + row if is_mean else np.maximum(held[label], row)
        counts[label] += 1
        labels.append(label)
    return labels


def test_the_newsroom_holds_what_makes_the_job_hard():
    """At least 120 reports of 30 events by 12 outlets, with every kind of trap."""
    reports = load_reports()
    events = defaultdict(list)
    for report in reports:
        events[report.event].append(report)
    assert len(reports) >= 120
    assert len(events) >= 30
    assert len({r.outlet.key for r in reports}) >= 12
    assert {o.feed for o in OUTLETS} == {"rss", "rss-full", "atom", "json"}
    assert len({o.page for o in OUTLETS}) >= 4
    assert len({o.address for o in OUTLETS}) == len(OUTLETS)
    reprints = Counter((r.event, r.paragraphs) for r in reports)
    assert sum(n > 1 for n in reprints.values()) >= 5
    assert {"sanctions-12", "sanctions-13", "velund-expels", "kesmark-expels"} <= set(
        events
    )
    assert {"fish-talks-open", "fish-talks-collapse", "fish-deal"} <= set(events)
    assert any(r.title.startswith("CORRECTED") for r in events["ilmara-donors"])
    figures = set(
        re.findall(r"2\.\d|1\.9", " ".join(r.title for r in events["ilmara-donors"]))
    )
    assert figures == {"2.1", "2.2", "2.4", "1.9"}
    assert sum(e.startswith("background-") for e in events) >= 3


def test_a_second_run_adds_no_story_and_no_event(news, newsroom):
    """Everything is known: the same stories in the same events."""
    before = news.rows("stories")
    _, said = news("run", "--feeds", newsroom.opml_url, "--until-idle", *LOCAL)
    assert "18 feeds, 157 stories" in said
    assert news.rows("stories") == before


def test_near_puts_the_reverse_of_what_is_asked_behind_and_says_why(news, newsroom):
    """Who expels whom is the event; the cosine hardly sees it."""
    question = "Velund expels six Kesmark diplomats"
    gold = newsroom.gold()
    found = news.rows("near", question)
    events = [gold[row["url"].split("?")[0]] for row in found]
    assert events[:1] == ["velund-expels"]
    assert found[0]["hits"]
    hits = [hit for row in found for hit in (row, *row["hits"])]
    vetoed = [hit for hit in hits if hit["veto"] and hit["probability"] > 0.1]
    assert {gold[row["url"].split("?")[0]] for row in vetoed} == {"kesmark-expels"}
    assert all(row["veto"].startswith("roles reversed: ") for row in vetoed)
    assert found[0]["probability"] < max(row["probability"] for row in vetoed)
    out, _ = news("near", question)
    assert "can't be that event: roles reversed" in " ".join(out.split())


def test_near_finds_a_paraphrase_with_its_event(news, newsroom):
    """The nearest tells the event; filters and -k are obeyed; text for people too."""
    question = "Velund throws out six Kesmark envoys for espionage"
    found = news.rows("near", question, "-k", "3")
    assert len(found) == 3
    gold = newsroom.gold()
    assert gold[found[0]["url"].split("?")[0]] == "velund-expels"
    assert set(found[0]) == {
        *("story_id", "event_id", "probability", "similarity", "word_overlap", "veto"),
        *("is_named", "title", "outlet", "hearsay_of", "url", "published"),
        *("more", "hits"),
    }
    (event,) = news.rows("event", found[0]["event_id"])
    assert found[0]["more"] == len(event["reports"]) - 1
    assert len({row["event_id"] for row in found}) == 3
    likeness = [row["probability"] for row in found]
    assert likeness == sorted(likeness, reverse=True)
    only = news.rows("near", question, "--outlet", "daily trumpet")
    assert {row["outlet"] for row in only} == {"Daily Trumpet"}
    assert news.rows("near", question, "--lang", "de", expect=1) == []
    out, _ = news("near", "-", "-k", "1", stdin=f"{question}\nThey have three days.")
    assert "Kesmark" in out


def test_near_finds_a_name_in_every_report_that_names_it(news):
    """However it is written; a vector of one word is of nothing."""
    naming = {
        story["story_id"]
        for story in news.rows("stories")
        if re.search(r"\bIlmara\b", f"{story['title']} {story['text']}")
    }
    assert len(naming) > 2
    found = news.rows("near", "ilmara", "-k", "60")
    hits = [hit for row in found for hit in (row, *row["hits"])]
    assert {hit["story_id"] for hit in hits if hit["is_named"]} == naming
    assert [row["is_named"] for row in found] == sorted(
        (row["is_named"] for row in found), reverse=True
    )
    out, _ = news("near", "Ilmara")
    assert out.count("names it") == min(10, sum(row["is_named"] for row in found))


def test_near_says_where_nothing_is_close(news):
    """With what is nearest, and exit 1; scripts have the rows all the same."""
    question = "A recipe for apple cake with cinnamon and sour cream"
    out, said = news("near", question, expect=1)
    assert out == ""
    assert said.startswith("nothing close: of the stories here “")
    assert len(news.rows("near", question, expect=1)) == 10


def test_near_of_a_known_story_and_url_leaves_the_story_itself_out(news):
    """Also by the beginning of an id, and by a URL with tracking parameters."""
    story = next(s for s in news.rows("stories") if "12th" in s["title"])
    by_id = news.rows("near", "--story", story["story_id"][:12])
    by_url = news.rows("near", "--url", story["url"].split("?")[0] + "?utm_medium=x")
    assert by_id == by_url
    assert story["story_id"] not in {row["story_id"] for row in by_id}
    assert by_id[0]["event_id"] == story["event_id"]


def test_near_reads_a_file_and_fetches_a_page_that_is_not_known(news, tmp_path):
    """The title is the file's first line; a page is cleaned as articles are."""
    file = tmp_path / "question.txt"
    file.write_text(
        "Explosion stops gas pipeline\nA blast halted the main line to Ilmara."
    )
    found = news.rows("near", "--file", str(file), "-k", "1")
    assert "pipeline" in found[0]["title"]
    body = (
        "A blast halted the main gas pipeline to Ilmara on Monday, its operator said. "
    )
    page = f"<html><body><article><p>{body * 9}</p></article></body></html>".encode()
    with serve(lambda *_: (200, {}, page)) as base:
        out, said = news("near", "--url", f"{base}/x", "-k", "1", "--json", *LOCAL)
        _, closed = news("near", "--url", f"{base}/x", expect=2)
    assert "not known here; fetching it" in said
    assert json.loads(out)["event_id"] == found[0]["event_id"]
    assert "which is closed" in closed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["near"], "give one of TEXT, --url, --story, --file or -"),
        (["near", "a", "--story", "s-1"], "give one of"),
        (["near", "a", "-k", "0"], "-k must be 1 or more"),
        (["near", "--url", "ftp://x"], "not an http(s) URL"),
        (["near", "--file", "/none"], "No such file"),
        (["near", " "], "the text is empty"),
        (["near", "a", "--model", "/none"], "there is no such folder"),
        (["near", "a", "--since", "soon"], "use a span like 7d"),
        (["event", "s-1"], "is ambiguous"),
        (["stories", "--event", "x"], "is no id"),
        (["feeds", "export", "/none/x.opml"], "No such file"),
        (["feeds", "add", "x"], "not a feed URL"),
    ],
)
def test_a_question_that_makes_no_sense_says_what_to_do(news, arguments, says):
    """Exit 2 and one line."""
    _, said = news(*arguments, expect=2)
    assert says in said
    assert len(said.strip().splitlines()) == 1


def test_events_tell_headline_outlets_and_first_report(news):
    """The newest first; --min-outlets counts outlets; a table for people."""
    found = news.rows("events", "--min-outlets", "4")
    assert found
    for one in found:
        assert set(one) == {
            *("event_id", "title", "first_report", "started", "updated", "outlets"),
            *("languages", "voices", "reports", "report_count", "outlet_count"),
            *("confirmed", "voice_count", "copy_count"),
        }
        assert len(one["outlets"]) >= 4
        assert one["languages"] == ["en"]
        assert one["first_report"] == one["reports"][0]["story_id"]
        assert one["started"] <= one["updated"]
        times = [r["published"] for r in one["reports"]]
        assert times == sorted(times)
    updated = [one["updated"] for one in news.rows("events")]
    assert updated == sorted(updated, reverse=True)
    out, _ = news("events")
    assert "first reported by" in out
    assert "Continental Wire" in out
    _, said = news("events", "--since", "1h", expect=1)
    assert "nothing found" in said


def test_one_event_is_shown_by_the_beginning_of_its_id(news):
    """With its reports; an ambiguous or unknown id is a person's matter."""
    one = news.rows("events", "--min-outlets", "4")[0]
    (shown,) = news.rows("event", one["event_id"][:9])
    assert {name: shown[name] for name in one} == one
    assert shown.keys() - one.keys() == {"copies", "additions", "marks", "near_misses"}
    assert {
        s["story_id"] for s in news.rows("stories", "--event", one["event_id"])
    } == {r["story_id"] for r in one["reports"]}
    out, _ = news("event", one["event_id"])
    assert "reports by" in out
    assert "text from" in news("stories")[0]
    assert "no id begins" in news("event", "e-zz", expect=2)[1]
    assert "ambiguous" in news("event", "e-", expect=2)[1]


def test_status_tells_what_is_there(news):
    """Nothing runs, nothing waits, 157 stories."""
    (found,) = news.rows("status")
    assert found["workers"] == {"ingest": None, "embed": None, "index": None}
    assert found["lag"]["index"]["behind"] == found["lag"]["embed"]["behind"] == 0
    assert found["index"]["stories"] == 157
    assert found["pages"] == {"due": 0, "published": 157, "refused": 0}
    out, _ = news("status")
    assert "157 stories" in out


def test_feeds_are_listed_exported_imported_and_checked(news, tmp_path):
    """What goes out as OPML comes in again; check says which feeds answer."""
    listed = news.rows("feeds", "list")
    assert len(listed) == 18
    assert all(f["failures"] == 0 and f["entries"] for f in listed)
    assert "Continental Wire" in news("feeds", "list")[0]
    file = tmp_path / "out.opml"
    news("feeds", "export", str(file))
    assert news("feeds", "export")[0] == file.read_text()
    other = Run(tmp_path / "other")
    assert "18 added, 0 known" in other("feeds", "import", str(file))[0]
    url = listed[0]["url"]
    assert other.rows("feeds", "add", url, *LOCAL) == [
        {"added": 0, "known": 1, "feeds": [url], "left_out": []}
    ]
    assert other.rows("feeds", "remove", url) == [{"removed": 1, "missing": []}]
    _, said = other("feeds", "remove", url, expect=1)
    assert "not among the feeds" in said
    dead = "http://127.0.0.1:9/feed"
    out, said = other("feeds", "check", url, dead, "--json", *LOCAL)
    good, bad = (json.loads(row) for row in out.splitlines())
    assert (good["ok"], good["entries"]) == (True, listed[0]["entries"])
    assert (bad["ok"], "no connection" in bad["status"]) == (False, True)
    assert "1 of 2 feeds answer" in said
    out, said = news("feeds", "check", *LOCAL)
    assert "✓" in out
    assert "18 of 18 feeds answer" in said
    empty = Run(tmp_path / "empty")
    assert "no feeds in" in empty("feeds", "list", expect=2)[1]
