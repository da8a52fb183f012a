"""The embedding space: vectors are comparable within one, and never across two."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSpace:
    """What decides a vector's meaning.

    Attributes:
        model_digest: sha256 of the weights, hex.
        precision: the class of arithmetic, e.g. exact.
        recipe: which text is embedded, see `passage.RECIPE`.
        dim: length of a vector.
        model: the model's name, for people; not part of the identity.
    """

    model_digest: str
    precision: str
    recipe: str
    dim: int
    model: str

    @property
    def space_id(self) -> str:
        """Name of the space: `v-` and 12 hex digits."""
        identity = f"{self.model_digest}|{self.precision}|{self.recipe}|{self.dim}"
        return "v-" + hashlib.sha256(identity.encode()).hexdigest()[:12]
