"""What is added to a model: kept in a file, merged into its weights, a model itself."""

import json
from dataclasses import replace

import numpy as np
import pytest

from samestory.deploy.cli import run
from samestory.embed.adaptation import FILE, Adaptation, Thin
from samestory.embed.encoder import EncoderSpec
from samestory.embed.means import OTHERS, LanguageMeans
from samestory.embed.models import model_files
from samestory.embed.opening import open_encoder
from samestory.errors import Misconfigured
from tests.conftest import CACHE

pytestmark = [pytest.mark.model, pytest.mark.slow]
LAYER = "encoder.layer.0.attention.self.query"
SPEC = EncoderSpec(model="packaged", cache=CACHE / "models", engine="torch-fp32")


def adaptation(size: float = 0.1) -> Adaptation:
    """Return one that turns the first layer's queries, with means of two languages."""
    rng = np.random.default_rng(1)
    thin = Thin(
        down=rng.normal(0, size, (2, 384)).astype(np.float16),
        up=rng.normal(0, size, (384, 2)).astype(np.float16),
    )
    rows = {lang: rng.normal(0, 0.1, 384).astype(np.float32) for lang in ("ru", OTHERS)}
    return Adaptation(
        base="packaged", thin={LAYER: thin}, means=LanguageMeans(rows), about="a test"
    )


def test_what_is_written_is_read(tmp_path):
    """The same bytes for the same content, and the same identity."""
    one, two = tmp_path / "one", tmp_path / "two"
    adaptation().save(one)
    found = Adaptation.load(one)
    found.save(two)
    assert one.read_bytes() == two.read_bytes()
    assert (found.base, found.about) == ("packaged", "a test")
    assert found.digest == adaptation().digest
    assert found.means.digest == adaptation().means.digest


def test_what_is_merged_is_the_product_twice():
    """By hand: 2 x [1, 2] across [3, 4]."""
    thin = Thin(
        down=np.array([[3, 4]], np.float16), up=np.array([[1], [2]], np.float16)
    )
    assert thin.product().tolist() == [[6, 8], [12, 16]]


@pytest.mark.parametrize("damage", [b"", b"\xff" * 99, b"{}"])
def test_a_damaged_file_is_named(tmp_path, damage):
    """Not a traceback."""
    (tmp_path / FILE).write_bytes(damage)
    with pytest.raises(Misconfigured, match="is no adaptation of a model"):
        model_files(str(tmp_path))


def test_one_for_another_network_is_refused(tmp_path):
    """Its layers are not there."""
    one = adaptation()
    replace(one, thin={"encoder.none": one.thin[LAYER]}).save(tmp_path / FILE)
    with pytest.raises(Misconfigured, match="can't be loaded"):
        open_encoder(replace(SPEC, model=str(tmp_path)))


@pytest.mark.xdist_group("torch")
def test_a_folder_that_holds_one_is_a_model_with_a_space_of_its_own(tmp_path, encoder):
    """Whose vectors differ from the base's; without anything added they are the base's."""
    for size in (0.0, 0.5):
        folder = tmp_path / f"{size}"
        folder.mkdir()
        adaptation(size).save(folder / FILE)
    text = ["Minister warns allies"]
    base = encoder.encode(text)
    same, other = (
        open_encoder(replace(SPEC, model=str(tmp_path / name)))
        for name in ("0.0", "0.5")
    )
    assert np.allclose(same.encode(text), base, atol=2e-2)  # it may be bf16
    assert (other.encode(text) * base).sum() < 0.99
    ids = {one.space.space_id for one in (encoder, same, other)}
    assert len(ids) == 3
    assert model_files(str(tmp_path / "0.5")).languages == ("en",)


def test_means_of_another_length_than_the_vectors_are_refused(tmp_path):
    """Each story would fail by itself."""
    rows = {OTHERS: np.zeros(8, np.float32)}
    replace(adaptation(), thin={}, means=LanguageMeans(rows)).save(tmp_path / FILE)
    with pytest.raises(Misconfigured, match="means have 8 numbers, its vectors 384"):
        open_encoder(replace(SPEC, model=str(tmp_path)))


def test_an_adaptation_of_itself_or_of_another_is_refused(tmp_path):
    """Not followed for ever."""
    replace(adaptation(), base=str(tmp_path)).save(tmp_path / FILE)
    with pytest.raises(Misconfigured, match="is itself an adaptation"):
        model_files(str(tmp_path))


def test_the_base_is_found_from_wherever_it_is_asked_for(tmp_path, monkeypatch):
    """A folder by its whole path, a packaged model by its name."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert model_files("./own").base == str((tmp_path / "own").resolve())
    assert model_files("multilingual").base == "multilingual"


@pytest.fixture
def told_twice(tmp_path):
    """Eight events, each told by two outlets that share hardly a word."""
    rows = [
        {"id": f"{n}{side}", "cluster": f"e{n}", "title": title, "lang": "en"}
        for n, titles in enumerate(EVENTS)
        for side, title in enumerate(titles)
    ]
    path = tmp_path / "told.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


EVENTS = (
    (
        "Ilmara warns its allies over Tarsk",
        "Minister: no machine tools for the Tarsk war",
    ),
    ("Velund expels two envoys", "Two diplomats told to leave Velund within a day"),
    ("Port Callan talks end without accord", "No deal after a week at Port Callan"),
    ("Marenholt port closed after tanker spill", "Oil in the bay shuts a harbour"),
    ("Central bank of Orsk holds its rate", "Orsk leaves borrowing costs unchanged"),
    ("Prisoners exchanged at the Lorne bridge", "Forty captives cross the Lorne home"),
    ("Treaty on river water signed in Sella", "Upstream states agree to share a river"),
    ("Quake kills thirty near Dorn", "Dorn counts its dead after the earth shook"),
)


def lesson():
    """Return the events as what an adapter learns from."""
    from samestory.embed.adapting import Lesson, Told

    return Lesson(1.0, [[Told(title, "", "en") for title in both] for both in EVENTS])


@pytest.mark.xdist_group("torch")
def test_training_brings_reports_of_one_event_together():
    """Nearer to each other, among all, than in the space that it began with."""
    from samestory.embed.adapting import Plan, train
    from samestory.embed.engines.torch_engine import TorchEngine

    texts = [title for both in EVENTS for title in both]
    engine = TorchEngine(model_files("packaged").folder, 16, arithmetic="fp32")

    def gap() -> float:
        cosines = (rows := engine.encode(texts)) @ rows.T
        at = np.arange(len(texts))
        same = cosines[at, at ^ 1].mean()
        others = cosines.sum() - len(texts) * (1 + same)
        return same - others / (len(texts) * (len(texts) - 2))

    before, losses = gap(), []
    plan = Plan(steps=16, events=8, tokens=16, rate=5e-3)
    train(engine.model, None, [lesson()], plan, lambda _, loss: losses.append(loss))
    assert gap() > before + 0.1
    assert len(losses) == 16


@pytest.mark.xdist_group("torch")
def test_pairs_that_may_be_one_event_are_neither_pulled_nor_pushed():
    """Where every pair but the true ones is unsure there is nothing to learn."""
    from samestory.embed.adapting import Lesson, Plan, Told, train
    from samestory.embed.engines.torch_engine import TorchEngine

    def loss(unsure: bool) -> float:
        ids = [[f"{n}{side}" for side in (0, 1)] for n in range(len(EVENTS))]
        told = []
        for n, both in enumerate(EVENTS):
            others = (
                frozenset(one for m in ids if m != ids[n] for one in m)
                if unsure
                else frozenset()
            )
            told.append(
                [
                    Told(title, "", "en", ids[n][side], others)
                    for side, title in enumerate(both)
                ]
            )
        engine = TorchEngine(model_files("packaged").folder, 16, arithmetic="fp32")
        plan, losses = Plan(steps=1, events=8, tokens=16), []
        train(
            engine.model, None, [Lesson(1.0, told)], plan, lambda *x: losses.append(x)
        )
        return losses[0][1]

    assert loss(unsure=True) == 0 < loss(unsure=False)


@pytest.mark.xdist_group("torch")
def test_the_same_seed_gives_the_same_adapter_and_another_one_another():
    """Nothing but labels, seed and steps decides."""
    from samestory.embed.adapting import Plan, train
    from samestory.embed.engines.torch_engine import TorchEngine

    digests = []
    for seed in (1, 1, 2):
        engine = TorchEngine(model_files("packaged").folder, 16, arithmetic="fp32")
        plan = Plan(steps=2, events=8, tokens=16, seed=seed)
        thin = train(engine.model, None, [lesson()], plan, lambda *_: None)
        digests.append(Adaptation(base="packaged", thin=thin, means=None).digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.xdist_group("torch")
def test_the_command_writes_a_folder_that_says_how_it_was_made(
    told_twice, tmp_path, capsys
):
    """And what to do with it."""
    out = tmp_path / "space"
    command = ["train", "--space", f"{told_twice}@2", "--out", str(out), "--steps", "1"]
    assert run([*command, "--state", str(tmp_path / "state")]) == 0
    assert f"use it with --model {out}" in capsys.readouterr().out
    found = Adaptation.load(out / FILE)
    assert found.about == "samestory train --space --seed 0 --steps 1 told.jsonl@2"
    assert (found.base, len(found.thin)) == ("packaged", 36)
    assert str(model_files(str(out)).folder) == str(model_files("packaged").folder)


def test_what_goes_with_no_space_is_refused(told_twice, tmp_path, capsys):
    """Not passed over in silence; nor a file in which nothing is told twice."""
    out = ["--out", str(tmp_path)]
    assert run(["train", "--space", str(told_twice), *out, "--steps", "0"]) == 2
    assert "--steps 0: 1 or more" in capsys.readouterr().err
    assert run(["train", "--space", str(told_twice), *out, "--count", "x"]) == 2
    assert "--space goes with none of" in capsys.readouterr().err
    alone = tmp_path / "alone.jsonl"
    alone.write_text('{"id": "1", "cluster": "e", "title": "Alone"}\n')
    assert run(["train", "--space", str(alone), *out]) == 2
    assert "no event in it is told twice" in capsys.readouterr().err
