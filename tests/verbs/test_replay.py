"""Replay: the same inputs give the same bytes, streams meet in time order, memory stays small."""

import io
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from monitor.config import Config, ScaleConfig
from monitor.errors import ConfigError, InputError
from monitor.events import Calibration, CommandResult
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.simulation.sounds import Room, bout
from monitor.times import parse_rfc3339
from monitor.verbs.replay import Replay, ReplayInputs, replay

START = "2026-05-08T12:00:00Z"
BABIES = (
    '[{"name": "Kangaroo", "species": "kitten", "born": "2026-05-01", "weight_g": 181},'
    ' {"name": "Possum", "species": "puppy", "born": "2026-04-28", "weight_g": 119}]'
)
CONFIG = Config(
    box="replay",
    scale=ScaleConfig(counts_per_gram=GOOD_CELL.counts_per_gram, zero_counts=GOOD_CELL.zero_counts),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> ReplayInputs:
    """Twelve minutes: Kangaroo is fed at minute 2, a kitten cries at minute 8."""
    work = tmp_path_factory.mktemp("recorded")
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0),
        SimBaby(name="Possum", species="puppy", weight_g=119.0),
    ]
    box = SimulatedBox(7, 0.0, babies)
    box.feed(120.0, "Kangaroo", 8.0, 180.0)
    with (work / "s.csv").open("w") as file:
        file.write("time_s,counts\n")
        for block in box.blocks(0.0, 720.0):
            np.savetxt(file, np.column_stack([block.times_s, block.counts]), "%.3f,%d")
    room = Room(7, noise_db=-58.0)
    room.add(480.0, bout("kitten", np.random.default_rng(7), 40.0, level_db=-30.0))
    soundfile.write(work / "a.flac", room.render(0, 720 * 16_000), 16_000)
    (work / "b.json").write_text(BABIES)
    return ReplayInputs(
        babies=f"{work}/b.json", scale=f"{work}/s.csv", audio=f"{work}/a.flac", start=START
    )


def run(inputs: ReplayInputs) -> str:
    out = io.StringIO()
    assert replay(CONFIG, inputs, as_json=True, out=out, err=io.StringIO()) == 0
    return out.getvalue()


def test_sound_and_weight_meet_and_repeat_to_the_byte(recorded: ReplayInputs) -> None:
    first = run(recorded)
    assert first == run(recorded)
    events = [msgspec.json.decode(line) for line in first.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds.count("weigh_in") == 2
    assert kinds.count("feed") == 1
    assert "cry_started" in kinds
    assert "cry_ended" in kinds
    for event in events:
        assert event["at"].endswith("Z")
        moment = parse_rfc3339(event["at"]) - parse_rfc3339(START)
        assert moment == pytest.approx(event["t_s"], abs=0.002)
    lift = next(e for e in events if e["event"] == "weigh_in")
    assert (lift["baby"], lift["move"]) == ("Kangaroo", "lift")
    assert lift["t_s"] == pytest.approx(120.0, abs=2.0)
    assert lift["weight_g"] == pytest.approx(181.0, abs=1.0)
    cry = next(e for e in events if e["event"] == "cry_started")
    assert cry["t_s"] == pytest.approx(480.0, abs=3.0)
    assert cry["context"] == "just_fed"


def test_a_gap_in_the_recording_is_a_stalled_source(recorded: ReplayInputs, tmp_path: Path) -> None:
    lines = Path(recorded.scale or "").read_text().splitlines(keepends=True)
    kept = [lines[0], *(x for x in lines[1:] if not 400 < float(x.split(",")[0]) < 500)]
    (tmp_path / "gap.csv").write_text("".join(kept))
    inputs = msgspec.structs.replace(recorded, scale=str(tmp_path / "gap.csv"), audio=None)
    events = [msgspec.json.decode(line) for line in run(inputs).splitlines()]
    states = [event["state"] for event in events if event["event"] == "source"]
    assert states[0] == "healthy"
    assert states[-1] == "healthy"
    assert {"stalled", "failed"} & set(states)


def test_a_logger_that_counts_from_its_own_start(recorded: ReplayInputs, tmp_path: Path) -> None:
    lines = Path(recorded.scale or "").read_text().splitlines()
    later = [lines[0]]
    for line in lines[1:]:
        t_s, counts = line.split(",")
        later.append(f"{float(t_s) + 90_000:.3f},{counts}")
    (tmp_path / "late.csv").write_text("\n".join(later) + "\n")
    early = msgspec.structs.replace(recorded, audio=None)
    late = msgspec.structs.replace(early, scale=str(tmp_path / "late.csv"))

    def weighed(inputs: ReplayInputs) -> list[tuple[str, float]]:
        events = [msgspec.json.decode(line) for line in run(inputs).splitlines()]
        return [(e["baby"], e["weight_g"]) for e in events if e["event"] == "weigh_in"]

    assert [name for name, _ in weighed(late)] == [name for name, _ in weighed(early)]


def test_a_rescuers_old_list(tmp_path: Path) -> None:
    rows = ["time,baby,weight_g"]
    for day, grams in enumerate([112, 118, 125, 131, 138, 134, 129, 124]):
        rows.append(f"2026-05-{10 + day:02d}T08:00:00Z,Kangaroo,{grams}")
        rows.append(f"2026-05-{10 + day:02d}T08:05:00Z,Possum,{200 + 12 * day}")
    (tmp_path / "w.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "b.json").write_text(BABIES.replace("2026-04-28", "2026-05-01"))
    inputs = ReplayInputs(babies=f"{tmp_path}/b.json", weights=f"{tmp_path}/w.csv")
    events = [msgspec.json.decode(line) for line in run(inputs).splitlines()]
    weighed = [event for event in events if event["event"] == "weigh_in"]
    assert len(weighed) == 16
    alerts = [event for event in events if event["event"] == "alert"]
    assert {a["baby"] for a in alerts if a["kind"] == "losing_weight"} == {"Kangaroo"}
    assert not [a for a in alerts if a["kind"] == "not_gaining" and a["baby"] == "Possum"]


def test_what_cannot_be_replayed_is_said(recorded: ReplayInputs, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to replay"):
        run(ReplayInputs())
    with pytest.raises(ConfigError, match="--start"):
        run(msgspec.structs.replace(recorded, start="yesterday"))
    (tmp_path / "w.csv").write_text("time,baby,weight_g\n2026-05-10T08:00:00Z,Bob,100\n")
    with pytest.raises(InputError, match=r"line 2.*Bob"):
        run(msgspec.structs.replace(recorded, weights=str(tmp_path / "w.csv")))
    uncalibrated = Config(box="a")
    with pytest.raises(ConfigError, match="counts_per_gram"):
        replay(uncalibrated, recorded, as_json=True, out=io.StringIO(), err=io.StringIO())


def test_recorded_commands_are_carried_out_at_their_time(
    recorded: ReplayInputs, tmp_path: Path
) -> None:
    (tmp_path / "c.jsonl").write_text(
        '{"t_s": 400.0, "verb": "note", "args": {"kind": "carer", "text": "Mo"}}\n'
        '{"t_s": 360.5, "verb": "feed", "args": {"baby": "Possum", "grams": "6 ml"}}\n'
        '{"t_s": 410.0, "verb": "explode"}\n'
        '{"t_s": 420.0, "verb": "feed", "args": {"baby": "Zed"}}\n'
        '{"t_s": 900.0, "verb": "feed", "args": {"baby": "Possum"}}\n'
    )
    inputs = msgspec.structs.replace(recorded, audio=None, commands=f"{tmp_path}/c.jsonl")
    events = [msgspec.json.decode(line) for line in run(inputs).splitlines()]
    told = [e for e in events if e["event"] == "feed" and e.get("origin") == "typed"]
    assert [(e["t_s"], e["net_g"]) for e in told] == [(360.5, 6.0), (900.0, None)]
    results = [e for e in events if e["event"] == "command_result"]
    assert [(e["t_s"], e["verb"], e["ok"]) for e in results] == [
        (360.5, "feed", True),
        (400.0, "note", True),
        (410.0, "explode", False),
        (420.0, "feed", False),
        (900.0, "feed", True),
    ]
    assert "no command" in results[2]["error"]
    assert "Zed" in results[3]["error"]
    assert events.index(results[0]) < events.index(results[1])


def test_a_recorded_night_is_told_in_words_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(BABIES)
    box = SimulatedBox(7, 0.0, [SimBaby(name="Kangaroo", species="kitten", weight_g=181.0)])
    box.feed(120.0, "Kangaroo", 8.0, 180.0)
    with (tmp_path / "s.csv").open("w") as file:
        file.write("time_s,counts\n")
        for block in box.blocks(0.0, 1500.0):
            np.savetxt(file, np.column_stack([block.times_s, block.counts]), "%.3f,%d")
    (tmp_path / "c.jsonl").write_text('{"t_s": 1400.0, "verb": "summary", "args": {"hours": 1}}\n')
    inputs = ReplayInputs(
        babies=f"{tmp_path}/b.json", scale=f"{tmp_path}/s.csv", commands=f"{tmp_path}/c.jsonl",
        start="2026-05-08T06:40:00Z",
    )  # fmt: skip
    events = [msgspec.json.decode(line) for line in run(inputs).splitlines()]
    night, asked = [event for event in events if event["event"] == "summary"]
    assert (night["from"], night["to"]) == ("2026-05-07T22:00:00Z", "2026-05-08T07:00:00Z")
    assert night["t_s"] == pytest.approx(1200.0, abs=1.0)
    assert "The box watches since 06:40 only." in night["text"]
    assert "Kangaroo: drank 1 bottle, 8 g (06:4" in night["text"]
    (result,) = [event for event in events if event["event"] == "command_result"]
    assert result["answer"]["text"] == asked["text"]


def nest_csv(path: Path, every_s: float = 30.0) -> Path:
    """Three hours at 30.5 °C, then the heat fails in a room of 18 °C."""
    rows = ["time_s,temperature_c"]
    for t_s in np.arange(0.0, 5 * 3600.0, every_s):
        celsius = 30.5 + 0.4 * np.sin(t_s / 300.0)
        if t_s > 3 * 3600:
            celsius = 18.0 + 12.5 * np.exp(-(t_s - 3 * 3600) / 2400.0)
        rows.append(f"{t_s},{round(celsius * 16) / 16}")
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize("every_s", [10.0, 120.0])
def test_a_recorded_probe_is_replayed_with_the_same_alerts(tmp_path: Path, every_s: float) -> None:
    (tmp_path / "b.json").write_text(BABIES.replace("2026-05-01", "2026-05-07"))
    inputs = ReplayInputs(
        babies=f"{tmp_path}/b.json",
        probe=str(nest_csv(tmp_path / "p.csv", every_s)),
        start=START,
    )
    first = run(inputs)
    assert run(inputs) == first
    events = [msgspec.json.decode(line) for line in first.splitlines()]
    sources = {(e["source"], e["state"]) for e in events if e["event"] == "source"}
    assert sources == {("probe", "healthy")}
    alerts = [e for e in events if e["event"] == "alert"]
    assert {e["kind"] for e in alerts} == {"too_cold"}
    assert alerts[0]["title"] == "Nest cools down"
    assert 180 < alerts[0]["t_s"] / 60 < 200
    assert alerts[-1]["own_severity"] == "critical"


def test_a_probe_meets_scale_and_sound(recorded: ReplayInputs, tmp_path: Path) -> None:
    probe = tmp_path / "p.csv"
    rows = "".join(f"{t},{30.0 + t % 3 / 16}\n" for t in range(0, 720, 10))
    probe.write_text(f"time_s,temperature_c\n{rows}")
    lines = run(msgspec.structs.replace(recorded, probe=str(probe))).splitlines()
    told = [line for line in lines if '"source":"probe"' not in line]
    assert told == run(recorded).splitlines()
    assert len(told) == len(lines) - 1


def test_a_calibration_is_carried_out_in_a_replay_and_a_setting_refused(tmp_path):
    rng = np.random.default_rng(1)
    loads = [(0.0, 10), (1000.0, 10), (300.0, 10), (0.0, 10), (500.0, 30)]
    counts = np.concatenate([84_213 + 412.7 * g + rng.normal(0, 60, s * 10) for g, s in loads])
    rows = "".join(f"{i / 10},{c:.0f}\n" for i, c in enumerate(counts))
    (tmp_path / "s.csv").write_text("time_s,counts\n" + rows)
    said = [
        (9, "calibrate_scale", {"step": "empty"}),
        (19, "calibrate_scale", {"step": "mass", "grams": "1 kg"}),
        (29, "calibrate_scale", {"step": "check", "grams": 300}),
        (29.5, "calibrate_scale", {"step": "accept"}),
        (60, "configure", {"key": "box", "value": "cellar"}),
    ]
    lines = [json.dumps({"t_s": t, "verb": v, "args": a}) for t, v, a in said]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    inputs = ReplayInputs(scale=str(tmp_path / "s.csv"), commands=str(tmp_path / "c.jsonl"))
    run = Replay(Config(box="a"), inputs)
    events = list(run.events())
    (calibration,) = [e for e in events if isinstance(e, Calibration)]
    assert calibration.counts_per_gram == pytest.approx(412.7, rel=1e-3)
    results = [e for e in events if isinstance(e, CommandResult)]
    assert [r.ok for r in results] == [True, True, True, True, False]
    assert "for a monitor that runs" in str(results[-1].error)
