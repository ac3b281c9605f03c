"""Tell it: whom it is about, and which forms there are."""

from monitor.page.screens import tell
from monitor.page.seen import Answer
from tests.page.seeing import BOX, at, baby, box, html, seen, shown

TWO = {"possum": baby(), "ash": baby(name="Ash")}


def test_of_several_one_is_chosen_first() -> None:
    assert shown(tell.show, seen(box(babies=TWO))).model["baby"] is None
    assert "do/feed" not in html(tell.show, seen(box(babies=TWO)))
    assert 'name="baby" value="Ash"' in html(tell.show, seen(box(babies=TWO), baby="ash"))


def test_the_only_one_needs_no_choice() -> None:
    assert shown(tell.show, seen()).model["baby"]["name"] == "Possum"


def test_the_usual_amount_is_one_tap() -> None:
    page = html(tell.show, seen())
    assert 'name="usual" value="1"' in page


def test_about_all_there_is_only_a_note() -> None:
    page = html(tell.show, seen(box(babies=TWO), baby="all"))
    assert "do/note" in page
    assert "do/feed" not in page
    assert 'name="baby"' not in page


def test_who_may_only_look_has_no_form() -> None:
    assert "<form" not in html(tell.show, seen(right="look"))


def test_a_form_that_was_refused_is_filled_in_again() -> None:
    said = Answer(box=BOX, verb="weigh", ok=False, text="no", fields={"grams": "12,450"})
    assert 'value="12,450"' in html(tell.show, seen(said=said))
    other = Answer(box="other", verb="weigh", ok=False, text="no", fields={"grams": "12,450"})
    assert 'value="12,450"' not in html(tell.show, seen(said=other))


def test_a_weigh_in_that_runs_can_be_cancelled() -> None:
    waiting = box(scale={"weigh_in_ends_at": at(0.05)})
    page = html(tell.show, seen(waiting))
    assert 'name="cancel" value="1"' in page
    assert "Waiting for one baby until 12:17" in page
    over = box(scale={"weigh_in_ends_at": at(-0.05)})
    assert 'name="cancel"' not in html(tell.show, seen(over))


def test_the_next_amount_is_said_where_it_is_known() -> None:
    assert "about 8.5\u00a0ml" in html(
        tell.show, seen(box(babies={"possum": baby(next_feed_ml=8.5)}))
    )


def test_undo_names_what_it_takes_back() -> None:
    said = Answer(box=BOX, verb="feed", ok=True, text="8 g", result={"id": "x1"}, can_undo=True)
    page = html(tell.show, seen(said=said))
    assert 'name="id" value="x1"' in page
    assert "do/undo" in page
    assert "do/undo" not in html(tell.show, seen(said=said, right="look"))
