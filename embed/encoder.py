"""Texts -> unit vectors: what an encoder is, and which one a configuration means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from samestory.embed.means import LanguageMeans
from samestory.embed.models import DEFAULT
from samestory.embed.passage import TOKENS
from samestory.embed.space import EmbeddingSpace
from samestory.errors import Quarantine, Retry

EXACT: Final = "exact"
INT8: Final = "int8"
AUTO: Final = "auto"

PROBE: Final = "word"  # again and again: a text that can't be at fault

Vectors = NDArray[np.float32]


def nothing() -> None:
    """Do nothing in the meantime."""


def blame(
    texts: Sequence[str], error: Exception, probe: Callable[[], object]
) -> Quarantine | Retry:
    """Return what an engine's error on texts means: their fault, or the machine's.

    Args:
        texts: of one call.
        error: that the engine raised.
        probe: embeds a text that can't be at fault, as long as any.
    """
    if isinstance(error, MemoryError):
        return Retry("the model has no memory left")
    try:
        probe()
    except Exception as other:  # noqa: BLE001  (whatever the engine raises)
        return Retry(f"the model fails on everything: {other}")
    which = f"{texts[0][:60]!r}" if len(texts) == 1 else f"one of {len(texts)} texts"
    return Quarantine(f"the model fails on {which}: {error}")


class Encoder(Protocol):
    """Turns texts into unit vectors of one embedding space."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space that the vectors live in."""
        ...

    @property
    def made_by(self) -> str:
        """The engine and the version of its library, e.g. `openvino-fp32 2026.4.1`."""
        ...

    @property
    def means(self) -> LanguageMeans | None:
        """The languages' means; they are still in what `encode` returns."""
        ...

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> Vectors:
        """Return unit vectors, shape (n, dim), in the order of the texts.

        A text's vector depends on that text alone, not on its neighbours in the call.

        Args:
            texts: any number.
            meanwhile: called now and then while it takes long; may raise.

        Raises:
            Quarantine: the model fails on one of the texts.
            Retry: it fails on everything, e.g. for want of memory.
        """
        ...

    def close(self) -> None:
        """Let go of what is held; at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSpec:
    """Which encoder: enough to open the same one in another process.

    Attributes:
        model: `packaged`, `multilingual`, a folder or a name of the hub.
        precision: exact or int8.
        engine: auto, or one of `opening.ENGINES`.
        tokens: of title and lead that are embedded.
        cache: where converted models are kept.
    """

    cache: Path
    model: str = DEFAULT
    precision: str = EXACT
    engine: str = AUTO
    tokens: int = TOKENS
