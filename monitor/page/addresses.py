"""The addresses that this machine has in the home network, and a word when they change.

Read from the kernel (netdevice(7), /proc/net/if_inet6); changes by rtnetlink(7), so nothing is
polled.
"""

from __future__ import annotations

import array
import fcntl
import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path

import msgspec

HOME = tuple(
    ipaddress.ip_network(each)
    for each in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""what no router of the Internet passes on (RFC 1918, 3927, 4193, 4291)"""

_SIOCGIFCONF = 0x8912
_IFREQ_BYTES = struct.calcsize("16s16s8x")
_MOST = 64
_TENTATIVE = 0x40
"""IFA_F_TENTATIVE: the kernel still asks whether somebody else has the address"""
_ADDRESS_GROUPS = 0x10 | 0x100
"""RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR"""


class Address(msgspec.Struct, frozen=True, order=True):
    """Where the page can be reached."""

    host: str
    scope: int = 0
    """number of the interface, for link-local IPv6"""

    @property
    def is_v6(self) -> bool:
        """Whether it is an IPv6 address."""
        return ":" in self.host

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def is_unspecified(self) -> bool:
        """Whether it stands for every address, such as ``0.0.0.0``."""
        return ipaddress.ip_address(self.host).is_unspecified

    @property
    def in_url(self) -> str:
        """As it stands in an address that a person types."""
        return f"[{self.host}]" if self.is_v6 else self.host


def is_home(host: str) -> bool:
    """Whether an address is of a home network."""
    address = ipaddress.ip_address(host)
    return any(address in network for network in HOME if network.version == address.version)


def home_addresses() -> list[Address]:
    """Those this machine has now: IPv4 first, this machine alone last."""
    found = {address for address in [*_v4(), *_v6()] if is_home(address.host)}
    return sorted(found, key=lambda each: (each.is_loopback, each.is_v6, each))


def shown_first(addresses: list[Address]) -> Address | None:
    """The one to type into a phone: no link-local one if there is another."""
    others = [each for each in addresses if not each.is_loopback]
    routed = [each for each in others if not ipaddress.ip_address(each.host).is_link_local]
    return next(iter([*routed, *(each for each in others if not each.is_v6)]), None)


def changes() -> socket.socket | None:
    """A socket that can be read whenever an address has come or gone; None: not on this system."""
    with suppress(OSError, AttributeError):
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        link.bind((0, _ADDRESS_GROUPS))
        link.setblocking(False)
        return link
    return None


def _v4() -> list[Address]:
    """Every IPv4 address of an interface that is up."""
    room = array.array("B", bytes(_IFREQ_BYTES * _MOST))
    where, _ = room.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        wish = struct.pack("iL", len(room), where)
        filled, _ = struct.unpack("iL", fcntl.ioctl(asked.fileno(), _SIOCGIFCONF, wish))
    entries = [bytes(room[at : at + _IFREQ_BYTES]) for at in range(0, filled, _IFREQ_BYTES)]
    return [Address(socket.inet_ntoa(entry[20:24])) for entry in entries]


def _v6() -> list[Address]:
    """Every IPv6 address; none where the kernel has none."""
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        digits, index, _, _, flags, _ = line.split()
        address = ipaddress.IPv6Address(bytes.fromhex(digits))
        if not int(flags, 16) & _TENTATIVE:
            scope = int(index, 16) if address.is_link_local else 0
            found.append(Address(str(address), scope))
    return found
