"""Which language a text is in. The only file that imports py3langid."""

from typing import Final

MIN_LETTERS: Final = 20  # below it a guess is worth less than the feed's own label
SAMPLE: Final = 400  # characters; as good as the whole text on 209 real pages


def identify(text: str, stated: str | None) -> str | None:
    """Return the ISO 639-1 code of a text.

    Args:
        text: title and text; the first SAMPLE characters count.
        stated: what the feed says; believed when the text is too short to tell.
    """
    sample = text[:SAMPLE]
    if sum(c.isalpha() for c in sample) < MIN_LETTERS:
        return stated
    from py3langid import classify  # noqa: PLC0415  (loads its model at first use)

    code, _ = classify(sample)
    return str(code)
