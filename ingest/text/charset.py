"""Bytes of feeds and pages as text: valid UTF-8 wins, else the label, else detection.

Labels lie more often than bytes: UTF-8 under a windows-1251 label
came out garbled from feedparser, and one bad byte made it read the whole feed as
windows-1252.
"""

import codecs
import re
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD: Final = 2_048  # bytes in which a document names its encoding
_IN_HEADER: Final = re.compile(
    r"charset\s*=\s*(?:[\"']\s*)?([\w.:-]{1,40})", re.IGNORECASE
)
_IN_XML: Final = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE
)
_IN_META: Final = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*(?:[\"']\s*)?([\w.:-]{1,40})", re.IGNORECASE
)
# Labels that Python does not know: https://encoding.spec.whatwg.org/#names-and-labels
_READ_AS: Final = {
    **dict.fromkeys(("x-gbk", "gb_2312", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("x-x-big5", "cn-big5"), "big5"),
    **dict.fromkeys(("x-sjis", "shift-jis", "windows-31j"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1987", "windows-949"), "cp949"),
    **dict.fromkeys(("windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("x-mac-roman", "mac"), "mac-roman"),
    "x-mac-cyrillic": "mac-cyrillic",
    "x-euc-jp": "euc_jp",
    "ibm866": "cp866",
    "iso-8859-8-i": "iso-8859-8",
}
# What browsers read of each: more than the name says, since writers do.
_WIDER: Final = {
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "utf-8-sig": "utf-8",
}
# Two bytes a character: text in them may look like UTF-8 by chance.
_PAIRS: Final = frozenset(
    {"gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "johab", "shift_jis_2004"}
)
# They leave ASCII as it is, yet encode no documents: browsers know none of them.
_ESCAPES: Final = frozenset(
    {"charmap", "idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
)
_ASCII: Final = bytes(range(0x20, 0x7F))
BAD_SHARE: Final = 0.02  # of bytes that may be wrong in what is still UTF-8
DETECT: Final = 20_000  # bytes that detection looks at
FEW: Final = 50  # bytes beyond ASCII; of fewer, Western and Central Europe look alike
_LATIN: Final = ("cp1250", "cp1254", "cp1257", "cp1258")
_DETECTABLE: Final = (
    *("cp1251", "koi8_r", "cp1252", "cp1253", "cp1255", "cp1256", *_LATIN),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "utf_8"),
)


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a feed or page; it never fails.

    What can't be decoded becomes U+FFFD.

    Args:
        body: decompressed.
        content_type: the header as sent; "" if there was none.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").lstrip("\ufeff")
    if wide := _wide(body):
        return body.decode(wide, "replace")
    if b"\x1b$" in body:  # 7 bits, which are valid UTF-8 too
        label = _label(body, content_type)
        if label.startswith("iso2022"):
            return body.decode(label, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, content_type)


def _decode_other(body: bytes, content_type: str) -> str:
    label = _label(body, content_type)
    if label not in _PAIRS and _is_nearly_utf8(body):
        return body.decode("utf-8", "replace")
    for encoding in (label if label != "utf-8" else "", _detected(body)):
        if encoding:
            text = body.decode(encoding, "replace")
            if text.count("\ufffd") <= BAD_SHARE * len(text):
                return text
    return body.decode("cp1252", "replace")


def _wide(body: bytes) -> str:
    """Return the UTF-16 of a document without a mark, by its first character; or ""."""
    if body[:2] == b"<\0":
        return "utf-16-le"
    return "utf-16-be" if body[:2] == b"\0<" else ""


def _is_nearly_utf8(body: bytes) -> bool:
    """Tell whether bytes are UTF-8 but for a few, e.g. one cut in the middle."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for c in text if c > "\x7f") - bad
    return bad <= max(1, BAD_SHARE * len(text)) and 3 * bad <= good


def _label(body: bytes, content_type: str) -> str:
    """Return the Python name of the encoding that is stated and known; or ""."""
    head = body.lstrip()[:_HEAD]
    in_header = _IN_HEADER.search(content_type)
    inside = [_IN_XML.match(head), _IN_META.search(head)]
    names = [in_header[1]] if in_header else []
    names += [match[1].decode("ascii") for match in inside if match]
    known = (_known(name.lower()) for name in names)
    return next((name for name in known if name), "")


def _known(name: str) -> str:
    try:
        codec = codecs.lookup(_READ_AS.get(name, name)).name
        codec = _WIDER.get(codec, codec)
        if codec in _ESCAPES:
            return ""
        # Not so: EBCDIC, UTF-16, and what decodes no text (rot13, zlib).
        return codec if _ASCII.decode(codec) == _ASCII.decode("ascii") else ""
    except (LookupError, ValueError):
        return ""


def _detected(body: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415  (paid only if needed)

    start = body[:DETECT]
    best = from_bytes(start, cp_isolation=list(_DETECTABLE)).best()
    name = best.encoding if best else ""
    is_poor = sum(byte > 0x7F for byte in start) < FEW  # noqa: PLR2004
    return "cp1252" if name in _LATIN and is_poor else name
