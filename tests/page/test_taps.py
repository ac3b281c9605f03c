"""Two taps of one finger are one; two that were meant are two."""

from __future__ import annotations

import asyncio

import pytest

from monitor.page.taps import MOST, SAME_S, Taps


class Doing:
    """What a form does, slowly; counts how often."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times, self.fails = 0, fails

    async def __call__(self) -> str:
        self.times += 1
        await asyncio.sleep(0.01)
        if self.fails:
            raise OSError("gone")
        return f"/done/{self.times}"


def test_the_second_tap_of_a_finger_gets_the_answer_of_the_first():
    taps, doing = Taps(), Doing()

    async def twice() -> list[str]:
        both = [taps.once("phone", b"turn=0", t_s, doing) for t_s in (0.0, 0.2)]
        return [*await asyncio.gather(*both), await taps.once("phone", b"turn=0", 1.0, doing)]

    assert asyncio.run(twice()) == ["/done/1"] * 3
    assert doing.times == 1


@pytest.mark.parametrize(
    ("phone", "form", "later_s"),
    [
        ("phone", b"turn=1", 0.2),  # the answer was seen
        ("phone", b"turn=0&name=Ash", 0.2),
        ("other", b"turn=0", 0.2),
        ("phone", b"turn=0", SAME_S + 1),  # an old page that was open all the time
    ],
)
def test_what_was_meant_twice_is_done_twice(phone: str, form: bytes, later_s: float):
    taps, doing = Taps(), Doing()

    async def twice() -> None:
        await taps.once("phone", b"turn=0", 0.0, doing)
        await taps.once(phone, form, later_s, doing)

    asyncio.run(twice())
    assert doing.times == 2


def test_every_form_that_was_carried_out_begins_a_turn_of_its_phone():
    taps, doing = Taps(), Doing()

    async def some() -> None:
        for form in (b"a", b"a", b"b"):
            await taps.once("phone", form, 0.0, doing)

    assert taps.turn("phone") == 0
    asyncio.run(some())
    assert taps.turn("phone") == 2
    assert taps.turn("other") == 0


def test_a_first_tap_whose_phone_hangs_up_is_carried_out_and_answers_the_second():
    taps, doing = Taps(), Doing()

    async def hangs_up() -> str:
        first = asyncio.create_task(taps.once("phone", b"a", 0.0, doing))
        await asyncio.sleep(0)
        first.cancel()
        return await taps.once("phone", b"a", 0.1, doing)

    assert asyncio.run(hangs_up()) == "/done/1"


def test_what_failed_is_tried_again():
    taps, doing = Taps(), Doing(fails=True)

    async def twice() -> str:
        with pytest.raises(OSError, match="gone"):
            await taps.once("phone", b"a", 0.0, doing)
        doing.fails = False
        return await taps.once("phone", b"a", 0.1, doing)

    assert asyncio.run(twice()) == "/done/2"


def test_only_so_many_phones_are_remembered():
    taps, doing = Taps(), Doing()

    async def many() -> None:
        for number in range(MOST + 1):
            await taps.once(str(number), b"a", 0.0, doing)

    asyncio.run(many())
    assert taps.turn("0") == 0
    assert taps.turn(str(MOST)) == 1
