"""Pages as publishers build them: the whole report, and nothing of another."""

import itertools
import json
import re

import pytest

from samestory.ingest.articles.extraction import extract_article
from samestory.ingest.articles.page import FROM_DATA, STUB, Page, Stated, choose_text
from samestory.ingest.articles.page_tree import made_ready, parsed
from tests.conftest import NOW

TITLE = "Pilots refuse to guide the grain ships"
SENTENCES = [
    f"On pier {n} the pilots of Kesmark refused to guide ship {n} of the grain fleet,"
    f" and the harbour master counted {n * 7} hours of delay by the evening."
    for n in range(1, 13)
]
PARAGRAPHS = [f"<p>{one}</p>" for one in SENTENCES]
OTHER = [
    f"<p>Stir the dough for {n} minutes, leave it in a warm place, and bake it until"
    " the crust is as brown as a chestnut and the kitchen smells of autumn.</p>"
    for n in range(1, 9)
]


def page(body, head=""):
    return (
        f"<!doctype html><html><head><title>{TITLE} | Kesmark Post</title>{head}</head>"
        f"<body><nav><a href=/>Home</a><a href=/w>World</a></nav>{body}"
        "<footer><p>All rights reserved by the Kesmark Post, as in all years before."
        "</p></footer></body></html>"
    )


def extracted(body, head=""):
    return extract_article(page(body, head), "https://post.example/grain")


def joined(several):
    return "".join(several)


BLOCKS = [joined(PARAGRAPHS[n : n + 4]) for n in (0, 4, 8)]
WHOLE = {
    "one container": f"<article><h1>{TITLE}</h1>{joined(PARAGRAPHS)}</article>",
    "several of one class": f"<article><h1>{TITLE}</h1>"
    + joined(
        f"<div class='grid'><div class='sidebar-grid__body'>{block}</div></div>"
        "<div class=ad></div>"
        for block in BLOCKS
    )
    + "</article>",
    "an aside": f"<h1>{TITLE}</h1><aside class=sidebar>{joined(PARAGRAPHS)}</aside>",
    "a footer": f"<h1>{TITLE}</h1><footer>{joined(PARAGRAPHS)}</footer>",
    "spans": f"<article><h1>{TITLE}</h1><div>"
    + joined(f"<span class=par>{one}</span>" for one in SENTENCES)
    + "</div></article>",
    "sections with headings": f"<article><h1>{TITLE}</h1>"
    + joined(
        f"<section><h2>Part {n}</h2>{one}</section>" for n, one in enumerate(BLOCKS)
    )
    + "</article>",
    "posts of a live blog": f"<h1>{TITLE}</h1>"
    + joined(
        f"<article class=post><h3>Pier {n}</h3>{one}</article>"
        for n, one in enumerate(PARAGRAPHS)
    ),
}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_the_whole_report_is_read_wherever_it_stands(body):
    """Every sentence, in order, each on a line of its own; nothing of the footer."""
    text = extracted(body).text
    places = [text.find(one) for one in SENTENCES]
    assert min(places) >= 0
    assert places == sorted(places)
    assert "All rights reserved" not in text
    assert not any(f"{one}{two}" in text for one, two in itertools.pairwise(SENTENCES))


@pytest.mark.parametrize(
    "below",
    [
        f"<article><h1>Chestnut bread for autumn</h1>{joined(OTHER)}</article>",
        f"<article><h2>Chestnut bread for autumn</h2>{joined(OTHER)}</article>",
    ],
)
@pytest.mark.parametrize("above", ["h1", "h2"])
def test_another_report_below_is_not_of_this_one(above, below):
    """It has a headline of its own, that the page's title does not name."""
    own = f"<article><{above}>{TITLE}</{above}>{joined(PARAGRAPHS)}</article>"
    text = extracted(f"<main>{own}{below}</main>").text
    assert SENTENCES[-1] in text
    assert "dough" not in text


def test_teasers_and_comments_of_the_same_shape_are_not_of_the_report():
    """Links lead elsewhere; comments stand in what says so."""
    teaser = (
        "<p><a href=/x>The price of bread rises again in all ports of Kesmark.</a></p>"
    )
    comment = (
        "<p>I have seen all of this coming for years, and nobody ever listened.</p>"
    )
    body = (
        f"<article><h1>{TITLE}</h1><div class=t>{joined(PARAGRAPHS)}</div>"
        f"<div class=t>{teaser * 3}</div>"
        f"<div class=comments><div class=t>{comment}</div></div></article>"
    )
    text = extracted(body).text
    assert "price of bread" not in text
    assert "nobody ever listened" not in text


def data(**said):
    row = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": TITLE}
    whole = json.dumps({"@graph": [{"@type": "WebSite"}, row | said]})
    return f'<script type="application/ld+json">{whole}</script>'


ESCAPED = "".join(f"&lt;p&gt;{one}&lt;/p&gt;" for one in SENTENCES)


@pytest.mark.parametrize(
    "said", ["\n".join(SENTENCES), ESCAPED, SENTENCES], ids=["plain", "escaped", "list"]
)
@pytest.mark.parametrize("shown", ["", joined(PARAGRAPHS[:2])], ids=["script", "lead"])
def test_structured_data_have_the_text_that_the_page_lacks(said, shown):
    """In a graph, as HTML once too often, as a list; the page may show its lead."""
    found = extracted(
        f"<article><h1>{TITLE}</h1>{shown}</article>", data(articleBody=said)
    )
    assert found.from_data
    assert all(one in found.text for one in SENTENCES)
    assert "<p>" not in found.text


def test_structured_data_of_another_report_or_of_less_are_passed_over():
    """The page's own text counts wherever it is most of it."""
    body = f"<article><h1>{TITLE}</h1>{joined(PARAGRAPHS)}</article>"
    found = extracted(body, data(articleBody=SENTENCES[0]))
    assert not found.from_data
    lead = f"<article><h1>{TITLE}</h1>{joined(PARAGRAPHS[:4])}</article>"
    assert not extracted(lead, data(articleBody=" ".join(OTHER) * 4)).from_data


def choose(body, head="", title=TITLE, feed_text="The pilots refuse to work."):
    stated = Stated(
        title=title,
        text=feed_text,
        lang=None,
        author="",
        published_raw=None,
        now=NOW.timestamp(),
    )
    whole = Page(body=page(body, head).encode(), url="https://post.example/grain")
    return choose_text(whole, stated)


OFFERS = {
    "de": "Jetzt weiterlesen mit Post Plus. Der erste Monat für 1 Euro, jederzeit kündbar.",
    "fr": "Il vous reste 72 % de cet article à lire. La suite est réservée aux abonnés.",
    "es": "Suscríbete para seguir leyendo. Contenido exclusivo para suscriptores.",
    "pt": "Assine para ler a matéria completa. Conteúdo exclusivo para assinantes.",
    "ru": "Чтобы читать дальше, оформите подписку.",
    "ar": "اشترك الآن لقراءة المقال. هذا المحتوى للمشتركين فقط.",
    "ja": "この記事は有料会員限定です。残り1,203文字",
    "nl": "Dit artikel is alleen voor abonnees. Word abonnee om het hele artikel te lezen.",
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_an_offer_is_no_part_of_a_report_and_makes_it_a_stub(offer):
    """In whatever language it is; the paragraphs before it are the report's."""
    shown = joined(PARAGRAPHS[:3])
    found = choose(
        f"<article><h1>{TITLE}</h1>{shown}<div><p>{offer}</p></div></article>"
    )
    assert found.text_from == "page"
    assert found.flags == (STUB,)
    assert SENTENCES[2] in found.text
    assert offer[:20] not in found.text


@pytest.mark.parametrize("free", [False, "False"], ids=["bool", "text"])
def test_a_report_that_is_said_to_be_for_subscribers_is_a_stub_if_it_is_short(free):
    """Publishers who say it of every report often show them whole."""
    head = data(isAccessibleForFree=free)
    short = choose(f"<article><h1>{TITLE}</h1>{joined(PARAGRAPHS[:3])}</article>", head)
    whole = choose(f"<article><h1>{TITLE}</h1>{joined(PARAGRAPHS * 2)}</article>", head)
    assert (short.flags, whole.flags) == ((STUB,), ())


def test_text_of_structured_data_is_told():
    """So that a person knows where the words are from."""
    found = choose("<div id=app></div>", data(articleBody="\n".join(SENTENCES)))
    assert (found.text_from, found.flags) == ("page", (FROM_DATA,))


def test_names_are_a_report_and_linked_headlines_are_a_list():
    """What leads elsewhere line by line is no report."""
    names = [f"Vera Lund {n}, head of the customs office {n}" for n in range(24)]
    lead = PARAGRAPHS[0] + PARAGRAPHS[1]
    rows = joined(f"<li>{one}</li>" for one in names)
    links = joined(f"<li><a href=/{one}>{one}</a></li>" for one in names)
    for several in (rows, links):  # each to its dossier
        found = choose(f"<article><h1>{TITLE}</h1>{lead}<ol>{several}</ol></article>")
        assert names[-1] in found.text
    listed = choose(f"<article><h1>{TITLE}</h1><ul>{links}</ul></article>")
    assert listed.text_from == "feed"


ZH = "卡伦港的引水员周三拒绝引导运粮船队，港务长说延误已经达到四十二个小时。"
ZH_SUMMARY = "粮船滞留近两天，工会要求加薪，外交部门尚未表态，农民担心收成腐烂，渔业协会支持罢工，谈判定于周五在首都举行。"


def test_another_headline_is_the_second_sign_that_a_page_is_about_something_else():
    """A summary may be written anew, in a script without blanks as well."""
    body = (
        "<article><h1>{}</h1>"
        + f"<p>{ZH}</p>" * 1
        + joined(
            f"<p>{ZH}第{n}号码头的情况也是如此，船员留在船上过夜。</p>"
            for n in range(5)
        )
        + "</article>"
    )
    same = choose(
        body.format("引水员拒绝引导运粮船"), title="运粮船滞留", feed_text=ZH_SUMMARY
    )
    other = choose(body.format("今日天气"), title="选举结果公布", feed_text=ZH_SUMMARY)
    assert same.text_from == "page"
    assert other.flags[0] == "page-about-else"


def test_a_question_of_consent_in_front_is_cut():
    """Line by line, until the report begins; cookies that it tells of are its own."""
    asked = (
        "<p>We value your privacy and ask for your consent to our use of cookies.</p>"
        "<p>Our partners process personal data as their privacy policy says it.</p>"
    )
    told = "<p>The minister said that cookies and personal data are no matter of trade.</p>"
    body = f"<article><h1>{TITLE}</h1>{asked}{joined(PARAGRAPHS)}{told}</article>"
    text = choose(body).text
    assert text.startswith(SENTENCES[0])
    assert "no matter of trade" in text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("The 13<sup>th</sup> pilot of Kesmark<wbr>haven went home", None),
        ("<span class=dropcap>T</span>he pilots of Kesmark went home at noon", None),
        (
            "<ruby>東京<rt>とうきょう</rt></ruby>で会談が行われ、両国の代表が話し合った",
            "東京で会談",
        ),
        (
            "The pi\u00adlots of Vie\u0323\u0302t\u200b Nam went home",
            "pilots of Vi\u1ec7t Nam",
        ),
    ],
    ids=["in a word", "drop cap", "ruby", "unseen characters"],
)
def test_a_paragraph_is_read_once_as_a_reader_sees_it(written, read):
    """Markup within a word leaves no blank, and nothing is put back that is there."""
    rest = "" if read else " at noon, before the ships came in"
    own = f"<p>{written}{rest}, and said so to the harbour master of the town.</p>"
    text = choose(f"<article><h1>{TITLE}</h1>{own}{joined(PARAGRAPHS)}</article>").text
    assert text.count("said so to the harbour master") == 1
    plain = re.sub("<[^>]*>", "", written)
    assert (read or plain) in text


def test_a_page_of_thousands_of_headlines_is_read_all_the_same():
    """Each compared with each, they took a minute and more; a report has few."""
    heads = joined(f"<div><h1>Ship {n}</h1></div>" for n in range(20_000))
    text = extracted(f"<article>{joined(PARAGRAPHS)}</article>{heads}").text
    assert SENTENCES[-1] in text


def test_a_table_that_lays_the_page_out_is_no_table_of_the_report():
    """Its cells are blocks."""
    told = "The envoys met in the old customs house until late at night. "
    page = (
        "<html><head><title>Envoys meet</title></head><body><table><tr>"
        "<td><nav><ul><li><a href='/'>World</a></li></ul></nav></td>"
        f"<td><font size=5><b>Envoys meet</b></font><br><div>{told}</div>"
        f"<div>{told * 2}</div></td>"
        "<td><ul><li><a href='/x'>Other news of the day</a></li></ul></td>"
        "</tr></table></body></html>"
    )
    text = extract_article(page, "https://post.example/envoys").text
    lines = [line.strip() for line in text.splitlines()]
    assert lines[:2] == ["Envoys meet", told.strip()]
    assert "Other news" not in text


def test_a_table_with_headings_of_its_columns_is_data():
    """Also within one that lays the page out."""
    told = "The envoys met in the old customs house until late at night."
    tree = parsed(
        f"<html><body><table><tr><td><p>{told}</p><table><tr><th>Day</th></tr>"
        f"<tr><td><p>{told}</p></td></tr></table></td></tr></table></body></html>"
    )
    made_ready(tree)
    (table,) = tree.iter("table")
    assert [one.tag for one in table.iter("th", "td")] == ["th", "td"]
