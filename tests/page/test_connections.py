"""Over real sockets on loopback: who is slow on purpose, or asks for too much, is cut off."""

import asyncio
import socket
from contextlib import suppress

import pytest

from monitor.page.connections import MOST_HEAD, Connections, Patience
from monitor.page.limits import MOST_FROM_ONE

QUICK = Patience(request_s=0.4, idle_s=0.4, unread_s=0.4)
SLOW = Patience(request_s=60.0, idle_s=60.0, unread_s=60.0)
GENEROUS_S = 30.0


async def app(scope, receive, send):
    """Reads the body, answers with as many bytes as the path says."""
    while (await receive()).get("more_body"):
        pass
    head = {"type": "http.response.start", "status": 200, "headers": []}
    await send(head)
    for _ in range(int(scope["path"].strip("/") or 1)):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def served(talk, patience=QUICK):
    """Run ``talk(port)`` beside a server on loopback."""

    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Connections(app, patience), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with asyncio.timeout(GENEROUS_S):
                return await talk(port)

    return asyncio.run(run())


async def until_cut_off(reader):
    with suppress(ConnectionError):
        while await reader.read(65_536):
            pass


@pytest.mark.parametrize(
    "begun",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: a\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12345",
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"],
)  # fmt: skip
def test_a_request_that_is_never_whole_is_cut_off(begun):
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        await until_cut_off(reader)
        writer.close()

    served(talk)


def test_a_byte_now_and_then_buys_no_time():
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ended = asyncio.create_task(until_cut_off(reader))
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        while not ended.done():
            with suppress(ConnectionError):
                writer.write(b"x")
            await asyncio.sleep(0.05)
        writer.close()

    served(talk)


def test_a_second_request_that_is_never_whole_is_cut_off():
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        await until_cut_off(reader)
        writer.close()

    served(talk, Patience(request_s=0.4, idle_s=60.0, unread_s=60.0))


def test_a_connection_that_asks_nothing_more_ends():
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await until_cut_off(reader)
        writer.close()

    served(talk, Patience(request_s=60.0, idle_s=0.2, unread_s=60.0))


def test_a_phone_that_reads_nothing_is_cut_off_and_its_answer_forgotten():
    async def talk(port):
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", port))
            await loop.sock_sendall(deaf, b"GET /4000 HTTP/1.1\r\nHost: a\r\n\r\n")
            while True:  # 260 MB would have been the answer
                answering = [t for t in asyncio.all_tasks() if "run_asgi" in str(t)]
                if answering:
                    break
                await asyncio.sleep(0.01)
            while any("run_asgi" in str(task) for task in asyncio.all_tasks()):
                await asyncio.sleep(0.02)

    served(talk)


def test_one_neighbour_gets_so_many_connections_and_no_more():
    async def talk(port):
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_FROM_ONE)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await until_cut_off(reader)
        writer.close()
        opened[0][1].close()
        while True:  # its place is free again
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                writer.write(b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
                if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                    break
        for _, each in [*opened, (reader, writer)]:
            each.close()

    served(talk, SLOW)


@pytest.mark.parametrize(
    "request_",
    [b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MOST_HEAD + b"\r\n\r\n",
     b"GET /" + b"x" * MOST_HEAD + b" HTTP/1.1\r\nHost: a\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
     b"GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\nBad Name: x\r\n\r\n",
     b"GET / HTTP/1.1\r\n\r\n",
     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_ends_the_connection(request_):
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_)
        answer = b""
        with suppress(ConnectionError):
            answer = await reader.read()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer[:200]
        writer.close()

    served(talk, SLOW)
