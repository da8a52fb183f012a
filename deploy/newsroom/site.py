"""What an outlet serves: its feed in one of four forms, pages in four templates."""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Final

from samestory.deploy.newsroom.outlets import Outlet
from samestory.deploy.newsroom.reports import Report

_NAV: Final = (
    "<nav><ul><li><a href='/'>Home</a></li><li><a href='/world'>World</a></li>"
    "<li><a href='/politics'>Politics</a></li><li><a href='/sport'>Sport</a></li>"
    "<li><a href='/weather'>Weather</a></li></ul></nav>"
)
_COOKIES: Final = (
    "<div class='cookie-banner' role='dialog'><p>We and our 212 partners value your"
    " privacy. By clicking Accept you let us store cookies on your device to measure"
    " audiences and show you advertising.</p><button>Accept</button></div>"
)
_FOOTER: Final = "<footer><p>All rights reserved. Contact, imprint.</p></footer>"


def feed_of(outlet: Outlet, reports: Sequence[Report], base: str) -> tuple[str, bytes]:
    """Return (content type, body) of the outlet's feed, newest first."""
    newest = sorted(reports, key=lambda r: r.published, reverse=True)
    match outlet.feed:
        case "json":
            return "application/feed+json", _json(outlet, newest, base)
        case "atom":
            return "application/atom+xml", _atom(outlet, newest, base)
        case kind:
            return "application/rss+xml", _rss(outlet, newest, base, kind)


def _rss(outlet: Outlet, reports: Sequence[Report], base: str, kind: str) -> bytes:
    rows = []
    for r in reports:
        full = "".join(f"<p>{escape(p)}</p>" for p in r.paragraphs)
        content = (
            f"<content:encoded><![CDATA[{full}]]></content:encoded>"
            if kind == "rss-full"
            else ""
        )
        rows.append(
            f"<item><title>{escape(r.title)}</title>"
            f"<link>{base}{r.path}?utm_source=rss</link>"
            f"<guid isPermaLink='false'>{r.path}</guid>"
            f"<pubDate>{format_datetime(r.published)}</pubDate>"
            f"<description>{escape(r.summary)}</description>{content}</item>"
        )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        f"<title>{escape(outlet.name)}</title><link>{base}/</link>"
        f"<description>News</description><language>{outlet.lang}</language>"
        f"{''.join(rows)}"
        "</channel></rss>"
    ).encode()


def _atom(outlet: Outlet, reports: Sequence[Report], base: str) -> bytes:
    rows = "".join(
        f"<entry><id>urn:{r.path}</id><title>{escape(r.title)}</title>"
        f"<link rel='alternate' href='{r.path}'/>"
        f"<published>{r.published.isoformat()}</published>"
        f"<updated>{r.published.isoformat()}</updated>"
        f"<summary>{escape(r.summary)}</summary></entry>"
        for r in reports
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{outlet.lang}'"
        f" xml:base='{base}/'>"
        f"<id>{base}/</id><title>{escape(outlet.name)}</title>{rows}</feed>"
    ).encode()


def _json(outlet: Outlet, reports: Sequence[Report], base: str) -> bytes:
    items = [
        {
            "id": r.path,
            "url": base + r.path,
            "title": r.title,
            "summary": r.summary,
            "date_published": r.published.isoformat(),
        }
        for r in reports
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": outlet.name}
    return json.dumps({**head, "language": outlet.lang, "items": items}).encode()


def page_of(report: Report, others: Sequence[Report]) -> bytes:
    """Return a report's page in the outlet's template.

    Args:
        report: what the page tells.
        others: reports of the same outlet, for its list of related links.
    """
    near = sorted(
        (r for r in others if r is not report),
        key=lambda r: abs(r.published - report.published),
    )[:5]
    links = "".join(f"<li><a href='{r.path}'>{escape(r.title)}</a></li>" for r in near)
    body = _TEMPLATES[report.outlet.page](report, links)
    head = (
        f"<!doctype html><html lang='{report.outlet.lang}'><head>"
        "<meta charset='utf-8'>"
        f"<title>{escape(report.title)} | {escape(report.outlet.name)}</title></head>"
    )
    return f"{head}<body>{body}</body></html>".encode()


def _paragraphs(report: Report, tag: str = "p") -> str:
    return "".join(f"<{tag}>{escape(p)}</{tag}>" for p in report.paragraphs)


def _plain(report: Report, links: str) -> str:
    return (
        f"{_NAV}<main><article><h1>{escape(report.title)}</h1>"
        f"<time datetime='{report.published.isoformat()}'></time>"
        f"{_paragraphs(report)}</article></main>"
        f"<aside><h2>Latest</h2><ul>{links}</ul></aside>{_FOOTER}"
    )


def _portal(report: Report, links: str) -> str:
    return (
        f"{_COOKIES}<header>{_NAV}</header><div id='content'><div class='breadcrumb'>"
        f"<a href='/'>Home</a> &gt; <a href='/world'>World</a></div>"
        f"<h1 class='headline'>{escape(report.title)}</h1>"
        f"<div class='article-body'>{_paragraphs(report)}</div>"
        f"<div class='related-links'><h3>Related</h3><ul>{links}</ul></div></div>"
        f"<div class='newsletter'><p>Get our newsletter.</p></div>{_FOOTER}"
    )


def _broadsheet(report: Report, links: str) -> str:
    return (
        f"{_NAV}<section class='story'><header><h1>{escape(report.title)}</h1>"
        "<p class='byline'>From our own correspondent</p></header>"
        f"<div class='story-body'>{_paragraphs(report)}</div></section>"
        f"<section class='more'><h2>More like this</h2><ul>{links}</ul></section>"
        f"{_COOKIES}{_FOOTER}"
    )


def _tabloid(report: Report, links: str) -> str:
    return (
        f"{_COOKIES}<table><tr><td>{_NAV}</td><td><div class='post'>"
        f"<h1>{escape(report.title)}</h1><div class='share'><a href='#'>Share</a>"
        f" <a href='#'>Tweet</a></div><div class='text'>{_paragraphs(report)}</div>"
        f"</div></td><td><h4>Don't miss</h4><ul>{links}</ul></td></tr></table>{_FOOTER}"
    )


_TEMPLATES: Final = {
    "plain": _plain,
    "portal": _portal,
    "broadsheet": _broadsheet,
    "tabloid": _tabloid,
}
