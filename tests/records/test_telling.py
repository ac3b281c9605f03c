import json
from types import SimpleNamespace

import msgspec

from monitor.config import MqttConfig
from monitor.documents import RecordsStatus
from monitor.mqtt.topics import RECORDS
from monitor.records.telling import RENEW_EVERY_S, Telling, stopped

GOOD = RecordsStatus(online=True, at=1_790_000_000.0, keeping=True, kept_at=1_790_000_000.0)


def line():
    said = []
    return SimpleNamespace(connected=True, session=1, say=said.append, said=said)


def documents(heard):
    found = [json.loads(each.payload) for each in heard.said if each.topic == RECORDS]
    heard.said.clear()
    return found


def test_it_is_said_when_something_changes_and_else_once_a_minute():
    heard = line()
    telling = Telling(heard, MqttConfig())
    for second in range(int(2 * RENEW_EVERY_S)):
        later = msgspec.structs.replace(GOOD, at=GOOD.at + second, kept_at=GOOD.at + second,
                                        waiting=second)  # fmt: skip
        telling.turn(later, float(second))
    assert len(documents(heard)) == 2
    bad = msgspec.structs.replace(GOOD, keeping=False, why="cannot reach it")
    telling.turn(bad, 2 * RENEW_EVERY_S)
    telling.turn(bad, 2 * RENEW_EVERY_S + 1)
    (said,) = documents(heard)
    assert (said["keeping"], said["why"], said["kept_at"]) == (
        False, "cannot reach it", "2026-09-21T14:13:20Z",
    )  # fmt: skip


def test_a_new_connection_is_told_all_again():
    heard = line()
    telling = Telling(heard, MqttConfig())
    telling.turn(GOOD, 0.0)
    before = [each.topic for each in heard.said]
    heard.said.clear()
    heard.connected = False
    telling.turn(GOOD, 1.0)
    assert heard.said == []
    heard.connected, heard.session = True, 2
    telling.turn(GOOD, 2.0)
    assert [each.topic for each in heard.said] == before
    assert before[-1] == RECORDS
    assert all(each.retain and each.qos == 1 for each in heard.said)


def test_the_last_will_says_that_nobody_keeps_records():
    will = stopped(GOOD.at, GOOD.at - 60)
    said = json.loads(will.payload)
    assert (will.topic, will.retain) == (RECORDS, True)
    assert (said["online"], said["keeping"], said["firing"]) == (False, False, [])
    assert said["kept_at"] == "2026-09-21T14:12:20Z"
