"""Which log, encoder and index are in use: the one place that decides.

What is heavy is imported where it is opened: who asks for events loads neither the
grouper nor an encoder (0.3 s, 60 MB).
"""

import math
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from samestory.days import DAY_S
from samestory.deploy.config import Settings
from samestory.deploy.feed_headers import read_feed_headers
from samestory.deploy.modes import keep_modes
from samestory.disk import is_there, may
from samestory.errors import Misconfigured, Retry

if TYPE_CHECKING:
    from samestory.deploy.stream.log import Log
    from samestory.embed.copies import RememberingEncoder
    from samestory.embed.encoder import Encoder, EncoderSpec
    from samestory.index.decision.pair_model import PairModel
    from samestory.index.grouping.event_index import EventIndex
    from samestory.index.store.reader import Reader
    from samestory.index.store.state import State
    from samestory.ingest.fetch.client import Client
    from samestory.ingest.fetch.sandbox import Sandbox
    from samestory.ingest.frontier.frontier import Frontier
    from samestory.ingest.polling.politeness import Politeness


def open_log(
    settings: Settings,
    default_wait_s: float = 30.0,
    stop: Callable[[], bool] = lambda: False,
    mend: Callable[[str], None] | None = None,
) -> "Log":
    """Return the log: on Kafka where brokers are set, else embedded.

    Args:
        settings: which, and how long to wait for it.
        default_wait_s: seconds, where the settings do not say.
        stop: ends the waiting.
        mend: see `KafkaLog`.

    Raises:
        Retry: it can't be reached within the time.
    """
    end = time.monotonic() + wait_of(settings, default_wait_s)
    warned = False
    while True:
        try:
            return _open_log(settings, mend)
        except Retry as error:
            if stop() or time.monotonic() >= end:
                raise
            if not warned:
                sys.stderr.write(f"{error}; trying on, --wait 0 to give up at once\n")
                warned = True
            time.sleep(1.0)


def must_have_log(settings: Settings) -> None:
    """Refuse a directory without a log: who only asks makes none.

    Raises:
        Misconfigured: there is none.
    """
    if not settings.brokers and not (settings.home / "log.db").exists():
        if (settings.home / "index").exists():
            raise Misconfigured(
                f"no log.db in {settings.home}, but an index: a replay has none; if"
                " there was one, `samestory check` tells what is left"
            )
        raise Misconfigured(
            f"no state in {settings.home}: start with `samestory init`, `samestory run"
            " --feed URL` or `samestory import FILE.jsonl`, or name another --state"
        )


def must_have_feeds(settings: Settings) -> None:
    """Refuse a directory without a list of feeds: who only asks makes none.

    Raises:
        Misconfigured: there is none.
    """
    if not (settings.home / "frontier.db").exists():
        raise Misconfigured(
            f"no feeds in {settings.home}: `samestory init` and `samestory feeds add"
            " URL` add some; or name another --state"
        )


def wait_of(settings: Settings, default_s: float = 30.0) -> float:
    """Return how many seconds a command waits for a log that is away."""
    return settings.wait if settings.wait >= 0 else default_s


def _open_log(settings: Settings, mend: Callable[[str], None] | None) -> "Log":
    from samestory.deploy.stream.log import STORIES

    number = settings.stories_partitions
    partitions = {STORIES: number} if number else None
    retention_s = settings.retention_days * DAY_S
    if not settings.brokers:
        from samestory.deploy.stream.embedded import EmbeddedLog

        return EmbeddedLog(
            settings.home / "log.db",
            partitions=partitions,
            retention_s=retention_s,
            retention_bytes=settings.retention_gb * 1e9,
            check_crcs=settings.check_crcs,
        )
    from samestory.deploy.stream.kafka import KafkaLog
    from samestory.deploy.stream.kafka_address import KafkaAddress

    address = KafkaAddress(
        brokers=settings.brokers,
        protocol=settings.kafka_protocol,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=settings.kafka_password,
        token_command=settings.kafka_token_command,
        ca_file=settings.kafka_ca_file,
        prefix=settings.kafka_prefix,
        bootstrap_s=min(10.0, max(2.0, wait_of(settings))),
    )
    return KafkaLog(
        address,
        partitions=partitions,
        retention_s=retention_s,
        replication=settings.kafka_replication,
        check_crcs=settings.check_crcs,
        holder=f"{settings.member or socket.gethostname()}:{settings.home.absolute()}",
        mend=mend,
    )


def open_frontier(settings: Settings) -> "Frontier":
    """Return the frontier."""
    from samestory.ingest.frontier.frontier import Frontier

    return Frontier(settings.home / "frontier.db")


def open_state(settings: Settings) -> "State":
    """Return the index's state, made if it is not there."""
    from samestory.index.store.state import State

    state = State(state_path(settings))
    keep_modes(settings)  # of what was made just now, too
    return state


def read_state(settings: Settings) -> "Reader":
    """Return the index's state to be asked; it must be there."""
    from samestory.deploy.importing import plain_language

    wanted = [plain_language(one) for one in settings.headlines]
    if not all(wanted):
        raise Misconfigured(
            f"headlines {','.join(settings.headlines)!r}: languages of two letters, as"
            " en,fr"
        )
    return read_state_in(settings.home, wanted)


def read_state_in(home: Path, headlines: Sequence[str] = ()) -> "Reader":
    """Return the state of a directory to be asked; it must be there.

    Args:
        home: the directory.
        headlines: languages of headlines, the most wanted first.
    """
    from samestory.index.store.reader import Reader

    return Reader(state_path_in(home), headlines)


def read_made_state(settings: Settings) -> "Reader":
    """Return the index's state to be asked; its owner makes it or upgrades it.

    For commands that work beside the index's worker, also before its first start.
    """
    path = state_path(settings)
    if is_there(path):
        with suppress(Misconfigured):  # of another samestory, or not for us
            return read_state(settings)
    if not is_there(path) or may(path, os.W_OK):
        open_state(settings).close()
    return read_state(settings)


def state_path(settings: Settings) -> Path:
    """Return where the index's state is."""
    return state_path_in(settings.home)


def state_path_in(home: Path) -> Path:
    """Return where the index's state is in a directory."""
    return home / "index" / "state.db"


def encoder_spec(settings: Settings) -> "EncoderSpec":
    """Return which encoder the settings mean."""
    from samestory.embed.encoder import EncoderSpec

    return EncoderSpec(
        model=settings.model,
        precision=settings.precision,
        engine=settings.engine,
        tokens=settings.embed_tokens,
        cache=settings.models_home,
    )


def open_query_encoder(settings: Settings) -> "Encoder":
    """Return an encoder for a text or two: the one that starts fastest."""
    from samestory.embed.opening import open_encoder

    return open_encoder(encoder_spec(settings), for_one=True)


def open_stream_encoder(
    settings: Settings, meanwhile: Callable[[], None] = lambda: None
) -> "RememberingEncoder":
    """Return an encoder for many texts: a process a core, copies recognised.

    Args:
        settings: which, and how many processes.
        meanwhile: called while the model is opened, or converted; may raise.
    """
    from samestory.embed.copies import RememberingEncoder
    from samestory.embed.cpu import cores
    from samestory.embed.processes import EncoderProcesses

    number = settings.embed_processes or cores()
    encoder = EncoderProcesses(encoder_spec(settings), number, meanwhile)
    return RememberingEncoder(encoder)


def open_pair_model(settings: Settings) -> "PairModel":
    """Return the model of the decision, at the knob's position."""
    from samestory.embed.models import known_models
    from samestory.index.decision.pair_model import PACKAGED_MODEL, PairModel

    known = frozenset(settings.model_languages.lower().replace(",", " ").split())
    known = known or frozenset(_languages(settings.model))
    path = Path(settings.pair_model)
    if settings.pair_model == "packaged":
        # Cosines of two embedding models can't be compared: each has its own weights.
        path = PACKAGED_MODEL
        if settings.model in known_models():
            own = path.with_name(f"pair_model_{settings.model}.json")
            path = own if own.exists() else path
    return PairModel.load(
        path,
        joining=settings.joining,
        languages=None if "*" in known else known,
        word_counts=Path(settings.word_counts) if settings.word_counts else None,
    )


def _languages(model: str) -> tuple[str, ...]:
    from samestory.embed.models import languages_of

    try:
        return languages_of(model)
    except Misconfigured as error:
        raise Misconfigured(f"{error}; where it is away, set model_languages") from None


def open_index(settings: Settings, state: "State") -> "EventIndex":
    """Return the index that writes a state."""
    from samestory.index.grouping.event_index import EventIndex

    keep_s = settings.keep_days * DAY_S if settings.keep_days else math.inf
    return EventIndex(state, open_pair_model(settings), keep_s)


def open_client(settings: Settings) -> "Client":
    """Return the HTTP client."""
    from samestory.ingest.fetch.addresses import parse_networks
    from samestory.ingest.fetch.client import Client, ClientOptions

    if not (settings.user_agent.isascii() and settings.user_agent.isprintable()):
        raise Misconfigured(
            f"--user-agent {settings.user_agent!r}: HTTP allows ASCII only"
        )
    return Client(
        ClientOptions(
            user_agent=settings.user_agent,
            allowed=parse_networks(settings.allow_network),
            total_s=settings.fetch_timeout,
            proxy=settings.proxy,
            headers=read_feed_headers(settings.feed_headers),
        )
    )


def politeness(settings: Settings) -> "Politeness":
    """Return how hosts are asked."""
    from samestory.ingest.polling.intervals import Limits
    from samestory.ingest.polling.politeness import Politeness
    from samestory.ingest.polling.shards import Shard

    longest_s = max(settings.poll_interval, settings.poll_interval_max)
    return Politeness(
        limits=Limits(shortest_s=settings.poll_interval, longest_s=longest_s),
        spacing_s=settings.host_spacing,
        shard=Shard.parse(settings.shard),
    )


def open_sandbox(settings: Settings) -> "Sandbox":
    """Return the pool of parsing processes."""
    from samestory.embed.cpu import cores
    from samestory.ingest.fetch.sandbox import Sandbox

    workers = settings.parse_workers or cores()
    return Sandbox(workers, settings.parse_timeout)
