"""``health`` says how many alerts somebody acted on, and follows what happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.daemon.answers import Answers
from monitor.events import Alert
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.opening import IN_MEMORY
from monitor.times import DAY_S, HOUR_S, MINUTE_S

T = 1_778_241_600.0


@pytest.fixture
def journal() -> Iterator[Journal]:
    opened = Journal.open(IN_MEMORY)
    yield opened
    opened.close()


def cry(t_s: float, state: str = "raised") -> Alert:
    return Alert(
        t_s=t_s, id=f"crying-{t_s // DAY_S}", kind="crying", state=state, severity="warning",  # type: ignore[arg-type]
        baby=None, since=t_s, title="Kitten crying", message="", why="", box="b",
    )  # fmt: skip


def share(alerts: int, acted_on: int) -> dict[str, object]:
    return {"alerts": alerts, "acted_on": acted_on, "share": round(acted_on / alerts, 2)}


def test_it_follows_what_happens(journal: Journal) -> None:
    answers = Answers(journal)
    assert answers.fields(T)["last_7_days"] == {"all": {"alerts": 0, "acted_on": 0, "share": None}}
    for event in (cry(T), cry(T + 4 * MINUTE_S, "acknowledged")):
        journal.write(Batch(events=[event]))
        answers.observe([event], event.t_s)
    found = answers.fields(T + 5 * MINUTE_S)
    assert found["last_7_days"]["crying"] == found["since_beginning"]["crying"] == share(1, 1)


def test_one_that_nobody_answers_counts_when_its_ten_minutes_are_over(journal: Journal) -> None:
    answers = Answers(journal)
    journal.write(Batch(events=[cry(T)]))
    answers.observe([cry(T)], T)
    assert "crying" not in answers.fields(T + 5 * MINUTE_S)["last_7_days"]
    assert answers.fields(T + 11 * MINUTE_S)["last_7_days"]["crying"] == share(1, 0)


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_older_than_a_week_counts_since_the_beginning(
    journal: Journal, restart: bool
) -> None:
    answers = Answers(journal)
    for day in range(20):
        now_s = T + day * DAY_S
        journal.write(Batch(events=[cry(now_s)]))
        answers.observe([cry(now_s)], now_s)
        answers.fields(now_s + HOUR_S)
    now_s = T + 19 * DAY_S + HOUR_S
    if restart:
        answers = Answers(journal)
        assert answers.fields(now_s)["since_beginning"] is None  # it reads ten days at a time
    found = answers.fields(now_s)
    assert found["last_7_days"]["crying"] == share(7, 0)
    assert found["since_beginning"]["crying"] == share(20, 0)
