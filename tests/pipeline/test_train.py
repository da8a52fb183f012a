"""`samestory train` and `sweep` on the sample newsroom."""

import gzip
import json
import re
import shutil
from itertools import pairwise

import pytest

from samestory.index.decision.features import FEATURES
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(scope="module")
def trained(labelled, tmp_path_factory):
    """A state, a model fitted on the newsroom with word counts of its own."""
    run = Run(tmp_path_factory.mktemp("train"))
    words = run.state / "words.jsonl"
    words.write_text('{"title": "Zyxel Zyxel", "text": "zyxel"}\n{"text": "Zyxel"}\n')
    out, _ = run(
        *("train", str(labelled), "--count", str(words)),
        *("--out", str(run.state / "model")),
    )
    return run, out


@pytest.fixture(scope="module")
def some(labelled, tmp_path_factory):
    """The reports of every third event: what is done twice takes a third of the time."""
    rows = [json.loads(line) for line in labelled.read_text().splitlines()]
    kept = sorted({row["cluster"] for row in rows})[::3]
    path = tmp_path_factory.mktemp("some") / "newsroom.jsonl"
    lines = [json.dumps(row) + "\n" for row in rows if row["cluster"] in kept]
    path.write_text("".join(lines))
    return path


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_model_of_ones_own_is_fitted_told_and_used(trained, labelled):
    """Everything is in two files; the figures are out of fold."""
    run, out = trained
    model = run.state / "model" / "pair_model.json"
    artefact = json.loads(model.read_text())
    assert list(artefact["weights"]) == list(FEATURES)
    tight, balanced, loose = (
        artefact["thresholds"][name] for name in ("tight", "balanced", "loose")
    )
    assert tight >= balanced >= loose
    assert artefact["space"].startswith("v-")
    assert artefact["provenance"]["labelled"] == ["newsroom.jsonl"]
    assert f"tight {tight:.2f}, balanced {balanced:.2f}, loose {loose:.2f}" in out
    assert "newsroom.jsonl, out of fold" in out
    assert artefact["name"] in out
    counts = gzip.decompress((model.parent / "word_counts.txt.gz").read_bytes())
    assert counts.startswith(b"documents 139\n")
    assert counts.endswith(b"\nzyxel 2")
    ours = run.rows("eval", str(labelled), "--pair-model", str(model))[1]
    assert ours["b_cubed_f1"] > 0.9


def test_the_same_labels_give_the_same_bytes(trained, some, tmp_path):
    """Model and word counts."""
    run, _ = trained
    count = ("--count", str(run.state / "words.jsonl"))
    for name in ("first", "again"):
        run("train", str(some), *count, "--out", str(tmp_path / name))
    assert files(tmp_path / "again") == files(tmp_path / "first")


def test_a_model_without_its_word_counts_is_refused(trained, labelled, tmp_path):
    """They belong together: a person must act."""
    run, _ = trained
    model = tmp_path / "pair_model.json"
    shutil.copy(run.state / "model" / "pair_model.json", model)
    args = ("eval", str(labelled), "--pair-model", str(model))
    assert "word_counts.txt.gz" in run(*args, expect=2)[1]
    data = gzip.compress(b"documents 5\nzyxel 2")
    (tmp_path / "word_counts.txt.gz").write_bytes(data)
    assert "was fitted with" in run(*args, expect=2)[1]


def test_sweep_tells_each_threshold_with_an_interval_and_writes_nothing(trained, some):
    """The point lies in its interval; the packaged counts hold."""
    run, _ = trained
    before = sorted(path.name for path in run.state.iterdir())
    out, said = run("sweep", str(some))
    rows = re.findall(r"(0\.\d\d) +[\d.]+ +[\d.]+ +([\d.]+) +([\d.]+)-([\d.]+)", out)
    assert len(rows) == 16
    assert all(float(low) <= float(f1) <= float(high) for _, f1, low, high in rows)
    assert "proposed: tight" in out
    assert "newsroom.jsonl: " in said
    assert sorted(path.name for path in run.state.iterdir()) == before


def test_what_is_left_out_is_not_learnt_from(trained, labelled, tmp_path):
    """Neither its stories nor its words; too little left is said."""
    run, _ = trained
    rows = [json.loads(line) for line in labelled.read_text().splitlines()]
    events = sorted({row["cluster"] for row in rows})
    held = tmp_path / "held.jsonl"
    kept = [row for row in rows if row["cluster"] not in events[:20]]
    held.write_text("".join(json.dumps(row) + "\n" for row in rows if row not in kept))
    out = tmp_path / "out"
    common = (
        *("--count", str(run.state / "words.jsonl"), "--out", str(out)),
        *("--thresholds", "0.7", "0.4", "0.1"),
    )
    run("train", str(labelled), "--leave-out", str(held), *common)
    artefact = json.loads((out / "pair_model.json").read_text())
    assert artefact["provenance"]["stories"] == len(kept) < len(rows)
    assert artefact["provenance"]["left_out"] == ["held.jsonl"]
    assert list(artefact["thresholds"].values()) == [0.7, 0.4, 0.1]
    counts = gzip.decompress((out / "word_counts.txt.gz").read_bytes())
    assert counts.startswith(f"documents {len(kept) + 2}\n".encode())
    said = run(
        *("train", str(labelled), "--leave-out", str(labelled), *common), expect=2
    )[1]
    assert "fewer than two events are left" in said
    said = run("train", f"{labelled}@x", *common, expect=2)[1]
    assert "'x' is no weight" in said
    common = (*common[:-3], "0.1", "0.4", "0.7")
    assert "from tight to loose" in run("train", str(labelled), *common, expect=2)[1]


def pairs_of(labelled, path, flipped=False):
    """Write pairs of neighbouring rows, as `corrections export` does."""
    rows = [json.loads(line) for line in labelled.read_text().splitlines()]
    rows.sort(key=lambda row: (row["cluster"], row["id"]))
    lines = []
    for a, b in pairwise(rows):
        same = (a["cluster"] == b["cluster"]) != flipped
        sides = [{k: v for k, v in one.items() if k != "cluster"} for one in (a, b)]
        label = "same" if same else "different"
        lines.append({"a": sides[0], "b": sides[1], "label": label, "who": "Ada"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return lines


def test_pairs_that_people_judged_are_measured_and_learnt_from(
    trained, labelled, tmp_path
):
    """As `corrections export` writes them; those that say the contrary change most."""
    run, _ = trained
    lines = pairs_of(labelled, tmp_path / "pairs.jsonl")
    (found,) = run.rows("eval", "--pairs", str(tmp_path / "pairs.jsonl"))
    assert found["same"] == sum(line["label"] == "same" for line in lines)
    assert found["different"] == len(lines) - found["same"]
    assert found["same_joined"] > 0.7 * found["same"]
    assert found["different_kept_apart"] > 0.8 * found["different"]
    out, said = run("eval", "--pairs", str(tmp_path / "pairs.jsonl"))
    assert f"of {found['same']} that are one event {found['same_joined']} " in out
    wrong = found["same"] - found["same_joined"]
    wrong += found["different"] - found["different_kept_apart"]
    assert said.count(", but ") == wrong
    pairs_of(labelled, tmp_path / "contrary.jsonl", flipped=True)
    fixed = ("--thresholds", "0.8", "0.4", "0.2")
    biases = {}
    for name, arguments in {
        "alone": (),
        "contrary": ("--pairs", f"{tmp_path / 'contrary.jsonl'}@50"),
    }.items():
        folder = tmp_path / name
        run("train", str(labelled), *fixed, *arguments, "--out", str(folder))
        artefact = json.loads((folder / "pair_model.json").read_text())
        biases[name] = artefact["weights"]["similarity"]
    assert artefact["provenance"]["pairs"] == ["contrary.jsonl@50"]
    assert biases["contrary"] < biases["alone"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"a": {"id": "1", "text": "x"}, "label": "same"}', "`b` is not an object"),
        ('{"a": {"text": "x"}, "b": {}, "label": "same"}', "needs `id`"),
        (
            '{"a": {"id": 1, "text": "x"}, "b": {"id": 2, "text": "y"}, "label": 1}',
            "`label` is 1",
        ),
        ("", "no pairs in it"),
    ],
)
def test_a_line_that_is_no_pair_is_refused_by_number(tmp_path, line, says):
    """A measure that passes over lines in silence would be worth nothing."""
    (tmp_path / "p.jsonl").write_text(line + "\n")
    _, said = Run(tmp_path)("eval", "--pairs", str(tmp_path / "p.jsonl"), expect=2)
    assert says in said
