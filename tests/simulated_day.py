"""A day of forty publishers: what each tells when, and how it wants to be asked.

The clock is a number that the test moves. `Day.card` is what the publishers would say
afterwards of whoever polled them.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import pairwise

from tests.publishers import Answer, Publishers, Request

HOUR = 3_600.0
BEGIN = 1_773_100_800.0  # Tuesday, 10 March 2026, 00:00 UTC
KEPT = 20  # entries in a document
CONTENT = "http://purl.org/rss/1.0/modules/content/"
SENTENCE = "The envoys of both countries met in the old customs house until late. "


@dataclass
class Publisher:
    """One feed.

    Attributes:
        name: of its kind.
        every_h: hours between two stories, on average.
        etag: whether it sends one and answers 304.
        modified: whether it sends Last-Modified and answers 304.
        headers: sent with each document.
        head: of the channel.
        least_s: what it announces: nobody is to come sooner.
        failing: (status, headers, from hour, to hour): what it answers then.
        lies: it says 304 to all, whatever it has.
        moved: it answers 301 to its first path.
        skipped: hours of the day in which nobody is to come.
        times: when it tells each story.
        base: its address.
    """

    name: str
    every_h: float
    etag: bool = False
    modified: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    head: str = ""
    least_s: float = 0.0
    skipped: tuple[int, ...] = ()
    failing: tuple[int, dict[str, str], float, float] | None = None
    lies: bool = False
    moved: bool = False
    times: list[float] = field(default_factory=list)
    base: str = ""

    def told(self, now: float) -> int:
        """Return how many stories it has told by then."""
        return sum(1 for at in self.times if at <= now)

    def site(self, world: Publishers) -> Callable[[str, dict[str, str]], Answer]:
        """Return what answers for it."""

        def answer(path: str, headers: dict[str, str]) -> Answer:
            hour = (world.now - BEGIN) / HOUR
            if path == "/robots.txt":
                return 404, {}, b""
            if self.failing and self.failing[2] <= hour < self.failing[3]:
                return self.failing[0], self.failing[1], b""
            if self.moved and path == "/feed":
                return 301, {"Location": "/moved"}, b""
            return self.document(world.now, headers)

        return answer

    def document(self, now: float, headers: dict[str, str]) -> Answer:
        """Return the feed as it is then, or 304."""
        told = self.told(now)
        changed = self.times[told - 1] if told else BEGIN - HOUR
        sent = dict(self.headers)
        if self.etag:
            sent["ETag"] = f'"{"same" if self.lies else told}"'
        if self.modified:
            sent["Last-Modified"] = formatdate(changed, usegmt=True)
        named, dated = headers.get("if-none-match"), headers.get("if-modified-since")
        same = (named is not None and named == sent.get("ETag")) or (
            named is None and dated is not None and dated == sent.get("Last-Modified")
        )
        if same:
            return 304, sent, b""
        first = max(0, told - KEPT)
        items = "".join(self.item(n) for n in reversed(range(first, told)))
        body = (
            f"<rss version='2.0' xmlns:content='{CONTENT}'><channel>{self.head}{items}"
        )
        return 200, sent, f"{body}</channel></rss>".encode()

    def item(self, number: int) -> str:
        """Return one story, with its whole text."""
        text = f"{SENTENCE * 14}{self.base} {number}."
        return (
            f"<item><title>Story {number} of {self.base}</title>"
            f"<link>{self.base}/a/{number}</link>"
            f"<content:encoded>&lt;p&gt;{text}&lt;/p&gt;</content:encoded>"
            f"<pubDate>{formatdate(self.times[number])}</pubDate></item>"
        )


def publishers() -> list[Publisher]:
    """Return forty, of every kind that we know."""
    fresh = {"Cache-Control": "max-age=300"}
    later = {"Retry-After": "7200"}
    night = "".join(f"<hour>{hour}</hour>" for hour in range(6))
    made = [
        *(Publisher("busy", 0.2, etag=True, headers=fresh) for _ in range(2)),
        *(Publisher("hourly", 1.0, etag=True) for _ in range(5)),
        *(Publisher("dated", 1.5, modified=True) for _ in range(5)),
        *(Publisher("plain", 3.0) for _ in range(4)),
        *(Publisher("quiet", 12.0, etag=True, modified=True) for _ in range(4)),
        *(Publisher("silent", 1_000.0, etag=True) for _ in range(2)),
        *(
            Publisher("slow", 1.0, head="<ttl>120</ttl>", least_s=7_200)
            for _ in range(3)
        ),
        *(
            Publisher(
                "fresh", 0.5, headers={"Cache-Control": "max-age=3600"}, least_s=HOUR
            )
            for _ in range(3)
        ),
        *(
            Publisher(
                "night",
                1.0,
                head=f"<skipHours>{night}</skipHours>",
                skipped=tuple(range(6)),
            )
            for _ in range(2)
        ),
        *(
            Publisher("asks", 1.0, failing=(429, later, 5, 6), etag=True)
            for _ in range(2)
        ),
        *(
            Publisher("fails", 1.0, failing=(500, {}, 8, 11), etag=True)
            for _ in range(2)
        ),
        *(
            Publisher(
                "walled", 1.0, failing=(403, {"cf-mitigated": "challenge"}, 3, 99)
            )
            for _ in range(2)
        ),
        *(Publisher("moved", 2.0, moved=True, etag=True) for _ in range(2)),
        Publisher("gone", 1.0, failing=(410, {}, 2, 99)),
        Publisher("lies", 2.0, etag=True, lies=True),
    ]
    rng = random.Random(3)
    for one in made:
        at = BEGIN - 48 * HOUR
        while at < BEGIN + 40 * HOUR:
            at += rng.expovariate(1 / (one.every_h * HOUR))
            one.times.append(at)
    return made


@dataclass(frozen=True)
class Card:
    """What publishers say of a poller.

    Attributes:
        requests: sent in all.
        allowed: as many polls as the publishers' words and our shortest interval let.
        early: sent before the publisher's announced time, or in a skipped hour.
        unasked: sent while a Retry-After held.
        close: sent less than `spacing_s` after the one before to the same host.
        hits: answers 304.
        unconditional: requests without a validator though one was given, in which
            nothing was new.
        told: stories that were there to be found.
        found: of these, how many were.
        lateness_s: median seconds from told to found.
    """

    requests: int
    allowed: int
    early: int
    unasked: int
    close: int
    hits: int
    unconditional: int
    told: int
    found: int
    lateness_s: float

    def __str__(self) -> str:
        per = self.requests / max(1, self.told)
        return (
            f"requests sent {self.requests} of {self.allowed} allowed,"
            f" {per:.2f} a story; sent against the"
            f" publisher's word: before its time {self.early}, in spite of Retry-After"
            f" {self.unasked}, closer than the spacing {self.close}; answered 304"
            f" {self.hits}, unconditional in vain {self.unconditional}; stories found"
            f" {self.found} of {self.told}, after {self.lateness_s / 60:.0f} minutes in"
            " the median"
        )


def judge(
    world: Publishers, made: list[Publisher], found: dict[str, float], spacing_s: float
) -> Card:
    """Return the card.

    Args:
        world: with all that was asked.
        made: the publishers.
        found: by title, when each story was published by the poller.
        spacing_s: that the poller was to keep.
    """
    early = unasked = close = unconditional = 0
    late: list[float] = []
    told = 0
    for one in made:
        asked = world.asked(one.base)
        close += sum(
            1 for a, b in pairwise(asked) if b.at - a.at < spacing_s and a.status != 301
        )
        polls = [r for r in asked if r.path in {"/feed", "/moved"} and r.status != 301]
        early += sum(map(len, [_early(one, polls), _skipped(one, polls)]))
        unasked += len(_in_spite(polls))
        unconditional += _in_vain(one, polls)
        if one.name not in {"gone", "walled", "lies"}:
            for number, at in enumerate(one.times):
                if BEGIN <= at <= world.now - 8 * HOUR:
                    told += 1
                    title = f"Story {number} of {one.base}"
                    late += [found[title] - at] if title in found else []
    return Card(
        requests=len(world.requests),
        allowed=int(sum((world.now - BEGIN) / max(600, p.least_s) for p in made)),
        early=early,
        unasked=unasked,
        close=close,
        hits=sum(r.status == 304 for r in world.requests),
        unconditional=unconditional,
        told=told,
        found=len(late),
        lateness_s=sorted(late)[len(late) // 2] if late else 0.0,
    )


def _early(one: Publisher, polls: list[Request]) -> list[Request]:
    good = [r for r in polls if r.status in {200, 304}]
    return [b for a, b in pairwise(good) if b.at - a.at < one.least_s]


def _skipped(one: Publisher, polls: list[Request]) -> list[Request]:
    return [r for r in polls[1:] if (r.at - BEGIN) % (24 * HOUR) // HOUR in one.skipped]


def _in_spite(polls: list[Request]) -> list[Request]:
    held = [r.at for r in polls if r.status == 429]
    return [r for r in polls for at in held if at < r.at < at + 7_200]


def _in_vain(one: Publisher, polls: list[Request]) -> int:
    """Count requests without the validator that was there, when nothing had changed."""
    if not (one.etag or one.modified) or one.lies:
        return 0
    count, before = 0, None
    for request in polls:
        conditional = {"if-none-match", "if-modified-since"} & set(request.headers)
        now = one.told(request.at)
        if request.status == 200:
            count += not conditional and before == now
            before = now
    return count
