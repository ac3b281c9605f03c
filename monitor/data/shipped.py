"""The files that ship with the package, and the models a rescuer tuned herself."""

from __future__ import annotations

from pathlib import Path

from monitor.core.cry.model import CryModel
from monitor.core.cry.model_file import MOST_PACKED
from monitor.core.growth.reference import GrowthReference
from monitor.errors import InputError


def shipped(name: str) -> bytes:
    """The bytes of ``monitor/data/<name>``."""
    return Path(__file__).with_name(name).read_bytes()


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


def cry_model(path: str | None = None) -> CryModel:
    """The model named in the configuration, or the one that ships.

    Raises:
        InputError: the file cannot be read, or is no model of this version.
    """
    return CryModel.from_bytes(cry_model_bytes(path))


def growth_reference() -> GrowthReference:
    """The growth of kittens and puppies that weights are compared with."""
    return GrowthReference.parse(shipped("growth.toml"))
