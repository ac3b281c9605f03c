import asyncio
import socket

import pytest

from monitor.errors import ConfigError
from monitor.page.listening import Listeners


class Greeting(asyncio.Protocol):
    """Says one byte to whoever comes."""

    def connection_made(self, transport):
        transport.write(b"x")
        transport.close()


def run(talk):
    return asyncio.run(asyncio.wait_for(talk(), 30))


async def reached(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    said = await reader.read()
    writer.close()
    return said == b"x"


def test_it_listens_where_it_was_told_and_then_no_more():
    async def talk():
        listeners = Listeners("127.0.0.1", 0, Greeting)
        await listeners.open()
        assert [each.host for each in listeners.addresses] == ["127.0.0.1"]
        assert await reached("127.0.0.1", listeners.port)
        await listeners.close()
        with pytest.raises(ConnectionRefusedError):
            await reached("127.0.0.1", listeners.port)

    run(talk)


def test_without_an_address_it_listens_at_home():
    async def talk():
        listeners = Listeners("", 0, Greeting)
        await listeners.open()
        assert "127.0.0.1" in {each.host for each in listeners.addresses}
        for each in listeners.addresses:
            if not each.scope:
                assert await reached(each.host, listeners.port)
        await listeners.close()

    run(talk)


def test_a_port_that_is_taken_is_a_sentence():
    async def talk():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            listeners = Listeners("127.0.0.1", port, Greeting)
            with pytest.raises(ConfigError, match=rf"port {port}.*page\.port"):
                await listeners.open()
            await listeners.close()

    run(talk)


def test_an_address_of_another_machine_is_a_sentence():
    async def talk():
        with pytest.raises(ConfigError, match=r"192\.0\.2\.1"):
            await Listeners("192.0.2.1", 0, Greeting).open()

    run(talk)
