"""What is asked of the stories or the events, and the SQL that answers it.

A story matches by its own time, outlet, language, event and words. An event matches if
one of its own reports does, in everything at once; where there is hearsay alone, that
counts. Each is listed by time and then by id, so that the last of one page says where
the next begins, whatever was committed meanwhile.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from samestory.errors import Misconfigured

NEWEST: Final = "newest"
OLDEST: Final = "oldest"
MOST_VOICES: Final = "voices"
ORDERS: Final = (NEWEST, OLDEST, MOST_VOICES)
# How each event stands. No text of a story is read: the index has all of it.
_EVENTS: Final = """\
SELECT event_id,
  coalesce(min(CASE WHEN NOT heard THEN event_time END), min(event_time)) AS began,
  coalesce(max(CASE WHEN NOT heard THEN event_time END), max(event_time)) AS updated,
  count(DISTINCT CASE WHEN NOT heard THEN outlet END) AS outlets,
  count(DISTINCT nullif(voice, '')) AS voices
FROM stories INDEXED BY stories_event{where} GROUP BY event_id
HAVING outlets >= ? AND voices >= ?"""
_KEYS: Final = {NEWEST: "updated", OLDEST: "began", MOST_VOICES: "voices"}
_OWN: Final = (
    "(NOT s.heard OR NOT EXISTS (SELECT 1 FROM stories o INDEXED BY stories_event"
    " WHERE o.event_id = s.event_id AND NOT o.heard))"
)
_STARRED: Final = (
    "s.event_id IN (SELECT o.event_id FROM stories o JOIN corrections c"
    " ON json_extract(CAST(c.value AS TEXT), '$.a') = o.story_id"
    " WHERE c.status = 'accepted'"
    " AND json_extract(CAST(c.value AS TEXT), '$.kind') = 'star')"
)
_WORDS: Final = (
    "has_words(json_extract(s.story, '$.title'), json_extract(s.story, '$.text'), ?)"
)


_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_JOINED: Final = "\u0590"  # from here on scripts may join a word to another


class Cursor(NamedTuple):
    """Where a page ended: the time that its last row is listed by, and its id."""

    at: float
    id: str

    def encode(self) -> str:
        """Return it as one word, for a command line or an address."""
        return f"{self.at!r},{self.id}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` made.

        Raises:
            Misconfigured: it did not make this.
        """
        at, _, name = text.partition(",")
        try:
            return cls(float(at), name)
        except ValueError as error:
            raise Misconfigured(f"{text!r} is no place in a list") from error


class Statement(NamedTuple):
    """SQL and the values of its question marks."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is wanted; None, 0 and "" want everything.

    Attributes:
        since: of then or later, seconds since the epoch.
        until: of before then.
        outlet: of this outlet, written large or small.
        lang: in this language, ISO 639-1.
        min_outlets: of events that so many outlets report; hearsay does not count.
        min_voices: of events that so many voices tell: no copies of others.
        event: of this event, by its whole id.
        is_starred: of events of which somebody starred a report.
        text: with each of these words in the title or the text, see `_patterns`.
        order: `newest` or `oldest` first: stories by their own time, events by that of
            their latest own report, or their first one; or events by `voices`, those
            with most of them first.
        limit: so many at most; None for all.
        after: what comes behind this place.
    """

    since: float | None = None
    until: float | None = None
    outlet: str | None = None
    lang: str | None = None
    min_outlets: int = 0
    min_voices: int = 0
    event: str | None = None
    is_starred: bool = False
    text: str = ""
    order: str = NEWEST
    limit: int | None = None
    after: Cursor | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be asked.

        Raises:
            Misconfigured: names the field and what it may be.
        """
        if self.order not in ORDERS:
            raise Misconfigured(f"order {self.order!r}: use {', '.join(ORDERS)}")
        if self.limit is not None and self.limit < 1:
            raise Misconfigured(f"limit {self.limit}: must be 1 or more")

    def stories(self) -> Statement:
        """Return what selects `at`, `id` and `seq` of stories, in order."""
        clauses, values = self._clauses()
        if self.min_outlets > 0 or self.min_voices > 0:
            events = _EVENTS.format(where="")
            clauses.append(f"s.event_id IN (SELECT event_id FROM ({events}))")
            values += [self.min_outlets, self.min_voices]
        sql = "SELECT s.event_time AS at, s.story_id AS id, s.seq FROM stories s"
        return self._page(sql, clauses, values, "s.event_time", "s.story_id")

    def events(self) -> Statement:
        """Return what selects `at` and `id` of events, in order."""
        inner, key = self._events(), _KEYS[self.order]
        sql = f"SELECT {key} AS at, event_id AS id FROM ({inner.sql})"
        return self._page(sql, [], [*inner.values], key, "event_id")

    def count_of_events(self) -> Statement:
        """Return what selects how many events match; page and order do not count."""
        inner = self._events()
        return Statement(f"SELECT count(*) FROM ({inner.sql})", inner.values)

    def _events(self) -> Statement:
        clauses, values = self._clauses()
        where = ""
        if clauses:
            matching = " AND ".join([*clauses, _OWN])
            inner = f"SELECT s.event_id FROM stories s WHERE {matching}"
            where = f" WHERE event_id IN ({inner})"
        return Statement(
            _EVENTS.format(where=where), (*values, self.min_outlets, self.min_voices)
        )

    def _clauses(self) -> tuple[list[str], list[Any]]:
        """Return what a story must be, whatever its event is."""
        words = " ".join(self.text.split())
        wanted = [
            ("s.event_time >= ?", self.since),
            ("s.event_time < ?", self.until),
            ("s.outlet = ? COLLATE NOCASE", self.outlet),
            ("s.lang = ?", self.lang),
            ("s.event_id = ?", self.event),
            (f"{_STARRED} AND ?", self.is_starred or None),
            (_WORDS, words or None),  # last: it reads the text
        ]
        there = [(clause, value) for clause, value in wanted if value is not None]
        return [clause for clause, _ in there], [value for _, value in there]

    def _page(
        self, sql: str, clauses: list[str], values: list[Any], key: str, name: str
    ) -> Statement:
        further, way = (">", "ASC") if self.order == OLDEST else ("<", "DESC")
        if self.after is not None:
            clauses.append(f"({key} {further} ? OR ({key} = ? AND {name} > ?))")
            values += [self.after.at, self.after.at, self.after.id]
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        limit = -1 if self.limit is None else self.limit
        return Statement(
            f"{sql}{where} ORDER BY {key} {way}, {name} LIMIT ?", (*values, limit)
        )


def has_words(title: str | None, text: str | None, words: str) -> bool:
    """Tell whether each word is in the title or text; a function of SQLite's.

    Args:
        title: of a story.
        text: of it.
        words: with a space between two, see `_patterns`.
    """
    whole = _without_accents(f"{title or ''}\n{text or ''}")
    return all(pattern.search(whole) for pattern in _patterns(words))


@lru_cache(maxsize=64)
def _patterns(words: str) -> list[re.Pattern[str]]:
    """Return what finds each of some words, whole, without case and accents.

    "warn*" finds what begins so. In scripts that put no blanks between words, or write
    small words together with the next, a word is found wherever it stands.
    """
    found = []
    for word in words.split(" "):
        plain = _without_accents(word.rstrip("*"))
        is_whole = plain[:1] < _JOINED
        begin = r"(?<!\w)" if is_whole else ""
        end = r"(?!\w)" if is_whole and not word.endswith("*") else ""
        found.append(re.compile(f"{begin}{re.escape(plain)}{end}"))
    return found


def _without_accents(text: str) -> str:
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))
