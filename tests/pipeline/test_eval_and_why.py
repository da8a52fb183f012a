"""`samestory eval` and `why` on the sample newsroom."""

import itertools
import json
import math
import re

import pytest

from samestory.deploy.cli import run as command
from samestory.deploy.cli.why import MEANING
from samestory.index.decision.features import FEATURES
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def test_eval_gives_the_same_bytes_twice_and_tells_what_the_index_does(
    labelled_in_five_languages, tmp_path
):
    """Scores, baselines and assignments; the second time without embedding.

    The newsroom is embedded once, by the default model, which knows its languages, and
    grouped ten times, beside four baselines.
    """
    run, out = Run(tmp_path), tmp_path / "out.jsonl"
    asked = ("eval", str(labelled_in_five_languages), "--model", "multilingual")
    first, said = run(*asked, "--json", "--assignments", str(out))
    written = out.read_bytes()
    second, _ = run(*asked, "--json", "--assignments", str(out))
    assert (first, written) == (second, out.read_bytes())
    assert "decisions a second" in said
    rows = {row["name"]: row for row in map(json.loads, first.splitlines())}
    ours, alone = rows["samestory, at the end"], rows["every story alone"]
    assert ours["b_cubed_f1"] >= 0.95
    assert alone["b_cubed_precision"] == 1.0
    assert all(
        ours["b_cubed_f1"] > r["b_cubed_f1"]
        for r in rows.values()
        if r != ours and "b_cubed_f1" in r and not r["name"].startswith("samestory")
    )
    assert rows["lookup"]["stories"] == 157
    assigned = [json.loads(line) for line in written.splitlines()]
    assert len({row["event"] for row in assigned}) == ours["events"]
    table, _ = run(*asked, "--order", "shuffle:3")
    assert "157 stories of" in table
    found = [run.rows(*asked, "--joining", name)[0] for name in ("tight", "loose")]
    precision, recall = (
        [r[f"pairwise_{n}"] for r in found] for n in ("precision", "recall")
    )
    assert precision[0] >= precision[1]
    assert recall[0] < recall[1]
    assert (
        "use tight"
        in run("eval", str(labelled_in_five_languages), "--joining", "x", expect=2)[1]
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("junk", "2: not JSON"),
        ('{"id": "b", "title": "t"}', "2: needs `id` and `cluster`"),
        ('{"id": "b", "cluster": "c"}', "2: has neither `title` nor `text`"),
        ('{"id": "a", "cluster": "c", "title": "t"}', "2: id 'a' is that of line 1"),
        ('{"id": 7, "cluster": 1.5, "title": "t"}', "2: `cluster` is not a string"),
        ('{"id": 7, "cluster": 1, "title": ["t"]}', "2: `title` is not a string"),
    ],
)
def test_eval_refuses_a_line_that_is_no_labelled_story(tmp_path, line, why):
    """A measure that passes over lines in silence would be worth nothing."""
    first = '{"id": "a", "cluster": "c", "title": "Envoys met"}\n'
    _, said = Run(tmp_path)("eval", "-", stdin=first + line, expect=2)
    assert why in said


def test_eval_of_an_odd_order_or_file_says_so(labelled, tmp_path):
    """Exit 2 and one line."""
    run = Run(tmp_path)
    assert "shuffle:SEED" in run("eval", str(labelled), "--order", "x", expect=2)[1]
    assert "no stories in it" in run("eval", "/dev/null", expect=2)[1]
    assert "No such file" in run("eval", "gone.jsonl", expect=2)[1]


def test_every_join_is_told_as_a_sum_and_names_what_both_texts_say(news, capsys):
    """`why EVENT` of each event: contributions add up, shared terms are in both."""
    texts = {s["story_id"]: f"{s['title']}\n{s['text']}" for s in news.rows("stories")}
    links = 0
    for event in news.rows("events"):
        state = ("--state", str(news.state))  # here: a process each takes a minute
        assert command(["why", event["event_id"], "--json", *state]) == 0
        found = json.loads(capsys.readouterr().out)
        assert len(found["chain"]) == len(event["reports"]) - 1
        for link in found["chain"]:
            parts = [feature["contribution"] for feature in link["features"]]
            assert math.fsum([link["bias"], *parts]) == link["logit"]
            assert link["probability"] == 1 / (1 + math.exp(-link["logit"]))
            for term in link["shared"]:
                assert term in texts[link["from"]]
                assert term in texts[link["to"]]
            links += 1
    assert links > 60


def test_why_is_a_page_for_people(news):
    """Both titles, the sum, what was needed; and what keeps two apart."""
    event = max(news.rows("events"), key=lambda e: len(e["reports"]))
    first, last = event["reports"][0], event["reports"][-1]
    ids = first["story_id"], last["story_id"]
    page, _ = news("why", *ids, "--sum")
    for part in (first["title"], last["title"], "sum (logit)", "was needed"):
        assert part in page
    page, _ = news("why", *ids)
    assert page.startswith(f"They tell one event, {event['event_id']}: ")
    assert "for it: likeness of title and opening" in page
    assert "sum (logit)" not in page
    other = next(e for e in news.rows("events") if e["event_id"] != event["event_id"])
    page, _ = news("why", first["story_id"], other["reports"][0]["story_id"], "--sum")
    assert page.startswith("They tell two events: ")
    *parts, total = map(float, re.findall(r"([+-]\d+\.\d\d)\s*$", page, re.MULTILINE))
    assert total == pytest.approx(sum(parts), abs=0.005 * len(parts) + 0.005)
    assert len(parts) >= 3
    assert news.rows("why", first["story_id"])[0]["event_id"] == event["event_id"]
    _, said = news("why", "e-", first["story_id"], expect=2)
    assert "samestory: " in said


def test_why_of_a_story_and_an_event_is_that_of_the_report_most_like_it(news):
    """A reprint and its event: the one whose text it is."""
    events = news.rows("events")
    event, copy, source = next(
        (event, copy, source)
        for event in events
        for copy, source in itertools.permutations(event["reports"], 2)
        if copy["is_copy"] and copy["title"] == source["title"]
    )
    (asked,) = news.rows("why", copy["story_id"], event["event_id"])
    assert asked["stories"] == [copy["story_id"], source["story_id"]]
    other = next(one for one in events if one["event_id"] != event["event_id"])
    (apart,) = news.rows("why", other["event_id"], event["event_id"])
    assert apart["event_id"] is None
    for story_id, side in zip(apart["stories"], (other, event), strict=True):
        assert story_id in [report["story_id"] for report in side["reports"]]
    page, _ = news("why", other["event_id"], event["event_id"])
    assert page.startswith("They tell two events: ")


def test_eval_tells_pairs_by_their_languages(tmp_path):
    """Where there are several; of English and French without words in common, none."""
    rows = [
        {"id": "a", "cluster": "x", "title": "Envoys met in Merrow", "lang": "en"},
        {"id": "b", "cluster": "x", "title": "Envoys met in Merrow", "lang": "en"},
        {"id": "c", "cluster": "x", "title": "Une rencontre discrète", "lang": "fr"},
    ]
    path = tmp_path / "told.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out, _ = Run(tmp_path).here("eval", str(path))
    told = out.partition("Pairs by their languages")[2]
    assert [line.split() for line in told.splitlines()[4:6]] == [
        ["en", "1", "1,", "100", "%", "0,", "0", "%"],
        ["en", "fr", "2", "0,", "0", "%", "0"],
    ]


def test_every_feature_has_words_for_people():
    """`why` shows none by the name that programs know it by."""
    names = {name.removesuffix("_long") for name in FEATURES}
    assert names <= MEANING.keys()
