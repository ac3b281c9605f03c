from monitor.page.limits import (
    MOST_CONNECTIONS,
    MOST_FROM_ONE,
    MOST_KEYS,
    Buckets,
    Doors,
    Rate,
    neighbour,
)

RATE = Rate(3.0, 2.0)


def test_a_burst_and_then_so_many_a_second():
    buckets = Buckets()
    assert [buckets.wait_s("a", RATE, 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.wait_s("b", RATE, 0.0) == 0.0
    assert buckets.wait_s("a", RATE, 0.5) == 0.0
    assert buckets.wait_s("a", RATE, 0.5) > 0
    assert [buckets.wait_s("a", RATE, 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_who_is_refused_is_not_kept_waiting_the_longer_for_it():
    buckets = Buckets()
    for _ in range(1000):
        buckets.wait_s("a", RATE, 0.0)
        buckets.turn_in_s("b", RATE, 0.0, 1.0)
    assert buckets.wait_s("a", RATE, 0.5) == 0.0
    assert buckets.turn_in_s("b", RATE, 1.5, 1.0) is not None


def test_places_in_a_queue_come_one_after_the_other():
    buckets = Buckets()
    turns = [buckets.turn_in_s("a", RATE, 0.0, 1.0) for _ in range(7)]
    assert turns == [0.0, 0.0, 0.0, 0.5, 1.0, None, None]


def test_many_senders_fill_no_memory():
    buckets, room = Buckets(), Rate(1.0, 0.001)
    for number in range(MOST_KEYS * 2):
        buckets.wait_s(str(number), room, 0.0)
    assert buckets.wait_s(str(MOST_KEYS * 2 - 1), room, 0.0) > 0, "the newest are remembered"


def test_one_neighbour_does_not_take_every_place():
    doors = Doors()
    assert sum(doors.enter("greedy") for _ in range(MOST_CONNECTIONS)) == MOST_FROM_ONE
    assert doors.enter("other")
    doors.leave("greedy")
    assert doors.enter("greedy")
    assert not doors.enter("greedy")
    crowd = sum(doors.enter(f"phone {number}") for number in range(MOST_CONNECTIONS))
    assert crowd == MOST_CONNECTIONS - MOST_FROM_ONE - 1


def test_whoever_has_a_network_is_one_sender():
    assert neighbour("2001:db8:1:2::1") == neighbour("2001:db8:1:2:ffff::9")
    assert neighbour("2001:db8:1:2::1") != neighbour("2001:db8:1:3::1")
    assert neighbour("fe80::1%eth0") == neighbour("fe80::2")
    assert neighbour("::ffff:192.168.1.5") == neighbour("192.168.1.5") == "192.168.1.5"
    assert neighbour("192.168.1.6") != neighbour("192.168.1.5")
