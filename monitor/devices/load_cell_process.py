"""The load cell's own process: reads the chip until it is killed, and writes records into a pipe.

A process, because a GPIO library can hang where no thread can be stopped, and because the bit
timing should not share an interpreter with everything else. It keeps no state: the monitor may kill
and restart it at any time. Records are 13 bytes, ``<cdi``: a kind, the monotonic time, a value.
Kinds: ``v`` value, ``o`` pins open, ``e`` error (followed by ``value`` bytes of text), and the
codes of the frame faults.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import time

from monitor.devices.hx711_frame import FrameError, FrameReader, Reader
from monitor.errors import DeviceError

RECORD = struct.Struct("<cdi")
BATCH_S = 0.5
"""values travel together: two wake-ups a second for the monitor instead of ten or eighty"""
MAX_RECORDS = 250
"""per write: below PIPE_BUF, so a write into a full pipe is refused whole, never torn"""


class Outbound:
    """Batches records into the pipe; the newest value waits until the next frame confirms it.

    A wire that breaks inside a frame leaves ones (DOUT is pulled up), which passes every check of
    that frame. The next one then fails, and the value before a fault is dropped.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ready: list[bytes] = []
        self._held: bytes | None = None
        self._sent_s = time.monotonic()

    def value(self, t_s: float, counts: int) -> None:
        """A value from a sound frame."""
        if self._held is not None:
            self._ready.append(self._held)
        self._held = RECORD.pack(b"v", t_s, counts)
        if t_s - self._sent_s >= BATCH_S or len(self._ready) >= MAX_RECORDS:
            self.flush()

    def fault(self, t_s: float, code: str) -> None:
        """A frame that was refused."""
        self._held = None
        self._ready.append(RECORD.pack(code.encode(), t_s, 0))
        if time.monotonic() - self._sent_s >= BATCH_S:
            self.flush()

    def text(self, kind: bytes, message: str = "") -> None:
        """Something to say in words, at once."""
        data = message.encode()[:1024]
        self.flush()
        self._ready.append(RECORD.pack(kind, time.monotonic(), len(data)) + data)
        self.flush()

    def flush(self) -> None:
        """Send; when the pipe is full (the monitor hangs) the batch is dropped."""
        self._sent_s = time.monotonic()
        data, self._ready = b"".join(self._ready), []
        if data:
            try:
                os.write(self._descriptor, data)
            except BlockingIOError:
                return


def open_reader(driver: str, dout_pin: int, sck_pin: int) -> Reader:
    """The reader a driver's name stands for; raises DeviceError."""
    from monitor.devices import gpio

    if driver == "hx711-package":
        import logging

        from monitor.devices.hx711_package import package_reader

        gpio.prepare()
        logging.disable(logging.WARNING)  # the package logs every slow pulse; they are counted here
        return package_reader(dout_pin, sck_pin)
    return FrameReader(*gpio.converter_pins(dout_pin, sck_pin))


def serve(reader: Reader, out: Outbound) -> None:
    """Read until the pipe breaks: then the monitor has ended."""
    while True:
        try:
            value = reader.read()
        except FrameError as fault:
            out.fault(time.monotonic(), fault.code)
        else:
            out.value(reader.ready_s, value)


def main(driver: str, dout_pin: int, sck_pin: int) -> int:
    """Run as ``python -m monitor.devices.load_cell_process DRIVER DOUT SCK``."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the monitor ends us, after it has stopped itself
    descriptor = os.dup(1)
    os.dup2(2, 1)  # a library that prints must not write into the records
    os.set_blocking(descriptor, False)
    out = Outbound(descriptor)
    try:
        try:
            reader = open_reader(driver, dout_pin, sck_pin)
        except DeviceError as error:
            out.text(b"e", str(error))
            return 3
        out.text(b"o")
        try:
            serve(reader, out)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a GPIO library raises: say it, then end
            out.text(b"e", f"lost its GPIO lines while reading ({error})")
            return 3
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
