"""Ordinals as languages write them, and what follows where two reports differ in one."""

import pytest

from samestory.index.decision.features import numbers_in
from samestory.index.decision.ordinals import ordinals_in
from samestory.index.decision.vetoes import claims_of, veto

# A 21st round of talks, in digits and in words; invented.
ROUNDS = [
    ("en", "Ilmara and Tarsk hold 21st round of talks", 21),
    ("en", "Sixteenth convoy leaves Port Callan", 16),
    ("ru", "Илмара и Тарск провели 21-й раунд переговоров", 21),
    ("ru", "Пятнадцатого пакета помощи ждут в пятницу", 15),
    ("uk", "Двадцятий раунд переговорів", 20),
    ("uk", "21-го пакета санкцій", 21),
    ("de", "21. Verhandlungsrunde zwischen Ilmara und Tarsk", 21),
    ("de", "Der fünfzehnten Konferenz droht das Aus", 15),
    ("fr", "Ilmara et Tarsk ouvrent un 21e cycle", 21),
    ("fr", "Le quinzième convoi est parti", 15),
    ("es", "Comienza la 21.ª ronda de negociaciones", 21),
    ("es", "La decimoquinta ronda", 15),
    ("it", "Parte il quindicesimo convoglio", 15),
    ("pt", "Começa a 21ª rodada", 21),
    ("nl", "De vijftiende ronde begint", 15),
    ("tr", "İlmara ile Tarsk arasında 21. tur", 21),
    ("pl", "Piętnasta runda rozmów", 15),
    ("ar", "الجولة الخامسة عشرة من المحادثات", 15),
    ("he", "הסבב ה-21 של השיחות", 21),
    ("fa", "بیستمین دور گفتگوها", 20),
    ("fa", "دور ۲۱م گفتگوها", 21),
    ("zh", "第21轮谈判开始", 21),
    ("zh", "第二十一轮谈判开始", 21),
    ("ja", "第十五回会談", 15),
    ("ko", "제21차 협상", 21),
]


@pytest.mark.parametrize(("lang", "title", "number"), ROUNDS)
def test_an_ordinal_is_read_as_its_language_writes_it(lang, title, number):
    """In digits of any script, or bent."""
    assert [one.number for one in ordinals_in(title, lang)] == [number]


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("ru", "В пятницу 21 посол покинул Тарск"),
        ("ru", "21-летний посол"),
        ("de", "Im Jahr 2021 starben 21 Menschen"),
        ("de", "Es waren 21.000 Menschen"),
        ("it", "Il ministro non parte"),
        ("he", "השיחות ביום חמישי"),
        ("pt", "As negociações começam na quinta-feira"),
        ("fr", "21 envoyés expulsés"),
        ("xx", "21. runda"),
        ("de", "Gipfel am 16. März in Ilmara"),
        ("cs", "Summit začne 16. března"),
        ("ru", "Саммит откроется 16-го марта"),
    ],
)
def test_what_only_looks_like_one_is_none(lang, title):
    """Days of the week, ages, plain numbers, languages that nobody taught us."""
    assert ordinals_in(title, lang) == []


@pytest.mark.parametrize(
    ("lang", "title", "number"),
    [
        ("ru", "Принят двадцать пятый пакет", 25),
        ("ru", "О сорок пятом президенте", 45),
        ("ru", "Тридцатый пакет, пять стран", 30),
        ("uk", "Двадцять п'ятий пакет", 25),
        ("pl", "Po trzydziestym piątym pakiecie", 35),
        ("fr", "Les Vingt-Sept adoptent leur vingt-cinquième paquet", 25),
        ("fr", "Le soixante-dixième anniversaire", 70),
        ("fr", "Le quatre-vingt-cinquième jour", 85),
        ("fr", "Le quatre-vingt-dixième jour", 90),
        ("es", "El trigésimo quinto paquete", 35),
        ("tr", "Yirmi beşinci paket", 25),
        ("fa", "بیست و پنجمین بسته", 25),
        ("ro", "Al douăzeci și cincilea pachet", 25),
        ("ar", "الحزمة الخامسة والعشرين", 25),
        ("ar", "الحزمة الثالثة والثلاثون", 33),
        ("ar", "الحزمة الخامسة عشرة", 15),
    ],
)
def test_tens_may_be_a_word_of_their_own(lang, title, number):
    """The twenty-fifth is no fifth, whichever of the two words comes first."""
    assert [found for found, _ in ordinals_in(title, lang)] == [number]


def test_after_an_ordinal_comes_what_is_counted():
    """Three words of it."""
    (one,) = ordinals_in("15-й пакет санкций против Тарска", "ru")
    assert one.after == ("пакет", "санкций", "против")


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (("en", "EU agrees 15th package"), ("de", "16. Sanktionspaket der EU"), True),
        (("zh", "欧盟第15轮制裁"), ("ar", "الحزمة السادسة عشرة من العقوبات"), True),
        (("en", "EU agrees 15th package"), ("de", "15. Sanktionspaket der EU"), False),
        (("en", "EU agrees a package"), ("de", "16. Sanktionspaket der EU"), False),
        # Of two ordinals nobody can tell which is the series.
        (("en", "15th package on 16th summit day"), ("de", "17. Paket"), False),
        # Days of a month.
        (("en", "Summit of June 15th"), ("de", "16. Sanktionspaket der EU"), False),
        (("en", "15th package of sanctions"), ("de", "Paket am 16. März"), False),
        # A third day, a fourth week: of the time, not of a series.
        (("en", "Talks enter third week"), ("fr", "Un 4e jour de pourparlers"), False),
    ],
)
def test_two_of_a_series_are_told_apart_in_two_languages(a, b, reason):
    """The title of each has one ordinal, and not the same."""
    one, other = (claims_of(title, "", lang) for lang, title in (a, b))
    assert bool(veto(one, other)) is reason
    assert bool(veto(other, one)) is reason


def test_in_one_language_what_is_counted_must_be_the_same():
    """The 15th package against the 16th, not against the 16th summit."""
    one = claims_of("ЕС принял 15-й пакет санкций", "", "ru")
    assert veto(one, claims_of("Принят 16-й пакет санкций", "", "ru"))
    assert not veto(one, claims_of("Открылся 16-й саммит стран", "", "ru"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Stärke 6,8: 1.200 Tote", {"6.8", "1200"}),
        ("magnitude 6.8: 1,200 dead", {"6.8", "1200"}),
        ("۶.۸ ریشتری، ۱۲۰ کشته", {"6.8", "120"}),
        ("发生6.8级地震,至少120人遇难", {"6.8", "120"}),
        ("1.200.000,50 Euro", {"1200000.50"}),
    ],
)
def test_a_number_is_one_however_it_is_written(text, numbers):
    """Decimal commas, thousands by dots, digits of any script."""
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("en", "Ospreys beat Larks in Game 4", "Larks lose Game 5 to Ospreys"),
        ("en", "Siege of Korth, day 1,501", "Korth on day 1,502 of its siege"),
        ("en", "Tarsk begins Phase III of deal", "Phase two of deal starts in Tarsk"),
        ("en", "The seventy-first exchange of prisoners", "72nd prisoner exchange"),
        ("zh", "欧盟通过第三十一轮制裁", "第32轮对塔尔斯克制裁获批准"),
        ("th", "มาตรการชุดที่ 31 ผ่านแล้ว", "รัฐสภาผ่านมาตรการชุดที่ ๓๒"),
        ("hi", "31वाँ पैकेज मंजूर", "३२वें पैकेज को मंजूरी"),
    ],
)
def test_two_of_a_series_are_two_however_they_are_counted(lang, one, other):
    """And one is one."""
    first, second = (claims_of(title, "", lang) for title in (one, other))
    assert veto(first, second)
    assert veto(first, first) is None


def test_a_number_behind_what_is_counted_is_that_before_it():
    """Game 4 is the fourth game; 4 per cent and 4.5 are of no series."""
    four = claims_of("Larks win Game 4", "", "en")
    assert veto(four, claims_of("Larks win the fourth game", "", "en")) is None
    assert claims_of("Day 12 of the siege", "", "en").ordinals == {"day": {12}}
    assert claims_of("The Phase 3 trial", "", "en").ordinals == {"phase": {3}}


@pytest.mark.parametrize(
    "title",
    [
        "Stage 4.5 quake",
        "Phase \u017fix. Talks",  # what is an s where case does not count
        "Round 5 per cent of voters",
        "Leg 3% shorter",
        "Last week 40 people drowned in Tarsk",
        "In one day 500 drones came over Velund",
        "Roe wins race two days after her fall",
        "In the game two players were hurt",
        "Kesmark to test 5 missiles",
        "Kesmark test 12 missiles off Dunmore",
        "Election Day 2026 has begun",
        "D-Day 80 years on",
        "In part I blame myself, says coach",
        "On stage 10 dancers in red",
    ],
)
def test_a_number_may_stand_behind_a_word_that_counts_nothing(title):
    """How many there were, a year, a person."""
    assert not claims_of(title, "", "en").ordinals


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("zh", "科尔斯赛会：塔尔斯克队夺得第15金", "第33届科尔斯赛会：塔尔斯克队夺金"),
        ("ja", "ロエ選手、第50号本塁打", "ロエ選手が第6打席で本塁打"),
        ("hi", "78वें उत्सव पर ओकोये का भाषण", "ओकोये ने 11वीं बार भाषण दिया"),
        ("th", "น้ำท่วมพื้นที่ 20 จังหวัด", "น้ำท่วมหนักพื้นที่ 18 จังหวัด"),
        ("zh", "第二十十佳青年揭晓", "第十九十佳青年揭晓"),
        ("en", "Twenty third-graders hurt in Tarsk", "Third-graders hurt in Tarsk"),
        ("en", "Sixty-second blackout in Tarsk", "Third blackout in Tarsk"),
        ("en", "Twenty-\u017fixth round of talks", "Third round of talks"),
    ],
)
def test_two_numbers_of_different_things_are_of_no_series(lang, one, other):
    """The 15th medal of the 33rd games; an area of 20 provinces; a grade at school."""
    first, second = (claims_of(title, "", lang) for title in (one, other))
    assert veto(first, second) is None
