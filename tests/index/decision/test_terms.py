"""Words and their rarity: against scikit-learn's TF-IDF, and hostile files."""

import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.errors import Misconfigured
from samestory.index.decision.terms import (
    NO_NAME,
    RAREST,
    WORDS,
    OwnCounts,
    Rarity,
    count_words,
    dump,
    packaged_rarity,
    shared,
    terms_of,
    words_of,
)

COUNTS = {"a": 60, "b": 20, "c": 7, "d": 2, "e": 1}
RARITY = Rarity(99, COUNTS)
texts = st.lists(st.sampled_from("abcdefgh"), max_size=30).map(" ".join)


@given(texts, st.lists(texts, min_size=1, max_size=5))
def test_overlap_and_rarest_words_equal_the_oracle(one, others):
    """The cosine is scikit-learn's, the rarity that of plain sets; alone or together."""
    from sklearn.feature_extraction.text import CountVectorizer  # a second
    from sklearn.preprocessing import normalize

    model = CountVectorizer(vocabulary=list("abcdefgh"), token_pattern=r"\w+")
    counts = model.transform([one, *others]).toarray().astype(float)
    rarity = {w: RARITY.of(w) * (1 if w in COUNTS else NO_NAME) for w in "abcdefgh"}
    idf = np.array([rarity[word] for word in "abcdefgh"])
    logs = np.log(counts, out=np.full_like(counts, -1.0), where=counts > 0)
    rows = normalize((1 + logs) * idf)
    mine = terms_of("", one, RARITY)
    theirs = [terms_of("", other, RARITY) for other in others]
    overlap, rare = shared(mine, theirs)
    assert overlap == pytest.approx(rows[1:] @ rows[0], abs=1e-3)
    expected = [
        sum(sorted(rarity[w] for w in {*one.split()} & {*other.split()})[-RAREST:])
        for other in others
    ]
    assert rare == pytest.approx(expected, abs=2e-3)
    for at, other in enumerate(theirs):
        alone = shared(mine, [other])
        assert (alone[0][0], alone[1][0]) == (overlap[at], rare[at])
        back = shared(other, [mine])
        assert (back[0][0], back[1][0]) == (overlap[at], rare[at])


def test_words_are_those_of_the_title_and_the_opening():
    """Small letters, apostrophes kept, other scripts too, and only so many."""
    assert words_of("NATO's Ångström", "Nói 13th_day") == [
        "nato's",
        "ångström",
        "nói",
        "13th",
        "day",
    ]
    assert len(words_of("t", "w " * 100_000)) == WORDS
    assert words_of("", "") == []
    assert count_words([("a b", "b"), ("", "b c")]) == (2, {"a": 1, "b": 2, "c": 1})


def test_the_packaged_counts_know_common_words_from_rare_ones():
    """Read from the file that ships."""
    rarity = packaged_rarity()
    assert 0 <= rarity.of("the") < rarity.of("minister") < rarity.of("szijjarto")
    assert rarity.of("qqqq") > 8


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        gzip.compress(b"documents x\n"),
        gzip.compress(b"documents 3\nword\n"),
        gzip.compress(b"documents 3\nword 2\n")[:-9],
        gzip.compress(b"documents 3\n\xff 2\n"),
    ],
    ids=["empty", "junk", "no number", "no count", "cut off", "not UTF-8"],
)
def test_a_damaged_file_of_counts_is_refused_by_name(tmp_path, data):
    """It ships with the package: a person must act."""
    path = tmp_path / "counts.gz"
    path.write_bytes(data)
    with pytest.raises(Misconfigured, match=r"counts\.gz"):
        Rarity.load(path)


def test_an_unknown_word_is_the_rarest():
    """ln((n + 1) / (df + 1))."""
    assert RARITY.of("zz") == math.log(100)
    assert RARITY.of("a") == math.log(100 / 61)


def test_an_unknown_word_that_is_written_small_is_hardly_a_name():
    """One capital letter anywhere in the text is enough; known words are as counted."""
    terms = ["a", "qorvan", "quzz", "14"]
    _, found = RARITY.numbered(terms, "A Qorvan a qorvan quzz 14")
    unknown = math.log(100)
    assert found.tolist() == [RARITY.of("a"), unknown, NO_NAME * unknown, unknown]


def test_where_no_blanks_stand_two_characters_are_a_word():
    """Chinese, Japanese and Thai, also beside others; one alone is a word."""
    assert words_of("法院宣判 EU", "它") == [
        *("法院", "院宣", "宣判"),
        *("eu", "它"),
    ]
    assert words_of("", "スト 3") == ["スト", "3"]
    assert words_of("ที่", "") == ["ที", "ี่"]
    assert len(words_of("", "法院" * 2 * WORDS)) == WORDS


def test_the_sign_of_a_vowel_or_an_accent_ends_no_word():
    """Hindi, Turkish in small letters, Arabic and Hebrew with their points."""
    assert words_of("भारत और पाकिस्तान।", "") == ["भारत", "और", "पाकिस्तान"]
    assert words_of("İzmir'de", "") == ["i\u0307zmir'de"]
    assert words_of("رسميًّا أمس", "") == ["رسميًّا", "أمس"]
    assert words_of("שָׁלוֹם", "") == ["שָׁלוֹם"]


def test_counts_of_languages_are_a_file_that_says_what_it_is(tmp_path):
    """Words in two stories or more; the same counts make the same bytes."""
    found = {"fr": count_words([("Le vote", "le # vote"), ("Le bloc", "")])}
    path = tmp_path / "words.gz"
    path.write_bytes(dump(found))
    assert path.read_bytes() == dump(found)
    own = OwnCounts.load(path)
    assert own.rarities.keys() == {"fr"}
    assert own.rarities["fr"].of("le") == 0
    assert own.rarities["fr"].of("bloc") == own.rarities["fr"].unknown == math.log(3)
    assert len(own.digest) == 8
    for bad in (b"", b"\x1f\x8b", gzip.compress(b"documents 3"), dump(found)[:-9]):
        path.write_bytes(bad)
        with pytest.raises(Misconfigured, match=r"word counts .*words\.gz"):
            OwnCounts.load(path)
    for line in (b"word x", b"word -5", b"word 0", b"word 3", b"word"):
        path.write_bytes(gzip.compress(gzip.decompress(dump(found)) + line))
        with pytest.raises(Misconfigured, match="word counts"):
            OwnCounts.load(path)
