"""HTML snippets as text."""

import pytest

from samestory.ingest.text.markup import plain_text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>One.</p><p>Two <b>bold</b>.</p>", "One.\nTwo bold."),
        ("a<script>var x = '<p>';</script>b", "a b"),
        ("a<!-- <p>hidden</p> -->b", "a b"),
        ("a<script>never closed", "a"),
        ("5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
        ("&lt;b is no tag&gt; and 1 &lt; 2", "<b is no tag> and 1 < 2"),
        ("&lt;p&gt;escaped twice&lt;/p&gt;&lt;p&gt;x", "escaped twice\nx"),
        ("the 13<sup>th</sup> of 1<span>,</span>200", "the 13th of 1,200"),
        ("Port<wbr>Callan, co&shy;oper<b>ation</b>", "PortCallan, cooperation"),
        (
            "<ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>で会談",
            "東京で会談",
        ),
        ("<td>12</td><td>34</td><section>a</section>b", "12 34\na\nb"),
        (
            "<p>One.</p><p>The post <a href='x'>One</a> appeared first on <a>Y</a>.</p>",
            "One.",
        ),
        ("<p>Eins.</p><p>Der Beitrag Eins erschien zuerst auf Blatt.</p>", "Eins."),
        ("The post office appeared first on the quay.", None),
        ("<!-- x -->İİstanbul<SCRIPT>x</SCRIPT>da", "İİstanbul da"),
    ],
)
def test_markup_becomes_text(markup, expected):
    """Tags go, entities are resolved once, paragraphs become lines."""
    assert plain_text(markup) == (markup if expected is None else expected)


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<a ", "</script", "<p", "&#"])
def test_a_hostile_snippet_takes_time_in_proportion(sandbox, piece):
    """Nothing is quadratic: half a megabyte of the worst outlives the sandbox's limit."""
    assert len(sandbox.run(plain_text, piece * (500_000 // len(piece)))) <= 500_000


def test_a_reference_of_5000_digits_is_no_character():
    """html.unescape would raise."""
    assert plain_text("a&#" + "9" * 5_000 + " b&#x" + "F" * 5_000 + ";c") == "a b c"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            (
                "&#32; submitted by &#32; <a href='u'>/u/fishfan</a> to <a href='r'>"
                "r/worldnews</a> <br/> <span><a href='x'>[link]</a></span>"
                " <span><a href='y'>[comments]</a></span>"
            ),
            "",
        ),
        (
            "<p>Envoys left.</p><br/> submitted by <a href='u'>/u/a</a> <br/> [link]",
            "Envoys left.",
        ),
        (
            (
                "<p>Article URL: <a href='x'>https://a.org/1</a></p><p>Comments URL:"
                " https://b.org/2</p><p>Points: 5</p><p># Comments: 2</p>"
            ),
            "",
        ),
        (
            "<p>The bill was submitted by /u/nobody and others, he said.</p>",
            "The bill was submitted by /u/nobody and others, he said.",
        ),
    ],
)
def test_what_sites_of_links_write_around_one_is_no_text(markup, text):
    """Reddit's and Hacker News's lines alone; what people write stays."""
    assert plain_text(markup) == text
