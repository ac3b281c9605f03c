from collections import deque
from itertools import pairwise

import pytest

from monitor.config import ShelterConfig
from monitor.records.database import DatabaseError
from monitor.records.keep import AGAIN_S, MOST_AT_ONCE, WRITE_EVERY_S, Keeper
from monitor.records.last_success import LATE_S
from monitor.records.rules import Rules
from monitor.records.subscriber import Received


class Line:
    """A subscriber that has what it is given."""

    def __init__(self):
        self.received = deque()
        self.acknowledged = []
        self.why = None
        self.connected = True
        self.mute = False

    def say(self, *documents):
        for document in documents:
            mid = len(self.received) + len(self.acknowledged) + 1
            self.received.append(Received("nursery/attic/status", document, mid, 1, 1))

    def turn(self, wait_s):
        pass

    def acknowledge(self, message):
        self.acknowledged.append(message.mid)


class Store:
    """A database that can be down, or refuse what contains ``poison``."""

    where = "http://127.0.0.1:8428"

    def __init__(self):
        self.taken = []
        self.down = False
        self.poison = b"\x00"

    def write(self, lines):
        if self.down:
            raise DatabaseError("cannot reach it")
        if self.poison in lines:
            raise DatabaseError("400", about_the_batch=True)
        self.taken.append(lines)


class Clock:
    now_s = 1_790_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def parts():
    line, store, clock = Line(), Store(), Clock()
    shelter = ShelterConfig(rooms={"Upstairs": ["attic"]})
    return line, store, clock, Keeper(line, store, shelter, clock, clock)


def test_a_message_is_acknowledged_when_the_database_has_it(parts):
    line, store, _, keeper = parts
    line.say(b"online")
    keeper.turn(0.0)
    assert b"nursery_box,box=attic,room=Upstairs expected=1.0,online=1.0" in store.taken[0]
    assert line.acknowledged == [1]
    assert (keeper.written, keeper.refused) == (1, 0)


def test_nothing_is_acknowledged_while_the_database_is_down(parts):
    line, store, clock, keeper = parts
    store.down = True
    line.say(b"online")
    keeper.turn(0.0)
    for _ in range(5):
        clock.now_s += 60.0
        keeper.turn(0.0)
    assert line.acknowledged == []
    store.down = False
    clock.now_s += 60.0
    keeper.turn(0.0)
    assert line.acknowledged == [1]


def test_what_waited_is_kept_at_the_time_at_which_it_came(parts):
    line, store, clock, keeper = parts
    came_s = clock.now_s
    store.down = True
    line.say(b"online")
    keeper.turn(0.0)
    clock.now_s += 600.0
    store.down = False
    keeper.turn(0.0)
    assert f"online=1.0 {came_s * 1000:.0f}\n".encode() in store.taken[0]


def test_a_database_that_is_down_is_asked_less_and_less_often(parts):
    line, store, clock, keeper = parts
    asked = []
    store.down, store.write = True, lambda _: asked.append(clock.now_s) or fail()
    line.say(b"online")

    def fail():
        raise DatabaseError("cannot reach it")

    begun_s = clock.now_s
    while clock.now_s < begun_s + 120.0:
        keeper.turn(0.0)
        clock.now_s += 0.25
    pauses = [b - a for a, b in pairwise(asked)]
    assert pauses[: len(AGAIN_S)] == list(AGAIN_S)
    assert set(pauses[len(AGAIN_S) :]) == {AGAIN_S[-1]}


def test_one_message_that_the_database_refuses_costs_no_other(parts):
    line, store, clock, keeper = parts
    store.poison = b"online=0.0"
    line.say(b"online", b"offline", b"online")
    keeper.turn(0.0)
    assert sorted(line.acknowledged) == [1, 2, 3]
    assert (keeper.written, keeper.refused) == (2, 1)
    clock.now_s += WRITE_EVERY_S
    line.say(b"online")
    keeper.turn(0.0)
    assert keeper.written == 3


def test_whoever_refuses_everything_is_no_database_and_costs_nothing(parts):
    line, store, clock, keeper = parts
    store.poison = b""
    line.say(b"online")
    for _ in range(10):
        keeper.turn(0.0)
        clock.now_s += 60.0
    assert line.acknowledged == []
    assert keeper.refused == 0


def test_a_batch_is_bounded(parts):
    line, _, _, keeper = parts
    line.say(*[b"online"] * (MOST_AT_ONCE + 10))
    keeper.turn(0.0)
    assert len(line.acknowledged) == MOST_AT_ONCE
    assert len(line.received) == 10


def test_it_says_each_minute_that_it_lives(parts):
    _, store, clock, keeper = parts
    for _ in range(600):
        keeper.turn(0.0)
        clock.now_s += 0.5
    assert [text.startswith(b"nursery_records written=0") for text in store.taken] == [True] * 5


def test_what_changes_is_said_once(parts, caplog):
    line, store, clock, keeper = parts
    with caplog.at_level("INFO"):
        line.say(b"online")
        store.down = True
        for _ in range(50):
            keeper.turn(0.0)
            clock.now_s += 1.0
        store.down = False
        for _ in range(50):
            keeper.turn(0.0)
            clock.now_s += 1.0
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "broker: connected",
        "records: cannot reach it",
        "records: http://127.0.0.1:8428 takes them again",
    ]


def test_since_when_nothing_was_written_and_how_much_waits(parts):
    line, store, clock, keeper = parts
    rules = Rules("", clock())
    assert keeper.status(rules).keeping is None
    line.say(b"online")
    keeper.turn(0.0)
    kept_s = clock.now_s
    good = keeper.status(rules)
    assert (good.online, good.keeping, good.kept_at, good.waiting) == (True, True, kept_s, 0)
    store.down = True
    line.say(*[b"online"] * (MOST_AT_ONCE + 10))
    clock.now_s += LATE_S - 1.0
    keeper.turn(0.0)
    assert keeper.status(rules).keeping is True, "a restart is no news"
    clock.now_s += 1.0
    keeper.turn(0.0)
    bad = keeper.status(rules)
    assert (bad.keeping, bad.why, bad.kept_at) == (False, "cannot reach it", kept_s)
    assert bad.waiting == MOST_AT_ONCE + 10
    store.down = False
    clock.now_s += 60.0
    keeper.turn(0.0)
    assert keeper.status(rules).keeping is True


def test_a_database_that_dies_in_a_quiet_house_is_noticed_all_the_same(parts):
    _, store, clock, keeper = parts
    keeper.turn(0.0)
    store.down = True
    for _ in range(400):
        clock.now_s += 0.5
        keeper.turn(0.0)
    assert keeper.status(Rules("", clock())).keeping is False


def test_a_broker_that_lets_it_not_hear_is_nothing_being_kept(parts):
    line, _, clock, keeper = parts
    keeper.turn(0.0)
    line.why = "the broker does not let this user hear nursery/+/alert"
    status = keeper.status(Rules("", clock()))
    assert (status.keeping, status.why) == (False, line.why)


def test_a_clock_that_is_set_back_stops_nothing():
    line, store, clock, turns = Line(), Store(), Clock(), Clock()
    keeper = Keeper(line, store, ShelterConfig(), clock, turns)
    keeper.turn(0.0)
    clock.now_s -= 86_400.0
    turns.now_s += WRITE_EVERY_S
    line.say(b"online")
    keeper.turn(0.0)
    assert line.acknowledged == [1]


def test_a_broker_that_is_gone_for_minutes_is_a_number_too(parts):
    line, store, clock, keeper = parts
    keeper.turn(0.0)
    assert b"hears=1.0" in store.taken[-1]
    line.why = "nothing listens"
    for _ in range(200):
        clock.now_s += 1.0
        keeper.turn(0.0)
    assert b"hears=0.0" in store.taken[-1]


def test_who_has_not_heard_yet_is_not_deaf(parts):
    line, store, _, keeper = parts
    line.why = "connecting"
    keeper.turn(0.0)
    assert b"written=0" in store.taken[0]
    assert b"hears" not in store.taken[0]
