"""What Home Assistant is told about a box and its babies: one row per entity.

The rows follow its MQTT conventions: a unit only with a class that allows it, JSON ``null`` turned
into "unknown" by the template, moments with a zone, a ``problem`` class for what is on when wrong,
and ``expire_after`` wherever a number would otherwise look fresh for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from monitor.alert_kinds import BABY_KINDS, BOX_KINDS, KINDS, AlertKind
from monitor.codec import encode
from monitor.events import Baby, Verdict
from monitor.mqtt.topics import LIVE_EXPIRY_S, SLOW_EXPIRY_S, Topics
from monitor.names import SET_UP_NEEDS, SourceName

Component = dict[str, Any]

NO_QUESTION = "No question"
ASKED = "Who was it?"
A_THING = "A thing"
"""options of the select that are no names"""

VERDICT_WORDS: Mapping[Verdict, str] = {
    verdict: verdict.replace("_", " ") for verdict in get_args(Verdict)
}
"""what a dashboard shows of a baby's growth: Home Assistant has no names for another's states"""

_MEASURED = {"state_class": "measurement"}
_LIVE = {"expire_after": int(LIVE_EXPIRY_S)}
_DIAGNOSTIC = {"entity_category": "diagnostic"}


def _json(field: str) -> str:
    return f"{{{{ value_json.{field} }}}}"


def _flag(expression: str) -> str:
    return f"{{% set v = {expression} %}}{{{{ 'None' if v is none else ('ON' if v else 'OFF') }}}}"


def _sensor(name: str, topic: str, field: str, **more: Any) -> Component:
    row = {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": _json(field),
        "expire_after": int(SLOW_EXPIRY_S),
    }
    return row | more


def _binary(
    name: str, topic: str, expression: str, device_class: str, expiry_s: float = SLOW_EXPIRY_S
) -> Component:
    """On, off or unknown, as a template's ``expression`` is true, false or ``none``."""
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topic,
        "value_template": _flag(expression),
        "device_class": device_class,
        "expire_after": int(expiry_s),
    }


def _problem(kind: AlertKind, topic: str) -> Component:
    return {
        "platform": "binary_sensor",
        "name": KINDS[kind].label,
        "state_topic": topic,
        "device_class": "problem",
    }


def _button(name: str, topic: str, payload: str, icon: str, **more: Any) -> Component:
    row = {
        "platform": "button",
        "name": name,
        "command_topic": topic,
        "payload_press": payload,
        "icon": icon,
        "qos": 1,
    }
    return row | more


def box_components(
    topics: Topics, babies: Sequence[Baby], things: Sequence[str] = ()
) -> dict[str, Component]:
    """Every entity of a box's own device, by key; ``things``: the names of those known."""
    rows = dict(_box_sensors(topics)) | dict(_box_diagnostics(topics)) | dict(_controls(topics))
    for kind in BOX_KINDS:
        rows[f"problem_{kind}"] = _problem(kind, topics.problem(kind))
    rows["alert"] = {
        "platform": "event",
        "name": "Alert",
        "state_topic": topics.alert,
        "event_types": list(KINDS),
        "value_template": _ALERT_TEMPLATE,
        "icon": "mdi:bell-alert",
        "qos": 1,
    }
    rows["who"] = {
        "platform": "select",
        "name": ASKED,
        "state_topic": topics.question,
        "value_template": "{{ '" + ASKED + "' if value_json.step_id else '" + NO_QUESTION + "' }}",
        "json_attributes_topic": topics.question,
        "options": [NO_QUESTION, ASKED, *(baby.name for baby in babies), *things, A_THING],
        "command_topic": topics.command("assign"),
        "command_template": _ANSWER_TEMPLATE,
        "icon": "mdi:help-circle",
        "qos": 1,
    }
    return rows


_ALERT_TEMPLATE = "{% set d = dict(value_json) %}{{ dict(d, event_type=d.kind) | tojson }}"
"""the event entity wants ``event_type``; the rest of the alert becomes its attributes"""

_ANSWER_TEMPLATE = (
    '{"step_id": {{ this.attributes.get("step_id") | tojson }}, '
    f'"baby": {{{{ ("object" if value == "{A_THING}" else value) | tojson }}}}}}'
)
"""the question that this Home Assistant shows is the one that is answered, even if another one has
come up in the meantime; a known thing is answered by its name, like a baby"""


def _box_sensors(topics: Topics) -> Iterator[tuple[str, Component]]:
    yield from _cry_sensors(topics.cry)
    yield from _scale_sensors(topics.scale)
    yield "summary", _summary("Summary", topics.summary)
    yield "summary_week", _summary("Summary of the week", topics.week)
    yield "nest_temperature", _nest_temperature(topics.nest)


def _summary(name: str, topic: str) -> Component:
    """A state holds 255 characters: it is how the text begins; all of it is an attribute."""
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": "{{ value_json.text | truncate(250) if value_json.text else none }}",
        "json_attributes_topic": topic,
        "icon": "mdi:text-box-outline",
    }


def _cry_sensors(topic: str) -> Iterator[tuple[str, Component]]:
    crying = _binary("Crying", topic, "value_json.crying", "sound", LIVE_EXPIRY_S)
    yield "crying", crying | {"json_attributes_topic": topic}
    minutes = _MEASURED | {
        "unit_of_measurement": "min",
        "device_class": "duration",
        "suggested_display_precision": 1,
        "icon": "mdi:account-voice",
    }
    for hours in (1, 24):
        field = f"cry_minutes_{hours}h"
        yield field, _sensor(f"Cry minutes {hours} h", topic, field, **minutes) | _LIVE
    level = _MEASURED | {
        "unit_of_measurement": "dBFS",
        "suggested_display_precision": 0,
        "icon": "mdi:microphone",
    }
    yield "level_db", _sensor("Sound level", topic, "level_db", **level) | _LIVE


def _scale_sensors(topic: str) -> Iterator[tuple[str, Component]]:
    weight = _MEASURED | {
        "unit_of_measurement": "g",
        "device_class": "weight",
        "suggested_display_precision": 0,
    }
    yield "total_g", _sensor("Weight on the scale", topic, "total_g", **weight) | _LIVE
    activity = _MEASURED | {"suggested_display_precision": 2, "icon": "mdi:paw"}
    yield "activity", _sensor("Activity", topic, "activity", **activity) | _LIVE
    names = "{{ value_json.in_box | join(', ') if value_json.in_box is not none else none }}"
    in_box = _sensor("In the box", topic, "in_box", icon="mdi:home-heart", value_template=names)
    yield "in_box", in_box | _LIVE


def _nest_temperature(topic: str) -> Component:
    row = _MEASURED | {
        "unit_of_measurement": "°C",
        "device_class": "temperature",
        "suggested_display_precision": 1,
        "json_attributes_topic": topic,
    }
    return _sensor("Nest", topic, "temperature_c", **row)


def _box_diagnostics(topics: Topics) -> Iterator[tuple[str, Component]]:
    topic = topics.health
    for source in get_args(SourceName):
        state = f"value_json.sources.{source}.state"
        works = f"none if {state} is none else {state} == 'healthy'"
        name = source.capitalize()
        yield f"{source}_alive", _binary(name, topic, works, "connectivity") | _DIAGNOSTIC
    yield "set_up", _set_up(topic)
    yield "open_alerts", _open_alerts(topics.alerts)
    yield "alerts_text", _in_words(topics.alerts_text)
    percent = _MEASURED | {"unit_of_measurement": "%", "icon": "mdi:cpu-64-bit"}
    yield "cpu_pct", _sensor("CPU", topic, "cpu_pct", **percent) | _DIAGNOSTIC
    memory = _MEASURED | {
        "unit_of_measurement": "MB",
        "device_class": "data_size",
        "suggested_display_precision": 0,
    }
    yield "memory_mb", _sensor("Memory", topic, "memory_mb", **memory) | _DIAGNOSTIC
    shed = "{{ value_json.load.shed | join(', ') or 'nothing' }}"
    left_out = {"icon": "mdi:speedometer-slow", "value_template": shed}
    name = "Left out while busy"
    yield "load_shed", _sensor(name, topic, "load", **left_out) | _DIAGNOSTIC
    drops = {"state_class": "total_increasing", "icon": "mdi:microphone-question"}
    yield "drops", _sensor("Sound lost (blocks)", topic, "drops", **drops) | _DIAGNOSTIC


def _set_up(topic: str) -> Component:
    """Whether anybody is watched, else what is missing for that."""
    words = encode(dict(SET_UP_NEEDS)).decode()
    template = (
        f"{{% set words = {words} %}}{{% set told = value_json.set_up | default({{}}) %}}"
        "{% set m = told.missing | default([]) %}"
        "{% for step in m %}{{ ', ' if loop.index0 else 'Missing: ' }}{{ words[step] }}"
        "{% else %}Done{% endfor %}"
    )
    row = _sensor("Set-up", topic, "set_up", icon="mdi:clipboard-check-outline")
    return row | _DIAGNOSTIC | {"value_template": template}


def _open_alerts(topic: str) -> Component:
    """How many are open; the alerts themselves are its attributes."""
    return {
        "platform": "sensor",
        "name": "Open alerts",
        "state_topic": topic,
        "value_template": "{{ value_json | count }}",
        "json_attributes_topic": topic,
        "json_attributes_template": "{{ {'alerts': value_json} | tojson }}",
        "state_class": "measurement",
        "icon": "mdi:bell",
    }


def _in_words(topic: str) -> Component:
    """What is open now in one sentence: for a watch, a widget, or to be read aloud."""
    return {
        "platform": "sensor",
        "name": "Alerts in words",
        "state_topic": topic,
        "value_template": "{{ value | truncate(250) }}",
        "expire_after": int(SLOW_EXPIRY_S),
        "icon": "mdi:bell-outline",
    }


def _controls(topics: Topics) -> Iterator[tuple[str, Component]]:
    acknowledge, snooze = topics.command("acknowledge"), topics.command("snooze")
    yield "acknowledge", _button("Acknowledge", acknowledge, "{}", "mdi:bell-check")
    yield "snooze", _button("Snooze 30 min", snooze, '{"minutes": 30}', "mdi:bell-sleep")
    yield (
        "not_a_cry",
        _button("Not a cry", topics.command("not_a_cry"), "{}", "mdi:ear-hearing-off"),
    )
    weigh_in = topics.command("weigh_in")
    yield "weigh_in", _button("Weigh one baby", weigh_in, "{}", "mdi:scale-balance")
    yield "undo", _button("Undo last entry", topics.command("undo"), "{}", "mdi:undo")
    config = {"entity_category": "config"}
    yield "tare", _button("Tare", topics.command("tare"), "{}", "mdi:scale", **config)
    test = topics.command("test_alert")
    yield "test_alert", _button("Test alert", test, "{}", "mdi:bell-ring", **config)


def baby_components(topics: Topics, baby: Baby) -> dict[str, Component]:
    """Every entity of a baby's own device, by key."""
    topic = topics.baby(baby.slug)
    rows = dict(_baby_sensors(topic))
    for kind in BABY_KINDS:
        rows[f"problem_{kind}"] = _problem(kind, topics.problem(kind, baby.slug))
    fed = encode({"baby": baby.slug, "usual": True}).decode()
    away = encode({"baby": baby.slug, "kind": "away", "text": "taken to the carrier"}).decode()
    carrier = topics.command("note")
    rows["away"] = _button("Taken to the carrier", carrier, away, "mdi:bag-carry-on")
    rows["fed"] = _button("Fed", topics.command("feed"), fed, "mdi:baby-bottle")
    rows["in_box"] = _binary("In the box", topic, "value_json.in_box", "presence")
    rows["warm_first"] = _binary("Warm up before feeding", topic, "value_json.warm_first", "cold")
    rows["chart"] = {
        "platform": "image",
        "name": "Growth chart",
        "image_topic": topics.chart(baby.slug),
        "content_type": "image/png",
    }
    return rows


def _baby_sensors(topic: str) -> Iterator[tuple[str, Component]]:
    grams = {"unit_of_measurement": "g", "state_class": "measurement"}
    weight = {"device_class": "weight", "suggested_display_precision": 0}
    yield "weight_g", _sensor("Weight", topic, "weight_g", **grams, **weight)
    told = {"entity_category": "diagnostic", "icon": "mdi:weight"}
    when = "{{ {'told_at': value_json.told_at} | tojson }}"
    attributes = {"json_attributes_topic": topic, "json_attributes_template": when}
    row = _sensor("Weight told, not weighed", topic, "told_weight_g", **grams, **weight, **told)
    yield "told_weight_g", row | attributes
    difference = grams | {"suggested_display_precision": 1}  # may be negative: no weight class
    gain = {"icon": "mdi:trending-up"}
    yield "gain_24h_g", _sensor("Gain in 24 h", topic, "gain_24h_g", **difference, **gain)
    percent = {
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "suggested_display_precision": 1,
    }
    name = "Relative gain in 24 h"
    yield "gain_24h_pct", _sensor(name, topic, "gain_24h_pct", icon="mdi:percent", **percent)
    bottle = {"icon": "mdi:baby-bottle-outline"}
    yield "last_feed_g", _sensor("Last feed", topic, "last_feed_g", **difference, **bottle)
    yield "intake_24h_g", _sensor("Intake in 24 h", topic, "intake_24h_g", **difference, **bottle)
    ml = grams | {"unit_of_measurement": "mL", "suggested_display_precision": 1}
    yield "next_feed_ml", _sensor("Next bottle", topic, "next_feed_ml", **ml, **bottle)
    per_kg = {"unit_of_measurement": "mL/kg", "state_class": "measurement"}
    field = "intake_24h_ml_per_kg"
    yield field, _sensor("Intake in 24 h per kg", topic, field, **per_kg, **bottle)
    need, per_gain = "need_24h_ml_per_kg", "milk_g_per_gain_g"
    yield need, _sensor("Milk it needs in 24 h per kg", topic, need, **per_kg, **bottle)
    ratio = {"state_class": "measurement", "suggested_display_precision": 1}
    yield per_gain, _sensor("Milk per gram gained", topic, per_gain, **ratio, **gain)
    moments: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("bottle_due_at", "Bottle due", {}),
        ("last_feed_at", "Last fed", {}),
        ("out_since", "Out of the box since", {}),
        ("weighed_at", "Weighed", {"entity_category": "diagnostic"}),
    )
    for field, moment_name, more in moments:
        yield field, _sensor(moment_name, topic, field, device_class="timestamp", **more)
    verdicts = {"device_class": "enum", "options": list(VERDICT_WORDS.values())}
    row = _sensor("Growth", topic, "verdict", icon="mdi:chart-line", **verdicts)
    yield "verdict", row | {"value_template": "{{ value_json.verdict | replace('_', ' ') }}"}
    watched = "{% set w = value_json.watch %}{{ 'None' if w is none else w.level }}"
    levels = {"device_class": "enum", "options": ["well", "watch", "act"]}
    row = _sensor("Wellbeing", topic, "watch", icon="mdi:heart-pulse", **levels)
    yield "watch", row | {"value_template": watched}
