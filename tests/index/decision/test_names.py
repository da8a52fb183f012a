"""Names that two languages share: by their consonants, and countries by their codes."""

import pytest

from samestory.index.decision.features import FEATURES, pair_features, view
from samestory.index.decision.names import names_of, shared_names
from samestory.index.decision.terms import RAREST, packaged_rarity
from tests.conftest import make_story
from tests.index.vectors import vector

RARITY = packaged_rarity()
ENGLISH = "Netanyahu meets Zelensky in Berlin"


def shared(one: tuple[str, str], other: tuple[str, str]) -> set[str]:
    a, b = (names_of(title, "", lang, RARITY) for title, lang in (one, other))
    return a.keys() & b.keys()


@pytest.mark.parametrize(
    ("title", "lang", "names"),
    [
        ("נתניהו נפגש עם זלנסקי", "he", {"ntn", "slnsk"}),
        ("הפגישה בברלין: ולזלנסקי אין תשובה", "he", {"slnsk", "DE"}),
        ("Зеленский в Берлине", "ru", {"slnsk", "DE"}),
        ("Встреча Зеленского", "ru", {"slnsk"}),
        ("نتنياهو يلتقي زيلينسكي", "ar", {"ntn", "slnsk"}),
        ("Selenskyj und Netanjahu in Berlin", "de", {"ntn", "slnsk", "DE"}),
        ("L'accord d'Erdogan, l'envoyé de Zelensky", "fr", {"slnsk"}),
        ("Zelenskiy'nin açıklaması", "tr", {"slnsk"}),
        ("Ministers met in Paris", "fr", set()),
    ],
)
def test_a_name_is_known_in_other_letters(title, lang, names):
    """By its consonants, without what a language puts before and after it."""
    assert shared((ENGLISH, "en"), (title, lang)) == names


def test_common_words_are_no_names():
    """Small letters in scripts that have capitals; a name of two consonants."""
    assert not names_of("the war goes on, Rio, said", "", "en", RARITY)
    assert not names_of("война продолжается", "", "ru", RARITY)
    assert names_of("", "", "xx", RARITY) == {}
    assert not names_of("", "gümrük malı", "tr", RARITY)  # not Mali: no dot on the i


def test_the_rarest_names_count_and_only_in_two_languages():
    """Three at most, each as rare as in the report that uses Latin letters."""
    text = "Netanyahu, Zelensky, Witkoff and Tinubu"
    a, b = (names_of(text, "", "en", RARITY) for _ in range(2))
    rare = sorted(RARITY.of(w.lower()) for w in text.replace(",", "").split())
    assert shared_names(a, b) == pytest.approx(sum(rare[-RAREST:]))
    one, other = (
        view(make_story(str(n), title=title, text="", lang=lang), vector(n, n))
        for n, (title, lang) in enumerate(
            [(ENGLISH, "en"), ("נתניהו נפגש עם זלנסקי", "he")]
        )
    )
    at = FEATURES.index("shared_names")
    across = pair_features(one, [other, one])[:, at]
    expected = RARITY.of("netanyahu") + RARITY.of("zelensky")
    assert across[0] == pytest.approx(expected / 10)
    assert across[1] == 0
    assert pair_features(other, [one])[0, at] == across[0]
