"""A DS18B20 by the kernel's files: a real directory tree, as Linux makes it."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from monitor.config import ProbeConfig
from monitor.devices.one_wire import OneWireProbe, read_probe
from monitor.events import Observation, ProbeReading
from monitor.host.timeline import Timeline

GOOD = "d9 01 4b 46 7f ff 0c 10 7f : crc=7f YES\nd9 01 4b 46 7f ff 0c 10 7f t=29562\n"  # 29.5625 °C
POWER_UP = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n"
BAD_CRC = "ff ff ff ff ff ff ff ff ff : crc=c9 NO\nd9 01 4b 46 7f ff 0c 10 7f t=29562\n"
ID, OTHER = "28-0316a2798eff", "28-0316a2798e00"


@pytest.fixture
def bus(tmp_path: Path) -> Path:
    """The bus with its master and one thermometer."""
    (tmp_path / "w1_bus_master1").mkdir()
    put(tmp_path, ID, GOOD)
    return tmp_path


def put(bus: Path, name: str, w1_slave: str) -> Path:
    (bus / name).mkdir(exist_ok=True)
    (bus / name / "w1_slave").write_text(w1_slave)
    return bus / name


def read(bus: Path, **more: str) -> tuple[float | None, str]:
    return read_probe(ProbeConfig(source="onewire", directory=str(bus), **more))  # type: ignore[arg-type]


def test_the_only_thermometer_is_read(bus: Path) -> None:
    assert read(bus) == (29.562, "")


def test_a_checksum_that_is_wrong_is_no_reading_though_an_old_value_follows(bus: Path) -> None:
    put(bus, ID, BAD_CRC)
    value, why = read(bus)
    assert value is None
    assert "checksum" in why


def test_what_the_chip_says_at_power_up_is_handed_on_for_the_core_to_judge(bus: Path) -> None:
    put(bus, ID, POWER_UP)
    assert read(bus)[0] == 85.0


@pytest.mark.parametrize(
    "text", ["", "\n", "crc=7f YES\n", "YES\nt=\n", "YES\nt=x\n", "YES\nt=99999999\n", "\0\xff"]
)
def test_what_is_no_answer_is_none(bus: Path, text: str) -> None:
    put(bus, ID, text)
    value, why = read(bus)
    assert value is None
    assert why


def test_below_zero_is_a_number(bus: Path) -> None:
    put(bus, ID, "ff : crc=7f YES\nff t=-1250\n")
    assert read(bus)[0] == -1.25


def test_without_w1_slave_the_file_temperature_is_read(bus: Path) -> None:
    (bus / ID / "w1_slave").unlink()
    (bus / ID / "temperature").write_text("29562\n")
    assert read(bus) == (29.562, "")


def test_of_several_the_one_that_is_named_is_read(bus: Path) -> None:
    put(bus, OTHER, GOOD.replace("29562", "21000"))
    value, why = read(bus)
    assert value is None
    assert ID in why
    assert OTHER in why
    assert read(bus, device=OTHER) == (21.0, "")


def test_an_unplugged_one_is_said_to_be(bus: Path) -> None:
    assert "is not connected" in read(bus, device=OTHER)[1]
    (bus / ID / "w1_slave").unlink()
    (bus / ID).rmdir()
    assert "is not connected" in read(bus)[1]


def test_without_the_bus_the_overlay_is_named(tmp_path: Path) -> None:
    assert "dtoverlay=w1-gpio" in read(tmp_path / "none")[1]


def test_a_device_that_goes_while_it_is_read_is_no_reading(bus: Path) -> None:
    (bus / ID / "w1_slave").unlink()
    value, why = read(bus)
    assert value is None
    assert "cannot be read" in why


def test_the_source_delivers_until_it_is_stopped(bus: Path) -> None:
    came: queue.SimpleQueue[Observation] = queue.SimpleQueue()
    config = ProbeConfig(source="onewire", directory=str(bus))
    source = OneWireProbe(config, Timeline.from_wall_clock(), every_s=0.01)
    before = threading.active_count()
    source.start(came.put)
    first = came.get(timeout=30)
    assert isinstance(first, ProbeReading)
    assert first.temperature_c == 29.562
    put(bus, ID, BAD_CRC)
    while (reading := came.get(timeout=30)).temperature_c is not None:  # type: ignore[union-attr]
        pass
    assert isinstance(reading, ProbeReading)
    assert "checksum" in reading.fault
    source.stop()
    assert threading.active_count() == before
