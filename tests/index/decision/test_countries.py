"""Countries that a text names, in the languages that news is told in."""

import pytest
from babel import Locale

from samestory.index.decision.countries import (
    _words,
    countries_in,
    countries_of_one_word,
    country_named,
    english_name,
)


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("מאות נחטפו בניגריה", "he", "NG"),
        ("Похищение в Нигерии", "ru", "NG"),
        ("خطف في نيجيريا", "ar", "NG"),
        ("尼日利亚学生遭绑架", "zh", "NG"),
        ("ナイジェリアで誘拐", "ja", "NG"),
        ("Entführung in Nigeria", "de", "NG"),
        ("Pupils abducted in Niger", "en", "NE"),
        ("ישראל לא תחתום עם סין", "he", "CN IL"),
        ("הפרו את ההסכם בפרויקט, פרוץ הקרב", "he", ""),
        ("הנשיא הפרואני והסיני", "he", "CN"),
        ("בכיוון אחר", "he", ""),
        ("בהודו ומסין", "he", "CN IN"),
        ("مصرع جندي، وزارة المالية", "ar", ""),
        ("مع الصين وفيتنام", "ar", "CN VN"),
        ("بالصين", "ar", "CN"),
        ("للصين", "ar", "CN"),
        ("الوزير الصيني والفيتنامية", "ar", "CN VN"),
        ("پرونده و پرواز عراقچی", "fa", ""),
        ("وزیر ایرانی", "fa", "IR"),
        ("После того как", "ru", ""),
        ("Иран не ответил", "ru", "IR"),
        ("भारत और रूस में वार्ता, राष्ट्रपति", "hi", "IN RU"),
    ],
)
def test_a_country_is_known_by_its_name_of_cldr(text, lang, codes):
    """Bent, with its prefix, also without blanks; nothing that only begins like it."""
    assert countries_in(text, lang)[0] == set(codes.split())


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("Turkey and the U.S. sign; the Kremlin's man", "en", "RU TR US"),
        ("They told us to polish it, a turkey", "en", ""),
        ("Chinese and French ministers in Doha", "en", "CN FR QA"),
        ("США и российские дипломаты, КНР, ЕС", "ru", "CN EU RU US"),
        ('ממשל ארה"ב והצבא הרוסי', "he", "RU US"),
        ("وزير الخارجية الأمريكي في موسكو", "ar", "RU US"),
        ("EE.UU. e Irán; los rusos", "es", "IR RU US"),
        ("US-Präsident und russische Truppen", "de", "RU US"),
        ("中方与美方在基辅", "zh", "CN UA US"),
        ("烏克蘭與俄羅斯", "zh", "RU UA"),
        ("米国とパレスチナ", "ja", "PS US"),
        ("สหรัฐและอิหร่านเจรจา", "th", "IR US"),
        ("អាមេរិក រុស្ស៊ី ចិន", "km", "CN RU"),
        ("ယူကရိန်း ရုရှား", "my", "RU UA"),
    ],
)
def test_a_country_is_known_by_what_else_it_is_called(text, lang, codes):
    """Its people, its government, its capital; words that mean something else not."""
    assert countries_in(text, lang)[0] == set(codes.split())


@pytest.mark.parametrize(
    ("text", "lang", "codes", "rest"),
    [
        ("L\u2019Iran et d'Ukraine", "fr", "IR UA", ["et"]),
        ("dell'Ucraina", "it", "UA", []),
        ("\u0130ran'\u0131n ABD'ye \u0130srail'in", "tr", "IL IR US", []),
        ("미국과 이란이 한국에서", "ko", "IR KR US", []),
        ("인도적 지원", "ko", "", ["인도적", "지원"]),  # humane, not of India
    ],
)
def test_what_is_written_beside_a_country_is_no_part_of_it(text, lang, codes, rest):
    """Articles that lose their vowel, suffixes after a mark, particles."""
    assert countries_in(text, lang) == (set(codes.split()), rest)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Russia Russian russians Kremlin Moscow", "RU"),
        ("US U.S America Americans Washington", "US"),
        ("Nigeria Nigerian Abuja", "NG"),
        ("Niger", "NE"),
        ("Algeria Algerian", "DZ"),
        ("Austria Austrian", "AT"),
        ("Australia Australian", "AU"),
        ("Korea Korean Indiana Malibu Ilmara", None),
    ],
)
def test_one_english_word_may_name_a_country(words, code):
    """In any case; nothing that only begins like one, or that two are called."""
    assert [country_named(word) for word in words.split()] == [code] * len(
        words.split()
    )


def test_a_strange_language_names_no_country():
    """Neither does an empty text."""
    assert countries_in("Iran", "xx") == (set(), ["Iran"])
    assert countries_in("", None) == (set(), [])
    assert countries_of_one_word("xx") == frozenset()


def test_the_words_are_those_of_countries_and_languages_that_cldr_knows():
    """Each once in its language."""
    for lang, countries in _words().items():
        assert Locale.parse(lang)
        words = [word for listed in countries.values() for word in listed.split()]
        assert len(words) == len(set(words)), lang
        assert all(english_name(code) for code in countries), lang
