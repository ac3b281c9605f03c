"""How a publisher speaks with whoever owns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from monitor.events import Command
from monitor.mqtt.connection_events import Received


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What a publisher asks of its owner, and tells it."""

    receive: Callable[[Received], Command | None]
    """reads a command; None when it was refused"""
    complain: Callable[[str, str], None] = lambda _topic, _text: None
    """told of a flood of commands: topic and sentence"""
    resized: Callable[[], None] = lambda: None
    """told when the longest packet that the broker takes has changed (``most_bytes``); documents
    may be set anew from there"""
    emptied: Callable[[str], None] = lambda _topic: None
    """told of each topic that the broker has emptied"""
    may_open: Callable[[], bool] = lambda: True
    """whether to connect now"""
