"""What one connection to the broker tells: accepted, refused, acknowledged, arrived, ended.

The network thread makes these and puts them into the connection's queue in the order in which they
happened; the daemon's own thread reads them.
"""

from __future__ import annotations

import msgspec

FIRST_FAILURE = 0x80
"""MQTT 5: reason codes from here on mean "no" (specification, 2.4)"""
NOBODY_SUBSCRIBED = 0x10
PACKET_TOO_LARGE = 0x95
RETAIN_NOT_SUPPORTED = 0x9A
QOS_NOT_SUPPORTED = 0x9B


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a broker takes, as its CONNACK announces it (MQTT 5, 3.2.2.3); 3.1.1 announces nothing.

    The defaults are the specification's: no limit was announced.
    """

    maximum_packet_bytes: int | None = None
    maximum_qos: int = 2
    retain_available: bool = True
    receive_maximum: int = 65_535
    """messages of QoS 1 and 2 that may wait for their acknowledgement"""
    topic_alias_maximum: int = 0
    """none are used, so none are too many"""


class Connected(msgspec.Struct, frozen=True):
    """The broker accepted us."""

    limits: Limits = Limits()


class Refused(msgspec.Struct, frozen=True):
    """No connection came about; ``why`` is a sentence."""

    why: str
    wrong_protocol: bool = False
    code: int | None = None
    """the broker's reason code, where it gave one"""


class Ended(msgspec.Struct, frozen=True):
    """The connection is gone and the connection is used up."""

    why: str
    code: int | None = None
    """the reason code of the broker's DISCONNECT (MQTT 5), where it sent one"""
    too_long: bool = False
    """we left, because a message was announced that is longer than any command"""


class Acknowledged(msgspec.Struct, frozen=True):
    """The broker has answered for the message ``mid``."""

    mid: int
    code: int = 0
    """MQTT 5: the reason code; 3.1.1 always says 0, whatever became of the message"""
    reason: str = "Success"

    @property
    def is_refusal(self) -> bool:
        """Whether the broker has thrown the message away."""
        return self.code >= FIRST_FAILURE

    @property
    def is_unheard(self) -> bool:
        """Whether the broker has taken it, and nobody had subscribed."""
        return self.code == NOBODY_SUBSCRIBED


class Subscribed(msgspec.Struct, frozen=True):
    """The broker has answered the subscription ``mid``."""

    mid: int
    refused: tuple[str | None, ...]
    """for each topic that was asked for: None when it is granted, else the broker's reason"""

    @property
    def why_deaf(self) -> str | None:
        """A sentence for a listener of whom not everything was granted; None when it was."""
        reason = next((reason for reason in self.refused if reason is not None), None)
        if reason is None:
            return None
        return (
            f"the broker does not let this user hear the boxes ({reason}): give it the right to "
            "read nursery/#"
        )


class Received(msgspec.Struct, frozen=True):
    """A message came in."""

    topic: str
    payload: bytes
    retain: bool


ConnectionEvent = Connected | Refused | Ended | Acknowledged | Subscribed | Received
