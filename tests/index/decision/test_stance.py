"""What a report says of its event: it tells it, denies it, or takes it back."""

from dataclasses import replace

import pytest

from samestory.index.copies.relays import (
    Told,
    kept,
    relays_in,
    second_source,
    stance_in,
)
from samestory.index.decision.stance import DENIES, TELLS, WITHDRAWN, stance_of
from samestory.index.store.withdrawn import with_withdrawn
from tests.conftest import make_story

TITLES = [
    ("Sorvenia sells radars to Dakrul", "en", TELLS),
    ("Sorvenia denies radar sale to Dakrul", "en", DENIES),
    ("Report of radar sale is fiction, says Sorvenia", "en", DENIES),
    ("No radar sale to Dakrul, Sorvenia's prime minister insists", "en", DENIES),
    ("'Nonsense': Sorvenia on the sale of radars", "en", DENIES),
    ("Fact check: did Sorvenia sell radars to Dakrul?", "en", DENIES),
    ('"We are not smugglers": why Velund left the talks', "en", TELLS),
    ("Hegseth did not give the order, admiral says", "en", TELLS),
    ("No deal without Dakrul", "en", TELLS),
    ("No flood warning after quake, agency says", "en", TELLS),
    ("'False flag' warning in Sorvenia", "en", TELLS),
    ("'Absurd' rents rise again", "en", TELLS),
    ("Sorvenia ends its fact-checking programme", "en", TELLS),
    ("Palace calls report on king 'not true'", "en", DENIES),
    ("No truth to rumours of a radar sale, says Sorvenia", "en", DENIES),
    ("Sorvenia does not deny radar sale", "en", TELLS),
    ("Judge denies new trial for arms dealer", "en", TELLS),
    ("Dakrul denied by late goal", "en", TELLS),
    ("Reports of fake radars rise in Sorvenia", "en", TELLS),
    ("Сорвения опровергла продажу радаров", "ru", DENIES),
    ("Сорвения продала радары", "ru", TELLS),
]


@pytest.mark.parametrize(("title", "lang", "stance"), TITLES)
def test_a_title_denies_or_tells(title, lang, stance):
    """In the language that it is in."""
    story = make_story("d", title=title, text="Of radars.")
    assert stance_of(replace(story, lang=lang)) == stance


@pytest.mark.parametrize(
    ("title", "text", "stance"),
    [
        ("CORRECTION: Abade free", "The story on Abade was retracted.", WITHDRAWN),
        ("CORRECTION: Abade free", "The Star retracted its story.", TELLS),
        ("Editor's note: quake", "The Star report has been withdrawn.", TELLS),
        ("Withdrawn: a nomination", "Velund withdrew the nomination.", TELLS),
        ("Retracted: a study", "The Gazette has retracted a study.", TELLS),
        ("A study", "This article was retracted by the journal in May.", TELLS),
        ("Abade", "At the time retracted the report on Abade.", TELLS),
        ("Abade", "The Velund Example Times has retracted its report.", TELLS),
        ("Abade", "the example times has retracted its report.", TELLS),
        ("Abade seized", "Abade was seized.\n\nThis report was withdrawn.", WITHDRAWN),
        ("Abade seized", "Editor's note: This story has been retracted.", WITHDRAWN),
        ("Abade seized", "We have withdrawn our earlier report.", WITHDRAWN),
        ("Abade", "The Example Times has retracted its report on Abade.", WITHDRAWN),
        ("Abade", "The Harbour Chronicle has retracted its report.", TELLS),
        ("Velund withdraws its troops", "Velund has withdrawn its troops.", TELLS),
        ("CORRECTION: Abade is 41", "An earlier version gave another age.", TELLS),
        ("CORRECTION: quake toll", "A minister withdrew from the race.", TELLS),
        ("Retraction: Abade", "We were wrong, and it is withdrawn.", WITHDRAWN),
        ("Withdrawn toys: the list", "The toys were withdrawn.", TELLS),
        ("Abade", "PORT (Example Times) - The army has withdrawn its report.", TELLS),
        ("Abade", "The Example Times on Monday retracted an article.", WITHDRAWN),
        ("Abade", "By Jane Roe\n\nExample Times has retracted its report.", WITHDRAWN),
        ("Abade", "This story was updated after the bill was withdrawn.", TELLS),
        ("Abade", '"We withdrew our report," the panel said on Monday.', TELLS),
    ],
)
def test_a_report_is_taken_back_by_its_own_outlet(title, text, stance):
    """What another outlet takes back, or an army, is news as any."""
    story = replace(make_story("w", title=title, text=text), lang="en")
    assert stance_of(replace(story, outlet="Example Times")) == stance


def test_a_denial_confirms_a_denial_alone_and_what_is_taken_back_nothing():
    """Its voice is nobody's then."""
    claim, other = Told("A", "A", ()), Told("B", "B", ())
    denial, again = Told("C", "C", (), DENIES), Told("D", "D", (), DENIES)
    assert second_source([claim, denial]) is None
    assert second_source([claim, denial, other]) == 2
    assert second_source([claim, denial, again]) == 2
    withdrawn = [claim, Told("B", "B", (), WITHDRAWN)]
    assert second_source(with_withdrawn(withdrawn)) is None


def test_what_an_outlet_takes_back_by_another_report_is_void_with_its_copies():
    """And with who passed it on; what it tells later counts again."""
    claim, copy = Told("A", "A", (), TELLS, 1), Told("C", "A", (), TELLS, 2)
    citing, own = Told("D", "D", ("A",), TELLS, 3), Told("B", "B", (), TELLS, 3)
    gone, again = (
        Told("A", "A", (), stance, at) for stance, at in ((WITHDRAWN, 5), (TELLS, 9))
    )
    a_day = gone._replace(at=0)
    for reports, second in (
        ([claim, own], 1),
        ([claim, own, gone], None),
        ([claim, own, gone._replace(at=1)], None),
        ([claim, copy, citing, own, gone], None),
        ([claim, own, gone, Told("E", "E", (), TELLS, 6)], 3),
        ([own, claim, gone, again], 3),
        ([a_day, claim, own], None),
        ([a_day, own, again._replace(at=90_000)], 2),
        ([gone._replace(voice=""), own, again], 2),
    ):
        assert second_source(with_withdrawn(reports)) == second


def test_what_is_kept_of_a_report_is_read_again():
    """Names one a line, behind the stance."""
    assert kept((), TELLS) == ""
    for relays in ((), ("Daily Arc", "a post on X")):
        for stance in (TELLS, DENIES, WITHDRAWN):
            line = kept(relays, stance)
            assert (relays_in(line), stance_in(line)) == (relays, stance)


def test_a_ring_of_reports_that_pass_one_another_on_is_one_source():
    """However long: each is read once."""
    ring = [Told(f"L{n}", f"L{n}", (f"L{(n + 1) % 900}",)) for n in range(900)]
    assert second_source(ring) is None
    assert second_source([*ring, Told("M", "M", ())]) == 900
