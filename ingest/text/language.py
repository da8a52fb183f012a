"""Which language a text is in. The only file that imports py3langid."""

from typing import Final

MIN_LETTERS: Final = 20  # below it a guess is worth less than the feed's own label
TELLING: Final = 200  # letters; fewer are English sooner than Oromo, whatever is likest
SAMPLE: Final = 400  # characters; as good as the whole text on 209 real pages
CODE: Final = 2  # letters of ISO 639-1: pcm, arz and yue are told as en, ar and zh
# In which most news is told: what a short text is taken for.
COMMON: Final = frozenset(
    "ar az be bg bn ca cs da de el en es et fa fi fr he hi hr hu hy id it ja ka kk ko"  # noqa: SIM905
    " lt lv mk mr ms ne nl no pl pt ro ru sk sl sq sr sv sw ta te th tl tr uk ur uz vi"
    " zh".split()
)


def identify(text: str, stated: str | None) -> str | None:
    """Return the ISO 639-1 code of a text.

    Args:
        text: title and text; the first SAMPLE characters count.
        stated: what the feed says; believed when the text is too short to tell.
    """
    sample = text[:SAMPLE]
    letters = sum(c.isalpha() for c in sample)
    if letters < MIN_LETTERS:
        return stated
    from py3langid import rank  # noqa: PLC0415  (loads its model at first use)

    ranked = [str(code) for code, _ in rank(sample) if len(code) == CODE]
    best = ranked[0]
    if best in COMMON or best == stated or letters >= TELLING:
        return best
    return next((code for code in ranked if code in COMMON), best)
