"""What scripts do that Latin does not, as character classes of regular expressions.

Some put no blanks between words, some write vowels and accents as signs of their own,
which Python takes for no letters, and each has its marks at a sentence's end.
"""

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
)
# Marks that end a sentence whatever follows; a full stop does only before a blank.
# Of Arabic and Urdu, India, China and Japan, Armenia, Ethiopia, Burma and Cambodia.
SENTENCE_MARKS: Final = (
    "\u061f\u06d4\u0964\u0965\u3002\uff61\u0589\u1362\u1367\u104b\u17d4"
)
