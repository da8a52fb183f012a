"""Feeds and pages that are broken or hostile: each is named, the rest goes on."""

import gzip
import json

import pytest

from tests.conftest import serve
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]

ITEM = "<item><title>{0}</title><link>{1}</link><description>{2}</description></item>"
PAGE = "<html><body><article><h1>T</h1><p>{}</p></article></body></html>"
TEXT = "The envoys met in the old customs house and spoke until late at night. " * 6
# One tag with many attributes: quadratic, 39 s in feedparser; the sandbox ends it.
HANG = b"<rss><channel><item %b><title>x</title></item></channel></rss>" % b" ".join(
    b"a%d='x'" % n for n in range(60_000)
)


def rss(*items: str) -> bytes:
    body = "".join(items)
    return (
        f"<rss version='2.0'><channel><title>F</title>{body}</channel></rss>".encode()
    )


def answers() -> dict[str, tuple[int, dict[str, str], bytes]]:
    good = ITEM.format("Good", "/page/good", "A good summary of the talks.")
    pages = ("empty", "gone", "closed", "bomb", "binary")
    return {
        "/feed/good": (200, {}, rss(good)),
        "/feed/html": (200, {}, b"<!doctype html><html><body>Login</body></html>"),
        "/feed/empty": (200, {}, b""),
        "/feed/truncated": (
            200,
            {},
            rss(ITEM.format("Cut", "/page/cut", "Cut off."))[:-30],
        ),
        "/feed/huge": (200, {}, b"<rss>" + b" " * 10_000_001),
        "/feed/bomb": (
            200,
            {"Content-Encoding": "gzip"},
            gzip.compress(b"0" * 50_000_000),
        ),
        "/feed/gone": (410, {}, b""),
        "/feed/killer": (200, {}, HANG),
        "/feed/pages": (
            200,
            {},
            rss(
                *(
                    ITEM.format(n, f"/page/{n}", f"What the feed says of {n}.")
                    for n in pages
                ),
                "<item><guid isPermaLink='false'>nothing</guid></item>",
                ITEM.format("Inside", "http://10.0.0.1/x", "A link into the house."),
            ),
        ),
        "/page/good": (200, {}, PAGE.format(TEXT).encode()),
        "/page/cut": (200, {}, PAGE.format(TEXT).encode()),
        "/page/empty": (200, {}, b""),
        "/page/closed": (302, {"Location": "http://169.254.169.254/latest"}, b""),
        "/page/bomb": (
            200,
            {"Content-Encoding": "gzip"},
            gzip.compress(b"0" * 9_000_000),
        ),
        "/page/binary": (200, {}, bytes(range(256)) * 50),
    }


def test_bad_feeds_and_pages_are_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    """Every entry becomes a story, or a line that says why not."""
    monkeypatch.setenv("SAMESTORY_PARSE_TIMEOUT", "4")
    table: dict = {}

    def answer(path, _):
        return table.get(path, (404, {}, b"not here"))

    run = Run(tmp_path)
    with serve(answer) as base:
        table |= answers()
        feeds = [f"{base}{path}" for path in table if path.startswith("/feed/")]
        options = [part for feed in feeds for part in ("--feed", feed)]
        _, said = run("run", *options, "--until-idle", *LOCAL)
    outcomes = {f["url"].rsplit("/", 1)[1]: f for f in run.rows("feeds", "list")}
    for name, says in {
        "html": "an HTML page, not a feed",
        "empty": "empty body",
        "huge": "more than 10,000,000 bytes",
        "bomb": "more than 10,000,000 bytes",
        "gone": "410",
        "killer": "parse_feed hung for 4 s",
    }.items():
        assert says in outcomes[name]["status"], outcomes[name]
        assert outcomes[name]["failures"] == 1
        assert f"/feed/{name}" in said
    assert "damaged" in outcomes["truncated"]["status"]
    stories = {s["title"]: s for s in run.rows("stories")}
    assert stories["Good"]["text_from"] == stories["Cut"]["text_from"] == "page"
    for name, why in {
        "empty": "page-empty",
        "gone": "404",
        "closed": "169.254.169.254, which is closed",
        "bomb": "more than 5,000,000 bytes",
        "binary": "page-",
        "Inside": "10.0.0.1, which is closed",
    }.items():
        story = stories[name]
        assert story["text_from"] == "feed", story
        assert why in " ".join(story["flags"]), story["flags"]
    assert len(stories) == 8
    (status,) = run.rows("status")
    assert status["pages"]["refused"] == 1
    reasons = json.dumps(status["quarantine"]["latest"])
    assert status["quarantine"]["by_stage"] == {"ingest": 7}, reasons
