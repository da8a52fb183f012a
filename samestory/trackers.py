"""Which parts of an address only tell who brought the reader, or how he reads.

A name that means nothing else is enough (`utm_source`, `fbclid`). A name that names
the article on another site (`uid`, `ref`, `source`, `session`) counts only with a value
that says so: `ref=rss`, not `ref=4101`. What is in doubt stays: an article told twice
is two reports of one event, two articles taken for one are a loss.

The names are of links of real feeds (read in 2026) and of what
analytics services document.
"""

import re
from typing import Final
from urllib.parse import parse_qsl

_ALWAYS: Final = re.compile(
    r"(?:utm|at|hsa|gaa|guce|stm)_\w{1,40}|_hs\w{1,20}|wt\.\w{1,20}|wt_z?mc|utm\w{2,20}"
    r"|(?:mtm|pk|piwik|matomo|itm)_(?:campaign|kwd|keyword|source|medium|content|cid"
    r"|group|placement|term|channel|audience)"
    r"|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|sc_(?:campaign|channel|content|medium|src|cid|lid|uid|eh)"
    r"|oly_(?:anon|enc)_id|vero_(?:id|conv)|mkt_tok|mc_[ce]id|s_c?kwcid|s_cid|dm_i"
    r"|[a-z]{1,3}clid|msclkid|[gw]braid|gad_source|igshid?|igsh|li_fat_id|epik|rdt_cid"
    r"|_openstat|_ga|_gl|_gac|xtor|smid|smtyp|smprod|emc|ncid|ocid|icid|intcid|cmpid"
    r"|cmp|maca|ftag|sref|mbid|cndid|srnd|tpcc|ito|guccounter|traffic_source"
    r"|leadsource|trkcampaign|echobox|link_time|ref_?src|ref_?url|fb_?(?:ref|source)"
    r"|soc_(?:src|trk)|tsrc|spm|scm|feed(?:name|type)|rssfeed|fromrss|share_?(?:id|token)"
    r"|share(?:type|uid)|dicbo|phpsessid|jsessionid|aspsessionid\w{0,20}|cfid|cftoken"
    r"|amp_(?:js_v|gsa)|usqp|__twitter_impression|cx_\w{1,20}",
    re.IGNORECASE,
)
_BY_VALUE: Final = re.compile(
    r"ref|refer|referr?er|_?source|src|from|via|origin|partner(?:id)?|mode?|medium"
    r"|campaign\w{0,8}|channel|ch|[cesu]id|clid|ga|gl|session(?:_?id)?|keyword|kwd"
    r"|affi?|affiliate(?:id)?|shared?|social|output|feed|rss|xml|widget|tag|trk|tracking"
    r"|position|cp|cs|sr|s|sh|ss|app|utm|feature|click|link|module|placement|rel|dc|mc"
    r"|cta|traffic|loc",
    re.IGNORECASE,
)
# A tracker's value has one of these words, and few others.
_SAYS: Final = re.compile(
    r"rss\d?|atom|feeds?|feedburner|e?mail|newsletter|nl|twitter|tw|x|facebook|fb"
    r"|linkedin|whatsapp|wa|telegram|tg|instagram|insta|ig|reddit|pinterest|youtube|youtu"
    r"|tiktok|bluesky|bsky|mastodon|threads|google\w{0,10}|gnews|bing|yahoo|msn"
    r"|apple\w{0,6}|flipboard|pocket|feedly|smartnews|newsbreak|upday|home|homepage|hp"
    r"|front|frontpage|top|sidebar|rail|footer|header|nav|navbar|menu|ticker|teaser"
    r"|related|recommend\w{0,6}|mostread|popular|trending|breaking|social|soc|sm|sms"
    r"|share\w{0,6}|push|notification|app|ios|android|mobile|desktop|web|widget"
    r"|syndication|partner|referral|organic|internal|external|copylink",
    re.IGNORECASE,
)
MAX_SAID: Final = 4  # words of such a value
_SWITCHES: Final = frozenset(["rss", "feed", "xml", "share", "shared", "app", "social"])
_ON: Final = frozenset(["", "1", "true", "yes", "y"])
_AMP: Final = re.compile(r"_?amp|amp_markup|outputtype|output|view|format|m|mobile")
_SESSION: Final = re.compile(r"s|sid|session(?:_?id)?", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[0-9a-z]{24,64}|[0-9a-f-]{36}", re.IGNORECASE)
# Fragments that lead to a place of the page.
_PLACE: Final = re.compile(
    r":~:.{0,2000}|(?:comments?|reply|respond|more|image|slide|h|_toc)-?\d+|[a-z_-]*",
    re.IGNORECASE | re.DOTALL,
)


def is_tracker(name: str, value: str) -> bool:
    """Tell whether a parameter tells only who brought the reader, or how he reads."""
    lower, said = name.lower(), value.lower()
    if _ALWAYS.fullmatch(name) or (lower in _SWITCHES and said in _ON):
        return True
    if _AMP.fullmatch(lower) and (
        said == "amp" or (lower[-3:] == "amp" and said in _ON)
    ):
        return True
    if not _BY_VALUE.fullmatch(name):
        return False
    if _SESSION.fullmatch(name) and _TOKEN.fullmatch(value):
        return True
    words = re.split(r"[^a-z0-9]+", said)[: MAX_SAID + 1]
    return not value or (len(words) <= MAX_SAID and any(map(_SAYS.fullmatch, words)))


def names_article(fragment: str) -> bool:
    """Tell whether a fragment may name an article: `#/news/41`, `#!41`, `#item-41`."""
    if fragment[:1] in {"/", "!"}:
        return bool(fragment.strip("/!"))
    if _PLACE.fullmatch(fragment):
        return False
    parameters = parse_qsl(fragment, keep_blank_values=True)
    if "=" not in fragment:
        return True
    return not all(is_tracker(name, value) for name, value in parameters)
