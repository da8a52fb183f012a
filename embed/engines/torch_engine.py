"""sentence-transformers on torch: the reference, for any model. Imported here only."""

import importlib.metadata
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch.nn.functional import normalize
from transformers.utils import logging

from samestory.embed.encoder import PROBE, blame, nothing
from samestory.embed.engines.graph import ONNX, OUTPUT, TOKENIZER, Meta
from samestory.errors import Misconfigured

OPSET: Final = 17
LONGEST_PROBE: Final = 512
INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
LIBRARIES: Final = ("torch", "transformers", "sentence-transformers", "onnx")


class TorchEngine:
    """Any sentence-transformers model, in fp32 or bf16, one text a call.

    One text a call: padding in a batch changes the last bits of a vector. It costs
    nothing: on mixed lengths batches of 32 are slower (18.9 against 26.4 documents a
    second; research, perf.md 2.3).
    """

    version = str(torch.__version__)

    def __init__(
        self, folder: Path, tokens: int, *, arithmetic: str, threads: int = 1
    ) -> None:
        """Load the model; takes some seconds.

        Raises:
            Misconfigured: it can't be loaded.
        """
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        logging.disable_progress_bar()
        torch.set_num_threads(threads)
        dtype = torch.bfloat16 if arithmetic == "bf16" else torch.float32
        try:
            # fp32 whatever the file holds: newer models are saved in half precision.
            self.model: Any = SentenceTransformer(str(folder), device="cpu").to(dtype)
        except (OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
            raise Misconfigured(
                f"model {folder} can't be loaded: {error};"
                " set `model` to a folder that holds a sentence-transformers model"
            ) from error
        self.model.eval()
        self.model.max_seq_length = min(tokens, self.model.max_seq_length or tokens)
        self.dim = int(self.model.get_embedding_dimension())

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        rows = np.empty((len(texts), self.dim), np.float32)
        for number, text in enumerate(texts):
            try:
                rows[number] = self._row(text)
            except Exception as error:  # whatever the model's modules raise
                raise blame([text], error, self._probe) from error
            meanwhile()
        return rows

    def _row(self, text: str) -> Any:
        row = self.model.encode(
            text,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_tensor=True,  # numpy has no bf16
        ).float()
        return (row / row.norm()).numpy()

    def _probe(self) -> None:
        self._row(f"{PROBE} " * min(self.model.max_seq_length, LONGEST_PROBE))

    def export(self, folder: Path) -> Meta:
        """Write tokenizer and graph, from tokens to unit vectors.

        Args:
            folder: they are written as TOKENIZER and ONNX.

        Raises:
            Misconfigured: the model is of a kind that can't be exported.
        """
        model, tokenizer = self.model, self.model.tokenizer
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise Misconfigured("its tokenizer is not one of library tokenizers")
        backend.save(str(folder / TOKENIZER))
        encoded = tokenizer(["a b", "a longer one"], padding=True, return_tensors="pt")
        inputs = [name for name in INPUTS if name in encoded]
        axes = {name: {0: "b", 1: "n"} for name in inputs} | {OUTPUT: {0: "b"}}
        torch.onnx.export(
            _Graph(model, inputs).eval(),
            tuple(encoded[name] for name in inputs),
            str(folder / ONNX),
            dynamo=False,  # its successor needs more packages, for nothing here
            input_names=inputs,
            output_names=[OUTPUT],
            dynamic_axes=axes,
            opset_version=OPSET,
        )
        return Meta(
            dim=self.dim,
            max_tokens=int(model.max_seq_length),
            pad_id=int(tokenizer.pad_token_id or 0),
            words=int(model[0].auto_model.get_input_embeddings().num_embeddings),
            prompt=(model.prompts or {}).get(model.default_prompt_name) or "",
            inputs=inputs,
            made_with={n: importlib.metadata.version(n) for n in LIBRARIES},
        )


class _Graph(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
    """Tokens -> unit vectors, whatever modules the model has."""

    def __init__(self, model: Any, inputs: Sequence[str]) -> None:
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *tensors: Any) -> Any:
        features = dict(zip(self.inputs, tensors, strict=True))
        return normalize(self.model(features)["sentence_embedding"], dim=1)
