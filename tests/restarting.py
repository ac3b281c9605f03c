"""A restart for tests: what a part remembers goes through its bytes."""

from __future__ import annotations

from typing import Any

from monitor.core.pipeline import Pipeline
from monitor.core.state import PARTS, decoded, encoded


def kept(part: str, state: Any) -> Any:
    """The state of a part as a restart finds it."""
    return decoded(part, encoded(state))


def saved(pipeline: Pipeline) -> dict[str, bytes]:
    """What a restart finds of each part."""
    return {part: encoded(getattr(pipeline.state, part)) for part in PARTS}


def resume(pipeline: Pipeline, rows: dict[str, bytes]) -> None:
    """Go on from what was saved."""
    pipeline.resume(**{part: decoded(part, row) for part, row in rows.items()})
