"""Why pins cannot be claimed: each cause has a sentence of its own that says what to do."""

import os
import sys
from types import SimpleNamespace

import pytest

from monitor.devices import gpio, gpio_chip
from monitor.errors import DeviceError


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LG_WD", str(tmp_path))
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")


def refused(error: Exception, pins: tuple[int, ...] = ()) -> str:
    def build():
        raise error

    with pytest.raises(DeviceError) as caught:
        gpio.opened(build, "cannot be opened", pins)
    return str(caught.value)


def test_a_library_that_is_missing_is_named_with_what_to_install() -> None:
    error = ModuleNotFoundError("No module named 'lgpio'", name="lgpio")
    said = refused(error)
    assert 'lgpio is not installed: "sudo apt install python3-lgpio"' in said
    assert "other is not installed" in refused(ModuleNotFoundError("no", name="other"))


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        ("'GPIO busy'", ": GPIO busy; "),
        ("no pin called 'GPIO99'", ": no pin called 'GPIO99'; "),
        ("'a' and 'b'", ": a' and 'b; "),
    ],
)
def test_quotation_marks_of_a_reason_come_in_pairs(raised: str, says: str) -> None:
    assert says in refused(ValueError(raised))


class Lgpio(SimpleNamespace):
    """The part of lgpio that looks at chips: ``chips`` maps a number to its label."""

    class error(Exception):  # noqa: N801, N818 - the library's name
        pass

    def __init__(self, chips, users=None):
        super().__init__()
        self._chips, self._users = chips, users or {}
        self.open = 0

    def gpiochip_open(self, number):
        if number not in self._chips:
            raise self.error("can not open gpiochip")
        self.open += 1
        return number

    def gpiochip_close(self, _handle):
        self.open -= 1

    def gpio_get_chip_info(self, handle):
        return [0, 54, f"gpiochip{handle}", self._chips[handle]]

    def gpio_get_line_info(self, _handle, pin):
        return [0, pin, 0, f"GPIO{pin}", self._users.get(pin, "")]


@pytest.fixture
def lgpio(monkeypatch):
    def install(chips, users=None):
        made = Lgpio(chips, users)
        monkeypatch.setitem(sys.modules, "lgpio", made)
        return made

    return install


@pytest.mark.parametrize("number", [-3, 0])
def test_a_notification_file_of_another_user_is_named(number):
    left = f".lgd-nfy{number}"
    for error in (FileNotFoundError(2, "No such file", left), PermissionError(13, "denied", left)):
        said = refused(error)
        assert left in said
        assert "set LG_WD" in said
        assert "group gpio" not in said


def test_each_user_has_a_directory_of_its_own_for_lgpio(tmp_path):
    gpio.prepare()
    made = tmp_path / f"nursery-gpio-{os.getuid()}"
    assert os.environ["LG_WD"] == str(made)
    assert made.stat().st_mode & 0o777 == 0o700
    gpio.prepare()  # the child inherits it
    assert os.environ["LG_WD"] == str(made)


def test_without_any_setting_it_lies_in_the_services_runtime_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("LG_WD")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    gpio.prepare()
    assert os.environ["LG_WD"].startswith(str(tmp_path))


@pytest.mark.parametrize("kind", ["link", "file", "open to all", "no base"])
def test_a_directory_that_is_not_ours_alone_is_refused(tmp_path, monkeypatch, kind):
    place = tmp_path / f"nursery-gpio-{os.getuid()}"
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        place.touch()
    elif kind == "open to all":
        place.mkdir()
        place.chmod(0o777)
    else:
        monkeypatch.setenv("LG_WD", str(tmp_path / "nowhere"))
    with pytest.raises(DeviceError, match="set LG_WD"):
        gpio.prepare()


def test_a_held_pin_is_told_with_its_holder(lgpio):
    lgpio({0: "pinctrl-bcm2711"}, {5: "lg", 6: "onewire@0"})
    said = refused(Exception("GPIO busy"), (5, 6))
    assert 'GPIO 6 is held by "onewire@0"' in said
    assert "config.txt" in said


def test_a_pin_that_lgpio_holds_is_perhaps_the_monitors_own(lgpio):
    made = lgpio({0: "pinctrl-bcm2711"}, {5: "lg", 6: "lg"})
    assert "perhaps the monitor itself" in refused(Exception("GPIO busy"), (5, 6))
    assert made.open == 0


@pytest.mark.parametrize(
    ("chips", "number"),
    [
        ({0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}, 0),
        ({0: "gpio-brcmstb@107d508500", 4: "pinctrl-rp1"}, 4),
        ({0: "pinctrl-rp1", 4: "pinctrl-rp1", 10: "gpio-brcmstb@107d508500"}, 0),
        ({0: "another-board"}, 0),
        ({0: "gpio-brcmstb@107d508500", 1: "raspberrypi-exp-gpio"}, None),
        ({}, None),
    ],
)
def test_the_header_is_found_whatever_its_number(lgpio, chips, number):
    made = lgpio(chips)
    assert gpio_chip.header_chip() == number
    assert made.open == 0


def test_no_chip_has_three_reasons(lgpio, monkeypatch, tmp_path):
    monkeypatch.setattr(gpio_chip, "DEVICES", tmp_path)
    lgpio({0: "gpio-brcmstb@107d508500", 1: "raspberrypi-exp-gpio"})
    assert "gpiochip1 is raspberrypi-exp-gpio" in gpio_chip.why_no_chip()
    lgpio({})
    assert "no GPIO chip" in gpio_chip.why_no_chip()
    (tmp_path / "gpiochip0").touch()
    assert "usermod -aG gpio" in gpio_chip.why_no_chip()
