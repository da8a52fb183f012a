"""Whose text two copies are, by what they say."""

import pytest

from samestory.index.copies.sources import credited, source_of

BODY = "The envoys left the customs house at noon and drove to the harbour. " * 4


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("By JANE ROE, Associated Press", "KESMARK (AP) - x", "common:AP"),
        ("The Associated Press | Sunday, July 15", "", "common:AP"),
        ("by CNN NewSource", "(CNN) - The envoys left", "common:CNN"),
        ("", "", "unknown"),
        ("By JANE ROE", "By JANE ROE", "unknown"),
        ("Envoys at noon. Photo: AP", "", "unknown"),
        ("Kesmark Courier \u2022", "", "b"),
        ("", "The Harbour Post", "a"),
        ("The AP that he named in a sentence.", "an ap on his phone", "unknown"),
        ("Harbour post closed by storm", "", "unknown"),
        ("By Vera Lund", "By VERA LUND, Harbour Post", "a"),
    ],
    ids=range(11),
)
def test_a_text_is_whose_it_is_said_to_be(a, b, expected):
    """By byline, dateline, a line of its own; a picture's credit is none."""
    one = credited(f"{a}\n{BODY}", "harbourpost.example")
    other = credited(f"{b}\n{BODY}", "kesmarkcourier.example")
    assert source_of(one, other) == expected
    swapped = {"a": "b", "b": "a"}.get(expected, expected)
    assert source_of(other, one) == swapped


def test_an_agency_is_the_source_of_what_credits_it():
    """Its own report is one side."""
    agency = credited(BODY, "apnews.com")
    paper = credited(f"KESMARK (AP) - {BODY}", "kesmarkcourier.example")
    assert source_of(agency, paper) == "a"
