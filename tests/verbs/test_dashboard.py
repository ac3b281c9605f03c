"""``nursery dashboard`` from a box's own roster."""

from pathlib import Path

import pytest
import yaml

from monitor.cli import main
from monitor.config_file import load_config
from monitor.mqtt.identity import BoxIdentity
from monitor.store.journal import Journal
from tests.cli.calling import fails


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "nursery.toml"
    path.write_text(f'box = "den"\nstate_dir = "{tmp_path}/state"\n')
    return str(path)


def headings(capsys: pytest.CaptureFixture[str], config: str) -> list[str]:
    capsys.readouterr()
    assert main(["dashboard", "--config", config]) == 0
    (view,) = yaml.safe_load(capsys.readouterr().out)["views"]
    return [section["cards"][0]["heading"] for section in view["sections"]]


def add(name: str, config: str) -> None:
    assert main(["baby", "add", name, "--species", "puppy", "--config", config]) == 0


def test_those_who_are_here_have_a_section(capsys: pytest.CaptureFixture[str], config: str) -> None:
    first = ["Not set up yet", "Alerts", "Who was it?"]
    assert headings(capsys, config) == [*first, "The box", "The last days"]
    for name in ("Possum", "Kangaroo", 'Joey "the #1"'):
        add(name, config)
    assert main(["baby", "retire", "Kangaroo", "--config", config]) == 0
    assert headings(capsys, config)[3:5] == ["Possum", 'Joey "the #1"']


def test_it_says_where_it_is_pasted_and_whom_it_misses(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    assert main(["dashboard", "--config", config]) == 0
    told = capsys.readouterr().out
    assert "Raw configuration editor" in told
    assert "Nobody is registered yet" in told


def test_a_renamed_baby_is_found_under_the_ids_that_were_announced(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    add("Possum", config)
    journal = Journal.open(load_config(Path(config)).journal_path)
    identity = BoxIdentity(journal)
    (possum,) = journal.babies()
    identity.keep_names(
        {f"nursery_{identity.box}": "nursery_old", f"nursery_baby_{possum.id}": "p"}
    )
    journal.close()
    assert main(["baby", "edit", "Possum", "--rename", "Poppy", "--config", config]) == 0
    capsys.readouterr()
    assert main(["dashboard", "--config", config]) == 0
    told = capsys.readouterr().out
    assert "heading: Poppy" in told
    assert "sensor.p_weight_g" in told
    assert "sensor.nursery_old_open_alerts" in told


def test_without_discovery_it_says_what_to_do(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    path = Path(config)
    path.write_text(path.read_text() + '[mqtt]\ndiscovery = "off"\n')
    assert "mqtt.discovery is off" in fails(capsys, "dashboard", "--config", config)[1]
