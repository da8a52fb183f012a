"""Settings: each with its unit and default, from flags, the environment or a TOML file.

The only file that reads the environment. A flag wins over the environment, that over
the file, that over the default.
"""

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final, get_type_hints

from samestory.errors import Misconfigured

PREFIX: Final = "SAMESTORY_"
SUPERVISED: Final = PREFIX + "SUPERVISED"  # set by a supervisor for its workers
CONFIG: Final = PREFIX + "CONFIG"  # the file of settings where --config names none
_SAFE_PATH: Final = "PYTHONSAFEPATH"  # Python's own names
_WARNINGS: Final = "PYTHONWARNINGS"
_TRACKER: Final = "ignore::UserWarning:multiprocessing.resource_tracker"


MOST: Final = 1_000_000_000  # of any number: more seconds than a life has
MAX_FILE: Final = 1_000_000  # bytes of a file of settings


def _setting(default: Any, about: str, least: int = 0, most: int = MOST) -> Any:
    """Return a setting's field; `least` and `most` are of numbers."""
    limits = {"least": least, "most": most}
    return field(default=default, metadata={"about": about, **limits})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; `about` says what each means, with its unit."""

    state: str = _setting(
        "", "directory of all state; default: the platform's data dir"
    )
    index_readable: str = _setting(
        "owner",
        "who may read index/: its owner alone (owner), group or all; the log and the"
        " frontier are their owner's in any case",
    )
    allow_network: tuple[str, ...] = _setting(
        (), "networks (CIDR) that may be fetched from though they are not public"
    )
    host_spacing: float = _setting(2.0, "seconds between two requests to one host")
    poll_interval: float = _setting(
        600.0, "seconds between two polls of a feed, at the least"
    )
    poll_interval_max: float = _setting(
        21_600.0,
        "seconds between two polls of a feed, at the most; within the two it follows"
        " how often the feed has news, and what the publisher announces",
    )
    shard: str = _setting(
        "",
        "which feeds this ingest worker polls, of several with a --state each: I/N, as"
        " 2/3; all feeds of a domain are one worker's",
    )
    proxy: str = _setting(
        "", "http(s) proxy for all fetches, as http://user:password@host:port"
    )
    feed_headers: str = _setting(
        "",
        "TOML file of headers for feeds and pages behind a login: a table for each"
        ' beginning of a URL, as ["https://x.org/feed"]; $NAME is read from the'
        " environment",
    )
    user_agent: str = _setting(
        "samestory/0.1",
        "name sent to publishers; add a contact: 'name (+mailto:you@x)'",
    )
    fetch_timeout: float = _setting(
        25.0, "seconds for a whole fetch, redirects included"
    )
    parse_timeout: float = _setting(15.0, "seconds for parsing one feed or page")
    parse_workers: int = _setting(0, "parsing processes; 0: one a core")
    model: str = _setting(
        "multilingual",
        "embedding model: 'multilingual', 'packaged' (English alone, twice as fast), a"
        " sentence-transformers folder or name; `samestory models list` tells more",
    )
    model_languages: str = _setting(
        "",
        "languages that the model knows, as en,fr or * for all; stories in another are"
        " compared by their words alone; default: what the model's card says",
    )
    headlines: tuple[str, ...] = _setting(
        (),
        "languages in which an event's headline is shown where a report has one, the"
        " most wanted first; else, and by default, that of the report that is nearest"
        " to all others",
    )
    model_cache: str = _setting(
        "", "directory of converted models; default: the platform's cache dir"
    )
    precision: str = _setting(
        "exact",
        "class of the model's arithmetic: exact (fp32, bf16) or int8; vectors of two"
        " classes are never mixed",
    )
    engine: str = _setting(
        "auto",
        "what runs the model: auto, the fastest of the class that is installed and that"
        " this CPU serves well, or a name of `samestory models list`",
    )
    embed_tokens: int = _setting(
        128,
        "tokens of title and lead that are embedded; part of the vectors' space",
        least=64,  # the canary sentences have up to 50
        most=100_000,
    )
    embed_processes: int = _setting(
        0, "processes of the model; 0: one a core that we may use"
    )
    joining: str = _setting(
        "balanced",
        "how readily stories are joined: tight, balanced or loose; for those that come"
        " from now on, `samestory replay` decides all anew",
    )
    pair_model: str = _setting(
        "packaged",
        "what decides whether two reports are one event: 'packaged', the embedding"
        " model's own, or a pair_model.json of `samestory train`",
    )
    word_counts: str = _setting(
        "",
        "word counts of more languages than English: a file of `samestory models"
        " count-words`; default: none",
    )
    embed_batch: int = _setting(
        32, "stories embedded before they are published", least=1, most=100_000
    )
    index_batch: int = _setting(
        256, "stories indexed in one commit", least=1, most=100_000
    )
    stories_partitions: int = _setting(
        0,
        "partitions of topic stories, fixed when it is made; 0: 1, on Kafka 6",
        most=1_000,
    )
    retention_days: float = _setting(
        30.0, "days that the log keeps what every worker has read"
    )
    retention_gb: float = _setting(
        20.0, "GB of each topic that the log keeps, of what every worker has read"
    )
    keep_days: float = _setting(
        0.0,
        "days that the index keeps a story after it was first seen; 0: for ever."
        " Names and corrections are kept in any case",
    )
    member: str = _setting(
        "", "name under which this worker shares partitions; default: the host's name"
    )
    brokers: str = _setting(
        "", "Kafka as host:port[,host:port]; default: the log embedded in --state"
    )
    kafka_protocol: str = _setting(
        "PLAINTEXT", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_mechanism: str = _setting(
        "", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, for SASL"
    )
    kafka_username: str = _setting("", "for SASL")
    kafka_password: str = _setting("", "for SASL; best set in the environment")
    kafka_token_command: str = _setting(
        "", "for OAUTHBEARER: a command that prints a token"
    )
    kafka_ca_file: str = _setting("", "PEM of the brokers' authority, for SSL")
    kafka_prefix: str = _setting("", "put before the names of our topics and groups")
    check_crcs: bool = _setting(
        default=True,
        about="refuse records whose checksum is wrong; false to read on all the same",
    )
    kafka_replication: int = _setting(1, "copies of topics that we make", least=1)
    wait: float = _setting(
        -1.0,
        "seconds to wait for a broker, then exit 3; default: workers for ever, else 30",
    )
    log_level: str = _setting(
        "", "debug, info, warning or error; default: info, warning under a supervisor"
    )

    @property
    def home(self) -> Path:
        """The state directory.

        Raises:
            Misconfigured: it would be in our home directory, and we have none; or it
                is no directory's name.
        """
        if "://" in self.state:
            raise Misconfigured(f"--state {self.state}: a directory, not an address")
        try:
            named = self.state or _platformdirs().user_data_dir("samestory")
            return Path(named).expanduser()
        except RuntimeError as error:
            raise Misconfigured(
                f"{user_name()} has no home directory on this machine: name a"
                " directory by its full path, --state DIR or SAMESTORY_STATE"
            ) from error

    @property
    def models_home(self) -> Path:
        """The directory of converted models."""
        cache = self.model_cache or _platformdirs().user_cache_dir("samestory")
        return Path(cache).expanduser() / "models"


def _platformdirs() -> ModuleType:
    import platformdirs  # noqa: PLC0415  (0.01 s, where no place is named)

    return platformdirs


def lend_home(settings: Settings) -> None:
    """Where we have no home directory, let whoever asks for one have the state's.

    Models are kept there, then, and libraries write their own things.

    Raises:
        Misconfigured: no state is named either.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = str(settings.home.absolute())


def prepare_children() -> None:
    """Let our child processes import no file of the user's current directory.

    As `python -P` does for one: multiprocessing starts its children without that. Its
    tracker removes what we leave when we end at once, as workers do, and says nothing.
    """
    os.environ[_SAFE_PATH] = "1"
    given = os.environ.get(_WARNINGS)
    if _TRACKER not in (given or ""):
        os.environ[_WARNINGS] = f"{given},{_TRACKER}" if given else _TRACKER


def users_environment() -> dict[str, str]:
    """Return the environment for a command of the user's, who may import from there."""
    return {name: it for name, it in os.environ.items() if name != _SAFE_PATH}


def user_name() -> str:
    """Return who runs us, if only by number: in a container nobody may have a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def load_settings(
    *,
    file: str | None,
    overrides: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings in force.

    Args:
        file: a TOML file; None for none.
        overrides: from flags; None values count as not given.
        environment: None for the process's own.

    Raises:
        Misconfigured: names the setting, where it was set, and what is wrong.
    """
    values: dict[str, Any] = {}
    known = {f.name: f for f in fields(Settings)}
    for name, value in read_toml(file, "--config").items():
        if name not in known:
            raise Misconfigured(
                f"{file}: unknown setting {name!r}; known: {', '.join(known)}"
            )
        values[name] = _convert(name, value, f"{file}: {name}")
    env = os.environ if environment is None else environment
    for name in known:
        text = env.get(PREFIX + name.upper())
        if text:
            values[name] = _convert(name, text, PREFIX + name.upper())
    for name, value in overrides.items():
        if name == "proxy" and "@" in (value or ""):
            raise Misconfigured(
                "--proxy with a name or password in it, which everybody on this machine"
                " could read: set SAMESTORY_PROXY, or proxy in the --config file"
            )
        if value is not None and name in known:
            values[name] = _convert(name, value, "--" + name.replace("_", "-"))
    return Settings(**values)


def config_file(*, may_be_made: bool = False) -> str | None:
    """Return the file of settings that holds where none is named.

    The one that SAMESTORY_CONFIG names, else config.toml in the user's folder of
    settings.

    Args:
        may_be_made: return that one also if it is not there.

    Returns:
        None if there is none.
    """
    if named := os.environ.get(CONFIG):
        return named
    try:
        folder = _platformdirs().user_config_dir("samestory")
        path = Path(folder).expanduser() / "config.toml"
    except RuntimeError:  # we have no home directory
        return None
    # Where we may not look there is none for us.
    is_there = os.path.isfile(path)  # noqa: PTH113
    return str(path) if may_be_made or is_there else None


def unknown_variables() -> list[str]:
    """Return the variables of the environment that look like settings and are none."""
    known = {PREFIX + f.name.upper() for f in fields(Settings)} | {CONFIG, SUPERVISED}
    return sorted(
        name for name in os.environ if name.startswith(PREFIX) and name not in known
    )


def read_toml(file: str | None, option: str) -> dict[str, Any]:
    """Return what a file holds that an option names; {} without one.

    Raises:
        Misconfigured: it can't be read, or is no TOML.
    """
    if file is None:
        return {}
    try:
        with Path(file).open("rb") as opened:
            written = opened.read(MAX_FILE + 1)
        if len(written) > MAX_FILE:
            raise Misconfigured(f"{option} {file}: over {MAX_FILE} bytes are no TOML")
        return tomllib.loads(written.decode())
    except OSError as error:
        raise Misconfigured(f"{option} {file}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Misconfigured(f"{option} {file}: {error}") from error


def _convert(name: str, value: Any, where: str) -> Any:
    kind = _kinds()[name]
    if kind is str and isinstance(value, str):
        return value
    from msgspec import Meta, ValidationError, convert  # noqa: PLC0415  (0.01 s)

    limits = Settings.__dataclass_fields__[name].metadata
    if kind in (int, float):
        kind = Annotated[kind, Meta(ge=limits["least"], le=limits["most"])]
    elif kind == tuple[str, ...] and isinstance(value, str):
        value = [one.strip() for one in value.split(",") if one.strip()]
    try:
        return convert(value, kind, strict=False)
    except ValidationError as error:
        said = str(error).replace("`", "").replace("Expected", "expected")
        raise Misconfigured(f"{where}: {value!r}: {said}") from error


@cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Settings)


def is_supervised() -> bool:
    """Tell whether a supervisor started this process."""
    return SUPERVISED in os.environ
