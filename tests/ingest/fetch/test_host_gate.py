"""When a host may be asked again."""

from samestory.ingest.fetch.host_gate import HostGate


def test_a_host_serves_one_request_at_a_time_with_a_pause():
    """Feeds and pages of a host share the gate."""
    gate = HostGate(2.0)
    assert gate.is_free("a", 0.0)
    gate.start("a", 0.0)
    assert not gate.is_free("a", 1e9)
    gate.answered("a", 1.0)
    assert not gate.is_free("a", 2.9)
    assert gate.is_free("a", 3.0)
    gate.asked_to_wait("a", 20.0, 60.0, "503")
    assert not gate.is_free("a", 79.0)
    assert gate.away("a", 21.0) is None
    gate.asked_to_wait("a", 100.0, 3600.0, "429")
    assert gate.away("a", 200.0) == (3500.0, "429")


def test_a_host_without_connection_is_asked_thrice_before_it_is_away():
    """A blip costs 5 or 35 seconds, not the pages; an answer forgets the blips."""
    gate = HostGate(2.0)
    gate.lost("b", 0.0, "no connection")
    assert not gate.is_free("b", 4.9)
    assert gate.is_free("b", 5.0)
    gate.lost("b", 5.0, "no connection")
    assert not gate.is_free("b", 34.9)
    assert gate.away("b", 34.9) is None
    gate.answered("b", 35.0)
    for now in (40.0, 50.0, 90.0):
        gate.lost("b", now, "no connection")
    assert gate.away("b", 91.0) == (599.0, "no connection")
    assert gate.away("b", 691.0) is None


def test_a_slow_host_and_one_whose_robots_ask_for_it_get_longer_pauses():
    """As long as it takes to answer, on average; at most half a minute."""
    gate = HostGate(1.0)
    gate.start("a", 0.0)
    gate.answered("a", 8.0)
    assert gate.pause_s("a") == 8.0
    gate.start("a", 100.0)
    gate.answered("a", 100.0)
    assert gate.pause_s("a") == 6.0
    gate.crawl_delay("b", 10.0)
    assert gate.pause_s("b") == 10.0
    gate.crawl_delay("b", 86_400.0)
    assert gate.pause_s("b") == 30.0
    assert gate.pause_s("c") == 1.0
