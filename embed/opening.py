"""Opens the encoder that a spec means: chooses the engine, checks its canaries.

- Engines of one class (exact, int8) write into one space, so any of them may serve: the
  fastest that the CPU can run is tried first, and the next one where it fails.
- Before it serves, an engine embeds a few known texts (`canary.py`): one that computes
  something else than the model would mix two kinds of vectors, and is refused.
"""

import importlib.util
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from samestory.embed import canary, cpu
from samestory.embed.conversion import NotConverted, converted, folder_of
from samestory.embed.encoder import (
    AUTO,
    EXACT,
    INT8,
    Encoder,
    EncoderSpec,
    Vectors,
    nothing,
)
from samestory.embed.engines.graph import HALF
from samestory.embed.means import LanguageMeans
from samestory.embed.models import ModelFiles, model_files
from samestory.embed.space import EmbeddingSpace
from samestory.errors import Misconfigured, Quarantine, Retry, SamestoryError


class Engine(Protocol):
    """Runs one model."""

    dim: int
    version: str

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> Vectors:
        """See `Encoder.encode`."""
        ...


class Kind(NamedTuple):
    """An engine by name: its library, its arithmetic, the class it belongs to."""

    library: str
    arithmetic: str
    precision: str


# Within a class fastest first, where the CPU has the instructions; measured in
# docs/performance.md.
ENGINES: Final = {
    "openvino-bf16": Kind("openvino", "bf16", EXACT),
    "torch-bf16": Kind("torch", "bf16", EXACT),
    "openvino-fp32": Kind("openvino", "fp32", EXACT),
    "onnxruntime-fp32": Kind("onnxruntime", "fp32", EXACT),
    "torch-fp32": Kind("torch", "fp32", EXACT),
    "openvino-int8": Kind("openvino", "int8", INT8),
}
GRAPH: Final = ("openvino", "onnxruntime")  # run a converted model
MAKE_ANEW: Final = "delete that folder, or run `samestory models convert`"
QUICK_TO_START: Final = "onnxruntime-fp32"  # 0.3 s, openvino 0.9 s, torch 7 s


class OpenEncoder:
    """A model with its engine; see `Encoder`."""

    def __init__(
        self,
        engine: Engine,
        space: EmbeddingSpace,
        made_by: str,
        means: LanguageMeans | None,
    ) -> None:
        self._engine = engine
        self.space = space
        self.made_by = made_by
        self.means = means

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> Vectors:
        """See `Encoder.encode`."""
        return self._engine.encode(texts, meanwhile)

    def close(self) -> None:
        """See `Encoder.close`."""


def open_encoder(spec: EncoderSpec, *, for_one: bool = False) -> Encoder:
    """Open the encoder that a spec means, in this process, on one thread.

    Args:
        spec: which model, class, engine.
        for_one: a text or two are to be embedded: what starts fastest is best.

    Raises:
        Misconfigured: no such model or engine, or it computes something else than it
            should; says what to do.
    """
    model = model_files(spec.model)
    digest = model.digest()
    names = list(candidates(spec))
    is_large = (folder_of(spec.cache, digest) / HALF).exists()  # it has no ONNX
    if for_one and QUICK_TO_START in names and not is_large:
        names.remove(QUICK_TO_START)
        names.insert(0, QUICK_TO_START)
    while True:
        name = names.pop(0)
        try:
            return open_engine(name, spec, model, digest, for_one=for_one)
        except Misconfigured as error:
            if isinstance(error, NotConverted):
                names = [n for n in names if ENGINES[n].library not in GRAPH]
            if not names:
                raise
            sys.stderr.write(f"engine {name}: {error}; trying {names[0]}\n")


def candidates(spec: EncoderSpec) -> Iterator[str]:
    """Yield the names of the engines that may serve, best first.

    Raises:
        Misconfigured: unknown names, or nothing of the class is installed.
    """
    if spec.precision not in (EXACT, INT8):
        raise Misconfigured(f"precision {spec.precision!r}: use {EXACT} or {INT8}")
    without = model_files(spec.model).without
    if spec.engine != AUTO:
        yield _forced(spec, without)
        return
    engines = [
        name
        for name, kind in ENGINES.items()
        if kind.precision == spec.precision
        and importlib.util.find_spec(kind.library)
        and kind.library not in without
        # int8 is a choice of the class; that this CPU is slow at it changes nothing.
        and (cpu.is_fast(kind.arithmetic) or spec.precision == INT8)
    ]
    if not engines:
        raise Misconfigured(
            f"precision {spec.precision} needs an engine that is not installed:"
            f" pip install 'samestory[{spec.precision}]', or set precision to exact"
        )
    yield from engines


def _forced(spec: EncoderSpec, without: Collection[str]) -> str:
    kind = ENGINES.get(spec.engine)
    if kind is None:
        raise Misconfigured(f"engine {spec.engine!r}: use {AUTO}, {', '.join(ENGINES)}")
    if kind.precision != spec.precision:
        raise Misconfigured(
            f"engine {spec.engine} is of precision class {kind.precision},"
            f" `precision` is {spec.precision}: set them to agree"
        )
    if kind.library in without:
        raise Misconfigured(f"engine {spec.engine} can't run model {spec.model}")
    if not importlib.util.find_spec(kind.library):
        raise Misconfigured(f"engine {spec.engine}: {kind.library} is not installed")
    if kind.arithmetic == "bf16" and not cpu.is_fast("bf16"):
        raise Misconfigured(
            f"engine {spec.engine}: this CPU ({cpu.name()}) has no bf16 instructions"
        )
    return spec.engine


def open_engine(
    name: str,
    spec: EncoderSpec,
    model: ModelFiles,
    digest: str,
    *,
    for_one: bool = False,
) -> OpenEncoder:
    """Open one engine by name and compare its canaries with those on record.

    Raises:
        Misconfigured: it can't be opened, or computes something else.
    """
    kind = ENGINES[name]
    folder = folder_of(spec.cache, digest)
    if kind.library in GRAPH:
        folder = converted(model, digest, spec.cache, int8=kind.arithmetic == "int8")
    try:
        engine = _load(kind, model, folder, spec.tokens, for_one=for_one)
    except SamestoryError:
        raise
    except Exception as error:  # of a library that meets a damaged file: its own
        why = " ".join(str(error).split()[:40]) or type(error).__name__
        raise Misconfigured(
            f"{name} can't load {folder}: {why}; {MAKE_ANEW}"
            if kind.library in GRAPH
            else f"{name} can't load {model.folder}: {why}"
        ) from error
    made_by = f"{name} {engine.version}"
    try:
        rows = engine.encode(canary.SENTENCES)
    except (Quarantine, Retry) as error:
        raise Misconfigured(
            f"{made_by} can't embed the canaries: {error}; if {folder} is there,"
            f" {MAKE_ANEW}"
        ) from error
    held = canary.recorded(digest, folder)
    if held is None and kind.library in GRAPH:
        raise Misconfigured(f"{folder}: canaries.json is damaged; {MAKE_ANEW}")
    if held is None:  # torch is what others are compared with
        canary.record(digest, rows, made_by, folder / canary.RECORDS)
    else:
        where = f", or {folder} is damaged: {MAKE_ANEW}" * (kind.library in GRAPH)
        canary.check(rows, held, kind.precision, made_by, where)
    means = model.adaptation.means if model.adaptation else None
    if means is not None and means.dim != engine.dim:
        raise Misconfigured(
            f"model {spec.model}: its language means have {means.dim} numbers, its"
            f" vectors {engine.dim}"
        )
    space = EmbeddingSpace(
        model_digest=digest,
        precision=kind.precision,
        tokens=spec.tokens,
        dim=engine.dim,
        model=spec.model,
        means=means.digest if means else "",
    )
    return OpenEncoder(engine, space, made_by, means)


def _load(
    kind: Kind, model: ModelFiles, folder: Path, tokens: int, *, for_one: bool
) -> Engine:
    match kind.library:
        case "openvino":
            from samestory.embed.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415

            return OpenVinoEngine(
                folder, tokens, arithmetic=kind.arithmetic, for_one=for_one
            )
        case "onnxruntime":
            from samestory.embed.engines.onnx_engine import OnnxEngine  # noqa: PLC0415

            return OnnxEngine(folder, tokens, arithmetic=kind.arithmetic)
        case _:
            from samestory.embed.engines.torch_engine import TorchEngine  # noqa: PLC0415

            return TorchEngine(
                model.source,
                tokens,
                arithmetic=kind.arithmetic,
                adapted_by=model.adapted_by,
            )
