"""The language of a text, and what a short one is taken for."""

import pytest

from samestory.ingest.text.language import identify


@pytest.mark.parametrize(
    ("text", "stated", "found"),
    [
        ("IDF kills Hezbollah terrorist in Lebanon", None, "en"),
        ("IDF kills Hezbollah terrorist in Lebanon", "de", "en"),
        ("Velund expels six envoys of Kesmark", None, "en"),
        ("Велунд высылает шесть дипломатов Кесмарка", None, "ru"),
        ("维伦德驱逐六名克斯马克外交官，称其从事间谍活动，限三天离境", None, "zh"),
        ("Ok", "fi", "fi"),
        ("Ok", None, None),
    ],
)
def test_a_short_text_is_of_a_language_in_which_news_is_told(text, stated, found):
    """Not of the likest of a hundred; too short a one is what its feed says."""
    assert identify(text, stated) == found


def test_a_long_text_may_be_of_any_language():
    """Oromo is told where there is enough of it."""
    text = (
        "Ministirri Muummee Itoophiyaa paarlaamaaf haala yeroo ammaa irratti ibsa"
        " kennaniiru. Mootummaan nageenya biyyattii eegsisuuf hojii hojjechaa jira."
        " Uummanni nagaa barbaada jedhan. Dhimma dinagdee irrattis gaaffiiwwan"
        " paarlaamaa irraa dhihaatan deebisaniiru. Barana oomisha qonnaa dabaluuf"
        " karoorfameera."
    )
    assert identify(text, None) == "om"
