"""What of a text is own, quoted, or furniture."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.index.copies.reading import read

OWN = "The envoys of Kesmark left the customs house at noon and went to the harbour."


def quoted(text):
    found = read(text)
    return " ".join(
        word
        for word, is_quoted in zip(found.words, found.quoted, strict=True)
        if is_quoted
    )


@given(
    st.text("ab'\u2019 \n1\u0663\u00e9\u0130\u00df\ufb01\U0001f600_-\ud800\x1c\u2028")
)
def test_words_are_letters_and_digits_that_one_apostrophe_may_join(text):
    """As a regular expression finds them, whatever is in the text."""
    found = read(text)
    plain = unicodedata.normalize("NFKC", text)
    matches = [*re.finditer(r"\w+(?:['\u2019]\w+)?", plain)]
    places = [*zip(found.begins.tolist(), found.ends.tolist(), strict=True)]
    assert places == [match.span() for match in matches]
    words = [match[0].lower().replace("\u2019", "'") for match in matches]
    assert [*found.words] == words


UNSPACED = {
    "zh": "外交部发言人在记者会上说双方同意下月恢复谈判并交换被扣押的船员名单",
    "ja": "外務省の報道官は記者会見で双方が来月に交渉を再開することで合意したと述べた",
    "ko": "외교부대변인은양측이다음달협상을재개하고억류된선원명단을교환하기로했다고밝혔다",
    "th": "โฆษกกระทรวงการต่างประเทศแถลงว่าทั้งสองฝ่ายตกลงจะกลับมาเจรจากันใหม่ในเดือนหน้า",
}


@pytest.mark.parametrize("lang", UNSPACED)
def test_where_words_are_not_parted_each_letter_is_one(lang):
    """With the signs of its vowel and tone; a number stays whole."""
    found = read(f"{UNSPACED[lang]}15{UNSPACED[lang]}").words
    half = found.index("15")
    assert "".join(found[:half]) == "".join(found[half + 1 :]) == UNSPACED[lang]
    for word in found:
        first, *signs = word if word != "15" else "1"
        assert not unicodedata.category(first).startswith("M")
        assert all(unicodedata.category(sign) in {"Mn", "Mc"} for sign in signs)


def test_signs_of_vowels_are_in_their_words():
    """Of Hindi, Arabic and Hebrew, as blanks part them."""
    text = "\u0935\u093f\u0926\u0947\u0936 \u0645\u064f\u062d\u0651\u0645\u062f \u05e9\u05b8\u05dc\u05d5\u05b9\u05dd"
    assert [*read(text).words] == text.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u201cNobody paid for lunch,\u201d he said.", "nobody paid for lunch"),
        ('He said: "Nobody paid." And left.', "nobody paid"),
        ("\u00abPersonne n'a pay\u00e9\u00bb, dit-il.", "personne n'a pay\u00e9"),
        ("Er sagte: \u201eNiemand hat gezahlt\u201c und ging.", "niemand hat gezahlt"),
        ("\u2018Nobody has paid for it\u2019, he said.", "nobody has paid for it"),
        ("The envoys' ship and the pilot's boat left.", ""),
        (
            "\u201cThe first part\n\u201cand the second,\u201d he said.",
            "the first part and the second",
        ),
        ("He said \u300cnobody has paid\u300d and left.", "nobody has paid"),
        ("LUND: Nobody paid for lunch.\nShe left.", "lund nobody paid for lunch"),
        (
            "Nobody paid.\n\u2014 Vera Lund (@veralund) July 15, 2026",
            "nobody paid vera lund veralund",
        ),
        ("Nobody paid.", ""),
    ],
    ids=range(11),
)
def test_quotations_are_told_as_papers_print_them(text, expected):
    """In double and single marks of several countries, by speaker, in posts."""
    assert quoted(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Envoys leave the house. (AP Photo/Vera Lund)",
        "FILE - In this July 7, 2017, file photo, envoys leave.",
        "Copyright 2026 The Post. All rights reserved.",
        "Sign up for our newsletter",
        "window.page = {id: 4}; function (x) { return x }",
        "Read this every day",
    ],
)
def test_furniture_is_told(line):
    """Captions, copyright, sign-up boxes, script, what the house repeats."""
    found = read(f"{OWN}\n{OWN}\n{line}", repeated={"Read this every day"})
    count = len(read(line).words)
    assert (
        found.furniture.tolist()
        == [False] * (len(found.words) - count) + [True] * count
    )


def test_a_text_of_captions_alone_is_a_text():
    """A gallery: what looks like furniture is all that it has."""
    assert not read("Envoys leave. (AP Photo/Vera Lund)").furniture.any()


def test_sentences_are_counted_by_their_words():
    """Line by line, each word in one of them."""
    found = read(f"{OWN} {OWN}\nNobody paid.")
    assert [len(one) for one in found.sentences] == [15, 15, 2]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("他说不会付钱。我们等着！真的吗？是的。", 4),
        ("代表は「払わない」と述べた。会議は続く。", 2),
        ("वार्ता जारी रहेगी। दूत लौट आए।", 2),
        ("هل تستمر المحادثات؟ نعم۔ غادر", 3),
        ("It cost 11.42 dollars... he said! She left.", 3),
    ],
    ids=["zh", "ja", "hi", "ar", "en"],
)
def test_sentences_end_as_their_script_ends_them(text, count):
    """By its own marks, whatever follows; by a full stop before a blank."""
    assert len(read(text).sentences) == count
