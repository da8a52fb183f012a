"""What scripts do that Latin does not, as character classes of regular expressions.

Some put no blanks between words, some write vowels and accents as signs of their own,
which Python takes for no letters, and each has its marks at a sentence's end.
"""

import re
from typing import Final

# Chinese and Japanese: a character says as much as three Latin letters.
IDEOGRAPHS: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Thai and Lao, Burmese, Khmer: letters, and signs of vowels and tones.
UNSPACED_LETTERS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
UNSPACED: Final = UNSPACED_LETTERS + IDEOGRAPHS
HANGUL: Final = "\uac00-\ud7a3"  # a syllable a letter
UNSPACED_LANGUAGES: Final = frozenset(("zh", "ja", "th", "km", "lo", "my"))
# Letters of India and the signs of their vowels; accents and vowels that other scripts
# write as signs of their own. Python's \w knows no sign, and would end a word there.
INDIC: Final = "\u0900-\u0963\u0966-\u0dff"
SIGNS: Final = (
    f"{INDIC}\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u0f18\u0f19\u0f35-\u0f39\u0f71-\u0f84\u0f8d-\u0fbc"
    "\ua980-\ua983\ua9b3-\ua9c0"
)
# Scripts that the vocabulary of multilingual-e5 lacks: of its 250,002 pieces none, or a
# few, are written in Syriac, Thaana, N'Ko, Tibetan, Cherokee, Tifinagh, Javanese, Yi.
# All texts in them look the same to the model.
UNREAD: Final = (
    "\u0700-\u074f\u0780-\u085f\u0f00-\u0fff\u13a0-\u13ff\u1400-\u177f\u1800-\u18af"
    "\u1900-\u1c8f\u1cc0-\u1cff\u2c00-\u2c5f\u2c80-\u2cff\u2d30-\u2d7f\ua000-\ua63f"
    "\ua800-\ua8df\ua900-\ua95f\ua980-\ua9df\uaa00-\uaa5f\uaa80-\uaaff\uab70-\uabff"
    "\U00010280-\U0001cfff\U0001e900-\U0001e95f"
)
_UNREAD: Final = re.compile(f"[{UNREAD}]")
_LETTER: Final = re.compile(r"[^\W\d_]")
# Marks that end a sentence whatever follows; a full stop does only before a blank.
# Of Arabic and Urdu, India, China and Japan, Armenia, Ethiopia, Burma and Cambodia.
SENTENCE_MARKS: Final = (
    "\u061f\u06d4\u0964\u0965\u3002\uff61\u0589\u1362\u1367\u104b\u17d4"
)


def is_unread(text: str) -> bool:
    """Tell whether most letters of a text are of scripts that no model here knows."""
    if text.isascii():
        return False
    unread = sum(map(str.isalpha, _UNREAD.findall(text)))  # not signs of vowels
    return bool(unread) and 2 * unread > len(_LETTER.findall(text))
