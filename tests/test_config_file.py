from typing import get_args

import pytest

from monitor.config_file import (
    find_config,
    load_config,
    load_shelter_config,
    parse_config,
    rooms_beside,
)
from monitor.errors import ConfigError
from monitor.names import SOURCES, SourceName

GOOD = b"""
box = "kangaroo-and-possum"
state_dir = "/var/lib/nursery"

[microphone]
source = "sounddevice"
device = "USB"

[scale]
source = "hx711"
driver = "gpiozero"
dout_pin = 5
sck_pin = 6
counts_per_gram = 412.7
zero_counts = 84213
capacity_g = 5000

[alerts]
night = { from = "22:00", to = "07:00" }
too_quiet_after_min = 90
remind_every_min = 10

[panel]
led_pin = 17
buzzer_pin = 27
button_pin = 22

[mqtt]
host = "homeassistant.local"
port = 8883
tls = true
ca_file = "/etc/nursery/ca.pem"
username = "nursery"
password_file = "/etc/nursery/mqtt-password"
discovery = "device"
"""


def test_every_documented_key_is_accepted() -> None:
    config = parse_config(GOOD, "nursery.toml")
    assert config.box == "kangaroo-and-possum"
    assert config.scale.counts_per_gram == 412.7
    assert config.scale.zero_counts == 84213
    assert config.alerts.night.from_ == "22:00"
    assert config.panel.button_pin == 22
    assert config.mqtt.port_number == 8883


def test_a_box_name_is_enough() -> None:
    config = parse_config(b'box = "a"', "t")
    assert config.microphone.source == "none"
    assert config.scale.source == "none"
    assert not config.scale.calibrated
    assert config.mqtt.port_number == 1883  # loopback: no TLS


def test_a_broker_elsewhere_is_encrypted_unless_told_otherwise() -> None:
    assert parse_config(b'box = "a"\nmqtt.host = "10.0.0.2"', "t").mqtt.use_tls
    plain = parse_config(b'box = "a"\nmqtt.host = "10.0.0.2"\nmqtt.tls = false', "t")
    assert plain.mqtt.port_number == 1883


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('box = "a"\ncolour = "red"', '"colour"'),
        ('box = "a"\n[scale]\ncounts_per_gramm = 3', '"scale.counts_per_gramm"'),
        ('box = "a"\n[scale]\ncounts_per_gram = "four"', '"scale.counts_per_gram"'),
        ('box = "a"\n[scale]\ncounts_per_gram = 0\nzero_counts = 1', '"scale.counts_per_gram"'),
        ('box = "a"\n[scale]\ncounts_per_gram = 4.0', '"scale.zero_counts"'),
        ('box = "a"\n[scale]\nsource = "hx7111"', '"scale.source"'),
        ('box = "a"\n[scale]\nsource = "hx711"\nsck_pin = 5', "pin 5 is used twice"),
        ('box = "a"\n[panel]\nled_pin = 7\nbuzzer_pin = 7', '"panel.buzzer_pin"'),
        ('box = "a"\n[panel]\nled_pin = 99', '"panel.led_pin"'),
        ('box = "a/b"', '"box"'),
        ('box = "a#"', '"box"'),
        ('box = "Ä"', '"box"'),
        ("state_dir = '/tmp'", '"box" is missing'),
        ('box = "a"\n[alerts]\nnight = { from = "25:00", to = "07:00" }', "alerts.night.from"),
        ('box = "a"\n[mqtt]\nport = 70000', '"mqtt.port"'),
        ('box = "a"\n[mqtt]\nca_file = "/x"', '"mqtt.ca_file"'),
        ('box = "a"\n[microphone]\nsource = "wav"', '"microphone.file"'),
        ('box = "a"\n[probe]\nsource = "csv"', '"probe.file"'),
        ('box = "a"\n[probe]\nsource = "mqtt"', '"probe.topic" is missing'),
        ('box = "a"\n[probe]\nsource = "mqtt"\ntopic = "a/#"', 'one topic, without "+"'),
        ('box = "a"\n[probe]\nsource = "mqtt"\ntopic = "nursery/a/nest"', "one of this box"),
        ('box = "a"\n[probe]\nsource = "onewire"\ndevice = "../x"', '"probe.device"'),
        ('box = "a"\n[probe]\nunit = "K"', '"probe.unit"'),
        ("box = ", "not valid TOML"),
    ],
)
def test_each_mistake_is_one_sentence_naming_the_key(text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode(), "nursery.toml")
    message = str(caught.value)
    assert named in message
    assert message.startswith("nursery.toml")
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml"):
        load_config(tmp_path / "no.toml")


def test_the_configuration_is_found_where_people_put_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NURSERY_CONFIG", raising=False)
    (tmp_path / "nursery.toml").write_text('box = "a"')
    assert find_config(None).name == "nursery.toml"
    monkeypatch.setenv("NURSERY_CONFIG", "/elsewhere.toml")
    assert str(find_config(None)) == "/elsewhere.toml"
    assert str(find_config("given.toml")) == "given.toml"


def test_the_example_in_the_repository_is_valid() -> None:
    from pathlib import Path

    example = Path(__file__).parents[1] / "nursery.example.toml"
    config = load_config(example)
    assert config.scale.source == "hx711"
    assert not config.scale.calibrated, "a copied file must not weigh with somebody else's cell"
    assert config.microphone.source == "sounddevice"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.1.2.3", "::1",
     "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::1%lo"],
)  # fmt: skip
def test_this_machine_needs_no_encryption(host: str) -> None:
    config = parse_config(f'box = "a"\nmqtt.host = "{host}"'.encode(), "t")
    assert not config.mqtt.use_tls


@pytest.mark.parametrize(
    "host",
    ["127.example.org", "127.0.0.1.example.org", "localhost.example.org", "notlocalhost", "127.1",
     "::", "10.0.0.2", "::ffff:10.0.0.2", "fe80::1%eth0", "a.localhost", "nursery.local",
     "2130706433"],
)  # fmt: skip
def test_every_other_name_is_somebody_elses(host: str) -> None:
    config = parse_config(f'box = "a"\nmqtt.host = "{host}"'.encode(), "t")
    assert config.mqtt.use_tls
    assert config.mqtt.port_number == 8883


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("key", ["counts_per_gram", "zero_counts", "capacity_g"])
def test_a_number_that_is_none_is_refused(key: str, number: str) -> None:
    scale = {"counts_per_gram": "4.0", "zero_counts": "1.0", "capacity_g": "5000"} | {key: number}
    lines = "".join(f"{name} = {value}\n" for name, value in scale.items())
    with pytest.raises(ConfigError, match=key):
        parse_config(f'box = "a"\n[scale]\n{lines}'.encode(), "t")


def test_a_password_in_the_configuration_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(b'box = "a"\n[mqtt]\npassword = "sesame"', "t")
    assert '"mqtt.password"' in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_every_source_has_words_and_a_table_and_is_there_when_it_is_set() -> None:
    assert set(get_args(SourceName)) == set(SOURCES)
    assert parse_config(b'box = "a"', "t").sources == ()
    assert parse_config(GOOD, "t").sources == ("microphone", "scale")


def test_a_simulated_scale_knows_its_own_calibration_and_keeps_one_that_is_given():
    simulated = 'box = "a"\n[scale]\nsource = "simulated"\n'
    assert parse_config(simulated.encode(), "n").scale.calibrated
    given = parse_config(f"{simulated}counts_per_gram = 400.0\nzero_counts = 7\n".encode(), "n")
    assert (given.scale.counts_per_gram, given.scale.zero_counts) == (400.0, 7.0)
    assert not parse_config(simulated.replace("simulated", "hx711").encode(), "n").scale.calibrated


def test_practice_has_a_journal_of_its_own():
    real = parse_config(b'box = "a"\n[scale]\nsource = "hx711"\n', "n")
    practice = parse_config(b'box = "a"\n[microphone]\nsource = "simulated"\n', "n")
    assert (real.practice, real.journal_path.name) == (False, "journal.sqlite")
    assert (practice.practice, practice.journal_path.name) == (True, "practice.sqlite")


SHELTER = b"""
[mqtt]
host = "localhost"
[shelter]
records_url = "http://127.0.0.1:8428"
[shelter.rooms]
Quarantine = ["attic", "cellar-*"]
"Kittens, upstairs" = ["kittens-*", "attic"]
"""


def test_the_rooms_of_a_shelter_are_found_by_name_and_by_pattern(tmp_path) -> None:
    (tmp_path / "shelter.toml").write_bytes(SHELTER)
    _, shelter = load_shelter_config(tmp_path / "shelter.toml")
    assert shelter.room_of("cellar-2") == "Quarantine"
    assert shelter.room_of("attic") == "Quarantine", "the first that names it"
    assert shelter.room_of("kittens-7") == "Kittens, upstairs"
    assert shelter.room_of("yard") is None


def test_a_box_may_be_the_shelters_machine_as_well(tmp_path) -> None:
    (tmp_path / "box.toml").write_bytes(b'box = "attic"\n' + SHELTER)
    mqtt, shelter = load_shelter_config(tmp_path / "box.toml")
    assert (mqtt.host, shelter.records_url) == ("localhost", "http://127.0.0.1:8428")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[shelter]\nrecords_url = "127.0.0.1"', '"shelter.records_url"'),
        ("[shelter]\nroom = {}", 'did you mean "rooms"'),
        ('[shelter.rooms]\nattic = "box"', "shelter.rooms"),
    ],
)
def test_a_mistake_about_the_shelter_is_named(text: str, named: str, tmp_path) -> None:
    (tmp_path / "shelter.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_shelter_config(tmp_path / "shelter.toml")
    assert named in str(caught.value)


def test_the_page_of_a_box_takes_the_rooms_of_the_shelters_file_beside_it(tmp_path):
    own, beside = tmp_path / "nursery.toml", tmp_path / "shelter.toml"
    own.write_text('box = "attic"\n')
    _, none = load_shelter_config(own)
    assert rooms_beside(own, none).rooms == {}
    beside.write_text('[shelter]\nrecords_url = "http://127.0.0.1:8428"\n'
                      '[shelter.rooms]\nUpstairs = ["attic"]\n')  # fmt: skip
    found = rooms_beside(own, none)
    assert found.room_of("attic") == "Upstairs"
    assert found.records_url == "", "what is only in the other file is not the page's"
    own.write_text('box = "attic"\n[shelter.rooms]\nCellar = ["attic"]\n')
    _, named = load_shelter_config(own)
    assert rooms_beside(own, named).room_of("attic") == "Cellar"
    beside.write_text("[shelter\n")
    assert rooms_beside(own, none) == none
