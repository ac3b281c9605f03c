"""A new box is "not set up yet" and alarms nobody; one that was set up is watched as ever."""

import numpy as np
import pytest

from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.core.set_up import LOST_CALIBRATION, STEPS, SettingUp
from monitor.data.shipped import cry_model, shipped
from monitor.events import Alert, AudioBlock, Baby, CommandResult, ScaleBlock, Tick
from monitor.names import SetUpStep
from tests.asking import asked
from tests.restarting import resume, saved

T = 1_778_241_600.0
HX711 = ScaleConfig(source="hx711")
CALIBRATED = ScaleConfig(source="hx711", counts_per_gram=412.7, zero_counts=84_213.0)
NO_SCALE = ScaleConfig()
POSSUM = Baby(id="1", name="Possum", species="puppy")
RNG = np.random.default_rng(3)


class Box:
    """One box, second by second; a microphone is one that can be heard or is not there."""

    def __init__(self, scale: ScaleConfig = HX711, *babies: Baby, box: str = "nursery") -> None:
        self.now_s = T
        self.told: list[Alert] = []
        self.line = Pipeline(
            Config(box=box, scale=scale, microphone=MicrophoneConfig(source="sounddevice")),
            babies=babies,
            history=(),
            model=cry_model(None),
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=T,
            local_minute=lambda _t_s: 720,
        )

    def live(self, seconds: int, *, sound: bool = False, weight: bool = False) -> None:
        for _ in range(seconds):
            if sound:
                for tenth in range(10):
                    room = RNG.normal(0, 2e-4, 1600).astype(np.float32)
                    self._take(AudioBlock(self.now_s + tenth / 10, room))
            if weight:
                times = self.now_s + np.arange(10) / 10
                self._take(ScaleBlock(times, np.round(84_213 + RNG.normal(0, 60, 10))))
            self.now_s += 1.0
            self._take(Tick(self.now_s))

    def ask(self, verb: str, **args: object) -> CommandResult:
        found = self.line.observe(asked(self.now_s, verb, args))
        self.told += [each for each in found if isinstance(each, Alert)]
        (result,) = [each for each in found if isinstance(each, CommandResult)]
        return result

    def _take(self, observed: AudioBlock | ScaleBlock | Tick) -> None:
        self.told += [e for e in self.line.observe(observed) if isinstance(e, Alert)]

    @property
    def blind(self) -> set[str]:
        return {alert.title for alert in self.told if alert.kind == "monitor_blind"}

    @property
    def set_up(self):
        return self.line.status(self.now_s).set_up


def test_a_new_box_of_which_nothing_is_there_yet_alarms_nobody():
    box = Box()
    box.live(300)
    assert box.told == []
    assert not box.set_up.ready
    assert box.set_up.not_yet == ["microphone", "scale"]
    assert box.set_up.next == "name"
    assert box.set_up.missing == ["scale", "calibration", "microphone", "babies"]
    sources = box.line.status(box.now_s).sources
    assert sources["scale"].state == "failed", "its state is told as it is"


def test_a_calibrated_scale_that_says_nothing_is_blind():
    box = Box(CALIBRATED)
    box.live(60)
    assert box.blind == {"Scale is blind", "Microphone is deaf"}


def test_with_somebody_registered_a_deaf_microphone_is_told_and_an_uncalibrated_scale_is_not():
    box = Box()
    box.live(60)
    assert box.told == []
    assert box.ask("baby_add", name="Possum", species="puppy").ok
    box.live(60)
    assert box.blind == {"Microphone is deaf"}
    assert box.set_up.not_yet == ["scale"]


def test_a_microphone_that_has_worked_is_missed_also_while_nobody_is_registered():
    box = Box()
    box.live(80, sound=True)
    box.live(60)
    assert box.blind == {"Microphone is deaf"}


def test_a_microphone_that_is_tried_and_unplugged_is_no_alert():
    box = Box()
    for _ in range(3):
        box.live(20, sound=True)
        box.live(30)
    assert box.told == []


def test_a_box_without_a_scale_is_quiet_while_somebody_sets_it_up():
    box = Box(NO_SCALE)
    assert box.ask("set_up", step="name").ok
    box.live(60)
    assert box.told == []
    assert box.ask("set_up", step="microphone").ok
    box.live(60)
    assert box.blind == {"Microphone is deaf"}


def test_a_scale_that_has_lost_its_calibration_is_blind_and_says_so():
    before = Box(CALIBRATED, POSSUM)
    before.live(5, sound=True, weight=True)
    after = Box(HX711, POSSUM)
    resume(after.line, saved(before.line))
    after.live(60, sound=True, weight=True)
    assert after.blind == {"Scale is blind"}
    assert LOST_CALIBRATION in after.told[0].message
    assert (after.set_up.ready, after.set_up.next) == (False, "calibration")


def test_a_journal_of_before_there_was_a_set_up_is_of_a_box_that_was_set_up():
    before, after = Box(HX711), Box(HX711)
    rows = {part: row for part, row in saved(before.line).items() if part != "set_up"}
    resume(after.line, rows)
    after.live(60)
    assert after.blind == {"Microphone is deaf"}
    assert after.set_up.next == "calibration"


def test_what_was_done_is_known_after_a_restart():
    before, after = Box(), Box(box="attic")
    before.ask("set_up", step="microphone")
    before.live(80, weight=True)
    resume(after.line, saved(before.line))
    done = [step for step, is_done in after.set_up.steps.items() if is_done]
    assert done == ["name", "scale", "microphone"]
    assert after.set_up.next == "calibration"


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_ticked_off_and_opened_again_and_the_answer_says_what_is_left(step: SetUpStep):
    box = Box()
    assert not box.line.unsaved
    answer = box.ask("set_up", step=step)
    assert answer.ok
    assert box.line.unsaved
    assert box.set_up.steps[step] is (step != "calibration"), "only a calibration calibrates"
    assert answer.understood is not None
    assert (f"done: {step}" in answer.understood) or "still to do" in answer.understood
    assert answer.answer == {"next": box.set_up.next, "steps": box.set_up.steps}
    box.ask("set_up", step=step, done=False)
    assert not any(box.set_up.steps.values())


def test_with_everything_done_nothing_is_left():
    box = Box(CALIBRATED, POSSUM)
    box.live(80, sound=True, weight=True)
    assert box.set_up.ready
    assert box.ask("set_up").understood == "everything is set up"
    assert box.set_up.next is None


def test_a_box_that_is_told_to_have_no_scale_is_ready_without_one():
    box = Box(NO_SCALE)
    for step in ("name", "scale", "microphone", "babies", "alerts", "test"):
        box.ask("set_up", step=step)
    assert box.set_up.ready
    assert box.set_up.missing == []
    assert box.set_up.next is None


def test_a_simulated_microphone_has_nothing_to_prove():
    line = Pipeline(
        Config(
            box="practice",
            scale=ScaleConfig(source="simulated", counts_per_gram=412.7, zero_counts=84_213.0),
            microphone=MicrophoneConfig(source="simulated"),
        ),
        babies=(POSSUM,),
        history=(),
        model=None,
        reference=GrowthReference.parse(shipped("growth.toml")),
        start_s=T,
        local_minute=lambda _t_s: 720,
    )
    assert line.status(T).set_up.ready


def test_once_somebody_is_here_and_every_source_has_worked_there_is_nothing_to_learn():
    hears = MicrophoneConfig(source="sounddevice")
    config = Config(box="nursery", scale=CALIBRATED, microphone=hears)
    setting_up = SettingUp(config)
    setting_up.state.worked = ["probe", "scale"]  # the probe was given up since
    setting_up.observe([], [POSSUM])
    assert setting_up.learns
    setting_up.observe(["microphone"], [POSSUM])
    assert not setting_up.learns
