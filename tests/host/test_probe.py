"""The computer's health from a made-up /sys."""

import pytest

from monitor.config import Config
from monitor.host.probe import HostProbe


def probe(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return HostProbe(Config(box="a", state_dir=str(tmp_path)), root=tmp_path, find=lambda _: None)


HWMON = {"class/hwmon/hwmon0/name": "cpu\n", "class/hwmon/hwmon1/name": "rpi_volt\n"}
FLAGS = "devices/platform/soc/soc:firmware/get_throttled"


def test_unknown_is_none(tmp_path):
    report = probe(tmp_path, {}).report(7.0)
    assert (report.under_voltage, report.throttled, report.temperature_c) == (None, None, None)
    assert report.t_s == 7.0
    assert report.disk_free_bytes > 0


@pytest.mark.parametrize(("text", "expected"), [("0\n", False), ("1\n", True)])
def test_under_voltage_from_hwmon(tmp_path, text, expected):
    alarm = {"class/hwmon/hwmon1/in0_lcrit_alarm": text}
    assert probe(tmp_path, HWMON | alarm).report(0.0).under_voltage is expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("0", (False, False)),
        ("50005", (True, True)),
        ("50000", (False, False)),
        ("1", (True, False)),
    ],
)
def test_throttling_flags(tmp_path, flags, expected):
    report = probe(tmp_path, {FLAGS: flags}).report(0.0)
    assert (report.under_voltage, report.throttled) == expected


def test_temperature(tmp_path):
    files = {"class/thermal/thermal_zone0/temp": "48312\n"}
    assert probe(tmp_path, files).report(0.0).temperature_c == pytest.approx(48.312)


def test_a_missing_state_directory_has_no_free_space_known(tmp_path):
    config = Config(box="a", state_dir=str(tmp_path / "gone"))
    assert HostProbe(config, tmp_path).report(0.0).disk_free_bytes is None
