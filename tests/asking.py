"""Commands for tests, as they come in: a verb and plain arguments."""

from __future__ import annotations

from typing import Any

from monitor.events import Command
from monitor.written.requests import request


def asked(
    t_s: float,
    verb: str,
    args: dict[str, Any] | None = None,
    *,
    request_id: str | None = None,
    origin: str = "mqtt",
) -> Command:
    """A command from the broker, or from elsewhere.

    Raises:
        CommandError: the arguments are none of the verb's.
    """
    return Command(t_s=t_s, request=request(verb, args or {}), request_id=request_id, origin=origin)
