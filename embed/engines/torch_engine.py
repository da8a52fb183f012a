"""sentence-transformers on torch: the reference, for any model. Imported here only."""

import importlib.metadata
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Normalize,
    Pooling,
    Transformer,
)
from torch.nn.functional import normalize
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils import logging

from samestory.embed import e5_weights
from samestory.embed.adaptation import Adaptation, load_adaptation
from samestory.embed.encoder import PROBE, blame, nothing
from samestory.embed.engines.graph import ONNX, OUTPUT, Meta
from samestory.embed.engines.splitter import TOKENIZER
from samestory.errors import Misconfigured

OPSET: Final = 17
LONGEST_PROBE: Final = 512
INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
LIBRARIES: Final = ("torch", "transformers", "sentence-transformers", "onnx")


class TorchEngine:
    """Any sentence-transformers model, in fp32 or bf16, one text a call.

    One text a call: padding in a batch changes the last bits of a vector. It costs
    nothing: on mixed lengths batches of 32 are slower (18.9 against 26.4 documents a
    second).
    """

    version = str(torch.__version__)

    def __init__(
        self,
        source: Path,
        tokens: int,
        *,
        arithmetic: str,
        adapted_by: Path | None = None,
        threads: int = 1,
    ) -> None:
        """Load the model; takes some seconds.

        Args:
            source: a folder of sentence-transformers, or a file of `e5_weights`.
            tokens: at most, of a text.
            arithmetic: fp32 or bf16.
            adapted_by: the file of what is added to it; None for nothing.
            threads: to compute on.

        Raises:
            Misconfigured: it can't be loaded.
        """
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        logging.disable_progress_bar()
        torch.set_num_threads(threads)
        dtype = torch.bfloat16 if arithmetic == "bf16" else torch.float32
        try:
            # fp32 whatever the file holds: newer models are saved in half precision.
            model: Any = (
                _of_file(source)
                if source.is_file()
                else SentenceTransformer(str(source), device="cpu")
            )
            if adapted_by is not None:
                _merge(load_adaptation(adapted_by), model[0].auto_model)
            self.model: Any = model.to(dtype)
        except (
            OSError,
            ValueError,
            RuntimeError,
            TypeError,
            KeyError,
            AttributeError,
        ) as error:
            raise Misconfigured(
                f"model {source} can't be loaded: {error};"
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


def _of_file(path: Path) -> SentenceTransformer:
    """Return the model of a file of `e5_weights`."""
    file = e5_weights.read(path)
    sizes = file.sizes
    begin, end, padding, unknown = (file.pieces[one][0] for one in file.special)
    network = BertModel(
        BertConfig(
            vocab_size=sizes.words,
            hidden_size=sizes.hidden,
            num_hidden_layers=sizes.layers,
            num_attention_heads=sizes.heads,
            intermediate_size=sizes.inner,
            max_position_embeddings=sizes.positions,
            type_vocab_size=sizes.types,
            layer_norm_eps=file.epsilon,
            pad_token_id=file.special[2],
        ),
        add_pooling_layer=False,
    )
    tensors = e5_weights.weights(file)
    network.load_state_dict({n: torch.from_numpy(one) for n, one in tensors.items()})
    with tempfile.TemporaryDirectory(prefix="samestory-") as folder:
        network.save_pretrained(folder)
        PreTrainedTokenizerFast(
            tokenizer_object=e5_weights.tokenizer(file),
            bos_token=begin,
            eos_token=end,
            pad_token=padding,
            unk_token=unknown,
            cls_token=begin,
            sep_token=end,
            model_max_length=e5_weights.MAX_TOKENS,
        ).save_pretrained(folder)
        words = Transformer(folder, max_seq_length=e5_weights.MAX_TOKENS)
    return SentenceTransformer(
        modules=[words, Pooling(sizes.hidden, "mean"), Normalize()],
        prompts={"query": e5_weights.PROMPT},
        default_prompt_name="query",
        device="cpu",
    )


def _merge(adaptation: Adaptation, network: Any) -> None:
    """Add what was learnt to the weights of the layers that it names."""
    for name, thin in adaptation.thin.items():
        weight = network.get_submodule(name).weight
        with torch.no_grad():
            weight += torch.from_numpy(thin.product())


class _Graph(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
    """Tokens -> unit vectors, whatever modules the model has."""

    def __init__(self, model: Any, inputs: Sequence[str]) -> None:
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *tensors: Any) -> Any:
        features = dict(zip(self.inputs, tensors, strict=True))
        return normalize(self.model(features)["sentence_embedding"], dim=1)
