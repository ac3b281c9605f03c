"""The whole daemon as a process, against a real Mosquitto."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.commands import SendTestAlert
from monitor.store.journal import Journal
from monitor.times import DAY_S, HOUR_S, rfc3339
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto, free_port
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

SCALE = """
[scale]
source = "csv"
file = "{path}"
counts_per_gram = 400.0
zero_counts = 1000
"""

Start = Callable[..., Daemon]


def quiet_box(path: Path, grams: float, seconds: float = 600.0) -> str:
    """A recording of a box nobody touches."""
    times = np.arange(0, seconds, 0.1)
    noise = np.random.default_rng(1).normal(0, 40, len(times))
    counts = np.round(1000 + 400 * grams + noise).astype(int)
    lines = "\n".join(f"{t:.1f},{c}" for t, c in zip(times, counts, strict=True))
    path.write_text(f"time_s,counts\n{lines}\n")
    return SCALE.format(path=path)


@pytest.fixture
def start(tmp_path: Path, broker: Mosquitto) -> Iterator[Start]:
    running: list[Daemon] = []

    def begin(port: int | None = None, more: str | None = None) -> Daemon:
        scale = quiet_box(tmp_path / "s.csv", 900.0) if more is None else more
        daemon = Daemon(tmp_path / "box", port or broker.port, more=scale)
        running.append(daemon)
        return daemon.start()

    yield begin
    for daemon in running:
        daemon.stop(signal.SIGKILL)


def test_a_day_in_the_life(broker: Mosquitto, start: Start) -> None:
    base = "nursery/test-box"
    with Subscriber(broker.port, "#") as phone:
        daemon = start()
        wait_for(lambda: phone.last(f"{base}/status") == b"online")
        for topic in ("health", "cry", "scale", "alerts"):
            wait_for(lambda topic=topic: phone.last(f"{base}/{topic}"))
        health = wait_for(lambda: phone.json(f"{base}/health"))[-1]
        assert health["version"]

        added = daemon.nursery("baby", "add", "Possum", "--species", "puppy", "--weight", "112")
        assert added.returncode == 0, added.stderr
        baby = wait_for(lambda: phone.json(f"{base}/baby/possum"))[-1]
        assert (baby["name"], baby["species"]) == ("Possum", "puppy")

        weighed = daemon.nursery("weigh", "Possum", "114")
        assert weighed.returncode == 0, weighed.stderr
        wait_for(lambda: phone.json(f"{base}/baby/possum")[-1]["weight_g"] == 114.0)
        refused = daemon.nursery("weigh", "Nobody", "114")
        assert refused.returncode == 2
        assert "Nobody" in refused.stderr

        phone.send(f"{base}/cmd/test_alert", {"request_id": "r1"})
        result = wait_for(lambda: phone.json(f"{base}/cmd/test_alert/result"))[-1]
        assert result == {"ok": True, "request_id": "r1"}
        alert = wait_for(lambda: phone.json(f"{base}/alert"))[0]
        assert alert["state"] == "raised"
        assert wait_for(lambda: phone.payloads(f"{base}/alert/text"))[0].startswith(b"test-box")
        phone.send(f"{base}/cmd/acknowledge", {"id": alert["id"]})
        wait_for(lambda: any(a["state"] == "acknowledged" for a in phone.json(f"{base}/alert")))

        phone.send(f"{base}/cmd/weigh", {"baby": "Possum"})
        refusal = wait_for(lambda: phone.json(f"{base}/cmd/weigh/result"))[-1]
        assert refusal["ok"] is False
        assert "grams" in refusal["error"]

        second = daemon.nursery("run")
        assert second.returncode == 1
        assert "already runs" in second.stderr

        assert daemon.stop() == 0
        wait_for(lambda: phone.last(f"{base}/status") == b"offline")
    assert "Traceback" not in daemon.log


def test_a_live_weight_from_the_scale(broker: Mosquitto, start: Start) -> None:
    with Subscriber(broker.port, "nursery/test-box/scale") as phone:
        start()
        found = wait_for(
            lambda: [s for s in phone.json("nursery/test-box/scale") if s["total_g"] is not None],
        )
        assert found[-1]["total_g"] == pytest.approx(900.0, abs=1.0)


def test_a_weigh_in_is_announced_from_the_phone_and_from_the_box(
    broker: Mosquitto, start: Start
) -> None:
    base = "nursery/test-box"
    with Subscriber(broker.port, f"{base}/#") as phone:
        daemon = start()
        wait_for(lambda: [s for s in phone.json(f"{base}/scale") if s["total_g"] is not None])
        phone.send(f"{base}/cmd/weigh_in", {})
        refused = wait_for(lambda: phone.json(f"{base}/cmd/weigh_in/result"))[-1]
        assert "nobody is in the nursery" in refused["error"]
        assert daemon.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        told = daemon.nursery("weigh", "--next")
        assert told.returncode == 0, told.stderr
        wait_for(lambda: phone.json(f"{base}/scale")[-1]["weigh_in_ends_at"] is not None)
        phone.send(f"{base}/cmd/weigh_in", {"cancel": True, "request_id": "c"})
        wait_for(
            lambda: phone.json(f"{base}/cmd/weigh_in/result")[-1] == {"ok": True, "request_id": "c"}
        )
        wait_for(lambda: phone.json(f"{base}/scale")[-1]["weigh_in_ends_at"] is None)


def test_a_missing_scale_is_said_loudly(broker: Mosquitto, start: Start) -> None:
    base = "nursery/test-box"
    hx711 = '[scale]\nsource = "hx711"\ncounts_per_gram = 400.0\nzero_counts = 1000\n'
    with Subscriber(broker.port, f"{base}/#") as phone:
        daemon = start(more=hx711)
        alert = wait_for(lambda: phone.json(f"{base}/alert"))[0]
        assert (alert["kind"], alert["state"]) == ("monitor_blind", "raised")
        assert wait_for(lambda: phone.last(f"{base}/problem/monitor_blind") == b"ON")
        scale = wait_for(lambda: phone.json(f"{base}/scale"))[-1]
        assert scale["total_g"] is None
        assert daemon.alive
        assert daemon.stop() == 0


def test_an_alert_survives_a_killed_daemon_and_an_absent_broker(
    broker: Mosquitto, start: Start
) -> None:
    daemon = start()
    with Subscriber(broker.port, "nursery/test-box/status") as phone:
        wait_for(lambda: phone.last("nursery/test-box/status") == b"online")
    broker.stop(signal.SIGKILL)
    journal = Journal.open(daemon.state_dir / "journal.sqlite")
    journal.inbox.submit(SendTestAlert())
    wait_for(lambda: len(journal.outbox) == 2)  # JSON and sentence
    daemon.stop(signal.SIGKILL)
    assert len(journal.outbox) == 2
    journal.close()
    broker.start()
    with Subscriber(broker.port, "nursery/test-box/#") as phone:
        daemon.start()
        alerts = wait_for(lambda: phone.json("nursery/test-box/alert"))
        assert alerts[0]["kind"] == "test"
        journal = Journal.open_for_reading(daemon.state_dir / "journal.sqlite")
        wait_for(lambda: len(journal.outbox) == 0)
        journal.close()


def test_a_broker_that_is_absent_at_the_start(
    broker: Mosquitto, start: Start, tmp_path: Path
) -> None:
    daemon = start(port=free_port())
    wait_for((daemon.state_dir / "journal.sqlite").exists)
    assert daemon.nursery("baby", "add", "Ann", "--species", "kitten").returncode == 0
    wait_for(lambda: "nothing listens at 127.0.0.1" in daemon.log)
    assert daemon.alive
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.log
    journal = Journal.open_for_reading(daemon.state_dir / "journal.sqlite")
    assert [baby.name for baby in journal.babies()] == ["Ann"]
    journal.close()


def test_a_damaged_journal_does_not_stop_the_watch(
    broker: Mosquitto, start: Start, tmp_path: Path
) -> None:
    state = tmp_path / "box" / "state"
    state.mkdir(parents=True)
    (state / "journal.sqlite").write_bytes(b"garbage" * 1000)
    with Subscriber(broker.port, "nursery/test-box/#") as phone:
        daemon = start()
        wait_for(lambda: phone.last("nursery/test-box/status") == b"online")
        assert "damaged" in daemon.log
        (aside,) = state.glob("journal.damaged-*")
        (alert,) = wait_for(lambda: phone.json("nursery/test-box/alert"))
        assert (alert["title"], alert["state"]) == ("Journal was damaged", "raised")
        assert aside.name in alert["message"]


def test_home_assistant_documents_are_there(broker: Mosquitto, start: Start) -> None:
    with Subscriber(broker.port, "homeassistant/#") as hub:
        daemon = start()
        daemon.nursery("baby", "add", "Possum", "--species", "puppy")

        def of_possum() -> list[str]:
            found = {
                m.topic: msgspec.json.decode(m.payload) for m in list(hub.messages) if m.payload
            }
            for document in found.values():
                assert document["origin"]["name"] == "nursery-monitor"
                assert document["device"]["identifiers"]
            return [t for t, document in found.items() if document["device"]["name"] == "Possum"]

        (topic,) = wait_for(of_possum)
        retired = daemon.nursery("baby", "retire", "Possum")
        assert retired.returncode == 0, retired.stderr
        wait_for(lambda: hub.last(topic) == b"")


def test_another_discovery_mode_leaves_nothing_behind(broker: Mosquitto, start: Start) -> None:
    with Subscriber(broker.port, "homeassistant/#", "nursery/test-box/status") as hub:
        daemon = start()
        wait_for(lambda: hub.last("nursery/test-box/status") == b"online")
        first = {m.topic for m in hub.messages if m.topic.startswith("homeassistant/device/")}
        assert first
        assert daemon.stop() == 0
        settings = daemon.config.read_text().replace(
            "tls = false", 'tls = false\ndiscovery = "off"'
        )
        daemon.config.write_text(settings)
        hub.messages.clear()
        daemon.start()
        wait_for(lambda: all(hub.last(topic) == b"" for topic in first))


def test_a_long_list_comes_in_while_the_box_is_watched(
    broker: Mosquitto, start: Start, tmp_path: Path
) -> None:
    many, base_s = 120, time.time() - 20 * DAY_S
    lines = [f"{rfc3339(base_s + HOUR_S * i)},possum,{112 + 0.1 * i:.1f}" for i in range(many)]
    (tmp_path / "w.csv").write_text("\n".join(["time,baby,weight_g", *lines]))
    with Subscriber(broker.port, "nursery/test-box/#") as phone:
        daemon = start()
        wait_for(lambda: [s for s in phone.json("nursery/test-box/scale") if s["total_g"]])
        add = daemon.nursery("baby", "add", "Possum", "--species", "puppy", "--weight", "112")
        assert add.returncode == 0
        told = daemon.nursery("weigh", "--csv", str(tmp_path / "w.csv"), "--yes")
        assert told.returncode == 0, told.stderr
        assert told.stdout.endswith(f"{many} of {many} weighings imported\n")
        phone.caught_up()
        assert phone.last("nursery/test-box/status") == b"online"
        assert [a["message"] for a in phone.json("nursery/test-box/alert")] == []
