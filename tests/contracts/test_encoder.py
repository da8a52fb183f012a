"""Every engine: the same vectors as the model's own arithmetic, text by text."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from samestory.embed import canary, cpu
from samestory.embed.conversion import folder_of
from samestory.embed.encoder import EncoderSpec, blame
from samestory.embed.engines.graph import GraphEngine
from samestory.embed.models import model_files
from samestory.embed.opening import ENGINES, open_encoder
from samestory.errors import Misconfigured, Quarantine, Retry
from tests.conftest import CACHE
from tests.passages import ODD, passages_of

pytestmark = [pytest.mark.model, pytest.mark.slow]
SPEC = EncoderSpec(model="packaged", cache=CACHE / "models")
HERE = [
    n
    for n, kind in ENGINES.items()
    if kind.precision == "int8" or cpu.is_fast(kind.arithmetic)
]
LEAST = {"fp32": (0.999999, 0.99999), "bf16": (0.9998, 0.999), "int8": (0.995, 0.97)}


@pytest.fixture(scope="module")
def oracle():
    """all-MiniLM-L6-v2 by hand: transformers in fp32, mean over the mask, unit length."""
    import torch  # five seconds, which other processes of a run need not wait for
    from transformers import AutoModel, AutoTokenizer

    folder = model_files("packaged").folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()

    def encode(texts):
        rows = []
        for text in texts:
            given = tokenizer(
                text, truncation=True, max_length=128, return_tensors="pt"
            )
            with torch.no_grad():
                hidden = model(**given).last_hidden_state[0].double().numpy()
            row = hidden.mean(axis=0)
            rows.append(row / np.linalg.norm(row))
        return np.stack(rows)

    return encode


@pytest.fixture(scope="module")
def expected(oracle):
    """The oracle's vectors of the passages that no engine was fitted to."""
    return oracle(passages_of("fidelity.txt"))


@pytest.fixture(scope="module", params=HERE)
def engine(request):
    """Every engine that this machine serves well; int8 is converted first, for 20 s."""
    precision = ENGINES[request.param].precision
    return open_encoder(replace(SPEC, engine=request.param, precision=precision))


def test_the_vectors_are_those_of_the_model(engine, oracle, expected):
    """On passages that int8 was not calibrated on, and on odd texts."""
    name = engine.made_by.split()[0]
    texts = [*passages_of("fidelity.txt"), *ODD]
    assert not set(texts) & set(passages_of("calibration.txt"))
    rows = np.concatenate([expected, oracle(ODD)])
    found = canary.cosines(engine.encode(texts), rows)
    kind = ENGINES[name].arithmetic
    plain = found[: -len(ODD)] if kind == "int8" else found
    assert np.mean(plain) >= LEAST[kind][0]
    assert min(plain) >= LEAST[kind][1]


def test_a_vector_depends_on_its_text_alone(engine):
    """Alone, in any company and order: the same bits, of unit length."""
    texts = [*ODD[:-3], "Rain", "Minister warns allies", "Fish. " * 30, "Rain"]
    alone = np.concatenate([engine.encode([text]) for text in texts])
    assert np.abs(np.linalg.norm(alone, axis=1) - 1).max() < 1e-5
    rng = random.Random(3)
    for size in (len(texts), 5, 2):
        order = rng.sample(range(len(texts)), size)
        assert (
            engine.encode([texts[n] for n in order]).tobytes() == alone[order].tobytes()
        )
    assert engine.encode([]).shape == (0, engine.space.dim)


def test_meanwhile_is_called_and_may_end_it(engine):
    """A worker stays a member of its group, or leaves."""
    calls = itertools.count()
    engine.encode(["a", "b " * 100], lambda: next(calls))
    assert next(calls) >= 1

    class StopError(Exception):
        pass

    def stop():
        raise StopError

    with pytest.raises(StopError):
        engine.encode(["a"], stop)


def test_the_space_says_model_class_and_tokens(encoder):
    """Engines of a class share a space; another class or limit has its own."""
    found = open_encoder(replace(SPEC, engine="onnxruntime-fp32"))
    assert found.space == encoder.space
    others = [
        open_encoder(replace(SPEC, precision="int8")).space,
        open_encoder(replace(SPEC, tokens=64)).space,
        open_encoder(replace(SPEC, model="multilingual")).space,
    ]
    ids = {one.space_id for one in (*others, found.space)}
    assert len(ids) == 4
    assert found.made_by.startswith("onnxruntime-fp32 1.")


def test_more_tokens_are_seen_where_they_are_wanted():
    """What differs after 64 tokens differs only for an encoder that reads on."""
    texts = ["The talks went on. " * 20 + end for end in ("War.", "Peace, at last.")]
    few, many = (open_encoder(replace(SPEC, tokens=n)).encode(texts) for n in (64, 128))
    assert few[0].tobytes() == few[1].tobytes()
    assert many[0] @ many[1] < 0.99999


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"engine": "tpu"}, "engine 'tpu': use auto, openvino-bf16"),
        ({"precision": "fp8"}, "precision 'fp8': use exact or int8"),
        (
            {"engine": "openvino-int8"},
            "is of precision class int8, `precision` is exact",
        ),
        ({"precision": "int8", "engine": "torch-fp32"}, "set them to agree"),
        (
            {"model": "multilingual", "engine": "onnxruntime-fp32"},
            "can't run model multilingual",
        ),
        ({"model": "/nowhere/model"}, "there is no such folder"),
        ({"model": "no-such-model-anywhere"}, "can't be loaded"),
    ],
    ids=range(7),
)
def test_what_can_not_be_is_said(change, says):
    """Never another class, engine or model than was asked for."""
    with pytest.raises(Misconfigured, match=says):
        open_encoder(replace(SPEC, **change))


def test_bf16_is_refused_where_the_cpu_would_only_pretend():
    """It would be computed as fp32, slower."""
    if cpu.is_fast("bf16"):
        pytest.skip("this CPU has bf16")
    with pytest.raises(Misconfigured, match="has no bf16 instructions"):
        open_encoder(replace(SPEC, engine="openvino-bf16"))


def test_bf16_on_torch_is_true_enough_even_where_it_is_slow(expected):
    """Every CPU computes it; `auto` takes it where it is fast."""
    from samestory.embed.engines.torch_engine import TorchEngine

    texts = passages_of("fidelity.txt")
    engine = TorchEngine(model_files("packaged").folder, 128, arithmetic="bf16")
    found = canary.cosines(engine.encode(texts), expected)
    assert np.mean(found) >= LEAST["bf16"][0]
    assert min(found) >= LEAST["bf16"][1]


def test_the_machines_faults_are_not_the_texts():
    """No memory, or a model that fails on anything: Retry. Only else is it the text."""

    def fails():
        raise RuntimeError("no such kernel")

    assert isinstance(blame(["a"], MemoryError(), lambda: None), Retry)
    assert isinstance(blame(["a"], RuntimeError("x"), fails), Retry)
    found = blame(["a bad text"], RuntimeError("x"), lambda: None)
    assert isinstance(found, Quarantine)
    assert "a bad text" in str(found)


def test_a_graph_that_fails_in_the_run_names_its_text(encoder):
    """E.g. a library's own error, which is no RuntimeError."""
    folder = folder_of(CACHE / "models", model_files("packaged").digest())
    assert encoder.space.dim == 384  # it is converted

    class LibraryError(Exception):
        pass

    def run(feed):
        if 26191 in feed["input_ids"]:  # `bananas`
            raise LibraryError("out of bounds")
        return np.ones((len(feed["input_ids"]), 384), np.float32)

    engine = GraphEngine(folder, 128, run)
    assert engine.encode(["rain"]).shape == (1, 384)
    with pytest.raises(Quarantine, match="bananas.*out of bounds"):
        engine.encode(["bananas"])
    with pytest.raises(Quarantine, match="one of 2 texts"):
        engine.encode(["bananas", "rain"])


@pytest.mark.parametrize("name", ["openvino-fp32", "onnxruntime-fp32", "torch-fp32"])
def test_a_text_on_which_the_model_fails_is_named(name, failing):
    """By a Quarantine, not a crash; the others go on."""
    model = open_encoder(replace(SPEC, model=str(failing), engine=name))
    with pytest.raises(Quarantine, match="boomword"):
        model.encode(["Rain", "The boomword was said"])
    assert model.encode(["Rain"]).shape == (1, 384)
