import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from monitor.records.database import Database, DatabaseError


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        status = 204
        got: ClassVar[list[tuple[str, bytes]]] = []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Handler.got.append((self.path, body))
            self.send_response(Handler.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Handler
    server.shutdown()
    server.server_close()


def test_lines_are_handed_over(server):
    url, handler = server
    Database(url + "/").write(b"n x=1.0 5\n")
    assert handler.got == [("/write?precision=ms", b"n x=1.0 5\n")]


@pytest.mark.parametrize(("status", "about_the_batch"), [(400, True), (404, False), (503, False)])
def test_a_refusal_says_whether_the_batch_is_at_fault(server, status, about_the_batch):
    url, handler = server
    handler.status = status
    with pytest.raises(DatabaseError, match=str(status)) as caught:
        Database(url).write(b"n x=1.0 5\n")
    assert caught.value.about_the_batch is about_the_batch


def test_nobody_there_is_a_sentence():
    with pytest.raises(DatabaseError, match=r"cannot reach http://127\.0\.0\.1:9"):
        Database("http://127.0.0.1:9").write(b"n x=1.0 5\n")
