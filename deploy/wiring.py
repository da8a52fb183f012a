"""Which log, encoder and index are in use: the one place that decides."""

import os
from pathlib import Path

from deploy.config import Settings
from deploy.stream.embedded import EmbeddedLog
from deploy.stream.log import Log
from embed.encoder import Encoder, SentenceTransformerEncoder
from index.state import State, existing_state
from ingest.addresses import parse_networks
from ingest.client import Client
from ingest.frontier import Frontier
from ingest.sandbox import Sandbox


def open_log(settings: Settings) -> Log:
    """Return the log."""
    return EmbeddedLog(settings.home / "log.db")


def open_frontier(settings: Settings) -> Frontier:
    """Return the frontier."""
    return Frontier(settings.home / "frontier.db")


def open_state(settings: Settings) -> State:
    """Return the index's state, made if it is not there."""
    return State(state_path(settings))


def read_state(settings: Settings) -> State:
    """Return the index's state, which must be there."""
    return existing_state(state_path(settings))


def state_path(settings: Settings) -> Path:
    """Return where the index's state is."""
    return settings.home / "index" / "state.db"


def open_encoder(settings: Settings) -> Encoder:
    """Return the encoder; takes seconds."""
    return SentenceTransformerEncoder(settings.model, threads=settings.embed_threads)


def open_client(settings: Settings) -> Client:
    """Return the HTTP client."""
    return Client(
        user_agent=settings.user_agent,
        allowed=parse_networks(settings.allow_network),
        total_s=settings.fetch_timeout,
    )


def open_sandbox(settings: Settings) -> Sandbox:
    """Return the pool of parsing processes."""
    workers = settings.parse_workers or os.cpu_count() or 1
    return Sandbox(workers, settings.parse_timeout)
