"""Feeds as they should not be: name -> (what is served, what has to come of it)."""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

import brotli
from backports import zstd

from tests.publishers import Answer, Raw

RUSSIAN = "Переговоры в Женеве продолжаются"
JAPANESE = "外務大臣は水曜日に新しい制裁について話した"
OK = "1 new of 1"


@dataclass(frozen=True)
class Feed:
    """What a site answers, and what a person must see of it.

    Attributes:
        answer: of every path.
        titles: of the stories that come of it.
        status: a pattern that the feed's status has.
        story: a field of the first story, and what it has to be.
        lost: a pattern of the status that a slow machine may give instead, without the
            stories: a parser's time was up; "" where that is no excuse.
    """

    answer: Answer | Raw | Callable[[str], Answer | Raw]
    titles: tuple[str, ...] = ()
    status: str = OK
    story: tuple[str, object] | None = None
    lost: str = ""


def item(title: str = "Talks", more: str = "", summary: str = "They met.") -> str:
    return (
        f"<item><title>{title}</title><description>{summary}</description>{more}</item>"
    )


def rss(*items: str, head: str = "", prolog: str = "", attributes: str = "") -> str:
    return (
        f"{prolog}<rss version='2.0' {attributes}><channel><title>F</title>{head}"
        f"{''.join(items)}</channel></rss>"
    )


def ok(body: str | bytes, kind: str = "application/rss+xml", **headers: str) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"Content-Type": kind} | named, data


def read(body: str | bytes, *titles: str, **changes: object) -> Feed:
    """A feed that has to be read, one story "Talks" in it unless said otherwise."""
    found = titles or ("Talks",)
    status = changes.pop("status", f"{len(found)} new of {len(found)}")
    kind = str(changes.pop("kind", "application/rss+xml"))
    return Feed(ok(body, kind), found, str(status), **changes)


def dated(date: str, expected: str | None, quality: str = "exact") -> Feed:
    """A feed whose only story has this date, and how it has to be understood."""
    value = ("dated", (expected, quality))
    return read(rss(item(more=f"<pubDate>{date}</pubDate>")), story=value)


def linked(link: str, expected: str | None, **changes: object) -> Feed:
    """A feed whose only story has this link, and what it has to become."""
    body = rss(item(more=f"<link>{link}</link>"))
    return read(body, story=("path", expected), **changes)


def says(status: str, answer: Answer | Raw | Callable[[str], Answer | Raw]) -> Feed:
    """A feed that can't be read, and what has to be said of it."""
    return Feed(answer, (), status)


def page(title: str, body: str = "") -> Answer:
    return ok(f"<!doctype html><html><title>{title}</title>{body}</html>", "text/html")


def labelled(
    encoding: str, title: str, label: str | None = None, before: str = ""
) -> bytes:
    """A feed in an encoding, under its own label or another."""
    prolog = f"{before}<?xml version='1.0' encoding='{label or encoding}'?>"
    return rss(item(title, summary=title * 4), prolog=prolog).encode(encoding)


def drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss>"
    for _ in range(60):
        time.sleep(0.1)
        yield b" "


def silence() -> Iterator[bytes]:
    time.sleep(6)
    yield b"HTTP/1.1 200 OK\r\n\r\n"


def redirects(path: str) -> Answer:
    """Each path leads on to a longer one."""
    return 302, {"Location": path + "x"}, b""


def by_path(**answers: Answer) -> Callable[[str], Answer]:
    """Answer by the first word of a path."""
    return lambda path: answers.get(
        path.strip("/").split("?")[0] or "root", (404, {}, b"")
    )


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" {0}><title>F</title><entry>
<id>urn:1</id><title>Talks</title><summary>They met.</summary>{1}</entry></feed>"""
RDF = """<rdf:RDF xmlns="http://purl.org/rss/1.0/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="x">
<title>F</title></channel><item rdf:about="urn:1"><title>Talks</title>
<description>They met.</description></item></rdf:RDF>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{0}</loc><n:news>
<n:title>Talks</n:title></n:news></url></urlset>"""
LAUGHS = (
    "<!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
XXE = "<!DOCTYPE r [<!ENTITY x SYSTEM '{0}'>]>"
MANY = rss(
    *(item(f"Story {n}", f"<guid isPermaLink='false'>{n}</guid>") for n in range(2_500))
)
DEEP = rss(item("Talks", "<b>" * 100_000))
WALL = "Checking your browser before you access the news"

PARSED: dict[str, Feed] = {
    "rss": read(rss(item())),
    "rss 0.91": read(rss(item()).replace("2.0", "0.91")),
    "rss without a version": read(rss(item()).replace("version='2.0'", "")),
    "rdf": read(RDF),
    "atom": read(ATOM.format("", "")),
    "atom 0.3": read(
        ATOM.format("version='0.3'", "").replace(
            "www.w3.org/2005/Atom", "purl.org/atom/ns#"
        )
    ),
    "atom with a prefix": read(
        "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:title>F</a:title><a:entry>"
        "<a:id>1</a:id><a:title>Talks</a:title></a:entry></a:feed>"
    ),
    "json feed": read(
        json.dumps({"title": "F", "items": [{"id": 1, "title": "Talks"}]}),
        kind="application/json",
    ),
    "json feed with odd items": read(
        json.dumps(
            {
                "items": [
                    None,
                    3,
                    "x",
                    {
                        "id": {"a": 1},
                        "title": "Talks",
                        "url": ["x"],
                        "authors": "me",
                        "language": 7,
                    },
                ]
            }
        ),
        status="1 new of 1, 3 left out",
    ),
    "news sitemap": read(SITEMAP.format("http://127.9.9.9:9/news")),
    "no entries": Feed(ok(rss()), (), "0 new of 0"),
    "type says html": read(rss(item()), kind="text/html"),
    "type says octets": read(rss(item()), kind="application/octet-stream"),
    "no type": Feed((200, {}, rss(item()).encode()), ("Talks",)),
    "html in the title": read(
        rss(item("&lt;b&gt;Talks&lt;/b&gt; &amp;amp; more")), "Talks & more"
    ),
    "title in cdata": read(
        rss(item("<![CDATA[ <i>Talks</i>\n\n go on ]]>")), "Talks go on"
    ),
    "script in the summary": read(
        rss(
            item(
                summary="&lt;script&gt;alert(1)&lt;/script&gt;They met.&lt;!-- no --&gt;"
            )
        ),
        story=("text", "They met."),
    ),
    "no title": read(rss("<item><description>They met.</description></item>"), ""),
    "nothing in an entry": Feed(
        ok(rss("<item><guid isPermaLink='false'>1</guid></item>")), (), "0 new of 1"
    ),
    "emoji in halves": read(rss(item("Talks &#55357;&#56842;"))),
    "direction marks": read(rss(item("Talks\u202e\u0000".replace("\0", ""))), "Talks"),
    "a very long title": read(
        rss(item("Talks " * 10_000)), ("Talks " * 10_000)[:500].strip()
    ),
    "author": read(
        rss(item(more="<author>x@y.org (Jane Doe)</author>")),
        story=("byline", "Jane Doe"),
    ),
    "publisher in source": read(
        rss(
            item(
                "Talks in Geneva fail - BBC News",
                "<source url='https://www.bbc.co.uk'>BBC News</source>",
            )
        ),
        "Talks in Geneva fail - BBC News",
        story=("outlet", "F"),
    ),
    "google news": read(
        rss(
            item(
                "Talks in Geneva fail - Reuters",
                "<link>https://news.google.com/rss/articles/CBMi</link><source url='https://www.reuters.com'>Reuters</source>",
            )
        ),
        "Talks in Geneva fail - Reuters",
        story=("attribution", "F (of news.google.com)"),
    ),
}
BROKEN: dict[str, Feed] = {
    "cut off": read(rss(item())[:-16], status=r"1 new of 1.*damaged"),
    "cut off in an entry": read(
        rss(item(), item("Second"))[:-50],
        "Talks",
        "Second",
        status="2 new of 2, damaged",
    ),
    "php warning before it": read(
        "<br />\n<b>Warning</b>: fopen() failed in x.php\n<?xml version='1.0'?>"
        + rss(item())
    ),
    "blank lines before it": read(
        "\n\n \t" + rss(item(), prolog="<?xml version='1.0'?>")
    ),
    "comment before it": read("<!-- cached " + "x" * 900 + " -->" + rss(item())),
    "bom and spaces": read(b"\xef\xbb\xbf  \n" + rss(item()).encode()),
    "two boms": read(b"\xef\xbb\xbf\xef\xbb\xbf" + rss(item()).encode()),
    "nul bytes": read(rss(item()).encode().replace(b"They", b"Th\0ey"), status=OK),
    "control bytes": read(rss(item("Ta\x08lks")).encode(), "Ta lks", status=OK),
    "bare ampersand": read(rss(item("Fish & Talks")), "Fish & Talks", status=OK),
    "html entities": read(
        rss(item("Talks&nbsp;&mdash;&eacute;")), "Talks —é", status=OK
    ),
    "mismatched tags": read(rss(item("Talks", "<b><i>x</b></i>")), status=OK),
    "attributes without quotes": read(rss(item()).replace("'2.0'", "2.0"), status=OK),
    "unclosed cdata": Feed(ok(rss(item("<![CDATA[Talks"))), (), "new of|beyond repair"),
    "two documents": read(rss(item()) + rss(item("Second")), "Talks", "Second"),
    "upper case": read(
        rss(item()).upper().replace("TALKS", "Talks"), status="1 new of 1"
    ),
    "text behind it": read(
        rss(item()) + "\n<!-- 0.2 s -->\n<script>x()</script>", status=OK
    ),
    "entry outside the channel": read(
        "<rss version='2.0'><channel><title>F</title></channel>" + item() + "</rss>"
    ),
    "unknown prefix": read(
        rss(item(more="<media:content url='x'/><dc:creator>J</dc:creator>")), status=OK
    ),
}
CHARSETS: dict[str, Feed] = {
    "utf-16 with a mark": read(labelled("utf-16", RUSSIAN), RUSSIAN),
    "utf-16 without": read(labelled("utf-16-le", RUSSIAN, "utf-16"), RUSSIAN),
    "utf-16 big end": read(labelled("utf-16-be", RUSSIAN, "utf-8"), RUSSIAN),
    "windows-1251": read(labelled("windows-1251", RUSSIAN), RUSSIAN),
    "windows-1251 behind a line": read(
        labelled("windows-1251", RUSSIAN, before="\n"), RUSSIAN
    ),
    "utf-8 called windows-1251": read(
        labelled("utf-8", RUSSIAN, "windows-1251"), RUSSIAN
    ),
    "utf-8 called ascii in the header": read(
        labelled("utf-8", RUSSIAN), RUSSIAN, kind="text/xml; charset=us-ascii"
    ),
    "koi8-r without a label": read(
        rss(item(RUSSIAN, summary=RUSSIAN * 4)).encode("koi8-r"), RUSSIAN
    ),
    "latin-1 called utf-8": read(
        labelled("iso-8859-1", "Le président à Genève", "utf-8"),
        "Le président à Genève",
    ),
    "shift_jis in the header alone": read(
        rss(item(JAPANESE)).encode("shift_jis"),
        JAPANESE,
        kind="text/xml; charset=Shift_JIS",
    ),
    "euc-kr": read(
        labelled("euc-kr", "외교부 장관은 수요일 새로운 제재에"),
        "외교부 장관은 수요일 새로운 제재에",
    ),
    "gb2312 that is gbk": read(
        labelled("gbk", "外交部发言人镕表示", "gb2312"), "外交部发言人镕表示"
    ),
    "one bad byte": read(
        labelled("utf-8", RUSSIAN).replace(b"</desc", b"\xff</desc"), RUSSIAN
    ),
    "cut inside a letter": read(
        labelled("utf-8", RUSSIAN)[:-40] + b"\xd0", RUSSIAN, status="1 new of 1"
    ),
    "charset that is none": read(labelled("utf-8", RUSSIAN, "klingon-8"), RUSSIAN),
    "charset of no text": read(labelled("utf-8", RUSSIAN, "zlib"), RUSSIAN),
    "latin-1 with smart quotes": read(
        labelled("cp1252", "“Talks” – again", "iso-8859-1"), "“Talks” – again"
    ),
}
HOSTILE: dict[str, Feed] = {
    "reference of 5,000 digits": read(
        rss(item("Talks", summary="&amp;#" + "9" * 5_000), item("Second")),
        "Talks",
        "Second",
    ),
    "billion laughs": read(
        rss(item("Talks", summary="&i;"), prolog=LAUGHS), status="1 new of 1"
    ),
    "quadratic blow-up": read(
        rss(
            item("Talks", summary="&a;" * 20_000),
            prolog="<!DOCTYPE l [<!ENTITY a '" + "x" * 20_000 + "'>]>",
        ),
        status="1 new of 1",
    ),
    "file as an entity": read(
        rss(item("Talks", summary="&x;"), prolog=XXE.format("file:///etc/passwd")),
        story=("without", "root:"),
        status="1 new of 1",
    ),
    "url as an entity": read(
        rss(item("Talks", summary="&x;"), prolog=XXE.format("http://169.254.169.254/")),
        status="1 new of 1",
    ),
    "external dtd": read(
        rss(item(), prolog="<!DOCTYPE rss SYSTEM 'file:///etc/passwd'>"),
        status="1 new of 1",
    ),
    "reference beyond unicode": read(
        rss(item("Talks &#1114112;&#99999999999999;&#xFFFFFFFFF;")),
        "Talks",
        status="1 new of 1",
    ),
    "half a surrogate": read(rss(item("Talks &#xD800;")), status="1 new of 1"),
    "60,000 attributes": read(
        rss(item()).replace(
            "<item>", "<item " + " ".join(f"a{n}='x'" for n in range(60_000)) + ">"
        ),
        lost="parse_feed hung for 10 s",
    ),
    "author without end": read(
        rss(item(more="<author>" + "a." * 30_000 + "</author>")),
        lost="parse_feed hung for 10 s",
    ),
    "100,000 levels": Feed(
        ok(DEEP),
        ("Talks",),
        "1 new of 1, damaged: (parse_feed hung|.*mismatched)",
        lost="parse_feed hung for 10 s",
    ),
    "stray tag of an image": read(rss(item(more="</width>")), status="1 new of 1"),
    "map out of place": read(
        rss(
            item(
                more="<gml:posList xmlns:gml='http://www.opengis.net/gml'>1 2</gml:posList>"
            )
        ),
        status="1 new of 1",
    ),
    "licence out of place": read(
        rss(
            item(more="</creativeCommons:license>"),
            attributes="xmlns:creativeCommons='http://backend.userland.com/creativeCommonsRssModule'",
        ),
        status="1 new of 1",
    ),
    "2,500 entries": Feed(
        ok(MANY),
        tuple(f"Story {n}" for n in range(2_000)),
        "2000 new of 2000, 500 left out",
    ),
    "11 MB": says("more than 10,000,000 bytes", ok("<rss>" + " " * 11_000_000)),
    "gzip bomb": says(
        "more than 10,000,000 bytes",
        ok(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
    ),
    "brotli bomb": says(
        "more than 10,000,000 bytes",
        ok(brotli.compress(b" " * 50_000_000, quality=5), Content_Encoding="br"),
    ),
    "zstd bomb": says(
        "more than 10,000,000 bytes",
        ok(zstd.compress(b" " * 50_000_000), Content_Encoding="zstd"),
    ),
    "gzip in gzip": Feed(
        ok(
            gzip.compress(gzip.compress(rss(item()).encode())),
            Content_Encoding="gzip, gzip",
        ),
        ("Talks",),
    ),
    "path of a file": says("not a feed", ok("/etc/passwd", "text/plain")),
    "url as the body": says(
        "not a feed", ok("http://169.254.169.254/latest", "text/plain")
    ),
    "pickle": says(
        "not a feed",
        ok(b"\x80\x04\x95cos\nsystem\n(S'id'\ntR.", "application/octet-stream"),
    ),
    "json 100,000 deep": says(
        "JSON that can't be read", ok('{"items":' + "[" * 100_000, "application/json")
    ),
}
NOT_FEEDS: dict[str, Feed] = {
    "empty": says("empty body", ok("")),
    "blank": says("empty body", ok(" \n\t")),
    "login page": says("bot wall: login page", page("Log in | News")),
    "consent page": says("bot wall: consent page", page("Before you continue to News")),
    "challenge with 200": says("bot wall: Cloudflare", page("Just a moment...", WALL)),
    "challenge with 403": says(
        "403, bot wall: Cloudflare", (403, {"cf-mitigated": "challenge"}, b"x")
    ),
    "challenge with 503": says(
        "503, bot wall: Cloudflare", (503, {}, page("Just a moment...")[2])
    ),
    "captcha with 429": says(
        "429, bot wall: captcha", (429, {}, page("Are you a robot?")[2])
    ),
    "datadome": says(
        "403, bot wall: DataDome",
        (403, {}, b"<script src='https://geo.captcha-delivery.com/'>"),
    ),
    "access denied": says("403, bot wall: Akamai", (403, {}, page("Access Denied")[2])),
    "front page": says("an HTML page, not a feed", page("A News", "<p>Welcome</p>")),
    "domain for sale": says(
        "an HTML page, not a feed", page("a-news.example is for sale")
    ),
    "png": says(
        "not a feed", ok(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png")
    ),
    "pdf": says("not a feed", ok("%PDF-1.7 ...", "application/pdf")),
    "json without items": says(
        "no list `items`", ok('{"posts": []}', "application/json")
    ),
    "broken json": says(
        "JSON that can't be read", ok('{"items": [', "application/json")
    ),
    "opml": says(
        "not a feed",
        ok("<opml version='2.0'><body><outline xmlUrl='http://x'/></body></opml>"),
    ),
    "index of sitemaps": says(
        "an index of sitemaps.*lists http://x/1",
        ok("<sitemapindex><sitemap><loc>http://x/1</loc></sitemap></sitemapindex>"),
    ),
    "sitemap without news": says(
        "a sitemap without news",
        ok("<urlset><url><loc>http://x/1</loc></url></urlset>"),
    ),
    "xml of something": says(
        "not a feed", ok("<?xml version='1.0'?><catalog><book/></catalog>")
    ),
    "soap fault": says(
        "not a feed", ok("<soap:Envelope><soap:Fault/></soap:Envelope>")
    ),
}
SERVERS: dict[str, Feed] = {
    "404": says(": 404", (404, {}, b"")),
    "401": says(": 401", (401, {"WWW-Authenticate": "Basic"}, b"")),
    "410": says("410, gone: asked once a week", (410, {}, b"")),
    "451": says(": 451", (451, {}, b"")),
    "500": says(": 500", (500, {}, rss(item()).encode())),
    "503 until later": says(": 503", (503, {"Retry-After": "7200"}, b"")),
    "429 until a date": says(
        ": 429", (429, {"Retry-After": "Fri, 31 Dec 2999 00:00:00 GMT"}, b"")
    ),
    "204": says("empty body", (204, {}, b"")),
    "302": Feed(
        by_path(root=(302, {"Location": "/new"}, b""), new=ok(rss(item()))), ("Talks",)
    ),
    "308 and relative": Feed(
        by_path(root=(308, {"Location": "new?a=1"}, b""), new=ok(rss(item()))),
        ("Talks",),
    ),
    "redirect to itself": says("redirect to nowhere", (302, {"Location": "/"}, b"")),
    "redirects without end": says("more than 8 redirects", redirects),
    "redirect to a file": says(
        "redirect to nowhere", (302, {"Location": "file:///etc/passwd"}, b"")
    ),
    "redirect to data": says(
        "redirect to nowhere", (301, {"Location": "data:text/xml,<rss/>"}, b"")
    ),
    "redirect to the metadata": says(
        "169.254.169.254, which is closed",
        (302, {"Location": "http://169.254.169.254/x"}, b""),
    ),
    "redirect to a private network": says(
        "10.0.0.1, which is closed", (302, {"Location": "http://10.0.0.1/x"}, b"")
    ),
    "redirect to a number": says(
        "closed|cannot resolve|nowhere", (302, {"Location": "http://2852039166/x"}, b"")
    ),
    "redirect to v6 of v4": says(
        "closed", (302, {"Location": "http://[::ffff:10.0.0.1]/x"}, b"")
    ),
    "redirect without a target": says("redirect to nowhere", (302, {}, b"")),
    "a byte now and then": says("time-out", Raw(drip)),
    "silence": says("time-out", Raw(silence)),
    "closed at once": says(
        "RemoteProtocolError|ReadError|no connection", Raw(lambda: iter(()))
    ),
    "no http": says(
        "RemoteProtocolError", Raw(lambda: iter([b"SSH-2.0-OpenSSH_9.6\r\n"]))
    ),
    "shorter than it says": says(
        "RemoteProtocolError",
        Raw(lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<rss>"])),
    ),
    "length that is no number": says(
        "RemoteProtocolError|Error",
        Raw(lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n<rss>"])),
    ),
    "broken chunks": says(
        "RemoteProtocolError",
        Raw(
            lambda: iter(
                [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>"]
            )
        ),
    ),
    "no length": Feed(
        Raw(lambda: iter([b"HTTP/1.1 200 OK\r\n\r\n", rss(item()).encode()])),
        ("Talks",),
    ),
    "http 1.0": Feed(
        Raw(lambda: iter([b"HTTP/1.0 200 OK\r\n\r\n", rss(item()).encode()])),
        ("Talks",),
    ),
    "5 MB of headers": says(
        "RemoteProtocolError|Error",
        Raw(
            lambda: iter(
                [
                    b"HTTP/1.1 200 OK\r\n",
                    *repeat(b"X-A: " + b"x" * 990 + b"\r\n", 5_000),
                ]
            )
        ),
    ),
    "body without end": says(
        "more than 10,000,000 bytes|time-out",
        Raw(
            lambda: iter(
                [b"HTTP/1.1 200 OK\r\n\r\n<rss>", *repeat(b" " * 100_000, 200)]
            )
        ),
    ),
    "called gzip": says(
        "decod|header|gzip|Error", ok("<rss>", Content_Encoding="gzip")
    ),
    "raw deflate": Feed(
        ok(zlib.compress(rss(item()).encode())[2:-4], Content_Encoding="deflate"),
        ("Talks",),
    ),
    "coding that is none": Feed(ok(rss(item()), Content_Encoding="x-own"), ("Talks",)),
    "validators of no letters": Feed(
        ok(rss(item()), ETag="caf\xe9", Last_Modified="x\x7f"), ("Talks",)
    ),
}
NAMES: dict[str, Feed] = {
    "relative link": linked("/a/1", "/a/1"),
    "link without scheme": linked("//127.9.9.9:9/1", "http://127.9.9.9:9/1"),
    "link in spaces": linked("\n  /a/1  \n", "/a/1"),
    "link with a space": linked("/a/1 2", "/a/1%202"),
    "link of a script": linked("javascript:alert(1)", None),
    "link of a file": linked("file:///etc/passwd", None),
    "link of a broken host": linked("http://[bad/x", None),
    "link of a broken port": linked("http://a.org:port/x", None),
    "link of 9,000 letters": linked("/" + "x" * 9_000, None),
    "guid as the link": read(
        rss(item(more="<guid>http://127.9.9.9:9/g</guid>")),
        story=("path", "http://127.9.9.9:9/g"),
    ),
    "guid that is no link": read(
        rss(item(more="<guid isPermaLink='false'>x</guid>")), story=("path", None)
    ),
    "feedburner": read(
        rss(
            item(
                more="<link>http://127.9.9.9:9/~r/1</link><feedburner:origLink>http://127.9.9.9:9/real</feedburner:origLink>"
            ),
            attributes="xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'",
        ),
        story=("path", "http://127.9.9.9:9/real"),
    ),
    "atom base": read(
        ATOM.format("xml:base='http://127.9.9.9:9/b/'", "<link href='1'/>"),
        story=("path", "http://127.9.9.9:9/b/1"),
    ),
    "atom enclosure first": read(
        ATOM.format(
            "",
            "<link rel='enclosure' href='http://127.9.9.9:9/x.mp3'/><link rel='alternate' href='http://127.9.9.9:9/second'/>",
        ),
        story=("path", "http://127.9.9.9:9/second"),
    ),
    "one guid for all": read(
        rss(
            *(
                item(
                    f"Story {n}", f"<guid isPermaLink='false'>1</guid><link>/{n}</link>"
                )
                for n in range(3)
            )
        ),
        "Story 0",
        "Story 1",
        "Story 2",
    ),
    "neither guid nor link": read(
        rss(item("Story 0"), item("Story 1")), "Story 0", "Story 1"
    ),
    "one story twice": Feed(
        ok(
            rss(
                item("Talks", "<link>/1?utm_source=a</link>"),
                item("Talks", "<link>/1?utm_source=b#x</link>"),
            )
        ),
        ("Talks",),
        "1 new of 2, 1 told twice",
    ),
    "one link for three stories": read(
        rss(*(item(f"Story {n}", "<link>/list</link>") for n in range(3))),
        "Story 0",
        "Story 1",
        "Story 2",
    ),
    "link that differs by its query": read(
        rss(
            item("Story 1", "<link>/?p=1</link>"), item("Story 2", "<link>/?p=2</link>")
        ),
        "Story 1",
        "Story 2",
    ),
}
DATES: dict[str, Feed] = {
    "zone by name": dated("Wed, 04 Mar 2026 10:00:00 CET", "2026-03-04T09:00"),
    "zone of india": dated("Wed, 04 Mar 2026 10:00:00 IST", "2026-03-04T04:30"),
    "no zone": dated("Wed, 04 Mar 2026 10:00:00", "2026-03-04T10:00", "zone-guessed"),
    "french": dated("mer., 04 mars 2026 10:00:00 +0100", "2026-03-04T09:00"),
    "russian": dated("Ср, 4 марта 2026 10:00", "2026-03-04T10:00", "zone-guessed"),
    "seconds since 1970": dated("1772618400", "2026-03-04T10:00"),
    "far future": dated("Wed, 04 Mar 2999 10:00:00 GMT", None, "first-seen"),
    "1970": dated("Thu, 01 Jan 1970 00:00:00 GMT", None, "first-seen"),
    "year 0": dated("0000-00-00T00:00:00Z", None, "first-seen"),
    "20 digits": dated("99999999999999999999", None, "first-seen"),
    "offset of days": dated("Wed, 04 Mar 2026 10:00:00 +9999", None, "first-seen"),
    "end of the day": dated("Wed, 04 Mar 2026 24:00:00 GMT", "2026-03-04T23:59"),
    "ambiguous": dated("05/02/2026", None, "first-seen"),
    "words": dated("yesterday at noon", None, "first-seen"),
}
FEEDS: dict[str, Feed] = {
    f"{kind}: {name}": feed
    for kind, feeds in (
        ("parsed", PARSED),
        ("broken", BROKEN),
        ("charset", CHARSETS),
        ("hostile", HOSTILE),
        ("not a feed", NOT_FEEDS),
        ("server", SERVERS),
        ("name", NAMES),
        ("date", DATES),
    )
    for name, feed in feeds.items()
}
