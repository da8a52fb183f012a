"""What is added to a model to make a space of events of it: one file.

- Thin matrices beside the model's linear layers, which `adapting` learns and a
  conversion merges into the weights (LoRA: W + 2 up @ down; Hu et al.,
  arXiv:2106.09685).
- The mean vector of each language, which is taken out of every vector (`means`).

Both are part of the space's identity.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from samestory.embed.means import LanguageMeans
from samestory.errors import Misconfigured
from samestory.private import replaced

FILE: Final = "adaptation.safetensors"  # in the folder of a model of one's own
SCALE: Final = 2.0
_DOWN, _UP, _MEAN = ".down", ".up", "mean."
_ABOUT: Final = "samestory"  # among the file's metadata


class Thin(NamedTuple):
    """Beside a linear layer of shape (out, in).

    Attributes:
        down: shape (rank, in), fp16.
        up: shape (out, rank), fp16.
    """

    down: NDArray[np.float16]
    up: NDArray[np.float16]

    def product(self) -> NDArray[np.float32]:
        """Return what is added to the layer's weights, shape (out, in)."""
        added: NDArray[np.float32] = SCALE * (
            self.up.astype(np.float32) @ self.down.astype(np.float32)
        )
        return added


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """Of a model.

    Attributes:
        base: the model's name, as the setting `model` gives it.
        thin: by the names of the network's layers; may be empty.
        means: of the languages.
        about: how it was made, for people.
    """

    base: str
    thin: Mapping[str, Thin]
    means: LanguageMeans | None
    about: str = ""

    @cached_property
    def digest(self) -> str:
        """Of what is merged into the weights: hex; empty if nothing is."""
        if not self.thin:
            return ""
        total = hashlib.sha256()
        for name, thin in sorted(self.thin.items()):
            total.update(f"{name}\0".encode() + thin.down.tobytes() + thin.up.tobytes())
        return total.hexdigest()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it.

        Raises:
            Misconfigured: it can't be read, or is none.
        """
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415

        try:
            with safe_open(path, framework="numpy") as file:
                about = json.loads((file.metadata() or {})[_ABOUT])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            names = {n.removesuffix(_UP) for n in tensors if n.endswith(_UP)}
            thin = {
                name: Thin(down=tensors[name + _DOWN], up=tensors[name + _UP])
                for name in names
            }
            rows = {
                name.removeprefix(_MEAN): row.astype(np.float32)
                for name, row in tensors.items()
                if name.startswith(_MEAN)
            }
            return cls(
                base=str(about["base"]),
                thin=thin,
                means=LanguageMeans(rows) if rows else None,
                about=str(about["about"]),
            )
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise Misconfigured(
                f"{path} is no adaptation of a model: {error}"
            ) from error

    def save(self, path: Path) -> None:
        """Write it whole, or not at all; the same bytes for the same content.

        Raises:
            OSError: there is no room, or no right to write there.
        """
        from safetensors.numpy import save  # noqa: PLC0415

        tensors: dict[str, NDArray[np.float16]] = {}
        for name, one in self.thin.items():
            tensors |= {name + _DOWN: one.down, name + _UP: one.up}
        if self.means is not None:
            for lang, row in self.means.rows.items():
                tensors[_MEAN + lang] = row.astype(np.float16)
        # One value: the order of several would differ from time to time.
        about = json.dumps({"base": self.base, "about": self.about})
        with replaced(path) as new:
            new.write_bytes(save(tensors, {_ABOUT: about}))


@cache
def load_adaptation(path: Path) -> Adaptation:
    """Read one, once in a process; see `Adaptation.load`."""
    return Adaptation.load(path)
