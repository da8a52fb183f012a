"""Pages as they should not be: name -> (what is served, what has to come of it)."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import brotli

from tests.publishers import Answer, Raw

TITLE = "Envoys leave the customs house in Port Callan"
SUMMARY = "The envoys of both countries left the customs house on Monday."
SENTENCE = (
    "The envoys of both countries left the customs house in Port Callan at noon. "
)
LAST = "Nobody said who had paid for lunch that day in the harbour."
PARAGRAPHS = [SENTENCE * 3 + f"That was number {n} of the day." for n in range(4)] + [
    LAST
]
RUSSIAN = [
    f"Послы обеих стран покинули таможню в порту в полдень, сообщает пресса, {n}. " * 3
    for n in range(5)
]
JAPANESE = [
    f"両国の大使は正午に税関を出発したと報道機関が伝えた、第{n}報。" * 6
    for n in range(5)
]


@dataclass(frozen=True)
class Page:
    """What a site answers, and what a story's text has to be.

    Attributes:
        answer: of the page.
        has: what the text holds; with "" it is the feed's summary.
        flag: a pattern that the story's flags have; "" where it has none.
        lacks: what the text must not hold.
        robots: the site's robots.txt.
        tries: how often the page is asked for.
        lost: a pattern of the flags that a slow machine may give instead, without a
            request for the page: a parser's time was up.
    """

    answer: Answer | Raw | Callable[[str], Answer | Raw]
    has: str = LAST
    flag: str = ""
    lacks: str = "All rights"
    robots: Answer = field(default=(404, {}, b""))
    tries: int = 1
    lost: str = ""


def html(
    paragraphs: list[str], head: str = "", before: str = "", after: str = ""
) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang=en><head><title>{TITLE} | A News</title>{head}</head>"
        f"<body><nav><ul><li><a href=/>Home</a><li><a href=/w>World</a></ul></nav>{before}"
        f"<main><article><h1>{TITLE}</h1>{body}</article></main>{after}"
        "<footer><p>All rights reserved by A News.</p></footer></body></html>"
    )


def ok(body: str | bytes, kind: str = "text/html", **headers: str) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"Content-Type": kind} | named, data


def fails(flag: str, answer: Answer | Raw | Callable, **changes: object) -> Page:
    """A page that can't be used: the feed's words, and why."""
    return Page(answer, "", flag, **changes)


def drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"
    for _ in range(60):
        time.sleep(0.1)
        yield b"<p>"


def turning(first: Answer, then: Answer) -> Callable[[str], Answer]:
    """Answer once so, then otherwise."""
    left = [first]
    return lambda _: left.pop() if left else then


GOOD = html(PARAGRAPHS)
COOKIES = "<div id=consent><p>We and our 842 partners use cookies and other means to store and read data on your device. Accept all cookies?</p></div>"
COMMENTS = (
    "<section class=comments>"
    + "".join(
        f"<div class=comment><p>I for one think that this is all wrong, dear sir, number {n}.</p></div>"
        for n in range(40)
    )
    + "</section>"
)
ASIDE = (
    "<aside><h2>Most read</h2><ul>"
    + "".join(
        f"<li><a href=/a/{n}>Minister number {n} resigns after a scandal over lunch</a></li>"
        for n in range(60)
    )
    + "</ul></aside>"
)
LIST = (
    "<html><title>World</title><body><main>"
    + "".join(
        f"<div><h3><a href=/{n}>Minister number {n} meets others in the capital</a></h3><p>He came with number {n}</p></div>"
        for n in range(60)
    )
    + "</main></body></html>"
)
OTHER = html(
    [
        "Beat the butter and the sugar until they are pale, then add flour. " * 4,
        "Bake for an hour until golden brown, and serve with cream. " * 4,
    ]
).replace(TITLE, "Apple pie as grandmother made it")

PAGES: dict[str, Page] = {
    "plain": Page(ok(GOOD)),
    "no type": Page((200, {}, GOOD.encode())),
    "xhtml": Page(
        ok(
            "<?xml version='1.0'?>"
            + GOOD.replace("<html", "<html xmlns='http://www.w3.org/1999/xhtml'"),
            "application/xhtml+xml",
        )
    ),
    "with comments": Page(ok(html(PARAGRAPHS, after=COMMENTS)), lacks="dear sir"),
    "with teasers": Page(ok(html(PARAGRAPHS, after=ASIDE)), lacks="scandal"),
    "with a consent dialogue": Page(
        ok(html(PARAGRAPHS, before=COOKIES)), lacks="842 partners"
    ),
    "with scripts": Page(
        ok(
            html(PARAGRAPHS, before="<script>" + "x='<p>no</p>';" * 9_000 + "</script>")
        ),
        lacks="x=",
    ),
    "without an article element": Page(ok(GOOD.replace("article>", "div>"))),
    "in a table": Page(
        ok(
            GOOD.replace("<main>", "<table><tr><td>").replace(
                "</main>", "</td></tr></table>"
            )
        )
    ),
    "cut off": Page(ok(GOOD[: GOOD.index("</article>")])),
    "gzip": Page(ok(gzip.compress(GOOD.encode()), Content_Encoding="gzip")),
    "brotli": Page(ok(brotli.compress(GOOD.encode()), Content_Encoding="br")),
    "called gzip": fails(
        "page-failed|page-", ok(GOOD, Content_Encoding="gzip"), tries=2
    ),
    "windows-1251 by its meta": Page(
        ok(html(RUSSIAN, "<meta charset=windows-1251>").encode("cp1251")),
        RUSSIAN[4].strip(),
    ),
    "windows-1251 by the header": Page(
        ok(html(RUSSIAN).encode("cp1251"), "text/html; charset=windows-1251"),
        RUSSIAN[4].strip(),
    ),
    "shift_jis by its meta": Page(
        ok(
            html(
                JAPANESE,
                "<meta http-equiv=content-type content='text/html; charset=shift_jis'>",
            ).encode("cp932")
        ),
        JAPANESE[4],
    ),
    "utf-8 called latin-1": Page(
        ok(html(RUSSIAN), "text/html; charset=iso-8859-1"), RUSSIAN[4].strip()
    ),
    "latin-1 called utf-8": Page(
        ok(
            html(
                [*PARAGRAPHS, "Le président a été reçu à l'Élysée par le ministre."]
            ).encode("latin-1"),
            "text/html; charset=utf-8",
        ),
        "Le président a été reçu à l'Élysée",
    ),
    "utf-16": Page(ok(GOOD.encode("utf-16"))),
    "one bad byte": Page(
        ok(html(RUSSIAN).encode().replace(b"</h1>", b"\xff</h1>")), RUSSIAN[4].strip()
    ),
    "nul bytes": Page(ok(GOOD.encode().replace(b"<p>", b"<p>\0"))),
    "reference to no character": Page(
        ok(GOOD.replace("noon", "n&#8;oon").replace("left", "l&#xFFFF;eft", 1))
    ),
    "reference beyond unicode": Page(ok(GOOD.replace("noon", "n&#99999999999;oon"))),
    "external entity": Page(
        ok(
            "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + GOOD.replace(LAST, LAST + "&x;")
        ),
        lacks="root:",
    ),
    "redirected": Page(
        lambda path: ok(GOOD) if path == "/new" else (302, {"Location": "/new"}, b"")
    ),
    "busy once": Page(turning((503, {}, b""), ok(GOOD)), tries=2),
    "text repeated 30 times": Page(ok(html(PARAGRAPHS * 30))),
    "date in the page alone": Page(
        ok(
            html(
                PARAGRAPHS,
                "<meta property='article:published_time' content='2026-03-04T10:00:00+01:00'>",
            )
        )
    ),
    "author in the text": Page(ok(html(["By Jane Doe", *PARAGRAPHS]))),
    # what is not to be taken
    "empty": fails("page-empty", ok("")),
    "no text": fails("page-empty|page-", ok("<html><body></body></html>")),
    "pdf": fails("no page but application/pdf", ok("%PDF-1.7", "application/pdf")),
    "pdf called html": fails("page-empty", ok("%PDF-1.7 x")),
    "png": fails(
        "no page but image/png", ok(b"\x89PNG" + bytes(range(256)), "image/png")
    ),
    "png called html": fails("page-", ok(b"\x89PNG" + bytes(range(256)) * 20)),
    "video": fails("no page but video/mp4", ok(b"\0" * 2_000, "video/mp4")),
    "json": fails("page-", ok(json.dumps({"text": "They met."}), "application/json")),
    "consent page": fails(
        "page-wall: consent page",
        ok(f"<html><title>Before you continue</title><body>{COOKIES}</body></html>"),
    ),
    "challenge": fails(
        "page-wall: Cloudflare",
        ok(
            "<html><title>Just a moment...</title><body><p>Verify that you are human by completing the action below.</p></body></html>"
        ),
    ),
    "challenge with 403": fails(
        "bot wall: Cloudflare", (403, {"cf-mitigated": "challenge"}, b"x")
    ),
    "javascript wall": fails(
        "page-",
        ok(
            "<html><body><p>You need to enable JavaScript to run this app and read the news.</p></body></html>"
        ),
    ),
    "paywall stub": fails(
        "page-wall",
        ok(
            html(
                [
                    SENTENCE + "Subscribe to continue reading this report about them.",
                    "Already a subscriber? Log in to read it here today.",
                ]
            )
        ),
    ),
    "soft 404": fails(
        "page-wall",
        ok(
            html(
                [
                    "Sorry, the page you are looking for is no longer available on this site."
                ]
            )
        ),
    ),
    "front page": fails("page-empty|page-list", ok(LIST)),
    "another article": fails("page-about-else", ok(OTHER)),
    "teaser alone": fails("page-", ok(html(["They met."]))),
    "newsletter alone": fails(
        "page-",
        ok(
            html(
                [
                    "Sign up for our newsletter and get the news of the day.",
                    "Advertisement",
                ]
            )
        ),
    ),
    "404": fails(": 404", (404, {}, GOOD.encode())),
    "410": fails(": 410", (410, {}, b"")),
    "500 for ever": fails(": 500", (500, {}, GOOD.encode()), tries=3),
    "429 for an hour": fails(": 429", (429, {"Retry-After": "3600"}, b"")),
    "6 MB": fails("more than 5,000,000 bytes", ok(html(PARAGRAPHS * 8_000))),
    "bomb": fails(
        "more than 5,000,000 bytes",
        ok(gzip.compress(b"<p>" * 9_000_000), Content_Encoding="gzip"),
    ),
    "4 MB of paragraphs": Page(
        ok(html([f"{SENTENCE}Number {n}." for n in range(40_000)] + [LAST])),
        "customs house",
        "|page-failed: choose_text hung",
    ),
    "100,000 levels": fails("page-", ok("<div>" * 100_000 + SENTENCE)),
    "100,000 attributes": fails(
        "page-failed: choose_text hung|page-",
        ok(
            "<div " + " ".join(f"a{n}=1" for n in range(100_000)) + f">{SENTENCE}</div>"
        ),
    ),
    "200,000 links": fails("page-empty", ok("<p>" + "<a href=/>x</a>" * 200_000)),
    "a paragraph of 4 MB": fails("page-|hung", ok("<p>" + "x" * 4_000_000)),
    "redirect inside": fails(
        "10.0.0.1, which is closed", (302, {"Location": "http://10.0.0.1/"}, b"")
    ),
    "redirect to the metadata": fails(
        "169.254.169.254, which is closed",
        (302, {"Location": "http://169.254.169.254/latest"}, b""),
    ),
    "redirects without end": fails(
        "more than 8 redirects", lambda path: (302, {"Location": path + "x"}, b"")
    ),
    "a byte now and then": fails("time-out", Raw(drip), tries=3),
    "robots say no": fails(
        "robots.txt disallows it",
        ok(GOOD),
        robots=ok("User-agent: *\nDisallow: /", "text/plain"),
        tries=0,
    ),
    "robots say no to us": fails(
        "robots.txt disallows it",
        ok(GOOD),
        robots=ok(
            "User-agent: samestory-tests\nDisallow: /a\n\nUser-agent: *\nAllow: /",
            "text/plain",
        ),
        tries=0,
    ),
    "robots say no to others": Page(
        ok(GOOD),
        robots=ok(
            "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private",
            "text/plain",
        ),
    ),
    "robots by pattern": fails(
        "robots.txt disallows it",
        ok(GOOD),
        robots=ok("User-agent: *\nDisallow: /*tory$\nAllow: /b", "text/plain"),
        tries=0,
    ),
    "robots are a page": Page(ok(GOOD), robots=ok("<html>Not here</html>")),
    "robots forbid the target": fails(
        "robots.txt disallows it",
        lambda path: (
            ok(GOOD) if path == "/private/x" else (302, {"Location": "/private/x"}, b"")
        ),
        robots=ok("User-agent: *\nDisallow: /private", "text/plain"),
    ),
    "robots fail": fails("robots.txt: 500", ok(GOOD), robots=(500, {}, b""), tries=0),
    "robots are refused": Page(ok(GOOD), robots=(403, {}, b"")),
    "robots are hostile": Page(
        ok(GOOD),
        robots=ok(
            "".join(f"User-agent: a{n}\n" for n in range(9_000))
            + "Disallow: /x\n" * 9_000,
            "text/plain",
        ),
        lost="is_allowed hung|is_allowed failed",
    ),
}
