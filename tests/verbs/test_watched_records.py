"""What the live view says of a shelter's records."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from monitor.mqtt.topics import RECORDS, RECORDS_SILENT_S
from monitor.verbs.watched_boxes import WatchedBoxes
from monitor.verbs.watched_records import MOST_FIRING, WatchedRecords, Wrong

NOW = 1_767_268_800.0  # 2026-01-01T12:00:00Z
WELL: dict[str, Any] = {"online": True, "keeping": True, "rules": True, "firing": []}
RULE = {
    "rule": "room",
    "text": "Room A loses weight",
    "advice": "Weigh all.",
    "severity": "warning",
}


def told(document: dict[str, Any] | bytes, *, age_s: float = 5.0) -> list[str]:
    """What is wrong with records that have said this."""
    records = WatchedRecords()
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    records.observe(RECORDS, payload, NOW - age_s)
    return [": ".join(filter(None, (each.title, each.more))) for each in records.wrong(NOW)]


def test_nothing_is_said_while_all_is_well_or_nobody_keeps_records() -> None:
    assert told(WELL) == []
    assert told(WELL | {"rules": None}) == []
    assert told(b"") == []
    assert WatchedRecords().wrong(NOW) == []


@pytest.mark.parametrize("document", [WELL | {"online": False}, {}])
def test_whoever_keeps_them_has_gone(document: dict[str, Any]) -> None:
    (said,) = told(document | {"kept_at": "2026-01-01T10:00:00Z"})
    assert said == (
        'Records are not kept: "nursery records" does not run, or does not reach the broker; '
        "the last were written 2 h ago"
    )


def test_what_is_not_renewed_is_no_good_news() -> None:
    assert told(WELL, age_s=RECORDS_SILENT_S) == []
    (said,) = told(WELL, age_s=RECORDS_SILENT_S + 1)
    assert said.startswith("Records are not kept: ")


def test_why_nothing_is_written_and_why_no_rule_is_looked_at() -> None:
    (said,) = told(WELL | {"keeping": False, "why": "the disk is full", "waiting": 1200,
                           "rules": False})  # fmt: skip
    assert said == "Records are not kept: the disk is full; at least 1200 wait to be written"
    (said,) = told(WELL | {"rules": False, "rules_why": "vmalert does not answer"})
    assert said == "Nobody looks at the rules over all boxes: vmalert does not answer"


def test_rules_that_apply_are_told_a_few_of_them() -> None:
    many = [RULE | {"text": f"Rule {number}"} for number in range(MOST_FIRING + 2)]
    said = told(WELL | {"firing": many})
    assert said == [*(f"Rule {n}: Weigh all." for n in range(MOST_FIRING)), "More rules apply: 2"]
    records = WatchedRecords()
    records.observe(
        RECORDS, json.dumps(WELL | {"firing": [RULE | {"severity": "critical"}]}).encode(), NOW
    )
    assert records.wrong(NOW) == [Wrong("Room A loses weight", "Weigh all.", is_critical=True)]


@pytest.mark.parametrize("payload", [b"{", b"[]", b"3", b"\xff", b"[" * 5000])
def test_nonsense_is_survived(payload: bytes) -> None:
    assert told(payload) == []


def test_nothing_steers_the_terminal() -> None:
    (said,) = told(WELL | {"keeping": False, "why": "\x1b[2Jfull"})
    assert said == "Records are not kept: ?[2Jfull"


def test_it_stands_below_the_boxes() -> None:
    rich_console = pytest.importorskip("rich.console", reason='no "watch" extra')
    from monitor.verbs.watch_view import draw

    console = rich_console.Console(width=80, file=io.StringIO())
    wrong = [Wrong("Records are not kept", "the disk is full")]
    console.print(draw(WatchedBoxes(), NOW, connection="connected", wrong=wrong))
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "No box has been heard of yet."
    assert lines[1] == "Records are not kept: the disk is full"
