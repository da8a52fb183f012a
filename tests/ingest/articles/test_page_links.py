"""Where a page says that its report is, and goes on."""

import pytest
from lxml import etree

from samestory.ingest.articles.page_links import links_of

URL = "https://a.org/2026/grain.html"


def links(*hrefs, url=URL, head="", first=""):
    anchors = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    page = f"<html><head>{head}</head><body>{anchors}</body></html>"
    return links_of(etree.HTML(page), url, first)


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("?page=2", URL),
        ("/2026/grain-2.html", URL),
        ("/2026/grain,2.html", URL),
        ("/2026/grain/2", "https://a.org/2026/grain"),
        ("/2026/grain/page/2/", "https://a.org/2026/grain/"),
        ("/2026/grain/seite-2", "https://a.org/2026/grain"),
        ("/view?id=41&pagina=2", "https://a.org/view?id=41"),
    ],
)
def test_the_next_page_is_the_same_address_with_a_number(href, url):
    """As publishers count them."""
    assert links(href, url=url).after(1).endswith(href)


@pytest.mark.parametrize(
    "href",
    [
        "/2026/wheat-2.html",
        "https://b.org/2026/grain-2.html",
        "/2026/grain.html",
        "/2026/grain-2026.html",
        "/2026/grain-1.html",
        "?page=2#comments",
        "/view?id=42",
        "javascript:next(2)",
    ],
)
def test_another_report_is_not_the_next_page(href):
    """Blogs link to the next report as rel=next."""
    assert links(href).after(1) == ""


def test_a_report_that_ends_in_a_number_is_not_followed_by_the_next_one():
    """Its number is its name."""
    assert links("/news/grain-13", url="https://a.org/news/grain-12").following == ()


def test_a_later_page_names_the_one_behind_it():
    """Counted from the first page's address."""
    found = links("?page=1", "?page=2", "?page=3", url=f"{URL}?page=2", first=URL)
    assert found.after(2) == f"{URL}?page=3"
    assert found.after(3) == ""


@pytest.mark.parametrize(
    "href", ["/a/komplettansicht", "/a?page=all", "/a?singlepage=1", "/a/print"]
)
def test_a_report_on_one_page_is_found(href):
    """For those who want to read it there."""
    assert links(href, url="https://a.org/a").whole == f"https://a.org{href}"
    assert links(href, url="https://a.org/b").whole == ""


def test_the_address_that_a_page_says_to_have():
    """The first one, whole."""
    head = '<base href="https://a.org/x/"><link rel=canonical href="grain">'
    assert links(head=head).canonical == "https://a.org/x/grain"
    assert links().canonical == ""
