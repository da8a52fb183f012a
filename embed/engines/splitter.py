"""Texts -> the numbers of their tokens, as a converted model's folder says.

Most models come with a file of library tokenizers. A vocabulary of 250,000 pieces takes
300 MB in it and 60 in SentencePiece, so the multilingual model has a file of that
(`e5_weights.write_splitter`).
"""

import json
import re
import unicodedata
from pathlib import Path
from typing import Final, Protocol

TOKENIZER: Final = "tokenizer.json"
PIECES: Final = "tokenizer.model"  # in its place: of SentencePiece
CHARACTERS: Final = "characters.json"  # beside it: what it changes that NFKC does not
_BLANKS: Final = re.compile(" {2,}")


class Splitter(Protocol):
    """Splits texts."""

    def __call__(self, text: str) -> list[int]:
        """Return a text's tokens, as many as the model may take; may raise anything."""
        ...


def open_splitter(folder: Path, limit: int) -> Splitter:
    """Return the splitter of a converted model.

    Args:
        folder: of the model.
        limit: tokens of a text, at most.
    """
    if (folder / PIECES).exists():
        return _Pieces(folder, limit)
    return _Library(folder, limit)


class _Library:
    """Of library tokenizers."""

    def __init__(self, folder: Path, limit: int) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415

        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(limit)

    def __call__(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids


class _Pieces:
    """Of SentencePiece: pieces between the beginning and the end of a text."""

    def __init__(self, folder: Path, limit: int) -> None:
        from sentencepiece import SentencePieceProcessor  # noqa: PLC0415  (optional)

        self._pieces = SentencePieceProcessor(model_file=str(folder / PIECES))
        changed = json.loads((folder / CHARACTERS).read_text("utf-8"))
        self._changed = str.maketrans(changed)
        self._room = limit - 2
        self._begin, self._end = self._pieces.bos_id(), self._pieces.eos_id()

    def __call__(self, text: str) -> list[int]:
        plain = unicodedata.normalize("NFKC", text.translate(self._changed))
        ids: list[int] = self._pieces.encode(_BLANKS.sub(" ", plain))
        return [self._begin, *ids[: self._room], self._end]
