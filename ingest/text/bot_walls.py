"""Bot walls and consent pages: answers that are neither the feed nor the article.

What a publisher shows instead must never count as an empty feed or as a text. Each mark
was seen on a real wall; titles are matched as a whole or at their beginning, so that a
report about Cloudflare is none.
"""

import re
from collections.abc import Mapping
from typing import Final

_HEAD: Final = 20_000  # bytes in which a wall has its title and its marks
_TITLE: Final = re.compile(rb"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_TITLES: Final = {
    "Cloudflare challenge": r"just a moment|attention required! \| cloudflare"
    r"|please wait\.\.\. \| cloudflare|checking your browser",
    "DDoS-Guard challenge": r"ddos-guard",
    "Sucuri firewall": r"sucuri website firewall|you are being redirected\.\.\.$",
    "Imperva challenge": r"pardon our interruption",
    "Akamai refusal": r"access denied$|access to this page has been denied",
    "captcha": r"are you a (?:robot|human)|(?:human|bot) (?:verification|check)"
    r"|security (?:verification|check)|robot or human|captcha"
    r"|verify you are (?:a )?human",
    "consent page": r"before you continue|your privacy (?:choices|matters)|privacy gate"
    r"|(?:cookie |datenschutz-)?consent|cookie (?:wall|preferences|settings)"
    r"|zustimmung|einwilligung|consentement|we value your privacy"
    r"|yahoo is part of the yahoo family",
    "JavaScript wall": r"(?:please )?enable (?:javascript|cookies|js)\b"
    r"|javascript (?:is )?required",
    "login page": r"(?:log|sign)[ -]?in\b",
}
_PATTERNS: Final = {
    name: re.compile(titles, re.IGNORECASE) for name, titles in _TITLES.items()
}
_MARKS: Final = {
    "Cloudflare challenge": re.compile(
        rb"/cdn-cgi/challenge-platform/h/|cf-chl-|_cf_chl"
    ),
    "Imperva challenge": re.compile(rb"_Incapsula_Resource"),
    "DataDome captcha": re.compile(rb"captcha-delivery\.com|geo\.captcha-delivery"),
    "PerimeterX captcha": re.compile(rb"captcha\.px-cdn\.net|px-captcha"),
    "AWS WAF challenge": re.compile(rb"AwsWafIntegration|awswaf\.com/"),
}
SMALL: Final = 60_000  # bytes; walls have 1,000 to 40,000, a page with a mark has more


def wall_of(headers: Mapping[str, str], body: bytes) -> str | None:
    """Return the kind of wall that an answer is; None if it is none.

    Args:
        headers: of the answer, by lower-case names.
        body: of the answer, decompressed.
    """
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "Cloudflare challenge"
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return "AWS WAF challenge"
    match = _TITLE.search(body[:_HEAD])
    title = match[1].decode("utf-8", "replace").strip() if match else ""
    kinds = [kind for kind, titles in _PATTERNS.items() if titles.match(title)]
    if len(body) <= SMALL:
        kinds += [kind for kind, mark in _MARKS.items() if mark.search(body)]
    return kinds[0] if kinds else None
