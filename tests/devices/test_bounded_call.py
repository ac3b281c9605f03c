"""Calls that may hang: given up in time, and taken when they come back after all."""

import threading

import pytest

from monitor.devices.bounded_call import CallHangsError, Pending


def test_a_call_that_hangs_is_given_up_and_may_still_return():
    let_go = threading.Event()
    pending = Pending(lambda: let_go.wait(60) and "late", "waiting")
    with pytest.raises(CallHangsError, match="waiting"):
        pending.result(0.02)
    let_go.set()
    assert pending.result(60.0) == "late"


def test_what_a_call_raises_is_raised():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        Pending(fail, "failing").result(60.0)
