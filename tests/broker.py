"""A real Apache Kafka node for tests; a test that kills it makes its own."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

CACHE = Path(tempfile.gettempdir()) / "samestory-kafka"  # of all nodes of all runs
# Small heap, no second compiler, shared class data: ready in 1.3 s, 160 MB.
JVM = [
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=250
log.retention.check.interval.ms=1000
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=2
num.io.threads=4
"""
JOINING = """\
process.roles=broker
listeners=CLIENT://127.0.0.1:{port}
"""
FETCHED = Path(__file__).parents[1] / ".run" / "kafka"  # by `make kafka`


@dataclass(frozen=True)
class Running:
    """A broker that somebody else runs, for tests that do not harm it."""

    bootstrap: str


def libs() -> Path:
    """Return the folder of Kafka's jars; skip the test where there is none."""
    home = os.environ.get("KAFKA_HOME") or FETCHED
    found = Path(home) / "libs"
    if not any(found.glob("kafka_*.jar")):
        pytest.skip(
            "needs Apache Kafka: `make kafka` fetches it with Maven; or set KAFKA_HOME"
            " to an unpacked Kafka 4, or KAFKA_BOOTSTRAP_SERVERS to a running one (which"
            " serves the tests that do not harm it)"
        )
    if not shutil.which("java"):
        pytest.skip("needs Java 17 for Apache Kafka")
    return found.resolve()


class Broker:
    """One node on loopback ports of its own: the controller too, unless it joins one."""

    def __init__(
        self,
        home: Path,
        overrides: str = "",
        scram: tuple[str, ...] = (),
        joins: "Broker | None" = None,
    ) -> None:
        jars = sorted(map(str, libs().glob("*.jar")))
        self.home, self.data, self.cache = home, home / "data", CACHE
        self.scram = scram  # each as kafka-storage's --add-scram takes it
        self.process: subprocess.Popen[bytes] | None = None
        self.port, self.node = free_port(), 2 if joins else 1
        self.controller = joins.controller if joins else free_port()
        self.cluster_id = joins.cluster_id if joins else short_id()
        home.mkdir(parents=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.config = home / "server.properties"  # a later line for a key wins
        plain = PROPERTIES + (JOINING if joins else "")
        self.config.write_text(plain.format_map(vars(self)) + overrides)
        # The first that ends well leaves its classes, which the others then share.
        self.archive = self.cache / "kafka.jsa"
        self.left = self.cache / f"{short_id()}.jsa"
        share = f"-XX:ArchiveClassesAtExit={self.left}"
        if self.archive.exists():
            share = f"-XX:SharedArchiveFile={self.archive}"
        self.java = ["java", *JVM, share, "-cp", ":".join(jars)]
        self.bootstrap = f"127.0.0.1:{self.port}"

    def format(self) -> None:
        """As `kafka-storage format`; from the second time on without a JVM."""
        template = self.cache / "bootstrap.checkpoint"
        if template.exists() and not self.scram:
            self.data.mkdir()
            shutil.copy(template, self.data)
            (self.data / "meta.properties").write_text(
                f"version=1\ncluster.id={self.cluster_id}\n"
                f"node.id={self.node}\ndirectory.id={short_id()}\n"
            )
            return
        plain = [part for part in self.java if "jsa" not in part]
        tool = ["kafka.tools.StorageTool", "format", "-t", self.cluster_id]
        users = [part for user in self.scram for part in ("--add-scram", user)]
        subprocess.run(
            [*plain, *tool, "-c", self.config, *users], check=True, capture_output=True
        )
        if not self.scram:
            new = self.cache / short_id()
            shutil.copy(self.data / template.name, new)
            new.replace(template)  # whole, for whoever starts meanwhile

    def start(self, timeout_s: float = 60.0) -> "Broker":
        """Start and wait until it answers."""
        if not (self.data / "meta.properties").exists():
            self.format()
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.java, "kafka.Kafka", self.config],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        end = time.monotonic() + timeout_s
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop(signal.SIGKILL)
                said = (self.home / "log").read_text()[-2000:]
                raise RuntimeError(f"kafka did not start: {said}")
            threading.Event().wait(0.05)
        return self

    def answers(self) -> bool:
        """Ask ApiVersions v0: an open port that also processes requests."""
        ask = b"\x00\x12\x00\x00\x00\x00\x00\x01\x00\x05probe"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as link:
                link.settimeout(2)
                link.sendall(len(ask).to_bytes(4, "big") + ask)
                return len(link.recv(4)) == 4
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop; SIGKILL is a crash, and start() again finds the same data."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if number == signal.SIGTERM and self.left.exists():
            self.left.replace(self.archive)

    def wipe(self) -> None:
        """Lose everything: the broker that comes back empty."""
        shutil.rmtree(self.data)
        self.cluster_id = short_id()


def short_id() -> str:
    while True:
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not found.startswith("-"):
            return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
