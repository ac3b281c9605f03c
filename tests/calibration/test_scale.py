"""The scale's calibration: refusals in plain sentences, the whole flow guided and from a file."""

import io
import tomllib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calibration import guided as guided_module
from calibration import scale as scale_module
from calibration.drift import soak
from calibration.guided import ATTEMPTS, guided, guided_by_monitor, picture
from calibration.recorded_steps import plateaus
from calibration.scale import artefact, calibrate_scale, summary
from monitor.config import Config, ScaleConfig
from monitor.config_file import parse_config
from monitor.core.scale_fit import Plateau, ScaleFit, diagnose, fit, rest
from monitor.devices.collect import Collected
from monitor.errors import CalibrationError, CommandError, ConfigError
from monitor.events import ScaleBlock
from monitor.written.masses import parse_mass

FACTOR, ZERO, NOISE = 412.7, 84_213.0, 60.0
RATE_HZ = 11.7


def readings(*loads, seed=1, factor=FACTOR, noise=NOISE):
    """(times, counts) of loads as (grams, seconds)."""
    rng = np.random.default_rng(seed)
    grams = np.concatenate([np.full(round(seconds * RATE_HZ), g) for g, seconds in loads])
    times = np.arange(len(grams)) / RATE_HZ
    return times, np.round(ZERO + factor * grams + rng.normal(0, noise, len(grams)))


def plateau(grams, factor=FACTOR, noise=NOISE):
    return Plateau(mean_counts=ZERO + factor * grams, noise_counts=noise, values=60)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("1000", 1000),
        ("1kg", 1000),
        ("0,5 kg", 500),
        ("250 g", 250),
        ("2lb", 907.18474),
        ("20x2eur", 170),
        ("10x2eur + 4 x 50ct", 116.2),
        ("40xquarter", 226.8),
    ],
)
def test_masses(text, grams):
    assert parse_mass(text) == pytest.approx(grams)


@pytest.mark.parametrize("text", ["", "heavy", "-5", "0", "3x9eur", "1000 stone"])
def test_nonsense_is_no_mass(text):
    with pytest.raises(ValueError, match=r"is no mass|names \"9eur\""):
        parse_mass(text)


@pytest.mark.parametrize("factor", [FACTOR, -FACTOR])
def test_fits_either_sign(factor):
    found = fit(plateau(0), plateau(1000, factor), 1000, 5000, (plateau(300, factor), 300))
    assert found.counts_per_gram == pytest.approx(factor)
    assert found.zero_counts == ZERO
    assert found.noise_g == pytest.approx(NOISE / FACTOR)
    assert found.check_error == pytest.approx(0, abs=1e-9)
    assert 0.2 < found.used_range < 0.3


@pytest.mark.parametrize(
    ("loaded", "mass_g", "check", "words"),
    [
        (plateau(0.01), 1000, None, "the same .* wiring"),
        (plateau(1000, factor=10.0), 1000, None, "made for far heavier loads"),
        (plateau(5), 5, None, "too light .* at least"),
        (plateau(1000), 1000, (plateau(300), 340), "shows 300.0 g"),
        (plateau(500), 1000, (plateau(300), 300), "shows 600.0 g"),
    ],
)
def test_refuses_in_a_plain_sentence(loaded, mass_g, check, words):
    with pytest.raises(CalibrationError, match=words):
        fit(plateau(0), loaded, mass_g, 5000, check)


def test_diagnosis_tells_rate_and_noise():
    rate_hz, noise = diagnose(*readings((0, 10)))
    assert rate_hz == pytest.approx(RATE_HZ, rel=0.01)
    assert noise == pytest.approx(NOISE, rel=0.25)


@pytest.mark.parametrize(
    ("times", "counts", "words"),
    [
        (np.zeros(0), np.zeros(0), "sends no values"),
        (np.arange(50) / 3.0, np.arange(50) % 7.0, "3.0 values a second"),
        (np.arange(50) / 10, np.full(50, 5.0), "exactly the same"),
        (np.arange(50) / 10, np.where(np.arange(50) > 40, 0x7FFFFF, 5.0), "end of its range"),
    ],
)
def test_diagnosis_refuses(times, counts, words):
    with pytest.raises(CalibrationError, match=words):
        diagnose(times, counts)


def test_restlessness_is_refused_and_rest_is_not():
    rng = np.random.default_rng(2)
    for _ in range(50):
        rest(ZERO + rng.normal(0, NOISE, 70))
    with pytest.raises(CalibrationError, match="not still"):
        rest(ZERO + rng.normal(0, NOISE, 70) + np.linspace(0, 10 * NOISE, 70))


def test_a_session_falls_into_its_levels():
    times, counts = readings((0, 12), (700, 1.5), (1000, 15), (0, 8), (300, 12))
    counts[160:170] += 9000.0 * np.sin(np.arange(10))  # a hand
    levels = [(p.mean_counts - ZERO) / FACTOR for p in plateaus(times, counts)]
    assert levels == pytest.approx([0, 1000, 0, 300], abs=0.2)


def write_csv(path, times, counts):
    rows = "".join(f"{t:.4f},{c:.0f}\n" for t, c in zip(times, counts, strict=True))
    path.write_text("time_s,counts\n" + rows)
    return str(path)


@pytest.fixture
def config():
    return Config(box="a", scale=ScaleConfig(source="hx711"))


def read_artefact(folder):
    (path,) = folder.glob("scale-*.toml")
    return tomllib.loads(path.read_text())


def test_from_a_recording(tmp_path, config):
    path = write_csv(tmp_path / "s.csv", *readings((0, 12), (1000, 15), (0, 8), (300, 12)))
    out = io.StringIO()
    done = calibrate_scale(
        config, mass="1kg", check_mass="300", from_csv=path, out_dir=str(tmp_path), out=out
    )
    assert done == 0
    written = read_artefact(tmp_path)
    assert written["scale"]["counts_per_gram"] == pytest.approx(FACTOR, rel=1e-3)
    assert written["scale"]["zero_counts"] == pytest.approx(ZERO, abs=20)
    assert written["measured"]["noise_g"] == pytest.approx(NOISE / FACTOR, rel=0.3)
    assert abs(written["measured"]["check_error"]) < 2e-3
    assert "counts_per_gram = 412" in out.getvalue()


def test_a_recording_without_the_mass_is_refused_and_nothing_is_written(tmp_path, config):
    path = write_csv(tmp_path / "s.csv", *readings((0, 30)))
    with pytest.raises(CalibrationError, match="did not change"):
        calibrate_scale(config, mass="1kg", from_csv=path, out_dir=str(tmp_path), out=io.StringIO())
    assert not list(tmp_path.glob("scale-*"))


class Box:
    """A scale on which the one who answers the prompts puts things; time does not pass."""

    def __init__(self, answers, factor=FACTOR):
        self.answers = iter(answers)
        self.load_g, self.factor, self.prompts, self.seed = 0.0, factor, [], 0

    def ask(self, prompt):
        self.prompts.append(prompt)
        answer = next(self.answers)
        if isinstance(answer, float):
            self.load_g = answer
            return ""
        return answer

    def collect(self, seconds, waiting_s=0.0):
        self.seed += 1
        times, counts = readings((self.load_g, seconds), seed=self.seed, factor=self.factor)
        if np.isnan(self.load_g):
            counts = ZERO + 5000.0 * np.sin(times)
        return Collected(times, counts, np.zeros(0, np.float32), None)

    def skip(self):
        pass

    close = skip


def calibrated(config, answers):
    box, out = Box(answers), io.StringIO()
    found = guided(box, config.scale, ask=box.ask, settle_s=0.0, out=out)
    return found, box.prompts, out.getvalue()


def test_guided_in_three_steps(config):
    found, prompts, text = calibrated(config, [0.0, "1kg", 1000.0, "20x2eur", 170.0])
    assert "11.7 values a second" in text
    assert "agrees within" in summary(found)
    assert found.counts_per_gram == pytest.approx(FACTOR, rel=1e-3)
    assert "Step 1 of 3" in prompts[0]


def test_the_drawing_shows_what_lies_where():
    drawn = picture("1000 g").splitlines()
    (mass,) = [line for line in drawn if "1000 g" in line]
    platform = next(line for line in drawn if "====" in line)
    middle = mass.index("|") + len("| 1000 g |") / 2
    assert middle == pytest.approx(platform.index("=") + platform.count("=") / 2, abs=1)
    assert "nothing" in picture("")
    assert max(map(len, drawn)) < 80


def test_guided_waits_for_stillness_and_may_skip_the_check(config):
    found, _, text = calibrated(config, [float("nan"), 0.0, "1kg", 1000.0, ""])
    assert "was not still" in text
    assert "would go unnoticed" in summary(found)


def test_guided_refuses_a_dead_wire_at_step_two(config):
    with pytest.raises(CalibrationError, match="wiring"):
        calibrated(config, [0.0, *["1kg", 0.0] * ATTEMPTS])


def test_a_typing_error_and_a_mass_that_cannot_be_are_asked_again(config):
    answers = [0.0, "1kgg", "100", 1000.0, "1 kg", 1000.0, "a can", "400 g", 400.0]
    found, _, text = calibrated(config, answers)
    assert '"1kgg" is no mass' in text
    assert "246 % of the converter's range: are 100 g what lies on it?" in text
    assert '"a can" is no mass' in text
    assert found.counts_per_gram == pytest.approx(FACTOR, rel=1e-3)
    assert found.check_error == pytest.approx(0, abs=2e-3)


def test_by_the_running_monitor_each_step_is_a_command_and_a_refusal_is_asked_again():
    taken, prompts, out = [], [], io.StringIO()
    answers = iter(["", "", "1kg", "", "300", "", ""])

    def step(name, grams):
        taken.append((name, grams))
        if len(taken) == 1:
            raise CommandError("the scale was not still")
        return f"{name} understood"

    guided_by_monitor(
        step, ask=lambda prompt: (prompts.append(prompt), next(answers))[1], settle_s=0.0, out=out
    )
    assert taken == [
        ("empty", None), ("empty", None), ("mass", 1000.0), ("check", 300.0), ("accept", None),
    ]  # fmt: skip
    assert "was not still" in out.getvalue()
    assert out.getvalue().endswith("accept understood.\n")


def test_a_calibration_by_the_running_monitor_that_is_broken_off_is_cancelled():
    taken = []
    answers = iter(["", KeyboardInterrupt()])

    def ask(_prompt):
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def step(name, grams):
        taken.append(name)
        return "understood"

    with pytest.raises(KeyboardInterrupt):
        guided_by_monitor(step, ask=ask, settle_s=0.0, out=io.StringIO())
    assert taken == ["empty", "cancel"]


def test_a_calibration_is_kept_by_whoever_takes_it_over(tmp_path, config, monkeypatch):
    box, kept, out = Box([0.0, "1kg", 1000.0, ""]), [], io.StringIO()
    monkeypatch.setattr(scale_module, "open_tap", lambda *_: box)
    monkeypatch.setattr(guided_module.time, "sleep", lambda _s: None)
    calibrate_scale(
        config,
        ask=box.ask,
        out_dir=str(tmp_path),
        keep=lambda *values: kept.append(values),
        out=out,
    )
    assert kept == [(pytest.approx(FACTOR, rel=1e-3), pytest.approx(ZERO, abs=20))]
    assert "The box uses it from now on" in out.getvalue()
    assert "Put these two lines" not in out.getvalue()


def test_soak_measures_the_drift(tmp_path):
    times = np.arange(0, 3 * 3600, 0.5)
    rng = np.random.default_rng(4)
    counts = ZERO + FACTOR * 2.5 * times / 3600 + rng.normal(0, NOISE, len(times))
    found = soak([ScaleBlock(times, counts)], FACTOR)
    assert found.drift_g_per_h == pytest.approx(2.5, abs=0.05)
    assert found.hours == pytest.approx(3.0, abs=0.05)
    path = write_csv(tmp_path / "night.csv", times, counts)
    scale = ScaleConfig(counts_per_gram=FACTOR, zero_counts=ZERO)
    out = io.StringIO()
    calibrate_scale(
        Config(box="a", scale=scale), from_csv=path, soak_h=3, out_dir=str(tmp_path), out=out
    )
    assert "drift +2.5" in out.getvalue()


def test_soak_needs_a_calibration_and_ten_minutes(config):
    with pytest.raises(ConfigError, match="calibrate first"):
        calibrate_scale(config, soak_h=1, out=io.StringIO())
    with pytest.raises(CalibrationError, match="ten minutes"):
        soak([ScaleBlock(np.arange(60.0), np.zeros(60))], FACTOR)


@given(st.floats(-1e6, 1e6), st.floats(-(2**23), 2**23), st.floats(0, 1e3), st.floats(0, 10))
def test_what_calibration_writes_the_configuration_takes(
    factor: float, zero: float, noise: float, used: float
) -> None:
    assume(abs(factor) > 1e-3)
    found = ScaleFit(
        counts_per_gram=factor, zero_counts=zero, noise_g=noise, precision=0.001,
        used_range=used, check_error=None,
    )  # fmt: skip
    text = artefact(found, ScaleConfig())
    assert tomllib.loads(text)["measured"]["driver"] == "gpiozero"
    lines = text.split("[measured]")[0]
    config = parse_config(f'box = "a"\n{lines}'.encode(), "artefact")
    assert config.scale.counts_per_gram == pytest.approx(factor, abs=1e-4)
