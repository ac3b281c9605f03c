import pytest

from monitor.config import PageConfig
from monitor.page.addresses import Address, changes, home_addresses, is_home, shown_first
from monitor.page.links import page_url


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "192.168.1.20", "10.1.2.3", "172.16.0.1", "172.31.255.255", "169.254.3.4", "::1",
     "fd00::5", "fe80::1"],
)  # fmt: skip
def test_addresses_of_a_home_network(host):
    assert is_home(host)


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "172.32.0.1", "192.169.0.1", "100.64.0.1", "2001:db8::1", "2003:ec::5", "0.0.0.0",  # noqa: S104
     "::", "::ffff:8.8.8.8"],
)  # fmt: skip
def test_addresses_of_the_internet_are_none(host):
    assert not is_home(host)


def test_this_machine_has_addresses_and_says_when_they_change():
    found = home_addresses()
    assert Address("127.0.0.1") in found
    assert all(is_home(each.host) for each in found)
    link = changes()
    if link is not None:
        with link, pytest.raises(BlockingIOError):
            link.recv(1)  # nothing has changed


def test_the_address_to_type_is_one_that_a_phone_reaches():
    v4, v6, link_local = Address("192.168.1.5"), Address("fd00::5"), Address("fe80::1", 2)
    loopback = Address("127.0.0.1")
    assert shown_first([v4, v6, link_local, loopback]) == v4
    assert shown_first([v6, link_local, loopback]) == v6
    assert shown_first([link_local, loopback]) is None
    assert shown_first([Address("169.254.1.1"), loopback]) == Address("169.254.1.1")


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://192.168.1.5:8080/"),
        ({"names": ["nursery.example.org"]}, "http://nursery.example.org:8080/"),
        ({"host": "fd00::5"}, "http://[fd00::5]:8080/"),
        ({"host": "0.0.0.0"}, "http://localhost:8080/"),  # noqa: S104
        ({"cert_file": "a", "key_file": "b"}, "https://192.168.1.5:8080/"),
    ],
)
def test_the_address_in_full(settings, url):
    assert page_url([Address("192.168.1.5")], 8080, PageConfig(**settings)) == url


def test_a_usual_port_is_not_said():
    assert page_url([Address("192.168.1.5")], 80, PageConfig()) == "http://192.168.1.5/"
