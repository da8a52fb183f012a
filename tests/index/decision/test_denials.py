"""Denials in other languages than English: which words deny, and which do not."""

import pytest

from samestory.index.decision.vetoes import claims_of, veto

DENIED = pytest.mark.parametrize(
    ("lang", "claim", "denial"),
    [
        (
            "ru",
            "Варния заявила о взятии города Олмет",
            "Телурия опровергла взятие города Олмет",
        ),
        (
            "es",
            "El Gobierno de Sorrel negocia en secreto con Kesmark",
            "Sorrel desmiente que negocie en secreto con Kesmark",
        ),
        (
            "fr",
            "Le président Okoye hospitalisé après un malaise",
            "La présidence dément l'hospitalisation d'Ilmar Okoye",
        ),
        (
            "de",
            "Kesmark liefert heimlich Drohnen an Tarsk",
            "Kesmark bestreitet Drohnenlieferung an Tarsk",
        ),
        (
            "ar",
            "فارنيا تعلن السيطرة على مدينة أولميت",
            "تيلوريا تنفي سقوط مدينة أولميت",
        ),
        (
            "he",
            "דיווח: שר החוץ נפגש בחשאי עם שליח קסמרק",
            "שר החוץ הכחיש פגישה עם שליח קסמרק",
        ),
        (
            "tr",
            "Kesmark Tarsk'a gizlice drone gönderdi",
            "Kesmark, Tarsk'a drone gönderdiği haberini yalanladı",
        ),
        (
            "zh",
            "凯斯马克秘密向塔尔斯克提供无人机",
            "凯斯马克否认向塔尔斯克提供无人机",
        ),
        (
            "pt",
            "Presidente Okoye é internado após mal-estar",
            "Presidência nega internação de Ilmar Okoye",
        ),
        (
            "ja",
            "ケスマルク、タルスクに無人機を極秘供与",
            "ケスマルク、タルスクへの無人機供与を否定",
        ),
    ],
)


@DENIED
def test_a_denial_is_one_in_its_language(lang, claim, denial):
    """It confirms no claim: nine of these ten stood at .93 to 1.00 without the veto."""
    claimed, denied = claims_of(claim, "", lang), claims_of(denial, "", lang)
    assert str(veto(claimed, denied)).endswith("the other knows of no denial")
    known = claims_of(claim, denial, lang)  # a report of both
    assert veto(known, denied) is None


@pytest.mark.parametrize(
    ("lang", "claim", "denial"),
    [
        ("ar", "وفاة الرئيس أوكوي", "الرئاسة: لا صحة لوفاة الرئيس أوكوي"),
        ("ar", "الرئيس التنفيذي يغادر تارسك", "تارسك تكذّب مغادرة الرئيس"),
        ("de", "Kanzlerin Roe tritt zurück", "Roe weist Rücktrittsgerüchte zurück"),
        ("de", "Flüge nach Tarsk gestrichen", "Tarsk: Streichung frei erfunden"),
        ("es", "El nuncio deja Kesmark", "Es falso que el nuncio deje Kesmark"),
        ("fa", "سفیر کسمارک استعفا داد", "خبر استعفای سفیر کسمارک صحت ندارد"),
        ("fr", "Kesmark ferme son port", "Kesmark oppose un démenti formel"),
        ("he", "קסמרק סוגרת את הנמל", "קסמרק: הידיעה על סגירת הנמל לא נכונה"),
        ("hi", "राष्ट्रपति ओकोये का निधन", "राष्ट्रपति ओकोये के निधन की खबर झूठी"),
        ("id", "Menteri Roe Mundur", "Istana Tepis Kabar Menteri Roe Mundur"),
        ("it", "Kesmark chiude il porto", "Kesmark: infondate le voci sul porto"),
        ("ja", "ケスマルク首相、退陣へ", "首相、退陣報道「事実ではない」"),
        ("ko", "케스마르크 총리 사퇴 표명", "총리 “사퇴 보도, 사실 아니다”"),
        ("nl", "Minister Roe stapt op", "Roe spreekt berichten over vertrek tegen"),
        ("pl", "Minister Roe odchodzi", "Rzecznik zdementował odejście Roe"),
        ("pt", "Kesmark fecha o porto", "É falso que Kesmark feche o porto"),
        ("ru", "Заложники в Тарске убиты", "Тарск назвал фейком гибель заложников"),
        ("th", "โรลาออกจากตำแหน่ง", "โรปฏิเสธข่าวลาออกจากตำแหน่ง"),
        ("th", "เคสมาร์คส่งโดรนให้ทาร์สค์", "เคสมาร์คยันไม่ได้ส่งโดรนให้ทาร์สค์"),
        ("tr", "Kesmark limanı kapatıyor", "Liman iddiası asılsız çıktı"),
        (
            "uk",
            "Кесмарк закриває порт",
            "Закриття порту: у Кесмарку заявили, що це фейк",
        ),
        ("vi", "Thủ tướng Roe từ chức", "Kesmark bác tin Thủ tướng Roe từ chức"),
        ("zh", "凯斯马克将关闭港口", "凯斯马克：关闭港口的说法不实"),
    ],
)
def test_a_denial_has_many_words(lang, claim, denial):
    """Nor do hostages know of lies, flights of lies, or a chief executive of a denial.

    What readers of each language missed.
    """
    claimed, denied = claims_of(claim, "", lang), claims_of(denial, "", lang)
    assert str(veto(claimed, denied)).endswith("the other knows of no denial")


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("de", "Roe bestreitet letztes Länderspiel", "Roe verabschiedet sich"),
        ("de", "Angeklagte bestreitet Tat", "Prozess in Tarsk hat begonnen"),
        ("es", "El juez niega la libertad a Roe", "Roe seguirá en la cárcel"),
        ("es", "Kesmark se niega a publicar el informe", "El informe, bajo llave"),
        ("fr", "Tarsk ne se dément pas et bat Olmet", "Tarsk s'impose contre Olmet"),
        ("he", "מאסר לקשיש שהכחיש את השואה", "בן 80 נשלח לכלא בגלל פרסומים"),
        ("id", "Roe Tak Membantah Mundur", "Ditanya Mundur, Roe Tersenyum"),
        ("it", "Il giudice nega i domiciliari a Roe", "Roe resta in carcere"),
        ("ja", "ロー、再挑戦を否定せず", "ロー「可能性はゼロじゃない」"),
        ("ko", "흉기 난동범 구속…혐의 부인", "식당 흉기 난동범 구속"),
        ("ko", "유명 소설가 부인, 교통사고로 숨져", "승용차 전복…60대 사망"),
        ("pt", "Corte nega habeas corpus a Roe", "Roe continua preso em Tarsk"),
        ("ru", "Тарск опроверг прогнозы и победил", "Тарск сенсационно победил"),
        ("th", "เคสมาร์คปฏิเสธข้อเสนอหยุดยิง", "เคสมาร์คไม่รับข้อเสนอหยุดยิง"),
        ("uk", "Тарск заперечує проти угоди", "Тарск погрожує ветувати угоду"),
        ("vi", "Roe không phủ nhận khả năng từ chức", "Roe: 'Tôi chưa quyết'"),
        ("zh", "羅伊否認全部控罪", "羅伊受審 不認罪"),
    ],
)
def test_what_refuses_or_pleads_denies_no_claim(lang, one, other):
    """In each language the word does more than deny."""
    assert veto(claims_of(one, "", lang), claims_of(other, "", lang)) is None


@DENIED
def test_in_two_languages_a_denial_may_need_no_word_of_it(lang, claim, denial):
    """Nor is one known in a language of which no words are."""
    denied = claims_of(denial, "", lang)
    assert veto(claims_of("Velund ships drones to Tarsk", "", "en"), denied) is None
    assert veto(claims_of(claim, "", "sw"), claims_of(denial, "", "sw")) is None
