"""Vetoes: what forbids that two reports are one event, on invented reports."""

import pytest

from samestory.index.answers.explanation import why_pair, why_story
from samestory.index.decision.vetoes import claims_of, veto
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.model import MODEL
from tests.index.vectors import record


def told(one: str, other: str, lead: str = "", other_lead: str = "") -> str | None:
    a, b = claims_of(one, lead), claims_of(other, other_lead)
    found = veto(a, b)
    assert (found is None) == (veto(b, a) is None)
    return found


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            "Council adopts 13th sanctions package",
            "Commission proposes the fourteenth package",
            "number 13 against number 14 of 'package'",
        ),
        (
            "Sanctions, the 14th package: this time it is ships",
            "Council adopts 13th package",
            "number 14 against number 13 of 'package'",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Tit for tat: Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Protests as Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Tarsk shelled Ilmaran border town",
            "Ilmara shells Tarsk depot a day later",
            "roles reversed: tarsk- shell- ilmar-",
        ),
        (
            "Poland expels four Belarusian diplomats over spying",
            "Belarus expels four Polish diplomats in response",
            "roles reversed: polan- expel- belar-",
        ),
        (
            "Turkey closes airspace to Israeli flights",
            "Israel closes airspace to Turkish flights in return",
            "roles reversed: turke- close- israe-",
        ),
        (
            "Velund and Kesmark open fishing talks",
            "Fishing talks of Velund and Kesmark collapse",
            "one 'open', the other 'collapse'",
        ),
        (
            "Callan talks set for 12 May",
            "Envoys to meet in Callan on May 19th",
            "12 May against 19 May",
        ),
        ("Vote of 30 Dec. stands", "Vote on December 27", "30 Dec against 27 Dec"),
        (
            "Tolmenia summons Kharvian charg\u00e9 over dam",
            "Kharvia recalls its ambassador over the dam",
            "envoy: one summoned, the other recalled",
        ),
        (
            "Mediators put truce to both sides",
            "Dalvaar rejects truce in the bay",
            "deal: one proposed, the other rejected",
        ),
        (
            "Selmark parliament ratifies fisheries treaty",
            "Selmark and Maravia sign fisheries treaty",
            "deal: one ratified, the other signed",
        ),
        (
            "Selmark parliament fails to adopt fisheries bill",
            "Selmark parliament passes fisheries bill",
            "deal: one rejected, the other accepted",
        ),
        (
            "Who is Ilmar Okoye?",
            "What we know about Okoye, the captured president",
            "two that explain, each in its own way",
        ),
        (
            "Who is Tessa Vorn, Ostmark's prime minister?",
            "What we know about Tessa Vorn, prime minister of Ostmark",
            "two that explain, each in its own way",
        ),
        (
            "Velund: no secret meeting with Kesmark took place",
            "Velund and Kesmark met in secret, sources say",
            "one 'no secret meeting with kesmark took place', the other knows of no",
        ),
        (
            "Velund refutes Kesmark claims of a raid",
            "Velund raids Kesmark port",
            "one 'refutes kesmark claims', the other knows of no denial",
        ),
        (
            "A fabrication: Velund says it still holds the harbour",
            "Kesmark troops take the harbour of Velund",
            "one 'a fabrication', the other knows of no denial",
        ),
        (
            "Port Callan remembers the ferry that sank in 2000",
            "Ferry runs aground off Port Callan",
            "one 'remembers', the other tells of no anniversary",
        ),
    ],
)
def test_what_a_cosine_cannot_see_is_a_veto(one, other, said):
    """Another number of a series, roles reversed, a beginning against an end,
    another day."""
    assert str(told(one, other)).startswith(said)


def test_one_explanation_that_two_print_is_one():
    """In the same words, more or less; what explains in another language may be it."""
    one = "Should influencers promote walled Afghanistan?"
    assert told(one, "Should influencers be promoting Afghanistan? - The Wire") is None
    assert told(one, "Influencers promote Afghanistan") is None
    there = claims_of("Wer ist Ilmar Okoye?", "", "de")
    assert veto(claims_of("Who is Okoye, the president?", "", "en"), there) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Judge denies lawsuit to stop the dam", "Judge tosses suit against the dam"),
        ("Envoy denied entry to Velund", "Velund turns envoy back at the border"),
        (
            "Roe welcomes pastor home, but denies a link to arms",
            "Roe meets freed pastor",
        ),
        ("Leak sparks chorus of denials", "Leaked files name ministers"),
        ("Velund denies raid", "Velund calls report of a raid baseless"),
        ("No such thing happened, says Velund", "Velund: no raid took place"),
        ("Velund denies raid", "A fabrication: Velund says it raided nobody"),
        (
            "Kesmark to launch satellite to mark party anniversary",
            "Kesmark launches it",
        ),
        ("Callan remembers the ferry", "Candles in Callan for the ferry that sank"),
        (
            "Council fails to adopt resolution on Dalvaar",
            "Maravia vetoes the Dalvaar resolution",
        ),
        ("Velund refuses to sign the accord", "Velund rejects Kesmark accord"),
        ("Kesmark hasn't accepted the truce", "Kesmark rejects truce"),
        ("Dalvaar truce fails to hold", "Truce signed at Dalvaar breaks after a day"),
        ("Velund declines to comment on the accord", "Velund signs Kesmark accord"),
    ],
)
def test_who_is_denied_something_denies_nothing(one, other):
    """Nor does he who launches a satellite for an anniversary commemorate it."""
    assert told(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Canada, Australia recognise Dalvaar",
            "Australia and Canada recognise Dalvaar",
        ),
        ("Velund strikes: what Kesmark says", "Kesmark strikes Velund: what we know"),
        ("China cancels flights before storm", "Flight cancellations as China braces"),
        ("Kesmark allies have asked Velund", "Velund allies in Kesmark have asked"),
        ("Velund says Kesmark ship sank", "Kesmark says ship sank off Velund"),
    ],
)
def test_where_no_act_is_told_no_roles_are_reversed(one, other):
    """Lists of states, nouns, and what each side says of one thing."""
    assert told(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Senate approves fisheries treaty", "Senate ratifies fisheries treaty"),
        ("Velund and Kesmark agree truce", "Truce signed by Velund and Kesmark"),
        ("Dalvaar accepts proposed truce", "Mediators propose truce; Dalvaar agrees"),
        ("Velund recalls cars", "Velund summons its ambassador"),
        ("Dalvaar rejects truce", "US-backed truce turned down by Dalvaar"),
        ("Dalvaar rejects truce", "Proposed truce turned down by Dalvaar"),
        (
            "Council adopts the plan",
            "Plan has the votes, council rejects changes, adopts",
        ),
    ],
)
def test_one_step_told_by_two_words_is_one_step(one, other):
    """Parliaments approve what they ratify; a title may tell two steps."""
    assert told(one, other) is None


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Council adopts 13th package", "Thirteenth package is through"),
        ("After the 13th package the 14th package", "Council adopts 13th package"),
        ("Runner wins on her 20th birthday", "Runner wins on his 21st birthday"),
        ("Rain for a fifth straight day", "Rain for a sixth straight day"),
        ("Summit of 9th March 2024", "Summit of 10th March 2024"),
        ("Talks on 12 May", "After the talks of 5 and 12 May, another round"),
        ("Talks on 12 May", "Talks may 19 times fail"),
        ("Talks on 31 June", "Talks on 3 June"),
        ("Talks in May", "Talks of 3 May"),
        ("Kesmark meets Velund in Callan", "Velund meets Kesmark in Callan"),
        ("Velund expels Kesmark diplomats", "Velund expels six from Kesmark"),
        ("Velund expels Kesmark diplomats", "Tarsk expels Ilmaran diplomats"),
        ("Summit opens in Callan", "Leaders begin summit in Callan"),
        ("Summit opens as strike ends", "Strike ends in Callan"),
        ("", ""),
        ("13th", "third"),
        (
            "Wave of strikes in southern Velund targets Kesmark militia",
            "Tarsk hits Kesmark targets in southern Velund",
        ),
        ("Pro-Velund expels Kesmark", "Kesmark expels Velund"),
    ],
)
def test_reports_that_may_be_one_event_are_left_to_the_sum(one, other):
    """The same number, dates, counts of days, mutual acts, other pairs of names."""
    assert told(one, other) is None


def test_the_lead_counts_for_numbers_and_only_its_beginning():
    """What comes later is background."""
    lead = "The council adopted its 13th package of sanctions."
    assert told("Council acts", "Commission proposes 14th package", lead)
    assert not told("Council acts", "14th package proposed", "Well. " * 40 + lead)


def test_why_tells_the_veto(tmp_path):
    """Two reports with one vector, kept apart by a number."""
    state = State(tmp_path / "s.db")
    titles = ["Council adopts 13th package", "Council proposes 14th package"]
    EventIndex(state).apply(
        [(i, record(f"n{i}", 0, 0, hours=i, title=t)) for i, t in enumerate(titles)]
    )
    first, second = (state.member(make_story(f"n{i}").story_id) for i in range(2))
    found = why_pair(state, first, second, lambda: MODEL)
    assert found.event_id is None
    assert "number 14 against number 13 of 'package'" in found.reason
    assert "number 14 against number 13" in why_story(state, second).reason
