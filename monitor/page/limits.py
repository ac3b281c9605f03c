"""How much anybody may ask: connections, requests and commands; beyond it the answer is "later".

The page may be slow for whoever floods it; the box, and everybody else, must not notice.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict

import msgspec

MOST_CONNECTIONS = 256
MOST_FROM_ONE = 96
"""a house behind one address, or a shelter's desk with twenty windows: two or three each"""


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and then so many a second."""

    burst: float
    per_s: float


PAIRED = Rate(120.0, 20.0)
"""requests of one phone; a page that renews itself asks once a second at most"""
UNPAIRED = Rate(60.0, 5.0)
"""requests of one address that shows no cookie of a paired phone"""
OF_ONE_PHONE = Rate(10.0, 1.0)
"""commands of one phone: nobody taps faster for long"""
COMMANDS = Rate(12.0, 1.5)
"""to one box, from all phones: it carries out two a second and twenty at once"""
BUTTONS = Rate(6.0, 0.2)
"""buttons of pushes for one box, from all the network: whoever guesses takes no carer's turn"""
MOST_KEYS = 2048


class Buckets:
    """A token bucket for each key; times are monotonic seconds."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """tokens left, and when that was; the key used last at the end"""

    def turn_in_s(self, key: str, rate: Rate, now_s: float, patience_s: float) -> float | None:
        """Take a place in the queue: one's turn is in so many seconds; 0 is now.

        None: that is longer than ``patience_s``, and no place was taken.
        """
        tokens = self._tokens(key, rate, now_s) - 1.0
        wait_s = max(0.0, -tokens / rate.per_s)
        if wait_s > patience_s:
            return None
        self._keep(key, tokens, now_s)
        return wait_s

    def wait_s(self, key: str, rate: Rate, now_s: float) -> float:
        """0 when it may be done now, which is counted; else after how many seconds."""
        tokens = self._tokens(key, rate, now_s)
        wait_s = 0.0 if tokens >= 1.0 else (1.0 - tokens) / rate.per_s
        self._keep(key, tokens if wait_s else tokens - 1.0, now_s)
        return wait_s

    def _tokens(self, key: str, rate: Rate, now_s: float) -> float:
        tokens, last_s = self._by_key.get(key, (rate.burst, now_s))
        return min(rate.burst, tokens + (now_s - last_s) * rate.per_s)

    def _keep(self, key: str, tokens: float, now_s: float) -> None:
        self._by_key[key] = (tokens, now_s)
        self._by_key.move_to_end(key)
        if len(self._by_key) > MOST_KEYS:
            self._by_key.popitem(last=False)


class Doors:
    """Who may open one more connection."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether there is room for one more from there; it is counted until ``leave``."""
        if self._by_address.total() >= MOST_CONNECTIONS:
            return False
        if self._by_address[address] >= MOST_FROM_ONE:
            return False
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One that had entered has ended."""
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


def neighbour(address: str) -> str:
    """What counts as one sender: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
