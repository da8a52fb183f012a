"""`samestory eval --copies`: pairs that people judged, and what we make of them."""

import json

import pytest

from tests.index.copies import made_copies as make
from tests.product import Run

PLAIN = "\n".join(make.report(0))
STORIES = {
    "wire": ("apnews.com", PLAIN),
    "paper": (
        "harbourpost.example",
        f"KESMARK (AP) - {make.cut(make.report(0), 0.7, make.report(2)[:1]).text}",
    ),
    "other": ("kesmarkcourier.example", "\n".join(make.report(3))),
}
PAIRS = [
    {"id": "1", "a": "wire", "b": "paper", "kind": "copy", "source": "a"},
    {"id": "2", "a": "paper", "b": "other", "kind": "independent", "source": "unknown"},
]


@pytest.fixture
def files(tmp_path):
    """Return the paths of the pairs and of the stories."""
    pairs, stories = tmp_path / "pairs.jsonl", tmp_path / "stories.jsonl"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in PAIRS))
    rows = [{"id": i, "outlet": o, "text": t} for i, (o, t) in STORIES.items()]
    stories.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return pairs, stories


def test_pairs_are_compared_and_written(files, tmp_path):
    """A copy with its source and shares, and two reports of one day's harbour."""
    pairs, stories = files
    run, out = Run(tmp_path), tmp_path / "out.jsonl"
    said = run.rows("eval", "--copies", str(pairs), str(stories), "--out", str(out))
    copy, independent = map(json.loads, out.read_text().splitlines())
    assert (copy["id"], copy["kind"], copy["source"]) == ("1", "copy", "a")
    assert 0.6 <= copy["contained_a"] <= 0.75
    assert copy["own_sentences_b"] > 0
    assert (independent["kind"], independent["contained_a"]) == ("independent", 0.0)
    ours = next(row for row in said if row.get("way") == "samestory")
    assert (ours["precision"], ours["recall"], ours["f1"]) == (1.0, 1.0, 1.0)
    assert said[-1] == {"name": "source", "right": 1, "claimed": 1, "asked": 1}
    table, _ = run("eval", "--copies", str(pairs), str(stories))
    assert "2 pairs. Copy or not:" in table


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ({"kind": "stolen"}, "`kind` is 'stolen': one of copy"),
        ({"a": "nobody"}, "'nobody' is no id of the stories"),
    ],
)
def test_a_pair_that_cannot_be_judged_is_named(files, tmp_path, pair, says):
    """With its line."""
    pairs, stories = files
    pairs.write_text(json.dumps(PAIRS[0] | pair) + "\n")
    _, said = Run(tmp_path)("eval", "--copies", str(pairs), str(stories), expect=2)
    assert f"pairs.jsonl:1: {says}" in said
