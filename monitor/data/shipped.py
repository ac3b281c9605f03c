"""The files that ship with the package, and the models a rescuer tuned herself."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from monitor.core.cry.model_file import MOST_PACKED
from monitor.errors import InputError


def shipped(name: str) -> bytes:
    """The bytes of ``monitor/data/<name>``."""
    return files("monitor").joinpath("data", name).read_bytes()


def cry_model_bytes(path: str | None) -> bytes:
    """The model named in the configuration, or the one that ships.

    Raises:
        InputError: the file cannot be read.
    """
    if path is None:
        return shipped("cry.npz")
    try:
        with Path(path).open("rb") as file:
            return file.read(MOST_PACKED + 1)  # one more than is believed: enough to refuse it
    except OSError as error:
        raise InputError(f'"microphone.model": cannot read {path}: {error.strerror}') from error
