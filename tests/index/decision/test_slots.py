"""The same words of something else: what a cosine takes for one event, and is not."""

from datetime import date

import pytest

from samestory.index.decision.slots import (
    house_text_alone,
    other_day_of_a_wire,
    other_in_a_slot,
)

STRIKE = "A strike on the city of {} killed people late on Monday, the governor said."
OIL = "Copper prices {} on {} as {}. Benchmark copper {} {}% to ${} a tonne by noon."
FOOTER = (
    " Read the Bay Courier every morning. Our newsletter comes at seven and is free."
)


def report(title: str, text: str = "", lang: str | None = "en"):
    return title, text, lang


def test_a_state_counts_by_the_title_and_lead():
    """A wire's last paragraph tells of the other vote; its first one does not."""
    lead = "The council extended the mandate by one year on Wednesday. " * 4
    titles = [
        f"UN council extends mandate of {state} rapporteur"
        for state in ("Mali", "Iran")
    ]
    one = report(titles[0], f"{lead}Earlier it extended that for Iran.")
    other = report(titles[1], f"{lead}It did so for Mali, too.")
    assert other_in_a_slot(one, other) == "the same words of 'Mali' and of 'Iran'"
    both = report(titles[0], "With that for Iran it was extended on Wednesday.")
    assert other_in_a_slot(both, other) is None


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            report("Drone strike kills seven in Dorrin", STRIKE.format("Dorrin")),
            report("Drone strike kills nine in Gorsk", STRIKE.format("Gorsk")),
            "the same words of 'Dorrin' and of 'Gorsk'",
        ),
        (  # Title Case names nothing by itself
            report("Drone Strike Kills Seven In Dorrin", STRIKE.format("Dorrin")),
            report("Drone Strike Hits Seven In Gorsk", STRIKE.format("Gorsk")),
            "the same words of 'Dorrin' and of 'Gorsk'",
        ),
        (  # a country is known, though its name begins the sentence
            report("Norway holds interest rates at 3.75%", "Norway held rates."),
            report("Sweden holds interest rates at 3.75%", "Sweden held rates."),
            "the same words of 'Norway' and of 'Sweden'",
        ),
        (
            report("Velund and Kesmark exchange 175 prisoners each"),
            report("Velund and Kesmark exchange 157 prisoners each"),
            "the same words of '175' and of '157'",
        ),
        (
            report("War in the Dor valley: key events, day 1,501"),
            report("War in the Dor valley: key events, day 1,502"),
            "the same words of '1,501' and of '1,502'",
        ),
        (  # another outlet's name at the end of a title is no other event
            report("Premier Shen visits Sorrel for talks - The Callan Post"),
            report("Premier Shen visits Sorrel for talks - Dorrin News"),
            None,
        ),
        (  # one name in two spellings
            report("US tries to get Bagrom Air Base back", "Of Bagrom Air Base all."),
            report("US tries to get Bagrom Airbase back", "Of Bagrom Airbase all."),
            None,
        ),
        (  # two names that look alike
            report("Army holds vote in Gambia", "In Gambia they said."),
            report("Army holds vote in Zambia", "In Zambia they said."),
            "the same words of 'Gambia' and of 'Zambia'",
        ),
        (
            report("Storm floods towns in Kansas", "Then Kansas was told."),
            report("Storm floods towns in Arkansas", "Then Arkansas was told."),
            "the same words of 'Kansas' and of 'Arkansas'",
        ),
        (
            report("Shaikha Nawais leads the union", "Then Shaikha Nawais spoke."),
            report("Sheikha Nawais leads the union", "Then Sheikha Nawais spoke."),
            None,
        ),
        (  # by another name of its country
            report("Kremlin rejects the plan for a truce", "The Kremlin in Moscow."),
            report("Russia rejects the plan for a truce", "Officials of Russia said."),
            None,
        ),
        (  # it stands in the other report
            report("Envoy Halvorsen opens talks in Dorrin", STRIKE.format("Dorrin")),
            report(
                "Envoy Halvorsen opens talks in Gorsk",
                STRIKE.format("Gorsk") + " He came from Dorrin.",
            ),
            None,
        ),
        (  # a toll is corrected
            report("Ferry sinks off Teal Reef with 12 people dead"),
            report("Ferry sinks off Teal Reef with 14 people dead"),
            None,
        ),
        (  # an opening full of names is no Title Case
            report(
                "Sorrel and Velund sign port deal in Lodra",
                "Sorrel and Velund signed an accord on Friday to rebuild the port of"
                " Lobra, Prime Minister Luis Montagna said in Lodra.",
            ),
            report(
                "Sorrel and Kesmark sign port deal in Mapira",
                "Sorrel and Kesmark signed an accord on Friday to rebuild the port of"
                " Nakra, the foreign ministry said in Mapira.",
            ),
            "the same words of 'Velund' and of 'Kesmark'",
        ),
        (  # money is rounded, and told in other currencies
            report("Harbour line to buy back its shares for $896 million"),
            report("Harbour line to buy back its shares for $897 million"),
            None,
        ),
        (  # a number is one however its unit is written
            report("Sorrel bans phones in school for under-14s"),
            report("Sorrel bans phones in school for those under 14"),
            None,
        ),
        (  # a text in Title Case names nothing
            report("Callan Air Sells Stake in Port", "Callan Air Sells Stake in Port"),
            report("Callan Air Exits Stake in Port", "Callan Air Exits Stake in Port"),
            None,
        ),
        (  # one name in two spellings
            report("Speaker Qalibaf opens talks", "On Monday speaker Qalibaf spoke."),
            report("Speaker Ghalibaf opens talks", "On Monday speaker Ghalibaf spoke."),
            None,
        ),
        (  # half of the words are too few
            report("Army strikes a market in Dorrin at noon", STRIKE.format("Dorrin")),
            report("Army shells the depot in Gorsk at noon", STRIKE.format("Gorsk")),
            None,
        ),
        (  # otherwise other words
            report("Seven die as drone hits market in Dorrin", STRIKE.format("Dorrin")),
            report("Gorsk mourns the victims of its night", STRIKE.format("Gorsk")),
            None,
        ),
        (  # nouns of German begin with a capital letter
            report("Das Gericht lehnt den Antrag heute ab", "Dass das Gericht.", "de"),
            report("Das Tribunal lehnt den Antrag heute ab", "Das Tribunal.", "de"),
            None,
        ),
        (report(""), report("Envoys leave"), None),
    ],
)
def test_what_stands_in_a_slot_tells_two_events_apart(one, other, said):
    """A name or a number that the other report does not know, in the same words."""
    assert other_in_a_slot(one, other) == said
    assert (other_in_a_slot(other, one) is None) is (said is None)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            OIL.format("rose", "Monday", "mines closed", "gained", 1.1, "9,120"),
            OIL.format("rose", "Tuesday", "ports opened", "gained", 0.6, "9,187"),
            "the same words of Monday and of Tuesday",
        ),
        (
            OIL.format("rose", "Monday", "mines closed", "gained", 1.1, "9,120"),
            OIL.format("rose", "Monday", "mines closed", "gained", 0.6, "9,187"),
            "the same words of 1.1 and of 0.6",
        ),
        (  # one figure may be corrected
            OIL.format("rose", "Monday", "mines closed", "gained", 1.1, "9,120"),
            OIL.format("rose", "Monday", "mines closed", "gained", 1.2, "9,120"),
            None,
        ),
        (  # a toll rises
            OIL.format("rose", "Monday", "mines closed and killed", "gained", 3, 11),
            OIL.format("rose", "Monday", "mines closed and killed", "gained", 2, 7),
            None,
        ),
        (  # another day, and other words
            "Envoys of both sides met on Monday in Port Callan and agreed on a bridge.",
            "A bridge is to be built, it was announced on Tuesday after long talks.",
            None,
        ),
        ("", "", None),
    ],
)
def test_a_wire_of_every_day_is_of_its_day(one, other, said):
    """The weekday, or figures of which more than one is another."""
    assert other_day_of_a_wire(report("", one), report("", other)) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((16, 23), "the same words of Monday 16 Mar and of Monday 23 Mar"),
        ((16, 22), None),  # of the Monday before
        ((17, 16), None),
        ((16, None), None),
    ],
)
def test_one_weekday_of_two_weeks_is_two_days(days, said):
    """As publishers date their reports; without a date nobody knows."""
    one = OIL.format("rose", "Monday", "mines closed", "gained", 1.1, "9,120")
    other = OIL.format("fell", "Monday", "ports opened early", "lost", 1.1, "9,120")
    published = tuple(day and date(2026, 3, day) for day in days)
    assert other_day_of_a_wire(report("", one), report("", other), published) == said


def test_what_one_house_prints_everywhere_is_no_common_word():
    """Its footer, below reports that share nothing; of two houses it is a quotation."""
    trams = report(
        "Trams to link harbour and airport",
        "Ministers backed a tram line between harbour and airport on budget night."
        + FOOTER,
    )
    eagles = report(
        "Sea eagles breed on northern cliffs",
        "A pair of white eagles raised chicks on remote cliffs this summer." + FOOTER,
    )
    said = "nothing in common but house text"
    assert house_text_alone(trams, eagles, of_one_house=True) == said
    assert house_text_alone(trams, eagles, of_one_house=False) is None
    again = report("Harbour trams backed", trams[1])
    assert house_text_alone(trams, again, of_one_house=True) is None


def test_a_rubric_heads_anything():
    """A short title that is the same: the texts have to tell it."""
    one = report(
        "Morning briefing",
        "The budget comes at noon. Rail unions called off their strike. Gales reach"
        " western coasts tonight.",
    )
    other = report(
        "Morning briefing",
        "A jury considers its verdict. Butter costs more than ever. Lions travel south"
        " for their second leg.",
    )
    said = "nothing in common but the title, which heads anything"
    assert house_text_alone(one, other, of_one_house=False) == said
    assert house_text_alone(one, one, of_one_house=False) is None
    for short in ("Heavy snow.", ""):
        twice = report("Weather - Globe Tonight", short), report("Weather", short)
        assert house_text_alone(*twice, of_one_house=False) == (None if short else said)
    foreign = ("Editorial", "Le budget arrive à midi, et les trains roulent.", "fr")
    assert (
        house_text_alone(report("Editorial", one[1]), foreign, of_one_house=0) is None
    )
    headline = "Envoys of Velund leave Kesmark after the expulsion"
    longer = (report(headline, text) for _, text, _ in (one, other))
    assert house_text_alone(*longer, of_one_house=False) is None
