"""A new broker or name that does not work is taken back, and said."""

from pathlib import Path

import pytest

from monitor.daemon.probation import Probation
from monitor.events import LinkReport
from monitor.store.secrets import read_password
from monitor.store.settings import BoxSettings
from monitor.written.setup_requests import Configure, Given

GOOD = LinkReport(1.0, connected=True, takes_alerts=True, hears_commands=True)
AWAY = LinkReport(1.0, why={"away": "nothing listens at broker:1883"})
REFUSED = LinkReport(
    1.0, connected=True, takes_alerts=False, why={"refused": "nursery/cellar/alert: not authorized"}
)


@pytest.fixture
def settings(tmp_path: Path) -> BoxSettings:
    text = f'box = "attic"\nstate_dir = "{tmp_path}"\n[scale]\nsource = "hx711"\n'
    found = BoxSettings(text.encode(), "nursery.toml")
    found.load()
    return found


def change(settings: BoxSettings, on: Probation, key: str, value: Given, now_s: float) -> None:
    before, held = settings.of_the_link(), settings.config
    settings.carry_out(Configure(key=key, value=value))
    on.begin(before, held, now_s)


@pytest.mark.parametrize(("link", "why"), [(AWAY, "nothing listens"), (REFUSED, "not authorized")])
def test_what_the_broker_does_not_take_in_time_is_taken_back_and_told(
    settings: BoxSettings, link: LinkReport, why: str
) -> None:
    on = Probation(settings, patience_s=100.0)
    settings.carry_out(
        Configure(key="mqtt", value={"host": "a", "username": "u", "password": "old"})
    )
    change(settings, on, "mqtt", {"host": "b", "password": "new"}, 0.0)
    settings.carry_out(Configure(key="alerts.cry_after_s", value=30.0))
    change(settings, on, "box", "cellar", 10.0)
    assert on.look(link, 109.0) is None
    told = on.look(link, 110.0)
    assert told is not None
    assert why in told
    assert settings.problem == told
    assert (settings.config.box, settings.config.mqtt.host) == ("attic", "a")
    assert read_password(settings.config.mqtt, None) == "old"
    assert settings.config.alerts.cry_after_s == 30.0, "it has nothing to do with the broker"
    assert on.look(link, 500.0) is None
    settings.carry_out(Configure(key="alerts.cry_after_s", value=40.0))
    assert settings.problem is None, "somebody was there"


def test_what_works_stays(settings: BoxSettings) -> None:
    on = Probation(settings, patience_s=100.0)
    change(settings, on, "box", "cellar", 0.0)
    assert "takes what this box says" in str(on.look(GOOD, 5.0))
    assert on.look(AWAY, 500.0) is None
    assert settings.config.box == "cellar"


def test_what_has_nothing_to_do_with_the_broker_proves_nothing(settings: BoxSettings) -> None:
    on = Probation(settings, patience_s=100.0)
    change(settings, on, "alerts.cry_after_s", 30.0, 0.0)
    assert on.look(AWAY, 500.0) is None
    assert settings.config.alerts.cry_after_s == 30.0
