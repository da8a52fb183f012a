"""Scripts that no model here reads."""

import pytest

from samestory.scripts import is_unread


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("Envoys met in Merrow", False),
        ("Посланники встретились", False),
        ("བོད་ལྗོངས་ཀྱི་གནས་ཚུལ", True),
        ("ދިވެހި ޚަބަރު", True),
        ("Dalai Lama སྤྱི་ཁྱབ", False),  # nine letters of three; vowels are signs
        ("", False),
    ],
)
def test_a_text_is_unread_whose_letters_are_mostly_so(text, unread):
    """Signs of vowels are no letters."""
    assert is_unread(text) is unread
