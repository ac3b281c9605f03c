from __future__ import annotations

from starlette.responses import Response

from monitor.page.lately import MOST_KEPT, Lately


def test_the_same_is_drawn_once_until_something_changes():
    lately = Lately()
    assert lately.get("/boxes", 1) is None
    lately.keep("/boxes", 1, Response("fifty boxes"))
    again = lately.get("/boxes", 1)
    assert again is not None
    assert again.body == b"fifty boxes"
    assert again.headers["content-length"] == "11"
    assert lately.get("/ward", 1) is None
    assert lately.get("/boxes", 2) is None
    assert lately.get("/boxes", 1) is None


def test_what_was_drawn_while_something_changed_is_not_kept():
    lately = Lately()
    lately.get("/boxes", 1)
    lately.get("/boxes", 2)
    lately.keep("/boxes", 1, Response("as it was"))
    assert lately.get("/boxes", 2) is None


def test_a_phone_that_asks_for_any_address_fills_no_memory():
    lately = Lately()
    lately.get("", 1)
    for n in range(2 * MOST_KEPT):
        lately.keep(n, 1, Response("x"))
    assert sum(lately.get(n, 1) is not None for n in range(2 * MOST_KEPT)) == MOST_KEPT
