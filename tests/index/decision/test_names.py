"""Names that two languages share: by their consonants, and countries by CLDR."""

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
        ("הפגישה בברלין: ולזלנסקי אין תשובה", "he", {"slnsk", "prln"}),
        ("Зеленский в Берлине", "ru", {"slnsk", "prln"}),
        ("Встреча Зеленского", "ru", {"slnsk"}),
        ("نتنياهو يلتقي زيلينسكي", "ar", {"ntn", "slnsk"}),
        ("Selenskyj und Netanjahu in Berlin", "de", {"ntn", "slnsk", "prln"}),
        ("Ministers met in Paris", "fr", set()),
    ],
)
def test_a_name_is_known_in_other_letters(title, lang, names):
    """By its consonants, without what a language puts before and after it."""
    assert shared((ENGLISH, "en"), (title, lang)) == names


@pytest.mark.parametrize(
    ("title", "lang"),
    [
        ("מאות נחטפו בניגריה", "he"),
        ("Похищение в Нигерии", "ru"),
        ("خطف في نيجيريا", "ar"),
        ("尼日利亚学生遭绑架", "zh"),
        ("ナイジェリアで誘拐", "ja"),
        ("Entführung in Nigeria", "de"),
    ],
)
def test_a_country_is_known_by_its_name_of_cldr(title, lang):
    """As its code alone, also where there are no blanks; Niger is another."""
    assert shared(("Pupils abducted in Nigeria", "en"), (title, lang)) == {"NG"}
    assert not shared(("Pupils abducted in Niger", "en"), (title, lang))


@pytest.mark.parametrize(
    ("title", "lang", "codes"),
    [
        ("ישראל לא תחתום עם סין", "he", {"IL", "CN"}),
        ("הפרו את ההסכם בפרויקט, פרוץ הקרב", "he", set()),
        ("הנשיא הפרואני והסיני", "he", {"CN"}),
        ("בכיוון אחר", "he", set()),
        ("בהודו ומסין", "he", {"IN", "CN"}),
        ("مصرع جندي في بيروت، وزارة المالية", "ar", set()),
        ("مع الصين وفيتنام", "ar", {"CN", "VN"}),
        ("بالصين", "ar", {"CN"}),
        ("للصين", "ar", {"CN"}),
        ("الوزير الصيني والفيتنامية", "ar", {"CN", "VN"}),
        ("پرونده و پرواز عراقچی", "fa", set()),
        ("وزیر ایرانی", "fa", {"IR"}),
        ("После того как", "ru", set()),
        ("Иран не ответил", "ru", {"IR"}),
        ("российские дипломаты", "ru", set()),
        ("भारत और रूस में वार्ता, राष्ट्रपति", "hi", {"IN", "RU"}),
    ],
)
def test_what_begins_like_a_country_is_none(title, lang, codes):
    """The Peruvian, but not the broken; to China; nothing across a blank."""
    named = names_of(title, "", lang, RARITY)
    assert {name for name in named if name.isupper()} == codes


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
