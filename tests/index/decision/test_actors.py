"""Another actor: another state's act, another minister's word."""

import pytest

from samestory.index.decision.actors import other_actor, other_minister
from samestory.index.decision.vetoes import claims_of, veto

LEAD = "The minister said on Monday that the money would be paid in the spring. " * 3


def report(title: str, text: str = "", lang: str | None = "en"):
    return title, text, lang


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            report("Turkey's central bank raises its key rate to 42.5 percent"),
            report("Egypt's central bank raises rates by 200 basis points"),
            "Turkey, Egypt",
        ),
        (
            report("Saudi Arabia condemns the offensive in strongest terms"),
            report("Qatar condemns the offensive - Dorrin News"),
            "Saudi, Qatar",
        ),
        (  # in whatever language, behind an article
            report("La Turquie relève encore ses taux", "", "fr"),
            report("L\u2019Égypte relève encore ses taux", "", "fr"),
            "Turquie, Égypte",
        ),
        (
            report("تركيا ترفع أسعار الفائدة", "", "ar"),
            report("مصر ترفع أسعار الفائدة", "", "ar"),
            "تركيا, مصر",
        ),
        (  # in two nobody can tell what is the same
            report("Colombia recalls its ambassador", "", "en"),
            report("Чили отозвала своего посла", "", "ru"),
            None,
        ),
        (  # no states
            report("Albanese to visit Beijing next month"),
            report("Cameron to visit Beijing next month"),
            None,
        ),
        (  # of no language is read as English
            report("Turkey raises its key rate", "", None),
            report("Egypt raises its key rate", "", "en"),
            "Turkey, Egypt",
        ),
        (report("Turkey raises its key rate"), report("Egypt cuts its key rate"), None),
        (  # the other state is in the text
            report("Turkey raises its key rate", "As Egypt did."),
            report("Egypt raises its key rate"),
            None,
        ),
        (  # by its people
            report("Peru recalls its envoy"),
            report("Chile recalls its envoy", "The Peruvian one left, too."),
            None,
        ),
        (report("UK recalls its envoy"), report("Britain recalls its envoy"), None),
        (  # one state, one text that names it
            report("Colombia recalls its ambassador", "", "en"),
            report("Колумбия отозвала посла", "", "ru"),
            None,
        ),
        (
            report("Egypt and Qatar propose a truce", "", "en"),
            report("Катар и Египет предложили перемирие", "", "ru"),
            None,
        ),
        (  # further down the other one may be told
            report("Norway pledges money for the fund"),
            report("Sweden pledges money for the fund", f"{LEAD}Norway did so, too."),
            "Norway, Sweden",
        ),
        (  # several begin each, and one of each is not told
            report("Turkey, Kazakhstan sign agreement on drone factory"),
            report("Turkey and Uzbekistan sign agreement on lorry factory"),
            "Kazakhstan, Uzbekistan",
        ),
        (
            report("Turkey, Kazakhstan sign agreement on drone factory"),
            report("Turkey and Uzbekistan near deal on lorries"),
            "Kazakhstan, Uzbekistan",
        ),
        (
            report("Turquía y Kazajistán firman un acuerdo", "", "es"),
            report("Turquía y Uzbekistán firman un acuerdo", "", "es"),
            "Kazajistán, Uzbekistán",
        ),
        (
            report("Turkey, Kazakhstan sign agreement on drone factory"),
            report("Turkey signs drone agreement with Kazakhstan"),
            None,
        ),
        (report("Rates go up in Turkey"), report("Egypt raises rates again"), None),
    ],
    ids=range(19),
)
def test_the_same_act_of_another_state_is_another_event(one, other, said):
    """Neither report knows of the other's."""
    expected = said and f"other actor: {said}"
    assert other_actor(one, other) == expected
    turned = said and "other actor: " + ", ".join(reversed(said.split(", ")))
    assert other_actor(other, one) == turned


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            report("Norway's foreign minister pledges peace fund in Nairobi"),
            report("Norway's defence minister visits peacekeeping school in Nairobi"),
            "foreign, defence",
        ),
        (
            report("Chamber censures interior minister", f"{LEAD}The energy minister"),
            report("Chamber rejects censure of energy minister"),
            "interior, energy",
        ),
        (  # in whatever languages
            report("Velunds Außenministerin warnt Kesmark", "", "de"),
            report("Министр обороны Велунда предупредил Кесмарк", "", "ru"),
            "foreign, defence",
        ),
        (
            report("وزير الخارجية الفيلوندي يزور تارسك", "", "ar"),
            report("Velund İçişleri Bakanı Tarsk'ta", "", "tr"),
            "foreign, interior",
        ),
        (
            report("维隆德外长访问塔尔斯克", "", "zh"),
            report("ベルンド防衛相、タルスク訪問", "", "ja"),
            "foreign, defence",
        ),
        (  # one by two names
            report("UK Home Secretary Roe in Tarsk"),
            report("Interior minister Roe visits Tarsk"),
            None,
        ),
        (  # both at one table
            report("Velund's foreign minister in Tarsk", "With the defence minister."),
            report("Velund's defense minister in Tarsk"),
            None,
        ),
        (  # who speaks for all
            report("Velund's prime minister warns Kesmark"),
            report("Velund's foreign minister warns Kesmark"),
            None,
        ),
        (report("Roe warns Kesmark"), report("Defence minister warns Kesmark"), None),
    ],
    ids=range(9),
)
def test_what_another_minister_does_is_another_event(one, other, said):
    """Of one government, in one city, on one day."""
    assert other_minister(one, other) == (said and f"other minister: {said}")
    turned = said and "other minister: " + ", ".join(reversed(said.split(", ")))
    assert other_minister(other, one) == turned


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("Bank of England keeps rates on hold", "en"),
            ("Norges Bank leaves rates unchanged", "en"),
        ),
        (("英国央行维持利率不变", "zh"), ("挪威央行按兵不动", "zh")),
        (("BoE holds rates", "en"), ("ЕЦБ сохранил ставку", "ru")),
    ],
)
def test_the_rates_of_two_central_banks_are_two_events(one, other):
    """However each is written; unless a report begins with both."""
    first, second = (claims_of(title, "", lang) for title, lang in (one, other))
    assert veto(first, second).startswith("other actor: ")
    both = claims_of(other[0], f"{one[0]}.", other[1])
    assert veto(first, both) is None


def test_a_central_bank_has_several_names():
    """BoE and Bank of England are one; the Fed is no part of a word, nor its own."""
    assert not veto(
        claims_of("BoE holds rates", "", "en"),
        claims_of("Bank of England keeps rates", "", "en"),
    )
    assert not veto(
        claims_of("ECB cuts rates", "", "en"), claims_of("FedEx cuts rates", "", "en")
    )
    assert not veto(
        claims_of("ECB cuts rates", "", "en"), claims_of("Fed up Tarsk cuts rates", "")
    )
    assert veto(
        claims_of("Sweden\u2019s central bank holds", ""), claims_of("ECB holds", "")
    )


def test_a_central_bank_that_does_not_act_parts_nothing():
    """Markets look at several on one day: the title begins with another."""
    one = claims_of("Dollar slides as Fed cuts rates", "Shares rose.", "en")
    other = claims_of("Dollar falls ahead of ECB meeting", "Shares rose.", "en")
    assert veto(one, other) is None
