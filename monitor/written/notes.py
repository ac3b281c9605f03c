"""A line of the care log in words: ``temperature 37.9 °C``, ``medicine 0.1 ml, the white one``."""

from __future__ import annotations

from monitor.names import NoteKind


def spoken_note(kind: NoteKind, value: str | float | None, text: str | None) -> str:
    """The kind, and what was said of it."""
    words = kind.removesuffix("_c")
    said = [] if value is None else [value if isinstance(value, str) else f"{value:g}"]
    if said and kind == "temperature_c":
        said = [f"{said[0]} °C"]
    return " ".join([words, ", ".join([*said, *([] if text is None else [text])])]).strip()
