"""Which log, encoder and index are in use: the one place that decides."""

import math
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from samestory.deploy.config import Settings, read_feed_headers
from samestory.deploy.modes import keep_modes
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import STORIES, Log
from samestory.embed.copies import RememberingEncoder
from samestory.embed.encoder import Encoder, EncoderSpec, nothing
from samestory.embed.models import known_models, languages_of
from samestory.embed.opening import open_encoder
from samestory.embed.processes import EncoderProcesses
from samestory.index.events import EventIndex
from samestory.index.pair_model import PACKAGED_MODEL, PairModel
from samestory.index.state import State, existing_state
from samestory.ingest.cadence import Limits
from samestory.ingest.errors import Misconfigured, Retry
from samestory.ingest.frontier import Frontier
from samestory.ingest.manners import Manners
from samestory.ingest.shards import Shard

if TYPE_CHECKING:
    from samestory.ingest.client import Client
    from samestory.ingest.sandbox import Sandbox


def open_log(
    settings: Settings,
    default_wait_s: float = 30.0,
    stop: Callable[[], bool] = lambda: False,
    mend: Callable[[str], None] | None = None,
) -> Log:
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
    told = False
    while True:
        try:
            return _open_log(settings, mend)
        except Retry as error:
            if stop() or time.monotonic() >= end:
                raise
            if not told:
                sys.stderr.write(f"{error}; trying on, --wait 0 to give up at once\n")
                told = True
            time.sleep(1.0)


def wait_of(settings: Settings, default_s: float = 30.0) -> float:
    """Return how many seconds a command waits for a log that is away."""
    return settings.wait if settings.wait >= 0 else default_s


def _open_log(settings: Settings, mend: Callable[[str], None] | None) -> Log:
    number = settings.stories_partitions
    partitions = {STORIES: number} if number else None
    retention_s = settings.retention_days * 86_400
    if not settings.brokers:
        return EmbeddedLog(
            settings.home / "log.db",
            partitions=partitions,
            retention_s=retention_s,
            retention_bytes=settings.retention_gb * 1e9,
            check_crcs=settings.check_crcs,
        )
    from samestory.deploy.stream.kafka import KafkaLog  # noqa: PLC0415  (0.4 s)
    from samestory.deploy.stream.kafka_address import KafkaAddress  # noqa: PLC0415

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


def open_frontier(settings: Settings) -> Frontier:
    """Return the frontier."""
    return Frontier(settings.home / "frontier.db")


def open_state(settings: Settings) -> State:
    """Return the index's state, made if it is not there."""
    state = State(state_path(settings))
    keep_modes(settings)  # of what was made just now, too
    return state


def read_state(settings: Settings) -> State:
    """Return the index's state, which must be there."""
    return existing_state(state_path(settings))


def state_path(settings: Settings) -> Path:
    """Return where the index's state is."""
    return state_path_in(settings.home)


def state_path_in(home: Path) -> Path:
    """Return where the index's state is in a directory."""
    return home / "index" / "state.db"


def encoder_spec(settings: Settings) -> EncoderSpec:
    """Return which encoder the settings mean."""
    return EncoderSpec(
        model=settings.model,
        precision=settings.precision,
        engine=settings.engine,
        tokens=settings.embed_tokens,
        cache=settings.models_home,
    )


def open_query_encoder(settings: Settings) -> Encoder:
    """Return an encoder for a text or two: the one that starts fastest."""
    return open_encoder(encoder_spec(settings), for_one=True)


def open_stream_encoder(
    settings: Settings, meanwhile: Callable[[], None] = nothing
) -> RememberingEncoder:
    """Return an encoder for many texts: a process a core, copies recognised.

    Args:
        settings: which, and how many processes.
        meanwhile: called while the model is opened, or converted; may raise.
    """
    number = settings.embed_processes or len(os.sched_getaffinity(0))
    encoder = EncoderProcesses(encoder_spec(settings), number, meanwhile)
    return RememberingEncoder(encoder)


def open_pair_model(settings: Settings) -> PairModel:
    """Return the model of the decision, at the knob's position."""
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
    )


def _languages(model: str) -> tuple[str, ...]:
    try:
        return languages_of(model)
    except Misconfigured as error:
        raise Misconfigured(f"{error}; where it is away, set model_languages") from None


def open_index(settings: Settings, state: State) -> EventIndex:
    """Return the index that writes a state."""
    keep_s = settings.keep_days * 86_400 if settings.keep_days else math.inf
    return EventIndex(state, open_pair_model(settings), keep_s)


def open_client(settings: Settings) -> "Client":
    """Return the HTTP client."""
    from samestory.ingest.addresses import parse_networks  # noqa: PLC0415  (0.2 s, of httpx2)
    from samestory.ingest.client import Client, ClientOptions  # noqa: PLC0415

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


def manners(settings: Settings) -> Manners:
    """Return how hosts are asked."""
    longest_s = max(settings.poll_interval, settings.poll_interval_max)
    return Manners(
        limits=Limits(shortest_s=settings.poll_interval, longest_s=longest_s),
        spacing_s=settings.host_spacing,
        shard=Shard.parse(settings.shard),
    )


def open_sandbox(settings: Settings) -> "Sandbox":
    """Return the pool of parsing processes."""
    from samestory.ingest.sandbox import Sandbox  # noqa: PLC0415

    workers = settings.parse_workers or os.cpu_count() or 1
    return Sandbox(workers, settings.parse_timeout)
