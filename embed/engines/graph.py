"""What engines of a converted model share: tokenising, batches, padding."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samestory.embed.batching import BUDGET, batches
from samestory.embed.encoder import PROBE, blame, nothing
from samestory.embed.engines.splitter import open_splitter
from samestory.errors import Quarantine

META: Final = "model.json"  # written last: a folder that holds it is whole
ONNX: Final = "model.onnx"
HALF: Final = "model.xml"  # in place of a large ONNX: its weights in fp16
NEW: Final = "new-"  # folders beside it, of conversions that are not done
INT8: Final = "int8.xml"
OUTPUT: Final = "sentence_embedding"

Feed = dict[str, NDArray[Any]]


class Meta(NamedTuple):
    """What a conversion tells of its model.

    `inputs` are the graph's, of input_ids, attention_mask and token_type_ids; `prompt`
    is put before each text; `words` is how many tokens have a vector; `made_with` are
    the versions of the libraries.
    """

    dim: int
    max_tokens: int
    pad_id: int
    words: int
    prompt: str
    inputs: list[str]
    made_with: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Meta":
        """Read it from a converted model's folder."""
        return cls(**json.loads((folder / META).read_text("utf-8")))


class GraphEngine:
    """A graph from tokens to unit vectors, run by `run`."""

    def __init__(
        self,
        folder: Path,
        tokens: int,
        run: Callable[[Feed], NDArray[np.float32]],
        budget: int = BUDGET,
        *,
        for_one: bool = False,
    ) -> None:
        """Read tokenizer and meta.

        Args:
            folder: of the converted model.
            tokens: at most, of a text.
            run: (b, n) inputs -> (b, dim) unit vectors; may raise anything.
            budget: tokens of a batch; 0 for one text a batch.
            for_one: see `open_splitter`.
        """
        meta = Meta.read(folder)
        self.dim = meta.dim
        self._meta, self._run, self._budget = meta, run, budget
        self._limit = min(tokens, meta.max_tokens)
        self._split = open_splitter(folder, self._limit, for_one=for_one)

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        tokens = [self._tokens(text) for text in texts]
        rows = np.empty((len(texts), self.dim), np.float32)
        for batch in batches([len(one) for one in tokens], self._budget):
            numbers = list(batch.rows)
            feed = self._feed([tokens[row] for row in numbers], batch.length)
            try:
                rows[numbers] = self._run(feed)
            except Exception as error:  # each library has its own
                blamed = [texts[row] for row in numbers]
                raise blame(blamed, error, self._probe) from error
            meanwhile()
        return rows

    def _probe(self) -> None:
        tokens = self._tokens(f"{PROBE} " * self._limit)
        self._run(self._feed([tokens], len(tokens)))

    def _tokens(self, text: str) -> list[int]:
        try:
            ids = self._split(self._meta.prompt + text)
        except Exception as error:  # the libraries raise bare Exception
            raise Quarantine(f"{text[:60]!r} can't be tokenised: {error}") from error
        if max(ids, default=0) >= self._meta.words:  # OpenVINO would read past the end
            raise Quarantine(
                f"the model fails on {text[:60]!r}: no vector for token {max(ids)}"
            )
        return ids

    def _feed(self, tokens: Sequence[Sequence[int]], length: int) -> Feed:
        ids = np.full((len(tokens), length), self._meta.pad_id, np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        feed: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        return {name: feed[name] for name in self._meta.inputs}
