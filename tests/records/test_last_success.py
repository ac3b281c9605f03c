from monitor.records.last_success import LATE_S, LastSuccess


def test_a_restart_of_the_other_end_is_no_news():
    success = LastSuccess(100.0)
    success.well(110.0)
    success.failed("nobody answers")
    assert success.judged(110.0 + LATE_S - 1.0) == (True, None)
    success.well(230.0)
    assert success.judged(230.0 + LATE_S - 1.0) == (True, None)


def test_what_fails_for_minutes_is_said_with_its_reason():
    success = LastSuccess(100.0)
    success.well(110.0)
    success.failed("nobody answers")
    assert success.judged(110.0 + LATE_S) == (False, "nobody answers")
    success.well(300.0)
    assert success.judged(300.0) == (True, None)


def test_nothing_is_claimed_before_it_has_ever_gone_well():
    success = LastSuccess(100.0)
    success.failed("nobody answers")
    assert success.judged(101.0) == (None, None)
    assert success.judged(100.0 + LATE_S) == (False, "nobody answers")
