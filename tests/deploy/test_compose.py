"""deploy/compose.yaml and deploy/Dockerfile against the program and a real broker.

No container engine is needed: what they name is checked, and their command lines are
started as processes, with only the environment that they give.
"""

import json
import re
import shlex
import subprocess
import tomllib
import uuid
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from samestory.deploy.cli.app import parsed
from samestory.deploy.cli.status import Health
from samestory.deploy.config import PREFIX, Settings
from tests.broker import PROPERTIES
from tests.conftest import ROOT
from tests.processes import stories_in, wait_for
from tests.product import CACHE

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "samestory"}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", "")
STEPS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line[:1] > "#"]
IMAGE = dict(
    part.split("=", 1)
    for word, rest in STEPS
    if word == "ENV"
    for part in shlex.split(rest)
)


def test_each_command_line_is_one_of_the_programs():
    """The parser takes it, and so its health check's."""
    (entry,) = [rest for word, rest in STEPS if word == "ENTRYPOINT"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry == '["samestory"]'
    assert "samestory" in scripts
    assert set(OURS) == {"topics", "ingest", "embed", "index"}
    for name, service in OURS.items():
        assert type(parsed(service["command"])).__name__.lower() == name
        if name != "topics":
            kind, program, *check = service["healthcheck"]["test"]
            assert (kind, program) == ("CMD", "samestory")
            assert parsed(check) == Health(worker=name)


def test_each_variable_is_a_setting():
    """A mistyped one would be passed over in silence."""
    known = {PREFIX + f.name.upper() for f in fields(Settings)}
    for service in OURS.values():
        assert set(service["environment"]) <= known
    assert {name for name in IMAGE if name.startswith(PREFIX)} <= known


def test_each_path_is_there_and_each_volume_declared():
    """In the repository, in the image, or a volume; state is kept where it must be."""
    copied = [rest.split() for word, rest in STEPS if word == "COPY"]
    for *sources, _ in copied:
        if not sources[0].startswith("--from"):
            assert all((ROOT / source).exists() for source in sources)
    allowed = (ROOT / ".dockerignore").read_text()
    for *sources, _ in copied:
        for source in sources:
            assert source.startswith(("--from", "/")) or f"!{source}\n" in allowed
    mounts = {name: one.get("volumes", []) for name, one in SERVICES.items()}
    for mount in (mount for those in mounts.values() for mount in those):
        source = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", mount).split(":")[0]
        if source.startswith("."):
            assert (ROOT / "deploy" / source).exists()
        else:
            assert source in COMPOSE["volumes"]
    assert "ingest:/state" in mounts["ingest"]
    assert "index:/state" in mounts["index"]
    assert IMAGE["SAMESTORY_STATE"] == "/state"
    (feeds,) = [mount.split(":")[-2] for mount in mounts["ingest"] if ":ro" in mount]
    listed = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", SERVICES["ingest"]["command"][-1])
    assert listed.startswith(f"{feeds}/")  # a folder: a replaced file is seen in it
    assert (ROOT / "deploy" / listed.lstrip("/")).exists()
    build = OURS["index"]["build"]
    assert (ROOT / "deploy" / build["context"] / build["dockerfile"]).samefile(
        ROOT / "deploy" / "Dockerfile"
    )


def test_nothing_runs_as_root_or_writes_outside_its_volumes():
    """Non-root, a read-only root, no capabilities, no open port, time to stop."""
    users = [rest for word, rest in STEPS if word == "USER"]
    (uid,) = re.findall(r"useradd --uid (\d+) .* samestory ", DOCKERFILE)
    assert users == ["samestory"]
    assert int(uid) > 999
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["stop_grace_period"] == "15s"
    assert f"/state:uid={uid}" in SERVICES["embed"]["tmpfs"]
    assert not any("ports" in service for service in SERVICES.values())


def test_the_broker_has_the_version_and_options_of_the_tests_broker():
    """Its variables are options of Apache Kafka; the address is the one we use."""
    kafka = SERVICES["kafka"]
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text()
    assert f"<version>{kafka['image'].rpartition(':')[2]}</version>" in pom
    known = {line.split("=")[0] for line in PROPERTIES.splitlines()}
    for name in kafka["environment"]:
        option = name.removeprefix("KAFKA_").lower().replace("_", ".")
        assert option in known, name
    brokers = {one["environment"]["SAMESTORY_BROKERS"] for one in OURS.values()}
    assert brokers == {"kafka:9092"}
    assert kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"] == (
        "PLAINTEXT://kafka:9092"
    )
    order = {name: list(one.get("depends_on", {})) for name, one in SERVICES.items()}
    assert order == {
        "kafka": [],
        "topics": ["kafka"],
        "ingest": ["topics"],
        "embed": ["topics"],
        "index": ["topics"],
    }


def environment(name: str, state: Path, broker: str, prefix: str) -> dict[str, str]:
    """Return what a container would give, with this machine's paths and ports."""
    given = {
        key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
        for key, value in OURS[name]["environment"].items()
    }
    return (
        IMAGE
        | given
        | {
            "PATH": f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "SAMESTORY_STATE": str(state),
            "SAMESTORY_BROKERS": broker,
            "SAMESTORY_KAFKA_PREFIX": prefix,
            "SAMESTORY_ALLOW_NETWORK": "127.0.0.0/8",
            "SAMESTORY_HOST_SPACING": "0",
            "SAMESTORY_MODEL": "packaged",
            "SAMESTORY_MODEL_CACHE": str(CACHE),
        }
    )


@pytest.mark.kafka
@pytest.mark.model
@pytest.mark.slow
def test_the_command_lines_make_the_pipeline(news, newsroom, broker, tmp_path):
    """Each as a process with a state of its own: the newsroom's stories come in."""
    prefix, started = f"t{uuid.uuid4().hex[:8]}.", {}

    def samestory(name, *arguments):
        """Run a command in the container of that name."""
        return subprocess.run(
            ["samestory", *arguments],
            env=environment(name, tmp_path / name, broker.bootstrap, prefix),
            capture_output=True,
            text=True,
            check=False,
        )

    def is_well(name):
        return samestory(name, *SERVICES[name]["healthcheck"]["test"][2:]).returncode

    assert is_well("embed") == 1
    made = samestory("topics", *SERVICES["topics"]["command"])
    assert made.returncode == 0, made.stderr
    assert "stories" in made.stdout
    try:
        for name in ("ingest", "embed", "index"):
            command = SERVICES[name]["command"]
            command = [newsroom.opml_url if "/" in c else c for c in command]
            started[name] = subprocess.Popen(
                ["samestory", *command],
                env=environment(name, tmp_path / name, broker.bootstrap, prefix),
            )

        wait_for(lambda: stories_in(tmp_path / "index") == 157, 180)
        assert [is_well(name) for name in started] == [0, 0, 0]
    finally:
        for process in started.values():
            process.terminate()
        codes = [process.wait(60) for process in started.values()]
    assert codes == [0, 0, 0]
    told = samestory("index", "stories", "--json").stdout.splitlines()
    found = {json.loads(line)["story_id"] for line in told}
    assert found == {story["story_id"] for story in news.rows("stories")}
