"""After a power cut: a gap is a gap, and a total that does not fit is asked about."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.config import AlertsConfig, Config, MicrophoneConfig
from monitor.core.activity import Activity
from monitor.daemon.recorder import Recorder
from monitor.events import (
    Alert,
    AnyEvent,
    ClockReading,
    CommandResult,
    CryStarted,
    Disturbed,
    Feed,
    HostReport,
    ScaleBlock,
    Tick,
    Unassigned,
    WeighIn,
)
from monitor.host.boot_clock import locate_run
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.store.journal import Journal
from tests.asking import asked
from tests.daemon.test_recorder import CONFIG, START_S, register
from tests.restarting import kept

CUT_S, GAP_S = START_S + 900.0, 3 * 3600.0
BACK_S = CUT_S + GAP_S
Script = Callable[[SimulatedBox], None]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def through_the_cut(
    journal: Journal, script: Script, *, synced: bool = True
) -> tuple[Recorder, SimulatedBox, float, list[AnyEvent]]:
    """Live up to the cut, let ``script`` happen in the dark, live two minutes after it."""
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
        SimBaby(name="Possum", species="puppy", weight_g=119.0),
    ]
    box = SimulatedBox(5, START_S, babies)
    box.feed(START_S + 120, "Possum", 5.0, 300.0)
    script(box)
    box.cut(CUT_S, BACK_S)
    register(journal, box)
    before = Recorder(CONFIG, journal, start_s=START_S)
    live(before, box, START_S, CUT_S)
    run = locate_run(
        None, boot_id="next", boot_s=9.0, unix_s=BACK_S if synced else 0.0, synced=synced,
        last_s=CUT_S,
    )  # fmt: skip
    after = Recorder(CONFIG, journal, run_start=run)
    ahead_s = run.start_s - BACK_S
    return after, box, ahead_s, live(after, box, BACK_S, BACK_S + 120, ahead_s)


def live(
    recorder: Recorder, box: SimulatedBox, from_s: float, to_s: float, ahead_s: float = 0.0
) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    for block in box.blocks(from_s, to_s):
        events += recorder.handle(ScaleBlock(block.times_s + ahead_s, block.counts))
        events += recorder.handle(Tick(block.t_s + ahead_s))
    return events


def unseen(*names: str) -> Script:
    return lambda box: box.lift(CUT_S + 600, *names, seen=False)


@pytest.mark.parametrize("synced", [True, False])
def test_a_total_that_fits_is_accepted(journal: Journal, synced: bool) -> None:
    """The same babies, each with a bottle more; also when nobody knows how long it was."""

    def fed(box: SimulatedBox) -> None:
        box.feed(CUT_S + 600, "Possum", 6.0)
        box.feed(CUT_S + 1600, "Kangaroo", 8.0)

    recorder, _, _, events = through_the_cut(journal, fed, synced=synced)
    state = recorder.status(recorder.now_s)
    assert state.scale.in_box == ["Kangaroo", "Possum"]
    assert state.alerts == []
    assert not any(isinstance(e, Unassigned | WeighIn | Feed | Disturbed) for e in events)


def test_a_total_that_does_not_fit_is_asked_about_and_nobody_is_weighed(journal: Journal) -> None:
    recorder, _, _, events = through_the_cut(journal, unseen("Possum"))
    state = recorder.status(recorder.now_s)
    assert state.scale.in_box is None  # not the last known, not a guess
    assert [baby.in_box for baby in state.babies] == [None, None]
    (question,) = [alert for alert in state.alerts if alert.kind == "who_is_it"]
    assert "119 g lighter" in question.message
    assert question.candidates[0].baby == "Possum"
    assert not any(isinstance(e, WeighIn | Feed) for e in events)
    answer = asked(recorder.now_s, "assign", {"step_id": question.step_id, "baby": "Possum"})
    events = recorder.handle(answer)
    assert [e.ok for e in events if isinstance(e, CommandResult)] == [True]
    assert not any(isinstance(e, WeighIn) for e in events)
    assert recorder.status(recorder.now_s).scale.in_box == ["Kangaroo"]
    assert journal.unassigned() == []
    recorder.handle(Tick(recorder.now_s + 20))
    assert not [a for a in recorder.status(recorder.now_s).alerts if a.kind == "who_is_it"]


def test_nobody_moved_is_an_answer_too(journal: Journal) -> None:
    """A heat pad was put in while the power was off."""
    recorder, _, _, _ = through_the_cut(journal, lambda box: box.thing(CUT_S + 600, 412.0))
    (question,) = recorder.status(recorder.now_s).alerts
    assert "412 g heavier" in question.message or "heavier" in question.message
    recorder.handle(
        asked(recorder.now_s, "assign", {"step_id": question.step_id, "baby": "nobody"})
    )
    assert recorder.status(recorder.now_s).scale.in_box == ["Kangaroo", "Possum"]


def test_what_comes_later_may_answer_it(journal: Journal) -> None:
    def out(box: SimulatedBox) -> None:
        box.lift(CUT_S + 600, "Possum", seen=False)
        box.put(BACK_S + 300, "Possum")

    recorder, box, _, _ = through_the_cut(journal, out)
    events = live(recorder, box, BACK_S + 120, BACK_S + 500)
    assert [(e.baby, e.move) for e in events if isinstance(e, WeighIn)] == [("Possum", "return")]
    assert recorder.status(recorder.now_s).scale.in_box == ["Kangaroo", "Possum"]


def test_the_gap_is_a_gap_in_what_is_kept(journal: Journal) -> None:
    recorder, _, _, _ = through_the_cut(journal, unseen("Possum"))
    recorder.save(recorder.now_s)
    times = [row.t_s for row in journal.telemetry()]
    assert times
    assert not [t_s for t_s in times if CUT_S < t_s < BACK_S]
    rows = {round(row.t_s): row.in_box for row in journal.telemetry(BACK_S)}
    assert set(rows.values()) == {"?"}


def test_a_clock_that_never_comes_is_said_once_and_the_rest_goes_on(journal: Journal) -> None:
    run = locate_run(None, boot_id="b", boot_s=20.0, unix_s=0.0, synced=False, last_s=START_S)
    recorder = Recorder(CONFIG, journal, run_start=run)

    def alerts(at_s: float) -> list[tuple[str, str, str]]:
        recorder.handle(HostReport(at_s))
        events = recorder.handle(Tick(at_s + 1))
        found = [e for e in events if isinstance(e, Alert) and "lock" in e.title]
        return [(e.state, e.severity, e.title) for e in found]

    assert alerts(run.start_s + 60.0) == []
    assert alerts(run.start_s + 3500.0) == []
    assert alerts(run.start_s + 3700.0) == [("raised", "warning", "Clock is not set")]
    now_s = run.start_s + 3720.0
    recorder.handle(ClockReading(now_s, now_s + 9000.0, synced=True))
    later = [a for s in range(10, 60, 10) for a in alerts(now_s + 9000.0 + s)]
    assert later == [("cleared", "warning", "All clear: Clock is not set")]


def test_silence_is_not_claimed_of_a_gap() -> None:
    """The last sign of life is hours old because nobody listened, not because all is quiet."""
    config = Config(
        box="a", microphone=MicrophoneConfig(source="simulated"),
        alerts=AlertsConfig(too_quiet_after_min=90),
    )  # fmt: skip
    before = Activity(config.alerts, START_S)
    before.observe(CryStarted(t_s=START_S + 10, species="kitten", score=0.9))
    after = Activity(config.alerts, BACK_S)
    after.resume(kept("activity", before.state))
    baby = SimBaby(name="P", species="puppy", weight_g=119.0).as_baby()

    def told(minutes: float) -> int:
        now_s = BACK_S + 60.0 * minutes
        return len(after.conditions(now_s, microphone=True, scale=True, babies=[baby]))

    assert told(0.1) == told(60.0) == told(89.0) == 0
    assert told(95.0) == 1
