"""The words of a report and how rare they are: the sparse half of the features.

TF-IDF (Salton and Buckley 1988) with logarithmic term counts, over the title and the
first WORDS words. Document counts are frozen in a file, so that a story weighs the same
today and after a replay. Everything is fixed point: sums don't depend on their order.
"""

import gzip
import hashlib
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Misconfigured
from samestory.index.decision.tokens import TOKEN
from samestory.scripts import SIGNS, UNSPACED

WORDS: Final = 300  # what comes later is background
CHARACTERS: Final = 20 * WORDS  # of the text that are looked at
NO_NAME: Final = 0.6  # of the rarity of an unknown word, if it is written small
RAREST: Final = 3  # shared words that count for their rarity
WORD_COUNTS: Final = "word_counts.txt.gz"  # beside the pair model fitted with them
_HEAD: Final = "word counts of languages, 1\n"
_LANGUAGE: Final = "\n# "  # begins a language; no word holds the sign
PACKAGED_COUNTS: Final = Path(__file__).with_name(WORD_COUNTS)
# Where a script puts no blanks between words, each two neighbours are one.
_UNSPACED_RUN: Final = re.compile(f"[{UNSPACED}]+")
_UNLIKE_LATIN: Final = re.compile(f"[{UNSPACED}{SIGNS}]")
_APART: Final = rf"(?:(?![{UNSPACED}])[^\W_]|(?!\w)[{SIGNS}])+"
_MIXED: Final = re.compile(rf"[{UNSPACED}]+|{_APART}(?:['\u2019]{_APART})*")
_FIRST: Final = 8 * WORDS  # characters that mostly hold WORDS words
_UNIT: Final = 1 << 14  # fixed point of the weights, whose vector has length 1
_SLOTS: Final = np.uint32(1 << 16)  # of the table in which words are looked up
_MILLI: Final = 1_000  # fixed point of the rarities


class Rarity:
    """How rare a word is: ln((n + 1) / (df + 1)), the greatest for an unknown word.

    `digest` names the counts: 8 hex digits, "" for some that are not from a file.
    """

    def __init__(
        self, documents: int, counts: Mapping[str, int | str], digest: str = ""
    ) -> None:
        self.digest = digest
        self._documents, self._counts = documents, counts
        self.unknown = math.log(documents + 1)
        self._known: dict[str, tuple[int, float]] = {}  # of words that were met

    @classmethod
    def load(cls, path: Path = PACKAGED_COUNTS) -> Self:
        """Read the counts: a line `documents N`, then `word count` a line, gzip.

        Raises:
            Misconfigured: not readable.
        """
        try:
            data = gzip.decompress(path.read_bytes())
            fields = data.decode().split()  # no word holds a blank
            counts = dict(zip(fields[2::2], fields[3::2], strict=True))
            documents = int(fields[1])
        except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
            raise Misconfigured(f"word counts {path}: {error!r}") from error
        if counts and not "".join(counts.values()).isdecimal():
            raise Misconfigured(f"word counts {path}: a count is no number")
        return cls(documents, counts, digest_of(data))

    def of(self, word: str) -> float:
        """Return the rarity of a word in small letters, 0 if every document has it."""
        found = self._known.get(word) or self._met(word)
        return found[1] if found else self.unknown

    def _met(self, word: str) -> tuple[int, float] | None:
        """Return (id, rarity) of a word that is counted; None if it is not."""
        count = self._counts.get(word)
        if count is None:
            return None
        rarity = math.log((self._documents + 1) / (int(count) + 1))
        found = self._known[word] = (_id_of(word), rarity)
        return found

    def numbered(
        self, words: Iterable[str], written: str
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Return (ids, rarities) of words in small letters, each of shape (n,).

        Args:
            words: distinct words in small letters.
            written: the text that they are from. An unknown word that it nowhere
                begins with a capital letter is taken for less rare: hardly a name.
        """
        known, unknown = self._known, self.unknown
        rarities = [
            known.get(word)
            or self._met(word)
            or (
                _id_of(word),
                unknown if word.capitalize() in written else unknown * NO_NAME,
            )
            for word in words
        ]
        ids = np.array([one for one, _ in rarities], np.uint32)
        return ids, np.array([rarity for _, rarity in rarities], np.float64)


def _id_of(word: str) -> int:
    return zlib.crc32(word.encode())


def digest_of(counts: bytes) -> str:
    """Return the name of word counts: 8 hex digits."""
    return hashlib.sha256(counts).hexdigest()[:8]


@cache
def packaged_rarity() -> Rarity:
    """Return the rarities that the packaged pair model was fitted with."""
    return Rarity.load()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCounts:
    """Word counts of languages that a pair model's own lack, from a newsroom's stories.

    Attributes:
        rarities: by ISO 639-1.
        digest: names them: 8 hex digits.
    """

    rarities: Mapping[str, Rarity]
    digest: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `dump` made.

        Raises:
            Misconfigured: not readable.
        """
        rarities = {}
        try:
            data = gzip.decompress(path.read_bytes())
            head, *languages = data.decode().split(_LANGUAGE)
            if head != _HEAD:
                raise ValueError("no file of `samestory models count-words`")  # noqa: TRY301
            for one in languages:
                lang, documents, *fields = one.split()
                counts = {
                    word: int(n)
                    for word, n in zip(fields[::2], fields[1::2], strict=True)
                }
                if not all(0 < n <= int(documents) for n in counts.values()):
                    raise ValueError(f"{lang}: a count is none of its documents")  # noqa: TRY301
                rarities[lang] = Rarity(int(documents), counts)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise Misconfigured(f"word counts {path}: {error}") from error
        return cls(rarities=rarities, digest=digest_of(data))


def dump(counted: Mapping[str, tuple[int, Mapping[str, int]]]) -> bytes:
    """Return word counts of languages as a file, gzip; the same for the same counts.

    Args:
        counted: documents, and in how many each word occurs, by ISO 639-1. What is in
            one alone is left out: it is as rare as an unknown word.
    """
    text = _HEAD + "".join(
        f"{_LANGUAGE}{lang} {documents}\n"
        + "".join(f"{word} {n}\n" for word, n in sorted(counts.items()) if n > 1)
        for lang, (documents, counts) in sorted(counted.items())
    )
    return gzip.compress(text.encode(), mtime=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The distinct words of a story.

    The rarest comes first.

    Attributes:
        ids: hashes of the words, shape (n,).
        weights: TF-IDF of unit length, fixed point, shape (n,).
        rarities: in thousandths, shape (n,).
        words: how many words were read, repeated ones too.
    """

    ids: NDArray[np.uint32]
    weights: NDArray[np.int32]
    rarities: NDArray[np.int32]
    words: int


def words_of(title: str, text: str) -> list[str]:
    """Return the first WORDS words of title and text, in small letters."""
    whole = f"{title}\n{text[:CHARACTERS]}".lower()
    if not whole.isascii() and _UNLIKE_LATIN.search(whole):
        return list(islice(_mixed_words(whole), WORDS))
    words = TOKEN.findall(whole[:_FIRST])
    if len(words) <= WORDS:  # the last of them may be cut
        words = TOKEN.findall(whole)
    return words[:WORDS]


def _mixed_words(text: str) -> Iterator[str]:
    for found in _MIXED.findall(text):
        if len(found) > 1 and _UNSPACED_RUN.match(found):
            yield from map("".join, pairwise(found))
        else:
            yield found


def terms_of(title: str, text: str, rarity: Rarity) -> Terms:
    """Return the terms of a story."""
    words = words_of(title, text)
    counts = Counter(words)
    ids, rarities = rarity.numbered(counts, f"{title}\n{text[:CHARACTERS]}")
    weights = rarities * (1 + np.log(np.array(list(counts.values()), np.float64)))
    weights /= math.sqrt(math.fsum((weights**2).tolist())) or 1.0
    order = np.lexsort((ids, -rarities))
    return Terms(
        ids=ids[order],
        weights=np.rint(weights * _UNIT).astype(np.int32)[order],
        rarities=np.rint(rarities * _MILLI).astype(np.int32)[order],
        words=len(words),
    )


def shared(
    one: Terms, others: Sequence[Terms]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare a story's words with those of others.

    Returns:
        The TF-IDF cosine with each, in [0, 1], and the summed rarity of the RAREST
        rarest words shared with each; both of shape (len(others),).
    """
    overlap, rare = np.zeros(len(others)), np.zeros(len(others))
    sizes = [len(other.ids) for other in others]
    if not len(one.ids) or not sum(sizes):
        return overlap, rare
    ids = np.concatenate([other.ids for other in others])
    at = _places(one.ids, ids)
    hits = np.flatnonzero(one.ids[at] == ids)
    at, owner = at[hits], np.searchsorted(np.cumsum(sizes), hits, side="right")
    weights = np.concatenate([other.weights for other in others])[hits]
    # Whole numbers far under 2**53, so that the order of the sums is nothing.
    product = one.weights[at].astype(np.float64) * weights
    overlap += np.bincount(owner, product, len(others)) / (_UNIT * _UNIT)
    # Each owner's hits come in order of rarity, as its terms do.
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    first = rank < RAREST
    rarest = one.rarities[at[first]]
    rare += np.bincount(owner[first], rarest, len(others)) / _MILLI
    return overlap, rare


def _places(mine: NDArray[np.uint32], ids: NDArray[np.uint32]) -> NDArray[Any]:
    """Return for each id the place that it has in mine if it is there at all."""
    table = np.zeros(_SLOTS, np.int16)
    slots = mine % _SLOTS
    places = np.arange(len(mine), dtype=np.int16)
    table[slots] = places
    if (table[slots] == places).all():
        direct: NDArray[np.int16] = table[ids % _SLOTS]
        return direct
    order = np.argsort(mine)  # two of mine fell into one slot
    at = np.searchsorted(mine, ids, sorter=order)
    return order[np.minimum(at, len(order) - 1)]


def count_words(texts: Iterable[tuple[str, str]]) -> tuple[int, Counter[str]]:
    """Return how many (title, text) there are, and in how many each word occurs."""
    total, counts = 0, Counter[str]()
    for title, text in texts:
        total += 1
        counts.update(set(words_of(title, text)))
    return total, counts
