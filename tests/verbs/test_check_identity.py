"""``nursery check`` on a card that is not where it was, or has a double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.events import Alert
from monitor.mqtt.identity import BoxIdentity, Found
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.verbs.check_identity import check_identity
from tests.mqtt.test_identity import computer

TWIN = Alert(
    t_s=60.0, id="not_delivered-identity_twin-20260131T021405Z", kind="not_delivered",
    state="raised", severity="critical", baby=None, since=0.0,
    title="Two boxes share one identity", message="On the copy run: sudo nursery identity --new",
    why="", box="a",
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(box="a", state_dir=str(tmp_path / "state"))


@pytest.fixture
def journal(config: Config) -> Iterator[Journal]:
    opened = Journal.open(config.journal_path)
    yield opened
    opened.close()


def test_a_box_that_never_ran_has_nothing_to_tell(config: Config) -> None:
    found = check_identity(config, busy=False)
    assert (found.state, found.text) == ("ok", "drawn at the first start")


def test_the_only_one_of_its_kind_is_well(config: Config, journal: Journal, tmp_path: Path) -> None:
    here = computer(tmp_path / "here")
    BoxIdentity(journal, here)
    assert check_identity(config, busy=True, root=here).state == "ok"


def test_a_card_of_another_computer_asks_what_that_means(
    config: Config, journal: Journal, tmp_path: Path
) -> None:
    BoxIdentity(journal, computer(tmp_path / "there", serial="1"))
    found = check_identity(config, busy=False, root=computer(tmp_path / "here", serial="2"))
    assert found.state == "warning"
    assert "sudo nursery identity --new" in found.todo
    assert "sudo nursery identity --keep" in found.todo


def test_a_fresh_card_names_the_earlier_one(
    config: Config, journal: Journal, tmp_path: Path
) -> None:
    here = computer(tmp_path / "here")
    BoxIdentity(journal, here).looked("a homeassistant", Found(identity="old"))
    found = check_identity(config, busy=True, root=here)
    assert found.state == "warning"
    assert "sudo nursery adopt" in found.todo


@pytest.mark.parametrize(
    ("busy", "state", "when"), [(True, "failed", "now"), (False, "warning", "last ran")]
)
def test_a_double_that_the_monitor_has_seen_is_said_with_what_to_do(
    config: Config, journal: Journal, busy: bool, state: str, when: str
) -> None:
    journal.write(Batch(events=[TWIN]))
    found = check_identity(config, busy=busy)
    assert found.state == state
    assert found.text.startswith("Two boxes share one identity")
    assert when in found.text
    assert "identity --new" in found.todo
