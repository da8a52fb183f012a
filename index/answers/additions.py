"""What each report of an event adds to those before it: sentences, figures, names.

A sentence is new if half of its words or more stand in no six words in a row that an
earlier report has (or the one that it copies); a figure, name or quotation, if no
earlier report has it anywhere. Furniture is left out. Earlier is by the time that
reports state. Names are words with a capital letter within a sentence, so that
languages without them, and German, have none; days and months are none.

Sentences of two languages are not compared: of the first report in a language all are
its own, and it is marked so. Figures are, and names by their consonants.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
from babel import Locale, UnknownLocaleError

from samestory.index.copies.comparison import COVERED
from samestory.index.copies.pairs import Text
from samestory.index.copies.reading import SHINGLE, Reading, read, runs_of
from samestory.index.copies.words import plain_word
from samestory.index.decision.features import plain_number
from samestory.index.decision.names import LEAST, consonants
from samestory.index.decision.tokens import ALL_CAPITAL, ENGLISH, POSSESSIVE
from samestory.index.store.copies import Kept
from samestory.index.store.query import OLDEST, Query
from samestory.index.store.reader import Reader
from samestory.scripts import HANGUL, UNSPACED
from samestory.story import Story

LEAST_SENTENCE: Final = 4  # words; fewer are a heading or a piece of one
LEAST_QUOTED: Final = 4  # words; fewer are a phrase in marks
_FIGURE: Final = re.compile(
    rf"(?<![.,])(?<![^\W{UNSPACED}{HANGUL}])\d[\d.,:]*(?<![.,:])"
)
_LEAST_NAME: Final = 3  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A report of an event, and what it adds to those before it.

    Attributes:
        story: the report.
        copied: that it is a copy, and of whom; None if it is its own.
        is_first: it is the first in its language.
        sentences: its own that no earlier report has, in order; of such a first, all.
        figures, names, quotations: of it that no earlier report has, in order.
    """

    story: Story
    copied: Kept | None
    is_first: bool
    sentences: tuple[str, ...]
    figures: tuple[str, ...]
    names: tuple[str, ...]
    quotations: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `event --json` says of it."""
        return {
            "story_id": self.story.story_id,
            "first_in_language": self.is_first,
            "sentences": list(self.sentences),
            "figures": list(self.figures),
            "names": list(self.names),
            "quotations": list(self.quotations),
        }


def additions_of(reader: Reader, event_id: str) -> list[Addition]:
    """Return an event's reports by their time, each with what it adds."""
    copies = {kept.story_id: kept for kept in reader.copies.in_event(event_id)}
    known = _Facts()
    found = []
    for listed in reader.stories(Query(event=event_id, order=OLDEST)):
        story = listed.story
        copied = copies.get(story.story_id)
        source = reader.member(copied.of_id) if copied else None
        if source is not None:
            known.take(_facts_of(reader, source.story))
        facts = _facts_of(reader, story)
        found.append(
            Addition(
                story=story,
                copied=copied,
                is_first=source is None and known.is_new(story.lang),
                sentences=tuple(_new_sentences(facts.reading, known)),
                figures=_new(facts.figures, known.figures),
                names=tuple(
                    name for name in facts.names if not known.has(name, story.lang)
                ),
                quotations=_new(facts.quotations, known.quotations),
            )
        )
        known.take(facts)
    return found


def _facts_of(reader: Reader, story: Story) -> "_Facts":
    text = Text.of(story, reader.copies.repeated(story))
    return _facts(text.reading, story.lang)


def _new_sentences(reading: Reading, known: "_Facts") -> Iterator[str]:
    """Yield the sentences that are neither known nor furniture."""
    words = reading.words
    covered = np.zeros(reading.size, bool)
    runs = runs_of(reading.checksums, SHINGLE)
    for begin in np.flatnonzero(np.isin(runs, [*known.shingles])).tolist():
        covered[begin : begin + SHINGLE] = True
    for sentence in reading.sentences:
        at = slice(sentence.start, sentence.stop)
        aside = int(reading.furniture[at].sum())
        is_known = words[at] in known.short or (
            covered[at].sum() >= COVERED * len(sentence)
        )
        is_text = len(sentence) >= LEAST_SENTENCE * reading.letters and 2 * aside < len(
            sentence
        )
        if is_text and not is_known:
            yield reading.passage(sentence)


@dataclass(slots=True)
class _Facts:
    """What a text, or several, say: each by what it is compared by, as written."""

    reading: Reading = field(default_factory=lambda: read(""))
    shingles: set[int] = field(default_factory=set)
    short: set[tuple[str, ...]] = field(default_factory=set)  # sentences of few words
    figures: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    words: dict[str | None, set[str]] = field(default_factory=dict)  # by language
    sounds: dict[str | None, tuple[int, set[str]]] = field(default_factory=dict)
    quotations: dict[str, str] = field(default_factory=dict)

    def is_new(self, lang: str | None) -> bool:
        """Tell whether nothing is known in a language; what has none is in any."""
        return lang not in self.words and None not in (lang, *self.words)

    def has(self, name: str, lang: str | None) -> bool:
        """Tell whether a name is known: its last word, or its sound elsewhere."""
        last = plain_word(name.rsplit(maxsplit=1)[-1])
        if any(last in words for words in self.words.values()):
            return True
        others = self.words.keys() - {lang}
        sound = consonants(last, lang) if others else ""
        return len(sound) >= LEAST and any(sound in self._sounds(one) for one in others)

    def _sounds(self, lang: str | None) -> set[str]:
        """Return the consonants of all words of a language."""
        words = self.words[lang]
        count, found = self.sounds.get(lang, (0, set()))
        if count != len(words):
            found = {consonants(word, lang) for word in words}
            self.sounds[lang] = len(words), found
        return found

    def take(self, other: "_Facts") -> None:
        """Know what another text says, too."""
        self.shingles |= other.shingles
        self.short |= other.short
        self.figures |= other.figures
        for lang, words in other.words.items():
            self.words.setdefault(lang, set()).update(words)
        self.quotations |= other.quotations


def _new(these: dict[str, str], known: dict[str, str]) -> tuple[str, ...]:
    return tuple(written for key, written in these.items() if key not in known)


def _facts(reading: Reading, lang: str | None) -> _Facts:
    words = reading.words
    found = _Facts(
        reading=reading,
        shingles=set(runs_of(reading.checksums, SHINGLE).tolist()),
        short={
            words[one.start : one.stop]
            for one in reading.sentences
            if len(one) < SHINGLE
        },
        words={lang: set(words)},
    )
    for sentence in reading.sentences:
        if not reading.furniture[sentence.start]:
            for figure in _FIGURE.findall(reading.passage(sentence)):
                found.figures.setdefault(plain_number(figure), figure)
    if lang not in ALL_CAPITAL:
        names = (n for sentence in reading.sentences for n in _names(reading, sentence))
        dates = _dates_in(lang or ENGLISH)
        found.names = [n for n in dict.fromkeys(names) if plain_word(n) not in dates]
    for places in _quoted(reading):
        said = " ".join(words[places.start : places.stop])
        found.quotations.setdefault(said, reading.passage(places))
    return found


@cache
def _dates_in(lang: str) -> frozenset[str]:
    """Return the names of days and months in a language, as words are compared."""
    try:
        locale = Locale.parse(lang)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    found = [
        name
        for names in (locale.days, locale.months)
        for context in names.values()
        for width in context.values()
        for name in width.values()
    ]
    return frozenset(map(plain_word, found))


def _names(reading: Reading, sentence: range) -> Iterator[str]:
    """Yield runs of words with a capital letter, but for a sentence's first word."""
    run: list[int] = []
    for at in [*sentence[1:], -1]:
        written = reading.text[reading.begins[at] : reading.ends[at]]
        is_name = at >= 0 and written[0].isupper() and not reading.furniture[at]
        follows = bool(run) and reading.text[reading.ends[run[-1]] : reading.begins[at]]
        if run and not (is_name and follows == " "):
            whole = reading.passage(range(run[0], run[-1] + 1))
            name = POSSESSIVE.sub("", whole)
            if len(name) >= _LEAST_NAME:
                yield name
            run = []
        if is_name:
            run.append(at)


def _quoted(reading: Reading) -> Iterator[range]:
    begin = None
    for at, quoted in enumerate([*reading.quoted, False]):
        if quoted and begin is None:
            begin = at
        elif not quoted and begin is not None:
            if at - begin >= LEAST_QUOTED * reading.letters:
                yield range(begin, at)
            begin = None


def most_telling(added: Addition, count: int) -> Sequence[str]:
    """Return so many of its new sentences, those with most new facts, in order."""
    new = [*added.figures, *added.names]

    def telling(sentence: str) -> int:
        return sum(fact in sentence for fact in new)

    ranked = sorted(
        range(len(added.sentences)), key=lambda at: -telling(added.sentences[at])
    )
    return [added.sentences[at] for at in sorted(ranked[:count])]
