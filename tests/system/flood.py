"""Floods a broker with MQTT 3.1.1 packets made by hand, in a process of its own.

Run as ``python -m tests.system.flood PORT USER PASSWORD PER_S SECONDS TOPIC...``; prints how many
messages it sent. Every fifth payload is a good command, the others are broken or far too long.
"""

from __future__ import annotations

import socket
import sys
import time

TURN_S = 0.02


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(kind: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def connect(port: int, user: str, password: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    body = text("MQTT") + bytes([4, 0xC2]) + (60).to_bytes(2, "big") + text("flood")
    link.sendall(packet(0x10, body + text(user) + text(password)))
    assert link.recv(4)[3] == 0, "the broker refused the flood"
    return link


def main(port: int, user: str, password: str, per_s: int, seconds: float, topics: list[str]) -> int:
    link = connect(port, user, password)
    payloads = [b'{"minutes": 5}', b"{", b"\xff" * 40, b"[" * 4000, b"x" * 30_000]
    messages = [packet(0x30, text(t) + payload) for payload in payloads[:4] for t in topics]
    big = packet(0x30, text(topics[0]) + payloads[4])
    sent, started_s = 0, time.monotonic()
    while (passed_s := time.monotonic() - started_s) < seconds:
        while sent < per_s * passed_s:
            link.sendall(messages[sent % len(messages)])
            sent += 1
        link.sendall(big)
        time.sleep(TURN_S)
    link.close()
    print(sent)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]),
                  sys.argv[6:]))  # fmt: skip
