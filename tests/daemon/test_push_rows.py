"""Pushes that wait as rows: in memory, after a shift of the clock, beside a poisoned one."""

from __future__ import annotations

import pytest

from monitor.config import NotifyConfig
from monitor.store.batch import Batch
from monitor.store.push_rows import wanted
from monitor.timeshift import TimeShift
from tests.daemon.pushing import Receiver, alert
from tests.store.rows import put_in


def test_a_push_in_memory_waits_for_the_card(receiver: Receiver, make):
    box = make(NotifyConfig(urls=[receiver.url()]))
    rows = [row for row in [box.rules.row(alert())] if row is not None]
    box.journal.pushes.hold(rows)  # the card refuses: nothing is written
    box.settle()
    assert len(receiver.posts) == 1
    box.journal.write(Batch(pushes=box.journal.pushes.held))
    assert box.journal.pushes.waiting() == []


def test_a_moved_timeline_moves_what_waits(make):
    box = make(NotifyConfig(urls=["json://127.0.0.1:9/"]))
    box.tell(alert())
    box.journal.write(Batch(shifts=[TimeShift(by_s=1000.0)]))
    (row,) = box.journal.pushes.waiting()
    assert (row.t_s, row.expires_s) == (1060.0, 1660.0)
    assert (row.alert.t_s, row.alert.since) == (1060.0, 1000.0)


@pytest.mark.parametrize("column", ["document", "routes", "t_s", "expires_s"])
@pytest.mark.parametrize("value", [b"\xff", "", "null", "x", -1])
def test_a_poisoned_row_stops_nothing(receiver: Receiver, make, column: str, value: object):
    box = make(NotifyConfig(urls=[receiver.url()]))
    box.tell(alert(id="poisoned"))
    put_in(box.journal.path, f"UPDATE pushes SET {column} = ?", (value,))  # noqa: S608 - fixed names
    put_in(box.journal.path, "UPDATE state SET value = ? WHERE key = 'pushed'", (value,))
    box.tell(alert(id="good"))
    box.until(lambda: any("Kitten" in post["title"] for _, post in receiver.posts))
    box.journal.pushes.pushed_alerts()


def test_nobody_to_tell():
    assert not wanted(NotifyConfig())
    assert wanted(NotifyConfig(urls_file="x"))
