"""`samestory models`: what can embed, how true and how fast it is here."""

import contextlib
import importlib.util
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from samestory import embed
from samestory.deploy import wiring
from samestory.deploy.cli.options import Json, Model
from samestory.deploy.cli.output import print_json, print_table
from samestory.deploy.config import Settings
from samestory.deploy.progress import ProgressLine
from samestory.embed import canary, cpu
from samestory.embed.conversion import FAILED, converted, folder_of
from samestory.embed.encoder import EXACT, INT8, EncoderSpec, Vectors
from samestory.embed.engines.graph import INT8 as INT8_GRAPH
from samestory.embed.engines.graph import META
from samestory.embed.models import known_models, model_files
from samestory.embed.opening import ENGINES, candidates, open_encoder, open_engine
from samestory.errors import Misconfigured

PASSAGES: Final = Path(embed.__file__).with_name("fidelity.txt")  # one a line
REFERENCE: Final = "torch-fp32"
ROUNDS: Final = 3
FIDELITY: Final = {  # cosine to fp32 that is promised: mean, least
    "fp32": (0.99999, 0.9999),
    "bf16": (0.9998, 0.999),
    "int8": (0.995, 0.0),
}


@dataclass(frozen=True, kw_only=True)
class Listed(Json, Model):
    """List models and engines, and what is chosen.

    The models that packages carry and the one that is set, with the languages
    they know; the engines, and which one --model, --precision and --engine
    choose here.

    Examples:
      samestory models list
      samestory models list --precision int8 --json
    """

    def run(self, settings: Settings) -> int:
        """List models and engines."""
        spec = wiring.encoder_spec(settings)
        os.environ["HF_HUB_OFFLINE"] = "1"  # a list fetches nothing
        chosen = next(candidates(spec))
        models = [
            _model(name, spec) for name in dict.fromkeys([*known_models(), spec.model])
        ]
        engines = [
            {
                "engine": name,
                "precision": kind.precision,
                "installed": importlib.util.find_spec(kind.library) is not None,
                "fast_here": cpu.is_fast(kind.arithmetic),
                "chosen": name == chosen,
            }
            for name, kind in ENGINES.items()
        ]
        if self.json:
            for row in (*models, *engines):
                print_json(row)
        else:
            _print_models(models)
            _print_engines(engines)
            print(
                f"model {spec.model} in class {spec.precision}: first choice {chosen}."
            )
        return 0


@dataclass(frozen=True, kw_only=True)
class Check(Json, Model):
    """Measure each engine's fidelity and speed here.

    Embed a fixed set of passages with every engine that is installed, compare
    the vectors with torch's in fp32, and time them on one core. Takes a minute.
    Exit 2 if an engine is not true to its class.

    Examples:
      samestory models check
      samestory models check --model packaged --json
    """

    def run(self, settings: Settings) -> int:
        """Measure every engine against torch."""
        spec = replace(wiring.encoder_spec(settings), engine="auto")
        texts = PASSAGES.read_text("utf-8").splitlines()
        rows, reference = [], None
        for name in _usable(spec):
            sys.stderr.write(f"{name} ...\n")
            try:
                row, vectors = _measured(name, spec, texts, reference)
            except Misconfigured as error:
                rows.append({"engine": name, "is_true": False, "error": str(error)})
                continue
            if name == REFERENCE:
                reference = vectors
            rows.append(row)
        if self.json:
            for row in rows:
                print_json(row)
        else:
            _print_check(rows)
        return 0 if all(row["is_true"] for row in rows) else 2


@dataclass(frozen=True, kw_only=True)
class Convert(Model):
    """Convert the model for the fast engines.

    Done by the first worker otherwise, once for a model: 10 s. --precision int8
    also makes the 8-bit graph, which needs samestory[int8].

    Examples:
      samestory models convert
      samestory models convert --precision int8
    """

    def run(self, settings: Settings) -> int:
        """Convert the model now, also one that failed before."""
        spec = wiring.encoder_spec(settings)
        model = model_files(spec.model)
        digest = model.digest()
        with contextlib.suppress(OSError):
            (folder_of(spec.cache, digest) / FAILED).unlink(missing_ok=True)
        line, int8 = ProgressLine(), spec.precision == INT8
        with line.ticking("converting, which takes ten seconds to a minute"):
            folder = converted(model, digest, spec.cache, int8=int8)
        name = "openvino-int8" if int8 else "openvino-fp32"
        try:
            open_engine(name, spec, model, digest)
        except Misconfigured as error:
            sys.stderr.write(f"{error}; making it anew\n")
            shutil.rmtree(folder, ignore_errors=True)
            with line.ticking("converting it anew"):
                folder = converted(model, digest, spec.cache, int8=int8)
            open_engine(name, spec, model, digest)
        made = json.loads((folder / META).read_text("utf-8"))["made_with"]
        print(f"{folder}: made with {', '.join(f'{k} {v}' for k, v in made.items())}")
        return 0


def _print_models(models: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        [("model", {}), ("set", {}), ("languages", {}), ("converted", {}), ("", {})],
        [
            [
                row["model"],
                "yes" if row["set"] else "",
                " ".join(row["languages"]),
                " ".join(row["converted"]),
                row["about"],
            ]
            for row in models
        ],
    )


def _print_engines(engines: Sequence[Mapping[str, Any]]) -> None:
    names = ("engine", "precision", "installed", "", "chosen")
    print_table(
        [(name, {}) for name in names],
        [
            [
                row["engine"],
                row["precision"],
                "yes" if row["installed"] else "no",
                "" if row["fast_here"] else "not fast on this CPU",
                "yes" if row["chosen"] else "",
            ]
            for row in engines
        ],
    )


def _model(name: str, spec: EncoderSpec) -> dict[str, Any]:
    about = known_models().get(name, {}).get("about", "")
    row: dict[str, Any] = {"model": name, "set": name == spec.model, "about": about}
    try:
        files = model_files(name)  # of the hub only what is here: offline
    except Misconfigured as error:
        return row | {"about": str(error), "languages": [], "converted": []}
    folder = folder_of(spec.cache, files.digest())
    made = {"fp32": META, "int8": INT8_GRAPH, "failed": FAILED}
    return row | {
        "languages": list(files.languages),
        "converted": [kind for kind, file in made.items() if (folder / file).exists()],
    }


def _usable(spec: EncoderSpec) -> list[str]:
    """Return the engines that can be measured, the reference first."""
    names = list(candidates(replace(spec, precision=EXACT)))
    if importlib.util.find_spec("nncf") and importlib.util.find_spec("openvino"):
        names += candidates(replace(spec, precision=INT8))
    return [REFERENCE, *(name for name in names if name != REFERENCE)]


def _measured(
    name: str, spec: EncoderSpec, texts: Sequence[str], reference: Vectors | None
) -> tuple[dict[str, Any], Vectors]:
    """Return what was measured, and the vectors; no cosine without a reference."""
    kind = ENGINES.get(name)
    precision = kind.precision if kind else EXACT
    encoder = open_encoder(replace(spec, engine=name, precision=precision))
    vectors, took = encoder.encode(texts), []
    for _ in range(ROUNDS):
        begin = time.process_time()
        encoder.encode(texts)
        took.append(time.process_time() - begin)
    row = {
        "engine": name,
        "made_by": encoder.made_by,
        "space": encoder.space.space_id,
        "passages_per_core_second": round(len(texts) / min(took), 1),
        "is_true": True,
    }
    if reference is not None and kind is not None:
        cosines = canary.cosines(vectors, reference)
        mean, least = float(np.mean(cosines)), min(cosines)
        wanted_mean, wanted_least = FIDELITY[kind.arithmetic]
        row |= {"cosine_mean": round(mean, 6), "cosine_min": round(least, 6)}
        row["is_true"] = mean >= wanted_mean and least >= wanted_least
    return row, vectors


def _print_check(rows: Sequence[dict[str, Any]]) -> None:
    right = {"justify": "right", "no_wrap": True}
    print_table(
        [
            *(("engine", {}), ("cosine to fp32: mean", right), ("least", right)),
            *(("passages/s a core", right), ("space", {}), ("", {})),
        ],
        [
            [
                row["engine"],
                *(_number(row, "cosine_mean"), _number(row, "cosine_min")),
                str(row.get("passages_per_core_second", "")),
                row.get("space", ""),
                row.get("error", "" if row["is_true"] else "not true to its class"),
            ]
            for row in rows
        ],
    )


def _number(row: dict[str, Any], key: str) -> str:
    return f"{row[key]:.5f}" if key in row else ""
