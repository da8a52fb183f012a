"""Whose knowledge a report tells: its own, another outlet's, or a post's."""

import pytest

from samestory.index.copies.relays import Told, passed_on, relays_of, second_source

BODY = "The hotline is to be staffed by both navies from May."


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        (
            "Three envoys met in secret, the Daily Arc reported on Monday.",
            ["Daily Arc"],
        ),
        ("The Daily Arc newspaper said that three envoys met.", ["Daily Arc"]),
        ("Envoys met in secret, according to the Velund Times.", ["Velund Times"]),
        ("Envoys met in secret, people told The Meridian Post.", ["Meridian Post"]),
        (
            "The talks failed, Ilma Roe wrote on Truth Social.",
            ["a post on Truth Social"],
        ),
        ("In a post on X, the minister called it over.", ["a post on X"]),
        ("Three envoys met in secret on Monday.", []),
        ("The Daily Arc\u2019s Ilma Roe reported from Merrow.", ["Daily Arc"]),
        ("The envoy announced it early on Monday on X.", ["a post on X"]),
        ("Ministers announced a ban on TikTok for pupils.", []),
        ("Royal Mail said it would close forty depots.", []),
        ("The BBC said it would close forty studios.", []),
        ("The Velund Times reported a record quarterly profit.", []),
        ("The army said Al Jazeera reporters had left.", []),
        ("The talks failed, reports the Velund Times.", ["Velund Times"]),
        ("Reuters reported it. The ministry confirmed to us that they met.", []),
        ("Envoys met, the Arc reported; officials said so, too.", []),
        ("Envoys met in secret, people told the Harbour Herald.", []),  # itself
    ],
)
def test_an_opening_tells_whose_knowledge_it_is(opening, expected):
    """A report that has asked somebody knows itself."""
    found = relays_of(f"{opening}\n{BODY}", "Harbour Herald", "en")
    assert [*found] == expected


@pytest.mark.parametrize(
    ("lang", "opening", "expected"),
    [
        ("ar", "التقى المبعوثون سرا، وفقا لوكالة رويترز.", "Reuters"),
        ("ar", "كتب الرئيس على منصة إكس أن القوات ستنسحب.", "a post on X"),
        ("de", "Drei Gesandte trafen sich, berichtet die Agentur Reuters.", "Reuters"),
        ("de", "Der Präsident schrieb auf der Plattform X von Abzug.", "a post on X"),
        (
            "es",
            "Tres enviados se reunieron, según The New York Times.",
            "New York Times",
        ),
        ("fa", "به گزارش خبرگزاری رویترز، فرستادگان دیدار کردند.", "Reuters"),
        ("fr", "D\u2019après le quotidien Le Monde, ils se sont vus.", "Le Monde"),
        ("he", "השליחים נפגשו בחשאי, כך דיווח הלילה ה-CNN.", "CNN"),
        ("hi", "समाचार एजेंसी रॉयटर्स के अनुसार तीन दूत मिले।", "Reuters"),
        ("id", "Tiga utusan bertemu, lapor Reuters.", "Reuters"),
        ("it", "Secondo il Financial Times tre inviati si vedono.", "Financial Times"),
        (
            "ja",
            "米紙ニューヨーク・タイムズは3日、特使が会談したと報じた。",
            "New York Times",
        ),
        ("ja", "大統領はXに投稿し、撤収すると表明した。", "a post on X"),
        ("ko", "로이터통신에 따르면 특사 3명이 만났다.", "Reuters"),
        ("nl", "Drie gezanten spraken, meldt persbureau Reuters.", "Reuters"),
        ("pl", "Jak podaje agencja AFP, wysłannicy się spotkali.", "AFP"),
        ("pt", "Três enviados se encontraram, segundo a Reuters.", "Reuters"),
        ("ru", "Об этом сообщает агентство Рейтер.", "Reuters"),
        ("ru", "Президент написал в своем Telegram-канале.", "a post on Telegram"),
        ("tr", "Reuters'a göre üç elçi görüştü.", "Reuters"),
        ("uk", "Посланці зустрілися, повідомляє Reuters.", "Reuters"),
        ("vi", "Theo Reuters, ba đặc phái viên gặp nhau.", "Reuters"),
        ("zh", "据路透社11月3日报道，三名特使秘密会面。", "Reuters"),
        ("zh", "他在社交媒体“真实社交”上发文。", "a post on Truth Social"),
        ("ja", "特使が会談したとロイター通信が報じた。", "Reuters"),
        ("ko", "특사가 만났다고 로이터 통신이 보도했다.", "Reuters"),
        ("ja", "共同通信によると、特使が会談した。", "Kyodo"),
        ("es", "Se reunieron, según la agencia EFE.", "EFE"),
        ("fr", "La Commission a annoncé une enquête sur TikTok.", ""),
        ("ru", "Храм, построенный в X веке, открыт.", ""),
        ("id", "Menurut tokoh Hindu, acara ditunda.", ""),  # a word
        ("zh", "证据表明共同社会责任。", ""),
        ("ru", "Посланники встретились, по данным МИД.", ""),  # no outlet
        ("ru", "Посланник рассказал журналистам об этом. Reuters пишет иное.", ""),
        ("ja", "外務省によると、特使が会談した。", ""),
        ("fr", "Selon le ministère, ils se sont vus.", ""),
        ("fr", "Le nonce l'a dit dans un entretien accordé à CNN.", "CNN"),
        ("fr", "Les envoyés se voient, croit savoir Bloomberg.", "Bloomberg"),
        ("it", "A rivelarlo all'agenzia Afp è una fonte.", "AFP"),
        ("pt", "A informação é da agência Bloomberg.", "Bloomberg"),
        ("es", "Lo ha desvelado el diario Financial Times.", "Financial Times"),
        ("de", "Wie Bloomberg erfuhr, trafen sich drei Gesandte.", "Bloomberg"),
        ("pl", "Wysłannicy się spotkali, wynika z ustaleń Reutersa.", "Reuters"),
        ("ru", "Посланники встретились, узнало РИА Новости.", "RIA Novosti"),
        ("uk", "Про це йдеться у публікації Bloomberg.", "Bloomberg"),
        ("ar", "قال المبعوث في مقابلة مع CNN إن الاتفاق قريب.", "CNN"),
        ("he", "המבעוט  אמר זאת בריאיון ל-CNN.", "CNN"),
        ("fa", "وب‌سایت اکسیوس گزارش داد که فرستادگان دیدار کردند.", "Axios"),
        ("tr", "Bloomberg'e konuşan kaynaklar görüşmeyi doğruladı.", "Bloomberg"),
        ("hi", "वॉल स्ट्रीट जर्नल में छपी एक रिपोर्ट में यह कहा गया।", "Wall Street Journal"),
        ("id", "Seperti diwartakan BBC, tiga utusan bertemu.", "BBC"),
        ("ja", "公共放送BBCによりますと、特使が会談しました。", "BBC"),
        ("ja", "大統領はＸ（旧ツイッター）に投稿した。", "a post on X"),
        (
            "ko",
            "(서울=연합뉴스) 노을 기자 = 뉴욕 타임스는 이를 보도했다.",
            "New York Times",
        ),
        ("zh", "美国《纽约时报》12日援引三名官员的话称。", "New York Times"),
        ("zh", "總統在推特上發文。", "a post on X"),
        ("ru", "Заложники свободны. Посланник в мессенджере МАХ молчит.", ""),
        ("ko", "(사진=연합뉴스) 특사는 합의가 가깝다고 전했다.", ""),  # of a picture
        ("de", "PostNL warnt vor Betrügern auf WhatsApp.", ""),
        ("he", "המשטרה עצרה אותו אחרי שכתב בפייסבוק איומים.", ""),  # the crime
        ("vi", "Ảnh: Reuters Thông tin cho biết họ gặp nhau.", ""),  # of a picture
        ("sw", "Wajumbe walikutana, kwa mujibu wa Reuters.", ""),  # not known
    ],
)
def test_other_languages_cite_too(lang, opening, expected):
    """A known outlet however its script writes it, or a post; nobody else."""
    relays = relays_of(opening, "Harbour Herald", lang)
    assert passed_on([Told("Harbour Herald", "Harbour Herald", relays)]) == [expected]


@pytest.mark.parametrize(
    ("lang", "text", "outlet"),
    [
        ("de", "Laut Polizei war zur Zeit des Unfalls niemand da.", "Die Zeit"),
        ("es", "Según el país asiático no hay acuerdo.", "El País"),
        ("fr", "Selon le monde agricole la loi est mauvaise.", "Le Monde"),
        ("it", "Secondo la stampa locale due feriti.", "La Stampa"),
    ],
)
def test_a_word_is_no_outlet_of_the_event(lang, text, outlet):
    """A name is written as one."""
    told = [
        Told(outlet, outlet, ()),
        Told("x.org", "x.org", relays_of(text, "x", lang)),
    ]
    assert passed_on(told) == ["", ""]


@pytest.mark.parametrize(
    ("lang", "text", "outlet", "expected"),
    [
        ("fr", "Selon les informations du « Monde », ils se sont vus.", "Le Monde", 1),
        ("it", "Lo ha detto il nunzio al Mattino.", "Il Mattino", 1),
        ("pt", "A reunião foi noticiada pelo Globo.", "O Globo", 1),
        ("ru", "Об этом со ссылкой на «Ведомости» пишет сайт.", "Ведомости", 1),
        ("ru", "Это следует из публикации «Ведомостей».", "Ведомости", 1),
        ("ru", "Об этом сообщает сайт «Фонтанки».", "Фонтанка", 1),
        (
            "pl",
            "Jak wynika z ustaleń \u201eRzeczpospolitej\u201d.",
            "Rzeczpospolita",
            1,
        ),
        ("it", "Lo riporta il quotidiano stol.it.", "stol.it", 1),
        ("pt", "Viram-se, segundo a Folha de S.Paulo.", "Folha de S.Paulo", 1),
        ("ja", "米スポーツ専門局TARSKが伝えた。", "TARSK", 1),
        ("de", "Laut Weltbank wächst der Handel.", "Welt", 0),
        ("de", "Laut Bildungsministerium fehlen Lehrer.", "Bild", 0),
        ("es", "Según Marc Roe no hay acuerdo.", "Marca", 0),
        ("pt", "Segundo o Boston Globe, viram-se.", "O Globo", 0),
        ("pt", "Segundo o governo da Coreia do Sul, viram-se.", "O Sul", 0),
        ("fr", "Selon la Coupe du Monde, ils se voient.", "Le Monde", 0),
        ("fr", "Selon le gouvernement des Pays-Bas.", "Les Pays", 0),
        ("ru", "По данным «Вестника Тарска».", "Вести", 0),
        ("pl", "Według Fakty TVN spotkali się.", "Fakt", 0),
        ("es", "Según el país asiático.", "El País", 0),
        ("vi", "Theo một thanh niên đi đường.", "Thanh Niên", 0),
    ],
)
def test_the_name_of_an_outlet_is_found_as_its_language_bends_it(
    lang, text, outlet, expected
):
    """With another ending, with an article in its preposition; not within a word."""
    relays = relays_of(text, "Harbour Herald", lang)
    told = [Told(outlet, outlet, ()), Told("x.org", "x.org", relays)]
    assert [bool(one) for one in passed_on(told)] == [False, bool(expected)]


def test_who_names_itself_behind_another_passes_that_on():
    """An agency's own style; who names itself first has asked."""
    text = "Посланники встретились, сообщает BBC, передает Укринформ."
    relays = relays_of(text, "Укринформ", "ru")
    assert passed_on([Told("Укринформ", "Укринформ", relays)]) == ["BBC"]
    text = "Сообщает Укринформ со ссылкой на Reuters: они встретились."
    relays = relays_of(text, "Укринформ", "ru")
    assert passed_on([Told("Укринформ", "Укринформ", relays)]) == ["Reuters"]
    text = "Según Reuters se vieron. Lo ha declarado a El Faro el embajador."
    assert relays_of(text, "El Faro", "es") == ()
    text = "Как рассказал Укринформу посол, они встретились. BBC пишет иное."
    assert relays_of(text, "Укринформ", "ru") == ()
    assert relays_of("They met, the Daily Arc reported.", "Daily Arc", "en") == ()


def test_an_outlet_of_the_event_is_found_beside_what_cites_it():
    """Whatever its name: the words beside are kept, and it is looked for there."""
    relays = relays_of("Об этом пишет «Вечерний маяк».", "Harbour Herald", "ru")
    citing = Told("Harbour Herald", "Harbour Herald", relays)
    cited = Told("Вечерний Маяк", "Вечерний Маяк", ())
    assert passed_on([cited, citing]) == ["", "Вечерний Маяк"]
    assert second_source([cited, citing]) is None
    assert passed_on([OWN, citing]) == ["", ""]


def test_one_outlet_is_one_source_however_it_is_written():
    """In two languages, by a channel's name; of a post kept under a former name."""
    told = [
        Told("a.org", "a.org", relays_of("Selon RFI, ils se sont vus.", "a.org", "fr")),
        Told("b.org", "b.org", ("France 24",)),
    ]
    assert passed_on(told) == ["France Médias Monde"] * 2
    assert second_source(told) is None
    posts = [
        Told(name, name, (f"a post on {where}",))
        for name, where in (("a.org", "Twitter"), ("b.org", "X"))
    ]
    assert second_source(posts) is None


A = Told("The Daily Arc", "The Daily Arc", ())
B = Told("Harbour Herald", "Harbour Herald", ("Daily Arc",))
C = Told("velund.example", "velund.example", ("Harbour Herald", "Ministry"))
OWN = Told("Kesmark Wire", "Kesmark Wire", ())
POST = Told("p.org", "p.org", ("a post on X",))


@pytest.mark.parametrize(
    ("reports", "second"),
    [
        ([A, OWN], 1),
        ([A, B], None),
        ([B, A], None),
        ([A, B, C], None),  # a chain
        ([A, B, C, OWN], 3),
        ([B, OWN], 1),  # who is passed on is not there
        ([POST, POST._replace(outlet="q.org", voice="q.org")], None),
        ([POST, A], 1),
        ([A, A._replace(voice="")], None),  # hearsay
        ([A, OWN._replace(relays=("Ministry",))], 1),  # no outlet
        ([B._replace(relays=("Velund",)), C], None),  # each passes on the other
        ([], None),
    ],
)
def test_a_second_source_knows_it_by_itself(reports, second):
    """Whoever prints what the first tells is no second source."""
    assert second_source(reports) == second


def test_what_is_passed_on_is_named_as_it_is_called_here():
    """People and ministries are none."""
    assert passed_on([A, B, C, POST]) == [
        "",
        "The Daily Arc",
        "Harbour Herald",
        "a post on X",
    ]


@pytest.mark.parametrize(
    ("text", "title", "found"),
    [
        ("Lawmakers left the pact, the Harbour Chronicle reports.", "", True),
        ("Lawmakers left the pact, Harbour Chronicle says.", "", True),
        ("Lawmakers left the pact, the Harbour Chronicle has learned.", "", True),
        ("Lawmakers left the pact. (Harbour Chronicle)", "", True),
        ("Lawmakers left the pact.", "Pact left, says Harbour Chronicle", True),
        ("Lawmakers left the pact.", "Pact left - Harbour Chronicle", False),
        ("The Press Secretary said on Monday that they left.", "", False),
        ("The Environmental Protection Agency said they left.", "", False),
        ("Lawmakers left, said Mr Sun.", "", False),
        ("LONDON (Reuters) - Lawmakers left the pact.", "", False),
    ],
)
def test_who_says_so_counts_of_what_looks_like_an_outlet(text, title, found):
    """Of anybody else it is a quotation."""
    assert bool(relays_of(text, "Inland Mail", "en", title)) is found


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("Tano said on her Truth Social account that it was over.", "Truth Social"),
        ("Tano took to X to say that it was over.", "X"),
        ("Tano tweeted that it was over.", "X"),
        ("Tano said on her Telegram channel that it was over.", "Telegram"),
        ("It is over. " * 40 + "Tano had tweeted so.", None),
    ],
)
def test_a_public_post_is_one_however_it_is_told(text, platform):
    """A tweet far down is no more than colour."""
    expected = (f"a post on {platform}",) if platform else ()
    assert relays_of(text, "Inland Mail", "en") == expected


def test_an_outlets_own_correspondent_is_the_outlet():
    """ "The BBC's Ada Roe reports" is the BBC's own report, and another's of the BBC."""
    text = "The BBC's Ada Roe reports from Kessim."
    assert relays_of(text, "BBC", "en") == ()
    assert relays_of(text, "Inland Mail", "en") == ("BBC",)
