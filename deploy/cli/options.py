"""Options that commands share, in groups: a command has those alone that act on it.

A command is a dataclass of these and of its own; `run` carries it out. What is called
as a setting is called overrides that setting; None is what was not given.
"""

from dataclasses import dataclass, fields
from typing import Annotated, ClassVar, Final, Literal

from cyclopts import Group, Parameter

from samestory.deploy.config import Settings

PLACE: Final = Group("Where everything is", sort_key=9)
KAFKA: Final = Group("The log", sort_key=8)
FETCHING: Final = Group("Fetching", sort_key=5)
MODEL: Final = Group("The embedding model", sort_key=6)
DECIDING: Final = Group("The decision", sort_key=7)
WAYS: Final = Group("For programs", sort_key=4)
LISTS: Final = Group("Lists for programs", sort_key=5)


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a user asks for.

    Attributes:
        makes_settings: whether the file of settings may be missing.
        is_read: whether what it prints may be longer than a screen.
    """

    makes_settings: ClassVar[bool] = False
    is_read: ClassVar[bool] = False

    def run(self, settings: Settings) -> int:
        """Carry it out; return the exit code."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Place(Command):
    """Where everything is."""

    state: Annotated[
        str | None,
        Parameter(
            group=PLACE,
            metavar="DIR",
            help="where everything is kept (SAMESTORY_STATE)",
        ),
    ] = None
    config: Annotated[
        str | None,
        Parameter(
            group=PLACE, metavar="FILE.toml", help="settings, see docs/settings.md"
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Kafka(Place):
    """Where the log is."""

    brokers: Annotated[
        str | None,
        Parameter(
            group=KAFKA,
            metavar="HOST:PORT",
            help="Kafka brokers, comma-separated (default: the log is in --state)",
        ),
    ] = None
    wait: Annotated[
        float | None,
        Parameter(
            group=KAFKA,
            metavar="SECONDS",
            help="how long to wait for it (default: workers for ever, else 30)",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Fetching(Place):
    """How publishers are asked."""

    allow_network: Annotated[
        tuple[str, ...] | None,
        Parameter(
            group=FETCHING,
            metavar="CIDR",
            help="open a private or loopback network to fetches; may be repeated",
        ),
    ] = None
    host_spacing: Annotated[
        float | None,
        Parameter(
            group=FETCHING,
            metavar="SECONDS",
            help="pause between two requests to one host (default 2)",
        ),
    ] = None
    proxy: Annotated[
        str | None,
        Parameter(group=FETCHING, metavar="URL", help="http(s) proxy for all fetches"),
    ] = None
    feed_headers: Annotated[
        str | None,
        Parameter(
            group=FETCHING,
            metavar="FILE.toml",
            help="headers for what is behind a login, see docs/feeds.md",
        ),
    ] = None
    user_agent: Annotated[
        str | None,
        Parameter(
            group=FETCHING,
            metavar="TEXT",
            help="name sent to publishers; please add a contact",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Polling(Fetching):
    """Which feeds are polled, and how often."""

    feed: Annotated[
        tuple[str, ...],
        Parameter(metavar="URL", help="a feed to add; may be repeated"),
    ] = ()
    feeds: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="FILE|URL",
            help="feeds to add: OPML, or a text with one URL a line. A file is"
            " followed: what is added to it is polled, what is taken out is not any"
            " more; may be repeated",
        ),
    ] = ()
    poll_interval: Annotated[
        float | None,
        Parameter(
            group=FETCHING,
            metavar="SECONDS",
            help="pause between two polls of a feed, at the least (default 600)",
        ),
    ] = None
    shard: Annotated[
        str | None,
        Parameter(
            group=FETCHING,
            metavar="I/N",
            help="poll a part of the feeds: worker I of N, a --state each",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Model(Place):
    """What embeds."""

    model: Annotated[
        str | None,
        Parameter(
            group=MODEL,
            metavar="NAME|DIR",
            help="multilingual (default), packaged, or a sentence-transformers one",
        ),
    ] = None
    precision: Annotated[
        Literal["exact", "int8"] | None,
        Parameter(group=MODEL, help="class of its arithmetic (default exact)"),
    ] = None
    engine: Annotated[
        str | None,
        Parameter(
            group=MODEL,
            metavar="NAME",
            help="what runs it, see `samestory models list` (default auto)",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Deciding(Model):
    """What joins reports."""

    joining: Annotated[
        str | None,
        Parameter(
            group=DECIDING,
            metavar="tight|balanced|loose",
            help="how readily stories are joined (default balanced)",
        ),
    ] = None
    pair_model: Annotated[
        str | None,
        Parameter(
            group=DECIDING,
            metavar="FILE.json",
            help="its weights, made by `samestory train` (default: packaged)",
        ),
    ] = None
    word_counts: Annotated[
        str | None,
        Parameter(
            group=DECIDING,
            metavar="FILE",
            help="of more languages than English, made by `samestory models"
            " count-words`",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Worker(Kafka):
    """What runs until it is stopped."""

    log_level: Annotated[
        str | None,
        Parameter(group=PLACE, metavar="LEVEL", help="debug, info, warning or error"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Json(Place):
    """JSON, too."""

    json: Annotated[bool, Parameter(group=WAYS, help="one JSON object a line")] = False


@dataclass(frozen=True, kw_only=True)
class Ways(Json):
    """A list for programs, in several forms."""

    csv: Annotated[bool, Parameter(group=LISTS, help="a table for spreadsheets")] = (
        False
    )
    tsv: Annotated[bool, Parameter(group=LISTS, help="the same between tabs")] = False
    fields: Annotated[
        str | None,
        Parameter(
            group=LISTS,
            metavar="A,B",
            help="of --json, --csv or --tsv: these fields alone",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Who(Command):
    """Who says so."""

    who: Annotated[
        str | None, Parameter(metavar="NAME", help="who says so (your user name)")
    ] = None


# The options that are settings: all commands take them, those that they act on say so.
SETTINGS: Final = frozenset(
    one.name
    for group in (Kafka, Polling, Deciding, Worker)
    for one in fields(group)
    if one.name in {setting.name for setting in fields(Settings)}
)
