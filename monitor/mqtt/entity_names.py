"""The names that Home Assistant's entity ids begin with: those a device had when it was announced.

An entity keeps the id that it got first, whatever its device is called later. So the first name is
kept beside the identity: a dashboard made after a rename finds its entities, and a newcomer with a
name that was given up gets ids of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.events import slug


def entity_names(devices: Iterable[tuple[str, str]], kept: Mapping[str, str]) -> dict[str, str]:
    """What the entity ids of each device begin with, by its identifier.

    Args:
        devices: identifier and present name of each; no identifier twice.
        kept: the same from before; devices that are gone are left out of the answer.
    """
    present = dict(devices)
    names = {identifier: kept[identifier] for identifier in present if identifier in kept}
    for identifier, name in present.items():
        if identifier not in names:
            names[identifier] = _free(slug(name), set(names.values()))
    return names


def _free(wanted: str, taken: set[str]) -> str:
    """``wanted``, with a number where another device has it."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
