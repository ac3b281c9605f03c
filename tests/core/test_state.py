"""The state of the core: one tree that is encoded, restored and shifted as its types say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.pipeline import Pipeline
from monitor.core.state import PARTS, CoreState, RunState, decoded, encoded
from monitor.data.shipped import cry_model, growth_reference
from monitor.events import Alert, AnyEvent, Baby, Command, Observation, SourceState, Tick
from monitor.timeshift import TimeShift, marks, shifted
from tests.asking import asked
from tests.restarting import resume, saved
from tests.store.journals.make import BABIES, CONFIG, START_S, night

NO_MOMENTS = {
    "AlertMemory.last_id_s": "the stamp in an id: part of a name",
    "AlertLife.away_s": "how long",
    "ActivityState.unseen_s": "how long",
    "CoolingState.fall_s": "how long",
    "FeedRecord.out_s": "how long",
    "Feed.out_s": "how long",
    "LinkReport.silent_s": "how long",
    "LinkReport.away_s": "how long",
    "PaceState.sound_s": "how much sound",
    "SegmenterState.blind_s": "how long",
    "SegmenterState.open_blind_s": "how long",
    "SourceMemory.worked_s": "how long",
    "Spell.cried_s": "how long",
    "Step.elapsed_s": "how long",
    "Trend.g_s": "grams a second",
    "Trend.se_g_s": "grams a second",
}
"""fields in seconds of the tree and of the events that no shift touches, and why"""
EVENTS: tuple[type, ...] = AnyEvent.__args__  # type: ignore[attr-defined]  # a union


# ------------------------------------------------------------------ the types


def structs_in(kind: type, found: set[type] | None = None) -> set[type]:
    found = set() if found is None else found
    if kind in found:
        return found
    found.add(kind)
    for field in fields(kind):
        for part in types_in(field.type):
            structs_in(part, found)
    return found


def fields(kind: type) -> tuple[msgspec.inspect.Field, ...]:
    node = msgspec.inspect.type_info(kind)
    while isinstance(node, msgspec.inspect.Metadata):
        node = node.type
    assert isinstance(node, msgspec.inspect.StructType)
    return node.fields


def types_in(node: Any) -> Iterator[type]:
    if isinstance(node, msgspec.inspect.StructType):
        yield node.cls
    for name in ("type", "item_type", "value_type", "types", "item_types"):
        inner = getattr(node, name, ())
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, msgspec.inspect.Type):
                yield from types_in(part)


def test_every_time_that_is_remembered_is_marked() -> None:
    """A new field in seconds must say whether it is a moment: nothing may be left behind."""
    kinds = set[type]()
    for root in (CoreState, RunState, *EVENTS):
        structs_in(root, kinds)
    unmarked = {
        f"{kind.__name__}.{field.name}"
        for kind in kinds
        for field in fields(kind)
        if field.name.endswith(("_s", "_at")) or field.name in {"since", "until", "at"}
        if field.name not in marks(kind)
    }
    assert unmarked == NO_MOMENTS.keys()


# ------------------------------------------------------------------ a night

END = 7200


def begun(start_s: float, babies: list[Baby] | None = None) -> Pipeline:
    return Pipeline(
        CONFIG,
        babies=[baby.as_baby() for baby in BABIES] if babies is None else babies,
        history=(),
        model=cry_model(None),
        reference=growth_reference(),
        start_s=start_s,
        local_minute=lambda _t_s: 12 * 60,
    )


def answers(event: AnyEvent) -> list[Command]:
    """What a person does when she hears it."""
    if not isinstance(event, Alert) or event.state != "raised" or event.kind != "monitor_blind":
        return []
    if "hot" in event.title:
        return [asked(event.t_s, "snooze", {"id": event.id, "minutes": 30})]
    return [asked(event.t_s, "acknowledge", {"id": event.id})]


@cache
def seconds() -> list[list[Observation]]:
    """The observations of each second of the night."""
    found: list[list[Observation]] = [[]]
    for observation in night():
        found[-1].append(observation)
        if isinstance(observation, Tick):
            found.append([])
    return found[:-1]


def lived(pipeline: Pipeline, first: int, last: int) -> list[AnyEvent]:
    """The events of these seconds of the night, to before the last."""
    events: list[AnyEvent] = []
    for second in seconds()[first:last]:
        for observation in second:
            made = pipeline.observe(observation)
            made += [e for event in made for each in answers(event) for e in pipeline.observe(each)]
            events += made
    return events


CUTS = (288, 720, 2448, 3120, 3936, 6096, 6912)
"""quiet; Ash is out; two feeds are over; Possum is out; the box is off; she is out again; hot.
Whole blocks of the cry detector, so that its windows begin where they did."""


class Cut(msgspec.Struct):
    """The whole night at one moment."""

    rows: dict[str, bytes]
    """what a restart finds"""
    babies: list[Baby]
    before: int
    """events until then"""


@cache
def whole() -> tuple[list[AnyEvent], dict[int, Cut], Pipeline]:
    """The events of the whole night, and what a restart would find at each cut."""
    pipeline, events, found = begun(START_S), list[AnyEvent](), {}
    first = 0
    for at in (*CUTS, END):
        events += lived(pipeline, first, at)
        first = at
        found[at] = Cut(saved(pipeline), list(pipeline.babies), len(events))
    return events, found, pipeline


def proofs_aside(events: list[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if not isinstance(event, SourceState)]


@pytest.mark.parametrize("at", CUTS)
def test_a_restart_in_the_middle_of_a_night_changes_nothing_of_what_follows(at: int) -> None:
    """But that each source has to prove itself again."""
    events, found, _ = whole()
    cut = found[at]
    again = begun(START_S + at, cut.babies)
    resume(again, cut.rows)
    told = lived(again, at, END)
    assert proofs_aside(told) == proofs_aside(events[cut.before :])


@pytest.mark.parametrize("part", PARTS)
def test_what_is_written_is_what_is_read(part: str) -> None:
    _, found, pipeline = whole()
    state = getattr(pipeline.state, part)
    assert encoded(decoded(part, encoded(state))) == encoded(state) == found[END].rows[part]
    if part != "scale":  # whose old weighings the journal has
        assert decoded(part, encoded(state)) == state


@settings(max_examples=20, deadline=None)
@given(st.integers(-(10**7), 10**7))
def test_a_shift_and_the_same_back_are_none(by_s: int) -> None:
    """Whole seconds, so that no rounding is in the way."""
    _, _, pipeline = whole()
    for tree in (pipeline.state, pipeline.run):
        there = shifted(tree, TimeShift(by_s=float(by_s)))
        back = shifted(there, TimeShift(by_s=-float(by_s)))
        assert msgspec.msgpack.encode(back) == msgspec.msgpack.encode(tree)


def test_a_shift_reaches_every_time_in_the_tree() -> None:
    """Whatever its type says: a number that lies within this night is a time of it."""
    _, _, pipeline = whole()
    for tree in (pipeline.state, pipeline.run):
        before, after = dict(numbers_in(tree)), dict(numbers_in(shifted(tree, LATER)))
        times = {at: t for at, t in before.items() if START_S - 1e6 < t < START_S + 1e6}
        assert len(times) > 20
        left = {at for at, t in times.items() if after[at] != t + LATER.by_s}
        assert {at for at in left if "last_id_s" not in at} == set()


LATER = TimeShift(by_s=7200.0)


def numbers_in(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, msgspec.Struct):
        yield from numbers_in(msgspec.structs.asdict(value), at)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(item, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from numbers_in(item, (*at, str(number)))
    elif isinstance(value, float):
        yield at, value
