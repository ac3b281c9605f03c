"""``nursery records``: a real broker, a real VictoriaMetrics, real vmalert, a real daemon."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.codec import document, encode, event_document
from monitor.documents import BabyStatus, BabyWatch
from monitor.events import Alert
from monitor.mqtt.topics import Topics
from tests.system.daemon import ROOT, Daemon
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.victoria import VICTORIA, VMALERT, Alerting, Victoria, rss_mb

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(BINARY is None, reason="no mosquitto"),
    pytest.mark.skipif(VICTORIA is None, reason="no victoria-metrics: make libraries"),
]
RULES = ROOT / "systemd/shelter/rules.yml"
TOPICS = Topics("attic")
APART_S = 300.0
"""of numbers of one kind that are nearer to each other the database keeps the last"""


class Records:
    """``nursery records`` as a real process; ``late_s`` in place of the minutes it waits."""

    def __init__(
        self, directory: Path, port: int, url: str, *, rules_url: str = "", mqtt: str = "",
        late_s: float | None = None,
    ) -> None:  # fmt: skip
        self._log = directory / "records.log"
        self._config = directory / "shelter.toml"
        self._late_s = late_s
        self._config.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\ntls = false\nkeepalive_s = 5\n{mqtt}\n'
            f'[shelter]\nrecords_url = "{url}"\nrules_url = "{rules_url}"\n'
            '[shelter.rooms]\nQuarantine = ["att*"]\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Records:
        program = "import sys; from monitor.cli import main; sys.exit(main())"
        if self._late_s is not None:
            program = (
                "from monitor.records import keep, last_success, rules\n"
                f"last_success.LATE_S = {self._late_s}\n"
                f"keep.ALIVE_EVERY_S = rules.ASK_EVERY_S = {self._late_s / 4}\n{program}"
            )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program, "records", "--config", str(self._config)],
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        return self

    def stands_in(self, room: str) -> None:
        """From the next start on."""
        text = self._config.read_text()
        self._config.write_text(text.replace("Quarantine", room))

    def forget(self) -> str:
        """``nursery records --forget`` beside it."""
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "records", "--forget", "--config",
             str(self._config)],
            capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process = None
        return code

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def records(tmp_path: Path, broker: Mosquitto, database: Victoria) -> Iterator[Records]:
    process = Records(tmp_path, broker.port, database.url).start()
    wait_for(lambda: "broker: connected" in process.log())
    yield process
    process.stop()


def say(box: Subscriber, topic: str, payload: Any, *, retain: bool = True) -> None:
    body = payload if isinstance(payload, bytes) else encode(payload)
    box.client.publish(topic, body, qos=1, retain=retain).wait_for_publish(30)


def possum(weight_g: float, weighed_s: float) -> dict[str, Any]:
    return document(
        BabyStatus(name="Possum", species="puppy", weight_g=weight_g, weighed_at=weighed_s,
                   last_feed_g=7.5, last_feed_at=weighed_s + 60, intake_24h_g=61.0, in_box=True,
                   watch=BabyWatch(level="watch", signs=["drinks less than it did"]))
    )  # fmt: skip


def change(state: str, at_s: float, number: int = 0) -> dict[str, Any]:
    return event_document(
        Alert(t_s=at_s, id=f"a{number}", kind="losing_weight", state=state, severity="warning",
              baby="Possum", since=at_s, title="Possum loses weight", why="3 % in a day",
              message="Possum has lost 3 % in a day.", box="attic")
    )  # fmt: skip


def test_what_the_boxes_say_is_kept_under_stable_names(
    broker: Mosquitto, database: Victoria, records: Records
) -> None:
    weighed_s = float(int(time.time()) - 7200)
    with Subscriber(broker.port, "none") as box:
        say(box, TOPICS.baby("possum"), possum(212.4, weighed_s))
        say(box, TOPICS.baby("possum"), possum(212.4, weighed_s))
        say(box, "nursery/attic/status", b"online")
        say(box, "nursery/attic/cry", {"crying": None, "cry_minutes_24h": 3.5})
    weights = wait_for(lambda: database.samples("nursery_baby_weight_g"))
    labels = {"__name__": "nursery_baby_weight_g", "box": "attic", "baby": "possum",
              "room": "Quarantine"}  # fmt: skip
    assert weights[0][0] == labels
    assert set(weights[0][1]) == {(weighed_s, 212.4)}, "said twice, it is one weighing"
    wait_for(lambda: database.samples("nursery_cry_minutes_24h"))
    assert database.samples("nursery_cry_crying") == [], "unknown is no number"
    wait_for(lambda: database.value("last_over_time(nursery_box_online[1h])") == 1.0)
    fed = wait_for(lambda: database.samples("nursery_baby_feed_g"))
    assert fed[0][1][0] == (weighed_s + 60, 7.5)


def test_no_alert_is_lost_while_the_database_is_down(
    broker: Mosquitto, database: Victoria, records: Records
) -> None:
    begun_s = float(int(time.time()) - 1300 * APART_S)
    with Subscriber(broker.port, "none") as box:
        say(box, "nursery/attic/alert", change("raised", begun_s), retain=False)
        wait_for(lambda: database.samples("nursery_alert_changes"))
        database.stop()
        for number in range(1, 1201):
            say(box, "nursery/attic/alert", change("reminded", begun_s + APART_S * number, number),
                retain=False)  # fmt: skip
        wait_for(lambda: "cannot reach" in records.log())
        before_mb = rss_mb(records.pid)
        records.stop(signal.SIGKILL)
        records.start()
        say(box, "nursery/attic/alert", change("cleared", begun_s + 1250 * APART_S), retain=False)
        wait_for(lambda: records.log().count("cannot reach") >= 2)
        assert rss_mb(records.pid) < max(before_mb, 40.0) + 10.0
        database.start()
    wait_for(lambda: database.samples('nursery_alert_changes{state="cleared"}'))
    wanted = {begun_s + APART_S * number for number in range(1, 1201)}
    wait_for(lambda: reminded(database) >= wanted)
    assert reminded(database) == wanted
    wait_for(lambda: "takes them again" in records.log())


def reminded(database: Victoria) -> set[float]:
    """Moments of the reminders that the database has."""
    found = database.samples('nursery_alert_changes{state="reminded"}')
    return {moment for _, values in found for moment, _ in values}


def test_a_broker_that_restarts_is_found_again(
    broker: Mosquitto, database: Victoria, records: Records
) -> None:
    wait_for(lambda: "broker: connected" in records.log())
    broker.stop()
    wait_for(lambda: "nothing listens" in records.log() or "ended" in records.log())
    broker.start()
    wait_for(lambda: records.log().count("broker: connected") >= 2)
    with Subscriber(broker.port, "none") as box:
        say(box, "nursery/attic/status", b"online")
    wait_for(lambda: database.samples("nursery_box_online"))


def test_a_real_box_in_practice_is_kept_and_known_as_practice(
    tmp_path: Path, broker: Mosquitto, database: Victoria, records: Records
) -> None:
    more = '[microphone]\nsource = "simulated"\n[scale]\nsource = "simulated"\n'
    daemon = Daemon(tmp_path / "box", broker.port, box="attic", more=more).start()
    try:
        wait_for(lambda: database.samples("nursery_box_memory_mb"), 120)
        wait_for(lambda: database.value("last_over_time(nursery_box_practice[1h])") == 1.0)
        wait_for(lambda: database.samples('nursery_source_healthy{source="microphone"}'), 120)
        wait_for(lambda: database.samples("nursery_cry_minutes_24h"), 120)
        wait_for(lambda: database.value("last_over_time(nursery_alerts_open[1h])") is not None)
    finally:
        daemon.stop()
    wait_for(lambda: database.value("last_over_time(nursery_box_online[1h])") == 0.0)


@pytest.fixture
def alerting(tmp_path: Path, database: Victoria) -> Iterator[Alerting]:
    """The rules as they ship, with seconds in place of the minutes for which they wait."""
    if VMALERT is None:
        pytest.skip("no vmalert: make libraries")
    hurried = re.sub(r"\b(for|interval): \w+", r"\1: 1s", RULES.read_text())
    (tmp_path / "rules.yml").write_text(hurried)
    server = Alerting(tmp_path / "vmalert", tmp_path / "rules.yml", database)
    server.start()
    yield server
    server.stop()


def summaries(alerting: Alerting) -> dict[str, str]:
    """What an Alertmanager has been told, by the rule."""
    fired = list(alerting.fired)
    return {alert["labels"]["alertname"]: alert["annotations"]["summary"] for alert in fired}


def test_each_rule_fires_and_ends_also_for_a_box_that_has_gone_for_good(
    broker: Mosquitto, database: Victoria, records: Records, alerting: Alerting
) -> None:
    open_now = [change("raised", time.time() - 7200)]
    with Subscriber(broker.port, "none") as box:
        for name in ("attic", "yard"):
            say(box, f"nursery/{name}/status", b"online")
            say(box, f"nursery/{name}/health", {"memory_mb": 60.0})
        say(box, "nursery/attic/problem/losing_weight/possum", b"ON")
        say(box, "nursery/attic/alerts", open_now)
        say(box, "nursery/yard/status", b"offline")
        wait_for(lambda: set(alerting.firing()) == {"BoxSilent", "LosingWeightByRoom",
                                                    "NobodyAnswers"})  # fmt: skip
        firing = alerting.firing()
        assert [labels["box"] for labels in firing["BoxSilent"]] == ["yard"]
        assert [labels["room"] for labels in firing["LosingWeightByRoom"]] == ["Quarantine"]
        assert [labels["box"] for labels in firing["NobodyAnswers"]] == ["attic"]
        wait_for(lambda: len(summaries(alerting)) >= 3)
        told = summaries(alerting)
        assert told["BoxSilent"] == "yard is silent."
        assert told["LosingWeightByRoom"] == "Losing weight in Quarantine: 1."
        assert told["NobodyAnswers"] == (
            "attic: nobody has answered for half an hour. Unanswered: 1."
        )
        say(box, "nursery/yard/status", b"online")
        say(box, "nursery/attic/problem/losing_weight/possum", b"OFF")
        say(box, "nursery/attic/alerts", [])
        wait_for(lambda: alerting.firing() == {})
        say(box, "nursery/yard/status", b"offline")
        wait_for(lambda: "BoxSilent" in alerting.firing())
        say(box, "nursery/yard/status", b"")
        (
            wait_for(lambda: alerting.firing() == {}),
            "a box that has gone for good is missed by nobody",
        )


def rooms(alerting: Alerting, rule: str) -> list[str]:
    """Of what fires by this rule."""
    return [labels["room"] for labels in alerting.firing().get(rule, [])]


def test_a_box_that_stands_in_another_room_now_is_judged_by_what_it_says_there(
    broker: Mosquitto, database: Victoria, records: Records, alerting: Alerting
) -> None:
    with Subscriber(broker.port, "none") as box:
        say(box, "nursery/attic/status", b"online")
        say(box, "nursery/attic/health", {"memory_mb": 60.0})
        say(box, "nursery/attic/problem/losing_weight/possum", b"ON")
        say(box, "nursery/attic/alerts", [change("raised", time.time() - 7200)])
        wait_for(lambda: set(alerting.firing()) == {"LosingWeightByRoom", "NobodyAnswers"})
        records.stop()
        records.stands_in("Nursery")
        records.start()
        wait_for(lambda: rooms(alerting, "LosingWeightByRoom") == ["Nursery"])
        say(box, "nursery/attic/problem/losing_weight/possum", b"OFF")
        say(box, "nursery/attic/alerts", [])
        wait_for(lambda: alerting.firing() == {})
        say(box, "nursery/attic/status", b"offline")
        wait_for(lambda: rooms(alerting, "BoxSilent") == ["Nursery"])


def test_what_stops_keeping_is_noticed(database: Victoria, alerting: Alerting) -> None:
    wait_for(lambda: "RecordsSilent" in alerting.firing())


def test_every_query_of_the_board_is_one(database: Victoria) -> None:
    board = json.loads((ROOT / "systemd/shelter/grafana-board.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$room", ".*").replace("$box", ".*")
            assert json.loads(database.get("/api/v1/query", query=query))["status"] == "success"


def test_the_set_up_makes_a_user_who_hears_every_box_and_says_nothing(tmp_path: Path) -> None:
    root, etc = tmp_path / "root", tmp_path / "root/etc/mosquitto"
    environment = {**os.environ, "ROOT": str(root), "ETC": str(etc)}

    def run(script: str, *words: str) -> str:
        done = subprocess.run(["sh", str(ROOT / "systemd" / script), *words], env=environment,
                              capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = run("mosquitto/setup.sh", "attic")
    attic = re.findall(r"password of attic: (\w+)", first)[0]
    said = run("shelter/setup.sh")
    password = (root / "etc/nursery/records-mqtt-password").read_text()
    assert password.strip() not in said
    (root / "etc/nursery/shelter.toml").write_text("# edited\n")
    run("shelter/setup.sh")
    run("mosquitto/setup.sh", "cellar")
    assert (root / "etc/nursery/shelter.toml").read_text() == "# edited\n"
    assert (root / "etc/nursery/records-mqtt-password").read_text() == password, "kept"
    rules = (etc / "nursery.acl").read_text()
    assert rules.count("user records\n") == 1
    assert "nursery/records/#" not in rules, "it is no box"
    assert (root / "etc/nursery/records-mqtt-password").stat().st_mode & 0o777 == 0o600
    server = Mosquitto(
        tmp_path / "broker",
        f"password_file {etc}/nursery.passwd\nacl_file {etc}/nursery.acl", anonymous=False,
    ).start()  # fmt: skip
    try:
        with Subscriber(server.port, "nursery/#", username="records",
                        password=password.strip()) as heard:  # fmt: skip
            heard.client.publish("nursery/attic/cmd/snooze", b"{}", qos=1).wait_for_publish(30)
            with Subscriber(server.port, "none", username="attic", password=attic) as box:
                say(box, "nursery/attic/setup/look/result", b"{}", retain=False)
                say(box, "nursery/attic/status", b"online")
            wait_for(lambda: heard.payloads("nursery/attic/status"))
            assert heard.payloads("nursery/attic/cmd/snooze") == []
            assert heard.payloads("nursery/attic/setup/look/result") == []
    finally:
        server.stop()
