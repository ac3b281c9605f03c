"""Data files that ship with the daemon, and the one place that reads them from disk."""

from __future__ import annotations

from functools import cache
from importlib import resources

from monitor.core.reference import GrowthReference


@cache
def load_growth_reference() -> GrowthReference:
    """The growth reference that ships with the package (``growth.toml``)."""
    return GrowthReference.parse(resources.files(__package__).joinpath("growth.toml").read_bytes())
