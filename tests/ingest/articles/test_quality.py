"""What is taken for the report, and what is not."""

import pytest

from samestory.ingest.articles.quality import (
    complaint,
    tidy,
    without_offer,
    without_title,
)

TITLE = "Envoys leave the customs house in Port Callan without a deal"
FEED = "The envoys of both countries left the customs house on Monday."
BODY = "The envoys of both countries left the customs house in Port Callan. " * 9
LIST = "\n".join(f"Minister number {n} meets others in the capital" for n in range(20))
NEWSLETTER = "Sign up for our morning newsletter and get the news"


def why(text, feed_text=FEED, title=TITLE, linked=None):
    return complaint(
        tidy(text),
        title=title,
        feed_text=feed_text,
        whole=len(text),
        linked=text.split("\n") if linked is None else linked,
    )


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (BODY, None),
        ("", "page-empty"),
        (f"Advertisement\n{NEWSLETTER}\nRead more about the talks", "page-boilerplate"),
        ("We and our 842 partners use cookies to show you news.", "page-wall"),
        ("Please enable JavaScript and reload this page of news.", "page-wall"),
        ("The page you are looking for is no longer available.", "page-wall"),
        (f"{BODY[:300]} Subscribe to read the rest of it.", "page-wall"),
        (f"{BODY * 3} Subscribe to read more of this.", None),
        ("The envoys left.", "page-shorter-than-feed"),
        (LIST, "page-list"),
        (LIST.replace("others in the capital", "others there."), "page-about-else"),
        (
            "A recipe for apple pie, with butter and sugar, as ever. " * 20,
            "page-about-else",
        ),
    ],
    ids=range(12),
)
def test_a_text_that_is_not_the_report_is_named(text, flag):
    """Walls, stubs, lists and other pages; a long report that says "subscribe" is one."""
    assert why(text) == flag


HINDI = "विदेश मंत्री ने बुधवार को कहा कि वार्ता अगले सप्ताह फिर शुरू होगी।"
THAI = "รัฐมนตรีต่างประเทศกล่าวเมื่อวันพุธว่าการเจรจาจะเริ่มขึ้นอีกครั้งในสัปดาห์หน้าที่กรุงเจนีวา"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"{HINDI} {n}।" for n in range(12)),
        "\n".join(f"{THAI} {n}" for n in range(12)),
        (
            "The envoys left the customs house by car since there was unusual traffic on"
            " the M25. Tickets for the ferry are no longer available in shops. It is"
            " harder to refuse than to say yes, said one of them in Port Callan."
        ),
    ],
    ids=range(3),
)
def test_true_reports_of_any_language_are_taken(text):
    """Full stops of other scripts, none at all, and words that walls use too."""
    assert why(text, "", "") is None


CHINESE = (
    "卡兰港的海关谈判周一结束，双方代表离开时没有达成协议。"
    "外交部表示，下一轮磋商将于下周在首都举行，内容涉及渔业、航运和边境贸易。"
)


def test_a_short_report_in_chinese_is_as_long_as_it_would_be_in_english():
    """63 characters that tell what some 190 Latin letters do; a stub stays a stub."""
    assert len(CHINESE) == 63
    assert why(CHINESE, CHINESE[:27], "") is None
    assert why(CHINESE[:27], CHINESE[:14], "") == "page-too-short"


def test_lines_that_look_like_boilerplate_stay():
    """A list of conditions, a heading of a live blog."""
    lines = [
        "(c) he must not contact any witness in the murder case.",
        "More on the front line: 12 soldiers were killed overnight.",
    ]
    assert tidy("\n".join([*lines, "(c) 2026 A News. All rights reserved."])) == (
        "\n".join(lines)
    )


def test_a_short_page_is_taken_where_the_feed_has_less():
    """A brief of two sentences is a report."""
    assert why("The envoys left the customs house. They will meet again.", "") is None


def test_a_page_in_few_words_is_not_judged_by_what_it_is_about():
    """Titles such as "In pictures" say nothing of the text."""
    assert why(BODY, "", "In pictures") is None


def test_repeated_paragraphs_and_boilerplate_lines_go():
    """Systems that print a text thirty times; lines that are never part of one."""
    paragraph = "The envoys of both countries left the customs house on Monday."
    text = "\n".join(
        [paragraph, "Yes.", "Yes.", NEWSLETTER, "Advertisement"] + [paragraph] * 30
    )
    assert tidy(text) == f"{paragraph}\nYes.\nYes."
    assert why(text, "") == "page-repeats"
    kept = "He said readers should sign up for our newsletter, and then he went home."
    assert tidy(kept) == kept


def test_the_title_is_not_said_again_at_the_beginning_of_the_text():
    """Nor a bare date; a first sentence that begins like it stays."""
    title = "Envoys leave without a deal"
    for first in ("ENVOYS leave without a deal!", "2026-03-01T10:00:00+00:00"):
        assert without_title(f"{first}\nThey left.", title) == "They left."
    both = f"{title}\n2026-03-01\nThey left."
    assert without_title(both, title) == "They left."
    kept = "Envoys leave without a deal, said the ministry.\nThey left."
    assert without_title(kept, title) == kept
    assert without_title(title, title) == title
    assert without_title("Yes.\nThey left.", "No.") == "Yes.\nThey left."


@pytest.mark.parametrize(
    "sentence",
    [
        "Finland, already a member of the alliance, backed the plan of the envoys.",
        "Pensions will rise to 1,500 euros a month, the minister told parliament.",
        "Two seats are reserved for members of the council, the treaty says.",
        "The first month of the talks cost 3 lives.",
        "Le pacte a \u00e9t\u00e9 sign\u00e9 sans engagement de la Russie, dit-il.",
        "\u041b\u044e\u0434\u0438 \u0443\u0447\u0430\u0442 \u044f\u0437\u044b\u043a, \u0447\u0442\u043e\u0431\u044b \u0447\u0438\u0442\u0430\u0442\u044c \u0434\u043e\u0433\u043e\u0432\u043e\u0440.",
        "The paper has 300,000 subscribers and costs 9 euros a month, he said.",
    ],
    ids=range(7),
)
def test_what_a_report_tells_of_prices_and_members_is_no_offer(sentence):
    """In its midst, and where it ends; a paper's own price at its end is in doubt."""
    lines = [f"{BODY} {n}." for n in range(6)]
    within = "\n".join([*lines[:2], sentence, *lines[2:]])
    assert without_offer(within, is_paid=False) == (within, False)
    if "subscribers" not in sentence:
        at_end = "\n".join([*lines, sentence])
        assert without_offer(at_end, is_paid=False) == (at_end, False)


@pytest.mark.parametrize(
    "lead",
    [
        "The regulator said that the privacy policy hides what becomes of personal data.",
        "Kesmark has a legitimate interest in the strait, its minister said on Monday.",
        "Le consentement des partenaires europ\u00e9ens et de leurs partenaires manque.",
    ],
    ids=range(3),
)
def test_a_lead_on_consent_is_no_question_for_it(lead):
    """It has the words, and asks nobody."""
    assert tidy("\n".join([lead, BODY, BODY + "2"])).startswith(lead)
