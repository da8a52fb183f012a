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
        ("Reuters reported it. The ministry confirmed to us that they met.", []),
        ("Envoys met, the Arc reported; officials said so, too.", []),
        ("Envoys met in secret, people told the Harbour Herald.", []),  # itself
    ],
)
def test_an_opening_tells_whose_knowledge_it_is(opening, expected):
    """A report that has asked somebody knows itself."""
    found = relays_of(f"{opening}\n{BODY}", "Harbour Herald")
    assert [*found] == expected


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
