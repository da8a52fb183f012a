"""Models and engines as a user meets them: which one, how true, in which languages."""

import json
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from samestory.deploy.cli import count_words, fit_means, models
from samestory.embed.models import model_files
from samestory.index.answers.lookup import CLOSE
from tests.conftest import ROOT
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def rows_of(*stories) -> str:
    return "".join(json.dumps(story) + "\n" for story in stories)


IN_FOUR_LANGUAGES = rows_of(
    {
        "title": "Глава МИД Ильмары предупредил союзников о поставках станков в Тарск",
        "text": "Министр иностранных дел Ильмары заявил в четверг на встрече союзников,"
        " что поставки станков в Тарскую республику продлят войну на границе.",
        "published": "2026-03-05T10:00:00Z",
        "outlet": "ilmara.example",
        "lang": "ru",
    },
    {
        "title": "Ilmara's foreign minister warns allies over machine tools for Tarsk",
        "text": "The foreign minister of Ilmara told a meeting of allies on Thursday that"
        " deliveries of machine tools to the Tarsk Republic would prolong the border war.",
        "published": "2026-03-05T11:00:00Z",
        "outlet": "wire.example",
        "lang": "en",
    },
    {
        "title": "Le ministre ilmarien met en garde ses alliés sur les machines livrées à Tarsk",
        "text": "Le ministre des affaires étrangères d'Ilmara a dit jeudi aux alliés que"
        " les livraisons de machines-outils à la République de Tarsk prolongeraient la"
        " guerre à la frontière.",
        "published": "2026-03-05T12:00:00Z",
        "outlet": "journal.example",
        "lang": "fr",
    },
    {
        "title": "Цены на пшеницу упали после плана морского конвоя",
        "text": "Фьючерсы на пшеницу снизились на три процента.",
        "published": "2026-03-05T13:00:00Z",
        "outlet": "ilmara.example",
        "lang": "ru",
    },
)


def test_one_event_in_three_languages(tmp_path):
    """With the multilingual model; what the default does with them is told too."""
    run = Run(tmp_path)
    run("import", "-", "--model", "multilingual", stdin=IN_FOUR_LANGUAGES)
    events = run.rows("events")
    told_in = sorted(event["languages"] for event in events)
    assert told_in == [["en", "fr", "ru"], ["ru"]]
    assert "en,fr,ru" in run("events")[0]
    (event,) = (one["event_id"] for one in events if len(one["languages"]) > 1)
    assert (
        "3 reports by 3 outlets, 3 independent voices, in en, fr, ru; translat"
        in run("event", event)[0]
    )
    (nearest, *_) = run.rows(
        "near",
        "Ilmara warns its allies: no machines for Tarsk",
        "--model",
        "multilingual",
    )
    assert nearest["outlet"] in {"ilmara.example", "wire.example", "journal.example"}
    # A few words are taken for English or for what their script is usually used for.
    for question, least in (
        ("Ilmara warns allies over machine tools", 3),
        ("Ильмара: станки Тарску", 2),
    ):
        found = run.rows("near", question, "--model", "multilingual")
        hits = [hit for one in found for hit in (one, *one["hits"])]
        close = [hit["event_id"] for hit in hits if hit["probability"] >= CLOSE]
        assert set(close) == {event}
        assert len(close) >= least
    (status,) = run.rows("status")
    assert status["space"]["made_by"].startswith("openvino-")
    other = Run(tmp_path / "default")
    other("import", "-", stdin=IN_FOUR_LANGUAGES)
    assert len(other.rows("events")) == 4  # by words alone: apart


def test_a_lookup_by_text_needs_no_torch(news):
    """Nor sentence-transformers: it answers in under a second."""
    code = (
        "import sys; from samestory.deploy.cli import run\n"
        f"code = run(['near', 'twelfth package of sanctions', '--state', {str(news.state)!r}])\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'sklearn', 'openvino'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )


def test_int8_finds_the_same_events_within_half_a_point(labelled, tmp_path):
    """On the sample newsroom; docs/performance.md has the other sets.

    It is embedded by both, in processes of their own, and grouped four times.
    """
    found = {}
    for precision in ("exact", "int8"):
        rows = Run(tmp_path).rows("eval", str(labelled), "--precision", precision)
        by_name = {row["name"]: row for row in rows}
        found[precision] = by_name["samestory, at the end"]["b_cubed_f1"]
    assert found["exact"] > 0.9
    assert abs(found["exact"] - found["int8"]) <= 0.005


def test_the_worker_names_its_engine_and_sees_copies(tmp_path):
    """In its log, in the journal's messages and in status."""
    story = {"title": "One wire, two papers", "text": "The text is the same."}
    rows = rows_of(*(story | {"url": f"https://{o}.example/1"} for o in "ab"))
    run = Run(tmp_path)
    run("import", "-", "--no-wait", stdin=rows)
    _, said = run("import", "/dev/null", "--log-level", "info")
    assert "model packaged engine=" in said
    assert "copies=2" in said
    (status,) = run.rows("status")
    assert status["space"]["made_by"].split()[0] in said


def test_a_text_on_which_the_model_fails_is_set_aside_alone(tmp_path, failing):
    """Its neighbours in the batch are grouped."""
    texts = ["Ministers met.", "They said boomword.", "It rained in Merrow."]
    rows = rows_of(*({"title": "T", "text": text} for text in texts))
    run = Run(tmp_path)
    run("import", "-", "--model", str(failing), stdin=rows)
    assert sorted(s["text"] for s in run.rows("stories")) == [texts[2], texts[0]]
    (held,) = run.rows("quarantine", "list")
    assert held["stage"] == "embed"
    assert "boomword" in held["reason"]


def test_models_list_names_what_is_chosen(tmp_path):
    """And which languages each model knows."""
    rows = Run(tmp_path).rows("models", "list", "--engine", "onnxruntime-fp32")
    languages = {row["model"]: row["languages"] for row in rows if "model" in row}
    assert languages["packaged"] == ["en"]
    assert languages["multilingual"] == ["*"]
    chosen = [row["engine"] for row in rows if row.get("chosen")]
    assert chosen == ["onnxruntime-fp32"]
    out, _ = Run(tmp_path)("models", "list")
    assert "model packaged in class exact: first choice " in out


@pytest.mark.xdist_group("torch")
def test_models_check_measures_every_engine_here(tmp_path, monkeypatch):
    """Fidelity within each class's promise; speeds are told, not judged.

    Six engines are opened, and each embeds the passages twice: some 20 s.
    """
    monkeypatch.setattr(models, "ROUNDS", 1)  # speeds are not judged
    some = tmp_path / "passages.txt"
    some.write_text("\n".join(models.PASSAGES.read_text("utf-8").splitlines()[:40]))
    monkeypatch.setattr(models, "PASSAGES", some)
    out, _ = Run(tmp_path).here("models", "check", "--json")
    rows = {row["engine"]: row for row in map(json.loads, out.splitlines())}
    assert {"torch-fp32", "openvino-fp32", "onnxruntime-fp32", "openvino-int8"} <= set(
        rows
    )
    assert all(row["is_true"] for row in rows.values())
    assert rows["openvino-int8"]["cosine_mean"] >= 0.995
    assert rows["openvino-fp32"]["cosine_min"] >= 0.9999
    assert all(row["passages_per_core_second"] > 0 for row in rows.values())


def test_models_convert_tells_where_and_with_what(tmp_path):
    """Also for a model in a folder."""
    folder = model_files("packaged").folder
    out, _ = Run(tmp_path)("models", "convert", "--model", str(folder))
    assert "made with torch 2." in out


def test_means_are_fitted_on_ones_own_stories_for_a_new_space(
    tmp_path, monkeypatch, encoder
):
    """Of languages with enough stories; by the vectors themselves. Nothing else moves."""
    monkeypatch.setattr(fit_means, "LEAST", 2)
    run, out = Run(tmp_path / "state"), tmp_path / "fitted"
    texts = {"en": ["Ministers met.", "It rained in Merrow."], "fr": ["Il a plu."]}
    stories = [{"text": t, "lang": lang} for lang, some in texts.items() for t in some]
    run("import", "-", stdin=rows_of(*stories))
    before = run("digest")[0]
    said, _ = run.here("models", "fit-means", "--out", str(out))
    assert said.splitlines()[0] == "en: the mean of 2 stories"
    assert "fr" not in said
    found = model_files(str(out)).adaptation
    assert found.about == "samestory models fit-means on en 2"
    passages = [one for text in texts["en"] for one in (text, text)]
    expected = encoder.encode(passages).mean(axis=0)
    assert set(found.means.rows) == {"en", "*"}
    assert np.allclose(found.means.rows["en"], expected, atol=1e-3)
    assert run("digest")[0] == before
    empty = Run(tmp_path / "empty")
    empty("import", "-", stdin=rows_of(stories[0]))
    _, said = empty("models", "fit-means", "--out", str(out), expect=2)
    assert "no language has 2 stories in this state: en 1" in said


def test_words_of_ones_own_languages_are_counted_for_the_decision(
    tmp_path, monkeypatch
):
    """English keeps its counts; each join tells which file decided it."""
    monkeypatch.setattr(count_words, "LEAST", 2)
    run, out = Run(tmp_path / "state"), tmp_path / "words.gz"
    told = (
        "Le conseil adopte les sanctions contre Tarsk",
        "La pluie tombe sur les collines",
        "Les marins quittent le port",
    )
    french = [{"text": text, "lang": "fr", "outlet": text} for text in told]
    english = [{"text": "Council adopts", "lang": "en", "outlet": o} for o in "abc"]
    run("import", "-", stdin=rows_of(*french, *english))
    said, _ = run("models", "count-words", "--out", str(out))
    assert said.splitlines()[0] == "fr: 2 words of 3 stories"
    assert "en" not in said.split("use ")[0]
    digest = said.split("(")[1][:8]
    fresh = french[0] | {"url": "https://d.example/1", "outlet": "d"}
    run("import", "-", "--word-counts", str(out), stdin=rows_of(fresh))
    models_by_story = {
        link["from"]: link["model"]
        for story in run.rows("stories")
        for why in run.rows("why", story["story_id"])
        for link in why["chain"]
    }
    (newest,) = (s["story_id"] for s in run.rows("stories") if s["outlet"] == "d")
    assert models_by_story.pop(newest).endswith(f" balanced words {digest}")
    assert all(name.endswith(" balanced") for name in models_by_story.values())
    more, missing = rows_of(fresh | {"url": "https://e.example/1"}), tmp_path / "no.gz"
    wanted = ("import", "-", "--word-counts", str(missing))
    _, said = run(*wanted, stdin=more, expect=2)
    assert "no.gz" in said
    empty = Run(tmp_path / "empty")
    empty("import", "-", stdin=rows_of(*english))
    _, said = empty("models", "count-words", "--out", str(out), expect=2)
    assert "no language but en has 2 stories in this state: there is none" in said


def test_siblings_in_ten_languages_are_told_apart(tmp_path):
    """Twelve invented events in ten languages, none of them in any fit.

    Each has a sibling: the same actors a day later, or other actors in the same words.
    """
    rows, joined, wrong = grouped(ROOT / "tests" / "data" / "siblings.jsonl", tmp_path)
    assert len({row["lang"] for row in rows}) == 10
    assert joined >= 0.93 * 12 * 45
    assert not wrong


def test_invented_reports_of_two_languages_are_joined_and_near_misses_are_not(tmp_path):
    """42 events, each with two that are like it; of 630 pairs in 18 languages most."""
    path = ROOT / "bench" / "invented" / "languages_unseen.jsonl"
    rows, joined, wrong = grouped(path, tmp_path)
    events = Counter(row["cluster"] for row in rows)
    assert sum(n * (n - 1) // 2 for n in events.values()) == 630
    assert joined >= 0.85 * 630
    assert wrong.total() <= 0.02 * joined


def grouped(path: Path, tmp_path: Path) -> tuple[list[dict], int, Counter]:
    """Return rows, how many pairs of one event are joined, and of which two others."""
    out = tmp_path / "out.jsonl"
    Run(tmp_path)(
        *("eval", str(path), "--model", "multilingual", "--assignments", str(out))
    )
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    events = {
        row["id"]: row["event"] for row in map(json.loads, out.read_text().splitlines())
    }
    pairs = Counter(
        tuple(sorted((a["cluster"], b["cluster"])))
        for a, b in combinations(rows, 2)
        if events[a["id"]] == events[b["id"]]
    )
    wrong = Counter({pair: n for pair, n in pairs.items() if pair[0] != pair[1]})
    return rows, pairs.total() - wrong.total(), wrong
