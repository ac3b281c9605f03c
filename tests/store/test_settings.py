"""The configuration file with what a person has set over it: kept whole, told honestly."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import CommandError, ConfigError
from monitor.store.secrets import read_password
from monitor.store.settings import BoxSettings
from monitor.store.settings_files import DAMAGED, SETTINGS
from monitor.store.settings_status import origin_of, settings_status
from monitor.written.setup_requests import Configure, Given

FILE = """
box = "attic"
state_dir = "{state}"
[scale]
source = "hx711"
[panel]
led_pin = 17
[mqtt]
host = "broker.local"
ca_file = "/etc/nursery/ca.pem"
[notify]
urls_file = "/etc/nursery/push-urls"
"""


@pytest.fixture
def box(tmp_path: Path) -> Callable[[], BoxSettings]:
    """Opens the settings as a fresh process does."""

    def opened(file: str = FILE) -> BoxSettings:
        found = BoxSettings(file.format(state=tmp_path).encode(), "nursery.toml")
        found.load(mend=True)
        return found

    return opened


def give(settings: BoxSettings, key: str, value: Given) -> str:
    return settings.carry_out(Configure(key=key, value=value))


def written(tmp_path: Path) -> str:
    return (tmp_path / SETTINGS).read_text() if (tmp_path / SETTINGS).exists() else ""


def test_what_is_set_holds_over_the_file_after_a_restart_and_can_be_taken_back(box) -> None:
    assert give(box(), "alerts.night.from", "10 pm") == "alerts.night.from: 22:00"
    give(box(), "box", "cellar")
    found = box()
    assert (found.config.box, found.file.box) == ("cellar", "attic")
    assert origin_of(found, "box") == "settings"
    assert origin_of(found, "scale.source") == "file"
    assert origin_of(found, "scale.capacity_g") == "default"
    assert found.carry_out(Configure(key="box", default=True)) == "box: attic again"
    assert box().config.box == "attic"
    assert origin_of(box(), "box") == "file"


def test_what_only_fits_together_is_set_together(box, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="belong together: give both"):
        give(box(), "scale.counts_per_gram", 412.7)
    assert written(tmp_path) == ""
    give(box(), "scale", {"counts_per_gram": "412,7", "zero_counts": -84213.0})
    assert box().config.scale.counts_per_gram == 412.7
    with pytest.raises(CommandError, match="TLS is off"):
        give(box(), "mqtt.tls", "off")
    give(box(), "mqtt", {"tls": False, "ca_file": ""})
    assert box().config.mqtt.ca_file is None
    assert box().config.mqtt.use_tls is False


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("box", "!!!", "becomes part of every topic"),
        ("mqtt.host", "mqtt://broker", 'write the name alone, host = "broker"'),
        ("mqtt.port", 70_000.0, "70000 is not possible: at most 65535"),
        ("panel.buzzer_pin", 17.0, "pin 17 is used twice"),
        ("panel.buzzer_pin", 99.0, "99 is no BCM number"),
        ("scale.driver", "gpio", '"gpio" is none of'),
        ("alerts.remind_every_min", 0.0, "more than 0"),
        ("mqtt.password", "hunter2", '"mqtt.username" is missing'),
    ],
)
def test_a_value_is_held_to_the_rules_of_the_file_and_a_bad_one_changes_nothing(
    box, tmp_path: Path, key: str, value: Given, says: str
) -> None:
    give(box(), "alerts.cry_after_s", 30.0)
    before = written(tmp_path)
    with pytest.raises(CommandError) as refusal:
        give(box(), key, value)
    assert says in str(refusal.value)
    assert "hunter2" not in str(refusal.value)
    assert "nursery.toml" not in str(refusal.value)
    assert written(tmp_path) == before


def test_secrets_lie_beside_it_for_their_owner_alone_and_are_shown_nowhere(
    box, tmp_path: Path
) -> None:
    said = give(box(), "mqtt", {"username": "attic", "password": "hunter2"})
    said += give(box(), "notify.urls", "ntfys://user:hunter2@ntfy.example.org/topic\nntfys://b")
    found = box()
    assert "hunter2" not in said + written(tmp_path) + str(settings_status(found))
    secrets = [path for path in tmp_path.iterdir() if "secret" in path.name]
    assert len(secrets) == 2
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("se*[dtls]"))
    assert read_password(found.config.mqtt, None) == "hunter2"
    assert len(found.config.notify.urls) == 2
    assert found.config.notify.urls_file is None, "what is set holds instead of the file's"
    shown = {each.key: each for each in settings_status(found).settings}
    assert shown["mqtt.password"].given
    assert shown["mqtt.password"].value is None
    give(found, "notify.urls", "")
    assert box().config.notify.urls == []
    assert box().config.notify.urls_file is None
    found.carry_out(Configure(key="notify.urls", default=True))
    assert box().config.notify.urls_file == "/etc/nursery/push-urls"


def test_a_password_that_was_set_comes_before_the_credential(box, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text("of systemd")
    (credentials / "mqtt-password").chmod(0o400)
    give(box(), "mqtt", {"username": "attic", "password": "of a person"})
    assert read_password(box().config.mqtt, str(credentials)) == "of a person"
    box().carry_out(Configure(key="mqtt.password", default=True))
    assert read_password(box().config.mqtt, str(credentials)) == "of systemd"


@pytest.mark.parametrize(
    "content", [b"\x00\xff", b"box = ", b"[[[", b"x" * 100_000, b"a.b = 1\na = 2"]
)
def test_damaged_settings_are_set_aside_and_told_and_the_box_is_opened(
    box, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / SETTINGS).write_bytes(content)
    found = box()
    assert found.config == found.file
    assert "damaged" in str(found.problem)
    assert (tmp_path / DAMAGED).read_bytes() == content
    assert not (tmp_path / SETTINGS).exists()
    assert DAMAGED in str(box().problem), "until a person has seen it"
    give(box(), "alerts.cry_after_s", 30.0)
    assert box().problem is None


def test_what_does_not_fit_any_more_is_left_out_and_the_rest_holds(box, tmp_path: Path) -> None:
    give(box(), "alerts.cry_after_s", 30.0)
    give(box(), "panel.buzzer_pin", 22.0)
    with (tmp_path / SETTINGS).open("a") as file:
        file.write('colour = "red"\n')  # of a later version
    found = box(FILE.replace("led_pin = 17", "led_pin = 22"))
    assert found.config.alerts.cry_after_s == 30.0
    assert found.config.panel.buzzer_pin is None
    assert "pin 22 is used twice" in str(found.problem)
    assert 'colour" is no setting' in str(found.problem)
    assert "buzzer_pin" in (tmp_path / DAMAGED).read_text()
    assert "buzzer_pin" not in written(tmp_path)


def test_whoever_only_looks_sets_nothing_aside(box, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_bytes(b"\xff")
    found = BoxSettings(FILE.format(state=tmp_path).encode(), "nursery.toml")
    found.load()
    assert found.problem is not None
    assert (tmp_path / SETTINGS).exists()


def test_a_link_leads_nowhere(box, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text('box = "stranger"\n')
    (tmp_path / SETTINGS).symlink_to(other)
    assert box().config.box == "attic"
    assert "link" in str(box().problem)
    give(box(), "box", "cellar")
    assert other.read_text() == 'box = "stranger"\n'
    assert not (tmp_path / SETTINGS).is_symlink()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the card is full"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "check it"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_card_that_refuses_is_told_and_nothing_is_lost(
    box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str, call: str
) -> None:
    give(box(), "mqtt", {"username": "attic", "password": "old"})
    before, settings = written(tmp_path), box()
    real = getattr(os, call)

    def refuses(*args: object, **more: object) -> object:
        if call == "fsync" or (isinstance(args[1], int) and args[1] & os.O_CREAT):
            raise OSError(number, os.strerror(number))
        return real(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuses)
        with pytest.raises(CommandError) as refusal:
            give(settings, "mqtt", {"username": "cellar", "password": "new"})
    assert says in str(refusal.value)
    assert "nothing was changed" in str(refusal.value)
    assert written(tmp_path) == before
    assert settings.config.mqtt.username == "attic"
    assert read_password(box().config.mqtt, None) == "old"
    assert not list(tmp_path.glob("*.new"))


def test_a_card_that_dies_takes_no_setting_away_from_a_box_that_runs(
    box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(box(), "scale", {"counts_per_gram": 412.7, "zero_counts": 84213.0})
    running, real = box(), os.open

    def dead(path: object, *args: object, **more: object) -> int:
        if str(tmp_path) in str(path):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, *args, **more)  # type: ignore[arg-type]  # handed on

    def answers_nothing(path: Path) -> os.stat_result:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "lstat", answers_nothing)
        assert not running.is_outdated
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", dead)
        running.load(mend=True)
        assert running.config.scale.counts_per_gram == 412.7
        assert "What was read before holds" in str(running.problem)
        fresh = box()
    assert fresh.config.scale.counts_per_gram is None
    assert "cannot be read: Input/output error" in str(fresh.problem)


def test_what_another_process_has_written_is_seen_and_not_overwritten(box) -> None:
    mine, other = box(), box()
    assert not mine.is_outdated
    give(other, "box", "cellar")
    assert mine.is_outdated
    give(mine, "alerts.cry_after_s", 30.0)
    assert (box().config.box, box().config.alerts.cry_after_s) == ("cellar", 30.0)
    assert not mine.is_outdated


def test_a_change_that_nobody_could_live_with_is_refused(box, tmp_path: Path) -> None:
    def judge(_new: object, _old: object) -> None:
        raise ConfigError("there would be nothing to watch")

    with pytest.raises(CommandError, match="nothing to watch"):
        box().carry_out(Configure(key="scale.source", value="none"), judge)
    assert written(tmp_path) == ""
