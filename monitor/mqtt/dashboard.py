"""A dashboard for Home Assistant, made of cards that every one has: ``nursery dashboard``.

Open alerts come first and only while there are any, then a section for each baby, then the box.
Each card has a short name of its own, since Home Assistant puts the device's before the entity's
and cuts it off; a button shows no state; green is well, and red needs a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from monitor.alert_kinds import BABY_KINDS, BOX_KINDS, KINDS, AlertKind
from monitor.codec import encode
from monitor.mqtt.entities import A_THING, ASKED, VERDICT_WORDS
from monitor.mqtt.topics import Topics

Card = dict[str, Any]

_WHOLE_ROW = {"grid_options": {"columns": "full"}}
_NOTHING = ["unknown", "unavailable"]
_UNWELL = [VERDICT_WORDS["losing"], VERDICT_WORDS["not_gaining"]]


class DashboardBaby(msgspec.Struct, frozen=True, kw_only=True):
    """A baby that gets a section."""

    name: str
    species: str
    ids: str
    """what its entity ids begin with"""


def dashboard(box_ids: str, babies: Sequence[DashboardBaby], topics: Topics) -> Card:
    """The whole configuration, to be pasted as YAML; ``box_ids``: as ``DashboardBaby.ids``."""
    seen = topics.command("acknowledge")
    sections = [
        _set_up(f"sensor.{box_ids}_set_up"),
        _alerts(box_ids, babies, seen),
        _question(box_ids, babies),
        *(_baby(baby) for baby in babies),
        _box(box_ids),
        _last_days(box_ids, babies),
    ]
    badges = [
        *_open_alerts(f"sensor.{box_ids}_open_alerts"),
        _badge(f"binary_sensor.{box_ids}_microphone_alive", "Microphone"),
        _badge(f"binary_sensor.{box_ids}_scale_alive", "Scale"),
    ]
    view = {
        "title": "Nursery",
        "path": "nursery",
        "icon": "mdi:paw",
        "type": "sections",
        "max_columns": 3,
        "badges": badges,
        "sections": sections,
    }
    return {"title": "Nursery", "views": [view]}


# --------------------------------------------------------------------------- what needs a person


def _set_up(sensor: str) -> Card:
    """Shown until the box watches somebody: what is missing for that."""
    text = f"**Nobody is watched yet.** {{{{ states('{sensor}') }}}}. Set it up on the box's page."
    section = _section(
        _heading("Not set up yet", "mdi:clipboard-alert-outline"),
        {"type": "markdown", "content": text} | _WHOLE_ROW,
    )
    return section | {"visibility": [_is_not(sensor, "Done", *_NOTHING)]}


def _alerts(ids: str, babies: Sequence[DashboardBaby], seen: str) -> Card:
    """Shown while something is open, and while nobody knows whether anything is."""
    count = f"sensor.{ids}_open_alerts"
    some = {"condition": "numeric_state", "entity": count, "above": 0}
    one, several = some | {"below": 2}, some | {"above": 1}
    section = _section(
        _heading("Alerts", "mdi:bell-alert"),
        {"type": "markdown", "content": _ALERTS.replace("COUNT", count)} | _WHOLE_ROW,
        _press("I'm on it", f"button.{ids}_acknowledge", visible=[one]),
        *_each_seen(ids, babies, seen, several),
        _press("I'm on all of it", f"button.{ids}_acknowledge", visible=[several]),
        _press("Snooze 30 min", f"button.{ids}_snooze", visible=[some]),
        _press(
            "That was no cry",
            f"button.{ids}_not_a_cry",
            visible=[_is(f"binary_sensor.{ids}_problem_crying", "on")],
        ),
        *(
            _press(
                f"{baby.name} is in the carrier",
                f"button.{baby.ids}_away",
                visible=[_is(f"binary_sensor.{baby.ids}_problem_out_of_box", "on")],
            )
            | _WHOLE_ROW
            for baby in babies
        ),
        *(
            _press(
                f"{baby.name} was fed",
                f"button.{baby.ids}_fed",
                visible=[_is(f"binary_sensor.{baby.ids}_problem_bottle_overdue", "on")],
            )
            | _WHOLE_ROW
            for baby in babies
        ),
    )
    either = {"condition": "or", "conditions": [some, _is(count, *_NOTHING)]}
    return section | {"visibility": [either]}


def _each_seen(
    ids: str, babies: Sequence[DashboardBaby], seen: str, several: Card
) -> Iterator[Card]:
    """A button for each kind that is open, and each baby that it is about, beside another one."""
    about: list[tuple[AlertKind, str, str, dict[str, str]]] = [
        (kind, ids, "", {}) for kind in BOX_KINDS
    ]
    about += [
        (kind, baby.ids, f", {baby.name}", {"baby": baby.name})
        for kind in BABY_KINDS
        for baby in babies
    ]
    for kind, whose, name, fields in about:
        problem = f"binary_sensor.{whose}_problem_{kind}"
        publish = {
            "action": "perform-action",
            "perform_action": "mqtt.publish",
            "data": {"topic": seen, "qos": 1, "payload": encode({"kind": kind} | fields).decode()},
        }
        said = KINDS[kind].label.rpartition(": ")[2]
        label = f"I'm on it: {said[0].upper()}{said[1:]}{name}"
        tile = _tile(label, problem, color="primary", visible=[several, _is(problem, "on")])
        yield tile | _only_tap(publish) | {"icon": "mdi:bell-check"} | _WHOLE_ROW


_ALERTS = """\
{% set id = 'COUNT' %}
{% set colour = {'critical': 'error', 'warning': 'warning', 'info': 'info'} %}
{% set mark = {'acknowledged': 'Seen. ', 'snoozed': 'Snoozed. '} %}
{% if states[id] is none %}
<ha-alert alert-type="error" title="This box is not known here">\
Print the dashboard again (nursery dashboard) and compare the names of its entities.</ha-alert>
{% elif not has_value(id) %}
<ha-alert alert-type="error" title="The box is offline">\
Nobody is watching. Check its power and Wi-Fi, and the babies.</ha-alert>
{% endif %}
{% for severity in colour %}
{% for alert in state_attr(id, 'alerts') or [] if alert.severity == severity %}
<ha-alert alert-type="{{ colour[severity] }}" title="{{ alert.title | e }}">\
{{ mark.get(alert.state, '') }}{{ alert.message | e }} \
Since {{ as_local(as_datetime(alert.since)).strftime('%H:%M') }}.</ha-alert>
{% endfor %}
{% endfor %}"""


def _question(ids: str, babies: Sequence[DashboardBaby]) -> Card:
    """Who was weighed, with a button for each name."""
    select = f"select.{ids}_who"
    names = [*(baby.name for baby in babies), A_THING]
    section = _section(
        _heading(ASKED, "mdi:help-circle"),
        {"type": "markdown", "content": f"{{{{ state_attr('{select}', 'text') }}}}"} | _WHOLE_ROW,
        *(_answer(select, name) for name in names),
        _tile("Somebody else", select, icon="mdi:dots-horizontal")
        | {"features": [{"type": "select-options"}], "hide_state": True}
        | _WHOLE_ROW,
    )
    return section | {"visibility": [_is(select, ASKED)]}


def _answer(select: str, name: str) -> Card:
    icon = "mdi:cube-outline" if name == A_THING else "mdi:paw"
    choose = {
        "action": "perform-action",
        "perform_action": "select.select_option",
        "target": {"entity_id": select},
        "data": {"option": name},
    }
    return _tile(name, select, icon=icon) | _only_tap(choose)


# --------------------------------------------------------------------------- who is here


def _baby(baby: DashboardBaby) -> Card:
    sensor, binary = f"sensor.{baby.ids}", f"binary_sensor.{baby.ids}"
    growth, watch, chart = f"{sensor}_verdict", f"{sensor}_watch", f"image.{baby.ids}_chart"
    warm, told = f"{binary}_warm_first", f"{sensor}_told_weight_g"
    return _section(
        _heading(baby.name, "mdi:dog" if baby.species == "puppy" else "mdi:cat"),
        _tile("Warm up before feeding", warm, color="red", visible=[_is(warm, "on")])
        | {"hide_state": True}
        | _WHOLE_ROW,
        _tile("Weight", f"{sensor}_weight_g", visible=[_is(told, *_NOTHING)]),
        _tile("Weight, told and not weighed", told, visible=[_is_not(told, *_NOTHING)])
        | {"state_content": ["state", "told_at"]}
        | _WHOLE_ROW,
        _tile("Gain in 24 h", f"{sensor}_gain_24h_g"),
        *_coloured("Growth", growth, red=_UNWELL),
        *_coloured("Wellbeing", watch, red=["act"], amber=["watch"]),
        _tile("Bottle due", f"{sensor}_bottle_due_at"),
        _tile("Next bottle", f"{sensor}_next_feed_ml"),
        _tile("Drank in 24 h", f"{sensor}_intake_24h_g"),
        _tile("Last fed", f"{sensor}_last_feed_at"),
        _tile("Where it is", f"{binary}_in_box", color="green"),
        _press("Fed as usual", f"button.{baby.ids}_fed"),
        {
            "type": "picture-entity",
            "entity": chart,
            "show_name": False,
            "show_state": False,
            "visibility": [_is_not(chart, *_NOTHING)],
        }
        | _WHOLE_ROW,
    )


def _coloured(
    name: str, entity: str, *, red: Sequence[str], amber: Sequence[str] = ()
) -> list[Card]:
    """A tile for each colour, of which one is shown; grey while nothing is known."""
    unknown = [*_NOTHING, VERDICT_WORDS["not_enough_data"]]
    tiles = [
        _tile(name, entity, color="red", visible=[_is(entity, *red)]),
        _tile(name, entity, color="grey", visible=[_is(entity, *unknown)]),
        _tile(name, entity, color="green", visible=[_is_not(entity, *red, *amber, *unknown)]),
    ]
    if amber:
        tiles.append(_tile(name, entity, color="amber", visible=[_is(entity, *amber)]))
    return tiles


# --------------------------------------------------------------------------- the box


def _box(ids: str) -> Card:
    sensor, binary, nest = f"sensor.{ids}", f"binary_sensor.{ids}", f"sensor.{ids}_nest_temperature"
    return _section(
        _heading("The box", "mdi:home-heart"),
        _tile("Crying", f"{binary}_crying", color="red"),
        _tile("Cries in 1 h", f"{sensor}_cry_minutes_1h"),
        _tile("In the box", f"{sensor}_in_box"),
        _tile("On the scale", f"{sensor}_total_g"),
        _tile("Nest", nest, visible=[_is_not(nest, "unknown")]),
        _press("Weigh one baby", f"button.{ids}_weigh_in"),
        _press("Undo last entry", f"button.{ids}_undo"),
        {
            "type": "markdown",
            "content": f"{{{{ state_attr('{sensor}_summary', 'text') }}}}",
            "visibility": [_is_not(f"{sensor}_summary", *_NOTHING)],
        }
        | _WHOLE_ROW,
    )


def _last_days(ids: str, babies: Sequence[DashboardBaby]) -> Card:
    crying, activity = f"binary_sensor.{ids}_crying", f"sensor.{ids}_activity"
    cards: list[Card] = [
        {
            "type": "history-graph",
            "hours_to_show": 24,
            "entities": [_named(crying, "Crying"), _named(activity, "Activity")],
        }
        | _WHOLE_ROW
    ]
    if babies:
        weights = [_named(f"sensor.{baby.ids}_weight_g", baby.name) for baby in babies]
        curve = {"type": "statistics-graph", "title": "Weight", "days_to_show": 7}
        cards.append(curve | {"stat_types": ["mean"], "entities": weights} | _WHOLE_ROW)
    return _section(_heading("The last days", "mdi:chart-line"), *cards)


# --------------------------------------------------------------------------- cards


def _section(*cards: Card) -> Card:
    return {"type": "grid", "cards": list(cards)}


def _heading(text: str, icon: str) -> Card:
    return {"type": "heading", "heading": text, "icon": icon}


def _named(entity: str, name: str) -> Card:
    return {"entity": entity, "name": name}


def _badge(entity: str, name: str, color: str = "green") -> Card:
    return {"type": "entity", **_named(entity, name), "show_name": True, "color": color}


def _open_alerts(count: str) -> list[Card]:
    """How many there are, in green while there are none."""
    quiet, loud = _badge(count, "Open alerts"), _badge(count, "Open alerts", "red")
    return [
        quiet | {"visibility": [_is(count, "0", *_NOTHING)]},
        loud | {"visibility": [_is_not(count, "0", *_NOTHING)]},
    ]


def _tile(
    name: str,
    entity: str,
    *,
    color: str | None = None,
    icon: str | None = None,
    visible: Sequence[Card] = (),
) -> Card:
    """``visible``: conditions that are all true while it is shown."""
    tile: Card = {"type": "tile", **_named(entity, name)}
    if icon is not None:
        tile["icon"] = icon
    if color is not None:
        tile["color"] = color
    if visible:
        tile["visibility"] = [dict(each) for each in visible]
    return tile


def _press(name: str, button: str, *, visible: Sequence[Card] = ()) -> Card:
    """A button that is pressed by touching it anywhere; its state, a moment, says nothing."""
    press = {
        "action": "perform-action",
        "perform_action": "button.press",
        "target": {"entity_id": button},
    }
    return _tile(name, button, color="primary", visible=visible) | _only_tap(press)


def _only_tap(action: Card) -> Card:
    return {"hide_state": True, "tap_action": action, "icon_tap_action": action}


def _is(entity: str, *states: str) -> Card:
    return {"condition": "state", "entity": entity, "state": list(states)}


def _is_not(entity: str, *states: str) -> Card:
    return {"condition": "state", "entity": entity, "state_not": list(states)}
