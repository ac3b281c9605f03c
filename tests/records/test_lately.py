from monitor.records.lately import LATE_S, Lately


def test_a_restart_of_the_other_end_is_no_news():
    lately = Lately(100.0)
    lately.well(110.0)
    lately.failed("nobody answers")
    assert lately.judged(110.0 + LATE_S - 1.0) == (True, None)
    lately.well(230.0)
    assert lately.judged(230.0 + LATE_S - 1.0) == (True, None)


def test_what_fails_for_minutes_is_said_with_its_reason():
    lately = Lately(100.0)
    lately.well(110.0)
    lately.failed("nobody answers")
    assert lately.judged(110.0 + LATE_S) == (False, "nobody answers")
    lately.well(300.0)
    assert lately.judged(300.0) == (True, None)


def test_nothing_is_claimed_before_it_has_ever_gone_well():
    lately = Lately(100.0)
    lately.failed("nobody answers")
    assert lately.judged(101.0) == (None, None)
    assert lately.judged(100.0 + LATE_S) == (False, "nobody answers")
