"""Settings of a running box: over MQTT, beside it, from a calibration; kept before told."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from monitor.events import ScaleBlock, Tick
from monitor.store.settings import BoxSettings
from monitor.store.settings_files import SETTINGS
from monitor.written.setup_requests import Configure
from tests.hostile import BASE, Box, as_json


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    opened = Box(tmp_path)
    yield opened
    opened.close()


def ask(box: Box, verb: str, **fields: object) -> dict[str, Any]:
    (answer,) = box.send(verb, as_json(fields))
    return answer


def document(box: Box, topic: str) -> Any:
    found = [m.payload for m in box.connection.published if m.topic == f"{BASE}/{topic}"]
    return msgspec.json.decode(found[-1]) if found else None


def settings_of(box: Box) -> dict[str, Any]:
    box.tick()
    return {each["key"]: each for each in document(box, "settings")["settings"]}


def test_a_setting_is_kept_told_and_due(box: Box, tmp_path: Path) -> None:
    assert not box.app.reconfigured
    answer = ask(box, "configure", key="alerts.night.from", value="10:30 pm", request_id="r")
    assert answer == {
        "ok": True, "understood": "alerts.night.from: 22:30", "restarts": True, "request_id": "r",
    }  # fmt: skip
    assert box.app.reconfigured
    assert 'from = "22:30"' in (tmp_path / SETTINGS).read_text()
    back = ask(box, "configure", key="alerts.night.from", default=True)
    assert back["restarts"] is False
    assert not box.app.reconfigured


def test_what_is_refused_changes_nothing(box: Box, tmp_path: Path) -> None:
    for fields, says in (
        ({"key": "alerts.night.from", "value": "late"}, "a time such as"),
        ({"key": "scale.source", "value": "none"}, "nothing would be watched"),
        ({"key": "notify.urls", "value": "nonsense://x"}, "notify"),
        ({"key": "box"}, 'needs "value"'),
        ({"key": "box", "value": "a", "default": True}, "not both"),
        ({"key": "mqtt", "value": {"host": {"a": {"b": "c"}}}}, "a table of such values"),
    ):
        answer = ask(box, "configure", **fields)
        assert answer["ok"] is False
        assert says in answer["error"]
    assert not (tmp_path / SETTINGS).exists()
    assert not box.app.reconfigured


def test_a_phone_s_topic_is_none_for_it(box: Box) -> None:
    from monitor.mqtt.connection_events import Received

    payload = as_json({"key": "box", "value": "cellar", "request_id": "r"})
    box.connection.events.append(Received(f"{BASE}/cmd/configure", payload, False))
    box.turn()
    refused = document(box, "cmd/configure/result")
    assert refused["ok"] is False
    assert "is sent to setup/configure" in refused["error"]
    box.connection.events.append(Received(f"{BASE}/setup/tare", b"{}", False))
    box.turn()
    assert "is sent to cmd/tare" in document(box, "setup/tare/result")["error"]
    assert box.settings.config.box == "test"


def test_the_page_is_told_every_setting_and_no_secret(box: Box) -> None:
    before = settings_of(box)
    assert before["scale.counts_per_gram"] == {
        "key": "scale.counts_per_gram", "value": 400.0, "from": "file", "kind": "number",
        "given": True, "choices": [], "least": None, "most": None, "optional": True,
    }  # fmt: skip
    ask(box, "configure", key="mqtt", value={"username": "attic", "password": "hunter2"})
    after = settings_of(box)
    assert (after["mqtt.password"]["given"], after["mqtt.password"]["value"]) == (True, None)
    assert after["mqtt.username"]["from"] == "settings"
    said = b"".join(message.payload for message in box.connection.published)
    assert b"hunter2" not in said + box.journal.path.read_bytes() + "".join(box.log).encode()


def test_what_a_command_on_this_machine_has_set_is_seen(box: Box, tmp_path: Path) -> None:
    text = f'box = "test"\nstate_dir = "{tmp_path}"\n[scale]\nsource = "csv"\nfile = "x"\n'
    beside = BoxSettings(text.encode(), "test.toml")
    beside.carry_out(Configure(key="box", value="cellar"))
    box.tick()
    assert box.app.reconfigured
    assert box.settings.config.box == "cellar"


def test_damaged_settings_are_told_on_the_page(box: Box, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_bytes(b"\xff")
    box.tick()
    assert "damaged" in str(box.settings.problem)
    assert any("damaged" in line for line in box.log)
    assert ask(box, "test_alert")["ok"]
    assert "damaged" in document(box, "settings")["problem"]
    assert not box.app.reconfigured


def put(box: Box, load_g: float, seconds: int = 7) -> None:
    rng = np.random.default_rng(int(load_g))
    for _ in range(seconds):
        times = box.now_s + np.arange(10) / 10
        counts = 84_213 + 412.7 * load_g + rng.normal(0, 60, 10)
        box.app.put(ScaleBlock(times, np.round(counts)))
        box.now_s += 1.0
        box.app.put(Tick(box.now_s))
        box.turn()


def calibrated(box: Box) -> dict[str, Any]:
    for step, load_g in (("empty", 0.0), ("mass", 1000.0), ("check", 300.0)):
        put(box, load_g)
        fields = {"grams": f"{load_g:.0f} g"} if load_g else {}
        answer = ask(box, "calibrate_scale", step=step, **fields)
        assert answer["ok"], answer
    return ask(box, "calibrate_scale", step="accept")


def test_a_calibration_from_a_phone_is_kept_and_holds_at_once(box: Box, tmp_path: Path) -> None:
    answer = calibrated(box)
    assert answer["ok"], answer
    assert answer["counts_per_gram"] == pytest.approx(412.7, rel=1e-3)
    assert not box.app.reconfigured, "it is in force already"
    assert "counts_per_gram = 412." in (tmp_path / SETTINGS).read_text()
    put(box, 0.0, 10)
    put(box, 500.0, 20)
    assert document(box, "scale")["total_g"] == pytest.approx(500.0, abs=1.0)
    assert settings_of(box)["scale.zero_counts"]["from"] == "settings"


def test_a_calibration_that_the_card_refuses_holds_and_says_so(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    def refuses(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuses)
    answer = calibrated(box)
    monkeypatch.undo()
    assert answer["ok"] is False
    assert "holds until the next restart" in answer["error"]
    assert "the card is full" in answer["error"]
    put(box, 0.0, 10)
    put(box, 500.0, 20)
    assert document(box, "scale")["total_g"] == pytest.approx(500.0, abs=1.0)


def test_whoever_looks_sees_the_reading_twice_a_second_and_no_longer(box: Box) -> None:
    put(box, 200.0)
    assert document(box, "live") is None
    assert ask(box, "look", seconds=10) == {"ok": True}
    live = document(box, "live")
    assert live["raw_counts"] == pytest.approx(84_213 + 412.7 * 200, abs=60)
    assert live["until"] > live["at"]
    box.tick(20.0)
    before = len(box.connection.published)
    put(box, 200.0, 3)
    assert [m for m in box.connection.published[before:] if m.topic == f"{BASE}/live"] == []
    assert ask(box, "look", seconds=900)["ok"] is False


class TestAPhoneThatSubscribes:
    def test_a_topic_is_made_once_kept_as_a_secret_and_told_again(
        self, box: Box, tmp_path: Path
    ) -> None:
        first = ask(box, "push", page_url="http://nursery.local:8080")
        assert first["ok"], first
        assert re.fullmatch(r"nursery-[a-km-np-z2-9]{20}", first["topic"])
        assert first["server"] == "https://ntfy.sh"
        assert first["web"] == f"https://ntfy.sh/{first['topic']}"
        assert first["app"] == f"ntfy://ntfy.sh/{first['topic']}"
        assert first["restarts"] is True
        secret = tmp_path / "secret-push-urls"
        assert secret.read_text() == f"ntfys://ntfy.sh/{first['topic']}?image=no\n"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert "http://nursery.local:8080" in (tmp_path / SETTINGS).read_text()
        assert first["topic"] not in (tmp_path / SETTINGS).read_text()
        assert ask(box, "push", page_url="http://10.0.0.9:8080")["topic"] == first["topic"]
        assert "10.0.0.9" not in (tmp_path / SETTINGS).read_text(), "the one that is set stays"

    def test_a_new_one_takes_the_place_of_the_old_and_other_addresses_stay(self, box: Box) -> None:
        assert ask(box, "configure", key="notify.urls", value=["json://10.0.0.1/x"])["ok"]
        first = ask(box, "push")
        second = ask(box, "push", new=True)
        assert second["topic"] != first["topic"]
        held = box.settings.config.notify.urls
        assert held == ["json://10.0.0.1/x", f"ntfys://ntfy.sh/{second['topic']}?image=no"]

    def test_a_topic_of_her_own_is_told_and_not_replaced(self, box: Box) -> None:
        assert ask(box, "configure", key="notify.urls", value=["ntfys://ntfy.sh/mine"])["ok"]
        assert ask(box, "push")["topic"] == "mine"
        assert box.settings.config.notify.urls == ["ntfys://ntfy.sh/mine"]
        assert ask(box, "push", new=True)["topic"] != "mine"
        assert "ntfys://ntfy.sh/mine" in box.settings.config.notify.urls

    def test_a_server_of_ones_own_may_be_named(self, box: Box) -> None:
        found = ask(box, "push", server="http://nursery.local:2586")
        assert found["app"] == f"ntfy://nursery.local:2586/{found['topic']}?secure=false"
        assert box.settings.config.notify.urls == [
            f"ntfy://nursery.local:2586/{found['topic']}?image=no"
        ]
        for wrong in ("ntfy.sh", "ftp://x", "http://a/b?c", "http://a b", "https://" + "a" * 300):
            assert ask(box, "push", server=wrong)["ok"] is False, wrong

    def test_a_phone_may_not_ask_for_it(self, box: Box) -> None:
        from monitor.mqtt.connection_events import Received

        box.connection.events.append(Received(f"{BASE}/cmd/push", b"{}", False))
        box.turn()
        refused = document(box, "cmd/push/result")
        assert refused["ok"] is False
        assert "topic" not in refused
