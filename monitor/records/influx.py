"""Samples as lines of the Influx line protocol, which VictoriaMetrics and Telegraf speak.

A line is ``of,label=value field=1,field=2 <milliseconds>``; the database names each number
``<of>_<field>``. Source: "Line protocol" of InfluxDB's reference, "How to send data from
InfluxDB-compatible agents" of VictoriaMetrics' documentation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from monitor.records.samples import Sample

_IN_LABELS = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": "\\\\"})


def lines(samples: Iterable[Sample]) -> bytes:
    """UTF-8 text, a line each; numbers that are none are left out."""
    return b"".join(_line(sample) for sample in samples)


def _line(sample: Sample) -> bytes:
    labels = "".join(
        f",{name}={_shown(value)}" for name, value in sample.labels.items() if _shown(value)
    )
    fields = ",".join(
        f"{name}={value!r}" for name, value in sample.fields.items() if math.isfinite(value)
    )
    if not fields:
        return b""
    return f"{sample.of}{labels} {fields} {round(sample.t_s * 1000)}\n".encode()


def _shown(value: str) -> str:
    """On one line, escaped; a backslash at the end would take the next character with it."""
    return "".join(c for c in value if c.isprintable()).rstrip("\\").translate(_IN_LABELS)
