"""Who speaks: an outlet's own voice."""

import pytest

from samestory.publishers import is_own_voice, outlet_named

OUTLETS = (
    *("BBC", "bbc.co.uk", "edition.cnn.com", "www.example.co.uk", "a.blogspot.com"),
    *("Le Monde", "news.un.org", "Daily Trumpet", "nytimes.com", "Reuters"),
)


@pytest.mark.parametrize("outlet", OUTLETS)
def test_an_outlets_own_voice_is_the_one_that_it_is_named(outlet):
    """Whether or not the list of all domains is asked."""
    own = outlet_named(outlet)
    assert is_own_voice(own, outlet)
    assert is_own_voice(own.upper(), outlet)
    assert not is_own_voice("Continental Wire", outlet)
    assert is_own_voice("Reuters", outlet) == (own == "Reuters")
