"""Which settings there are, and what people write for them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config
from monitor.errors import CommandError
from monitor.written.settings import (
    FILE_TABLES,
    PASSWORD,
    SECRETS,
    STAYS_IN_THE_FILE,
    as_toml,
    changes,
    known_key,
    settings,
)


def keys(struct: object, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for field in msgspec.structs.fields(type(struct)):
        value = getattr(struct, field.name)
        key = f"{prefix}{field.encode_name}"
        found |= keys(value, f"{key}.") if isinstance(value, msgspec.Struct) else {key}
    return found


def test_every_key_of_the_configuration_may_be_set_or_stays_in_the_file() -> None:
    of_the_box = {k for k in keys(Config(box="a")) if k.partition(".")[0] not in FILE_TABLES}
    assert of_the_box - set(settings()) == set(STAYS_IN_THE_FILE)
    assert set(settings()) - of_the_box == {PASSWORD}


@pytest.mark.parametrize("word", ["file", "dir", "model", "keep_"])
def test_no_path_and_no_keeping_of_sound_is_set_from_afar(word: str) -> None:
    assert [key for key in settings() if word in key and key != "mqtt.ca_file"] == []


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("box", " attic ", "attic"),
        ("box", "Kitten Box", "kitten-box"),
        ("box", "Dachb\u00f6den & Caf\u00e9!", "dachboeden-cafe"),
        ("box", "box_2", "box_2"),
        ("alerts.night.from", "22:30", "22:30"),
        ("alerts.night.from", "10 pm", "22:00"),
        ("alerts.night.to", "7", "07:00"),
        ("alerts.remind_every_min", "12,5", 12.5),
        ("scale.counts_per_gram", "-412.7", -412.7),
        ("scale.zero_counts", -84213.0, -84213.0),
        ("scale.capacity_g", "5kg", 5000.0),
        ("scale.dout_pin", "5", 5),
        ("scale.dout_pin", 5.0, 5),
        ("panel.led_pin", "none", None),
        ("panel.led_pin", "", None),
        ("mqtt.tls", "on", True),
        ("mqtt.tls", False, False),
        ("mqtt.ca_file", "", None),
        ("mqtt.protocol", "3.1.1", "3.1.1"),
        ("mqtt.protocol", 5.0, "5"),
        ("mqtt.username", 42.0, "42"),
        ("mqtt.password", "a b", "a b"),
        ("microphone.device", "", None),
        ("notify.urls", "ntfy://a\nntfy://b", ["ntfy://a", "ntfy://b"]),
        ("notify.urls", ["ntfy://a"], ["ntfy://a"]),
        ("notify.urls", "", None),
    ],
)  # fmt: skip
def test_values_are_taken_as_people_write_them(key: str, written: object, value: object) -> None:
    assert changes(key, written) == {key: value}  # type: ignore[arg-type]  # of any type


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("colour", "red", 'there is no setting "colour"'),
        ("alerts.nihgt.from", "22:00", 'did you mean "alerts.night.from"?'),
        ("from", "22:00", 'did you mean "alerts.night.from"?'),
        ("state_dir", "/tmp", "in the configuration file only"),
        ("microphone.keep_cries_days", 7.0, "in the configuration file only"),
        ("alerts.night.from", "late", "give a time such as 22:00"),
        ("scale.counts_per_gram", "many", "give a number"),
        ("scale.counts_per_gram", True, "give a number"),
        ("scale.dout_pin", 5.5, "give a whole number"),
        ("mqtt.tls", "maybe", "give yes or no"),
        ("mqtt.host", True, "give text"),
        ("mqtt.host", "", "cannot be left empty"),
        ("box", ["a"], "give text"),
        ("box", "a\x1b", "control characters"),
        ("box", {"a": "b"}, "is no table"),
        ("mqtt", "broker", 'there is no setting "mqtt"'),
        ("mqtt", {}, "is given nothing"),
        ("mqtt", {"port": "many"}, '"mqtt.port": "many" will not do'),
        ("notify.urls", [1.0], "addresses, one a line"),
    ],
)
def test_what_is_no_value_is_refused_in_a_sentence(key: str, value: object, says: str) -> None:
    with pytest.raises(CommandError) as refusal:
        changes(key, value)  # type: ignore[arg-type]  # of any type
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_secret_is_in_no_refusal() -> None:
    for key in SECRETS:
        with pytest.raises(CommandError) as refusal:
            changes(key, ["hunter2", 5.0])  # type: ignore[arg-type, list-item]  # of any type
        assert "hunter2" not in str(refusal.value)


def test_a_table_names_all_that_is_in_it() -> None:
    assert known_key("alerts.night") == ["alerts.night.from", "alerts.night.to"]
    assert PASSWORD in known_key("mqtt")


@given(st.dictionaries(st.sampled_from(sorted(settings())), st.text() | st.booleans() | st.floats(
    allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)))  # fmt: skip
def test_what_is_written_is_read_again(values: dict[str, object]) -> None:
    values = {
        key: "".join(c for c in value if c.isprintable()) if isinstance(value, str) else value
        for key, value in values.items()
    }
    found = msgspec.toml.decode(as_toml(values))
    for key, value in values.items():
        table = found
        *path, name = key.split(".")
        for part in path:
            table = table[part]
        assert table[name] == value
