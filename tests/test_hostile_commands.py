"""Anything at all on the command topics, through the real loop, core and journal.

Whatever arrives: no exception, exactly one answer, a roster that makes sense, topics that nobody's
name can break, a journal that is whole, and a box that starts again from it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.daemon.recorder import Recorder
from monitor.events import CommandResult, slug
from monitor.mqtt.bridge import Bridge
from monitor.mqtt.topics import alert_sentence
from monitor.names import has_control
from tests import hostile
from tests.asking import asked
from tests.hostile import RAW, VERBS, Box, as_json, likely_commands, unlikely_commands
from tests.store.soundness import damage

TOPIC = re.compile(r"(nursery/test|homeassistant)(/[A-Za-z0-9_-]+)+")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""more than the default suite's: "make fuzz" """
SETTINGS = settings(
    deadline=None, derandomize=not EXAMPLES, database=None, max_examples=EXAMPLES or 60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@contextmanager
def box(*, patient: bool = True) -> Iterator[Box]:
    fast = Path("/dev/shm")  # every command is a synchronised write
    root = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
    opened = Box(root, patient=patient)
    try:
        yield opened
    finally:
        opened.close()
        shutil.rmtree(root)


def add(opened: Box, name: str, species: str = "puppy", **more: object) -> dict[str, object]:
    (answer,) = opened.send("baby_add", as_json({"name": name, "species": species, **more}))
    return answer


def check_answer(verb: str, payload: bytes, answers: list[dict[str, object]]) -> None:
    assert len(answers) == 1, (verb, payload, answers)
    (answer,) = answers
    known = {
        "ok",
        "error",
        "request_id",
        "understood",
        "what",
        "items",
        "next",
        "restarts",
        "steps",
        "topic",
        "server",
        "app",
        "web",
    }
    known |= {"text", "from", "to", "babies", "name", "state", "carried", "of", "why", "who",
              "count", "digest", "since", "here", "reason"}  # fmt: skip
    assert set(answer) <= known
    assert isinstance(answer["ok"], bool)
    if not answer["ok"]:
        error = answer["error"]
        assert isinstance(error, str)
        assert error
        assert len(error) < 500
        assert "\n" not in error
        assert "\x1b" not in error
        assert "Traceback" not in error


def check_box(opened: Box) -> None:
    """The state can still be shown, written, read back, and lived on with."""
    for message in opened.connection.published:
        assert TOPIC.fullmatch(message.topic), message.topic
        assert len(message.payload) < 20_000
    babies = opened.app.recorder.pipeline.scale.babies
    assert len(babies) <= 12
    assert len({baby.slug for baby in babies}) == len(babies)
    assert len({baby.id for baby in babies}) == len(babies)
    for baby in babies:
        assert baby.name.strip()
        assert not has_control(baby.name)
        assert len(baby.name) <= 60
    for _ in range(3):
        opened.tick(86_400.0)
    assert damage(opened.journal.path) is None
    assert [b.id for b in opened.journal.babies()] == [b.id for b in babies]
    for alert in opened.app.recorder.pipeline.policy.open:
        assert not has_control(alert_sentence(alert))
    opened.app.recorder.save(opened.now_s)
    again = Recorder(opened.config, opened.journal, start_s=opened.now_s)
    assert {b.name for b in again.pipeline.scale.babies} == {b.name for b in babies}
    assert again.status(opened.now_s).babies == opened.app.recorder.status(opened.now_s).babies


@SETTINGS
@given(st.lists(likely_commands() | unlikely_commands(), min_size=1, max_size=12))
def test_whatever_arrives_is_answered_once_and_breaks_nothing(
    messages: list[tuple[str, bytes]],
) -> None:
    with box() as opened:
        add(opened, "Possum", weight_g=112.0, born="2026-05-01")
        add(opened, "Kangaroo", "kitten")
        for verb, payload in messages:
            check_answer(verb, payload, opened.send(verb, payload))
        check_box(opened)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_what_breaks_parsers_is_refused_on_every_topic(verb: str) -> None:
    with box() as opened:
        add(opened, "Possum")
        for payload in RAW:
            check_answer(verb, payload, opened.send(verb, payload))
            (answer,) = opened.send(verb, payload, retain=True)
            assert answer["ok"] is False
        check_box(opened)


def test_every_hostile_name_is_refused_or_harmless() -> None:
    with box() as opened:
        taken = 0
        for name in hostile.NAMES:
            (answer,) = opened.send("baby_add", as_json({"name": name, "species": "kitten"}))
            taken += answer["ok"]
            assert answer["ok"] or "error" in answer
            if answer["ok"]:
                (weighed,) = opened.send("weigh", as_json({"baby": name, "grams": 150}))
                assert weighed["ok"], weighed
                found = [
                    b for b in opened.app.recorder.pipeline.scale.babies if b.slug == slug(name)
                ]
                assert len(found) == 1
                (gone,) = opened.send("baby_retire", as_json({"name": name}))
                assert gone["ok"], gone
        assert taken > 20
        check_box(opened)


# ---------------------------------------------------------------- what the fuzzing found


def test_two_babies_registered_in_one_second_stay_two() -> None:
    with box() as opened:
        for name in ("Ann", "Ben"):
            opened.connection.events.append(
                hostile.Received(f"{hostile.BASE}/cmd/baby_add",
                                as_json({"name": name, "species": "kitten"}), False)
            )  # fmt: skip
        opened.turn()
        opened.tick()
        assert {baby.name for baby in opened.journal.babies()} == {"Ann", "Ben"}


def test_a_command_before_the_first_tick_is_not_from_1970(tmp_path: Path) -> None:
    opened = Box(tmp_path)
    recorder = Recorder(opened.config, opened.journal, start_s=opened.now_s)
    connection = hostile.FakeConnection()
    fresh = Bridge(
        opened.config, opened.journal, recorder, log=print, connect=hostile.only(connection)
    )
    while not fresh.connected:
        fresh.pump()
    connection.events.append(hostile.Received(f"{hostile.BASE}/cmd/tare", b"", False))
    commands = fresh.pump()
    assert [command.t_s for command in commands] == [opened.now_s]
    opened.close()


@pytest.mark.parametrize(
    ("verb", "fields", "says"),
    [
        ("weigh", {"baby": "Possum", "grams": 112, "at": "9999-12-31T23:59:59-14:00"}, "not come"),
        ("weigh", {"baby": "Possum", "grams": 112, "at": "2027-01-01T00:00:00Z"}, "not come yet"),
        ("weigh", {"baby": "Possum", "grams": 112, "at": "0001-01-01T00:00:00Z"}, "a year ago"),
        ("weigh", {"baby": "Possum", "grams": 5e-324, "confirm": True}, "a baby weighs"),
        ("baby_add", {"name": "A", "species": "puppy", "weight_g": 5e-324}, "a baby weighs"),
        ("baby_add", {"name": "A", "species": "puppy", "adult_weight_kg": 1e300}, "adult_weight"),
        ("baby_add", {"name": "A", "species": "puppy", "born": "9999-12-31"}, "not come yet"),
        ("baby_add", {"name": "A", "species": "puppy", "born": "0001-01-01"}, "ten years"),
        ("baby_add", {"name": "A", "species": "puppy", "born": "2026-W05-1"}, "is no date"),
        ("baby_add", {"name": "Nobody", "species": "puppy"}, "no baby"),
        ("baby_add", {"name": "\u200b", "species": "puppy"}, "nothing that can be seen"),
        ("baby_add", {"name": "a\u2028b", "species": "puppy"}, "control characters"),
        ("baby_edit", {"name": "Possum", "rename": "x" * 61}, "longer than 60"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(verb: str, fields: dict[str, object], says: str) -> None:
    with box() as opened:
        add(opened, "Possum", weight_g=112.0)
        (answer,) = opened.send(verb, as_json(fields | {"request_id": "r"}))
        assert answer["ok"] is False
        assert says in str(answer["error"])
        assert answer["request_id"] == "r"


def test_a_refusal_echoes_the_request_id_it_could_read() -> None:
    with box() as opened:
        (answer,) = opened.send("weigh", b'{"request_id": "r1", "grams": [1]}')
        assert (answer["ok"], answer["request_id"]) == (False, "r1")
        (answer,) = opened.send("weigh", b'{"request_id": {"x": 1}, "grams": 3}')
        assert "request_id" not in answer


def test_there_is_room_for_twelve() -> None:
    with box() as opened:
        answers = [add(opened, f"B{number}") for number in range(14)]
        assert [answer["ok"] for answer in answers] == [True] * 12 + [False] * 2
        assert "12 babies" in str(answers[-1]["error"])
        check_box(opened)


def test_typing_weights_without_end_is_refused() -> None:
    with box() as opened:
        add(opened, "Possum", weight_g=112.0)
        answers = [opened.send("weigh", as_json({"baby": "Possum", "grams": 112}))[0]
                   for _ in range(110)]  # fmt: skip
        assert sum(bool(answer["ok"]) for answer in answers) == 100
        assert "already" in str(answers[-1]["error"])


def test_a_nursery_of_many_litters_is_never_full() -> None:
    """Each baby that left keeps a place in the tracker; a restart makes room again."""
    with box() as opened:
        answers = []
        for number in range(45):
            answers.append(add(opened, f"B{number}"))
            if answers[-1]["ok"] and number < 44:
                opened.send("baby_retire", as_json({"name": f"B{number}"}))
        assert answers[39]["ok"]
        assert "restart the monitor" in str(answers[40]["error"])
        add_after_restart(opened)


def add_after_restart(opened: Box) -> None:
    opened.app.recorder.save(opened.now_s)
    again = Recorder(opened.config, opened.journal, start_s=opened.now_s)
    command = asked(opened.now_s, "baby_add", {"name": "New", "species": "puppy"})
    results = [e for e in again.handle(command) if isinstance(e, CommandResult)]
    assert results[0].ok, results
    assert "New" in {baby.name for baby in again.pipeline.scale.babies}
