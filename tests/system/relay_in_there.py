"""Carries connections into the network that it is started in: LISTENER ADDRESS PORT.

LISTENER is the descriptor of a listening socket of another network, inherited.
"""

import socket
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    while True:
        here = listener.accept()[0]
        there = socket.create_connection((sys.argv[2], int(sys.argv[3])))
        for pair in ((here, there), (there, here)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    main()
