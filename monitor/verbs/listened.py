"""What ``nursery listen`` found in one file, as sentences and as a line of JSON.

Unknown is no zero: where nothing could be judged, the number of bouts is ``null`` and the sentence
says why; "no crying" is only said of sound that was heard from beginning to end.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.core.cry.bouts import BoutRule, CryWindow
from monitor.events import CryEnded
from monitor.times import position
from monitor.verbs.unheard import GATED, Unheard


def name(path: Path) -> str:
    """A path as text; bytes that are no text are shown as such."""
    return os.fsencode(path).decode(errors="replace")


def printable(text: str) -> str:
    """One line, whatever a file is called."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@dataclass
class Listened:
    """One file."""

    path: Path
    rule: BoutRule
    duration_s: float = 0.0
    """of what could be read"""
    bouts: list[CryEnded] = field(default_factory=list)
    windows: list[CryWindow] = field(default_factory=list)
    """only kept when they are to be plotted"""
    count: int = 0
    """of all windows"""
    score: float = 0.0
    """the highest of any window, for a pet or a human baby"""
    unheard: Unheard = field(default_factory=Unheard)
    fault: str = ""
    """why the file could not be read to its end; names it"""

    def take(self, windows: list[CryWindow], *, keep: bool) -> None:
        """Note the next windows."""
        self.count += len(windows)
        self.score = max([self.score, *(max(w.pet, w.p["human"]) for w in windows)])
        self.windows += windows if keep else []

    @property
    def judged_s(self) -> float:
        """Seconds of sound that a microphone can have heard."""
        return max(0.0, self.duration_s - self.unheard.total_s)

    @property
    def too_short(self) -> bool:
        """Whether no bout could be found in so few windows."""
        return self.count < self.rule.least_windows

    @property
    def silent(self) -> bool:
        """Whether what is left beside digital silence and its like is too little to judge."""
        return self.unheard.total_s > 0 and (self.judged_s < self.rule.spread_s)

    @property
    def failed(self) -> bool:
        """Whether the file could not be read to its end, or held nothing that can be judged."""
        return bool(self.fault) or self.silent

    @property
    def why(self) -> str | None:
        """What could not be judged, and why; ``None`` when everything was."""
        if self.fault:
            return self.fault.removeprefix(f"{self.path}: ")
        if self.silent:
            return (
                f"nothing in it can be judged: {self.unheard.words}; "
                "check the microphone that recorded it"
            )
        if self.too_short:
            return "too short to judge"
        if self.unheard.total_s:
            return f"{position(self.unheard.total_s)} not judged: {self.unheard.words}"
        return GATED if self.unheard.gated else None

    def document(self) -> dict[str, Any]:
        """The contract's ``summary`` line; ``bouts`` and ``cry_s`` are ``null`` when unknown."""
        known = bool(self.bouts) or not (self.failed or self.too_short)
        return {
            "file": name(self.path),
            "event": "summary",
            "duration_s": round(self.duration_s, 3),
            "bouts": len(self.bouts) if known else None,
            "cry_s": round(self._cry_s, 3) if known else None,
            "judged_s": round(self.judged_s, 3),
            "score": None if self.silent else round(self.score, 4),
            "why": self.why,
        }

    def sentence(self) -> str:
        """The same for a person."""
        said = "read" if self.fault else "long"
        return f"{name(self.path)}: {position(self.duration_s)} {said}, {self._found()}"

    @property
    def _cry_s(self) -> float:
        return sum(bout.t_s - bout.started_s for bout in self.bouts)

    def _found(self) -> str:
        if self.silent:
            return f"not judged: {self.unheard.words}"
        reach = f"the windows reach {round(self.score, 2)}"
        if self.bouts:
            count = len(self.bouts)
            found = f"{count} bout{'s'[: count > 1]}, {self._cry_s:.0f} s"
        elif self.fault:
            found = f"no bout in that part; {reach}"
        elif self.too_short:
            found = f"too short to judge; {reach}"
        elif self.score >= self.rule.on:
            found = f"single calls, but no bout of crying; {reach}"
        else:
            found = "no crying"
        rest = "" if self.fault or self.too_short or self.why is None else f"; {self.why}"
        return found + rest
