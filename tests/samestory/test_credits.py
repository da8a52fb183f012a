"""Bylines, agencies, quoted outlets and corrections, kept as data."""

import pytest

from samestory.credits import Credits, credits_of
from samestory.ingest.articles.versions import LastVersion, changes_since
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
        ("新华社北京11月3日电 双方会谈。", "", {"agencies": ("Xinhua",)}),
        ("（路透社柏林3日电）双方会谈。", "", {"agencies": ("Reuters",)}),
        ("【北京=共同通信】会談した。", "", {"agencies": ("Kyodo",)}),
        ("【ソウル時事】会談した。", "", {"agencies": ("Jiji Press",)}),
        ("МОСКВА, 3 ноя — РИА Новости. Стороны.", "", {"agencies": ("RIA Novosti",)}),
        ("МОСКВА, 3 ноября. /ТАСС/. Стороны.", "", {"agencies": ("TASS",)}),
        ("القاهرة 3 نوفمبر (رويترز) - التقى", "", {"agencies": ("Reuters",)}),
        ("(서울=연합뉴스) 특사가 만났다.", "", {"agencies": ("Yonhap",)}),
        ("会谈。\n来源：法新社", "", {"agencies": ("AFP",)}),
        ("据路透社报道，双方会谈。", "", {}),  # whom it cites
        ("A Reuters reporter took AP classes with dpa people.", "", {}),
        ("He went with tt and came from apa to ani.", "admin", {}),
        ("By Jane Doe and John Roe\nText.", "", {"byline": "Jane Doe and John Roe"}),
        ("By the time it ended, he had left.", "", {}),
        ("Text.", "jane@x.org (Jane Doe)", {"byline": "Jane Doe"}),
        ("Text.", "/u/fishfan", {"byline": ""}),
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
    ids=range(35),
)
def test_credits_are_found_and_words_that_look_like_them_are_not(
    text, author, expected
):
    """What is not named is empty."""
    assert credits_of(text, author) == Credits(**expected)


def version(title, text, before=None, text_from="page"):
    story = make_story(title=title, text=text, text_from=text_from)
    return LastVersion.of(story, before)


def test_a_new_version_tells_what_changed():
    """Title, paragraphs that came, paragraphs that went."""
    first = version("Talks fail", "One.\nTwo.\nThree.")
    assert changes_since(None, "Talks fail", "One.") == ()
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
    last = version("T", "One.")
    for _ in range(3):
        last = version("T", "One.", last)
    assert last.futile_reads == 3
    assert version("T", "Two.", last).futile_reads == 0


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("", None),
        ('["T", ["m"], 2, "page"]', {"futile_reads": 2, "text_from": "page"}),
        (
            '["T", ["m"], 0, "feed", true, "https://a.org/1"]',
            {"text_from": "feed", "is_hearsay": True, "url": "https://a.org/1"},
        ),
    ],
)
def test_what_former_versions_remembered_is_read(text, last):
    """They did not know whether it was hearsay, nor its address."""
    expected = LastVersion(title="T", marks=("m",), **last) if last else None
    assert LastVersion.from_json(text) == expected
    if expected:
        assert LastVersion.from_json(expected.to_json()) == expected
