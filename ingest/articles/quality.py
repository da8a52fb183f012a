"""The gate behind extraction: is this text the report, or something else of the page?

Limits were set on what walls, stubs and list pages of real sites look like, and are
tested on both sides.
"""

import re
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Final

from samestory.ingest.articles.phrases import Phrases
from samestory.scripts import IDEOGRAPHS, SENTENCE_MARKS, UNSPACED

MIN_TEXT: Final = 150  # characters; consent walls and stubs on real pages had 46 to 131
MAX_WALL: Final = 900  # characters; a wall's text is no longer, an article's is
FEW_LINES: Final = 400  # characters in which one mark of a wall makes it one
MIN_PARAGRAPH: Final = 40  # characters; shorter ones may well come twice
LIST_LINES: Final = 8  # lines from which a text can be a list of headlines
LIST_SHARE: Final = 0.75  # of the lines that are no sentences: then it is one
LEADING_SHARE: Final = 0.3  # of those that are links
MAX_OFFER: Final = 400  # characters; a longer line tells something
MAX_BELOW: Final = 900  # characters of an offer's lines together
MAX_STUB: Final = 1_500  # characters; a report for subscribers has more
MAX_OPENING: Final = 1_000  # characters of a line in which it asks
MAX_ASKING: Final = 8  # lines that ask for consent
ABOUT_WORDS: Final = 6  # words of title and summary from which the page can be another
ABOUT_SHARE: Final = 0.15  # of them on the page: less, and it is about something else

_WALL: Final = re.compile(
    r"enable javascript|javascript (?:is|to be) (?:disabled|required|enabled)"
    r"|accept (?:all )?cookies|we (?:and our (?:\d+ )?partners )?use cookies"
    r"|are you a robot|verify (?:that )?you are (?:a )?human|unusual traffic from your"
    r"|(?:our|my) partners (?:store|process)|legitimate interest|consent to the use"
    r"|manage (?:your )?(?:cookie|privacy|consent)|access to this page has been denied"
    r"|cookies? (?:akzeptieren|zustimmen)|mit werbung und tracking"
    r"|utilisons des cookies|accepter (?:et continuer|les cookies)"
    r"|aceptar (?:todas las )?cookies"
    r"|page (?:you (?:are looking for|requested)|not found)|404 (?:error|not found)"
    r"|(?:page|article|story|content) (?:\w+ ){0,6}is no longer available"
    r"|subscribe (?:now )?to (?:read|continue)|already a subscriber"
    r"|to continue reading|create a free account|this (?:content|article) is (?:only )?"
    r"(?:available )?(?:for|to) subscribers|exclusively for (?:our )?subscribers",
    re.IGNORECASE,
)
_CONSENT: Final = Phrases("consent")
_GATE: Final = Phrases("gates")
_MORE: Final = Phrases("more")
_OFFER: Final = Phrases("offers")
_SUBSCRIBING: Final = Phrases("subscribing")
_ADDRESSING: Final = Phrases("addressing")
_PRICE: Final = re.compile(
    r"(?:[€$£¥]\s?\d|\d\s?(?:[€$£¥]|euros?\b|eur\b|usd\b|zł|kr\b|руб)).{0,40}"
    r"\b(?:a|per|pro|im|par|al|por|na|no)\s?(?:week|month|year|monat|woche|jahr|mois|mes"
    r"|semana|mese|mês|maand|miesiąc)\b"
    r"|\b(?:first|ersten?|premier|primer|primo) (?:month|monat|mois|mese?)\b.{0,20}\d"
    r"|\d.{0,20} (?:first|ersten|premier|primer|primo) (?:month|monat|mois|mes|mese)\b",
    re.IGNORECASE,
)
MAX_BOILERPLATE: Final = 250  # characters; a longer line is never one of these
# Lines that are never part of a report; the whole line has to be one.
_BOILERPLATE: Final = re.compile(
    r"(?:advertisement|anzeige|publicidad|publicité|sponsored(?: content)?"
    r"|(?:read|see) (?:more|also)\b.{0,120}|(?:recommended|related) (?:stories|reading)"
    r"|more (?:on|from) [^:.,]{0,40}|(?:sign|signed) up (?:for|to) .{0,160}"
    r"|subscribe (?:to|now|for) .{0,160}|get (?:our|the) .{0,80}newsletter.{0,80}"
    r"|(?:share|follow us|follow .{0,40}) on (?:facebook|twitter|x|whatsapp).{0,80}"
    r"|(?:©|copyright|\(c\) ?(?=\d{4})).{0,160}|all rights reserved.{0,80}"
    r"|this material may not be published.{0,120}|click here .{0,120}"
    r"|(?:image|photo|video)(?: source| credit)?\s?[:,] .{0,120}"
    r"|download (?:our|the) app.{0,100}|watch(?: live)?: .{0,120}"
    r"|we use cookies.{0,200}|skip to (?:main )?content)\W*",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(rf"[.!?…！？{SENTENCE_MARKS}:;\"”»’')\]]\s*$")
_SENTENCE: Final = re.compile(f"[.!?…！？{SENTENCE_MARKS}]")
LONG_LINE: Final = 80  # characters; a headline has no more, and Thai has no full stop
_WORD: Final = re.compile(r"\w{4,}")
_UNSPACED: Final = re.compile(f"[{UNSPACED}]+")
PER_IDEOGRAPH: Final = 3  # Latin letters that say as much, see `length`
_IDEOGRAPHS: Final = re.compile(f"[{IDEOGRAPHS}]+")
_STAMP: Final = re.compile(r"\s*\d{4}-\d{2}-\d{2}(?:[T ][\d:.+Z-]{4,20})?\s*")


def tidy(text: str) -> str:
    """Return a text without paragraphs that come again, boilerplate and consent.

    Some systems print the text many times over (25 to 30 times seen).

    Args:
        text: a paragraph a line.
    """
    seen: set[str] = set()
    kept = []
    for line in _without_consent(text.split("\n")):
        key = " ".join(line.split()).casefold()
        if len(line) <= MAX_BOILERPLATE and _BOILERPLATE.fullmatch(line.strip()):
            continue
        if len(key) >= MIN_PARAGRAPH:
            if key in seen:
                continue
            seen.add(key)
        kept.append(line)
    return "\n".join(kept).strip()


def without_title(text: str, title: str) -> str:
    """Return a text whose first line is not the title once more, or the bare date.

    Title and text are read one after the other: what is said twice takes the room of
    what is not.
    """
    lines = text.split("\n")
    wanted = _WORD.findall(title.casefold())
    for _ in range(2):
        words = _WORD.findall(lines[0].casefold())
        is_title = bool(words) and words == wanted
        if len(lines) > 1 and (is_title or _STAMP.fullmatch(lines[0])):
            lines = lines[1:]
    return "\n".join(lines)


def length(text: str) -> int:
    """Return how long a text is in Latin letters: a Chinese one says as much in fewer.

    The same report has 3.1 times as many characters in English as in Chinese, 2.7 as in
    Japanese (medians of 54 and 14 events of `bench/invented` and of the tests).
    """
    ideographs = len(text) - len(_IDEOGRAPHS.sub("", text))
    return len(text) + (PER_IDEOGRAPH - 1) * ideographs


def complaint(
    text: str,
    *,
    title: str,
    feed_text: str,
    whole: int,
    headline: str = "",
    linked: Collection[str] = (),
) -> str | None:
    """Return why the page's text is not to be used, as a flag; None if it is good.

    Args:
        text: from the page, after `tidy`.
        title: of the story.
        feed_text: what the feed stated; "" for nothing.
        whole: characters of the page's text before `tidy`.
        headline: that the page shows; "" for none.
        linked: lines that are links on the page.
    """
    size, stated = length(text), length(feed_text)
    is_short = size < MAX_WALL
    is_another = not headline or not _terms(title) & _terms(headline)
    checks = {
        "page-empty": not whole,
        "page-boilerplate": not size,
        "page-wall": is_short and _is_wall(text),
        "page-shorter-than-feed": 2 * size < stated or size < min(stated, MAX_WALL),
        "page-too-short": size < MIN_TEXT and stated >= size // 2,
        "page-repeats": is_short and len(text) < whole / 3,
        "page-list": (is_another or not _has_lead(text)) and _is_list(text, linked),
        "page-about-else": is_another
        and _is_about_else(text, f"{title} {feed_text[:1000]}"),
    }
    return next((flag for flag, holds in checks.items() if holds), None)


def without_offer(text: str, *, is_paid: bool) -> tuple[str, bool]:
    """Return (a text without what is offered to subscribers, whether it is a stub).

    What is offered stands at the end. A stub ends where reading goes on for subscribers
    alone. Reports tell of prices, members and readers too: a line is an offer by a gate
    that speaks of subscribing, or by two signs; by one where the page says that the
    report is for subscribers. Of many a publisher who says that of all his reports the
    page has them whole: then that alone is no sign.

    Args:
        text: a paragraph a line.
        is_paid: the page says that the report is for subscribers.
    """
    lines = text.split("\n")
    below = list(accumulate(len(line) for line in reversed(lines)))[::-1]
    tail = [
        line if len(line) <= MAX_OFFER and size <= MAX_BELOW else ""
        for line, size in zip(lines, below, strict=True)
    ]
    least = 1 if is_paid else 2
    offers = {n for n, line in enumerate(tail) if line and _signs(line) >= least}
    gates = _GATE.lines_with(tail) | (_MORE.lines_with(tail) if is_paid else set())
    ends = offers if is_paid else offers & gates
    at = min(ends | (gates if is_paid else set()), default=len(lines))
    kept = [line for n, line in enumerate(lines[:at]) if n not in offers]
    if at < len(lines):
        kept.append(_before_gate(lines[at]))
    plain = "\n".join(kept).strip()
    return plain, at < len(lines) or (is_paid and len(plain) < MAX_STUB)


def _signs(line: str) -> int:
    """Return how many signs of an offer a line has; with a sure gate two at least."""
    gates = sum(1 for _ in _GATE.places(line))
    signs = gates + sum(1 for _ in _OFFER.places(line)) + _has_price(line)
    is_sure = signs > 0 and next(_SUBSCRIBING.places(line), -1) >= 0
    return max(signs, 2) if is_sure else signs


def _before_gate(line: str) -> str:
    """Return the whole sentences that stand before an offer in its line."""
    before = line[: min(_GATE.places(line), default=0)]
    ends = [end.end() for end in _SENTENCE.finditer(before)]
    return before[: ends[-1]].strip() if ends and ends[-1] >= MIN_PARAGRAPH else ""


def _without_consent(lines: Sequence[str]) -> Sequence[str]:
    """Return a page's lines without those in front that ask for consent.

    They end where the report's first sentences stand; headlines may be among them.
    """
    kept = []
    for number, line in enumerate(lines):
        is_report = len(line) >= MIN_PARAGRAPH and _SENTENCE_END.search(line[-9:])
        if _asks(line):
            continue
        kept.append(line)
        if is_report or number >= MAX_ASKING:
            rest = lines[number + 1 :]
            is_enough = sum(map(len, rest)) + len(line) >= MIN_TEXT
            return [*kept, *rest] if is_enough else lines
    return lines


def _asks(line: str) -> bool:
    """Tell whether a line asks the reader for consent: it speaks to him, by two marks.

    A report on the matter has the words, and speaks to nobody.
    """
    opening = line[:MAX_OPENING]
    marks = sum(1 for _ in _CONSENT.places(opening)) + bool(_WALL.search(opening))
    return marks > 1 and next(_ADDRESSING.places(opening), -1) >= 0


def _has_price(line: str) -> bool:
    """Tell whether a line says what a subscription costs."""
    has_digit = any(digit in line for digit in "1234567890")
    return has_digit and _PRICE.search(line) is not None


def _is_wall(text: str) -> bool:
    """Tell whether a text is a wall's: one mark in a few lines, or several marks."""
    marks = len({match[0].casefold() for match in _WALL.finditer(text)})
    return marks > 1 or (marks == 1 and len(text) < FEW_LINES)


def _has_lead(text: str) -> bool:
    """Tell whether a text has a paragraph of sentences: a list may follow it."""
    return any(
        len(line) >= LONG_LINE and _SENTENCE_END.search(line[-9:])
        for line in text.split("\n")
    )


def is_loose(text: str) -> bool:
    """Tell whether a text's lines are short and no sentences, as those of a list."""
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) >= LIST_LINES and len(_loose(lines)) > LIST_SHARE * len(lines)


def _loose(lines: Sequence[str]) -> Sequence[str]:
    short = (line for line in lines if len(line) < LONG_LINE)
    return [line for line in short if not _SENTENCE_END.search(line)]


def _is_list(text: str, linked: Collection[str]) -> bool:
    """Tell whether a text is headlines and teasers, line by line.

    Names are no headlines: those lead somewhere.
    """
    if not is_loose(text):
        return False
    loose = _loose(text.split("\n"))
    leading = sum(1 for line in loose if line.lstrip("- ").strip() in linked)
    return leading >= LEADING_SHARE * len(loose)


def _is_about_else(text: str, stated: str) -> bool:
    """Tell whether a page says almost nothing of what the feed says that it does.

    A redirect to the front page, a soft 404, another language's edition.
    """
    words = _terms(stated)
    return len(words) >= ABOUT_WORDS and (
        len(words & _terms(text)) < ABOUT_SHARE * len(words)
    )


def _terms(text: str) -> set[str]:
    """Return a text's longer words; of scripts without blanks, pairs of characters."""
    folded = text.casefold()
    pairs = (
        run[at : at + 2]
        for run in _UNSPACED.findall(folded)
        for at in range(len(run) - 1)
    )
    return {*_WORD.findall(_UNSPACED.sub(" ", folded)), *pairs}
