"""The invented outlets: who they are, where they live, how their site looks."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An outlet. `feed` is rss, rss-full, atom or json; `page` a template's name.

    `lang` is ISO 639-1.
    """

    key: str
    name: str
    address: str
    feed: str
    page: str
    lang: str


def _outlet(
    number: int, key: str, name: str, feed: str, page: str, lang: str = "en"
) -> Outlet:
    return Outlet(
        key=key,
        name=name,
        address=f"127.0.0.{number}",
        feed=feed,
        page=page,
        lang=lang,
    )


OUTLETS: Final = (
    _outlet(11, "continental-wire", "Continental Wire", "rss", "plain"),
    _outlet(12, "harbour-agency", "Harbour News Agency", "atom", "plain"),
    _outlet(13, "velund-broadcasting", "Velund Broadcasting", "rss", "portal"),
    _outlet(14, "radio-ilmara", "Radio Ilmara", "atom", "portal"),
    _outlet(15, "callan-courier", "The Callan Courier", "rss", "broadsheet"),
    _outlet(16, "daily-trumpet", "Daily Trumpet", "rss", "tabloid"),
    _outlet(17, "kesmark-ministry", "Kesmark Foreign Ministry", "atom", "plain"),
    _outlet(18, "velund-foreign-office", "Velund Foreign Office", "json", "plain"),
    _outlet(19, "meridian-review", "The Meridian Review", "rss-full", "broadsheet"),
    _outlet(20, "eastern-observer", "Eastern Observer", "json", "portal"),
    _outlet(21, "globe-tonight", "Globe Tonight", "json", "tabloid"),
    _outlet(22, "tarsk-state-news", "Tarsk State News", "rss", "portal"),
    _outlet(23, "market-ledger", "Market Ledger", "atom", "broadsheet"),
    _outlet(24, "islands-gazette", "Islands Gazette", "rss", "tabloid"),
    _outlet(
        25, "quotidien-merrow", "Le Quotidien de Merrow", "rss", "broadsheet", "fr"
    ),
    _outlet(26, "golos-dora", "Голос Дора", "atom", "portal", "ru"),
    _outlet(27, "sawt-almarfa", "صوت المرفأ", "json", "tabloid", "ar"),
    _outlet(28, "quon-evening", "琨国晚报", "rss", "plain", "zh"),
)
BY_KEY: Final = {outlet.key: outlet for outlet in OUTLETS}
