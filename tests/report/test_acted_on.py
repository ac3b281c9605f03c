"""Which alerts somebody acted on: by a scripted night, and each way of acting by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Config
from monitor.events import LISTENED, Alert, AnyEvent, Feed, Unassigned, WeighIn
from monitor.report.acted_on import Share, acted_on, all_of, share_fields, shares, told_alerts
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.opening import IN_MEMORY
from monitor.times import DAY_S, HOUR_S, MINUTE_S, parse_rfc3339
from monitor.verbs.replay import Replay, ReplayInputs

T = parse_rfc3339("2026-05-08T12:00:00Z")


@pytest.fixture
def journal() -> Iterator[Journal]:
    opened = Journal.open(IN_MEMORY)
    yield opened
    opened.close()


def alert(kind: str, t_s: float, state: str = "raised", **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": f"{kind}-1", "baby": None, "since": T, "severity": "warning", "title": kind,
        "message": "", "why": "", "box": "b",
    }  # fmt: skip
    return Alert(t_s=t_s, kind=kind, state=state, **(fields | more))  # type: ignore[arg-type]


def weighed(t_s: float, baby: str, **more: Any) -> WeighIn:
    fields: dict[str, Any] = {"move": "lift", "step_id": f"s{t_s}"} | more
    return WeighIn(t_s=t_s, baby=baby, weight_g=180.0, sigma_g=0.5, confidence=1.0, **fields)


def fed(t_s: float, baby: str) -> Feed:
    return Feed(t_s=t_s, baby=baby, net_g=8.0, sigma_g=0.5, out_s=300.0, step_id=f"f{t_s}")


def answer(journal: Journal, *events: AnyEvent) -> str | None:
    journal.write(Batch(events=events))
    (told,) = told_alerts(journal)
    return told.answer


# ------------------------------------------------------------------ a scripted night


def test_the_shares_of_a_scripted_night(tmp_path: Path, journal: Journal) -> None:
    """Four lose weight: one is acknowledged in time, one fed, one too late, one never."""
    script = []
    for name in ("Ash", "Bee", "Cleo", "Dot"):
        for h, grams in enumerate((200.0, 197.0, 193.0, 188.0)):
            script.append((h * 12 * HOUR_S, "weigh", {"baby": name, "grams": grams}))
    babies = [{"name": n, "species": "kitten", "born": "2026-04-28", "weight_g": 200}
              for n in ("Ash", "Bee", "Cleo", "Dot")]  # fmt: skip
    (tmp_path / "b.json").write_text(json.dumps(babies))
    first = run(tmp_path, script)
    raised = {e.baby: e for e in first if isinstance(e, Alert) and e.state == "raised"}
    assert {e.kind for e in raised.values()} == {"losing_weight"}
    start_s = parse_rfc3339("2026-05-08T08:00:00Z")

    def after(name: str, minutes: float) -> float:
        return raised[name].t_s - start_s + minutes * MINUTE_S

    script += [
        (after("Ash", 4), "acknowledge", {"id": raised["Ash"].id}),
        (after("Bee", 8), "feed", {"baby": "Bee", "grams": 8}),
        (after("Cleo", 14), "acknowledge", {"id": raised["Cleo"].id}),
    ]
    journal.write(Batch(events=run(tmp_path, script)))
    found = {told.baby: told.answer for told in told_alerts(journal)}
    assert found == {"Ash": "acknowledged", "Bee": "fed", "Cleo": None, "Dot": None}
    counted = acted_on(journal, raised["Dot"].t_s + HOUR_S)
    assert counted.last_7_days == {"losing_weight": Share(4, 2)}
    assert counted.fields["since_beginning"] == {
        "all": {"alerts": 4, "acted_on": 2, "share": 0.5},
        "losing_weight": {"alerts": 4, "acted_on": 2, "share": 0.5},
    }
    later = acted_on(journal, raised["Dot"].t_s + 8 * DAY_S)
    assert later.last_7_days == {}
    assert all_of(later.since_beginning) == Share(4, 2)


def run(path: Path, script: list[tuple[float, str, dict[str, Any]]]) -> list[AnyEvent]:
    lines = [
        json.dumps({"t_s": t, "verb": verb, "args": args})
        for t, verb, args in sorted(script, key=lambda s: s[0])
    ]
    (path / "c.jsonl").write_text("\n".join(lines))
    inputs = ReplayInputs(
        babies=f"{path}/b.json", commands=f"{path}/c.jsonl", start="2026-05-08T08:00:00Z"
    )
    return list(Replay(Config(box="b"), inputs).events())


# ------------------------------------------------------------------ one way each

UNNAMED = Unassigned(
    t_s=T + 60, move="lift", weight_g=180.0, sigma_g=0.5, candidates=[], step_id="u"
)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([alert("crying", T + 540, "acknowledged")], "acknowledged"),
        ([alert("crying", T + 540, "snoozed")], "acknowledged"),
        ([alert("crying", T + 540, "cleared", message=LISTENED)], "acknowledged"),
        ([alert("crying", T + 540, "cleared")], None),
        ([alert("crying", T + 660, "acknowledged")], None),
        ([weighed(T + 540, "Possum")], "lifted"),
        ([weighed(T - 10, "Possum")], None),
        ([weighed(T + 660, "Possum")], None),
        ([weighed(T + 540, "Possum", move=None, origin="typed")], None),
        ([weighed(T + 300, "Possum"), fed(T + 540, "Possum")], "fed"),
        ([UNNAMED], "lifted"),
    ],
)  # fmt: skip
def test_what_counts_as_acting_on_a_cry(journal, events, expected) -> None:
    assert answer(journal, alert("crying", T), *events) == expected


def test_of_one_baby_only_what_is_done_with_that_one_counts(journal: Journal) -> None:
    overdue = alert("bottle_overdue", T, baby="Possum")
    assert answer(journal, overdue, weighed(T + 60, "Ash"), fed(T + 500, "Ash")) is None
    assert answer(journal, weighed(T + 90, "Possum")) == "lifted"


def test_lifting_a_baby_is_no_answer_to_a_weak_power_supply(journal: Journal) -> None:
    assert answer(journal, alert("low_power", T), weighed(T + 60, "Possum")) is None


def test_a_question_is_acted_on_by_saying_who_it_was(journal: Journal) -> None:
    asked = alert("who_is_it", T + 20, severity="info")
    over = alert("who_is_it", T + 200, "cleared", severity="info")
    assert answer(journal, asked, over) is None  # later weighings may have told
    assert answer(journal, weighed(T, "Possum", origin="assigned")) == "named"


def test_what_was_never_told_aloud_is_not_counted(journal: Journal) -> None:
    journal.write(Batch(events=[alert("crying", T, silent=True)]))
    assert told_alerts(journal) == []
    journal.write(Batch(events=[alert("crying", T + HOUR_S, "reminded")]))
    (told,) = told_alerts(journal)
    assert told.told_s == T + HOUR_S


def test_test_alerts_are_not_counted(journal: Journal) -> None:
    journal.write(Batch(events=[alert("test", T)]))
    assert told_alerts(journal) == []


def test_an_alert_of_the_last_ten_minutes_is_not_judged_yet(journal: Journal) -> None:
    journal.write(Batch(events=[alert("crying", T)]))
    told = told_alerts(journal)
    assert shares(told, T + 5 * MINUTE_S) == {}
    assert shares(told, T + 11 * MINUTE_S) == {"crying": Share(1, 0)}


@pytest.mark.parametrize(
    ("share", "spoken"),
    [(Share(5, 4), "4 of 5"), (Share(19, 19), "19 of 19"), (Share(30, 25), "25 of 30 (83%)")],
)
def test_a_percentage_is_told_of_twenty_and_more(share: Share, spoken: str) -> None:
    assert share.spoken == spoken


def test_without_an_alert_there_is_no_share() -> None:
    assert share_fields({}) == {"all": {"alerts": 0, "acted_on": 0, "share": None}}


def test_an_alert_that_was_told_before_is_not_told_again_by_its_reminders(
    journal: Journal,
) -> None:
    journal.write(Batch(events=[alert("crying", T), alert("crying", T + 2 * HOUR_S, "reminded")]))
    assert told_alerts(journal, T + HOUR_S) == []
    assert len(told_alerts(journal, T - HOUR_S)) == 1
