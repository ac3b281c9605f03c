"""Whole nights whose clock is wrong at first: they end as if it had been right from the start."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from monitor.config import AlertsConfig, Config, MicrophoneConfig, NightConfig, ScaleConfig
from monitor.daemon.recorder import Recorder
from monitor.data.shipped import cry_model
from monitor.events import (
    AUDIO_RATE_HZ,
    AnyEvent,
    AudioBlock,
    ClockReading,
    Observation,
    RosterChanged,
    ScaleBlock,
    Tick,
    WeighIn,
)
from monitor.host.boot_clock import BootClock, RunStart, locate_run
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.simulation.sounds import Room, bout
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.times import DAY_S, HOUR_S
from tests.asking import asked
from tests.spared_detector import SparedDetector

T0 = 1_778_266_800.0
NIGHT_S = 2.5 * HOUR_S
CONFIG = Config(
    box="test",
    microphone=MicrophoneConfig(source="simulated"),
    scale=ScaleConfig(
        source="simulated",
        counts_per_gram=GOOD_CELL.counts_per_gram,
        zero_counts=GOOD_CELL.zero_counts,
    ),
    # Quiet hours are the one rule that asks for the time of day itself.
    alerts=AlertsConfig(night=NightConfig(from_="00:00", to="00:00")),
)


class Night:
    """One night as it happened; every clock tells it in its own way."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.babies = [
            SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
            SimBaby(name="Possum", species="puppy", weight_g=119.0),
        ]
        self._seed = seed
        self.box = SimulatedBox(seed, T0, self.babies)
        at_s = T0 + rng.uniform(300, 1500)
        for share in (0.045, 0.04):
            self.box.feed(at_s, "Kangaroo", share * 181.0, rng.uniform(240, 500))
            self.box.feed(at_s + 900, "Possum", 0.002 * 119.0, rng.uniform(240, 500))
            at_s += rng.uniform(3600, 4200)
        self.cry_s = float(rng.integers(600, 7800))
        self.cry = bout("kitten", rng, 60.0, level_db=-30.0)

    def history(self) -> list[AnyEvent]:
        """Three days of weighings with a clock that was right; Possum loses."""
        events: list[AnyEvent] = [
            RosterChanged(t_s=T0 - 4 * DAY_S, baby=baby.as_baby()) for baby in self.babies
        ]
        for hours in (70, 60, 48, 36, 24, 14):
            grams = {"Kangaroo": 181.0 - 0.35 * hours, "Possum": 121.0 + 0.1 * hours}
            events += [
                WeighIn(
                    t_s=T0 - hours * HOUR_S, baby=name, move="lift", weight_g=g, sigma_g=0.5,
                    confidence=1.0, step_id=f"{name}{hours}",
                )
                for name, g in grams.items()
            ]  # fmt: skip
        return events

    def observations(self, ahead_s: float) -> Iterator[Observation]:
        """As a clock sees it that is ``ahead_s`` ahead of the truth (mostly: behind)."""
        blocks = self.box.blocks(T0, T0 + NIGHT_S, block_s=2.0)
        sound = Room(self._seed, noise_db=-58.0)
        sound.add(self.cry_s, self.cry)
        for second in range(0, int(NIGHT_S), 2):
            begin_s = T0 + second + ahead_s
            samples = sound.render(second * AUDIO_RATE_HZ, 2 * AUDIO_RATE_HZ)
            yield AudioBlock(begin_s, samples)
            block = next(blocks)
            yield ScaleBlock(block.times_s + ahead_s, block.counts)
            yield Tick(begin_s + 2.0)

    def awake(self, true_s: float) -> bool:
        return T0 + self.cry_s - 30 < true_s < T0 + self.cry_s + 90


def live(
    night: Night, path: Path, *, wall_ahead_s: float, sync_after_s: float, restart_after_s: float
) -> dict[str, Any]:
    """The night with a wall clock that is off until it is synchronised; what is known at its end.

    ``restart_after_s``: the daemon is killed then and starts again in the same boot.
    """
    journal = Journal.open(path)
    journal.write(Batch(events=night.history()))
    right = wall_ahead_s == 0.0
    run = locate_run(
        None, boot_id="b", boot_s=20.0, unix_s=T0 + wall_ahead_s, synced=right,
        last_s=journal.last_s(),
    )  # fmt: skip
    recorder = begin(night, journal, run)
    ahead_s = run.start_s - T0
    restarted = False
    for observation in night.observations(ahead_s):
        true_s = observation.t_s - ahead_s
        if not restarted and true_s - T0 > restart_after_s:
            restarted = True
            saved = msgspec.json.decode(journal.load_state("clock") or b"", type=BootClock)
            run = locate_run(
                saved, boot_id="b", boot_s=20.0 + true_s - T0, unix_s=0.0, synced=False,
                last_s=journal.last_s(),
            )  # fmt: skip
            recorder = begin(night, journal, run)
            recorder.clock.shifted_s = run.start_s - observation.t_s  # its sources stamp anew
        if isinstance(observation, Tick) and math.isclose(true_s % 60.0, T0 % 60.0, abs_tol=0.01):
            synced = right or true_s - T0 >= sync_after_s
            wall_s = true_s if synced else true_s + wall_ahead_s
            reading = ClockReading(observation.t_s, wall_s, synced)
            recorder.handle(recorder.retimed(reading))
        recorder.handle(recorder.retimed(observation))
    recorder.save(recorder.now_s)
    found = known(recorder, journal)
    journal.close()
    return found


def begin(night: Night, journal: Journal, run: RunStart) -> Recorder:
    recorder = Recorder(CONFIG, journal, run_start=run)
    assert recorder.pipeline.detector is not None

    def awake(t_s: float) -> bool:
        return night.awake(t_s - (recorder.clock.clock.began_s - T0))

    model = cry_model(CONFIG.microphone.model)
    recorder.pipeline.detector = SparedDetector(model, awake)
    return recorder


def known(recorder: Recorder, journal: Journal) -> dict[str, Any]:
    """Everything a person could ask at the end."""
    state = recorder.status(recorder.now_s)
    lives = {
        (row["kind"], row["baby"], row["since_s"]) for row in journal.alerts() if row["t_s"] > T0
    }
    return {
        "weighings": [(w.t_s, w.baby, w.weight_g, w.stamp) for w in journal.weighings()],
        "feeds": [(f.t_s, f.baby, f.net_g, f.out_s) for f in journal.feeds()],
        "cries": [(c.t_s, c.started_s, c.context) for c in journal.cries()],
        "alerts": sorted(lives, key=str),
        "open": [(a.kind, a.baby, a.severity, a.since, a.title) for a in state.alerts],
        "babies": [msgspec.to_builtins(baby) for baby in state.babies],
        "cry": msgspec.to_builtins(state.cry),
        "telemetry": [(m.t_s, m.in_box) for m in journal.telemetry()],
    }


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


RIGHT: dict[int, dict[str, Any]] = {}


def right_night(seed: int, directory: Path) -> dict[str, Any]:
    if seed not in RIGHT:
        RIGHT[seed] = live(
            Night(seed), directory / f"right{seed}.sqlite",
            wall_ahead_s=0.0, sync_after_s=0.0, restart_after_s=1e9,
        )  # fmt: skip
    return RIGHT[seed]


def compare(seed: int, **how: float) -> None:
    with TemporaryDirectory() as name:
        right = right_night(seed, Path(name))
        late = live(Night(seed), Path(name) / "late.sqlite", **how)
        for what, expected in right.items():
            assert rounded(late[what]) == rounded(expected), what


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(
    seed=st.integers(1, 2),
    behind_s=st.one_of(
        st.integers(30, 13 * 3600).map(float), st.just(T0), st.integers(-20 * 3600, -30).map(float)
    ),
    sync_after_s=st.floats(0.0, NIGHT_S - 120.0),
)
def test_a_night_whose_clock_came_late_ends_like_one_whose_clock_was_right(
    seed: int, behind_s: float, sync_after_s: float
) -> None:
    """The last shutdown's time, 1970, or ahead; it comes at any moment, mid-feed, mid-cry."""
    compare(seed, wall_ahead_s=-behind_s, sync_after_s=sync_after_s, restart_after_s=1e9)


def test_the_clock_comes_in_the_middle_of_a_cry() -> None:
    night = Night(1)
    compare(1, wall_ahead_s=-5 * HOUR_S, sync_after_s=night.cry_s + 25.0, restart_after_s=1e9)


def test_a_daemon_that_was_killed_before_the_clock_came() -> None:
    """It goes on with its boot, whose first hour still has to be moved."""
    cut_s = Night(1).cry_s + 400.0
    with TemporaryDirectory() as name:
        found = [
            live(
                Night(1), Path(name) / f"{ahead_s}.sqlite", wall_ahead_s=ahead_s,
                sync_after_s=cut_s + 1200.0, restart_after_s=cut_s,
            )
            for ahead_s in (0.0, -6 * HOUR_S)
        ]  # fmt: skip
    right, late = map(rounded, found)
    assert late == right


def test_a_step_of_hours_while_running_loses_nothing() -> None:
    """A wrong time server was corrected: every duration stays, and all of the night moves back."""
    with TemporaryDirectory() as name:
        journal = Journal.open(Path(name) / "j.sqlite")
        night = Night(1)
        journal.write(Batch(events=night.history()))
        ahead_s = 3 * HOUR_S
        run = locate_run(
            None, boot_id="b", boot_s=20.0, unix_s=T0 + ahead_s, synced=True, last_s=0.0
        )
        recorder = begin(night, journal, run)
        for number, observation in enumerate(night.observations(ahead_s)):
            recorder.handle(recorder.retimed(observation))
            true_s = observation.t_s - ahead_s
            if number % 90 == 89 and true_s - T0 > HOUR_S:
                recorder.handle(
                    recorder.retimed(ClockReading(observation.t_s, true_s, synced=True))
                )
        recorder.save(recorder.now_s)
        late = known(recorder, journal)
        right = right_night(1, Path(name))
        for what in ("weighings", "feeds", "cries", "babies", "telemetry"):
            assert rounded(late[what]) == rounded(right[what]), what
        journal.close()


def test_while_the_clock_is_not_set_grams_per_day_are_unknown_and_it_is_said() -> None:
    with TemporaryDirectory() as name:
        journal = Journal.open(Path(name) / "j.sqlite")
        night = Night(1)
        journal.write(Batch(events=night.history()))
        run = locate_run(
            None, boot_id="b", boot_s=20.0, unix_s=0.0, synced=False, last_s=T0 - 3600.0
        )
        recorder = begin(night, journal, run)
        for observation in night.observations(run.start_s - T0):
            recorder.handle(observation)
        kangaroo, possum = recorder.status(recorder.now_s).babies
        assert kangaroo.weight_g is not None
        assert kangaroo.last_feed_g is not None
        for baby in (kangaroo, possum):
            assert baby.gain_24h_g is None
            assert baby.gain_24h_pct is None
            assert baby.intake_24h_g is None
            assert baby.verdict == "not_enough_data"
        assert {w.stamp for w in journal.weighings(run.start_s)} == {"guess"}
        journal.close()
        # The box is off before the network comes; the next boot is synchronised at once.
        journal = Journal.open(Path(name) / "j.sqlite")
        saved = msgspec.json.decode(journal.load_state("clock") or b"", type=BootClock)
        run = locate_run(
            saved, boot_id="next", boot_s=20.0, unix_s=T0 + DAY_S, synced=True,
            last_s=journal.last_s(),
        )  # fmt: skip
        recorder = begin(night, journal, run)
        guessed = {w.step_id for w in journal.weighings() if w.stamp == "guess"}
        assert guessed
        book = recorder.pipeline.scale.state.claims.records[0]
        used = {point.t_s for point in book.points()}
        assert used
        assert not used & {w.t_s for w in book.weighings if w.step_id in guessed}
        journal.close()


def test_a_typed_weight_says_whose_word_its_time_is() -> None:
    with TemporaryDirectory() as name:
        journal = Journal.open(Path(name) / "j.sqlite")
        night = Night(1)
        journal.write(Batch(events=night.history()))
        run = locate_run(
            None, boot_id="b", boot_s=20.0, unix_s=0.0, synced=False, last_s=T0 - 3600.0
        )
        recorder = begin(night, journal, run)
        here_s = run.start_s + 10.0
        dated = {"baby": "Possum", "grams": 120.0, "at": "2026-05-08T18:30:00Z"}
        for args in ({"baby": "Possum", "grams": 119.0}, dated):
            recorder.handle(asked(here_s, "weigh", args))
        stamps = {w.weight_g: w.stamp for w in journal.weighings() if w.move is None}
        assert stamps == {119.0: "guess", 120.0: "person"}
        recorder.handle(ClockReading(here_s + 1, here_s + 1 + 7200.0, synced=True))
        times = {w.weight_g: (w.t_s, w.stamp) for w in journal.weighings() if w.move is None}
        assert times[119.0] == (here_s + 7200.0, "clock")
        assert times[120.0] == (1_778_265_000.0, "person")
        journal.close()
