"""``nursery watch`` as a picture: the boxes drawn for a terminal, with units and ages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.times import DAY_S, parse_rfc3339, spoken_duration
from monitor.verbs.watched_boxes import BoxView, WatchedBoxes, answers
from monitor.verbs.watched_records import Wrong

KEYS = "up/down choose   a acknowledge   s snooze 30 min   n not a cry   q quit"
_STYLE = {"critical": "bold white on red", "warning": "yellow", "info": "cyan"}
_VERDICT = {"losing": "bold red", "not_gaining": "yellow", "gaining": "green"}


def draw(
    boxes: WatchedBoxes,
    now_s: float,
    *,
    connection: str,
    answer: str = "",
    keys: str = KEYS,
    wrong: Sequence[Wrong] = (),
) -> RenderableType:
    """The whole screen; ``connection`` says how the broker is, ``answer`` what the last key did.

    ``wrong`` is what is wrong with the records of a shelter.
    """
    selected = boxes.selected()
    in_order = sorted(boxes.by_name.values(), key=lambda box: box.name)
    parts: list[RenderableType] = [_box(box, now_s, selected) for box in in_order]
    if not parts:
        parts = [Text("No box has been heard of yet.", style="dim")]
    parts += [_wrong(each) for each in wrong]
    return Group(*parts, Text(f"{connection}   {answer}", style="dim"), Text(keys, style="dim"))


def _wrong(wrong: Wrong) -> Text:
    text = Text()
    text.append(wrong.title, style=_STYLE["critical" if wrong.is_critical else "warning"])
    return text.append(f": {wrong.more}" if wrong.more else "")


def _box(box: BoxView, now_s: float, selected: dict[str, Any] | None) -> Panel:
    if box.online is None:
        text = Text("not known: this watch has no word from the box", style="bold yellow")
        return Panel(text, title=Text(box.name), border_style="yellow", title_align="left")
    if not box.online:
        text = Text("offline: nobody is watching these babies", style="bold red")
        return Panel(text, title=Text(box.name), border_style="red", title_align="left")
    rows: list[RenderableType] = [_line(box, now_s)]
    if box.babies:
        rows.append(_babies(box, now_s))
    rows += [_alert(alert, now_s, chosen=alert is selected) for alert in box.alerts]
    if not box.alerts:
        rows.append(Text("no open alerts", style="green"))
    worst = {alert.get("severity") for alert in box.alerts}
    border = "red" if "critical" in worst else "yellow" if "warning" in worst else "green"
    return Panel(Group(*rows), title=_name(box), border_style=border, title_align="left")


def _name(box: BoxView) -> Text:
    """What the box is called; a simulated one is told from a real one."""
    marked = Text(" PRACTICE, all of it is simulated", style="bold reverse")
    return Text(box.name) + (marked if box.health.get("practice") is True else Text(""))


def _line(box: BoxView, now_s: float) -> Text:
    text = Text()
    crying = box.cry.get("crying")
    if crying is None:
        text.append("crying: unknown", style="dim")
    elif crying:
        who = box.cry.get("species") or "somebody"
        text.append(f"{who} crying for {_age(box.cry.get('since'), now_s)}", style="bold magenta")
    else:
        text.append("no crying", style="green")
    text.append(f"   {_number(box.cry.get('cry_minutes_24h'), 'min')} of crying in 24 h")
    text.append(f"   on the scale {_number(box.scale.get('total_g'), 'g')}")
    sources = box.health.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        state = source.get("state") if isinstance(source, dict) else None
        if state is not None:
            text.append(f"   {name} {state}", style="dim" if state == "healthy" else "bold red")
    return text


def _babies(box: BoxView, now_s: float) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "weight", "in 24 h", "growth", "last feed", "bottle", "in box"):
        table.add_column(heading)
    for baby in sorted(box.babies.values(), key=lambda b: str(b.get("name"))):
        verdict = str(baby.get("verdict", "")).replace("_", " ")
        fed = _ago(baby.get("last_feed_at"), now_s)
        inside = baby.get("in_box")
        table.add_row(
            Text(str(baby.get("name")), style="bold"),
            _weight(baby, now_s),
            f"{_number(baby.get('gain_24h_g'), 'g', sign='+')}"
            f" ({_number(baby.get('gain_24h_pct'), '%', sign='+')})",
            Text(verdict, style=_VERDICT.get(str(baby.get("verdict")), "")),
            f"{_number(baby.get('last_feed_g'), 'g', sign='+')} {fed}",
            _bottle(baby.get("bottle_due_at"), now_s),
            "?" if inside is None else "yes" if inside else "out",
        )
    return table


def _weight(baby: dict[str, Any], now_s: float) -> str:
    if baby.get("weight_g") is None and baby.get("told_weight_g") is not None:
        return f"{_number(baby['told_weight_g'], 'g')} told, not weighed"
    return f"{_number(baby.get('weight_g'), 'g')} {_ago(baby.get('weighed_at'), now_s)}"


def _alert(alert: dict[str, Any], now_s: float, *, chosen: bool) -> Text:
    text = Text("> " if chosen else "  ")
    severity = str(alert.get("severity"))
    text.append(f"{alert.get('title')}", style=_STYLE.get(severity, ""))
    text.append(f" for {_age(alert.get('since'), now_s)}")
    state = str(alert.get("state"))
    if state in {"acknowledged", "snoozed"}:
        text.append(f" ({state})", style="dim")
    text.append(f": {alert.get('message')}")
    if chosen and (names := answers(alert)):
        text.append("   " + "   ".join(f"{key} {name}" for key, name in names.items()))
    return text


def _bottle(due_at: Any, now_s: float) -> Text:
    due_s = _moment(due_at)
    if due_s is None:
        return Text("?", style="dim")
    if due_s <= now_s:
        return Text(f"due {spoken_duration(now_s - due_s)} ago", style="yellow")
    if due_s - now_s > DAY_S:
        return Text("?", style="dim")
    clock = datetime.fromtimestamp(due_s).strftime("%H:%M")  # the reader's wall clock
    return Text(f"at {clock}")


def _number(value: Any, unit: str, *, sign: str = "") -> str:
    if not isinstance(value, int | float) or not -1e9 < value < 1e9:
        return f"? {unit}"
    return f"{value:{sign}.0f} {unit}" if unit == "min" else f"{value:{sign}.1f} {unit}"


def _moment(text: Any) -> float | None:
    try:
        return parse_rfc3339(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _age(text: Any, now_s: float) -> str:
    moment_s = _moment(text)
    return "?" if moment_s is None else spoken_duration(max(0.0, now_s - moment_s))


def _ago(text: Any, now_s: float) -> str:
    return "" if _moment(text) is None else f"{_age(text, now_s)} ago"
