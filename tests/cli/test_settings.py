"""``set`` and ``get`` as they are typed: one way for every key, a sentence for every mistake."""

import io
import json
import sys
from pathlib import Path

import pytest

from monitor.cli import main
from tests.cli.calling import fails


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_a_setting_is_shown_changed_and_taken_back(config: str, capsys) -> None:
    at = ("--config", config)
    key = "alerts.night.from"
    assert said(capsys, "set", key, *at).split() == [key, "22:00", "default"]
    assert said(capsys, "set", key, "10:30", "pm", *at) == f"{key}: 22:30\n"
    assert said(capsys, "get", key, *at).split() == [key, "22:30", "set", "here"]
    assert said(capsys, "set", key, "--default", *at) == f"{key}: 22:00 again\n"


def test_every_setting_is_listed_with_where_it_comes_from(config: str, capsys) -> None:
    listed = said(capsys, "set", "--config", config)
    assert said(capsys, "set", "--list", "--config", config) == listed
    assert said(capsys, "get", "--config", config) == listed
    rows = {line.split()[0]: line for line in listed.splitlines()}
    assert rows["scale.counts_per_gram"].endswith("configuration file")
    assert "none" in rows["mqtt.password"]
    lines = said(capsys, "get", "scale", "--json", "--config", config).splitlines()
    found = {line["key"]: line for line in map(json.loads, lines)}
    assert (found["scale.zero_counts"]["value"], found["scale.zero_counts"]["from"]) == (
        1000,
        "file",
    )


def test_what_belongs_together_and_what_begins_with_a_minus(config: str, capsys) -> None:
    words = ("scale.counts_per_gram", "-412,7", "scale.zero_counts", "-84213")
    told = said(capsys, "set", *words, "--config", config)
    assert told == "scale.counts_per_gram: -412.7, scale.zero_counts: -84213\n"


def test_a_secret_is_read_from_standard_input_and_never_shown(
    config: str, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ntfys://hunter2\nntfys://b\n"))
    told = said(capsys, "set", "notify.urls", "-", "--config", config)
    assert told == "notify.urls: 2 addresses\n"
    assert "hunter2" not in said(capsys, "get", "--config", config)
    (kept,) = Path(config).parent.rglob("secret-push-urls")
    assert kept.read_text() == "ntfys://hunter2\nntfys://b\n"
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("set", "colour", "red"), 'there is no setting "colour"'),
        (("set", "alerts.nihgt.to", "6:30"), 'did you mean "alerts.night.to"?'),
        (("set", "alerts.night.to", "late"), "give a time such as 22:00"),
        (("set", "state_dir", "/tmp"), "in the configuration file only"),
        (("set", "scale.source", "none"), "nothing would be watched"),
        (("set", "notify.urls", "nonsense"), "is no URL Apprise knows"),
        (("set", "--default"), "--default takes one KEY"),
        (("set", "--list", "box"), "--list stands alone"),
        (("get", "colour"), 'there is no setting "colour"'),
    ],
)
def test_a_mistake_is_one_sentence(config: str, capsys, argv: tuple[str, ...], says: str) -> None:
    code, error = fails(capsys, *argv, "--config", config)
    assert code == 2
    assert says in error
    assert not list(Path(config).parent.rglob("settings.toml"))


def test_settings_that_cannot_be_used_are_told(config: str, capsys) -> None:
    state = Path(config).parent / "state"
    state.mkdir()
    (state / "settings.toml").write_text("garbage")
    assert main(["get", "box", "--config", config]) == 1
    assert "damaged" in capsys.readouterr().out
    main(["check", "--json", "--config", config])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["check"] == "settings"]
    assert line["state"] == "warning"
    assert "damaged" in line["todo"]


def test_what_is_set_holds_for_every_other_command(config: str, capsys) -> None:
    """``check`` names where each value comes from, and the rest works on what holds."""
    said(capsys, "set", "box", "cellar", "--config", config)
    main(["check", "--json", "--config", config])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["check"] == "settings"]
    assert line["text"].startswith("set by a person: box; ")
    assert f"{config}: scale.source, scale.counts_per_gram, scale.zero_counts" in line["text"]


def test_what_is_set_up_is_said_and_a_step_is_ticked_off_and_opened_again(
    config: str, capsys
) -> None:
    at = ("--config", config)
    assert "still to do: name" in said(capsys, "set-up", *at)
    assert said(capsys, "set-up", "name", *at).startswith("set up: name")
    assert "still to do: name" in said(capsys, "set-up", "name", "--again", *at)
    assert "--again takes a STEP" in fails(capsys, "set-up", "--again", *at)[1]
