"""One sign: a number since some hour against the same number before it, with its uncertainty.

Its evidence is the logarithm of a likelihood ratio: how much better the number fits a baby whose
number has fallen by ``effect`` than one that goes on as before. A number that is as uncertain as
the effect is large says nothing either way, and one that is missing is not there.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

Name = Literal["gain", "intake", "refusals", "lively", "still", "cries", "fed_cries"]
Group = Literal["gain", "drinking", "moving", "crying"]
"""signs of one group rest on the same readings: of them the strongest counts"""


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """One number of one baby."""

    name: Name
    group: Group
    now: float
    usual: float
    sd: float
    """of the difference, both numbers' errors together"""
    evidence: float
    """above 0 it speaks for fading, below against it"""
    text: str
    """what was seen, as a person reads it"""


def evidence(worse: float, sd: float, effect: float) -> float:
    """Log likelihood ratio of "worse by ``effect``" against "as usual", both normal with ``sd``."""
    return effect * (worse - 0.5 * effect) / sd**2 if sd > 0.0 else 0.0


def two_sided(one: float, other: float) -> float:
    """Evidence of a change that may go either way, each as likely."""
    most = max(one, other)
    return most + math.log(0.5 * (math.exp(one - most) + math.exp(other - most)))
