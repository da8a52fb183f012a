"""Which addresses may be connected to."""

from ipaddress import ip_address

import pytest

from samestory.ingest.fetch.addresses import is_open, parse_networks


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "192.31.196.1", "100.63.255.255", "168.63.129.15", "172.32.0.1"),
        *("2606:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2a00:1450::1"),
        *("::ffff:8.8.8.8", "3ffe::1", "2003::1"),
    ],
)
def test_a_host_of_the_internet_is_open(address):
    """IPv4 within IPv6 is judged as what it is."""
    assert is_open(ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200"),
        *("127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
        *("192.0.0.8", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1"),
        *("192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        "168.63.129.16",
        *("::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("::ffff:168.63.129.16", "::ffff:224.0.0.1"),
        *("::ffff:0:7f00:1", "::ffff:0:808:808", "64:ff9b::7f00:1", "64:ff9b::808:808"),
        *("64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1"),
        *("2001:10::1", "2001:20::1", "2001:30::1", "2001:1::1", "2001:db8::1"),
        *("2002:7f00:1::1", "3fff::1", "3fff:fff::1", "5f00::1", "4000::1", "a000::1"),
        *("fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1"),
    ],
)
def test_every_other_address_is_closed_until_an_operator_opens_it(address):
    """IANA's registries of special-purpose addresses, and clouds' own services.

    What the refusal says opens it does open it.
    """
    assert not is_open(ip_address(address), ())
    assert is_open(ip_address(address), parse_networks([address]))


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "::ffff:0:7f00:1"])
def test_an_ipv4_network_that_is_open_is_open_in_ipv6_forms_too(address):
    """A resolver may give either."""
    assert is_open(ip_address(address), parse_networks(["127.0.0.0/8"]))
    assert not is_open(ip_address(address), parse_networks(["126.0.0.0/8"]))
