"""Recorded inputs through the whole pipeline, faster than real time and always the same.

The streams are cut into seconds of the recording's own time: audio, weights, then a tick, so the
order, and with it every decision, is that of the live daemon. Nothing is kept: a recording of
days needs no more memory than a minute of it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import pairwise
from typing import TextIO

import msgspec
import numpy as np

from monitor.codec import encode_line, event_document
from monitor.commands import Weigh
from monitor.config import Config, ProbeConfig
from monitor.core.pipeline import Pipeline
from monitor.daemon.event_text import plain
from monitor.data.shipped import cry_model, growth_reference
from monitor.errors import CommandError, ConfigError, InputError
from monitor.events import (
    AnyEvent,
    AudioBlock,
    Baby,
    Command,
    CommandResult,
    Observation,
    ProbeReading,
    ScaleBlock,
    Tick,
)
from monitor.recordings.audio import read_audio
from monitor.recordings.commands_jsonl import RecordedCommand, read_commands
from monitor.recordings.probe_csv import Reading, read_probe_csv
from monitor.recordings.scale_csv import read_scale_csv
from monitor.recordings.spreadsheet import TypedWeighing, read_babies, read_weights
from monitor.times import HOUR_S, MINUTE_S, parse_rfc3339, rfc3339
from monitor.verbs.recorded_nights import RecordedNights
from monitor.written.days import LocalNow
from monitor.written.requests import request, understood

DEFAULT_START = "2026-01-01T00:00:00Z"
"""Where a recording without ``--start`` begins: the same every time, so its output is, too."""

COARSE_TICK_S = 60.0
"""Ticks where only typed weighings exist: their rules look at hours and days."""


class ReplayInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What to replay; at least one of them but babies and start."""

    babies: str | None = None
    scale: str | None = None
    audio: str | None = None
    weights: str | None = None
    commands: str | None = None
    probe: str | None = None
    start: str | None = None


class Replay:
    """One run over recorded inputs."""

    def __init__(self, config: Config, inputs: ReplayInputs) -> None:
        """Open and check everything that can be checked before the first event.

        Raises:
            ConfigError: nothing to replay, a bad start time, a scale without calibration.
            InputError: names the file and line.
        """
        if not (inputs.scale or inputs.audio or inputs.weights or inputs.commands or inputs.probe):
            raise ConfigError(
                "nothing to replay: give --scale, --audio, --probe, --weights or --commands"
            )
        self._said = read_commands(inputs.commands) if inputs.commands else []
        calibrates = any(each.verb == "calibrate_scale" for each in self._said)
        if inputs.scale and not (config.scale.calibrated or calibrates):
            raise ConfigError(
                '"scale.counts_per_gram" and "scale.zero_counts" are needed to replay a scale: '
                'run "nursery calibrate scale"'
            )
        self._inputs = inputs
        self._typed = read_weights(inputs.weights) if inputs.weights else []
        self.start_s = self._start_s()
        self._felt = read_probe_csv(inputs.probe) if inputs.probe else []
        first_s = min([self.start_s, *(w.t_s for w in self._typed[:1])])
        babies = read_babies(inputs.babies, first_s) if inputs.babies else []
        _check_names(inputs.weights, self._typed, babies)
        self._pipeline = _pipeline(config, inputs, babies, first_s, self._felt)
        self._nights = RecordedNights(config, self._pipeline, self.start_s)
        self._first_s = first_s
        self.now_s = first_s

    def _start_s(self) -> float:
        inputs = self._inputs
        if inputs.start is not None:
            try:
                return parse_rfc3339(inputs.start)
            except ValueError as error:
                raise ConfigError(f"--start {error}") from error
        if self._typed and not (inputs.scale or inputs.audio or inputs.probe):
            return self._typed[0].t_s
        return parse_rfc3339(DEFAULT_START)

    def events(self) -> Iterator[AnyEvent]:
        """Every event in the order it was decided.

        Raises:
            InputError: a file cannot be read to its end; what came before is decided first.
        """
        fault: InputError | None = None
        try:
            for observation in self._observations():
                self.now_s = observation.t_s
                if isinstance(observation, CommandResult):
                    yield observation
                    continue
                if isinstance(observation, Command):
                    told = self._nights.answered(observation)
                    if told is not None:
                        yield from told
                        continue
                events = self._pipeline.observe(observation)
                yield from events
                yield from self._nights.observe(observation, events)
        except InputError as error:
            fault = error
        yield from self._pipeline.finish(self.now_s)
        if fault is not None:
            raise fault

    def _observations(self) -> Iterator[Observation | CommandResult]:
        typed: list[tuple[float, Command | RecordedCommand]]
        typed = [(weighing.t_s, _command(weighing)) for weighing in self._typed]
        typed += [(self.start_s + each.t_s, each) for each in self._said]
        waiting = deque(sorted(typed, key=lambda pair: pair[0]))
        felt = (ProbeReading(self.start_s + time_s, c) for time_s, c in self._felt)
        streams = self._streams()
        for observation in merge(streams, felt, key=_end_s) if self._felt else streams:
            while waiting and waiting[0][0] <= observation.t_s:
                yield self._due(waiting.popleft())
            yield observation
        while waiting:
            yield self._due(waiting.popleft())

    @staticmethod
    def _due(pair: tuple[float, Command | RecordedCommand]) -> Command | CommandResult:
        """A recorded command read as if it had come from a phone; the result of one refused."""
        t_s, asked = pair
        if isinstance(asked, Command):
            return asked
        try:
            now = LocalNow(t_s)
            said = request(asked.verb, asked.args, now)
            return Command(t_s=t_s, request=said, understood=understood(said, now))
        except CommandError as refused:
            return CommandResult(t_s=t_s, verb=asked.verb, ok=False, error=str(refused))

    def _streams(self) -> Iterator[Observation]:
        inputs = self._inputs
        if self._felt and not (inputs.scale or inputs.audio):
            yield from _ticks(self.start_s, self.start_s + self._felt[-1].time_s)
            return
        if not (inputs.scale or inputs.audio):
            last_s = [w.t_s for w in self._typed[-1:]]
            last_s += [self.start_s + each.t_s for each in self._said[-1:]]
            yield from _coarse_ticks(self._first_s, max(last_s, default=self._first_s) + 2 * HOUR_S)
            return
        if self._first_s < self.start_s:
            yield from _coarse_ticks(self._first_s, self.start_s - COARSE_TICK_S)
        scale = _by_second(read_scale_csv(inputs.scale)) if inputs.scale else iter(())
        audio = iter(read_audio(inputs.audio, block_s=1.0)) if inputs.audio else iter(())
        samples, weights = next(audio, None), next(scale, None)
        # A logger may count from its own start-up: without sound the first value is the beginning.
        second = weights[0] if weights is not None and samples is None else 0
        while samples is not None or weights is not None:
            begin_s = self.start_s + second
            if samples is not None:
                yield AudioBlock(begin_s, samples)
                samples = next(audio, None)
            if weights is not None and weights[0] <= second:
                block = weights[1]
                yield ScaleBlock(self.start_s + block.times_s, block.counts)
                weights = next(scale, None)
            second += 1
            yield Tick(begin_s + 1.0)


def _probe(config: ProbeConfig, felt: Sequence[Reading]) -> ProbeConfig:
    """The probe of a recording: it may say nothing for three times as long as it usually did."""
    if not felt:
        return ProbeConfig()
    gaps = np.diff([reading.time_s for reading in felt])
    patience_min = 3 * float(np.median(gaps)) / MINUTE_S if len(gaps) else 1.0
    usual_min = config.silent_after_min or min(max(1.0, patience_min), 1440.0)
    return ProbeConfig(source="csv", silent_after_min=usual_min)


def _pipeline(
    config: Config,
    inputs: ReplayInputs,
    babies: list[Baby],
    start_s: float,
    felt: Sequence[Reading] = (),
) -> Pipeline:
    replace = msgspec.structs.replace
    config = replace(
        config,
        microphone=replace(config.microphone, source="wav" if inputs.audio else "none"),
        scale=replace(config.scale, source="csv" if inputs.scale else "none"),
        probe=_probe(config.probe, felt),
    )
    model = None
    if inputs.audio:
        model = cry_model(config.microphone.model)
    return Pipeline(
        config,
        babies=babies,
        history=(),
        model=model,
        reference=growth_reference(),
        start_s=start_s,
        local_minute=_utc_minute,
    )


def _utc_minute(t_s: float) -> int:
    """Quiet hours in UTC: a replay prints the same in every time zone."""
    return int(t_s // 60) % 1440


def _check_names(path: str | None, typed: list[TypedWeighing], babies: list[Baby]) -> None:
    known = {baby.name for baby in babies}
    for weighing in typed:
        if weighing.baby not in known:
            raise InputError(
                f"{path}, line {weighing.line}: nobody is called {weighing.baby!r}: "
                "list every baby in the file given with --babies"
            )


def _command(weighing: TypedWeighing) -> Command:
    return Command(
        t_s=weighing.t_s,
        request=Weigh(
            baby=weighing.baby,
            grams=weighing.weight_g,
            at=rfc3339(weighing.t_s),
            confirm=True,  # nobody can be asked about a recording
        ),
        origin="import",
    )


def _coarse_ticks(first_s: float, last_s: float) -> Iterator[Tick]:
    for step in range(1, max(2, int((last_s - first_s) / COARSE_TICK_S) + 1)):
        yield Tick(first_s + step * COARSE_TICK_S)


def _ticks(first_s: float, last_s: float) -> Iterator[Tick]:
    for second in range(1, int(last_s - first_s) + 2):
        yield Tick(first_s + second)


def _end_s(observation: Observation) -> float:
    """When it is known."""
    return observation.end_s if isinstance(observation, AudioBlock) else observation.t_s


def _by_second(blocks: Iterable[ScaleBlock]) -> Iterator[tuple[int, ScaleBlock]]:
    """Cut blocks of file time at whole seconds; seconds without a value are left out."""
    rest: ScaleBlock | None = None
    for block in blocks:
        times, counts = block.times_s, block.counts
        if rest is not None:
            times = np.concatenate([rest.times_s, times])
            counts = np.concatenate([rest.counts, counts])
        seconds = np.floor(times)
        cuts = [0, *(np.flatnonzero(np.diff(seconds)) + 1)]
        for begin, end in pairwise(cuts):
            yield int(seconds[begin]), ScaleBlock(times[begin:end], counts[begin:end])
        rest = ScaleBlock(times[cuts[-1] :], counts[cuts[-1] :])
    if rest is not None and len(rest.times_s):
        yield int(rest.times_s[0]), rest


def replay(config: Config, inputs: ReplayInputs, *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Print every event to ``out``; a progress line to ``err`` when it is a terminal."""
    run = Replay(config, inputs)
    began_s, shown_s = time.monotonic(), time.monotonic()
    count = 0
    for event in run.events():
        count += 1
        if as_json:
            line = encode_line(event_document(event, start_s=run.start_s))
        else:
            line = f"{rfc3339(event.t_s)}  {plain(event)}"
        out.write(line + "\n")
        if err.isatty() and time.monotonic() - shown_s > 0.5:
            shown_s = time.monotonic()
            err.write(f"\r{(run.now_s - run.start_s) / HOUR_S:7.2f} h replayed ")
            err.flush()
    if not as_json:
        hours = (run.now_s - run.start_s) / HOUR_S
        took_s = max(time.monotonic() - began_s, 1e-6)
        err.write(
            f"\r{hours:.2f} h replayed in {took_s:.1f} s "
            f"({hours * HOUR_S / took_s:,.0f} times real time), {count} events\n"
        )
    return 0
