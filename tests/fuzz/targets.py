"""What reads bytes from outside, each as one function: it may refuse, it may not fail.

A target takes any bytes. It returns, or raises a ``NurseryError`` of one line; everything else is
a finding. What was accepted is used as the program uses it, because a bad value that passes the
door breaks something later, in the night.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.config import Config, ScaleConfig
from monitor.config_file import parse_config
from monitor.core import old_snapshot
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.features import fingerprint
from monitor.core.cry.model import CryModel
from monitor.core.cry.model_file import read_arrays
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.core.state import PARTS, decoded
from monitor.data.shipped import shipped
from monitor.errors import InputError, NurseryError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, Baby, Tick
from monitor.mqtt.topics import Topics, parse_command, state_messages
from monitor.recordings.spreadsheet import read_babies, read_weights
from monitor.recordings.weight_list import read_list
from monitor.times import rfc3339
from monitor.verbs.listen import listen
from monitor.verbs.replay import Replay, ReplayInputs
from monitor.verbs.watched_boxes import WatchedBoxes
from monitor.written.days import LocalNow
from tests.asking import asked
from tests.restarting import resume, saved

CORPUS = Path(__file__).parent / "corpus"
START_S = 1_778_241_600.0
SCALE = ScaleConfig(source="csv", file="x", counts_per_gram=400.0, zero_counts=0.0)
TOPICS = Topics("fuzz")
VERBS = (
    "weigh",
    "snooze",
    "assign",
    "correct",
    "baby_add",
    "baby_edit",
    "baby_retire",
    "tare",
    "weigh_in",
    "thing_forget",
    "feed",
    "note",
    "undo",
    "baby_delete",
    "history",
    "acknowledge",
    "not_a_cry",
    "test_alert",
    "configure",
    "calibrate_scale",
    "look",
    "adopt",
)
"""by the first byte of an input in the corpus, so a new one is added at the end"""


def config(data: bytes) -> None:
    """The configuration."""
    found = parse_config(data, "fuzz.toml")
    assert Topics(found.box).commands
    if found.scale.calibrated:
        _pipeline(found).observe(Tick(START_S + 1))


def command(data: bytes) -> None:
    """A message on a command topic (the first byte chooses which), carried out."""
    verb = VERBS[data[0] % len(VERBS)] if data else "tare"
    line = _pipeline(Config(box="fuzz", scale=SCALE), _possum())
    for t_s in (START_S + 1, START_S + 2):
        asked = parse_command(
            TOPICS.command(verb), data[1:], TOPICS, retain=False, now_s=t_s
        )  # fmt: skip
        line.observe(asked)
    _live_on(line)


def babies(data: bytes) -> None:
    """The list of babies of a replay."""
    with _File(data) as path:
        found = read_babies(path, START_S)
    if len(found) <= 12:
        _live_on(_pipeline(Config(box="fuzz", scale=SCALE), *found))


def weights(data: bytes) -> None:
    """A rescuer's own spreadsheet, replayed."""
    with _File(data) as path, _File(b'[{"name": "Possum", "species": "puppy"}]') as babies:
        found = read_weights(path)
        if not found or found[-1].t_s - found[0].t_s > 5 * 86_400:
            return  # every minute of ten years is replayed, which takes minutes
        inputs = ReplayInputs(weights=path, babies=babies)
        for count, _ in enumerate(Replay(Config(box="fuzz"), inputs).events()):
            if count > 200:
                break


def lists(data: bytes) -> None:
    """A rescuer's own list of any look, imported."""
    found = read_list(data, [_possum()], LocalNow(START_S, UTC))
    line = _pipeline(Config(box="fuzz", scale=SCALE), _possum())
    for one in found.found[:50]:
        args = {"baby": one.baby, "grams": one.weight_g, "at": rfc3339(one.t_s), "confirm": True}
        line.observe(asked(START_S, "weigh", args))
    assert all("\n" not in left_out.why for left_out in found.left_out)
    _live_on(line)


def scale_csv(data: bytes) -> None:
    """A recording of the load cell, weighed."""
    from monitor.recordings.scale_csv import read_scale_csv

    line = _pipeline(Config(box="fuzz", scale=SCALE), _possum())
    with _File(data) as path:
        for block in read_scale_csv(path):
            assert np.isfinite(block.counts).all()
            times_s = START_S + block.times_s
            if (np.diff(times_s) > 0).all():
                line.observe(msgspec.structs.replace(block, times_s=times_s))


def recording(data: bytes) -> None:
    """A sound file, listened to."""
    out, err = io.StringIO(), io.StringIO()
    with _File(data) as path:
        code = listen([path], as_json=True, windows=True, plot=None, out=out, err=err)
    lines = [msgspec.json.decode(line) for line in out.getvalue().splitlines()]
    for line in lines:
        if line["event"] == "window":
            assert sum(line["p"].values()) == pytest.approx(1, abs=1e-5)
    assert code == 1 or lines[-1]["event"] == "summary"
    assert (code == 1) == (err.getvalue() != "")
    if code == 1:
        raise InputError(err.getvalue().removesuffix("\n"))


def model(data: bytes) -> None:
    """A cry model, listening."""
    found = CryModel.from_bytes(data)
    for window in CryDetector(found).observe(AudioBlock(START_S, _noise())).windows:
        assert np.isfinite(list(window.p.values())).all()


def model_card(data: bytes) -> None:
    """The card inside a model, which says what shape everything has."""
    arrays = dict(read_arrays((CORPUS / "model" / "good-small.npz").read_bytes()))
    stream = io.BytesIO()
    data = data.replace(b"FEATURES", fingerprint().encode())  # whatever this version computes
    np.savez(stream, **(arrays | {"card": np.frombuffer(data, np.uint8)}))
    model(stream.getvalue())


def growth(data: bytes) -> None:
    """The growth reference, asked."""
    reference = GrowthReference.parse(data)
    for age_day, weight_g in ((None, None), (0.0, 100.0), (30.0, None), (None, 300.0)):
        for species in ("kitten", "puppy"):
            found = reference.expected(Baby(id="1", name="A", species=species), age_day, weight_g)
            assert np.isfinite(found.weight_g).all()


def snapshot(data: bytes) -> None:
    """What a restart resumes from; a damaged one must be refused."""
    line = _pipeline(Config(box="fuzz", scale=SCALE), _possum())
    with suppress(msgspec.MsgspecError, ValueError):  # as the daemon does: it starts without it
        line.resume(**old_snapshot.parts_of(data))
    for part in PARTS:
        with suppress(msgspec.MsgspecError, ValueError):
            line.resume(**{part: decoded(part, data)})


def board(data: bytes) -> None:
    """What "nursery watch" shows of any box on the broker."""
    from rich.console import Console

    from monitor.verbs.watch_view import draw

    name, _, payload = data.partition(b"\n")
    shown = WatchedBoxes()
    shown.observe("nursery/a/status", b"online")
    topic = f"nursery/a/{name.decode(errors='replace')}"
    shown.observe(topic, payload)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        Console(file=nowhere, width=100).print(draw(shown, START_S, connection="", answer=""))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "config": config, "command": command, "babies": babies, "weights": weights,
    "lists": lists, "scale_csv": scale_csv, "recording": recording, "model": model,
    "model_card": model_card, "growth": growth, "snapshot": snapshot, "board": board,
}  # fmt: skip


def attempt(name: str, data: bytes) -> str | None:
    """Run a target; None when it took the bytes, else its refusal, which must be one line."""
    try:
        TARGETS[name](data)
    except NurseryError as refusal:
        text = str(refusal)
        assert text, "a refusal says why"
        assert "\n" not in text, text
        assert len(text) < 2000, text[:200]
        return text
    return None


class _File:
    """A file with these bytes, in memory where there is such a place."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> str:
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112
        number, self._path = tempfile.mkstemp(dir=folder)
        os.write(number, self._data)
        os.close(number)
        return self._path

    def __exit__(self, *_: object) -> None:
        os.unlink(self._path)  # noqa: PTH108


def _possum() -> Baby:
    return Baby(id="1", name="Possum", species="puppy", weight_g=112.0, registered_s=START_S)


def _pipeline(config: Config, *found: Baby) -> Pipeline:
    return Pipeline(
        config, babies=found, history=(), model=None, reference=_reference(), start_s=START_S,
        local_minute=lambda _t_s: 720,
    )  # fmt: skip


def _live_on(line: Pipeline) -> None:
    for hours in (1, 5, 30):
        t_s = START_S + hours * 3600.0
        line.observe(Tick(t_s))
        line.observe(asked(t_s, "weigh", {"baby": "Possum", "grams": 115.0}))
        state_messages(line.status(t_s), TOPICS)
    resume(line, saved(line))


@cache
def _reference() -> GrowthReference:
    return GrowthReference.parse(shipped("growth.toml"))


@cache
def _noise() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, 3 * AUDIO_RATE_HZ).astype(np.float32)


__all__ = ["TARGETS", "InputError", "attempt"]
