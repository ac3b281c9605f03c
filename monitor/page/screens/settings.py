"""The settings that a person may change, a table of them at a time, and where each comes from."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, flag, number, tables, text, texts
from monitor.page.screens import pushes
from monitor.page.seen import Seen, Shown
from monitor.page.truth import truth
from monitor.page.words import Words

TABLES = ("alerts", "notify", "microphone", "scale", "probe", "panel", "mqtt", "box")
AT_ONCE = frozenset({"mqtt"})
"""host, name and password belong together: one of them alone would cut the box off"""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a form."""

    key: str
    name: str
    """within its table"""
    label: str
    kind: str
    value: str
    """empty for none, and for a secret"""
    given: bool
    comes_from: str
    is_set_here: bool
    choices: list[str]
    hint: str


async def show(seen: Seen) -> Shown:
    """The table named in the query."""
    box = seen.box
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    asked = seen.query.get("table", TABLES[0])
    chosen = asked if asked in TABLES else TABLES[0]
    refused = seen.said is not None and not seen.said.ok and seen.said.box == box.name
    model = {
        "nav": "box",
        "truth": truth(box, seen.now_s, seen.words, seen.broker_why),
        "tables": TABLES,
        "chosen": chosen,
        "at_once": chosen in AT_ONCE,
        "settings": [each for each in read(box, seen.words) if _table(each.key) == chosen],
        "problem": text(box.settings, "problem"),
        "known": box.settings is not None,
        "was": seen.said.fields if refused and seen.said is not None else {},
        "push_error": text(box.health, "push_error"),
        "push": pushes.phone(seen) if chosen == "notify" else None,
    }
    return Shown(template="settings.html", model=model)


def read(box: BoxDocument, words: Words) -> list[Setting]:
    """All settings that the box tells of."""
    return [_setting(each, words) for each in tables(box.settings, "settings") if text(each, "key")]


def value_of(box: BoxDocument, key: str) -> str:
    """One value as text; empty where it is not known."""
    for each in tables(box.settings, "settings"):
        if text(each, "key") == key:
            return _value(each)
    return ""


def _setting(found: Document, words: Words) -> Setting:
    key = text(found, "key") or ""
    comes_from = text(found, "from") or ""
    label = f"setting.{key.replace('.', '_')}"
    from_key = f"settings.from_{comes_from}"
    least, most = number(found, "least"), number(found, "most")
    hint = f"{label}_hint"
    said = words(hint) if hint in words else _limits(least, most, words)
    return Setting(
        key=key,
        name=key.partition(".")[2] or key,
        label=words(label) if label in words else key,
        kind=text(found, "kind") or "text",
        value=_value(found),
        given=flag(found, "given") is True,
        comes_from=words(from_key) if from_key in words else comes_from,
        is_set_here=comes_from == "settings",
        choices=texts(found, "choices"),
        hint=said,
    )


def _limits(least: float | None, most: float | None, words: Words) -> str:
    if least is not None and most is not None:
        return words("settings.between", least=f"{least:.15g}", most=f"{most:.15g}")
    if least is not None:
        return words("settings.at_least", least=f"{least:.15g}")
    return words("settings.at_most", most=f"{most:.15g}") if most is not None else ""


def _value(found: Document) -> str:
    value: Any = found.get("value")
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:.15g}"
        case str():
            return value
        case list():
            return "\n".join(str(each) for each in value)
        case _:
            return ""


def _table(key: str) -> str:
    """The table that a key is shown in; one without is about the box as a whole."""
    head, dot, _ = key.partition(".")
    return head if dot and head in TABLES else "box"
