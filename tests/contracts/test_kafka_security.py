"""TLS, SASL and rights: who gets in, and what is said to who does not."""

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace

import pytest

from samestory.deploy.quarantine import HeldFeeds, quarantine_rejected
from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress, knock
from samestory.deploy.stream.kafka_client import CommandToken, kafka, mechanism_of
from samestory.deploy.stream.log import JOURNAL, STORIES, Message
from samestory.errors import Misconfigured, Rejected, Retry
from tests.broker import Broker, free_port
from tests.product import Run

pytestmark = pytest.mark.kafka
LISTENERS = """\
listeners=CLIENT://127.0.0.1:{plain},TLS://127.0.0.1:{tls},SASL://127.0.0.1:{sasl},\
BOTH://127.0.0.1:{both},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{plain},TLS://127.0.0.1:{tls},\
SASL://127.0.0.1:{sasl},BOTH://127.0.0.1:{both}
listener.security.protocol.map=CLIENT:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,\
BOTH:SASL_SSL,CONTROLLER:PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{controller}
ssl.keystore.type=PEM
ssl.keystore.location={pem}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_app="secret" \
user_guest="secret";
listener.name.both.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_app="secret";
listener.name.sasl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.both.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.both.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:app;User:ANONYMOUS
"""


def certificates(folder):
    """Make an authority, a broker's certificate, and an authority nobody knows."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make certificates")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*arguments):
        subprocess.run(
            ["openssl", *arguments], cwd=folder, check=True, capture_output=True
        )

    for name in ("ca", "other"):
        out = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        openssl("req", "-x509", *curve, "-subj", f"/CN={name}", *out)
    out = ["-keyout", "srv.key", "-out", "srv.csr"]
    openssl("req", *curve, "-subj", "/CN=broker", *out)
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    openssl(
        *("x509", "-req", "-in", "srv.csr", *signed),
        *("-extfile", "names", "-out", "srv.pem"),
    )
    both = (folder / "srv.key").read_text() + (folder / "srv.pem").read_text()
    (folder / "broker.pem").write_text(both)


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """A broker with one port for each protocol; {protocol: address} and its folder."""
    folder = tmp_path_factory.mktemp("secured")
    certificates(folder)
    numbers = {name: free_port() for name in ("tls", "sasl", "both", "controller")}
    users = tuple(
        f"{m}=[name=app,password=secret]" for m in ("SCRAM-SHA-256", "SCRAM-SHA-512")
    )
    broker = Broker(folder / "node", "", users)
    text = LISTENERS.format(plain=broker.port, pem=folder / "broker.pem", **numbers)
    broker.config.write_text(broker.config.read_text() + text)
    broker.start()
    ca_file = str(folder / "ca.pem")

    def address(port, protocol):
        found = KafkaAddress(brokers=f"127.0.0.1:{port}", protocol=protocol)
        return replace(found, prefix=f"t{uuid.uuid4().hex[:6]}.")

    yield {
        "PLAINTEXT": address(broker.port, "PLAINTEXT"),
        "SSL": replace(address(numbers["tls"], "SSL"), ca_file=ca_file),
        "SASL_PLAINTEXT": address(numbers["sasl"], "SASL_PLAINTEXT"),
        "SASL_SSL": replace(address(numbers["both"], "SASL_SSL"), ca_file=ca_file),
        "folder": folder,
    }
    broker.stop()


def app(address, mechanism, **changes):
    """Return the address with the user that may do everything."""
    values = {"mechanism": mechanism, "username": "app", "password": "secret"}
    return replace(address, **(values | changes))


@pytest.mark.parametrize(
    ("protocol", "mechanism"),
    [
        ("SSL", ""),
        ("SASL_PLAINTEXT", "PLAIN"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-256"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-512"),
        ("SASL_SSL", "PLAIN"),
        ("SASL_SSL", "SCRAM-SHA-512"),
    ],
)
def test_a_record_goes_out_and_comes_back(ports, protocol, mechanism):
    """Through publish, a group and a commit."""
    address = app(ports[protocol], mechanism) if mechanism else ports[protocol]
    log = KafkaLog(address, partitions={STORIES: 1})
    try:
        log.publish(STORIES, [Message(key="k", value=b"v")])
        consumer = log.consumer("g", STORIES)
        (found,) = consumer.poll(1, 20)
        assert (found.key, found.value) == ("k", b"v")
        consumer.commit({0: found.offset + 1})
        assert [lag.behind for lag in log.lag("g", STORIES)] == [0] * 1
    finally:
        log.close()


def test_who_does_not_get_in_is_told_why(ports):
    """Each reason by its name; none of them is tried again and again."""
    plain, tls = ports["PLAINTEXT"], ports["SSL"]
    sasl, both = ports["SASL_PLAINTEXT"], ports["SASL_SSL"]
    other = str(ports["folder"] / "other.pem")
    for address, why in (
        (app(sasl, "PLAIN", password="wrong"), "refuses app: .*nvalid username or"),
        (app(sasl, "SCRAM-SHA-256", password="wrong"), "refuses app: .*nvalid"),
        (app(sasl, "SCRAM-SHA-512", username="nobody"), "refuses nobody"),
        (app(sasl, "OAUTHBEARER", token_command="echo t"), "no SASL mechanism OAUTHB"),
        (replace(tls, ca_file=other), "unable to get local issuer.*set kafka_ca_file"),
        (replace(tls, ca_file=""), "certificate.*set kafka_ca_file"),
        (replace(tls, ca_file="/nowhere.pem"), "kafka_ca_file /nowhere.pem: .*No such"),
        (replace(tls, brokers=plain.brokers), "does not speak TLS: use kafka_protocol"),
        (replace(plain, brokers=tls.brokers), "wants TLS there: set kafka_protocol"),
        (replace(plain, brokers=sasl.brokers), "wants SASL: set kafka_protocol"),
        (app(both, "PLAIN", password="wrong"), "refuses app"),
    ):
        begin = time.monotonic()
        with pytest.raises(Misconfigured, match=why):
            KafkaLog(replace(address, bootstrap_s=300.0))
        assert time.monotonic() - begin < 150, why


def refuse_as_http(web):
    """Answer one connection as a web server answers what is no HTTP."""
    link, _ = web.accept()
    with link:
        link.recv(100)
        link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_port_without_kafka_is_named(ports):
    """A web server; a port where nobody is; a name that nobody knows."""
    plain = ports["PLAINTEXT"]
    with socket.create_server(("127.0.0.1", 0)) as web:
        threading.Thread(target=refuse_as_http, args=(web,)).start()
        there = replace(plain, brokers=f"127.0.0.1:{web.getsockname()[1]}")
        with pytest.raises(Misconfigured, match="no Kafka there: it answers b'HTTP'"):
            KafkaLog(there)
    there = replace(plain, brokers=f"127.0.0.1:{free_port()}")
    with pytest.raises(Retry, match=r"127.0.0.1:\d+: Connection refused"):
        KafkaLog(there)
    with pytest.raises(Retry, match="no.such.host.invalid:9092: "):
        KafkaLog(replace(plain, brokers="no.such.host.invalid:9092"))


def test_the_first_broker_that_lets_us_in_is_enough(ports):
    """One of two is down."""
    plain = ports["PLAINTEXT"]
    two = f"127.0.0.1:{free_port()},{plain.brokers}"
    log = KafkaLog(replace(plain, brokers=two))
    assert log.count(STORIES) == 0
    log.close()


def test_a_user_without_rights_is_told_the_topic_and_their_name(ports):
    """Neither asked again and again, nor silently without records."""
    theirs = app(ports["SASL_PLAINTEXT"], "PLAIN")
    log = KafkaLog(theirs)
    log.close()
    guest = replace(theirs, username="guest")
    with pytest.raises(Misconfigured, match=f"guest may not see topic {guest.prefix}"):
        KafkaLog(guest)


# What docs/kafka.md grants to everybody, but for Delete.
GRANTED = {
    ("TOPIC", "PREFIXED"): ("READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"),
    ("GROUP", "PREFIXED"): ("READ",),
}


def grant(address, user, granted):
    """Let a user do something to what begins with the address's prefix."""
    rights = kafka.admin
    with contextlib.closing(
        kafka.KafkaAdminClient(bootstrap_servers=address.brokers)
    ) as client:
        client.create_acls(
            [
                rights.ACL(
                    f"User:{user}",
                    "*",
                    rights.ACLOperation[operation],
                    rights.ACLPermissionType.ALLOW,
                    rights.ResourcePattern(
                        rights.ResourceType[kind],
                        address.prefix,
                        rights.ACLResourcePatternType[how],
                    ),
                )
                for (kind, how), operations in granted.items()
                for operation in operations
            ]
        )


def test_a_broker_that_forbids_to_delete_is_named_once_and_all_goes_on(ports, caplog):
    """Nothing is removed; what is published is read."""
    theirs = app(ports["SASL_PLAINTEXT"], "PLAIN")
    KafkaLog(theirs).close()
    plain = replace(ports["PLAINTEXT"], prefix=theirs.prefix)
    grant(plain, "guest", GRANTED)
    log = KafkaLog(replace(theirs, username="guest"), retention_s=-1.0)
    log.publish(JOURNAL, [Message(key="k", value=b"v")])
    log.consumer("index", JOURNAL).commit({0: 1})
    assert log.trim() == 0
    assert caplog.text.count("removes nothing from Kafka's topics: ") == 1
    assert "allowed to Delete stories and journal" in caplog.text
    grant(plain, "guest", {("TOPIC", "PREFIXED"): ("DELETE",)})
    granted_at = time.monotonic()
    while log.trim() == 0 and time.monotonic() < granted_at + 30:
        pass
    assert log.read(JOURNAL, 0, 0, 1) == []
    log.close()


def test_who_must_not_read_the_quarantine_leaves_feeds_in_it(ports, caplog):
    """Said once; the feed is read all the same, and what is rejected is written."""
    theirs = replace(
        app(ports["SASL_PLAINTEXT"], "PLAIN"), prefix=f"w{uuid.uuid4().hex}-"
    )
    KafkaLog(theirs).close()
    plain = replace(ports["PLAINTEXT"], prefix=theirs.prefix)
    rights = ("WRITE", "DESCRIBE", "DESCRIBE_CONFIGS")
    grant(plain, "guest", {("TOPIC", "PREFIXED"): rights})
    log = KafkaLog(replace(theirs, username="guest"))
    rejected = [Rejected(reason="gone", source="http://a/", detail="", is_feed=True)]
    quarantine_rejected(log, "ingest", rejected)
    feeds = HeldFeeds(log)
    feeds.mended("http://a/")
    feeds.mended("http://a/")
    assert caplog.text.count("feeds that are read again stay in quarantine: ") == 1
    assert (
        f"not allowed: [Error 29] TopicAuthorizationFailedError: {{'{theirs.prefix}quarantine"
        in caplog.text
    )
    log.close()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"brokers": "kafka"}, "'kafka': must be host:port"),
        ({"brokers": "a:1,b"}, "'b': must be host:port"),
        ({"protocol": "TLS"}, "kafka_protocol 'TLS': use one of PLAINTEXT"),
        ({"mechanism": "PLAIN"}, "needs kafka_protocol SASL_PLAINTEXT"),
        ({"protocol": "SASL_SSL"}, "kafka_mechanism '': use one of PLAIN"),
        ({"protocol": "SASL_SSL", "mechanism": "PLAIN"}, "needs kafka_username"),
        (
            {"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER"},
            "needs kafka_token_command",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_tried(changes, why):
    """By the name of the setting."""
    address = replace(KafkaAddress(brokers="127.0.0.1:9"), **changes)
    with pytest.raises(Misconfigured, match=why):
        KafkaLog(address)


def token_that_expires_in(seconds):
    """Return a JWT, unsigned."""
    claims = json.dumps({"exp": time.time() + seconds}).encode()
    return "e30." + base64.urlsafe_b64encode(claims).decode().rstrip("=") + "."


def counting(tmp_path, token):
    """Return a command that prints a token, and how often it ran."""
    seen, script = tmp_path / "seen", tmp_path / "print_token.py"
    script.write_text(f"open({str(seen)!r}, 'a').write('x'); print({token!r})")
    return f"{sys.executable} {script}", lambda: len(seen.read_text())


def test_a_token_is_kept_until_shortly_before_it_expires(tmp_path):
    """The command runs once for a token that holds, each time for one that does not."""
    long, short = token_that_expires_in(3600), token_that_expires_in(5)
    command, runs = counting(tmp_path, long)
    provider = CommandToken(command)
    assert [provider.token(), provider.token()] == [long, long]
    assert runs() == 1
    command, runs = counting(tmp_path, short)
    provider = CommandToken(command)
    assert [provider.token(), provider.token()] == [short, short]
    assert runs() == 3
    opaque = CommandToken("echo opaque")
    assert opaque.token() == "opaque"


@pytest.mark.parametrize("command", ["false", "true", "/nowhere/token", "'"])
def test_a_token_command_that_gives_none_is_named(command):
    """It fails, prints nothing, is not there, or can't be read."""
    with pytest.raises(Misconfigured, match="kafka_token_command"):
        CommandToken(command).token()


def test_our_side_of_oauthbearer_sends_the_token():
    """RFC 7628, section 3.1; the broker of the tests lacks its own side."""
    address = KafkaAddress(
        brokers="127.0.0.1:9",
        protocol="SASL_PLAINTEXT",
        mechanism="OAUTHBEARER",
        token_command="echo t-1",
    )
    address.check()
    assert mechanism_of(address).auth_bytes() == b"n,,\x01auth=Bearer t-1\x01\x01"
    with pytest.raises(Retry, match="cannot reach kafka"):
        knock(address, mechanism_of(address))


def test_a_wrong_password_ends_a_command_with_exit_2_and_without_the_password(
    ports, tmp_path, monkeypatch
):
    """As a user meets it; the password is nowhere in what is printed."""
    sasl = ports["SASL_PLAINTEXT"]
    for name, value in (
        ("BROKERS", sasl.brokers),
        ("KAFKA_PROTOCOL", sasl.protocol),
        ("KAFKA_MECHANISM", "SCRAM-SHA-256"),
        ("KAFKA_USERNAME", "app"),
        ("KAFKA_PASSWORD", "hunter2-wrong"),
    ):
        monkeypatch.setenv(f"SAMESTORY_{name}", value)
    for command in (("status",), ("embed",), ("import", "/dev/null", "--no-wait")):
        out, said = Run(tmp_path)(*command, expect=2)
        assert "refuses app" in said
        assert "hunter2" not in out + said
        assert "Traceback" not in said
    assert JOURNAL not in said
