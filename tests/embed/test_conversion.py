"""Conversions, damaged or cut short, and which model a folder is.

One that is made takes ten seconds: its process imports torch and all that reads a
model.
"""

import random
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from samestory.deploy.cli import run
from samestory.embed.conversion import FORMAT, folder_of
from samestory.embed.encoder import EncoderSpec
from samestory.embed.models import card_languages, model_files
from samestory.embed.opening import open_encoder
from samestory.errors import Misconfigured
from tests.conftest import CACHE, ROOT
from tests.conversions import put_conversion
from tests.processes import wait_for

pytestmark = [pytest.mark.model, pytest.mark.slow]
SPEC = EncoderSpec(model="packaged", cache=CACHE / "models")


def copied(home: Path) -> EncoderSpec:
    """Return a spec whose cache holds the packaged model's conversion, a copy."""
    put_conversion("packaged", home / "models")
    return replace(SPEC, cache=home / "models")


def test_canaries_tell_an_engine_that_computes_something_else(tmp_path):
    """Damaged weights in the cache: refused by name, another engine is taken."""
    good = open_encoder(SPEC)
    spec = copied(tmp_path)
    graph = folder_of(spec.cache, model_files("packaged").digest()) / "model.onnx"
    raw = bytearray(graph.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 4_000_000] = random.Random(1).randbytes(4_000_000)
    graph.write_bytes(raw)
    with pytest.raises(Misconfigured, match="canary|openvino"):
        open_encoder(replace(spec, engine="openvino-fp32"))
    found = open_encoder(spec)
    assert found.made_by.startswith("torch-")
    assert found.space == good.space


def test_a_conversion_without_its_canaries_is_damaged(tmp_path):
    """It could not be told from a wrong one; the packaged models' are in the package."""
    folder, cache = tmp_path / "model", tmp_path / "models"
    shutil.copytree(model_files("packaged").folder, folder)
    (folder / "config.json").write_text(
        (folder / "config.json").read_text().replace("{", '{"a": 1,', 1)
    )
    spec = replace(SPEC, model=str(folder), cache=cache, engine="onnxruntime-fp32")
    canaries = put_conversion(str(folder), cache) / "canaries.json"
    open_encoder(spec)
    canaries.write_text("[1")
    with pytest.raises(Misconfigured, match="canaries.json.*delete that folder"):
        open_encoder(spec)


def test_a_damaged_conversion_is_named_and_made_anew(tmp_path, capsys, monkeypatch):
    """Whichever file it is, another engine serves meanwhile; `models convert` mends.

    For each file torch is imported in processes of their own: some 15 s.
    """
    spec = copied(tmp_path / "cache")
    folder = folder_of(spec.cache, model_files("packaged").digest())
    names = ("model.json", "tokenizer.json")
    whole = {name: (folder / name).read_text() for name in names}
    damaged = {
        "model.json": re.sub(r'"words": \d+', '"words": 10', whole["model.json"]),
        "tokenizer.json": "{",
    }
    for name in names:
        (folder / name).write_text(damaged[name])
        with pytest.raises(Misconfigured, match="delete that folder"):
            open_encoder(replace(spec, engine="openvino-fp32"))
        if name == names[0]:
            assert open_encoder(spec).made_by.startswith("torch-")
            assert "delete that folder" in capsys.readouterr().err
        (folder / name).write_text(whole[name])
    for name in names:
        (folder / name).write_text(damaged[name])
    monkeypatch.setenv("SAMESTORY_MODEL_CACHE", str(tmp_path / "cache"))
    assert run(["models", "convert"]) == 0
    assert open_encoder(spec).made_by.startswith("openvino-")
    assert {name: (folder / name).read_text() for name in names} == whole


def test_a_cache_that_can_not_be_written_costs_speed_only(tmp_path, capsys):
    """torch needs no conversion; what is wrong is said."""
    (tmp_path / "file").write_text("")
    found = open_encoder(replace(SPEC, cache=tmp_path / "file" / "models"))
    assert found.made_by.startswith("torch-")
    assert "set `model_cache`" in capsys.readouterr().err


def test_a_conversion_cut_short_is_made_anew(tmp_path):
    """A folder without its last file is no conversion; one conversion at a time."""
    first = open_encoder(replace(SPEC, engine="onnxruntime-fp32"))
    spec = replace(copied(tmp_path), engine="onnxruntime-fp32")
    folder = folder_of(spec.cache, model_files("packaged").digest())
    (folder / "model.json").unlink()
    (folder / "model.onnx").write_bytes(b"half of i")
    again = open_encoder(spec)
    assert again.encode(["a"]).tobytes() == first.encode(["a"]).tobytes()
    assert sorted(path.name for path in spec.cache.iterdir()) == [folder.name, "lock"]


def test_a_killed_conversion_goes_on_or_is_made_anew(tmp_path):
    """Two that want it at once wait for one; what a killed one leaves is swept.

    Three processes import torch, and two of them convert: some 15 s.
    """
    cache = tmp_path / "models"
    (cache / "new-left").mkdir(parents=True)
    code = (
        "from pathlib import Path; from samestory.embed.encoder import EncoderSpec;"
        "from samestory.embed.opening import open_encoder;"
        f"open_encoder(EncoderSpec(model='packaged', cache=Path({str(cache)!r})))"
    )
    command = [sys.executable, "-c", code]
    first, second = (subprocess.Popen(command, cwd=ROOT) for _ in range(2))
    wait_for(lambda: list(cache.glob("new-*/tokenizer.json")), 180)
    first.kill()  # its converter holds the lock, and goes on
    second.kill()
    assert {first.wait(), second.wait()} == {-signal.SIGKILL}
    assert subprocess.run(command, cwd=ROOT, timeout=300, check=False).returncode == 0
    (folder,) = cache.glob(f"*-{FORMAT}")
    assert sorted(path.name for path in cache.iterdir()) == [folder.name, "lock"]


def test_the_card_says_the_languages(tmp_path):
    """In its front matter only."""
    card = tmp_path / "README.md"
    for text, languages in [
        ("---\nlanguage: en\n---\n", ("en",)),
        ("---\nlicense: mit\nlanguage:\n- en\n- de\ntags:\n- fr\n---\n", ("en", "de")),
        ("---\nlanguage: [ru, uk]\n---\n", ("ru", "uk")),
        ("---\nlanguage: multilingual\n---\n", ("*",)),
        ("---\ntags: x\n---\nlanguage: de\n", ()),
        ("language: de\n", ()),
        ("\n" * 50_000, ()),
    ]:
        card.write_text(text)
        assert card_languages(tmp_path) == languages
    assert card_languages(tmp_path / "none") == ()


def test_a_licence_does_not_change_which_model_it_is(tmp_path):
    """Nor a card, nor another program's weights; a word of the tokeniser does."""
    folder = tmp_path / "model"
    shutil.copytree(model_files("packaged").folder, folder)
    before = replace(model_files("packaged"), folder=folder).digest()
    assert before == model_files("packaged").digest()
    (folder / "LICENSE").write_text("x")
    (folder / "README.md").write_text("x")
    (folder / "pytorch_model.bin").write_text("x")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    assert replace(model_files("packaged"), folder=folder).digest() == before
    (folder / "vocab.txt").write_text("x")
    assert replace(model_files("packaged"), folder=folder).digest() != before
