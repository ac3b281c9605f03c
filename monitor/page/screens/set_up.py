"""The set-up, step by step: name, scale, calibration, microphone, babies, alerts, a test.

Every step has an address of its own, so it can be left and taken up again; without one it leads to
the next open step (after the one that was ``after``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import flag, number, table, text, texts
from monitor.page.progress import STEPS, progress
from monitor.page.screens.box import LEAST_DB, MOST_DB, SourceLine, level, source_lines
from monitor.page.screens.settings import value_of
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth

DONE = "done"
"""the last screen"""
HEADER_PIN = {
    2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8,
    15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37,
    27: 13,
}  # fmt: skip
"""position on the Raspberry Pi's header by BCM number"""
USUAL_PINS = {"DT": 5, "SCK": 6}
SUSPECTS = {
    "VCC": ("power",), "GND": ("power",), "DT": ("dout", "data"), "SCK": ("sck", "clock"),
    "E+": ("cell",), "E\u2212": ("cell",), "A\u2212": ("cell",), "A+": ("cell",),
}  # fmt: skip
"""wire of the converter: words in the box's own reason that speak of it"""
MOST_INPUTS = 16
CERTIFICATE = "application/x-x509-ca-cert"


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One wire of the converter."""

    name: str
    """as it is printed on the board"""
    goes_to: str
    suspect: bool
    """what the box says of the scale speaks of it"""


async def show(seen: Seen) -> Shown:
    """The step in the query, or the first that is open."""
    box = seen.box
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    if seen.query.get("file") == "ca" and (access := seen.access()) is not None and access.ca:
        return Shown(file=access.ca, media_type=CERTIFICATE, file_name="nursery-ca.crt")
    known = progress(box, seen.said)
    step = seen.query.get("step", "")
    if step not in (*STEPS, DONE):
        due = known.after(seen.query.get("after", "")) or DONE
        return Shown(to=f"/boxes/{box.name}/setup?step={due}")
    model = {
        "nav": "box",
        "truth": truth(box, seen.now_s, seen.words, seen.broker_why),
        "known": known.known,
        "step": step,
        "number": STEPS.index(step) + 1 if step in STEPS else len(STEPS),
        "steps": known.steps,
        "left": [each for each, done in known.steps.items() if not done],
        "done": known.steps.get(step, False) if step in STEPS else True,
    }
    return Shown(template="set_up.html", model=model | _of(box, step, seen), look=True)


def _of(box: BoxDocument, step: str, seen: Seen) -> dict[str, Any]:
    """What this step shows besides."""
    refused = seen.said is not None and not seen.said.ok and seen.said.box == box.name
    lines = {line.name: line for line in source_lines(box, seen.words)}
    spoken = Spoken(seen.words, seen.now_s)
    taken = "" if seen.said is None else seen.said.fields.get("value.device", "")
    found: dict[str, Any] = {
        "was": seen.said.fields if refused and seen.said is not None else {},
        "practice": flag(box.health, "practice") is True,
        "babies": [text(each, "name") or slug for slug, each in box.babies.items()],
    }
    match step:
        case "scale" | "calibration":
            scale = lines["scale"]
            found |= {"source": scale, "has": _is_there(box, "scale"), "wires": wires(box, scale)}
        case "microphone":
            found |= {
                "source": lines["microphone"],
                "has": _is_there(box, "microphone"),
                "inputs": texts(box.health, "microphones")[:MOST_INPUTS],
                "device": taken or value_of(box, "microphone.device"),
                "level": level(box, spoken, seen.words),
                "level_db": number(box.cry, "level_db"),
                "least_db": LEAST_DB,
                "most_db": MOST_DB,
            }
        case "babies":
            found["weighs"] = _is_there(box, "scale") and flag(box.scale, "calibrated") is True
        case "alerts":
            host = value_of(box, "mqtt.host")
            found |= {
                "pushes": any(_is_given(box, key) for key in ("urls", "critical_urls")),
                "own_broker": host in {"localhost", "127.0.0.1", "::1", ""},
                "host": host,
                "access": seen.access() if seen.right == "carer" else None,
            }
    return found


def _is_there(box: BoxDocument, name: str) -> bool:
    """Whether this source is set up at all."""
    return text(table(table(box.health, "sources"), name), "state") is not None


def _is_given(box: BoxDocument, key: str) -> bool:
    listed = (box.settings or {}).get("settings")
    return isinstance(listed, list) and any(
        isinstance(each, dict) and each.get("key") == f"notify.{key}" and each.get("given") is True
        for each in listed
    )


def wires(box: BoxDocument, scale: SourceLine) -> list[Wire]:
    """The eight wires of the converter, and which of them the box's own reason speaks of."""
    places = {
        "VCC": "3.3 V, 1", "GND": "GND, 6",
        "DT": _place(box, "scale.dout_pin", USUAL_PINS["DT"]),
        "SCK": _place(box, "scale.sck_pin", USUAL_PINS["SCK"]),
        "E+": "red", "E\u2212": "black", "A\u2212": "white", "A+": "green",
    }  # fmt: skip
    why = "" if "cannot be opened" in scale.why else scale.why.lower()
    return [
        Wire(name=name, goes_to=place, suspect=any(word in why for word in SUSPECTS[name]))
        for name, place in places.items()
    ]


def _place(box: BoxDocument, key: str, usual: int) -> str:
    told = value_of(box, key)
    pin = int(told) if told.isdigit() else usual
    return f"GPIO {pin}, {HEADER_PIN.get(pin, '?')}"
