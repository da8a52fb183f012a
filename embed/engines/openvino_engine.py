"""A converted model on OpenVINO: fp32, bf16 or static int8. Imported here only.

Its result for a text is the same to the last bit alone, in company and padded to any
length (tests/contracts/test_encoder.py), so that it can take batches.
"""

import ctypes
import mmap
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

from samestory.embed import cpu
from samestory.embed.batching import STEP
from samestory.embed.engines import word_vectors
from samestory.embed.engines.graph import (
    HALF,
    INT8,
    NEW,
    ONNX,
    Feed,
    GraphEngine,
    Meta,
)
from samestory.embed.engines.word_vectors import WordVectors

CALIBRATION_TOKENS: Final = 128
WORDS: Final = "words"  # the input of a graph whose vocabulary is a file of its own
COMPILED: Final = "compiled"  # OpenVINO's own: a question is answered 0.35 s sooner


class OpenVinoEngine(GraphEngine):
    """See `GraphEngine`."""

    version = openvino.__version__.split("-")[0]

    def __init__(
        self,
        folder: Path,
        tokens: int,
        *,
        arithmetic: str,
        threads: int = 1,
        for_one: bool = False,
    ) -> None:
        graph = folder / INT8 if arithmetic == "int8" else graph_in(folder)
        with ThreadPoolExecutor(1) as beside:  # a large vocabulary takes as long
            compiling = beside.submit(_compiled, graph, arithmetic, threads, for_one)

            def run(feed: Feed) -> NDArray[np.float32]:
                rows: NDArray[np.float32] = request.infer(completed(feed))[0]
                return rows

            super().__init__(folder, tokens, run, for_one=for_one)
            model = compiling.result()
        completed = _with_words(model, folder)
        request = model.create_infer_request()
        if not for_one:
            shortest = [self._meta.pad_id] * STEP
            run(self._feed([shortest], STEP))  # packs the weights
            _let_go(graph.with_suffix(".bin"))


def _compiled(
    graph: Path, arithmetic: str, threads: int, for_one: bool
) -> openvino.CompiledModel:
    kept = graph.parent / COMPILED
    if for_one:
        with suppress(OSError):  # OpenVINO fails where it can't make the folder
            kept.mkdir(exist_ok=True)
    return openvino.Core().compile_model(
        graph,
        "CPU",
        {
            # Of 1 MB: the weights stay in their file.
            "CACHE_DIR": kept if for_one and kept.is_dir() else "",
            "CACHE_MODE": "OPTIMIZE_SIZE",
            "INFERENCE_PRECISION_HINT": _precision(arithmetic),
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # two workers must not share one core
        },
    )


def _let_go(weights: Path) -> None:
    """Give back the pages of a file that OpenVINO maps and does not need any more.

    They come back if something reads them; of the multilingual model they are 41 MB.
    """
    maps = Path("/proc/self/maps")
    libc = ctypes.CDLL(None)
    text = maps.read_text("utf-8", "surrogateescape") if maps.exists() else ""
    for line in text.splitlines():
        span, permissions, *_, name = line.split(maxsplit=5)
        if name == str(weights.resolve()) and "w" not in permissions:
            begin, end = (int(address, 16) for address in span.split("-"))
            libc.madvise(
                ctypes.c_void_p(begin),
                ctypes.c_size_t(end - begin),
                mmap.MADV_DONTNEED,
            )


def graph_in(folder: Path) -> Path:
    """Return the graph of a converted model that is not in 8 bits."""
    half = folder / HALF
    return half if half.exists() else folder / ONNX


def _with_words(
    graph: openvino.CompiledModel | openvino.Model, folder: Path
) -> Callable[[Feed], Feed]:
    """Return what adds to a feed the vectors of its words, where the graph has none."""
    words = next((one for one in graph.inputs if WORDS in one.names), None)
    if words is None:
        return lambda feed: feed
    vectors = WordVectors(folder, words.partial_shape[2].get_length())
    return lambda feed: {**feed, WORDS: vectors(feed["input_ids"])}


def halve(folder: Path) -> None:
    """Put a graph with fp16 weights in the place of the fp32 one, and its words beside.

    A vocabulary of 250,000 words takes 192 MB so instead of 384, of which a process
    holds none. `models check` finds a cosine of 1.0000 with torch in fp32.
    """
    graph = openvino.Core().read_model(folder / ONNX)
    _take_out_words(graph, folder)
    openvino.save_model(graph, folder / HALF, compress_to_fp16=True)
    (folder / ONNX).unlink()


def _take_out_words(graph: openvino.Model, folder: Path) -> None:
    """Make the vectors of tokens an input, and write those of the graph to a file."""
    number = Meta.read(folder).words
    for node in graph.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        table, index, axis = (one.get_node() for one in node.input_values())
        if index.get_type_name() == "Convert":
            index = index.input_value(0).get_node()
        is_lookup = (
            index.get_friendly_name() == "input_ids"
            and table.get_type_name() == axis.get_type_name() == "Constant"
            and not axis.get_data().any()
            and len(table.output(0).get_target_inputs()) == 1
        )
        if not is_lookup or list(table.shape)[:1] != [number]:
            continue
        vectors = table.get_data().astype(np.float16)
        # Not by numpy, which does not say that a disk is full.
        (folder / word_vectors.FILE).write_bytes(vectors.tobytes())
        rows = opset13.parameter([-1, -1, table.shape[1]], np.float32, name=WORDS)
        rows.output(0).set_names({WORDS})
        for use in node.output(0).get_target_inputs():
            use.replace_source_output(rows.output(0))
        graph.add_parameters([rows])
        graph.validate_nodes_and_infer_types()
        return


def _precision(arithmetic: str) -> str:
    """Return OpenVINO's name for it; of an int8 graph it is what has no 8 bits."""
    if arithmetic == "int8":
        return "bf16" if cpu.is_fast("bf16") else "f32"
    return {"fp32": "f32", "bf16": "bf16"}[arithmetic]


def quantise(folder: Path, texts: Sequence[str]) -> None:
    """Write the static int8 graph beside the fp32 one, by NNCF.

    Weights and activations in 8 bits; activations asymmetric where they need it (preset
    MIXED), ranges as the calibration texts have them.

    Args:
        folder: of the converted model.
        texts: to calibrate on; always the same, so that the graph is.
    """
    import nncf  # noqa: PLC0415  (optional, and 2 s)

    feeds: list[Feed] = []
    dim = Meta.read(folder).dim
    graph = openvino.Core().read_model(graph_in(folder))
    completed = _with_words(graph, folder)

    def keep(feed: Feed) -> NDArray[np.float32]:
        feeds.append(completed(feed))
        return np.zeros((len(texts), dim), np.float32)[: len(feed["input_ids"])]

    GraphEngine(folder, CALIBRATION_TOKENS, keep, budget=0).encode(texts)
    small = nncf.quantize(
        graph,
        nncf.Dataset(feeds),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(feeds),
    )
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=NEW) as new:
        openvino.save_model(small, Path(new) / INT8, compress_to_fp16=False)
        weights = Path(INT8).with_suffix(".bin")
        (Path(new) / weights).replace(folder / weights)
        (Path(new) / INT8).replace(folder / INT8)  # last: its being there says done
