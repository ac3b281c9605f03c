import asyncio

from monitor.page.histories import MOST_PAGES, Histories


class Box:
    """Answers ``history`` with the pages given, and counts."""

    def __init__(self, *pages):
        self.asked = []
        self._pages = pages

    async def ask(self, box, verb, args):
        self.asked.append((box, verb, args))
        await asyncio.sleep(0)
        return self._pages[min(int(args.get("next", "0")), len(self._pages) - 1)]


ONE = {"ok": True, "items": [{"id": "a"}], "next": None}


def run(talk):
    return asyncio.run(asyncio.wait_for(talk(), 30))


def test_all_pages_are_put_together():
    async def talk():
        box = Box({"ok": True, "items": [{"id": "a"}], "next": "1"}, ONE | {"items": [{"id": "b"}]})
        found = await Histories(box.ask).of("a", what="feeds", baby=None)
        assert found == [{"id": "a"}, {"id": "b"}]
        assert box.asked[0] == ("a", "history", {"what": "feeds"})
        assert box.asked[1][2] == {"what": "feeds", "next": "1"}

    run(talk)


def test_twenty_phones_ask_once():
    async def talk():
        box = Box(ONE)
        histories = Histories(box.ask)
        await asyncio.gather(*(histories.of("a", what="feeds") for _ in range(20)))
        await histories.of("a", what="feeds")
        assert len(box.asked) == 1
        await histories.of("a", what="notes")
        await histories.of("b", what="feeds")
        assert len(box.asked) == 3

    run(talk)


def test_a_box_that_does_not_answer_is_asked_again():
    async def talk():
        box = Box({"ok": False, "error": "no"})
        histories = Histories(box.ask)
        assert await histories.of("a") == []
        assert len(box.asked) == 1

    run(talk)


def test_pages_without_end_do_end():
    async def talk():
        box = Box({"ok": True, "items": [{"id": "a"}, "nonsense"], "next": "0"})
        assert len(await Histories(box.ask).of("a")) == MOST_PAGES

    run(talk)


def test_a_phone_that_leaves_keeps_no_other_from_the_answer():
    async def talk():
        histories = Histories(Box(ONE).ask)
        first = asyncio.create_task(histories.of("a"))
        second = asyncio.create_task(histories.of("a"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == ONE["items"]

    run(talk)
