"""Bylines, agencies, quoted outlets and corrections, kept as data."""

import pytest

from samestory.ingest.credits import Credits, credits_of
from samestory.ingest.versions import (
    changes_since,
    futile_reads,
    told_of,
    was_from_page,
)
from tests.conftest import make_story


@pytest.mark.parametrize(
    ("text", "author", "expected"),
    [
        ("KYIV, Ukraine (AP) — Russian forces struck.", "", {"agencies": ("AP",)}),
        ("MOSCOW, March 3 (Reuters) - The Kremlin.", "", {"agencies": ("Reuters",)}),
        ("GENEVA, March 3 — AP Ministers agreed.", "", {"agencies": ("AP",)}),
        ("TALKS ON GAZA — Reuters reports said so.", "", {}),
        ("BERLIN (dpa) - Der Kanzler sagte.", "", {"agencies": ("dpa",)}),
        ("Reuters — The White House said.", "", {"agencies": ("Reuters",)}),
        ("He spoke on Monday.\nWith AFP", "", {"agencies": ("AFP",)}),
        ("Text.\nSource: Xinhua", "", {"agencies": ("Xinhua",)}),
        ("Text.\n(AFP/Reuters)", "", {"agencies": ("AFP",)}),
        ("Text.", "AFP", {"agencies": ("AFP",)}),
        ("A Reuters reporter took AP classes with dpa people.", "", {}),
        ("He went with tt and came from apa to ani.", "admin", {}),
        ("By Jane Doe and John Roe\nText.", "", {"byline": "Jane Doe and John Roe"}),
        ("By the time it ended, he had left.", "", {}),
        ("Text.", "jane@x.org (Jane Doe)", {"byline": "Jane Doe"}),
        ("Text.", "By Jane Doe", {"byline": "Jane Doe"}),
        ("Text.", "editor", {}),
        (
            "Text.\n(Reporting by Guy Roe in Rome; editing by Ann Doe)",
            "",
            {"byline": "Guy Roe in Rome"},
        ),
        (
            "Talks failed, he said, citing the FT. According to Mr Smith, no.",
            "",
            {"citing": ("FT",)},
        ),
        (
            "It was first reported by The Wall Street Journal on Monday.",
            "",
            {"citing": ("Wall Street Journal",)},
        ),
        (
            "He told the New York Times and, later, told Congress.",
            "",
            {"citing": ("New York Times",)},
        ),
        (
            "Text.\nCorrection: An earlier version misstated the date.",
            "",
            {"correction": "Correction: An earlier version misstated the date."},
        ),
        (
            "Text.\nThis article was corrected on 3 March to fix a name.",
            "",
            {"correction": "This article was corrected on 3 March to fix a name."},
        ),
        ("The correction of the markets went on.", "", {}),
    ],
    ids=range(24),
)
def test_credits_are_found_and_words_that_look_like_them_are_not(
    text, author, expected
):
    """What is not named is empty."""
    assert credits_of(text, author) == Credits(**expected)


def told(title, text, before="", text_from="page"):
    return told_of(make_story(title=title, text=text, text_from=text_from), before)


def test_a_new_version_tells_what_changed():
    """Title, paragraphs that came, paragraphs that went."""
    first = told("Talks fail", "One.\nTwo.\nThree.")
    assert changes_since("", "Talks fail", "One.") == ()
    assert changes_since(first, "Talks fail", "One.\nTwo.\nThree.") == ()
    assert changes_since(first, "Talks go on", "One.\nThree.\nNew  one.") == (
        "title was: Talks fail",
        "new paragraph: New one.",
        "1 paragraph gone",
    )
    many = changes_since(first, "Talks fail", "\n".join(map(str, range(99))))
    assert (len(many), many[-1]) == (12, "and 89 more changes")


def test_reads_in_vain_are_counted_and_news_begins_anew():
    """For entries whose date changes at each poll."""
    found = told("T", "One.")
    for _ in range(3):
        found = told("T", "One.", found)
    assert futile_reads(found) == 3
    assert futile_reads(told("T", "Two.", found)) == 0
    assert futile_reads("") == 0
    assert was_from_page(found)
    assert not was_from_page(told("T", "One.", "", "feed"))
    assert not was_from_page("")
