"""What goes into the core: sound, weights, ticks, states of sources and computer, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from monitor.events.babies import Arrival, Baby
from monitor.events.event_types import CommandResult, Entries, SourceCondition
from monitor.names import SourceName
from monitor.timeshift import Moment
from monitor.written.verb import verb_of

if TYPE_CHECKING:  # numpy is loaded by the parts that compute, commands by those that read them
    import numpy as np
    from numpy.typing import NDArray

    from monitor.commands import Request

AUDIO_RATE_HZ = 16_000
"""Every audio block the core sees is mono at this rate (calls of interest lie below 8 kHz)."""


class AudioBlock(msgspec.Struct, frozen=True):
    """Mono audio; ``t_s`` is the time of the first sample."""

    t_s: float
    samples: NDArray[np.float32]
    """shape (n,), full scale is -1..1, at AUDIO_RATE_HZ"""

    @property
    def end_s(self) -> float:
        """Time just after the last sample."""
        return self.t_s + len(self.samples) / AUDIO_RATE_HZ


class ScaleBlock(msgspec.Struct, frozen=True):
    """Raw converter values with their times."""

    times_s: NDArray[np.float64]
    """shape (n,), strictly increasing"""
    counts: NDArray[np.float64]
    """shape (n,), signed 24-bit converter codes"""

    @property
    def t_s(self) -> float:
        """Time of the last value: the block is known only then."""
        return float(self.times_s[-1])


class ProbeReading(msgspec.Struct, frozen=True):
    """What the thermometer in the nest says; whether it can be true is judged in the core."""

    t_s: float
    temperature_c: float | None
    """``None``: it could not be read"""
    fault: str = ""
    """why not, to follow the name of the source"""


class Tick(msgspec.Struct, frozen=True):
    """Time passes (once a second), so that "nothing happened" can be noticed."""

    t_s: float


class Slept(msgspec.Struct, frozen=True):
    """The computer was asleep for ``slept_s`` until just before ``t_s``: nobody watched."""

    t_s: float
    slept_s: float


class ClockReading(msgspec.Struct, frozen=True):
    """What the wall clock shows at ``t_s``, and whether it has been synchronised."""

    t_s: float
    unix_s: float
    synced: bool


class SourceReport(msgspec.Struct, frozen=True):
    """A source's state, as its device reports it."""

    t_s: Moment
    source: SourceName
    state: SourceCondition
    why: str


class HostReport(msgspec.Struct, frozen=True):
    """The computer's own state; ``None`` where the machine cannot tell."""

    t_s: Moment
    under_voltage: bool | None = None
    throttled: bool | None = None
    temperature_c: float | None = None
    disk_free_bytes: int | None = None
    clock_known: bool = True
    """somebody who knows the time has set the clock"""
    journal_error: str | None = None
    journal_lost: str | None = None
    """what is left of a journal that was damaged; told for a day"""
    journals_kept: list[str] = []
    """what lies beside the journal and waits for a person, one sentence a file"""
    rows_rejected: dict[str, int] = {}
    """stored rows that could not be used, by table; told for a day"""
    settings_problem: str | None = None
    """what of the settings that a person made cannot be used"""
    roster_known: bool = True
    """False: the card could not be read, and nobody knows who is in the nursery"""


class LagReport(msgspec.Struct, frozen=True):
    """How late the monitor works: what it looks at now has waited so long."""

    t_s: Moment
    lag_s: float
    exhausted: bool
    """everything that can be left out is (``daemon.shedding``): this is no passing stall"""


class CertificateReport(msgspec.Struct, frozen=True):
    """How long broker or page can still prove to phones who they are."""

    days: float | None
    """from now on, 0 or less: it has ended; ``None`` where it proves nothing: the line is plain"""
    life_days: float = 0.0
    """from its beginning to its end"""
    by_authority: bool = False
    """the authority ends before the certificate itself does"""


class LinkReport(msgspec.Struct, frozen=True):
    """The connection to the broker; ``None`` where it is not known yet."""

    t_s: Moment
    connected: bool = False
    takes_alerts: bool | None = None
    """whether the broker takes what the box says: its last answer on the topics of alerts"""
    hears_commands: bool | None = None
    """whether the broker lets commands through to the box"""
    silent_s: float | None = None
    """for how long it has owed its oldest acknowledgement, across connections"""
    away_s: float | None = None
    """for how long there has been no connection; ``None`` also where none is expected"""
    why: dict[str, str] = {}
    """the reason for each of "refused", "away" and "deaf", where there is one"""
    certificate: CertificateReport | None = None
    """the broker's"""
    page_certificate: CertificateReport | None = None
    """of the page, where this machine has its file"""


class IdentityReport(msgspec.Struct, frozen=True):
    """Whether somebody else speaks as this box; empty while nobody is known to."""

    t_s: Moment
    signs: list[Literal["twin", "namesake", "taken_over", "copied", "found"]] = []


class Command(msgspec.Struct, frozen=True):
    """Something a person asked for, from a phone, the panel or the command line."""

    t_s: float
    request: Request
    request_id: str | None = None
    """the answer echoes it"""
    origin: str = "mqtt"
    understood: str | None = None
    """what was read as an amount or a time, for the answer to say back"""
    by: str | None = None
    """who asks, by the name of a carer"""

    @property
    def verb(self) -> str:
        """What was asked for, as in topics."""
        return verb_of(self.request)

    def answer(self, error: str | None = None, said: str | None = None) -> CommandResult:
        """It was carried out, or refused with a sentence; ``said`` is what the answer says back."""
        return CommandResult(
            t_s=self.t_s,
            verb=self.verb,
            ok=error is None,
            error=error,
            request_id=self.request_id,
            origin=self.origin,
            understood=(said or self.understood) if error is None else None,
        )


class RecordBrought(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record of a baby that comes from another box."""

    command: Command
    """which the answer is for"""
    baby: Baby
    arrival: Arrival
    entries: Entries

    @property
    def t_s(self) -> float:
        """When it came."""
        return self.command.t_s


Observation = (
    AudioBlock
    | ScaleBlock
    | ProbeReading
    | Tick
    | Slept
    | ClockReading
    | SourceReport
    | HostReport
    | LagReport
    | LinkReport
    | IdentityReport
    | Command
    | RecordBrought
)
