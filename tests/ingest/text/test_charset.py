"""Bytes become text: valid UTF-8, else the label, else detection."""

import pytest

from samestory.ingest.text.charset import decode

RUSSIAN = "Премьер-министр заявил о новых переговорах с соседними странами. " * 5
FRENCH = "Le ministre des affaires étrangères a été reçu à l’Élysée hier soir. "


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("shift_jis", "外務大臣は水曜日に新しい制裁について話した。" * 9),
        ("gb18030", "外交部发言人周三就新的制裁措施发表讲话，各国代表出席。" * 9),
        ("big5", "外交部發言人週三就新的制裁措施發表講話。" * 9),
        ("euc-kr", "외교부 장관은 수요일 새로운 제재에 대해 말했다. " * 9),
        ("cp1253", "Ο υπουργός εξωτερικών συναντήθηκε με τους ομολόγους του. " * 9),
        ("cp1256", "قال وزير الخارجية إن المحادثات ستستأنف الأسبوع المقبل. " * 9),
        ("cp1250", "Ministr zahraničí řekl, že jednání budou pokračovat. " * 9),
        ("cp1252", FRENCH),
        ("utf-16", RUSSIAN),
        ("utf-16-le", "<rss>" + RUSSIAN),
        ("utf-16-be", "<rss>" + RUSSIAN),
        ("utf-32", RUSSIAN),
        ("utf-8-sig", RUSSIAN),
    ],
)
def test_without_a_label_the_encoding_is_detected(encoding, text):
    """By marks, by the first character, by the letters."""
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "label", ["windows-1251", "iso-8859-1", "utf-16", "shift_jis", "nonsense", "rot13"]
)
def test_utf8_wins_over_every_label(label):
    """In the header and in the document."""
    text = f"<?xml version='1.0' encoding='{label}'?><a>{RUSSIAN}</a>"
    assert decode(text.encode(), f"text/xml; charset={label}") == text


def test_a_label_counts_where_the_bytes_are_not_utf8():
    """Also behind an empty line, and as browsers read it."""
    text = f"\n<?xml version='1.0' encoding='windows-1251'?><a>{RUSSIAN}</a>"
    assert decode(text.encode("cp1251")) == text
    assert decode(b"\x93quoted\x94", "text/html; charset=ISO-8859-1") == "“quoted”"
    page = f"<meta charset='koi8-r'><p>{RUSSIAN}</p>"
    assert decode(page.encode("koi8-r")) == page


@pytest.mark.parametrize(
    "label",
    [
        *("iso-2022-jp", "iso-2022-kr", "ibm866", "ibm855", "x-mac-cyrillic", "koi8-u"),
        "kz1048",
    ],
)
def test_rare_labels_are_known(label):
    """Seven bits that look like ASCII, DOS, the old Macintosh."""
    text = {"jp": "外務大臣", "kr": "외교부 장관"}.get(label[-2:], RUSSIAN)
    python = label.replace("x-", "").replace("ibm", "cp")
    assert decode(text.encode(python), f"text/xml; charset={label}") == text


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("gb2312", "gbk", "朱镕基与各国代表会谈。"),
        ("euc-cn", "gb18030", "朱镕基与各国代表会谈。"),
        ("csbig5", "big5hkscs", "外交部發言人週三就新的制裁措施發表講話。"),
        ("csshiftjis", "cp932", "髙島氏は①と述べた。"),
        ("iso_8859-1", "cp1252", "“quoted” – and so on"),
        ("ansi_x3.4-1968", "cp1252", "“quoted” – and so on"),
        ("utf-8-sig", "cp1252", FRENCH),
        ("ibm850", "utf-8", FRENCH + "\ufffd"),
    ],
)
def test_a_label_is_read_as_widely_as_writers_mean_it(label, encoding, text):
    """Names that a narrow codec lacks; UTF-8 with a bad byte is no code page."""
    body = text.encode(encoding).replace("\ufffd".encode(), b"\xff")
    assert decode(body, f"text/xml; charset={label}") == text


@pytest.mark.parametrize(
    "label",
    ["rot13", "zlib", "idna", "utf-7", "charmap", "unicode_escape", "cp500", "utf-16"],
)
def test_a_label_that_is_no_encoding_of_documents_is_passed_over(label):
    """Python has codecs that no browser knows; what they would make of it is noise."""
    assert decode(FRENCH.encode("cp1252"), f"text/xml; charset={label}") == FRENCH


def test_one_bad_byte_does_not_garble_the_rest():
    """A UTF-8 text with a stray byte stays one."""
    body = RUSSIAN.encode() + b"\xff" + RUSSIAN.encode()
    assert decode(body) == f"{RUSSIAN}\ufffd{RUSSIAN}"
    assert decode(RUSSIAN.encode()[:-3] + b"\xd0", "charset=utf-8").startswith(
        RUSSIAN[:50]
    )


def test_a_label_that_lies_is_not_believed():
    """Bytes that are impossible under it are something else."""
    assert decode(FRENCH.encode("cp1252"), "charset=utf-8") == FRENCH
