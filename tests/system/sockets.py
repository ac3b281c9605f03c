"""Which sockets a process and its children have open, read from /proc by inode."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

import msgspec

LISTEN, ESTABLISHED = "0A", "01"
TABLES = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "packet", "sctp/eps")


class Socket(msgspec.Struct, frozen=True):
    """One line of one table of /proc/net."""

    table: str
    state: str
    local: str
    remote: str


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            waiting += [int(child) for child in task.read_text().split()]
    return found


def inodes(pid: int) -> set[str]:
    """Socket inodes behind a process's descriptors."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def connections_to(port: int) -> set[int]:
    """This process's descriptors that are connected to a local TCP port."""
    found = set()
    for name in [int(link.name) for link in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError), socket.socket(fileno=os.dup(name)) as opened:
            if opened.family == socket.AF_INET and opened.getpeername()[1] == port:
                found.add(name)
    return found


def cut(descriptor: int) -> None:
    """Break a connection off, as a cable that is pulled and put back."""
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        opened.shutdown(socket.SHUT_RDWR)


def sockets(pid: int) -> list[Socket]:
    """Network sockets of a process and its descendants."""
    own: set[str] = set().union(*(inodes(member) for member in family(pid)))
    found = []
    for table in TABLES:
        path = Path("/proc/net") / table
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            if own & set(fields):
                found.append(Socket(table, fields[3], fields[1], fields[2]))
    return found


def unix_sockets(pid: int) -> list[str]:
    """Names of unix sockets of a process and its descendants that anybody could connect to."""
    own: set[str] = set().union(*(inodes(member) for member in family(pid)))
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    # Num RefCount Protocol Flags Type St Inode [Path]; flag 0x10000: accepts connections
    return [
        " ".join(fields[7:]) or "(unnamed)"
        for fields in lines
        if fields[6] in own and (int(fields[3], 16) & 0x10000 or len(fields) > 7)
    ]
