"""The embedding space: vectors are comparable within one, and never across two."""

import hashlib
from dataclasses import dataclass

from samestory.embed.passage import recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSpace:
    """What decides a vector's meaning.

    Attributes:
        model_digest: sha256 of the model's files, hex; see `models.ModelFiles.digest`.
        precision: the class of arithmetic, exact or int8.
        tokens: of title and lead that are embedded, see `passage.recipe`.
        dim: length of a vector.
        means: the digest of the language means that are taken out; "" for none.
        model: the model's name, for people; not part of the identity.
    """

    model_digest: str
    precision: str
    tokens: int
    dim: int
    model: str
    means: str = ""

    @property
    def space_id(self) -> str:
        """Name of the space: `v-` and 12 hex digits."""
        identity = (
            f"{self.model_digest}|{self.precision}|{recipe(self.tokens)}|{self.dim}"
        )
        identity += f"|{self.means}" if self.means else ""
        return "v-" + hashlib.sha256(identity.encode()).hexdigest()[:12]
