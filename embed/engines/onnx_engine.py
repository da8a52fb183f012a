"""A converted model on onnxruntime: fp32, one text a call. Imported here only.

One text a call: its batches change the last bits of a vector, and bring nothing (24.8
texts of 128 tokens a second alone, 24.1 by eights).
"""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from samestory.embed.engines.graph import ONNX, Feed, GraphEngine

_ERRORS_ONLY = 3


class OnnxEngine(GraphEngine):
    """See `GraphEngine`."""

    version = onnxruntime.__version__

    def __init__(
        self, folder: Path, tokens: int, *, arithmetic: str, threads: int = 1
    ) -> None:
        if arithmetic != "fp32":
            raise AssertionError(arithmetic)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.enable_cpu_mem_arena = False  # it keeps the largest of every shape
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(
            str(folder / ONNX), options, providers=["CPUExecutionProvider"]
        )

        def run(feed: Feed) -> NDArray[np.float32]:
            rows: NDArray[np.float32] = session.run(None, feed)[0]
            return rows

        super().__init__(folder, tokens, run, budget=0)
