"""A judge that sees nothing would make a fine campaign: each thing it looks for is shown to it."""

from __future__ import annotations

import time
from collections import Counter

import msgspec

from tests.system.campaign_judge import Judge, Memory
from tests.system.campaign_phone import Heard


def heard(alert_id: str, state: str, unix_s: float = 1_800_000_000.0) -> Heard:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))
    alert = {"id": alert_id, "state": state, "at": at, "message": "m"}
    return Heard(0.0, unix_s, "nursery/test-box/alert", msgspec.json.encode(alert))


def judged(rows: list[tuple[str, str]], alerts: list[Heard], **changes) -> list[str]:
    """What the judge says of these journal rows and these arrivals."""
    last = dict(rows)
    still_open = {i: s for i, s in last.items() if s != "cleared"}
    memory = Memory(Counter(rows), still_open, {}, set(), 0, 0, changes.pop("sound", "ok"))
    kinds = {i.split("-")[0] for i in still_open} - {"test"}
    retained = {
        "status": "online",
        "alerts": [{"id": i, "state": s} for i, s in still_open.items()],
    }
    retained |= {f"problem/{kind}": "ON" for kind in kinds}
    _, wrong = Judge().round(
        memory, alerts, retained | changes.pop("retained", {}), later=memory,
        expected={"monitor_blind-scale"}, required=changes.pop("required", None),
        mended_unix_s=1_800_000_000.0,
    )  # fmt: skip
    return wrong


SCALE, AGAIN = "monitor_blind-scale-20260101T000000Z", "monitor_blind-scale-20260101T000100Z"


def test_the_judge_is_content_with_a_good_round():
    rows = [(SCALE, "raised"), (SCALE, "cleared"), (AGAIN, "raised")]
    alerts = [heard(*row) for row in rows]
    assert judged(rows, [*alerts, alerts[1]], required="monitor_blind-scale") == []


def test_the_judge_sees_what_was_lost_doubled_or_made_up():
    rows = [(SCALE, "raised"), (AGAIN, "raised")]
    (lost,) = judged(rows[:1], [])
    assert "arrived 0 times" in lost
    (twice,) = judged(rows, [heard(*row) for row in rows])
    assert "while it was open as" in twice
    (phantom,) = judged([], [heard(SCALE, "raised")])
    assert "does not know it" in phantom
    hungry = "bottle_overdue-ann-20260101T000000Z"
    (false_alarm,) = judged([(hungry, "raised")], [heard(hungry, "raised")])
    assert "for nothing" in false_alarm
    (silent,) = judged([], [], required="monitor_blind-scale")
    assert "nobody was told" in silent


def test_the_judge_sees_false_state_and_a_broken_journal():
    row = (SCALE, "raised")
    assert len(judged([row], [heard(*row)], retained={"alerts": []})) == 1
    assert len(judged([row], [heard(*row)], retained={"problem/monitor_blind": "OFF"})) == 1
    assert len(judged([], [], retained={"status": "offline"})) == 1
    assert len(judged([], [], sound="row 7 missing from index")) == 1
