"""An answer is said on the page that follows its form, and nowhere else."""

from __future__ import annotations

from monitor.page.said import KEPT_S, MOST, Said
from monitor.page.seen import Answer

HERE, THERE = "/boxes/a/tell?baby=ash", "/boxes/a"


def answer(text: str = "8 g") -> Answer:
    return Answer(box="a", verb="feed", ok=True, text=text)


def test_it_is_said_where_it_was_said_first_and_there_again() -> None:
    said = Said()
    said.keep("phone", answer(), 0.0)
    assert said.of("phone", HERE, 1.0) == answer(), "a redirect on the way takes nothing away"
    said.was_shown("phone", HERE)
    assert said.of("phone", HERE, 2.0) == answer()
    assert said.of("phone", THERE, 3.0) is None
    said.was_shown("phone", THERE)
    assert said.of("phone", HERE, 4.0) == answer()
    assert said.of("other", HERE, 4.0) is None


def test_the_next_answer_is_said_on_its_own_page() -> None:
    said = Said()
    said.keep("phone", answer(), 0.0)
    said.was_shown("phone", HERE)
    said.keep("phone", answer("9 g"), 1.0)
    assert said.of("phone", THERE, 2.0) == answer("9 g")


def test_after_a_minute_it_is_old() -> None:
    said = Said()
    said.keep("phone", answer(), 0.0)
    assert said.of("phone", HERE, KEPT_S - 1) is not None
    assert said.of("phone", HERE, KEPT_S) is None
    said.was_shown("phone", HERE)
    said.keep("phone", answer(), 200.0)
    assert said.of("phone", THERE, 201.0) is not None


def test_only_so_many_phones_are_remembered() -> None:
    said = Said()
    for number in range(MOST + 1):
        said.keep(str(number), answer(), 0.0)
    assert said.of("0", HERE, 1.0) is None
    assert said.of(str(MOST), HERE, 1.0) is not None
