"""A record is carried between two boxes whose line may break at any command."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.codec import encode
from monitor.config import Config
from monitor.config_file import parse_config
from monitor.daemon.recorder import Recorder
from monitor.errors import CommandError
from monitor.events import Command, CommandResult, Tick
from monitor.mqtt.topics import Topics, command_result_message, parse_command
from monitor.page.carrying import Carrier, RefusedError, Way, batches
from monitor.store.history import Span, items
from monitor.store.journal import Journal
from monitor.times import DAY_S, HOUR_S, rfc3339
from monitor.written.requests import LONGEST_PAYLOAD
from tests.asking import asked

START_S = 1_790_000_000.0


def config(name: str, state_dir: Path) -> Config:
    text = (
        f'box = "{name}"\nstate_dir = "{state_dir}"\ntrust_clock = true\n'
        '[scale]\nsource = "csv"\nfile = "x"\ncounts_per_gram = 400.0\nzero_counts = 0.0\n'
    )
    return parse_config(text.encode(), name)


class Box:
    """The recorder of one box, which is sent messages."""

    def __init__(self, name: str, state_dir: Path) -> None:
        state_dir.mkdir(exist_ok=True)
        self.topics, self.config = Topics(name), config(name, state_dir)
        self.journal = Journal.open(self.config.journal_path)
        self.now_s = START_S
        self.recorder = Recorder(self.config, self.journal, start_s=START_S)

    def restart(self) -> None:
        self.recorder.save(self.now_s)
        self.recorder = Recorder(self.config, self.journal, start_s=self.now_s)
        self.recorder.handle(Tick(self.now_s))

    def tell(self, verb: str, **args: Any) -> CommandResult:
        """A command by its arguments, which is carried out."""
        self.now_s += 0.5
        return self._result(asked(self.now_s, verb, args))

    def receive(self, topic: str, payload: bytes) -> dict[str, Any]:
        """What it answers to a message."""
        self.now_s += 0.5
        try:
            command = parse_command(topic, payload, self.topics, retain=False, now_s=self.now_s)
        except CommandError as error:
            return {"ok": False, "error": str(error)}
        message = command_result_message(self._result(command), self.topics)
        found: dict[str, Any] = msgspec.json.decode(message.payload)
        return found

    def _result(self, command: Command) -> CommandResult:
        events = self.recorder.handle(command)
        (result,) = [event for event in events if isinstance(event, CommandResult)]
        return result

    def record(self, name: str) -> list[dict[str, Any]]:
        """Everything known of a baby, as ``history`` shows it, without what marks its origin."""
        found = []
        for what in ("weighings", "feeds", "notes"):
            for item in items(self.journal, what, name, Span()):
                head = item["id"].partition("@")[0]
                found.append({k: v for k, v in item.items() if k != "from"} | {"id": head})
        return found

    def here(self) -> list[str]:
        return [baby.name for baby in self.recorder.babies]


class Line:
    """Between a page and its boxes; may break at the ``breaks_at``-th command."""

    def __init__(self, *boxes: Box, breaks_at: int = -1, heard: bool = False) -> None:
        """``heard``: the command arrives, and its answer does not."""
        self._boxes = {box.topics.box: box for box in boxes}
        self._breaks_at, self._heard = breaks_at, heard
        self.asked: list[str] = []
        self.longest = 0

    async def __call__(
        self, box: str, verb: str, args: dict[str, Any], *, setup: bool = False
    ) -> dict[str, Any]:
        payload = encode(args | {"request_id": "0123456789abcdef"})
        self.longest = max(self.longest, len(payload))
        topic = f"nursery/{box}/{'setup' if setup else 'cmd'}/{verb}"
        self.asked.append(verb)
        broken = len(self.asked) - 1 == self._breaks_at
        if box not in self._boxes:
            return {"ok": False, "error": f"there is no box {box}", "reason": "no_box"}
        if broken and not self._heard:
            return {"ok": False, "error": "no answer", "reason": "no_answer"}
        answer = self._boxes[box].receive(topic, payload)
        if broken:
            return {"ok": False, "error": "no answer", "reason": "no_answer"}
        return answer


def carry(line: Line, way: Way) -> bool:
    """Once through, without the time between commands."""
    ticks = iter(range(10**9))
    return asyncio.run(Carrier(line, way, "page-1", clock=lambda: next(ticks)).carry())


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Box, Box]]:
    """Possum with a record of days in "attic"; Kangaroo in "cellar"."""
    with ExitStack() as open_now:
        boxes = [Box(name, tmp_path / name) for name in ("attic", "cellar")]
        for box in boxes:
            open_now.callback(box.journal.close)
        first, second = boxes
        with_record(first, "Possum", 60)
        second.now_s += 60.0
        with_record(second, "Kangaroo", 5)
        yield first, second


def with_record(box: Box, name: str, weighings: int) -> None:
    box.tell("baby_add", name=name, species="kitten", born="2026-09-10", weight_g=96.0)
    for i in range(weighings):
        at_s = START_S - 3 * DAY_S + i * HOUR_S
        told = {"baby": name, "grams": 100.0 + i, "at": rfc3339(at_s), "confirm": True}
        assert box.tell("weigh", **told).ok
        if i % 5 == 0:
            fed = {"baby": name, "grams": 5.0, "how": "tube", "at": rfc3339(at_s + 60)}
            assert box.tell("feed", **fed, confirm=True).ok
    assert box.tell("note", baby=name, kind="temperature_c", value=37.8, text="warm").ok


def move(box: Box, name: str, to: str) -> Way:
    assert box.tell("baby_move", name=name, to=to).ok
    (moving,) = [b.moving for b in box.recorder.babies if b.name == name]
    assert moving is not None
    return Way(moving.id, name, box.topics.box, to)


def test_all_that_is_known_of_a_baby_goes_with_it(two: tuple[Box, Box]) -> None:
    first, second = two
    before, identity = first.record("Possum"), first.recorder.babies[0].id
    others = second.record("Kangaroo")
    line = Line(first, second)
    assert carry(line, move(first, "Possum", "cellar"))
    assert line.longest <= LONGEST_PAYLOAD
    assert (first.here(), second.here()) == ([], ["Kangaroo", "Possum"])
    assert second.record("Possum") == before
    assert second.record("Kangaroo") == others
    (baby,) = [b for b in second.recorder.babies if b.name == "Possum"]
    assert (baby.id, baby.born, baby.weight_g) == (identity, "2026-09-10", 96.0)
    status = second.recorder.status(second.now_s).babies[1]
    assert (status.weight_g, status.came_from, status.last_feed_g) == (159.0, "attic", 5.0)
    gone = first.journal.babies(retired=True)[0]
    assert gone.retired_reason == "moved to cellar"
    told = items(second.journal, "weighings", "Possum", Span())
    assert {item["from"] for item in told} == {"attic"}


def test_the_other_box_knows_it_the_same_after_a_restart(two: tuple[Box, Box]) -> None:
    first, second = two
    carry(Line(first, second), move(first, "Possum", "cellar"))
    before = second.recorder.status(second.now_s).babies
    second.restart()
    after = second.recorder.status(second.now_s).babies
    for was, now in zip(before, after, strict=True):
        for name in was.__struct_fields__:
            assert getattr(now, name) == getattr(was, name), name


@pytest.mark.parametrize("heard", [False, True], ids=["command_lost", "answer_lost"])
def test_a_line_that_breaks_anywhere_loses_and_doubles_nothing(tmp_path: Path, heard: bool) -> None:
    at, last = 0, None
    while last is None or at < last:
        boxes = [Box(name, tmp_path / f"{name}-{at}") for name in ("attic", "cellar")]
        first, second = boxes
        with_record(first, "Possum", 40)
        before, way = first.record("Possum"), move(first, "Possum", "cellar")
        line = Line(first, second, breaks_at=at, heard=heard)
        with pytest.raises(RefusedError, match="no answer"):
            carry(line, way)
        assert first.here() + second.here() != []  # at no time nobody watches it
        second.restart()
        first.restart()
        whole = Line(first, second)
        assert carry(whole, way)
        assert (first.here(), second.here()) == ([], ["Possum"])
        assert second.record("Possum") == before
        at, last = at + 1, len(whole.asked) - 1 if last is None else last
        for box in boxes:
            box.journal.close()
    assert at > 6


def test_what_is_entered_meanwhile_goes_with_it(two: tuple[Box, Box]) -> None:
    first, second = two
    way = move(first, "Possum", "cellar")

    class Busy(Line):
        async def __call__(self, box: str, verb: str, args: Any, *, setup: bool = False) -> Any:
            if args.get("step") in {"accept", "let_go"} and self.asked.count("baby_give") < 3:
                assert first.tell("weigh", baby="Possum", grams=165.0 + len(self.asked)).ok
            return await super().__call__(box, verb, args, setup=setup)

    assert carry(Busy(first, second), way)
    assert second.record("Possum") == first.record("Possum")
    assert (first.here(), second.here()) == ([], ["Kangaroo", "Possum"])


def test_what_is_taken_out_after_it_was_told_there_is_taken_out_there(
    two: tuple[Box, Box],
) -> None:
    first, second = two
    way = move(first, "Possum", "cellar")
    told = first.tell("weigh", baby="Possum", grams=170.0, confirm=True)
    key = next(i["id"] for i in first.record("Possum") if i.get("weight_g") == 170.0)
    assert told.ok

    class Late(Line):
        async def __call__(self, box: str, verb: str, args: Any, *, setup: bool = False) -> Any:
            if args.get("step") == "let_go" and self.asked.count("baby_give") < 2:
                assert first.tell("correct", step_id=key, void=True).ok
            return await super().__call__(box, verb, args, setup=setup)

    assert carry(Late(first, second), way)
    assert second.record("Possum") == first.record("Possum")
    assert second.recorder.status(second.now_s).babies[1].weight_g == 159.0


def test_it_comes_home_with_what_was_told_there_and_nothing_twice(two: tuple[Box, Box]) -> None:
    first, second = two
    before = first.record("Possum")
    carry(Line(first, second), move(first, "Possum", "cellar"))
    assert second.tell("weigh", baby="Possum", grams=166.0).ok
    assert carry(Line(first, second), move(second, "Possum", "attic"))
    after = first.record("Possum")
    assert [item for item in after if item.get("weight_g") != 166.0] == before
    assert len(after) == len(before) + 1
    assert [baby.name for baby in first.journal.babies(retired=True)] == ["Possum"]
    kept = [item["id"] for item in items(first.journal, "weighings", "Possum", Span())]
    assert [key for key in kept if "@" in key] == [kept[0]]


def test_a_box_that_does_not_take_it_leaves_all_as_it_was(two: tuple[Box, Box]) -> None:
    first, second = two
    assert second.tell("baby_add", name="Possum", species="kitten").ok
    before, there = first.record("Possum"), second.record("Possum")
    assert carry(Line(first, second), move(first, "Possum", "cellar"))
    assert first.here() == ["Possum"]
    status = first.recorder.status(first.now_s).babies[0]
    assert status.stayed == ("cellar does not take it: Possum is already here: choose another name")
    assert (first.record("Possum"), second.record("Possum")) == (before, there)


def test_a_box_that_there_is_not_keeps_it_at_home(two: tuple[Box, Box]) -> None:
    first, _ = two
    assert carry(Line(first), move(first, "Possum", "attick"))
    status = first.recorder.status(first.now_s).babies[0]
    assert status.stayed == "attick does not take it: there is no box attick"
    assert status.moving is None


def test_called_back_at_the_last_moment_it_is_in_one_box_only(two: tuple[Box, Box]) -> None:
    first, second = two
    way = move(first, "Possum", "cellar")

    class Regret(Line):
        async def __call__(self, box: str, verb: str, args: Any, *, setup: bool = False) -> Any:
            if args.get("step") == "let_go":
                assert first.tell("undo").ok
            return await super().__call__(box, verb, args, setup=setup)

    line = Regret(first, second)
    with pytest.raises(RefusedError, match="no baby is on its way"):
        carry(line, way)
    assert carry(Line(first, second), way)
    assert (first.here(), second.here()) == (["Possum"], ["Kangaroo"])


def test_two_pages_do_not_carry_the_same_record(two: tuple[Box, Box]) -> None:
    first, second = two
    way = move(first, "Possum", "cellar")
    line = Line(first, second, breaks_at=4)
    with pytest.raises(RefusedError):
        carry(line, way)
    other = Carrier(Line(first, second), way, "page-2", clock=lambda: 0.0)
    with pytest.raises(RefusedError) as refused:
        asyncio.run(other.carry())
    assert refused.value.reason == "held"
    first.now_s += 61
    assert carry(Line(first, second), Way(way.move, "Possum", "attic", "cellar"))


def test_an_undo_does_not_bring_back_who_is_elsewhere(two: tuple[Box, Box]) -> None:
    first, second = two
    assert first.tell("baby_edit", name="Possum", born="2026-09-11").ok
    carry(Line(first, second), move(first, "Possum", "cellar"))
    refused = first.tell("undo")
    assert not refused.ok
    assert first.here() == []


def test_babies_of_two_boxes_with_one_id_stay_two(tmp_path: Path) -> None:
    first, second = (Box(name, tmp_path / name) for name in ("attic", "cellar"))
    with_record(first, "Possum", 3)
    with_record(second, "Kangaroo", 3)
    assert first.recorder.babies[0].id == second.recorder.babies[0].id
    carry(Line(first, second), move(first, "Possum", "cellar"))
    assert second.here() == ["Kangaroo", "Possum"]
    assert len({baby.id for baby in second.recorder.babies}) == 2
    carry(Line(first, second), move(second, "Possum", "attic"))
    (home,) = first.journal.babies(retired=True)
    assert (home.id, home.retired_s) == (first.recorder.babies[0].id, None)


def test_lines_are_put_together_as_one_command_holds_them() -> None:
    lines = [{"what": "note", "id": f"n{i}", "text": "x" * 150} for i in range(100)]
    found = batches(lines)
    assert [line for batch in found for line in batch] == lines
    assert max(len(encode(batch)) for batch in found) < LONGEST_PAYLOAD - 200
    assert batches([]) == []
