"""Texts -> the numbers of their tokens, as a converted model's folder says.

Most models come with a file of library tokenizers. A vocabulary of 250,000 pieces takes
300 MB in it and 60 in SentencePiece, so the multilingual model has a file of that
(`e5_weights.write_splitter`). That takes 0.4 s to open, more than all else in a
question: for one text, its own pieces are a vocabulary that does the same.
"""

import json
import re
import unicodedata
import zlib
from pathlib import Path
from typing import Final, Protocol

import numpy as np

TOKENIZER: Final = "tokenizer.json"
PIECES: Final = "tokenizer.model"  # in its place: of SentencePiece
CHARACTERS: Final = "characters.json"  # beside it: what it changes that NFKC does not
PLACES: Final = "places.npz"  # beside it: where each piece lies in it
BLANK: Final = "\u2581"  # stands for a blank in pieces
_BLANKS: Final = re.compile(" {2,}")


class Splitter(Protocol):
    """Splits texts."""

    def __call__(self, text: str) -> list[int]:
        """Return a text's tokens, as many as the model may take; may raise anything."""
        ...


def open_splitter(folder: Path, limit: int, *, for_one: bool = False) -> Splitter:
    """Return the splitter of a converted model.

    Args:
        folder: of the model.
        limit: tokens of a text, at most.
        for_one: it is for a text or two, and to be open at once.
    """
    if for_one and (folder / PLACES).exists():
        return _FewPieces(folder, limit)
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
        self._plain = _Plain(folder)
        self._room = limit - 2
        self._begin, self._end = self._pieces.bos_id(), self._pieces.eos_id()

    def __call__(self, text: str) -> list[int]:
        ids: list[int] = self._pieces.encode(self._plain(text))
        return [self._begin, *ids[: self._room], self._end]


class _FewPieces:
    """The same of a vocabulary made for each text: those pieces that are in it.

    SentencePiece takes the likeliest row of pieces, so others change nothing; but for
    the least likely one, by which it weighs characters that are in no piece.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._model = (folder / PIECES).read_bytes()
        with np.load(folder / PLACES) as places:
            self._crcs, self._ids = places["crcs"], places["ids"]
            self._begins, self._always = places["begins"], places["always"]
            self._longest = int(places["longest"])
        self._plain = _Plain(folder)
        self._room = limit - 2

    def __call__(self, text: str) -> list[int]:
        from sentencepiece import SentencePieceProcessor  # noqa: PLC0415  (optional)

        plain = self._plain(text)
        kept = self._pieces_in(BLANK + plain.replace(" ", BLANK))
        begins = self._begins
        # Fields of a protocol buffer may be cut out and put together as bytes.
        parts = [self._model[begins[one] : begins[one + 1]] for one in kept]
        whole = b"".join([*parts, self._model[begins[-1] :]])
        pieces = SentencePieceProcessor(model_proto=whole)
        ids = [kept[one] for one in pieces.encode(plain)[: self._room]]
        return [kept[pieces.bos_id()], *ids, kept[pieces.eos_id()]]

    def _pieces_in(self, text: str) -> list[int]:
        """Return the ids of pieces in a text, and perhaps of some others, ascending."""
        lengths = range(1, self._longest + 1)
        parts = {text[at : at + n] for at in range(len(text)) for n in lengths}
        crcs = np.fromiter((zlib.crc32(one.encode()) for one in parts), np.uint32)
        first = np.searchsorted(self._crcs, crcs)
        last = np.searchsorted(self._crcs, crcs, "right")
        found = {
            int(one)
            for begin, end in zip(first, last, strict=True)
            for one in self._ids[begin:end]
        }
        return sorted(found.union(self._always.tolist()))


class _Plain:
    """What is done to a text before it is split."""

    def __init__(self, folder: Path) -> None:
        changed = json.loads((folder / CHARACTERS).read_text("utf-8"))
        self._changed = str.maketrans(changed)

    def __call__(self, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text.translate(self._changed))
        return _BLANKS.sub(" ", plain)
