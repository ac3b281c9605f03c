"""One row a kind of alert, and everything that follows from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from monitor.alert_kinds import BABY_KINDS, BOX_KINDS, KINDS, AlertKind
from monitor.documents import BabyStatus, BoxState, CryStatus, ScaleStatus
from monitor.events import Alert, Baby
from monitor.mqtt.entities import baby_components, box_components
from monitor.mqtt.topics import Topics, state_messages
from monitor.times import HOUR_S

ALERTS_PAGE = Path(__file__).parents[1] / "docs" / "alerts.md"
TOPICS = Topics("box")
POSSUM = Baby(id="p1", name="Possum", species="kitten")
ABOUT_IN_WORDS = {"box": "the box", "baby": "a baby", "nothing": ""}


def about_by_page() -> dict[str, set[str]]:
    """What the table in docs/alerts.md says each kind is about."""
    table = ALERTS_PAGE.read_text().split("## What there is")[1].split("###")[0]
    found: dict[str, set[str]] = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ", 2)]
        for kind in re.findall(r"`(\w+)`", cells[0]):
            found.setdefault(kind, set()).add(cells[1].strip())
    return found


def opened(kind: AlertKind) -> Alert:
    about_baby = KINDS[kind].about == "baby"
    return Alert(
        t_s=0.0, id=kind, kind=kind, state="raised", severity="warning",
        baby="Possum" if about_baby else None, since=0.0, title="", message="", why="", box="box",
    )  # fmt: skip


def problems(*alerts: Alert) -> dict[str, bytes]:
    state = BoxState(
        cry=CryStatus(crying=None),
        scale=ScaleStatus(total_g=None, still=None, activity=None, in_box=None),
        babies=[BabyStatus(name="Possum", species="kitten")],
        alerts=list(alerts),
        sources={},
    )
    found = state_messages(state, TOPICS)
    return {m.topic: m.payload for m in found if m.topic.startswith(TOPICS.problem(""))}


def test_the_rows_are_the_kinds_that_the_type_checker_knows() -> None:
    assert tuple(KINDS) == get_args(AlertKind)


def test_every_row_has_a_label_of_its_own_and_an_expiry() -> None:
    labels = [row.label for row in KINDS.values()]
    assert len(set(labels)) == len(labels)
    assert all(labels)
    assert all(row.news_for_s > 0 and row.acknowledged_for_s > 0 for row in KINDS.values())


@pytest.mark.parametrize("kind", [*BOX_KINDS, *BABY_KINDS])
def test_a_kind_switches_one_topic_on_and_off_and_that_topic_is_an_entity(kind: AlertKind) -> None:
    """One that is missing among the retained topics would publish ON and never OFF."""
    before, while_open = problems(), problems(opened(kind))
    assert set(before.values()) == {b"OFF"}
    assert set(before) == set(while_open)
    (topic,) = (name for name, payload in while_open.items() if payload == b"ON")
    entities = box_components(TOPICS, [POSSUM]), baby_components(TOPICS, POSSUM)
    row = entities[KINDS[kind].about == "baby"][f"problem_{kind}"]
    assert row["state_topic"] == topic
    assert row["name"] == KINDS[kind].label
    assert topic.endswith(f"/{POSSUM.slug}") == (KINDS[kind].about == "baby")


def test_a_test_alert_is_no_problem() -> None:
    assert set(problems(opened("test")).values()) == {b"OFF"}


@pytest.mark.parametrize("kind", KINDS)
def test_home_assistant_knows_the_kind_as_an_event(kind: AlertKind) -> None:
    assert kind in box_components(TOPICS, [])["alert"]["event_types"]


def test_the_page_on_alerts_says_for_how_long_seen_holds() -> None:
    by_span: dict[float, set[str]] = {}
    for kind, row in KINDS.items():
        by_span.setdefault(row.acknowledged_for_s, set()).add(kind)
    page = " ".join(ALERTS_PAGE.read_text().split())
    said = re.findall(r"(30 min|an hour) \((`.*?)\)", page.split("it is asked again after")[1])
    named = {span: set(re.findall(r"`(\w+)`", kinds)) for span, kinds in said}
    assert named == {"30 min": by_span.pop(0.5 * HOUR_S), "an hour": by_span.pop(HOUR_S)}
    assert set(by_span) == {2 * HOUR_S, 6 * HOUR_S}  # all others; weights and intake


def test_the_page_on_alerts_has_a_row_for_every_kind_and_for_no_other() -> None:
    rows = {kind: {ABOUT_IN_WORDS[row.about]} for kind, row in KINDS.items()}
    assert about_by_page() == rows
