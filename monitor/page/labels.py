"""What the box says of a field or a setting by its name in JSON, by its label on the page instead.

``"weight_g" is no weight ('much')`` was written for whoever sends JSON; on the page the field is
called "Weight".
"""

from __future__ import annotations

import re

from monitor.page.words import Words

_QUOTED = re.compile(r'"([a-z][a-z0-9_.]{0,60})"')
_SETTING = re.compile(r"(?:^|(?<=, ))([a-z][a-z0-9_.]{0,60})(?=: )")


def labelled(text: str, words: Words) -> str:
    """The same, with every name that the page has a label for exchanged."""

    def label(found: re.Match[str]) -> str:
        said = _label(found[1], words)
        return found[0] if said is None else f'"{said}"'

    quoted = _QUOTED.sub(label, text)
    return _SETTING.sub(lambda found: _setting(found[1], words) or found[0], quoted)


def _label(name: str, words: Words) -> str | None:
    key = f"field.{name}"
    return words(key) if key in words else _setting(name, words)


def _setting(name: str, words: Words) -> str | None:
    key = f"setting.{name.replace('.', '_')}"
    return words(key) if key in words else None
