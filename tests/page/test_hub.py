import asyncio

from monitor.page.hub import MOST_NEWS, MOST_OF_ONE, MOST_STREAMS, Hub, News


def run(talk):
    return asyncio.run(asyncio.wait_for(talk(), 30))


def test_a_box_that_changes_often_is_one_mark():
    async def talk():
        hub = Hub()
        with hub.mailbox("a") as mailbox:
            for _ in range(1000):
                hub.changed("box")
            hub.changed("another")
            assert await mailbox.take() == (["another", "box"], [])

    run(talk)


def test_of_news_nobody_reads_the_latest_are_kept():
    async def talk():
        hub = Hub()
        with hub.mailbox("a") as mailbox:
            for number in range(MOST_NEWS * 3):
                hub.happened(News("alert", {"number": number}))
            _, news = await mailbox.take()
            assert [each.body["number"] for each in news] == list(
                range(MOST_NEWS * 2, MOST_NEWS * 3)
            )

    run(talk)


def test_one_window_more_closes_the_oldest_of_that_phone_alone():
    async def talk():
        hub = Hub()
        boxes = []
        for owner in ("a", "b"):
            for _ in range(MOST_OF_ONE):
                mailbox = hub.mailbox(owner)
                boxes.append((mailbox, mailbox.__enter__()))
        assert not any(each.closed for _, each in boxes)
        with hub.mailbox("a"):
            assert [each.closed for _, each in boxes].index(True) == 0
            assert sum(each.closed for _, each in boxes) == 1
        for context, _ in boxes:
            context.__exit__(None, None, None)
        assert len(hub) == 0

    run(talk)


def test_there_is_an_end_to_streams():
    async def talk():
        hub = Hub()
        opened = [hub.mailbox(str(number)) for number in range(MOST_STREAMS)]
        for each in opened[:-1]:
            each.__enter__()
        assert not hub.is_full
        opened[-1].__enter__()
        assert hub.is_full

    run(talk)
